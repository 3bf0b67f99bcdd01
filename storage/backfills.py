"""Backfills: past windows that are to be collected, and the slices they are cut into.

A slice is one listing of the past (a month's sitemap, a day of the archive, a section's pages, the captures of a web
archive) with all articles that it leads to. It ends when the last of them is settled, in the same transaction, so a
backfill goes on after any end where it was.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

from sqlalchemy import func, insert, select, update

from storage.backfill_tables import BackfillRow, SliceRow
from storage.database import reading, writing
from storage.frontier_records import FoundUrl, Walk
from storage.run_records import Window
from storage.slices import count_open, end_slices

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import Connection, Engine


class SliceState(enum.Enum):
    """Where a slice stands."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    """Its listing could not be had; what it led to before is kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedSlice:
    """One piece of a backfill before its first request."""

    channel: str
    """Kind of the way into the past: ``sitemap``, ``archive``, ``section``, ``wayback``, ``commoncrawl``."""
    name: str
    """What it covers, for people: ``2020-07``, ``2020-07-20``, ``中国``."""
    since: datetime
    until: datetime
    """The part of the window that it covers, half-open; aware."""
    url: str
    """The listing that it starts from."""
    priority: int
    """Of that listing; smaller is sooner."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Slice(PlannedSlice):
    """One piece of a backfill, and how far it is."""

    id: int
    state: SliceState
    reason: str | None
    """Why it failed."""
    requests: int
    """Fetches so far."""
    counts: dict[str, int] = field(default_factory=dict)
    """What they came to, by glossary word."""
    waiting: int
    """URLs known so far that are still to be fetched."""
    started_at: datetime | None
    finished_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Backfill:
    """One past window of one source that is to be collected."""

    id: int
    source: str
    window: Window
    channels: tuple[str, ...]
    slices: tuple[Slice, ...]
    """In the order in which they are worked off."""
    planned_at: datetime

    @property
    def is_finished(self) -> bool:
        """Have all slices ended, done or failed?"""
        return all(one.state in (SliceState.DONE, SliceState.FAILED) for one in self.slices)


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a backfill is."""

    slices: int
    ended: int
    """Slices that are done, or have failed."""
    unbegun: int
    """Slices that wait."""
    requests: int
    """Fetches so far."""
    requests_of_ended: int
    """Those of them that went into slices that have ended."""
    waiting: int
    """URLs known so far that are still to be fetched."""
    current: str | None
    """The first slice that is running."""


class Backfills:
    """The door to backfills; `storage.store.Store.backfills` gives it.

    Every method may be called from any thread, is one transaction, and raises `StoreUnavailable` when the database
    cannot be reached, read or written.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def plan(
        self,
        source: str,
        *,
        window: Window,
        channels: Sequence[str],
        slices: Sequence[PlannedSlice],
        now: datetime,
    ) -> Backfill:
        """Write down a new backfill, all slices waiting."""
        with writing(self._engine) as connection:
            row = {
                "source": source,
                "since": window.since,
                "until": window.until,
                "channels": list(channels),
                "walk": None,
                "planned_at": now,
            }
            number = connection.scalars(insert(BackfillRow).returning(BackfillRow.id), row).one()
            rows = [
                {
                    "backfill_id": number,
                    "number": place,
                    "channel": one.channel,
                    "name": one.name,
                    "since": one.since,
                    "until": one.until,
                    "url": one.url,
                    "priority": one.priority,
                    "state": SliceState.WAITING.value,
                    "requests": 0,
                    "counts": {},
                }
                for place, one in enumerate(slices, start=1)
            ]
            if rows:
                connection.execute(insert(SliceRow), rows)
            return _read(connection, number)

    def read(self, number: int) -> Backfill:
        """Return a backfill with its slices.

        Raises:
            LookupError: There is no such backfill.
        """
        with reading(self._engine) as connection:
            return _read(connection, number)

    def unfinished(
        self, source: str, *, window: Window | None = None, channels: Sequence[str] | None = None
    ) -> Backfill | None:
        """Return the latest backfill of a source that is not finished; None if there is none.

        Args:
            source: Its source.
            window: Only one of this window.
            channels: Only one that goes these ways.
        """
        is_open = SliceRow.state.in_((SliceState.WAITING.value, SliceState.RUNNING.value))
        query = (
            select(BackfillRow.id, BackfillRow.since, BackfillRow.until, BackfillRow.channels)
            .where(BackfillRow.source == source)
            .where(select(SliceRow.id).where(SliceRow.backfill_id == BackfillRow.id, is_open).exists())
            .order_by(BackfillRow.id.desc())
        )
        with reading(self._engine) as connection:
            for row in connection.execute(query):
                is_it = window is None or window == Window(since=row.since, until=row.until)
                if is_it and (channels is None or list(channels) == row.channels):
                    return _read(connection, row.id)
        return None

    def starts(self, number: int) -> list[FoundUrl]:
        """Return the listings of the slices that wait, as the frontier takes them; see `Frontier.add`."""
        return [
            FoundUrl(url=one.url, is_listing=True, priority=one.priority, slice=one.id)
            for one in self.read(number).slices
            if one.state is SliceState.WAITING
        ]

    def latest_slices(self, source: str) -> list[Slice]:
        """Return the slices of all backfills of a source; of several of one listing the latest."""
        mine = select(BackfillRow.id).where(BackfillRow.source == source)
        with reading(self._engine) as connection:
            query = select(*SliceRow.__table__.c).where(SliceRow.backfill_id.in_(mine)).order_by(SliceRow.id)
            return list({row.url: _slice(row, 0) for row in connection.execute(query)}.values())

    def progress(self, number: int) -> Progress:
        """Return how far a backfill is, at little cost."""
        mine = SliceRow.backfill_id == number
        states = select(SliceRow.state, func.count(), func.sum(SliceRow.requests)).where(mine).group_by(SliceRow.state)
        current = select(SliceRow.channel, SliceRow.name).where(mine, SliceRow.state == "running")
        with reading(self._engine) as connection:
            told = {state: (count, int(requests or 0)) for state, count, requests in connection.execute(states)}
            first = connection.execute(current.order_by(SliceRow.number).limit(1)).one_or_none()
            open_urls = sum(count_open(connection, number).values())
        ended = [told.get(state.value, (0, 0)) for state in (SliceState.DONE, SliceState.FAILED)]
        return Progress(
            slices=sum(count for count, _ in told.values()),
            ended=sum(count for count, _ in ended),
            unbegun=told.get(SliceState.WAITING.value, (0, 0))[0],
            requests=sum(requests for _, requests in told.values()),
            requests_of_ended=sum(requests for _, requests in ended),
            waiting=open_urls,
            current=f"{first.channel} {first.name}" if first is not None else None,
        )

    def tidy(self, number: int, *, now: datetime) -> Backfill:
        """End the slices whose last URLs another run has fetched, and return how all stand."""
        with writing(self._engine) as connection:
            running = select(SliceRow.id).where(SliceRow.backfill_id == number, SliceRow.state == "running")
            end_slices(connection, list(connection.scalars(running)), now=now)
            return _read(connection, number)


def walk_of(connection: Connection, number: int, *, source: str, run_id: int) -> Walk:
    """Return the one walk of a backfill, which its first run begins and every further run goes on with."""
    connection.execute(
        update(BackfillRow).where(BackfillRow.id == number, BackfillRow.walk.is_(None)).values(walk=run_id)
    )
    begun_by = connection.scalar(select(BackfillRow.walk).where(BackfillRow.id == number))
    return Walk(source=source, scope=f"backfill {number}", number=cast("int", begun_by), backfill=number)


def _read(connection: Connection, number: int) -> Backfill:
    row = connection.execute(select(*BackfillRow.__table__.c).where(BackfillRow.id == number)).one_or_none()
    if row is None:
        raise LookupError(f"there is no backfill {number}")
    waiting = count_open(connection, number)
    slices = connection.execute(
        select(*SliceRow.__table__.c).where(SliceRow.backfill_id == number).order_by(SliceRow.number)
    )
    return Backfill(
        id=row.id,
        source=row.source,
        window=Window(since=row.since, until=row.until),
        channels=tuple(row.channels),
        slices=tuple(_slice(one, waiting.get(one.id, 0)) for one in slices),
        planned_at=row.planned_at,
    )


def _slice(row: Any, waiting: int) -> Slice:
    return Slice(
        id=row.id,
        channel=row.channel,
        name=row.name,
        since=row.since,
        until=row.until,
        url=row.url,
        priority=row.priority,
        state=SliceState(row.state),
        reason=row.reason,
        requests=row.requests,
        counts=row.counts,
        waiting=waiting,
        started_at=row.started_at,
        finished_at=row.finished_at,
    )
