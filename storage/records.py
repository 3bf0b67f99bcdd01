"""The values that cross the store's door: articles.

The crawler makes `Article`, the store answers with `Outcome` and `StoredArticle`. Runs are in `storage.run_records`,
the URLs of the frontier in `storage.frontier_records`. All are frozen; all times are aware and UTC. No framework is
imported here.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from datetime import datetime  # noqa: TC003 -- dataclass fields are read at runtime by as_json


class Outcome(enum.Enum):
    """What saving an article did; see the table in docs/glossary.md."""

    NEW = "new"
    REVISED = "revised"
    UNCHANGED = "unchanged"
    DUPLICATE = "duplicate"


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
