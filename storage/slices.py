"""Rows of slices: begun, counted, ended with what they led to. Each function works inside the caller's transaction."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING, Any, cast

from sqlalchemy import func, select, update

from storage.backfill_tables import BackfillRow, SliceRow
from storage.frontier_records import FrontierState
from storage.frontier_tables import FrontierRow
from storage.rows import fetch_in, update_rows

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence
    from datetime import datetime

    from sqlalchemy import Connection

    from storage.frontier_records import Settlement
    from storage.records import Outcome

OUTSIDE = "outside the window"
"""Under which an article counts, beside its outcome, that was published outside the window it was fetched for."""

CLAIMED = "claimed by the listing"
"""Under which stands how many articles a slice's listing says it has, of whatever time."""


def begin_slices(connection: Connection, slices: Collection[int | None], *, now: datetime) -> None:
    """Note that URLs of some slices are being fetched."""
    begun = [one for one in slices if one is not None]
    if begun:
        connection.execute(
            update(SliceRow)
            .where(SliceRow.id.in_(begun), SliceRow.state == "waiting")
            .values(state="running", started_at=now)
        )


def count_fetches(
    connection: Connection, settlements: Sequence[Settlement], outcomes: Iterable[Outcome | None], *, now: datetime
) -> None:
    """Count, slice by slice, what some fetches came to, and end the slices of which nothing is left.

    A slice whose listing could not be had has failed, whatever else came of it: nobody knows what it would have led to.
    """
    pairs = zip(settlements, outcomes, strict=True)
    sliced: dict[int, list[tuple[Settlement, Outcome | None]]] = defaultdict(list)
    for settlement, outcome in pairs:
        if settlement.lease.slice is not None:
            sliced[settlement.lease.slice].append((settlement, outcome))
    if not sliced:
        return
    columns = (SliceRow.id, SliceRow.requests, SliceRow.counts, SliceRow.reason, BackfillRow.since, BackfillRow.until)
    query = select(*columns).join(BackfillRow, BackfillRow.id == SliceRow.backfill_id)
    changes = []
    for row in fetch_in(connection, query, SliceRow.id, sliced):
        fetched = sliced[row.id]
        counts = Counter(row.counts)
        for settlement, outcome in fetched:
            counts.update(_words(settlement, outcome, row))
            if settlement.claimed_total is not None:
                counts[CLAIMED] = settlement.claimed_total
        lost = [one for one, _ in fetched if one.lease.is_listing and _is_lost(one)]
        changes.append(
            {
                "row_id": row.id,
                "requests": row.requests + len(fetched),
                "counts": dict(sorted(counts.items())),
                "reason": _why(lost[0]) if lost else row.reason,
            }
        )
    update_rows(connection, SliceRow, changes)
    end_slices(connection, list(sliced), now=now)


def end_slices(connection: Connection, slices: Sequence[int], *, now: datetime) -> None:
    """End those of some running slices of which no URL waits or is being fetched."""
    open_states = (FrontierState.WAITING.value, FrontierState.LEASED.value)
    for start in range(0, len(slices), 200):
        some = list(slices[start : start + 200])
        left = set(
            connection.scalars(
                select(FrontierRow.slice)
                .where(FrontierRow.slice.in_(some), FrontierRow.state.in_(open_states))
                .group_by(FrontierRow.slice)
            )
        )
        ended = [one for one in some if one not in left]
        mine = (SliceRow.id.in_(ended), SliceRow.state == "running")
        for state, how in (("failed", SliceRow.reason.is_not(None)), ("done", SliceRow.reason.is_(None))):
            if ended:
                connection.execute(update(SliceRow).where(*mine, how).values(state=state, finished_at=now))


def count_open(connection: Connection, backfill: int) -> dict[int, int]:
    """Return how many URLs of each slice of a backfill wait or are being fetched; slices without any are left out."""
    open_states = (FrontierState.WAITING.value, FrontierState.LEASED.value)
    query = (
        select(FrontierRow.slice, func.count())
        .join(SliceRow, SliceRow.id == FrontierRow.slice)
        .where(SliceRow.backfill_id == backfill, FrontierRow.state.in_(open_states))
        .group_by(FrontierRow.slice)
    )
    return {cast("int", slice_): count for slice_, count in connection.execute(query)}


def _words(settlement: Settlement, outcome: Outcome | None, window: Any) -> list[str]:
    """Return the words under which a fetch counts; one that is tried again has not come to anything yet."""
    if settlement.state is FrontierState.WAITING:
        return []
    if settlement.lease.is_listing:
        return [settlement.reason or "listings"]
    words = [settlement.reason or (outcome.value if outcome is not None else "repeated")]
    article = settlement.article
    if article is not None and not window.since <= article.published_at < window.until:
        words.append(OUTSIDE)
    return words


def _is_lost(settlement: Settlement) -> bool:
    """Was there a listing that could not be had? A day or a month that the site has no page of leads to nothing."""
    is_gone = settlement.state is FrontierState.GONE
    return settlement.state is FrontierState.FAILED or (is_gone and settlement.lease.page > 1)


def _why(settlement: Settlement) -> str:
    page = f"page {settlement.lease.page}: " if settlement.lease.page > 1 else ""
    return f"{page}{settlement.reason or settlement.state.value}"
