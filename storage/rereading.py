"""Reading again: which revision a kept page was read into, and rows corrected by a better reading of it.

A correction rewrites a revision, and what mirrors it, in place: its number, its sightings and its place in the history
stay, for what changed is our reader and not the article. What the row said before is kept in ``earlier_readings``,
marked by the version of the reader that said it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import orjson
from sqlalchemy import delete, func, select
from zstandard import ZstdCompressor, ZstdDecompressor

from storage.articles import ZSTD_LEVEL, save_articles
from storage.database import reading, writing
from storage.identity import fingerprint, url_key
from storage.indexing import forget_articles, index_articles
from storage.monitor_tables import EarlierReadingRow
from storage.monitors import let_go
from storage.positions import Position, forget_position, keep_position, read_position
from storage.reading import STORED_COLUMNS, as_stored
from storage.rows import fetch_in, insert_rows, said_columns, update_rows
from storage.seed_copies import seed_copies_between
from storage.tables import AliasRow, ArticleRow, BodyRow, CrawlRunRow, RevisionRow, SeedCopyRow

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import Connection, Engine

    from storage.records import Article, Outcome, StoredArticle
    from storage.seed_copies import StoredSeedCopy

# A recording and a row may name the moment of one fetch a little differently; two fetches of a page lie further apart.
SAME_MOMENT = timedelta(seconds=2)

# What a reader may read otherwise, as a revision keeps it.
READ_FIELDS = (
    "title", "programme", "agency", "lead", "paragraphs", "html", "published_at", "modified_at", "authors", "tags",
    "images", "media", "alternates",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownRevision:
    """A revision as it is stored, with what tells which page it was read from."""

    id: int
    stored: StoredArticle
    reader_version: str | None

    def was_read_at(self, seen_at: datetime) -> bool:
        """Was it made from the page that was seen at this moment?"""
        article = self.stored.article
        return any(
            moment is not None and abs(moment - seen_at) <= SAME_MOMENT
            for moment in (article.fetched_at, article.observed_at)
        )

    def covers(self, seen_at: datetime) -> bool:
        """Was this state of the article seen before that moment and after it?"""
        return self.stored.first_seen_at - SAME_MOMENT <= seen_at <= self.stored.last_seen_at + SAME_MOMENT


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """What a revision is to say from now on."""

    revision_id: int
    article: Article


class Rereading:
    """The door for reading again; `storage.store.Store.rereading` gives it.

    Every method may be called from any thread, is one transaction, and raises `StoreUnavailable` when the database
    cannot be reached, read or written.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def revisions(self, urls: Iterable[str]) -> dict[str, list[KnownRevision]]:
        """Return the revisions of the articles under some canonical URLs or aliases, by these; none for others."""
        keys = {url_key(url): url for url in urls}
        with reading(self._engine) as connection:
            owners = _owners(connection, keys)
            query = (
                select(RevisionRow.id, RevisionRow.reader_version, ArticleRow.id.label("article_id"))
                .add_columns(RevisionRow.first_seen_at, RevisionRow.last_seen_at, *STORED_COLUMNS)
                .join(ArticleRow, ArticleRow.id == RevisionRow.article_id)
                .outerjoin(BodyRow, BodyRow.revision_id == RevisionRow.id)
                .order_by(RevisionRow.article_id, RevisionRow.number)
            )
            by_article: dict[int, list[KnownRevision]] = {}
            for row in fetch_in(connection, query, RevisionRow.article_id, owners.values()):
                known = KnownRevision(id=row.id, stored=as_stored(row), reader_version=row.reader_version)
                by_article.setdefault(row.article_id, []).append(known)
        return {keys[key]: by_article.get(article_id, []) for key, article_id in owners.items()}

    def recordings(self) -> list[str]:
        """Return the folders, and addresses of such, that runs on this database were recorded into, by name."""
        recorded = CrawlRunRow.plan["record"].as_string()
        with reading(self._engine) as connection:
            named = connection.scalars(select(recorded).where(recorded.is_not(None)).distinct())
            return sorted(named.all())

    def seed_copy_ranges(self, step: int) -> list[tuple[int, int]]:
        """Return ranges of numbers of the seed files that are kept, each of about `step`."""
        with reading(self._engine) as connection:
            newest = connection.scalar(select(func.max(SeedCopyRow.id))) or 0
        return [(first, min(first + step - 1, newest)) for first in range(1, newest + 1, step)]

    def seed_copies(self, first: int, last: int) -> list[StoredSeedCopy]:
        """Return the seed files of a range of numbers, in their order."""
        with reading(self._engine) as connection:
            return seed_copies_between(connection, first, last)

    def place(self, name: str) -> dict[str, Any] | None:
        """Return how far a reading of this name has come; None if it was not begun, or is done."""
        with reading(self._engine) as connection:
            return read_position(connection, name)

    def forget_place(self, name: str) -> None:
        """Let a reading of this name begin anew."""
        with writing(self._engine) as connection:
            forget_position(connection, name)

    def apply(
        self,
        corrections: Sequence[Correction],
        appearing: Sequence[Article],
        *,
        name: str,
        place: Mapping[str, Any],
        now: datetime,
    ) -> list[Outcome]:
        """Correct revisions, save those that appear, and note how far the reading has come: all or nothing.

        Returns:
            What saving did, one outcome for each that appears.

        Raises:
            ValueError: One of the articles cannot be stored; nothing was written.
        """
        with writing(self._engine) as connection:
            _correct(connection, corrections, now=now)
            saved = save_articles(connection, appearing, now=now)
            let_go(connection, [url_key(article.canonical_url) for article in appearing])
            keep_position(connection, Position(input=name, place=dict(place)))
        return [one.outcome for one in saved]


def _owners(connection: Connection, keys: Iterable[bytes]) -> dict[bytes, int]:
    """Return the articles of some keys, which are their own or those of aliases."""
    wanted = list(keys)
    own = fetch_in(connection, select(ArticleRow.url_key, ArticleRow.id), ArticleRow.url_key, wanted)
    aliased = fetch_in(connection, select(AliasRow.url_key, AliasRow.article_id), AliasRow.url_key, wanted)
    return {row[0]: row[1] for row in (*aliased, *own)}


def _correct(connection: Connection, corrections: Sequence[Correction], *, now: datetime) -> None:
    """Rewrite revisions, and the articles and search entries that mirror them; keep what they said before."""
    by_id = {correction.revision_id: correction.article for correction in corrections}
    every = select(*RevisionRow.__table__.c)
    before = {row.id: dict(row._mapping) for row in fetch_in(connection, every, RevisionRow.id, by_id)}
    packed = select(BodyRow.revision_id, BodyRow.content)
    bodies = {row.revision_id: row.content for row in fetch_in(connection, packed, BodyRow.revision_id, by_id)}
    owners = {row["article_id"] for row in before.values()}
    marks = select(ArticleRow.id, ArticleRow.current_revision)
    current = {tuple(row) for row in fetch_in(connection, marks, ArticleRow.id, owners)}
    mirrored = {id_: row for id_, row in before.items() if (row["article_id"], row["number"]) in current}
    ids = sorted(row["article_id"] for row in mirrored.values())
    forget_articles(connection, ids)
    _keep_earlier(connection, before, bodies, now=now)
    update_rows(connection, RevisionRow, [_revision_changes(row, by_id[id_]) for id_, row in before.items()])
    _write_bodies(connection, {id_: by_id[id_] for id_ in before})
    update_rows(connection, ArticleRow, [_article_changes(row, by_id[id_]) for id_, row in mirrored.items()])
    index_articles(connection, ids)


def _keep_earlier(
    connection: Connection, before: Mapping[int, dict[str, Any]], bodies: Mapping[int, bytes], *, now: datetime
) -> None:
    """Keep what revisions said, behind what they had said before that."""
    numbers = select(EarlierReadingRow.revision_id, EarlierReadingRow.number)
    latest: dict[int, int] = {}
    for id_, number in fetch_in(connection, numbers, EarlierReadingRow.revision_id, before):
        latest[id_] = max(number, latest.get(id_, 0))
    compress, decompress = ZstdCompressor(level=ZSTD_LEVEL).compress, ZstdDecompressor().decompress
    rows = [
        {
            "revision_id": id_,
            "number": latest.get(id_, 0) + 1,
            "reader_version": row["reader_version"],
            "replaced_at": now,
            "content": compress(
                orjson.dumps(
                    {name: value.hex() if isinstance(value, bytes) else value for name, value in row.items()}
                    | {"body": orjson.loads(decompress(bodies[id_])) if id_ in bodies else None}
                )
            ),
        }
        for id_, row in before.items()
    ]
    insert_rows(connection, EarlierReadingRow, rows)


def _revision_changes(row: Mapping[str, Any], article: Article) -> dict[str, Any]:
    """Return what changes in the row of a revision; what was seen of it, and when, stays."""
    stated_before = row["modified_at"] or row["published_at"]
    is_own = row["stated_at"] == stated_before
    return {
        "row_id": row["id"],
        "fingerprint": bytes.fromhex(fingerprint(article.title, article.text)),
        "published_at": article.published_at,
        "modified_at": article.modified_at,
        "stated_at": (article.modified_at or article.published_at) if is_own else row["stated_at"],
        "reader_version": article.reader_version,
        **said_columns(article),
    }


def _article_changes(row: Mapping[str, Any], article: Article) -> dict[str, Any]:
    """Return what changes in the row of an article whose current revision is corrected."""
    return {
        "row_id": row["article_id"],
        "title": article.title,
        "published_at": article.published_at,
        "modified_at": article.modified_at,
        "fingerprint": bytes.fromhex(fingerprint(article.title, article.text)),
    }


def _write_bodies(connection: Connection, articles: Mapping[int, Article]) -> None:
    compress = ZstdCompressor(level=ZSTD_LEVEL).compress
    connection.execute(delete(BodyRow).where(BodyRow.revision_id.in_(list(articles))))
    rows = [
        {"revision_id": id_, "content": compress(orjson.dumps([article.paragraphs, article.html]))}
        for id_, article in articles.items()
    ]
    insert_rows(connection, BodyRow, rows)
