"""Rows of the frontier: found, leased, given back, settled. Each function works inside the caller's transaction."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from sqlalchemy import Boolean, Integer, and_, bindparam, case, func, null, or_, select, update

from storage.database import execute_many, skip_locked
from storage.frontier_records import FrontierState, LeasedUrl, Left
from storage.frontier_tables import FrontierRow
from storage.identity import canonical_url, url_key
from storage.pages import read_pages
from storage.rows import fetch_in, insert_rows, update_rows
from storage.slices import begin_slices

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime, timedelta

    from sqlalchemy import ColumnElement, Connection, Table

    from storage.frontier_records import FoundUrl, Walk

WAITING, LEASED, DONE, FAILED, GONE, HELD = (state.value for state in FrontierState)

# How the scopes of backfills begin; see `storage.backfills.walk_of`.
_BACKFILL = "backfill "

_TABLE = cast("Table", FrontierRow.__table__)
_SETTLE = (
    update(_TABLE)
    .where(_TABLE.c.url_key == bindparam("key"))
    .where(or_(bindparam("is_well", type_=Boolean), _TABLE.c.run_id == bindparam("holder", type_=Integer)))
    .values(run_id=null(), leased_until=null())
)


_KNOWN = select(
    FrontierRow.id,
    FrontierRow.url_key,
    FrontierRow.state,
    FrontierRow.walk,
    FrontierRow.scope,
    FrontierRow.capture,
)


def add_urls(connection: Connection, walk: Walk, found: Iterable[FoundUrl], *, now: datetime) -> int:
    """Let URLs wait for a walk; return how many wait that did not before.

    Known ones: a listing is never "seen already", so it waits again, once a walk. An article that is stored waits for
    its revisit, unless it was asked for by name; one that failed or went gone in an earlier walk has a new chance,
    because a listing shows it again, and so has one of which a web archive has a capture.
    """
    by_key = {key_in(walk, one.url, is_listing=one.is_listing): one for one in found}
    known = {row.url_key: row for row in fetch_in(connection, _KNOWN, FrontierRow.url_key, by_key)}
    fresh = [
        {
            "url_key": key,
            "source": walk.source,
            "scope": walk.scope,
            "walk": walk.number,
            "url": one.url,
            "is_listing": one.is_listing,
            "page": one.page,
            "state": WAITING,
            "priority": one.priority,
            "due_at": now,
            "attempts": 0,
            "found_at": now,
            "slice": one.slice,
            "capture": one.capture,
        }
        for key, one in by_key.items()
        if key not in known
    ]
    insert_rows(connection, FrontierRow, fresh, or_ignore=True)
    anew = {"state": WAITING, "due_at": now, "attempts": 0, "reason": None, "scope": walk.scope, "walk": walk.number}
    again = [
        anew
        | {"row_id": known[key].id, "url": one.url, "page": one.page, "priority": one.priority}
        | {"slice": one.slice, "capture": one.capture}
        for key, one in by_key.items()
        if key in known and _waits_again(known[key], one, walk)
    ]
    update_rows(connection, FrontierRow, again)
    waiting = [row for row in known.values() if row.state == WAITING]
    # a listing that waits since an earlier walk is read once for both
    _update_ids(connection, [row.id for row in waiting if row.walk < walk.number], walk=walk.number)
    if walk.scope:
        # a walk over its own seeds takes only what is in its scope; a walk over the whole source takes everything
        _update_ids(connection, [row.id for row in waiting if row.scope != walk.scope], scope=walk.scope)
    else:
        # but what waits for a backfill only when it meets it itself
        _update_ids(connection, [row.id for row in waiting if row.scope.startswith(_BACKFILL)], scope="", slice=None)
    return len(fresh) + len(again)


def key_in(walk: Walk, url: str, *, is_listing: bool) -> bytes:
    """Return the key under which a walk files a URL.

    A backfill has its listings for itself: that a scheduled crawl has read the first page of a section is no passage
    over the section's past, and the other way round.
    """
    if walk.backfill is not None and is_listing:
        return url_key(f"{_BACKFILL}{walk.backfill} {canonical_url(url)}")
    return url_key(canonical_url(url))


def _waits_again(row: Any, one: FoundUrl, walk: Walk) -> bool:
    if row.state in (WAITING, LEASED):
        return False
    if one.capture is not None and row.capture is None and row.state in (FAILED, GONE):
        return True
    if row.walk >= walk.number:
        return False
    return one.is_listing or one.is_asked_for or row.state in (FAILED, GONE)


def lease_urls(
    connection: Connection, walk: Walk, *, run_id: int, limit: int, now: datetime, lease_for: timedelta
) -> list[LeasedUrl]:
    """Lease the next URLs of a walk: those that wait and are due, then articles due for a revisit.

    Two runs never hold one URL: SQLite has one writer at a time, PostgreSQL skips rows that another run is taking.

    Args:
        limit: At most so many.
        lease_for: After this time without a renewal the URLs wait again.
    """
    _end_leases(connection, and_(FrontierRow.source == walk.source, FrontierRow.leased_until < now), now=now)
    # an expression, or SQLite takes the index of due times and sorts all that wait for every lease
    is_due = func.coalesce(FrontierRow.due_at, now) <= now
    waiting = and_(_waits_for(walk), FrontierRow.state == WAITING, is_due)
    rows = _take(connection, waiting, (FrontierRow.priority, FrontierRow.id), limit)
    begin_slices(connection, {row.slice for row in rows}, now=now)
    if len(rows) < limit and walk.backfill is None:
        mine = [FrontierRow.source == walk.source, *([FrontierRow.scope == walk.scope] if walk.scope else [])]
        revisits = and_(*mine, FrontierRow.state.in_((DONE, FAILED, HELD)), FrontierRow.due_at <= now)
        rows += _take(connection, revisits, (FrontierRow.due_at,), limit - len(rows))
    _update_ids(
        connection,
        [row.id for row in rows],
        state=LEASED,
        run_id=run_id,
        leased_until=now + lease_for,
        # what this walk fetches, be it for an earlier one or as a revisit, it does not fetch again
        walk=case((FrontierRow.walk < walk.number, walk.number), else_=FrontierRow.walk),
    )
    kept = read_pages(connection, [row.url_key for row in rows])
    return [
        LeasedUrl(
            url=row.url,
            is_listing=row.is_listing,
            page=row.page,
            attempts=row.attempts,
            kept=kept.get(row.url_key),
            published_at=row.published_at,
            run_id=run_id,
            slice=row.slice,
            capture=row.capture,
            was_held=row.is_held,
        )
        for row in rows
    ]


def _waits_for(walk: Walk) -> ColumnElement[bool]:
    """Return the condition that what waits, waits for this walk; the whole source is everything but backfills."""
    scope = FrontierRow.scope == walk.scope if walk.scope else FrontierRow.scope.not_like(f"{_BACKFILL}%")
    return and_(FrontierRow.source == walk.source, scope)


def _take(connection: Connection, which: ColumnElement[bool], order: tuple[Any, ...], limit: int) -> list[Any]:
    columns = (
        FrontierRow.id,
        FrontierRow.url_key,
        FrontierRow.url,
        FrontierRow.is_listing,
        FrontierRow.page,
        FrontierRow.attempts,
        FrontierRow.published_at,
        FrontierRow.slice,
        FrontierRow.capture,
        (FrontierRow.state == HELD).label("is_held"),
    )
    query = select(*columns).where(which).order_by(*order).limit(limit)
    return list(connection.execute(skip_locked(connection, query)))


def renew_leases(connection: Connection, run_id: int, *, now: datetime, lease_for: timedelta) -> None:
    """Hold on to everything a run has leased."""
    connection.execute(
        update(FrontierRow)
        .where(FrontierRow.state == LEASED, FrontierRow.run_id == run_id)
        .values(leased_until=now + lease_for)
    )


def return_leases(connection: Connection, run_ids: Iterable[int], *, now: datetime) -> None:
    """Let everything that some runs have leased wait again: they have ended, or died."""
    _end_leases(connection, FrontierRow.run_id.in_(list(run_ids)), now=now)


def _end_leases(connection: Connection, which: ColumnElement[bool], *, now: datetime) -> None:
    connection.execute(
        update(FrontierRow)
        .where(FrontierRow.state == LEASED, which)
        .values(state=WAITING, due_at=now, run_id=None, leased_until=None)
    )


def settle_rows(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write what became of some URLs; those that are not in the frontier are passed over.

    Args:
        rows: `key` (16 bytes) says which. `holder` is the run that leased it: unless `is_well`, nothing is written
            when that run no longer holds it, for its lease ran out, and what another made of it counts. `state`,
            `reason`, `due_at`, `attempts`, `published_at` and `settled_at` are written.
    """
    if rows:
        execute_many(connection, _SETTLE, rows)


def find_left(connection: Connection, walk: Walk) -> Left:
    """Return what of a walk is not done."""
    mine = _waits_for(walk)
    either = select(func.count()).where(mine, FrontierRow.state.in_((WAITING, LEASED)))
    waiting = select(FrontierRow.due_at, FrontierRow.reason).where(mine, FrontierRow.state == WAITING)
    first = connection.execute(waiting.order_by(FrontierRow.due_at).limit(1)).one_or_none()
    return Left(
        count=connection.scalar(either) or 0,
        next_due_at=first.due_at if first is not None else None,
        next_reason=first.reason if first is not None else None,
    )


def _update_ids(connection: Connection, ids: Sequence[int], **values: Any) -> None:
    if ids:
        table = cast("Table", FrontierRow.__table__)
        connection.execute(
            update(table).where(table.c.id == bindparam("row_id")).values(**values), [{"row_id": id_} for id_ in ids]
        )
