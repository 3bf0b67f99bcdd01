"""The values of discovery that cross the store's door: channels, and what they showed.

All are frozen; all times are aware and UTC. No framework is imported here.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime


class ChannelKind(enum.Enum):
    """What a channel is."""

    FRONT_PAGE = "front page"
    SECTION = "section"
    FEED = "feed"
    NEWS_MAP = "news map"
    SITEMAP = "sitemap"
    DAY_ARCHIVE = "day archive"
    WEB_ARCHIVE = "web archive"
    """What others kept of the site."""
    LISTING = "listing"
    """Any other page of links: of a tag, of an author."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """Something of a source that shows which articles there are."""

    url: str
    """Of a section its first page, of monthly maps their index, of day archives the page above them."""
    kind: ChannelKind


class DateOrigin(enum.Enum):
    """How exactly a channel states when an article was published; better ones first."""

    TIME = "time"
    """An instant."""
    DAY = "day"
    """A day in the source's zone, given as its midnight."""
    ADDRESS = "address"
    """The day in the article's URL, which may be a day off."""
    EDIT = "edit"
    """The instant of its last edit, which may come any time after publication."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownArticle:
    """An article as a channel shows it: a link, and what is stated beside it."""

    url: str
    """Canonical."""
    stated_at: datetime | None = None
    """Publication as the channel, or else the URL, states it; None if neither does."""
    stated_by: DateOrigin | None = None
    """None without `stated_at`."""
    section: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedArticle:
    """An article that is known to exist, whether it is stored or not."""

    url: str
    """Canonical."""
    source: str
    first_seen_at: datetime
    """When the first channel showed it to us."""
    stated_at: datetime | None
    """Publication as the most exact channel states it, the earliest of several."""
    stated_by: DateOrigin | None
    section: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelSighting:
    """That a channel showed an article, since when."""

    channel: Channel
    first_seen_at: datetime
    stated_at: datetime | None
    stated_by: DateOrigin | None
    section: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Polled:
    """One poll, and what it was the first to show."""

    number: int
    """Grows in the order in which polls were written."""
    channel: Channel
    polled_at: datetime
    is_read: bool
    """It was answered, be it with nothing new."""
    shown: int
    """Articles that it showed; 0 for an unmodified answer."""
    published: tuple[datetime, ...]
    """When the articles were published that this poll, of all channels, was the first to show."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelTally:
    """What one channel cost and brought."""

    channel: Channel
    requests: int
    unmodified: int
    failed: int
    seen: int
    """Articles that it showed."""
    found_first: int
    """Of these, those that it showed before any other channel did."""
    found_alone: int
    """Of these, those that no other channel has shown."""
    mean_lag_seconds: float | None
    """How long after the first channel it showed an article; None if it showed none."""
    mean_lead_seconds: float | None
    """How long before the second channel it showed what it found first; None if it found nothing before another."""
