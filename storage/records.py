"""The values that cross the store's door.

The crawler makes `Article` and `CrawlPlan`; the store answers with `Outcome`, `StoredArticle` and `CrawlRun`.
All are frozen; all times are aware and UTC. No framework is imported here.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from datetime import datetime  # noqa: TC003 -- dataclass fields are read at runtime by as_json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from storage.channel_records import Channel, ShownArticle


class Outcome(enum.Enum):
    """What saving an article did; see the table in docs/glossary.md."""

    NEW = "new"
    REVISED = "revised"
    UNCHANGED = "unchanged"
    DUPLICATE = "duplicate"


class CrawlKind(enum.Enum):
    """Why a run exists."""

    SCHEDULED = "scheduled"
    ONEOFF = "oneoff"
    BACKFILL = "backfill"
    REPLAY = "replay"
    IMPORT = "import"


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """A picture of an article."""

    url: str
    """Address without the size part, so one picture has one address."""
    caption: str | None = None
    credit: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Media:
    """A sound or a film of an article."""

    url: str
    type: str
    """``audio`` or ``video``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """Something a page stated about itself, kept with where it stood."""

    field: str
    """The field of `Article` that is claimed, such as ``published_at`` or ``title``."""
    value: str
    """As stated; times as ISO 8601 with their offset."""
    origin: str
    """Where it stood: ``json-ld``, ``meta``, ``time``, ``datalayer``, ``printed``, ``url``, ``seed-epoch`` …"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    """One news story under one canonical URL, judged and in UTC."""

    source: str
    """Name of the source, such as ``rfi-cn``."""
    canonical_url: str
    title: str
    """Without programme and without the site's suffix."""
    published_at: datetime
    programme: str | None = None
    agency: str | None = None
    """Wire agency that wrote it, such as ``AFP``."""
    lead: str | None = None
    paragraphs: tuple[str, ...] = ()
    """The body, headings and list items included, without the lead; blanks folded."""
    html: str = ""
    """Cleaned HTML of lead and body: safe to show."""
    modified_at: datetime | None = None
    """Last edit as stated, only when later than publication."""
    observed_at: datetime | None = None
    """When another collector saw the article; None when we fetched it ourselves."""
    fetched_at: datetime | None = None
    """When we got the bytes; None for an imported article."""
    authors: tuple[str, ...] = ()
    section: str | None = None
    tags: tuple[str, ...] = ()
    language: str | None = None
    """BCP 47, such as ``zh-Hans``."""
    images: tuple[Image, ...] = ()
    media: tuple[Media, ...] = ()
    alternates: tuple[tuple[str, str], ...] = ()
    """(language, url) of the same story in other languages, in page order."""
    content_id: str | None = None
    """The site's own id of the story."""
    aliases: tuple[str, ...] = ()
    """Other canonical URLs under which this very page was met (redirects, a stated canonical)."""
    claims: tuple[Claim, ...] = ()
    reader_version: str | None = None
    """Of the reader that made it; None for what other programs read."""

    @property
    def text(self) -> str:
        """Lead and paragraphs as a reader sees them, one a line."""
        return "\n".join((self.lead, *self.paragraphs) if self.lead else self.paragraphs)

    @property
    def seen_at(self) -> datetime:
        """The instant at which this state of the article was seen.

        Raises:
            ValueError: Neither fetched_at nor observed_at is set.
        """
        seen_at = self.fetched_at or self.observed_at
        if seen_at is None:
            raise ValueError(f"{self.canonical_url} has neither fetched_at nor observed_at")
        return seen_at


@dataclass(frozen=True, slots=True, kw_only=True)
class CapturePlace:
    """Where the recorded bytes of a page stand."""

    recording: str
    """The folder, or the address of one on an object store."""
    file: str
    """WARC file in it."""
    offset: int
    length: int
    """Bytes of its record in the file."""
    payload_digest: str
    """Of the body as it came, such as ``sha1:3I42H3S6NNFQ2MSVX7XZKYAYSCX5QBYJ``."""
    url: str
    """As it was asked for, after redirects."""
    captured_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredArticle:
    """An article as the store knows it: one revision of it, and the article's own marks."""

    article: Article
    revision: int
    """Number of this revision, from 1, in the order in which they were stored."""
    fingerprint: str
    """Hex digest of title and text; see `storage.identity.fingerprint`."""
    first_seen_at: datetime
    last_seen_at: datetime
    is_silent: bool = False
    """True when this revision changed the text without a newer stated time."""
    is_pruned: bool = False
    """True when its text was removed by age or size: paragraphs and html are empty, all else is as it was."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CrawlPlan:
    """What one run is to do. Schedule, command line, backfill and replay differ only in this value."""

    source: str
    kind: CrawlKind
    seeds: tuple[str, ...] = ()
    """URLs to start from; empty means the source's own front and section pages."""
    limit: int | None = None
    """Stop after this many articles; None means no limit."""
    pages: int = 1
    """Listing pages to follow from each start, the first one included."""
    via: str | None = None
    """Base URL of a server that answers in the site's stead, such as ``http://127.0.0.1:8000``."""
    archive: str | None = None
    """Folder to answer from instead of the network (replay)."""
    delay_seconds: float = 1.0
    """Pause between two requests to one host."""
    backfill: int | None = None
    """Number of the backfill whose slices the run works off; None for any other run."""
    record: str | None = None
    """Folder, or address of one, that every exchange is recorded in; None records nothing."""
    recorded_run: str | None = None
    """Which run of the archive is replayed, by the beginning of its files' names; None where it records none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """A stretch of time, half-open: an instant at its end is not in it."""

    since: datetime
    until: datetime
    """Both aware, UTC."""


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


class RunState(enum.Enum):
    """Where a run stands: planned, then running, then one of the others, which are final."""

    PLANNED = "planned"
    """Of a schedule: it waits to be started."""
    RUNNING = "running"
    FINISHED = "finished"
    STOPPED = "stopped"
    """By hand or by a signal, in good order."""
    BLOCKED = "blocked"
    """The site refuses us; see its reason."""
    FAILED = "failed"
    KILLED = "killed"
    """Its process vanished, or was ended by force."""
    HUNG = "hung"
    """It made no progress and was ended; its stack says where."""
    SKIPPED = "skipped"
    """Of a schedule: it was not started, as the schedule's policy has it; see its reason."""
    MISSED = "missed"
    """Of a schedule: nobody was there to start it in time; see its reason."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CrawlRun:
    """One execution of a plan."""

    id: int
    plan: CrawlPlan
    state: RunState
    reason: str | None
    """Why it ended, in a few words; None while it runs."""
    started_at: datetime | None
    """None for a run that was never started."""
    finished_at: datetime | None
    schedule: str | None = None
    """Name of the schedule that planned it; None for a run by hand. The schedule may have been removed since."""
    planned_at: datetime | None = None
    """The moment for which its schedule planned it."""
    stack: str | None = None
    """Of a hung run: where each of its threads stood."""
    counts: dict[str, int] = field(default_factory=dict)
    """Counts by glossary word: ``new``, ``revised``, ``rejected: no text``, ``fetched`` …"""
    degraded: tuple[str, ...] = ()
    """Why its readings are not to be trusted, a sentence each; empty: nothing speaks against them."""
