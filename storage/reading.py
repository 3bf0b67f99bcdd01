"""Articles out: rows become `StoredArticle` values again, a page at a time.

Paging goes by (published_at, id) from where the last page ended (keyset), so that the last page of a million costs
what the first does, and each page is a transaction of its own: a slow reader holds nothing up.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import orjson
from sqlalchemy import and_, func, select, tuple_
from zstandard import ZstdDecompressor

from storage.database import reading
from storage.errors import UnknownArticle
from storage.identity import canonical_url, url_key
from storage.records import Article, Claim, Image, Media, StoredArticle
from storage.rows import fetch_in
from storage.tables import AliasRow, ArticleRow, BodyRow, ClaimRow, RevisionRow

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from sqlalchemy import ColumnElement, Connection, Engine, Select
    from sqlalchemy import Row as ResultRow

# Articles read at once: about 3 MB of texts.
PAGE = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class SectionCount:
    """How many articles of a section are stored."""

    source: str
    section: str | None
    articles: int
    oldest_at: datetime
    """Publication of the oldest."""
    newest_at: datetime
    """Publication of the newest."""


# What `as_stored` reads of a revision, beside the first_seen_at and last_seen_at that the caller chooses.
STORED_COLUMNS = (
    ArticleRow.source,
    ArticleRow.canonical_url,
    ArticleRow.section,
    ArticleRow.language,
    ArticleRow.content_id,
    RevisionRow.id,
    RevisionRow.number,
    RevisionRow.fingerprint,
    RevisionRow.is_silent,
    RevisionRow.title,
    RevisionRow.programme,
    RevisionRow.agency,
    RevisionRow.lead,
    RevisionRow.published_at,
    RevisionRow.modified_at,
    RevisionRow.observed_at,
    RevisionRow.fetched_at,
    RevisionRow.authors,
    RevisionRow.tags,
    RevisionRow.images,
    RevisionRow.media,
    RevisionRow.alternates,
    BodyRow.content,
)
_CURRENT = (
    select(ArticleRow.id.label("article_id"), ArticleRow.first_seen_at, ArticleRow.last_seen_at, *STORED_COLUMNS)
    .join(RevisionRow, and_(RevisionRow.article_id == ArticleRow.id, RevisionRow.number == ArticleRow.current_revision))
    .outerjoin(BodyRow, BodyRow.revision_id == RevisionRow.id)
)
_EVERY = (
    select(ArticleRow.id.label("article_id"), RevisionRow.first_seen_at, RevisionRow.last_seen_at, *STORED_COLUMNS)
    .join(RevisionRow, RevisionRow.article_id == ArticleRow.id)
    .outerjoin(BodyRow, BodyRow.revision_id == RevisionRow.id)
    .order_by(RevisionRow.number)
)


def read_article(connection: Connection, url: str) -> StoredArticle:
    """Return the current revision of an article, with its aliases and claims.

    Args:
        connection: In any transaction.
        url: Any spelling of its URL, or of an alias.

    Raises:
        UnknownArticle: None is stored under it.
    """
    article_id = find_article(connection, url)
    row = connection.execute(_CURRENT.where(ArticleRow.id == article_id)).one()
    return as_stored(row, *_marks_of(connection, article_id))


def read_revisions(connection: Connection, url: str) -> list[StoredArticle]:
    """Return all revisions of an article in the order in which they were stored.

    Their `first_seen_at` and `last_seen_at` are those of the revision.

    Raises:
        UnknownArticle: None is stored under this URL.
    """
    article_id = find_article(connection, url)
    aliases, claims = _marks_of(connection, article_id)
    return [as_stored(row, aliases, claims) for row in connection.execute(_EVERY.where(ArticleRow.id == article_id))]


def read_by_id(connection: Connection, article_ids: Iterable[int]) -> dict[int, StoredArticle]:
    """Return the current revisions of some articles by id, without aliases and claims."""
    return {row.article_id: as_stored(row) for row in fetch_in(connection, _CURRENT, ArticleRow.id, article_ids)}


def read_revision(connection: Connection, article_id: int, number: int) -> StoredArticle | None:
    """Return one revision of an article, without aliases and claims; None if it has none of this number."""
    row = connection.execute(_EVERY.where(ArticleRow.id == article_id, RevisionRow.number == number)).first()
    return None if row is None else as_stored(row)


def page_through(
    engine: Engine,
    *,
    source: str | None = None,
    section: str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    limit: int | None = None,
    newest_first: bool = True,
) -> Iterator[StoredArticle]:
    """Yield articles by time of publication; see `Store.articles`."""
    conditions = chosen(source, section, since, until)
    keys = (ArticleRow.published_at, ArticleRow.id)
    order = [key.desc() if newest_first else key.asc() for key in keys]
    last: tuple[datetime, int] | None = None
    remaining = limit
    while remaining is None or remaining > 0:
        size = PAGE if remaining is None else min(PAGE, remaining)
        query = select(*keys).where(*conditions).order_by(*order).limit(size)
        if last is not None:
            here = tuple_(*keys)
            query = query.where(here < last if newest_first else here > last)
        page, last_row = _read_page(engine, query)
        yield from page
        if last_row is None:
            return
        last = last_row
        remaining = None if remaining is None else remaining - size


def _read_page(
    engine: Engine, query: Select[*tuple[Any, ...]]
) -> tuple[list[StoredArticle], tuple[datetime, int] | None]:
    """Return a page of articles, and the place where it ends; None for the last page."""
    with reading(engine) as connection:
        places = [(published_at, id_) for published_at, id_ in connection.execute(query)]
        rows = {
            row.article_id: row for row in fetch_in(connection, _CURRENT, ArticleRow.id, (id_ for _, id_ in places))
        }
    return [as_stored(rows[id_]) for _, id_ in places], places[-1] if places else None


def chosen(
    source: str | None, section: str | None, since: datetime | None, until: datetime | None
) -> list[ColumnElement[bool]]:
    """Return the conditions on `ArticleRow` that choose articles; see `Store.articles`."""
    conditions: list[ColumnElement[bool]] = []
    if source is not None:
        conditions.append(ArticleRow.source == source)
    if section is not None:
        conditions.append(ArticleRow.section == section)
    if since is not None:
        conditions.append(ArticleRow.published_at >= since)
    if until is not None:
        conditions.append(ArticleRow.published_at < until)
    return conditions


def count_by_section(connection: Connection) -> list[SectionCount]:
    """Count articles by source and section, the largest section of each source first."""
    number = func.count()
    query = (
        select(
            ArticleRow.source,
            ArticleRow.section,
            number.label("articles"),
            func.min(ArticleRow.published_at).label("oldest_at"),
            func.max(ArticleRow.published_at).label("newest_at"),
        )
        .group_by(ArticleRow.source, ArticleRow.section)
        .order_by(ArticleRow.source, number.desc(), ArticleRow.section)
    )
    return [SectionCount(**row._mapping) for row in connection.execute(query)]


_KEYS = {column: select(column) for column in (ArticleRow.url_key, AliasRow.url_key)}


def known_among(connection: Connection, urls: Iterable[str]) -> set[str]:
    """Return those canonical URLs under which an article is stored, directly or as an alias."""
    by_key = {url_key(url): url for url in urls}
    found: set[str] = set()
    for column, query in _KEYS.items():
        found.update(by_key[row.url_key] for row in fetch_in(connection, query, column, by_key))
    return found


def find_article(connection: Connection, url: str) -> int:
    """Return the id of the article that any spelling of a URL leads to, as its own or as an alias.

    Raises:
        UnknownArticle: None is stored under it.
    """
    try:
        key = url_key(canonical_url(url))
    except ValueError:
        raise UnknownArticle(url) from None
    article_id = connection.scalar(select(ArticleRow.id).where(ArticleRow.url_key == key))
    if article_id is None:
        article_id = connection.scalar(select(AliasRow.article_id).where(AliasRow.url_key == key))
    if article_id is None:
        raise UnknownArticle(url)
    return article_id


def _marks_of(connection: Connection, article_id: int) -> tuple[tuple[str, ...], tuple[Claim, ...]]:
    """Return the aliases and claims of an article, each in an order of their own."""
    aliases = connection.scalars(select(AliasRow.url).where(AliasRow.article_id == article_id).order_by(AliasRow.url))
    claims = connection.execute(
        select(ClaimRow.field, ClaimRow.value, ClaimRow.origin)
        .where(ClaimRow.article_id == article_id)
        .order_by(ClaimRow.first_seen_at, ClaimRow.field, ClaimRow.origin, ClaimRow.value)
    )
    return tuple(aliases), tuple(Claim(field=field, value=value, origin=origin) for field, value, origin in claims)


def as_stored(
    row: ResultRow[*tuple[Any, ...]], aliases: tuple[str, ...] = (), claims: tuple[Claim, ...] = ()
) -> StoredArticle:
    """Return a row of `STORED_COLUMNS` as the value it holds; a revision without a body was pruned."""
    content = row.content
    paragraphs, html = orjson.loads(ZstdDecompressor().decompress(content)) if content is not None else ((), "")
    article = Article(
        source=row.source,
        canonical_url=row.canonical_url,
        title=row.title,
        published_at=row.published_at,
        programme=row.programme,
        agency=row.agency,
        lead=row.lead,
        paragraphs=tuple(paragraphs),
        html=html,
        modified_at=row.modified_at,
        observed_at=row.observed_at,
        fetched_at=row.fetched_at,
        authors=tuple(row.authors),
        section=row.section,
        tags=tuple(row.tags),
        language=row.language,
        images=tuple(Image(**image) for image in row.images),
        media=tuple(Media(**medium) for medium in row.media),
        alternates=tuple((language, url) for language, url in row.alternates),
        content_id=row.content_id,
        aliases=aliases,
        claims=claims,
    )
    return StoredArticle(
        article=article,
        revision=row.number,
        fingerprint=row.fingerprint.hex(),
        first_seen_at=row.first_seen_at,
        last_seen_at=row.last_seen_at,
        is_silent=row.is_silent,
        is_pruned=content is None,
    )
