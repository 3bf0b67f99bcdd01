"""Articles in: `save_articles` writes a batch inside the caller's transaction.

Three steps, each for the whole batch: load what is known of its addresses and texts, judge every article in order
(`storage.outcomes`), write what has changed. Reading and writing are set-based, so that the cost of an article does
not depend on how many are stored.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import blake2b
from itertools import chain
from operator import attrgetter
from typing import TYPE_CHECKING, Any

import orjson
from sqlalchemy import and_, select
from zstandard import ZstdCompressor

from storage.indexing import index_saved
from storage.outcomes import Memory, RememberedArticle, Revision, Sighting, fresh_revisions
from storage.rows import (
    article_columns,
    fetch_in,
    insert_rows,
    mark_columns,
    mirror_columns,
    next_free_id,
    revision_columns,
    seen_columns,
    update_rows,
)
from storage.tables import AliasRow, ArticleRow, BodyRow, ClaimRow, RevisionRow

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime

    from sqlalchemy import Connection
    from sqlalchemy.orm import InstrumentedAttribute

    from storage.records import Article, Claim, Outcome

# At the size of an article level 1 packs as small as level 3 (14 kB to 3.7 kB) in 31 µs instead of 51.
ZSTD_LEVEL = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Saved:
    """What saving one article did."""

    article_id: int
    """`ArticleRow.id` of the article it is, or is a duplicate of."""
    outcome: Outcome


def save_articles(connection: Connection, articles: Sequence[Article], *, now: datetime) -> list[Saved]:
    """Write a batch of articles, in order, and return what that did, one for each.

    An article may come several times in a batch. The caller ends the transaction.

    Args:
        connection: In a transaction of `storage.database.writing`.
        articles: With `fetched_at` or `observed_at` set.
        now: When this is written; aware.

    Raises:
        ValueError: An article was never seen, or a time is naive; nothing is written.
    """
    return save_sightings(connection, [Sighting.of(article) for article in articles], now=now)


def save_sightings(connection: Connection, sightings: Sequence[Sighting], *, now: datetime) -> list[Saved]:
    """Write a batch of articles whose keys are known; see `save_articles`."""
    memory = _recall(connection, sightings)
    claims: dict[tuple[int, Claim], dict[str, Any]] = {}
    saved: list[Saved] = []
    for sighting in sightings:
        known, outcome = memory.judge(sighting)
        saved.append(Saved(article_id=known.id, outcome=outcome))
        for claim, row in _new_claims(known, sighting):
            claims.setdefault((known.id, claim), row)
    _write(connection, memory, list(claims.values()), now=now)
    return saved


_REVISION_COLUMNS = (
    RevisionRow.id,
    RevisionRow.number,
    RevisionRow.fingerprint,
    RevisionRow.first_seen_at,
    RevisionRow.last_seen_at,
    RevisionRow.stated_at,
    RevisionRow.stated_seen_at,
)
# The columns of an article that are the first fields of `RememberedArticle`, in their order.
_ARTICLE_COLUMNS = (
    "id",
    "source",
    "slug",
    "url_key",
    "first_seen_at",
    "last_seen_at",
    "gone_at",
    "section",
    "content_id",
    "claims_digest",
)
assert tuple(RememberedArticle.__dataclass_fields__)[: len(_ARTICLE_COLUMNS)] == _ARTICLE_COLUMNS
_KNOWN = select(*(getattr(ArticleRow, column) for column in _ARTICLE_COLUMNS), *_REVISION_COLUMNS).join(
    RevisionRow, and_(RevisionRow.article_id == ArticleRow.id, RevisionRow.number == ArticleRow.current_revision)
)
_ALIASES = select(AliasRow.url_key, AliasRow.article_id)
_IDS = select(ArticleRow.id)
_SAME_TEXT = select(RevisionRow.article_id)
_HISTORY = select(RevisionRow.article_id, *_REVISION_COLUMNS).order_by(RevisionRow.article_id, RevisionRow.number)


def _recall(connection: Connection, sightings: Sequence[Sighting]) -> Memory:
    """Load what is stored under the addresses of the sightings, and under the texts of those with new addresses."""
    memory = Memory(next_id=next_free_id(connection, ArticleRow))
    keys = [key for sighting in sightings for key in (sighting.url_key, *sighting.alias_keys)]
    _recall_articles(connection, memory, ArticleRow.url_key, keys)
    unknown = [key for key in keys if key not in memory.by_url]
    aliases = [(key, article_id) for key, article_id in fetch_in(connection, _ALIASES, AliasRow.url_key, unknown)]
    _recall_articles(connection, memory, ArticleRow.id, [id_ for _, id_ in aliases if id_ not in memory.articles])
    for key, article_id in aliases:
        memory.by_alias[key] = memory.articles[article_id]

    strangers = [sighting for sighting in sightings if memory.find_by_address(sighting) is None]
    fingerprints = [sighting.fingerprint for sighting in strangers]
    twins = {row.article_id for row in fetch_in(connection, _SAME_TEXT, RevisionRow.fingerprint, fingerprints)}
    _recall_articles(connection, memory, ArticleRow.id, twins - memory.articles.keys())
    content_ids = [id_ for sighting in strangers if (id_ := sighting.article.content_id)]
    same_id = {row.id for row in fetch_in(connection, _IDS, ArticleRow.content_id, content_ids)}
    _recall_articles(connection, memory, ArticleRow.id, same_id - memory.articles.keys())
    changed = {known.id for sighting in sightings if (known := memory.needs_history(sighting))}
    _recall_history(connection, memory, sorted(twins | changed))
    for article_id in sorted(twins):
        for revision in memory.articles[article_id].revisions:
            memory.add_story(memory.articles[article_id], revision)
    return memory


def _recall_articles(
    connection: Connection, memory: Memory, column: InstrumentedAttribute[Any], values: Iterable[Any]
) -> None:
    for row in fetch_in(connection, _KNOWN, column, values):
        current = _revision(row[len(_ARTICLE_COLUMNS) :])
        fields = (*row[: len(_ARTICLE_COLUMNS)], current, [current])
        memory.add(RememberedArticle(*fields))


def _recall_history(connection: Connection, memory: Memory, article_ids: Iterable[int]) -> None:
    """Load all revisions of some articles, in the order in which they were stored."""
    histories: dict[int, list[Revision]] = {}
    for article_id, *marks in fetch_in(connection, _HISTORY, RevisionRow.article_id, article_ids):
        histories.setdefault(article_id, []).append(_revision(marks))
    for article_id, history in histories.items():
        known = memory.articles[article_id]
        known.revisions = [known.current if r.number == known.current.number else r for r in history]


def _revision(marks: Sequence[Any]) -> Revision:
    id_, number, fingerprint, first_seen_at, last_seen_at, stated_at, stated_seen_at = marks
    return Revision(number, fingerprint, first_seen_at, last_seen_at, stated_at, stated_seen_at, id=id_)


_CLAIMED = attrgetter("field", "origin", "value")


def _new_claims(known: RememberedArticle, sighting: Sighting) -> Iterator[tuple[Claim, dict[str, Any]]]:
    """Yield with its row what the sighting claims, unless the article's latest save claimed the same."""
    claims = sighting.article.claims
    parts = "\x00".join(chain.from_iterable(map(_CLAIMED, claims)))
    digest = blake2b(parts.encode("utf-8", "surrogatepass"), digest_size=8).digest() if claims else b""
    if digest == known.claims_digest or not claims:
        return
    known.claims_digest = digest
    known.is_seen = True
    for claim in claims:
        row = {
            "article_id": known.id,
            "field": claim.field,
            "origin": claim.origin,
            "value": claim.value,
            "first_seen_at": sighting.seen_at,
        }
        yield claim, row


def _write(connection: Connection, memory: Memory, claims: list[dict[str, Any]], *, now: datetime) -> None:
    """Write what has changed: parents first, so that foreign keys hold at every statement."""
    known_articles = memory.articles.values()
    index_saved(connection, known_articles)
    stored = [known for known in known_articles if not known.is_new]
    insert_rows(connection, ArticleRow, [article_columns(known) for known in known_articles if known.is_new])
    update_rows(connection, ArticleRow, [mirror_columns(known) for known in stored if known.mirrors])
    update_rows(connection, ArticleRow, [seen_columns(known) for known in stored if known.is_seen])
    update_rows(connection, RevisionRow, [mark_columns(r) for known in stored for r in known.revisions if r.is_changed])
    _write_revisions(connection, fresh_revisions(known_articles), now=now)
    aliases = [
        {"url_key": key, "url": url, "article_id": known.id, "why": why} for key, url, known, why in memory.new_aliases
    ]
    insert_rows(connection, AliasRow, aliases, or_ignore=True)
    new = {known.id for known in known_articles if known.is_new}
    insert_rows(connection, ClaimRow, [claim for claim in claims if claim["article_id"] in new])
    insert_rows(connection, ClaimRow, [claim for claim in claims if claim["article_id"] not in new], or_ignore=True)


def _write_revisions(
    connection: Connection, fresh: Iterable[tuple[RememberedArticle, Revision, Sighting]], *, now: datetime
) -> None:
    revisions = list(fresh)
    if not revisions:
        return
    rows, bodies = [], []
    compress = ZstdCompressor(level=ZSTD_LEVEL).compress
    for id_, (known, revision, sighting) in enumerate(revisions, next_free_id(connection, RevisionRow)):
        rows.append(revision_columns(id_, known.id, revision, sighting.article, stored_at=now))
        content = orjson.dumps([sighting.article.paragraphs, sighting.article.html])
        bodies.append({"revision_id": id_, "content": compress(content)})
    insert_rows(connection, RevisionRow, rows)
    insert_rows(connection, BodyRow, bodies)
