"""What the frontier hands out and takes back.

One of the rooms of values that cross the store's door; see `storage.records`.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from datetime import datetime  # noqa: TC003 -- dataclass fields are read at runtime by as_json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from storage.channel_records import Channel, ShownArticle
    from storage.records import Article, CapturePlace


@dataclass(frozen=True, slots=True, kw_only=True)
class Walk:
    """One passage over a source, from its start pages to the last article; a run that was cut off is gone on with."""

    source: str
    scope: str
    """Empty for the whole source; else a digest of the seed URLs it is limited to."""
    number: int
    """Id of the run that began it."""
    backfill: int | None = None
    """Number of the backfill that it serves; None for any other walk."""


class FrontierState(enum.Enum):
    """Where a URL stands."""

    WAITING = "waiting"
    LEASED = "leased"
    DONE = "done"
    FAILED = "failed"
    GONE = "gone"
    HELD = "held"
    """Fetched, and not believed: it waits for a reader that understands it, or for a second look."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldPage:
    """A page that was fetched and whose reading is not believed."""

    url: str
    source: str
    template: str
    """Name of the template it was read as; empty where its source knows only one."""
    reason: str
    """What is wrong with the reading, in a few words."""
    reader_version: str
    """Of the reader that is not believed."""
    run_id: int | None
    held_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundUrl:
    """A URL on its way into the frontier."""

    url: str
    is_listing: bool
    page: int = 1
    priority: int = 0
    """Smaller is sooner."""
    is_asked_for: bool = False
    """The operator named it: it is fetched once a walk even if it is an article that is stored."""
    slice: int | None = None
    """The slice of a backfill that led to it."""
    capture: str | None = None
    """Where a web archive keeps it, if that is where it is to be fetched; see `LeasedUrl.capture`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptPage:
    """What a URL answered last time."""

    etag: str | None
    last_modified: str | None
    """As the server wrote them."""
    content: bytes
    """16-byte hash of what was read from it."""
    unaudited_polls: int
    """Conditional polls since the last full one."""
    links: tuple[FoundUrl, ...] | None
    """What a listing led to, its next page included; None for an article."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LeasedUrl:
    """A URL that one run alone may fetch for now."""

    url: str
    is_listing: bool
    page: int
    attempts: int
    """Fetches that failed since it last succeeded."""
    kept: KeptPage | None
    """None if it was never fetched, or answered without validators."""
    published_at: datetime | None = None
    """Of the article that it brought last time; None for a listing, and before the first success."""
    run_id: int | None = None
    """The run that holds it."""
    slice: int | None = None
    """The slice of a backfill that it belongs to."""
    capture: str | None = None
    """Address of its capture in a web archive, which is fetched in its stead; None for the page itself."""
    was_held: bool = False
    """Its reading was not believed last time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Left:
    """What of a walk is not done."""

    count: int
    """URLs that wait or are leased."""
    next_due_at: datetime | None
    """When the first of those that wait may be fetched; None if none waits."""
    next_reason: str | None
    """Why that one waits, if it was tried."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settlement:
    """What the fetch of one leased URL came to; written in one transaction with what it brought."""

    lease: LeasedUrl
    state: FrontierState
    reason: str | None = None
    """Why it is not done, as counted by the run."""
    due_at: datetime | None = None
    """Waiting: not before this. Done or failed: when to revisit the article; None for never."""
    attempts: int = 0
    """Fetches in a row that failed, this one included."""
    article: Article | None = None
    """The article it brought."""
    found: tuple[FoundUrl, ...] = ()
    """The URLs it led to."""
    channel: Channel | None = None
    """The channel that a listing belongs to; None for an article, and for a listing that was not asked for."""
    shown: tuple[ShownArticle, ...] = ()
    """The articles that it showed, whether they are to be fetched or not; distinct by URL."""
    claimed_total: int | None = None
    """How many articles a listing says it has, over all its pages; None if it does not say."""
    page: KeptPage | None = None
    """What to ask with next time; None leaves what is known as it is."""
    is_unmodified: bool = False
    """The server said 304: the article, if it is one, was seen again."""
    held: HeldPage | None = None
    """Why its reading is not believed; only with the state HELD."""
    capture: CapturePlace | None = None
    """Where the bytes stand that it was read from; None if they are not recorded."""
    settled_at: datetime
    """When the answer came; aware."""
