"""Rows by the batch: how they are fetched, inserted and updated, and what of an article goes into which column."""

from __future__ import annotations

from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any, cast

from sqlalchemy import Table, bindparam, func, select, update

from storage.database import IN_LIST, among, execute_many, insert_many, insert_or_ignore, replace_many

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import Connection, Select, Update
    from sqlalchemy import Row as ResultRow
    from sqlalchemy.orm import InstrumentedAttribute

    from storage.outcomes import RememberedArticle, Revision, Sighting
    from storage.records import Article
    from storage.tables import ArticleRow, RevisionRow, Row


def fetch_in(
    connection: Connection,
    query: Select[*tuple[Any, ...]],
    column: InstrumentedAttribute[Any],
    values: Iterable[Any],
    **parameters: Any,
) -> Iterator[ResultRow[*tuple[Any, ...]]]:
    """Yield the rows of a query where a column has one of many values, a list of values at a time.

    The query may have parameters of its own.

    A query that is made once is also understood once: one that is made for each call takes longer than a few rows do.
    """
    distinct = list(dict.fromkeys(values))
    if not distinct:
        return
    listing = _listing(query, column, connection.dialect.name)
    for start in range(0, len(distinct), IN_LIST):
        # all of a list together: one by one, rows take twice the time
        yield from connection.execute(listing, {"values": distinct[start : start + IN_LIST], **parameters}).all()


@lru_cache(128)
def _listing(
    query: Select[*tuple[Any, ...]], column: InstrumentedAttribute[Any], dialect: str
) -> Select[*tuple[Any, ...]]:
    return query.where(among(dialect, column))


def insert_rows(
    connection: Connection, row: type[Row], rows: Sequence[Mapping[str, Any]], *, or_ignore: bool = False
) -> None:
    """Insert rows of equal columns; with `or_ignore` leave those alone whose key is already there."""
    if rows:
        table = cast("Table", row.__table__)
        if or_ignore:
            execute_many(connection, insert_or_ignore(connection, table), rows)
        else:
            insert_many(connection, table, rows)


def replace_rows(connection: Connection, row: type[Row], rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows of equal columns, each in place of the one that has its key, if any."""
    if rows:
        replace_many(connection, cast("Table", row.__table__), rows)


def update_rows(connection: Connection, row: type[Row], rows: Sequence[Mapping[str, Any]]) -> None:
    """Update rows of equal columns; ``row_id`` in each says which row it is."""
    if rows:
        execute_many(connection, _update_by(cast("Table", row.__table__), "id", "row_id"), rows)


def update_where_key(connection: Connection, row: type[Row], rows: Sequence[Mapping[str, Any]]) -> None:
    """Update rows of equal columns; ``key`` in each is the 16-byte key of the row it is."""
    if rows:
        execute_many(connection, _update_by(cast("Table", row.__table__), "url_key", "key"), rows)


@cache
def _update_by(table: Table, column: str, parameter: str) -> Update:
    return update(table).where(table.c[column] == bindparam(parameter))


def next_free_id(connection: Connection, row: type[ArticleRow | RevisionRow]) -> int:
    """Return the id of the next row; it stays free while the caller's `storage.database.writing` lasts."""
    return (connection.scalar(select(func.max(row.id))) or 0) + 1


def article_columns(known: RememberedArticle) -> dict[str, Any]:
    """Return the row of a new article."""
    assert known.mirrors is not None, "a new article mirrors its first revision"
    first = known.revisions[0].sighting
    assert first is not None, "a new article was made from a sighting"
    return {
        "id": known.id,
        "source": known.source,
        "url_key": known.url_key,
        "canonical_url": first.article.canonical_url,
        "slug": known.slug,
        "first_seen_at": known.first_seen_at,
        "last_seen_at": known.last_seen_at,
        "gone_at": None,
        "claims_digest": known.claims_digest,
        **_mirrored(known, known.mirrors),
    }


def mirror_columns(known: RememberedArticle) -> dict[str, Any]:
    """Return what changes in the row of an article whose current revision is another now."""
    assert known.mirrors is not None
    return {"row_id": known.id, **_mirrored(known, known.mirrors)}


def _mirrored(known: RememberedArticle, sighting: Sighting) -> dict[str, Any]:
    article = sighting.article
    return {
        "title": article.title,
        "section": known.section,
        "language": article.language,
        "content_id": article.content_id,
        "published_at": article.published_at,
        "modified_at": article.modified_at,
        "current_revision": known.current.number,
        "fingerprint": known.current.fingerprint,
    }


def seen_columns(known: RememberedArticle) -> dict[str, Any]:
    """Return what changes in the row of an article that was seen again."""
    return {
        "row_id": known.id,
        "first_seen_at": known.first_seen_at,
        "last_seen_at": known.last_seen_at,
        "gone_at": known.gone_at,
        "claims_digest": known.claims_digest,
    }


def mark_columns(revision: Revision) -> dict[str, Any]:
    """Return what changes in the row of a revision that was seen again."""
    return {
        "row_id": revision.id,
        "first_seen_at": revision.first_seen_at,
        "last_seen_at": revision.last_seen_at,
        "stated_at": revision.stated_at,
        "stated_seen_at": revision.stated_seen_at,
    }


def revision_columns(
    id_: int, article_id: int, revision: Revision, article: Article, *, stored_at: datetime
) -> dict[str, Any]:
    """Return the row of a new revision."""
    return {
        "id": id_,
        "article_id": article_id,
        "number": revision.number,
        "fingerprint": revision.fingerprint,
        "published_at": article.published_at,
        "modified_at": article.modified_at,
        "observed_at": article.observed_at,
        "fetched_at": article.fetched_at,
        "first_seen_at": revision.first_seen_at,
        "last_seen_at": revision.last_seen_at,
        "stated_at": revision.stated_at,
        "stated_seen_at": revision.stated_seen_at,
        "stored_at": stored_at,
        "is_silent": revision.is_silent,
        "reader_version": article.reader_version,
        **said_columns(article),
    }


def said_columns(article: Article) -> dict[str, Any]:
    """Return what a revision's row says of the article beside its times."""
    return {
        "title": article.title,
        "programme": article.programme,
        "agency": article.agency,
        "lead": article.lead,
        "authors": article.authors,
        "tags": article.tags,
        "images": [{"url": image.url, "caption": image.caption, "credit": image.credit} for image in article.images],
        "media": [{"url": medium.url, "type": medium.type} for medium in article.media],
        "alternates": article.alternates,
    }
