"""What a page said, unjudged.

Readers in `crawler.sources` make these from (html, url); `crawler.normalize` turns a `ScrapedArticle` into an
`storage.records.Article` or refuses it. Times are aware, in the zone in which the page states them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from concurrent.futures import Future
    from datetime import datetime

    from crawler.errors import PageNotUnderstood
    from storage.frontier_records import FrontierState, HeldPage, LeasedUrl
    from storage.records import Article, CapturePlace, Claim, Image, Media


@dataclass(frozen=True, slots=True, kw_only=True)
class ArticleLink:
    """A link to an article found on a listing."""

    url: str
    """Absolute."""
    title: str | None = None
    """As printed beside the link."""
    printed_at: datetime | None = None
    """Time printed beside the link; None when there is none."""
    is_day_only: bool = False
    """Only a day is printed; `printed_at` is its midnight."""
    section: str | None = None
    """As printed beside the link."""
    edited_at: datetime | None = None
    """Last edit as stated beside the link, which may come any time after publication."""
    captured_at: datetime | None = None
    """When a web archive fetched it; None for a link of the site itself."""
    capture: str | None = None
    """Address of that capture; see `crawler.backfills.web_archives`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListingLink:
    """A link to a further listing, found on an index of them."""

    url: str
    """Absolute."""
    edited_at: datetime | None = None
    """Last edit as stated beside the link."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """A page whose job is to link to articles."""

    url: str
    links: tuple[ArticleLink, ...]
    """Distinct by canonical URL, in page order."""
    next_url: str | None = None
    """The next page of the same listing; None on the last."""
    listings: tuple[ListingLink, ...] = ()
    """Of an index: the listings that it names, the one edited last first."""
    claimed_total: int | None = None
    """How many articles it says it has, over all its pages; None if it does not say."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScrapedArticle:
    """What one article page said, before any judgement."""

    url: str
    """URL the page was answered under, after redirects."""
    source: str
    """Name of the source that read it."""
    title: str | None = None
    """Without programme and without the site's suffix."""
    programme: str | None = None
    agency: str | None = None
    lead: str | None = None
    paragraphs: tuple[str, ...] = ()
    html: str = ""
    """Cleaned HTML of lead and body."""
    published_at: datetime | None = None
    modified_at: datetime | None = None
    """As stated, even when earlier than published_at."""
    observed_at: datetime | None = None
    """When another collector saw it (the epoch of a seed file); None for a page we fetched."""
    fetched_at: datetime | None = None
    canonical_url: str | None = None
    """As stated by the page (rel=canonical, og:url, JSON-LD); None if it states none."""
    requested_urls: tuple[str, ...] = ()
    """URLs that led to `url` by redirects, if any."""
    authors: tuple[str, ...] = ()
    section: str | None = None
    tags: tuple[str, ...] = ()
    language: str | None = None
    images: tuple[Image, ...] = ()
    media: tuple[Media, ...] = ()
    alternates: tuple[tuple[str, str], ...] = ()
    content_id: str | None = None
    claims: tuple[Claim, ...] = ()
    template: str = ""
    """Name of the template that the page was made with; empty where its source knows only one."""
    ways: tuple[tuple[str, str], ...] = ()
    """(field, way) for fields that can be read in several ways: the place in the template, or a stand-in for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """What the fetch of one leased URL came to: the item that walks the pipelines, one for every lease.

    The spider makes it from a response or a failure; NormalizePipeline turns a scraped article into an article or a
    refusal; StorePipeline settles the lease with it.
    """

    lease: LeasedUrl
    fetched_at: datetime
    """When the answer came; aware, UTC."""
    said: ScrapedArticle | Article | Listing | None = None
    """What the page said; None when there is nothing to keep."""
    state: FrontierState
    """What becomes of the URL."""
    reason: str | None = None
    """Why nothing is kept, as the run counts it; None if something is."""
    retry_at: datetime | None = None
    """When to try again, for a URL that waits."""
    etag: str | None = None
    last_modified: str | None = None
    """The validators of the response, as the server wrote them."""
    is_unmodified: bool = False
    """The server said 304."""
    was_tried: bool = True
    """False: it was not asked for, so its failure is not one of the URL."""
    not_understood: PageNotUnderstood | None = None
    """What its reader missed on a page that was fetched; None for all others."""
    held: HeldPage | None = None
    """Why its reading is not believed; None if it is."""
    recorded: Future[CapturePlace] | None = None
    """Where the exchange stands, once that is on disk; None if it is not recorded."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SeedFile:
    """One archived article: optional front matter, epoch comment, ``[title](url)``, dashes, HTML fragment.

    Every byte of the file is in one of the fields, so that writing a parsed file gives back the same bytes;
    see `crawler.archives.seeds`.
    """

    name: str
    """File name without folders."""
    url: str
    """As written in the header; may be http, may hold a doubled slash."""
    title: str
    """As written in the header, HTML entities decoded."""
    observed_at: datetime
    """The epoch, or the front matter's date where there is no epoch; UTC."""
    fragment: str
    """The HTML below the header, unchanged."""
    front_matter: dict[str, str]
    """Keys of the YAML front matter as plain strings; empty when there is none."""
    raw: bytes
    """The file as it was read."""
