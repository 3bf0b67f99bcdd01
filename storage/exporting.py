"""Revisions out in the order of storing, for exports that go on where the last one ended.

Ids of revisions are walked in short ranges of the primary key, and whatever else is asked for is looked up by key:
a page costs the same whatever the selection and wherever it lies, no planner has to guess, and every page is a
transaction of its own.
"""

from __future__ import annotations

from array import array
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from storage.database import reading
from storage.reading import STORED_COLUMNS, as_stored
from storage.rows import fetch_in
from storage.seed_copies import seed_copies_of
from storage.tables import AliasRow, ArticleRow, BodyRow, ClaimRow, RevisionRow

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import Connection, Engine

    from storage.records import StoredArticle
    from storage.seed_copies import SeedCopy

# Revisions in one page: about 3 MB of texts, 10 MB with what Python makes of them.
PAGE = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """What to export."""

    source: str | None = None
    section: str | None = None
    since: datetime | None = None
    """Articles published at or after this instant; aware."""
    until: datetime | None = None
    """Articles published before this instant; aware."""
    after: int = 0
    """Only revisions stored after the one of this id."""
    all_revisions: bool = False
    """Every revision instead of only those that are current."""
    limit: int | None = None
    """At most so many revisions."""
    with_seed_copies: bool = False
    """Bring the imported files of each article along."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredAlias:
    """Another URL of an article."""

    url: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredClaim:
    """Something a page stated about itself, and since when."""

    field: str
    origin: str
    value: str
    first_seen_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Marks:
    """What the store knows of a revision and of its article beyond what reading shows: enough to store it again."""

    is_current: bool
    is_silent: bool
    stated_at: datetime
    stated_seen_at: datetime
    stored_at: datetime
    article_first_seen_at: datetime
    article_last_seen_at: datetime
    gone_at: datetime | None
    claims_digest: str
    """In hex."""
    aliases: tuple[StoredAlias, ...]
    claims: tuple[StoredClaim, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportedRevision:
    """One revision on its way out."""

    id: int
    """`RevisionRow.id`: what the next export continues from."""
    stored: StoredArticle
    """As `Store.article` shows it; its first_seen_at and last_seen_at are those of the revision in an export of all
    revisions, and else those of the article."""
    seed_copies: tuple[SeedCopy, ...]
    """The imported files of its article, where they were asked for."""
    marks: Marks | None
    """Only in an export of all revisions."""


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Partition:
    """All articles of one source published in one month (UTC)."""

    source: str
    month: str
    """Such as ``2023-08``."""


class Exports:
    """The store's way out; the face of this room."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def revisions(self, selection: Selection) -> Iterator[ExportedRevision]:
        """Yield revisions in the order of storing, in bounded memory; what is stored meanwhile is included."""
        for page in self._chosen(selection):
            yield from self._load([id_ for id_, _ in page], selection)

    def partitions(self, selection: Selection) -> dict[Partition, array[int]]:
        """Return the ids of the revisions of each partition, in the order of storing: eight bytes a revision."""
        found: dict[Partition, array[int]] = {}
        for page in self._chosen(selection):
            for id_, partition in page:
                found.setdefault(partition, array("q")).append(id_)
        return dict(sorted(found.items()))

    def load(self, ids: Sequence[int], selection: Selection) -> Iterator[ExportedRevision]:
        """Yield revisions by ids of `partitions`, in their order, in bounded memory."""
        for start in range(0, len(ids), PAGE):
            yield from self._load(ids[start : start + PAGE], selection)

    def _chosen(self, selection: Selection) -> Iterator[list[tuple[int, Partition]]]:
        """Yield the ids of what is selected, a page at a time."""
        remaining = selection.limit
        for rows, articles in self._walk(selection.after):
            page = [
                (row.id, Partition(source=article.source, month=article.published_at.strftime("%Y-%m")))
                for row in rows
                if _is_selected(row, article := articles[row.article_id], selection)
            ]
            if remaining is not None:
                page = page[:remaining]
                remaining -= len(page)
            yield page
            if remaining == 0:
                return

    def _walk(self, after: int) -> Iterator[tuple[Sequence[Any], dict[int, Any]]]:
        """Yield all revisions after one by short ranges of ids, with their articles by id."""
        last = after
        while True:
            with reading(self._engine) as connection:
                rows = connection.execute(_PLACES.where(RevisionRow.id > last).limit(PAGE)).all()
                articles = {row.id: row for row in fetch_in(connection, _FACTS, ArticleRow.id, _articles_of(rows))}
            if not rows:
                return
            yield rows, articles
            last = rows[-1].id

    def _load(self, ids: Sequence[int], selection: Selection) -> list[ExportedRevision]:
        with reading(self._engine) as connection:
            rows = {row.id: row for row in fetch_in(connection, _REVISIONS, RevisionRow.id, ids)}
            marks = _read_marks(connection, rows.values()) if selection.all_revisions else {}
            articles = _articles_of(rows.values()) if selection.with_seed_copies else ()
            copies = seed_copies_of(connection, articles)
        return [_as_exported(rows[id_], marks=marks, copies=copies) for id_ in ids]


# No join: the planner can only walk the primary key.
_PLACES = select(RevisionRow.id, RevisionRow.article_id, RevisionRow.number).order_by(RevisionRow.id)
_FACTS = select(
    ArticleRow.id, ArticleRow.source, ArticleRow.section, ArticleRow.published_at, ArticleRow.current_revision
)
_REVISIONS = (
    select(
        RevisionRow.article_id,
        RevisionRow.first_seen_at,
        RevisionRow.last_seen_at,
        RevisionRow.stated_at,
        RevisionRow.stated_seen_at,
        RevisionRow.stored_at,
        ArticleRow.current_revision,
        ArticleRow.first_seen_at.label("article_first_seen_at"),
        ArticleRow.last_seen_at.label("article_last_seen_at"),
        ArticleRow.gone_at,
        ArticleRow.claims_digest,
        *STORED_COLUMNS,
    )
    .join(ArticleRow, ArticleRow.id == RevisionRow.article_id)
    .outerjoin(BodyRow, BodyRow.revision_id == RevisionRow.id)
)
_ALIASES = select(AliasRow.article_id, AliasRow.url, AliasRow.why).order_by(AliasRow.url)
_CLAIMS = select(ClaimRow.article_id, ClaimRow.field, ClaimRow.origin, ClaimRow.value, ClaimRow.first_seen_at).order_by(
    ClaimRow.first_seen_at, ClaimRow.field, ClaimRow.origin, ClaimRow.value
)


def _articles_of(rows: Iterable[Any]) -> list[int]:
    return list(dict.fromkeys(row.article_id for row in rows))


def _is_selected(row: Any, article: Any, selection: Selection) -> bool:
    return (
        (selection.all_revisions or row.number == article.current_revision)
        and selection.source in (None, article.source)
        and selection.section in (None, article.section)
        and (selection.since is None or article.published_at >= selection.since)
        and (selection.until is None or article.published_at < selection.until)
    )


def _read_marks(connection: Connection, rows: Iterable[Any]) -> dict[int, Marks]:
    """Return the marks of some revisions by their ids."""
    rows = list(rows)
    articles = _articles_of(rows)
    aliases: dict[int, list[StoredAlias]] = {}
    for article_id, url, why in fetch_in(connection, _ALIASES, AliasRow.article_id, articles):
        aliases.setdefault(article_id, []).append(StoredAlias(url=url, why=why))
    claims: dict[int, list[StoredClaim]] = {}
    for row in fetch_in(connection, _CLAIMS, ClaimRow.article_id, articles):
        claim = StoredClaim(field=row.field, origin=row.origin, value=row.value, first_seen_at=row.first_seen_at)
        claims.setdefault(row.article_id, []).append(claim)
    return {
        row.id: Marks(
            is_current=row.number == row.current_revision,
            is_silent=row.is_silent,
            stated_at=row.stated_at,
            stated_seen_at=row.stated_seen_at,
            stored_at=row.stored_at,
            article_first_seen_at=row.article_first_seen_at,
            article_last_seen_at=row.article_last_seen_at,
            gone_at=row.gone_at,
            claims_digest=row.claims_digest.hex(),
            aliases=tuple(aliases.get(row.article_id, ())),
            claims=tuple(claims.get(row.article_id, ())),
        )
        for row in rows
    }


def _as_exported(row: Any, *, marks: Mapping[int, Marks], copies: Mapping[int, Sequence[SeedCopy]]) -> ExportedRevision:
    stored = as_stored(row)
    if row.id not in marks:
        # of an article as it is now its own times are shown, as everywhere
        stored = replace(stored, first_seen_at=row.article_first_seen_at, last_seen_at=row.article_last_seen_at)
    return ExportedRevision(
        id=row.id, stored=stored, marks=marks.get(row.id), seed_copies=tuple(copies.get(row.article_id, ()))
    )
