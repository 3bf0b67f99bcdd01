"""Retention: long texts are removed by age or by size, and what identifies an article stays.

A pruned article keeps its row, its revisions with title, lead, times and fingerprint, its aliases and its claims: it
is UNCHANGED when it is met again, and never NEW. What goes is `BodyRow` (paragraphs and HTML), the copy of the seed
file it came from, and its text in the search index. The oldest by publication go first, all revisions of an article
together.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import delete, func, select, tuple_

from storage.database import IN_LIST, reading, writing
from storage.indexing import forget_articles, index_articles
from storage.rows import fetch_in
from storage.tables import ArticleRow, BodyRow, RevisionRow, SeedCopyRow

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import datetime

    from sqlalchemy import Connection, Engine
    from sqlalchemy.orm import InstrumentedAttribute

# Articles in one transaction: others wait no longer than for a batch of the crawler.
PAGE = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Pruned:
    """What was removed, or would be."""

    articles: int = 0
    """Articles of which something was removed."""
    bodies: int = 0
    """Texts of revisions."""
    seed_copies: int = 0
    """Imported files."""
    bytes: int = 0
    """What they took, compressed."""

    def __add__(self, other: Pruned) -> Pruned:
        return Pruned(
            articles=self.articles + other.articles,
            bodies=self.bodies + other.bodies,
            seed_copies=self.seed_copies + other.seed_copies,
            bytes=self.bytes + other.bytes,
        )


@dataclass(frozen=True, slots=True)
class _Texts:
    """What of one article can be removed."""

    article_id: int
    bodies: tuple[int, ...]
    copies: tuple[int, ...]
    bytes: int


class Retention:
    """What is kept for how long; the face of this room."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def size(self, source: str | None = None) -> int:
        """Return the bytes that texts and seed copies take, compressed; of one source, or of all."""
        bodies = select(func.sum(func.length(BodyRow.content)))
        copies = select(func.sum(func.length(SeedCopyRow.content)))
        if source is not None:
            bodies = bodies.join(RevisionRow, RevisionRow.id == BodyRow.revision_id)
            bodies = bodies.join(ArticleRow, ArticleRow.id == RevisionRow.article_id).where(ArticleRow.source == source)
            copies = copies.join(ArticleRow, ArticleRow.id == SeedCopyRow.article_id).where(ArticleRow.source == source)
        with reading(self._engine) as connection:
            return sum(int(connection.scalar(query) or 0) for query in (bodies, copies))

    def prune(
        self,
        *,
        before: datetime | None = None,
        keep_bytes: int | None = None,
        source: str | None = None,
        dry_run: bool = False,
        on_progress: Callable[[Pruned], None] = lambda _: None,
    ) -> Pruned:
        """Remove texts, oldest articles first; each page is a transaction, so that a stop loses nothing.

        Args:
            before: All texts of articles published before this instant; aware.
            keep_bytes: Thereafter as many more as it takes until the rest is no larger than this.
            source: Only of this source; `keep_bytes` is then for it alone.
            dry_run: Only count.
            on_progress: Called after each page with what was removed so far.
        """
        excess = self.size(source) - keep_bytes if keep_bytes is not None else 0
        pruned = Pruned()
        for page in self._oldest_first(source):
            with reading(self._engine) as connection:
                texts = _texts_of(connection, [id_ for _, id_ in page])
            chosen: list[_Texts] = []
            removed_bytes, is_last = pruned.bytes, False
            for published_at, id_ in page:
                is_old = before is not None and published_at < before
                is_last = not is_old and removed_bytes >= excess
                if is_last:
                    break
                if id_ in texts:
                    chosen.append(texts[id_])
                    removed_bytes += texts[id_].bytes
            if not dry_run:
                self._remove(chosen)
            pruned += _counted(chosen)
            on_progress(pruned)
            if is_last:
                break
        return pruned

    def _oldest_first(self, source: str | None) -> Iterator[list[tuple[datetime, int]]]:
        """Yield (published_at, id) of articles, a page at a time."""
        place = (ArticleRow.published_at, ArticleRow.id)
        query = select(*place, ArticleRow.source).order_by(*place).limit(PAGE)
        last: tuple[datetime, int] | None = None
        while True:
            with reading(self._engine) as connection:
                rows = connection.execute(query if last is None else query.where(tuple_(*place) > last)).all()
            # chosen here and not by the query, whose planner might walk all articles of the source for each page
            if page := [(row.published_at, row.id) for row in rows if source in (None, row.source)]:
                yield page
            if len(rows) < PAGE:
                return
            last = (rows[-1].published_at, rows[-1].id)

    def _remove(self, chosen: Sequence[_Texts]) -> None:
        if not chosen:
            return
        article_ids = [one.article_id for one in chosen]
        with writing(self._engine) as connection:
            forget_articles(connection, article_ids)
            _delete_in(connection, BodyRow.revision_id, [id_ for one in chosen for id_ in one.bodies])
            _delete_in(connection, SeedCopyRow.id, [id_ for one in chosen for id_ in one.copies])
            index_articles(connection, article_ids)


_BODIES = select(RevisionRow.article_id, BodyRow.revision_id, func.length(BodyRow.content)).join(
    BodyRow, BodyRow.revision_id == RevisionRow.id
)
_COPIES = select(SeedCopyRow.article_id, SeedCopyRow.id, func.length(SeedCopyRow.content))


def _texts_of(connection: Connection, article_ids: Sequence[int]) -> dict[int, _Texts]:
    """Return what can be removed of some articles, by their ids; those that have nothing left are missing."""
    bodies: dict[int, list[int]] = {}
    copies: dict[int, list[int]] = {}
    sizes: Counter[int] = Counter()
    for article_id, id_, size in fetch_in(connection, _BODIES, RevisionRow.article_id, article_ids):
        bodies.setdefault(article_id, []).append(id_)
        sizes[article_id] += size
    for article_id, id_, size in fetch_in(connection, _COPIES, SeedCopyRow.article_id, article_ids):
        copies.setdefault(article_id, []).append(id_)
        sizes[article_id] += size
    return {
        id_: _Texts(article_id=id_, bodies=tuple(bodies.get(id_, ())), copies=tuple(copies.get(id_, ())), bytes=size)
        for id_, size in sizes.items()
    }


def _counted(chosen: Sequence[_Texts]) -> Pruned:
    return Pruned(
        articles=len(chosen),
        bodies=sum(len(one.bodies) for one in chosen),
        seed_copies=sum(len(one.copies) for one in chosen),
        bytes=sum(one.bytes for one in chosen),
    )


def _delete_in(connection: Connection, column: InstrumentedAttribute[int], ids: Sequence[int]) -> None:
    for start in range(0, len(ids), IN_LIST):
        connection.execute(delete(column.class_).where(column.in_(ids[start : start + IN_LIST])))
