"""What polls of channels brought: the record that rhythms learn from, and what each channel is worth."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, cast

from sqlalchemy import and_, case, func, select

from storage.channel_records import Channel, ChannelKind, ChannelTally, DateOrigin, Polled
from storage.channel_tables import ChannelRow, ListedArticleRow, PollRow, SightingRow
from storage.rows import fetch_in
from storage.tables import ArticleRow

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from typing import Any

    from sqlalchemy import Connection

FAILED, UNMODIFIED = "failed", "unmodified"


def read_polls(connection: Connection, source: str, *, after: int, since: datetime, limit: int) -> list[Polled]:
    """Return polls of the first pages of a source's channels, in the order in which they were written.

    Args:
        after: Only those that were written after the poll of this number.
        since: Only those made at or after this instant.
        limit: At most so many.
    """
    columns = (
        PollRow.id,
        PollRow.polled_at,
        PollRow.answer,
        PollRow.shown,
        PollRow.fresh,
        ChannelRow.url,
        ChannelRow.kind,
    )
    query = select(*columns).join(ChannelRow, ChannelRow.id == PollRow.channel_id)
    query = query.where(ChannelRow.source == source, PollRow.page == 1, PollRow.id > after, PollRow.polled_at >= since)
    rows = connection.execute(query.order_by(PollRow.id).limit(limit)).all()
    published = _first_shown(connection, [row.id for row in rows if row.fresh])
    return [
        Polled(
            number=row.id,
            channel=Channel(url=row.url, kind=ChannelKind(row.kind)),
            polled_at=row.polled_at,
            is_read=row.answer != FAILED,
            shown=row.shown,
            published=tuple(published.get(row.id, ())),
        )
        for row in rows
    ]


def _first_shown(connection: Connection, polls: list[int]) -> dict[int, list[datetime]]:
    """Return when the articles were published that some polls, of all channels, were the first to show.

    What their pages state counts before what the channel stated; what nobody states appeared when it was seen.
    """
    stated = case((ListedArticleRow.stated_by == DateOrigin.TIME.value, ListedArticleRow.stated_at))
    query = (
        select(PollRow.id, func.coalesce(ArticleRow.published_at, stated, PollRow.polled_at).label("published_at"))
        .join(
            SightingRow,
            and_(SightingRow.channel_id == PollRow.channel_id, SightingRow.first_seen_at == PollRow.polled_at),
        )
        .join(
            ListedArticleRow,
            and_(
                ListedArticleRow.url_key == SightingRow.url_key,
                ListedArticleRow.first_seen_at == SightingRow.first_seen_at,
            ),
        )
        .outerjoin(ArticleRow, ArticleRow.url_key == SightingRow.url_key)
    )
    published: dict[int, list[datetime]] = {}
    for row in fetch_in(connection, query, PollRow.id, polls):
        published.setdefault(row.id, []).append(row.published_at)
    return published


@dataclass(slots=True)
class _Sums:
    """What is added up of one channel."""

    seen: int = 0
    first: int = 0
    alone: int = 0
    lag_seconds: float = 0.0
    lead_seconds: float = 0.0


def tally_channels(connection: Connection, source: str, *, since: datetime | None) -> list[ChannelTally]:
    """Return of each channel of a source what it cost and what it brought, the one that found most first.

    Args:
        since: Only requests and articles from this instant on.
    """
    channels = connection.execute(
        select(ChannelRow.id, ChannelRow.url, ChannelRow.kind).where(ChannelRow.source == source)
    )
    names = {row.id: Channel(url=row.url, kind=ChannelKind(row.kind)) for row in channels}
    sums = {channel_id: _Sums() for channel_id in names}
    for _, sightings in groupby(_sightings(connection, source, since), key=lambda row: cast("bytes", row.url_key)):
        _add_up(sums, list(sightings))
    requests = _requests(connection, source, since)
    tallies = [
        ChannelTally(
            channel=channel,
            requests=requests.get(channel_id, (0, 0, 0))[0],
            unmodified=requests.get(channel_id, (0, 0, 0))[1],
            failed=requests.get(channel_id, (0, 0, 0))[2],
            seen=(one := sums[channel_id]).seen,
            found_first=one.first,
            found_alone=one.alone,
            mean_lag_seconds=one.lag_seconds / one.seen if one.seen else None,
            mean_lead_seconds=one.lead_seconds / (one.first - one.alone) if one.first > one.alone else None,
        )
        for channel_id, channel in names.items()
    ]
    return sorted(tallies, key=lambda tally: (-tally.found_first, -tally.seen, tally.channel.url))


def _sightings(connection: Connection, source: str, since: datetime | None) -> Iterator[Any]:
    """Yield the sightings of each article together, the first one first."""
    query = (
        select(SightingRow.url_key, SightingRow.channel_id, SightingRow.first_seen_at)
        .join(ListedArticleRow, ListedArticleRow.url_key == SightingRow.url_key)
        .where(ListedArticleRow.source == source)
        .order_by(SightingRow.url_key, SightingRow.first_seen_at, SightingRow.channel_id)
    )
    if since is not None:
        query = query.where(ListedArticleRow.first_seen_at >= since)
    yield from connection.execution_options(yield_per=1000).execute(query)


def _add_up(sums: dict[int, _Sums], sightings: list[Any]) -> None:
    first = sightings[0]
    for sighting in sightings:
        one = sums[sighting.channel_id]
        one.seen += 1
        one.lag_seconds += (sighting.first_seen_at - first.first_seen_at).total_seconds()
    sums[first.channel_id].first += 1
    if len(sightings) == 1:
        sums[first.channel_id].alone += 1
    else:
        sums[first.channel_id].lead_seconds += (sightings[1].first_seen_at - first.first_seen_at).total_seconds()


def _requests(connection: Connection, source: str, since: datetime | None) -> dict[int, tuple[int, int, int]]:
    """Return requests, unmodified answers and failures by channel."""
    query = (
        select(
            PollRow.channel_id,
            func.count().label("requests"),
            func.count(case((PollRow.answer == UNMODIFIED, 1))).label("unmodified"),
            func.count(case((PollRow.answer == FAILED, 1))).label("failed"),
        )
        .join(ChannelRow, ChannelRow.id == PollRow.channel_id)
        .where(ChannelRow.source == source)
        .group_by(PollRow.channel_id)
    )
    if since is not None:
        query = query.where(PollRow.polled_at >= since)
    return {row.channel_id: (row.requests, row.unmodified, row.failed) for row in connection.execute(query)}
