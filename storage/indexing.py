"""Keeping the search index in step with the articles: what is saved, what is pruned, and what a rebuild makes anew.

The index holds the current revision of every article whose id is not below `SearchStateRow.unindexed_below`. Saving
writes an entry in the transaction of its article. A rebuild goes from the newest article down to the first, a batch a
transaction; what is saved meanwhile goes in at once if it has passed there, and else when it comes there.
"""

from __future__ import annotations

from threading import local
from typing import TYPE_CHECKING, NamedTuple

import orjson
from sqlalchemy import and_, delete, func, select
from zstandard import ZstdDecompressor

from storage.database import writing
from storage.merging import merge_after, merge_rest
from storage.rows import fetch_in, insert_rows
from storage.search_entries import Entry
from storage.search_index import add_entries, clear, remove_entries
from storage.search_tables import SearchStateRow
from storage.tables import ArticleRow, BodyRow, RevisionRow

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from sqlalchemy import Connection, Engine

    from storage.outcomes import RememberedArticle

# To be raised with every change of what an entry is made of: an index of another format is of no use.
FORMAT = 1

# Articles in one transaction of a rebuild: a writer waits for a second at most.
BATCH = 500


class Reach(NamedTuple):
    """How far the index reaches."""

    format: int
    unindexed_below: int


def read_reach(connection: Connection) -> Reach:
    """Return how far the index reaches; where nothing was ever indexed, from the next article on."""
    row = connection.execute(select(SearchStateRow.format, SearchStateRow.unindexed_below)).first()
    if row is not None:
        return Reach(*row)
    return Reach(FORMAT, (connection.scalar(select(func.max(ArticleRow.id))) or 0) + 1)


def count_unindexed(connection: Connection) -> int:
    """Return how many articles search does not find because the index does not reach them."""
    reach = read_reach(connection)
    below = reach.unindexed_below if reach.format == FORMAT else None
    if below == 1:
        return 0
    query = select(func.count()).select_from(ArticleRow)
    return connection.scalar(query if below is None else query.where(ArticleRow.id < below)) or 0


def index_saved(connection: Connection, articles: Iterable[RememberedArticle]) -> None:
    """Index what a batch changes; to be called before its articles are written, while the rows show what was.

    Args:
        connection: In the transaction of `storage.database.writing` that writes the batch.
        articles: Of the batch; those whose current revision stays are passed over.
    """
    changed = [known for known in articles if known.mirrors is not None]
    if not changed:
        return
    reach = read_reach(connection)
    if reach.format != FORMAT:
        return
    _write_reach(connection, reach.unindexed_below)
    reached = [known for known in changed if known.id >= reach.unindexed_below]
    remove_entries(connection, _read_entries(connection, [known.id for known in reached if not known.is_new]))
    add_entries(connection, map(_entry_of, reached))


def forget_articles(connection: Connection, article_ids: Sequence[int]) -> None:
    """Take articles out of the index; to be called before their texts are removed, `index_articles` thereafter."""
    reach = read_reach(connection)
    if reach.format == FORMAT:
        reached = [id_ for id_ in article_ids if id_ >= reach.unindexed_below]
        remove_entries(connection, _read_entries(connection, reached))


def index_articles(connection: Connection, article_ids: Sequence[int]) -> None:
    """Index articles anew, as their rows are now, that were taken out by `forget_articles`."""
    reach = read_reach(connection)
    if reach.format == FORMAT:
        reached = [id_ for id_ in article_ids if id_ >= reach.unindexed_below]
        add_entries(connection, _read_entries(connection, reached))


def rebuild(
    engine: Engine, *, from_scratch: bool = False, on_progress: Callable[[int, int], None] = lambda *_: None
) -> int:
    """Index all articles, newest first; one that was cut off is gone on with. Return how many it indexed.

    Args:
        engine: Of the database; others may read and write meanwhile, and search finds what is done.
        from_scratch: Begin anew, even when an earlier one was cut off.
        on_progress: Called after each batch with the articles done and those to do in all.
    """
    with writing(engine) as connection:
        to_do = count_unindexed(connection)
        if from_scratch or not to_do or read_reach(connection).format != FORMAT:
            clear(connection)
            newest = connection.scalar(select(func.max(ArticleRow.id))) or 0
            _write_reach(connection, newest + 1)
            to_do = count_unindexed(connection)
    done = 0
    while True:
        with writing(engine) as connection:
            below = read_reach(connection).unindexed_below
            query = select(ArticleRow.id).where(ArticleRow.id < below).order_by(ArticleRow.id.desc()).limit(BATCH)
            ids = connection.scalars(query).all()
            add_entries(connection, _read_entries(connection, ids))
            _write_reach(connection, ids[-1] if len(ids) == BATCH else 1)
        merge_after(engine, len(ids))
        done += len(ids)
        on_progress(done, to_do)
        if len(ids) < BATCH:
            merge_rest(engine)
            return done


def _write_reach(connection: Connection, unindexed_below: int) -> None:
    state = {"id": 1, "format": FORMAT, "unindexed_below": unindexed_below}
    if tuple(connection.execute(select(SearchStateRow.__table__)).first() or ()) != tuple(state.values()):
        connection.execute(delete(SearchStateRow))
        insert_rows(connection, SearchStateRow, [state])


_ENTRIES = (
    select(
        ArticleRow.id,
        ArticleRow.source,
        ArticleRow.section,
        ArticleRow.language,
        ArticleRow.published_at,
        RevisionRow.title,
        RevisionRow.lead,
        BodyRow.content,
    )
    .join(RevisionRow, and_(RevisionRow.article_id == ArticleRow.id, RevisionRow.number == ArticleRow.current_revision))
    .outerjoin(BodyRow, BodyRow.revision_id == RevisionRow.id)
)


def _read_entries(connection: Connection, article_ids: Sequence[int]) -> list[Entry]:
    """Return the entries of articles as their rows are."""
    return [
        Entry(
            article_id=row.id,
            title=row.title,
            text="\n".join((row.lead or "", *paragraphs_of(row.content))),
            source=row.source,
            section=row.section,
            language=row.language,
            published_at=row.published_at,
        )
        for row in fetch_in(connection, _ENTRIES, ArticleRow.id, article_ids)
    ]


class _Unpacker(local):
    """Unpacks; one for each thread, because to make one takes longer than to unpack an article."""

    def __init__(self) -> None:
        self.unpack = ZstdDecompressor().decompress


_UNPACKER = _Unpacker()


def paragraphs_of(content: bytes | None) -> list[str]:
    """Return the paragraphs of a `BodyRow.content`; none for a text that was pruned."""
    if content is None:
        return []
    paragraphs: list[str] = orjson.loads(_UNPACKER.unpack(content))[0]
    return paragraphs


def _entry_of(known: RememberedArticle) -> Entry:
    assert known.mirrors is not None, "only what changes is indexed"
    article = known.mirrors.article
    return Entry(
        article_id=known.id,
        title=article.title,
        text="\n".join((article.lead or "", *article.paragraphs)),
        source=known.source,
        section=known.section,
        language=article.language,
        published_at=article.published_at,
    )
