"""The exact bytes of imported seed files, so that an export gives back what came in, duplicates included."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING

from sqlalchemy import select
from zstandard import ZstdCompressor, ZstdDecompressor

from storage.database import reading
from storage.rows import fetch_in, insert_rows
from storage.tables import ArticleRow, SeedCopyRow

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from sqlalchemy import Connection, Engine

# Files read at once.
PAGE = 200

# As for bodies; see `storage.articles`.
_ZSTD_LEVEL = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class SeedCopy:
    """A seed file as it was imported."""

    name: str
    """File name without folders."""
    raw: bytes
    """The file."""
    observed_at: datetime
    """When a collector saw the article, as the file says; aware."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredSeedCopy:
    """A seed file as it was imported, and the article it holds."""

    copy: SeedCopy
    canonical_url: str
    """Of the article under which it is filed; for a duplicate that of the first."""
    source: str


def save_seed_copies(connection: Connection, copies: Iterable[tuple[int, SeedCopy]]) -> None:
    """Keep seed files, each with the id of its article; one that is already kept under its name stays as it is."""
    compress = ZstdCompressor(level=_ZSTD_LEVEL).compress
    rows = [
        {
            "article_id": article_id,
            "name": copy.name,
            "sha256": sha256(copy.raw).digest(),
            "observed_at": copy.observed_at,
            "content": compress(copy.raw),
        }
        for article_id, copy in copies
    ]
    insert_rows(connection, SeedCopyRow, rows, or_ignore=True)


def read_seed_copies(engine: Engine) -> Iterator[StoredSeedCopy]:
    """Yield the seed files in the order in which they were imported, in bounded memory."""
    query = (
        select(
            SeedCopyRow.id,
            SeedCopyRow.name,
            SeedCopyRow.observed_at,
            SeedCopyRow.content,
            ArticleRow.canonical_url,
            ArticleRow.source,
        )
        .join(ArticleRow, ArticleRow.id == SeedCopyRow.article_id)
        .order_by(SeedCopyRow.id)
        .limit(PAGE)
    )
    last_id = 0
    decompress = ZstdDecompressor().decompress
    while True:
        with reading(engine) as connection:
            page = connection.execute(query.where(SeedCopyRow.id > last_id)).all()
        for row in page:
            copy = SeedCopy(name=row.name, raw=decompress(row.content), observed_at=row.observed_at)
            yield StoredSeedCopy(copy=copy, canonical_url=row.canonical_url, source=row.source)
        if len(page) < PAGE:
            return
        last_id = page[-1].id


def seed_copies_between(connection: Connection, first: int, last: int) -> list[StoredSeedCopy]:
    """Return the seed files whose numbers, in the order of import, lie between two, both included."""
    decompress = ZstdDecompressor().decompress
    query = (
        select(SeedCopyRow.name, SeedCopyRow.observed_at, SeedCopyRow.content)
        .add_columns(ArticleRow.canonical_url, ArticleRow.source)
        .join(ArticleRow, ArticleRow.id == SeedCopyRow.article_id)
        .where(SeedCopyRow.id.between(first, last))
        .order_by(SeedCopyRow.id)
    )
    return [
        StoredSeedCopy(
            copy=SeedCopy(name=row.name, raw=decompress(row.content), observed_at=row.observed_at),
            canonical_url=row.canonical_url,
            source=row.source,
        )
        for row in connection.execute(query)
    ]


def seed_copies_of(connection: Connection, article_ids: Iterable[int]) -> dict[int, list[SeedCopy]]:
    """Return the seed files of some articles by the articles' ids, each in the order of import."""
    decompress = ZstdDecompressor().decompress
    query = select(SeedCopyRow.article_id, SeedCopyRow.name, SeedCopyRow.observed_at, SeedCopyRow.content)
    found: dict[int, list[SeedCopy]] = {}
    for row in fetch_in(connection, query.order_by(SeedCopyRow.id), SeedCopyRow.article_id, article_ids):
        copy = SeedCopy(name=row.name, raw=decompress(row.content), observed_at=row.observed_at)
        found.setdefault(row.article_id, []).append(copy)
    return found
