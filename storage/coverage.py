"""What is known to exist against what is stored: each article of a window with what became of it.

An article is known when a channel has shown it or when it is stored. What is not stored is explained by the frontier:
it waits, it was refused or it failed, and why. What nothing explains is called so.
"""

from __future__ import annotations

import enum
from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import or_, select

from storage.backfill_tables import SliceRow
from storage.channel_tables import ChannelRow, ListedArticleRow, SightingRow
from storage.database import snapshot
from storage.frontier_records import FrontierState
from storage.frontier_tables import FrontierRow
from storage.rows import fetch_in
from storage.tables import AliasRow, ArticleRow

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime, tzinfo

    from sqlalchemy import Connection, Engine

    from storage.run_records import Window

# A day in an address may be one off, and begins hours before or after the day in UTC.
_SLACK = timedelta(days=2)


class Standing(enum.Enum):
    """What became of an article that is known to exist."""

    STORED = "stored"
    WAITING = "waiting"
    """Found, and not fetched yet."""
    REFUSED = "refused"
    """Fetched, and refused by our own judgement."""
    FAILED = "failed"
    """It could not be had, or its page was not understood."""
    UNEXPLAINED = "unexplained"
    """A channel shows it, and nobody knows why it is not there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownArticle:
    """One article that is known to exist."""

    url: str
    """Canonical."""
    section: str | None
    day: date | None
    """Of publication, in the zone that was asked for: as stored, or else as channels state it; None if none does."""
    standing: Standing
    reason: str | None = None
    """Why it is not stored, as runs count it."""
    channels: frozenset[str] = frozenset()
    """Kinds of the channels that have shown it; empty for one that came by import only."""


class Coverages:
    """The door to coverage; `storage.store.Store.coverage` gives it.

    Every method may be called from any thread, sees one state of the database, and raises `StoreUnavailable` when the
    database cannot be reached or read.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def known(self, source: str, window: Window, zone: tzinfo) -> list[KnownArticle]:
        """Return the articles of a source that are known to be published in a window, by day, then by URL."""
        with snapshot(self._engine) as connection:
            found = list(_known(connection, source, window, zone))
        return sorted(found, key=lambda one: (one.day or date.max, one.url))


@dataclass(slots=True, kw_only=True)
class _Listed:
    """What channels say of one article."""

    url: str
    section: str | None
    stated_at: datetime | None
    first_seen_at: datetime
    channels: set[str]


def _known(connection: Connection, source: str, window: Window, zone: tzinfo) -> Iterator[KnownArticle]:
    stored = _stored(connection, source, window)
    listed = _listed(connection, source, window)
    _add_channels(connection, listed)
    elsewhere = _settle_aliases(connection, stored, listed)
    for key, row in stored.items():
        shown = listed.get(key)
        yield KnownArticle(
            url=row.canonical_url,
            section=(shown.section if shown else None) or row.section,
            day=row.published_at.astimezone(zone).date(),
            standing=Standing.STORED,
            channels=frozenset(shown.channels if shown else ()),
        )
    missing = {key: one for key, one in listed.items() if key not in stored and key not in elsewhere}
    fates = _fates(connection, missing)
    for key, one in missing.items():
        fate = fates.get(key)
        moment = _moment(one, fate, window)
        if moment is not None and window.since <= moment < window.until:
            standing, reason = _explain(fate)
            yield KnownArticle(
                url=one.url,
                section=one.section,
                day=moment.astimezone(zone).date() if one.stated_at or not fate or fate.is_a_day else None,
                standing=standing,
                reason=reason,
                channels=frozenset(one.channels),
            )


def _stored(connection: Connection, source: str, window: Window) -> dict[bytes, Any]:
    query = select(
        ArticleRow.id, ArticleRow.url_key, ArticleRow.canonical_url, ArticleRow.section, ArticleRow.published_at
    ).where(
        ArticleRow.source == source, ArticleRow.published_at >= window.since, ArticleRow.published_at < window.until
    )
    return {row.url_key: row for row in connection.execute(query)}


def _listed(connection: Connection, source: str, window: Window) -> dict[bytes, _Listed]:
    row = ListedArticleRow
    is_near = row.stated_at.between(window.since - _SLACK, window.until + _SLACK)
    query = select(row.url_key, row.url, row.section, row.stated_at, row.first_seen_at).where(
        row.source == source, or_(is_near, row.stated_at.is_(None))
    )
    return {
        one.url_key: _Listed(
            url=one.url,
            section=one.section,
            stated_at=one.stated_at,
            first_seen_at=one.first_seen_at,
            channels=set(),
        )
        for one in connection.execute(query)
    }


def _add_channels(connection: Connection, listed: dict[bytes, _Listed]) -> None:
    query = select(SightingRow.url_key, ChannelRow.kind).join(ChannelRow, ChannelRow.id == SightingRow.channel_id)
    for row in fetch_in(connection, query, SightingRow.url_key, listed):
        listed[row.url_key].channels.add(row.kind)


def _settle_aliases(connection: Connection, stored: dict[bytes, Any], listed: dict[bytes, _Listed]) -> set[bytes]:
    """Give what channels say of an alias to its article; return the keys that are no articles of their own.

    Those are the aliases, and the articles that are stored outside the window, whatever a channel states.
    """
    unknown = [key for key in listed if key not in stored]
    outside = select(ArticleRow.url_key)
    elsewhere = {row.url_key for row in fetch_in(connection, outside, ArticleRow.url_key, unknown)}
    by_id = {row.id: key for key, row in stored.items()}
    aliases = select(AliasRow.url_key, AliasRow.article_id)
    for row in fetch_in(connection, aliases, AliasRow.url_key, unknown):
        elsewhere.add(row.url_key)
        key = by_id.get(row.article_id)
        if key is not None and key in listed:
            listed[key].channels |= listed[row.url_key].channels
        elif key is not None:
            listed[key] = listed[row.url_key]
    return elsewhere


@dataclass(frozen=True, slots=True, kw_only=True)
class _Fate:
    """What the frontier says of an article that is not stored."""

    state: str
    reason: str | None
    since: datetime | None
    until: datetime | None
    """The part of a window that the slice covers which led to it."""

    @property
    def is_a_day(self) -> bool:
        """Does the slice say on which day it was published?"""
        return self.since is not None and self.until is not None and self.until - self.since <= timedelta(hours=25)


def _fates(connection: Connection, missing: dict[bytes, _Listed]) -> dict[bytes, _Fate]:
    query = select(
        FrontierRow.url_key, FrontierRow.state, FrontierRow.reason, SliceRow.since, SliceRow.until
    ).outerjoin(SliceRow, SliceRow.id == FrontierRow.slice)
    return {
        row.url_key: _Fate(state=row.state, reason=row.reason, since=row.since, until=row.until)
        for row in fetch_in(connection, query, FrontierRow.url_key, missing)
    }


def _moment(one: _Listed, fate: _Fate | None, window: Window) -> datetime | None:
    """Return when an article was published, as nearly as anybody says."""
    if one.stated_at is not None:
        return one.stated_at
    if fate is not None and fate.since is not None:
        return max(fate.since, window.since)
    return one.first_seen_at


def _explain(fate: _Fate | None) -> tuple[Standing, str | None]:
    if fate is None:
        return Standing.UNEXPLAINED, None
    if fate.state in (FrontierState.WAITING.value, FrontierState.LEASED.value):
        return Standing.WAITING, fate.reason
    if fate.reason is None:
        return Standing.UNEXPLAINED, None
    return (Standing.REFUSED if fate.reason.startswith("rejected") else Standing.FAILED), fate.reason


@dataclass(frozen=True, slots=True, kw_only=True)
class CoverageCell:
    """One section on one day, in numbers."""

    section: str | None
    day: date | None
    known: int
    """Articles known to exist."""
    by_channel: dict[str, int]
    """How many of them each kind of channel has shown."""
    alone: dict[str, int]
    """How many of them that kind of channel alone has shown."""
    stored: int
    waiting: int
    refused: dict[str, int]
    """By reason."""
    failed: dict[str, int]
    """By reason."""
    unexplained: int


def cells_of(known: list[KnownArticle], *, by_section: bool = True) -> list[CoverageCell]:
    """Count articles by section and day, or by day alone; days in order, those without a date last."""
    groups: dict[tuple[date | None, str | None], list[KnownArticle]] = defaultdict(list)
    for one in known:
        groups[one.day, one.section if by_section else None].append(one)
    ordered = sorted(groups.items(), key=lambda item: (item[0][0] or date.max, item[0][1] or ""))
    return [_cell(day, section, articles) for (day, section), articles in ordered]


def _cell(day: date | None, section: str | None, articles: list[KnownArticle]) -> CoverageCell:
    def reasons(standing: Standing) -> dict[str, int]:
        return _counted(one.reason or standing.value for one in articles if one.standing is standing)

    standings = _counted(one.standing.value for one in articles)
    return CoverageCell(
        section=section,
        day=day,
        known=len(articles),
        by_channel=_counted(kind for one in articles for kind in one.channels),
        alone=_counted(kind for one in articles if len(one.channels) == 1 for kind in one.channels),
        stored=standings.get("stored", 0),
        waiting=standings.get("waiting", 0),
        refused=reasons(Standing.REFUSED),
        failed=reasons(Standing.FAILED),
        unexplained=standings.get("unexplained", 0),
    )


def _counted(words: Iterator[str]) -> dict[str, int]:
    counts: dict[str, int] = defaultdict(int)
    for word in words:
        counts[word] += 1
    return dict(sorted(counts.items()))
