"""Is what the database holds whole? Each check counts what is wrong, names a few, and says what to do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import orjson
from sqlalchemy import and_, exists, func, or_, select
from zstandard import ZstdDecompressor, ZstdError

from storage.identity import fingerprint, url_key
from storage.schema import METADATA
from storage.tables import AliasRow, ArticleRow, BodyRow, RevisionRow

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sqlalchemy import Connection, Select

# Articles whose texts are read by a check that is not full: of a share of one in a hundred that is damaged it misses
# every hundred-thousandth.
SAMPLE = 1000

# Examples given of what is wrong.
EXAMPLES = 3

# Articles read at once.
_PAGE = 200

_RESTORE = "restore the database from a backup"
_CRAWL_AGAIN = "crawl or import these articles again"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What one check found."""

    check: str
    """What was looked for."""
    wrong: int
    looked_at: int | None = None
    """Articles that were looked at; None for all that there is."""
    examples: tuple[str, ...] = ()
    """A few of the wrong ones: URLs, or rows as the database names them."""
    remedy: str | None = None
    """What to do; None if nothing is wrong."""


def check(connection: Connection, *, is_full: bool = False) -> Iterator[Finding]:
    """Check a database of today's schema, and yield what each check found.

    Args:
        connection: In a transaction that sees one state of the database.
        is_full: Read the texts of all articles, not of a sample.
    """
    if connection.dialect.name == "sqlite":
        yield _check_file(connection)
    yield from _check_references(connection)
    yield from _check_articles(connection)
    yield from _check_contents(connection, is_full=is_full)


def _check_file(connection: Connection) -> Finding:
    said = [str(row[0]) for row in connection.exec_driver_sql("PRAGMA integrity_check")]
    wrong = [] if said == ["ok"] else said
    return Finding(
        check="faults in the file's pages and indexes",
        wrong=len(wrong),
        examples=tuple(wrong[:EXAMPLES]),
        remedy="save what is left with: sqlite3 FILE .recover, or restore the file from a backup" if wrong else None,
    )


def _check_references(connection: Connection) -> Iterator[Finding]:
    """Count rows that belong to nothing; SQLite lets them in through connections that do not enforce foreign keys."""
    for table in METADATA.sorted_tables:
        for key in sorted(table.foreign_keys, key=lambda key: key.parent.name):
            parent = key.column.table.alias()
            is_orphan = ~exists().where(parent.c[key.column.name] == key.parent)
            yield _count(
                connection,
                f"{table.name} that belong to nothing in {key.column.table.name}",
                select(*table.primary_key).where(is_orphan),
                _RESTORE,
            )


_CURRENT = and_(RevisionRow.article_id == ArticleRow.id, RevisionRow.number == ArticleRow.current_revision)


def _check_articles(connection: Connection) -> Iterator[Finding]:
    url = select(ArticleRow.canonical_url)
    yield _count(
        connection, "articles whose current revision is not there", url.where(~exists().where(_CURRENT)), _RESTORE
    )
    differs = or_(
        RevisionRow.fingerprint != ArticleRow.fingerprint,
        RevisionRow.title != ArticleRow.title,
        RevisionRow.published_at != ArticleRow.published_at,
        RevisionRow.modified_at.is_distinct_from(ArticleRow.modified_at),
    )
    said_otherwise = url.join(RevisionRow, _CURRENT).where(differs)
    yield _count(connection, "articles that say other than their current revision", said_otherwise, _CRAWL_AGAIN)
    counted = select(RevisionRow.article_id).group_by(RevisionRow.article_id)
    has_gaps = counted.having(or_(func.max(RevisionRow.number) != func.count(), func.min(RevisionRow.number) != 1))
    yield _count(
        connection, "articles of which a revision is missing", url.where(ArticleRow.id.in_(has_gaps)), _RESTORE
    )
    both = select(AliasRow.url).join(ArticleRow, ArticleRow.url_key == AliasRow.url_key)
    yield _count(connection, "aliases that are an article's own URL", both, _RESTORE)


def _check_contents(connection: Connection, *, is_full: bool) -> Iterator[Finding]:
    """Read articles as a reader would: keys and fingerprints are those of what is stored."""
    looked_at = 0
    lost_keys: list[str] = []
    broken: list[str] = []
    edited: list[str] = []
    decompress = ZstdDecompressor().decompress
    for page in _pages(connection, is_full=is_full):
        looked_at += len(page)
        for row in page:
            if url_key(row.canonical_url) != row.url_key:
                lost_keys.append(row.canonical_url)
            if row.content is None:  # pruned: only its identity was kept
                continue
            try:
                paragraphs, _ = orjson.loads(decompress(row.content))
            except (ZstdError, ValueError):
                broken.append(row.canonical_url)
                continue
            text = "\n".join((row.lead, *paragraphs) if row.lead else paragraphs)
            if fingerprint(row.title, text) != row.fingerprint.hex():
                edited.append(row.canonical_url)
    yield _finding("articles filed under a key that is not their URL's", looked_at, lost_keys, _RESTORE)
    yield _finding("texts that cannot be unpacked", looked_at, broken, _CRAWL_AGAIN)
    yield _finding("texts that are not those of their fingerprint", looked_at, edited, _CRAWL_AGAIN)


def _pages(connection: Connection, *, is_full: bool) -> Iterator[Sequence[Any]]:
    """Yield articles with what their current revision says: all, or some evenly spread over the order of storing."""
    last = connection.scalar(select(func.max(ArticleRow.id))) or 0
    step = 1 if is_full else max(1, last // SAMPLE)
    columns = (
        ArticleRow.canonical_url,
        ArticleRow.url_key,
        RevisionRow.title,
        RevisionRow.lead,
        RevisionRow.fingerprint,
        BodyRow.content,
    )
    query = select(*columns).join(RevisionRow, _CURRENT).outerjoin(BodyRow, BodyRow.revision_id == RevisionRow.id)
    for start in range(1, last + 1, _PAGE * step):
        ids = range(start, min(start + _PAGE * step, last + 1), step)
        yield connection.execute(query.where(ArticleRow.id.in_(ids)).order_by(ArticleRow.id)).all()


def _count(connection: Connection, what: str, wrong: Select[*tuple[Any, ...]], remedy: str) -> Finding:
    """Return a finding of a query for what is wrong."""
    number = cast("int", connection.scalar(select(func.count()).select_from(wrong.subquery())))
    rows = connection.execute(wrong.limit(EXAMPLES)).all() if number else ()
    return Finding(
        check=what,
        wrong=number,
        examples=tuple(" ".join(part.hex() if isinstance(part, bytes) else str(part) for part in row) for row in rows),
        remedy=remedy if number else None,
    )


def _finding(what: str, looked_at: int, wrong: list[str], remedy: str) -> Finding:
    return Finding(
        check=what,
        looked_at=looked_at,
        wrong=len(wrong),
        examples=tuple(wrong[:EXAMPLES]),
        remedy=remedy if wrong else None,
    )
