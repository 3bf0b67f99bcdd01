"""Which articles are known to exist: by which channel, since when. Written where a listing is settled.

Nearly every link of a listing was seen at the poll before, so the common case is two look-ups by 16-byte keys, and one
row that says the channel was asked. Statements are merged so that the order in which channels are asked does not
matter: a time before a day before an address, of equal ones the earliest.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import select

from storage.channel_records import DateOrigin
from storage.channel_tables import ChannelRow, ListedArticleRow, PollRow, SightingRow
from storage.frontier_records import FrontierState
from storage.identity import canonical_url, url_key
from storage.rows import fetch_in, insert_rows, update_where_key

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime
    from typing import Any

    from sqlalchemy import Connection

    from storage.channel_records import Channel, ShownArticle
    from storage.frontier_records import Settlement

_RANKS = {origin.value: rank for rank, origin in enumerate(DateOrigin)}
_UNSTATED = len(_RANKS)


class _Showing(NamedTuple):
    """What one channel showed at one time."""

    channel_id: int
    shown_at: datetime
    articles: Mapping[bytes, ShownArticle]


def note_listings(connection: Connection, source: str, settlements: Iterable[Settlement]) -> None:
    """Write what settled listings showed, and that their channels were asked."""
    listings = [(one.channel, one) for one in settlements if one.channel is not None]
    if not listings:
        return
    ids = _channel_ids(connection, source, {channel: one.settled_at for channel, one in reversed(listings)})
    showings = [_Showing(ids[channel], one.settled_at, _by_key(one.shown)) for channel, one in listings]
    fresh = _note_showings(connection, source, showings)
    polls = [
        {
            "channel_id": showing.channel_id,
            "polled_at": showing.shown_at,
            "page": one.lease.page,
            "answer": _answer(one),
            "shown": len(showing.articles),
            "fresh": count,
        }
        for (_, one), showing, count in zip(listings, showings, fresh, strict=True)
    ]
    insert_rows(connection, PollRow, polls)


def note_shown(
    connection: Connection, source: str, channel: Channel, shown: Iterable[ShownArticle], *, now: datetime
) -> int:
    """Write what a channel shows that was not asked by a run; return how many of it that channel had not shown."""
    ids = _channel_ids(connection, source, {channel: now})
    return _note_showings(connection, source, [_Showing(ids[channel], now, _by_key(shown))])[0]


def _by_key(shown: Iterable[ShownArticle]) -> dict[bytes, ShownArticle]:
    return {url_key(one.url): one for one in shown}


def _answer(settlement: Settlement) -> str:
    if settlement.is_unmodified:
        return "unmodified"
    return "read" if settlement.state is FrontierState.DONE else "failed"


_CHANNELS = select(ChannelRow.id, ChannelRow.url_key)
_LISTED = select(
    ListedArticleRow.url_key, ListedArticleRow.stated_at, ListedArticleRow.stated_by, ListedArticleRow.section
)


def _channel_ids(connection: Connection, source: str, channels: Mapping[Channel, datetime]) -> dict[Channel, int]:
    """Return the ids of channels, making rows for new ones."""
    keys = {channel: url_key(canonical_url(channel.url)) for channel in channels}
    ids = {row.url_key: row.id for row in fetch_in(connection, _CHANNELS, ChannelRow.url_key, keys.values())}
    fresh = {
        key: {"source": source, "url_key": key, "url": channel.url, "kind": channel.kind.value, "found_at": found_at}
        for (channel, found_at), key in zip(channels.items(), keys.values(), strict=True)
        if key not in ids
    }
    if fresh:
        insert_rows(connection, ChannelRow, list(fresh.values()))
        ids |= {row.url_key: row.id for row in fetch_in(connection, _CHANNELS, ChannelRow.url_key, fresh)}
    return {channel: ids[key] for channel, key in keys.items()}


def _note_showings(connection: Connection, source: str, showings: Sequence[_Showing]) -> list[int]:
    """Write listed articles and sightings; return of each showing how many articles its channel had not shown."""
    _note_listed(connection, source, showings)
    seen: dict[int, set[bytes]] = {}
    for showing in showings:
        query = select(SightingRow.url_key).where(SightingRow.channel_id == showing.channel_id)
        met = seen.setdefault(showing.channel_id, set())
        met.update(row.url_key for row in fetch_in(connection, query, SightingRow.url_key, showing.articles))
    rows: list[dict[str, Any]] = []
    counts = []
    for showing in showings:
        met = seen[showing.channel_id]
        fresh = {key: one for key, one in showing.articles.items() if key not in met}
        met.update(fresh)
        counts.append(len(fresh))
        rows += (
            {"channel_id": showing.channel_id, "url_key": key, "first_seen_at": showing.shown_at, **_stated(one)}
            for key, one in fresh.items()
        )
    insert_rows(connection, SightingRow, rows)
    return counts


def _note_listed(connection: Connection, source: str, showings: Iterable[_Showing]) -> None:
    """Write which articles are known to exist, and what is best stated of them."""
    best: dict[bytes, dict[str, Any]] = {}
    for showing in showings:
        for key, one in showing.articles.items():
            row = {"url": one.url, "source": source, "first_seen_at": showing.shown_at, **_stated(one)}
            known = best.setdefault(key, row)
            if known is not row:
                known.update(_better(known, row))
    changed = []
    for stored in fetch_in(connection, _LISTED, ListedArticleRow.url_key, best):
        told = best.pop(stored.url_key)
        known = {"stated_at": stored.stated_at, "stated_by": stored.stated_by, "section": stored.section}
        better = _better(known, told)
        if better != known:
            changed.append({"key": stored.url_key} | better)
    insert_rows(connection, ListedArticleRow, [{"url_key": key} | row for key, row in best.items()])
    update_where_key(connection, ListedArticleRow, changed)


def _stated(one: ShownArticle) -> dict[str, Any]:
    stated_by = one.stated_by.value if one.stated_by is not None else None
    return {"stated_at": one.stated_at, "stated_by": stated_by, "section": one.section}


def _better(known: Mapping[str, Any], told: Mapping[str, Any]) -> dict[str, Any]:
    """Return what two channels state together, whichever came first."""
    stated = min(known, told, key=_exactness)
    sections = [section for section in (known["section"], told["section"]) if section is not None]
    return {
        "stated_at": stated["stated_at"],
        "stated_by": stated["stated_by"],
        "section": min(sections, default=None),
    }


def _exactness(stated: Mapping[str, Any]) -> tuple[int, float]:
    if stated["stated_at"] is None:
        return _UNSTATED, 0.0
    return _RANKS[stated["stated_by"]], stated["stated_at"].timestamp()
