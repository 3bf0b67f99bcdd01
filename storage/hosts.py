"""What is promised to each host, by all runs on one database together: pace, pauses, robots.txt.

The next allowed moment is stored, so a restart, a second process or a second machine keeps the promise.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from sqlalchemy import select, update

from storage.database import insert_or_ignore, reading, writing
from storage.frontier_tables import HostRow

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from sqlalchemy import Connection, Engine, Table


_STATES = select(
    HostRow.next_allowed_at,
    HostRow.troubles,
    HostRow.refusals,
    HostRow.why_paused,
    HostRow.is_liar,
    HostRow.claimed_until,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class HostState:
    """What is known of a host."""

    next_allowed_at: datetime
    """No request before this instant."""
    troubles: int
    """Refusals for overload in a row."""
    refusals: int
    """403s and challenge pages in a row."""
    why_paused: str | None
    is_liar: bool
    """Its validators are not to be trusted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptRobots:
    """A robots.txt as it was fetched."""

    status: int
    """HTTP status; 0 when it could not be fetched."""
    body: bytes
    fetched_at: datetime


class Hosts:
    """The door to what is promised to hosts; `storage.store.Store.hosts` gives it.

    Every method may be called from any thread, is one transaction, and raises `StoreUnavailable` when the database
    cannot be reached, read or written.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def state(self, host: str, *, now: datetime) -> HostState:
        """Return what is known of a host; of one that was never asked, that it may be asked now."""
        with reading(self._engine) as connection:
            row = connection.execute(_STATES.where(HostRow.host == host)).one_or_none()
        if row is None:
            return HostState(next_allowed_at=now, troubles=0, refusals=0, why_paused=None, is_liar=False)
        return _state(row)

    def reserve(
        self,
        host: str,
        *,
        delay: timedelta,
        now: datetime,
        within: timedelta | None = None,
        gives_way: bool = False,
    ) -> datetime:
        """Take the next moment at which a request to a host is allowed, and return it.

        No other run on this database is given a moment within `delay` of it.

        Args:
            host: Whom to ask.
            delay: Between this request and the next.
            now: Aware.
            within: A moment that is farther away is returned and not taken.
            gives_way: Leave the host to runs that do not, as long as one of them asks for it.
        """
        with writing(self._engine) as connection:
            row = _row(connection, host, now)
            moment: datetime = max(row.next_allowed_at, now)
            if gives_way and row.claimed_until is not None:
                moment = max(moment, row.claimed_until)
            changes = {} if within is not None and moment - now > within else {"next_allowed_at": moment + delay}
            if not gives_way:
                # it will ask again within a delay of being answered, unless it is at its end
                changes["claimed_until"] = moment + 2 * delay
            if changes:
                _change(connection, host, **changes)
        return moment

    def end_turn(self, host: str, *, taken: datetime, next_at: datetime, claimed_until: datetime | None = None) -> None:
        """Let the next request come sooner than a moment that was reserved for longer, because this one is answered.

        Args:
            host: Who has answered.
            taken: The instant up to which the host was reserved; if a pause has moved it since, nothing is changed.
            next_at: When the next request is allowed instead.
            claimed_until: Until when runs that give way leave the host alone; None from one of those.
        """
        claim = {} if claimed_until is None else {"claimed_until": claimed_until}
        with writing(self._engine) as connection:
            connection.execute(
                update(HostRow)
                .where(HostRow.host == host, HostRow.next_allowed_at == taken)
                .values(next_allowed_at=next_at, **claim)
            )

    def hold(self, host: str, *, until: datetime, now: datetime) -> None:
        """Make no request to a host before an instant; nothing was wrong with it."""
        with writing(self._engine) as connection:
            row = _row(connection, host, now)
            _change(connection, host, next_allowed_at=max(row.next_allowed_at, until))

    def pause(self, host: str, *, until: datetime, why: str, now: datetime) -> HostState:
        """Make no request to a host before an instant; count one more trouble in a row.

        A longer pause that was asked for before stays.
        """
        with writing(self._engine) as connection:
            row = _row(connection, host, now)
            next_allowed_at = max(row.next_allowed_at, until)
            _change(connection, host, next_allowed_at=next_allowed_at, why_paused=why, troubles=row.troubles + 1)
            return _state(_row(connection, host, now))

    def count_refusal(self, host: str, *, now: datetime) -> int:
        """Count one more 403 or challenge page in a row and return how many there are."""
        with writing(self._engine) as connection:
            refusals: int = _row(connection, host, now).refusals + 1
            _change(connection, host, refusals=refusals)
        return refusals

    def relax(self, host: str, *, now: datetime) -> None:
        """Note that a host answers as it should: troubles and refusals in a row are over."""
        with writing(self._engine) as connection:
            _row(connection, host, now)
            _change(connection, host, troubles=0, refusals=0, why_paused=None)

    def mark_liar(self, host: str, *, now: datetime) -> None:
        """Note that a host's validators are not to be trusted."""
        with writing(self._engine) as connection:
            _row(connection, host, now)
            _change(connection, host, is_liar=True)

    def robots(self, host: str) -> KeptRobots | None:
        """Return the robots.txt that is kept of a host; None if none is."""
        columns = (HostRow.robots_status, HostRow.robots_body, HostRow.robots_fetched_at)
        with reading(self._engine) as connection:
            row = connection.execute(select(*columns).where(HostRow.host == host)).one_or_none()
        if row is None or row.robots_fetched_at is None:
            return None
        return KeptRobots(status=row.robots_status, body=row.robots_body or b"", fetched_at=row.robots_fetched_at)

    def keep_robots(self, host: str, robots: KeptRobots) -> None:
        """Keep a robots.txt in place of the one before."""
        with writing(self._engine) as connection:
            _row(connection, host, robots.fetched_at)
            _change(
                connection,
                host,
                robots_status=robots.status,
                robots_body=robots.body,
                robots_fetched_at=robots.fetched_at,
            )


def _row(connection: Connection, host: str, now: datetime) -> Any:
    """Return a host's row; make it if there is none."""
    query = _STATES.where(HostRow.host == host)
    row = connection.execute(query).one_or_none()
    if row is None:
        table = cast("Table", HostRow.__table__)
        fresh = {"host": host, "next_allowed_at": now, "troubles": 0, "refusals": 0, "is_liar": False}
        connection.execute(insert_or_ignore(connection, table), fresh)
        row = connection.execute(query).one()
    return row


def _state(row: Any) -> HostState:
    return HostState(
        next_allowed_at=row.next_allowed_at,
        troubles=row.troubles,
        refusals=row.refusals,
        why_paused=row.why_paused,
        is_liar=row.is_liar,
    )


def _change(connection: Connection, host: str, **values: Any) -> None:
    connection.execute(update(HostRow).where(HostRow.host == host).values(**values))
