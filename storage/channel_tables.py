"""The rows of discovery: channels, the articles they showed, when they were asked."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from storage.tables import Row


class ChannelRow(Row):
    """One channel of a source."""

    __tablename__ = "channels"

    id: Mapped[int] = mapped_column(primary_key=True)
    source: Mapped[str] = mapped_column(index=True)
    url_key: Mapped[bytes] = mapped_column(LargeBinary(16), unique=True)
    url: Mapped[str]
    kind: Mapped[str]
    """A `storage.channel_records.ChannelKind`."""
    found_at: Mapped[datetime]


class ListedArticleRow(Row):
    """One article that is known to exist: some channel showed it."""

    __tablename__ = "listed_articles"
    __table_args__ = (Index(None, "source", "stated_at"),)

    url_key: Mapped[bytes] = mapped_column(LargeBinary(16), primary_key=True)
    url: Mapped[str]
    """Canonical."""
    source: Mapped[str]
    first_seen_at: Mapped[datetime]
    stated_at: Mapped[datetime | None]
    """The best statement of all channels; see `storage.sightings`."""
    stated_by: Mapped[str | None]
    """A `storage.channel_records.DateOrigin`."""
    section: Mapped[str | None]


class SightingRow(Row):
    """That one channel showed one article, since when, and what it said of it then."""

    __tablename__ = "sightings"
    __table_args__ = (Index(None, "channel_id", "first_seen_at"), {"sqlite_with_rowid": False})

    channel_id: Mapped[int] = mapped_column(ForeignKey("channels.id"), primary_key=True)
    url_key: Mapped[bytes] = mapped_column(LargeBinary(16), primary_key=True, index=True)
    first_seen_at: Mapped[datetime]
    stated_at: Mapped[datetime | None]
    stated_by: Mapped[str | None]
    section: Mapped[str | None]


class PollRow(Row):
    """One request to a channel."""

    __tablename__ = "polls"
    __table_args__ = (Index(None, "channel_id", "polled_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    channel_id: Mapped[int] = mapped_column(ForeignKey("channels.id"))
    polled_at: Mapped[datetime]
    page: Mapped[int]
    """Which page of the channel, from 1: further ones are no polls for news."""
    answer: Mapped[str]
    """``read``, ``unmodified`` or ``failed``."""
    shown: Mapped[int]
    """Articles it showed."""
    fresh: Mapped[int]
    """Those of them that this channel had not shown before."""
