"""Channels: what of a source shows which articles there are, and what each has shown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from storage.channel_records import Channel, ChannelKind, ChannelSighting, DateOrigin, ListedArticle
from storage.channel_tables import ChannelRow, ListedArticleRow, SightingRow
from storage.database import reading, snapshot, writing
from storage.identity import canonical_url, url_key
from storage.polls import read_polls, tally_channels
from storage.sightings import note_shown

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from sqlalchemy import Engine

    from storage.channel_records import ChannelTally, Polled, ShownArticle

# Listed articles read at once.
PAGE = 500


class Channels:
    """The door to discovery; `storage.store.Store.channels` gives it.

    What runs see on listings is written by `storage.frontier.Frontier.settle`. Every method may be called from any
    thread and raises `StoreUnavailable` when the database cannot be reached, read or written.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def note(self, source: str, channel: Channel, shown: Iterable[ShownArticle], *, now: datetime) -> int:
        """Note what a channel shows that no run has asked, such as the index of a web archive, in one transaction.

        Returns:
            How many of the articles that channel had not shown before.
        """
        with writing(self._engine) as connection:
            return note_shown(connection, source, channel, shown, now=now)

    def of(self, source: str) -> list[Channel]:
        """Return the channels of a source that have been asked, in the order in which that was first done."""
        query = select(ChannelRow.url, ChannelRow.kind).where(ChannelRow.source == source).order_by(ChannelRow.id)
        with reading(self._engine) as connection:
            return [Channel(url=row.url, kind=ChannelKind(row.kind)) for row in connection.execute(query)]

    def listed(
        self, source: str, *, since: datetime | None = None, until: datetime | None = None
    ) -> Iterator[ListedArticle]:
        """Yield the articles of a source that are known to exist, stored or not, in bounded memory, in no known order.

        Args:
            source: Name of the source.
            since: Stated to be published at or after this instant; aware. Leaves out those without a stated time.
            until: Stated to be published before this instant; aware. Leaves out those without a stated time.
        """
        row = ListedArticleRow
        columns = (row.url_key, row.url, row.source, row.first_seen_at, row.stated_at, row.stated_by, row.section)
        query = select(*columns).where(row.source == source)
        if since is not None:
            query = query.where(row.stated_at >= since)
        if until is not None:
            query = query.where(row.stated_at < until)
        query = query.order_by(row.url_key).limit(PAGE)
        after = b""
        while True:
            with reading(self._engine) as connection:
                page = connection.execute(query.where(row.url_key > after)).all()
            yield from map(_as_listed, page)
            if len(page) < PAGE:
                return
            after = page[-1].url_key

    def polled(self, source: str, *, after: int = 0, since: datetime) -> list[Polled]:
        """Return polls of the channels of a source, in the order in which they were written, a few hundred at most.

        Args:
            source: Name of the source.
            after: Only those behind the poll of this number.
            since: Only those made at or after this instant; aware.
        """
        with reading(self._engine) as connection:
            return read_polls(connection, source, after=after, since=since, limit=PAGE)

    def tallies(self, source: str, *, since: datetime | None = None) -> list[ChannelTally]:
        """Return of each channel of a source what it cost and what it brought, the one that found most first.

        Args:
            source: Name of the source.
            since: Only requests, and articles first seen, at or after this instant; aware.
        """
        with snapshot(self._engine) as connection:
            return tally_channels(connection, source, since=since)

    def sightings(self, url: str) -> list[ChannelSighting]:
        """Return which channels have shown an article, the first one first.

        Args:
            url: Any spelling of its URL.
        """
        row = SightingRow
        query = (
            select(ChannelRow.url, ChannelRow.kind, row.first_seen_at, row.stated_at, row.stated_by, row.section)
            .join(ChannelRow, ChannelRow.id == row.channel_id)
            .where(row.url_key == url_key(canonical_url(url)))
            .order_by(row.first_seen_at, ChannelRow.url)
        )
        with reading(self._engine) as connection:
            return [
                ChannelSighting(
                    channel=Channel(url=found.url, kind=ChannelKind(found.kind)),
                    first_seen_at=found.first_seen_at,
                    stated_at=found.stated_at,
                    stated_by=_origin(found.stated_by),
                    section=found.section,
                )
                for found in connection.execute(query)
            ]


def _as_listed(row: Any) -> ListedArticle:
    return ListedArticle(
        url=row.url,
        source=row.source,
        first_seen_at=row.first_seen_at,
        stated_at=row.stated_at,
        stated_by=_origin(row.stated_by),
        section=row.section,
    )


def _origin(value: str | None) -> DateOrigin | None:
    return DateOrigin(value) if value is not None else None
