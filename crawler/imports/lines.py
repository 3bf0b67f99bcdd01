"""One exported article as it comes back: checked for its types, then judged like any other article.

What an export says is from outside again: its HTML is cleaned, its words are folded, its dates are weighed, its
source must be one that we know.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime  # noqa: TC003 -- pydantic reads the annotations
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from crawler.errors import ArticleRejected
from crawler.items import ScrapedArticle
from crawler.normalize import normalize
from crawler.safe_html import clean_html
from crawler.sources import source_named
from storage import Claim, Image, Marks, Media, Returning, StoredAlias, StoredArticle, StoredClaim
from storage.identity import canonical_url, fingerprint

if TYPE_CHECKING:
    from collections.abc import Iterator

Hex = Annotated[str, Field(pattern=r"^(?:[0-9a-f]{2})*$")]
Fingerprint = Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")]


class _Model(BaseModel):
    # other keys are left alone: a newer program may have written them
    model_config = ConfigDict(extra="ignore", frozen=True)


class _Image(_Model):
    url: str
    caption: str | None = None
    credit: str | None = None


class _Media(_Model):
    url: str
    type: Literal["audio", "video"]


class _Alias(_Model):
    url: str
    why: str


class _Claim(_Model):
    field: str
    origin: str
    value: str
    first_seen_at: AwareDatetime


class _Marks(_Model):
    is_current: bool
    is_silent: bool
    stated_at: AwareDatetime
    stated_seen_at: AwareDatetime
    stored_at: AwareDatetime
    article_first_seen_at: AwareDatetime
    article_last_seen_at: AwareDatetime
    gone_at: AwareDatetime | None
    claims_digest: Hex
    aliases: tuple[_Alias, ...]
    claims: tuple[_Claim, ...]


class ExportedLine(_Model):
    """The one JSON shape of an article, and the marks of an export of all revisions; see docs/exports.md."""

    source: str
    canonical_url: str
    title: str
    programme: str | None = None
    agency: str | None = None
    lead: str | None = None
    paragraphs: tuple[str, ...] = ()
    text: str | None = None
    html: str | None = None
    published_at: AwareDatetime
    modified_at: AwareDatetime | None = None
    observed_at: AwareDatetime | None = None
    fetched_at: AwareDatetime | None = None
    first_seen_at: AwareDatetime | None = None
    last_seen_at: AwareDatetime | None = None
    authors: tuple[str, ...] = ()
    section: str | None = None
    tags: tuple[str, ...] = ()
    language: str | None = None
    images: tuple[_Image, ...] = ()
    media: tuple[_Media, ...] = ()
    alternates: dict[str, str] = {}
    content_id: str | None = None
    revision: int | None = None
    fingerprint: Fingerprint | None = None
    is_silent: bool = False
    marks: _Marks | None = None

    @property
    def seen_at(self) -> datetime | None:
        """When this state of the article was seen; None if the line does not say."""
        return self.fetched_at or self.observed_at

    @property
    def is_pruned(self) -> bool:
        """Its text was removed, and only its fingerprint says what it was."""
        return self.text is None and not self.paragraphs and self.fingerprint is not None


def read_line(line: bytes | dict[str, Any]) -> Returning:
    """Read one exported article and judge it.

    Args:
        line: JSON, or the object it holds.

    Raises:
        ValueError: It is not such an object; the message is one phrase.
        UnknownSource: It is of a source that we do not know.
        ArticleRejected: It is no article; see `crawler.normalize.normalize`; also ``no time seen`` and ``no URL``.
    """
    try:
        read = ExportedLine.model_validate_json(line) if isinstance(line, bytes) else ExportedLine.model_validate(line)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        place = ".".join(str(step) for step in first["loc"])
        raise ValueError(f"{place}: {first['msg']}" if place else first["msg"]) from None
    return _judge(read)


def _judge(line: ExportedLine) -> Returning:
    source = source_named(line.source)
    if line.seen_at is None:
        raise ArticleRejected(line.canonical_url, "no time seen")
    article = normalize(_as_scraped(line), source)
    if line.is_pruned:
        article = replace(article, paragraphs=(), html="")
    stored = StoredArticle(
        article=article,
        revision=line.revision or 1,
        fingerprint=(line.is_pruned and line.fingerprint) or fingerprint(article.title, article.text),
        first_seen_at=line.first_seen_at or line.seen_at,
        last_seen_at=line.last_seen_at or line.seen_at,
        is_silent=line.is_silent,
        is_pruned=line.is_pruned,
    )
    return Returning(stored=stored, marks=_marks(line.marks) if line.marks else None)


def _as_scraped(line: ExportedLine) -> ScrapedArticle:
    paragraphs = line.paragraphs
    if not paragraphs and line.text:
        paragraphs = tuple(line.text.removeprefix(line.lead or "").split("\n"))
    if line.is_pruned:
        paragraphs = ("pruned",)  # so that it is not refused for having no text; taken out again by the caller
    return ScrapedArticle(
        url=line.canonical_url,
        source=line.source,
        title=line.title,
        programme=line.programme,
        agency=line.agency,
        lead=line.lead,
        paragraphs=paragraphs,
        html=clean_html(line.html or ""),
        published_at=line.published_at,
        modified_at=line.modified_at,
        observed_at=line.observed_at,
        fetched_at=line.fetched_at,
        authors=line.authors,
        section=line.section,
        tags=line.tags,
        language=line.language,
        images=tuple(Image(url=one.url, caption=one.caption, credit=one.credit) for one in line.images),
        media=tuple(Media(url=one.url, type=one.type) for one in line.media),
        alternates=tuple(line.alternates.items()),
        content_id=line.content_id,
        # an export of all revisions brings the claims along
        claims=() if line.marks else tuple(_claims(line.seen_at)),
    )


def _claims(seen_at: datetime | None) -> Iterator[Claim]:
    if seen_at is not None:
        yield Claim(field="observed_at", value=seen_at.isoformat(), origin="export")


def _marks(marks: _Marks) -> Marks:
    aliases = []
    for alias in marks.aliases:
        try:
            aliases.append(StoredAlias(url=canonical_url(alias.url), why=alias.why))
        except ValueError as error:
            raise ValueError(f"marks.aliases: {error}") from None
    return Marks(
        is_current=marks.is_current,
        is_silent=marks.is_silent,
        stated_at=marks.stated_at,
        stated_seen_at=marks.stated_seen_at,
        stored_at=marks.stored_at,
        article_first_seen_at=marks.article_first_seen_at,
        article_last_seen_at=marks.article_last_seen_at,
        gone_at=marks.gone_at,
        claims_digest=marks.claims_digest,
        aliases=tuple(aliases),
        claims=tuple(
            StoredClaim(field=one.field, origin=one.origin, value=one.value, first_seen_at=one.first_seen_at)
            for one in marks.claims
        ),
    )
