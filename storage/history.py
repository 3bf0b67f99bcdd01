"""What became of articles: their revisions one by one, and what was edited or withdrawn in a time.

Only marks and titles are read here, never bodies, so that a long history costs little; `History.revision` gives one
revision whole, for those who compare two.
"""

from __future__ import annotations

import enum
import heapq
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import literal_column, select, tuple_

from storage.database import reading
from storage.errors import UnknownRevision
from storage.reading import PAGE, find_article, read_revision
from storage.rows import fetch_in
from storage.tables import ArticleRow, BodyRow, RevisionRow

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from sqlalchemy import Connection, Engine

    from storage.records import StoredArticle


class ChangeKind(enum.Enum):
    """What happened to an article."""

    EDITED = "edited"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True, kw_only=True)
class RevisionMarks:
    """One revision of an article without its text."""

    revision: int
    is_current: bool
    is_silent: bool
    """The text changed without a newer stated time."""
    is_pruned: bool
    title: str
    published_at: datetime
    modified_at: datetime | None
    observed_at: datetime | None
    fetched_at: datetime | None
    first_seen_at: datetime
    last_seen_at: datetime
    stated_at: datetime
    """Newest stated time under which this content was seen."""
    stored_at: datetime
    fingerprint: str
    previous_revision: int | None
    """Number of the revision it followed, by stated time and not by the order of storing; None for the oldest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """An article was edited or withdrawn."""

    at: datetime
    """When the edited text, or the absence, was first seen."""
    kind: ChangeKind
    source: str
    section: str | None
    canonical_url: str
    title: str
    """After the edit."""
    previous_title: str | None
    """Before the edit; None where nothing older is known, and for a withdrawal."""
    revision: int
    """The edited text; for a withdrawal the last one."""
    previous_revision: int | None
    is_silent: bool
    """Edited without a newer stated time."""
    published_at: datetime


class History:
    """What became of articles; the face of this room."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def revisions(self, url: str) -> list[RevisionMarks]:
        """Return the marks of all revisions of an article in the order in which they were stored.

        Raises:
            UnknownArticle: None is stored under this URL.
        """
        with reading(self._engine) as connection:
            article_id = find_article(connection, url)
            current = connection.scalar(select(ArticleRow.current_revision).where(ArticleRow.id == article_id))
            rows = connection.execute(_MARKS.where(RevisionRow.article_id == article_id)).all()
        previous = _predecessors(rows)
        return [_as_marks(row, is_current=row.number == current, previous=previous[row.number]) for row in rows]

    def revision(self, url: str, number: int) -> StoredArticle:
        """Return one revision of an article, its text included.

        Raises:
            UnknownArticle: None is stored under this URL.
            UnknownRevision: It has no revision of this number.
        """
        with reading(self._engine) as connection:
            found = read_revision(connection, find_article(connection, url), number)
        if found is None:
            raise UnknownRevision(url, number)
        return found

    def changes(
        self, *, since: datetime, until: datetime | None = None, source: str | None = None, section: str | None = None
    ) -> Iterator[Change]:
        """Yield what was edited or withdrawn, in the order in which that was seen, in bounded memory.

        Args:
            since: Seen at or after this instant; aware.
            until: Seen before this instant; aware.
            source: Only this source.
            section: Only this section.
        """
        both = heapq.merge(self._edits(since, until), self._withdrawals(since, until), key=lambda change: change.at)
        for change in both:
            if source in (None, change.source) and section in (None, change.section):
                yield change

    def _edits(self, since: datetime, until: datetime | None) -> Iterator[Change]:
        # written out, because a database does not see that a parameter is what the partial index asks for
        is_edit = RevisionRow.number > literal_column("1")
        place = (RevisionRow.first_seen_at, RevisionRow.id)
        query = select(*place, RevisionRow.article_id, RevisionRow.number).where(is_edit, place[0] >= since)
        query = (query if until is None else query.where(place[0] < until)).order_by(*place).limit(PAGE)
        last: tuple[datetime, int] | None = None
        while True:
            with reading(self._engine) as connection:
                rows = connection.execute(query if last is None else query.where(tuple_(*place) > last)).all()
                articles, histories = _load(connection, [row.article_id for row in rows])
            for row in rows:
                yield _edit(articles[row.article_id], histories[row.article_id], row.number)
            if len(rows) < PAGE:
                return
            last = (rows[-1].first_seen_at, rows[-1].id)

    def _withdrawals(self, since: datetime, until: datetime | None) -> Iterator[Change]:
        place = (ArticleRow.gone_at, ArticleRow.id)
        query = select(*place, *_ARTICLE).where(ArticleRow.gone_at.is_not(None), ArticleRow.gone_at >= since)
        query = (query if until is None else query.where(ArticleRow.gone_at < until)).order_by(*place).limit(PAGE)
        last: tuple[datetime, int] | None = None
        while True:
            with reading(self._engine) as connection:
                rows = connection.execute(query if last is None else query.where(tuple_(*place) > last)).all()
            yield from map(_withdrawal, rows)
            if len(rows) < PAGE:
                return
            last = (rows[-1].gone_at, rows[-1].id)


_MARKS = (
    select(
        *(getattr(RevisionRow, name) for name in ("article_id", "number", "is_silent", "title", "fingerprint")),
        *(getattr(RevisionRow, name) for name in ("published_at", "modified_at", "observed_at", "fetched_at")),
        *(getattr(RevisionRow, name) for name in ("first_seen_at", "last_seen_at")),
        *(getattr(RevisionRow, name) for name in ("stated_at", "stated_seen_at", "stored_at")),
        BodyRow.revision_id.is_(None).label("is_pruned"),
    )
    .outerjoin(BodyRow, BodyRow.revision_id == RevisionRow.id)
    .order_by(RevisionRow.article_id, RevisionRow.number)
)
_ARTICLE = (
    ArticleRow.source,
    ArticleRow.section,
    ArticleRow.canonical_url,
    ArticleRow.title,
    ArticleRow.current_revision,
    ArticleRow.published_at,
)


_ARTICLES = select(ArticleRow.id, *_ARTICLE)


def _load(connection: Connection, ids: list[int]) -> tuple[dict[int, Any], dict[int, list[Any]]]:
    """Return some articles, and the marks of all their revisions, by the articles' ids."""
    articles = {row.id: row for row in fetch_in(connection, _ARTICLES, ArticleRow.id, ids)}
    histories: dict[int, list[Any]] = {}
    for row in fetch_in(connection, _MARKS, RevisionRow.article_id, ids):
        histories.setdefault(row.article_id, []).append(row)
    return articles, histories


def _predecessors(rows: Iterable[Any]) -> dict[int, int | None]:
    """Return for each revision the one it followed; see `storage.outcomes.Revision.precedence`."""
    ordered = sorted(rows, key=lambda row: (row.stated_at, row.stated_seen_at, row.fingerprint))
    numbers = [row.number for row in ordered]
    return dict(zip(numbers, [None, *numbers[:-1]], strict=True))


def _as_marks(row: Any, *, is_current: bool, previous: int | None) -> RevisionMarks:
    return RevisionMarks(
        revision=row.number,
        is_current=is_current,
        is_silent=row.is_silent,
        is_pruned=row.is_pruned,
        title=row.title,
        published_at=row.published_at,
        modified_at=row.modified_at,
        observed_at=row.observed_at,
        fetched_at=row.fetched_at,
        first_seen_at=row.first_seen_at,
        last_seen_at=row.last_seen_at,
        stated_at=row.stated_at,
        stored_at=row.stored_at,
        fingerprint=row.fingerprint.hex(),
        previous_revision=previous,
    )


def _edit(article: Any, history: list[Any], number: int) -> Change:
    by_number = {row.number: row for row in history}
    row, previous = by_number[number], _predecessors(history)[number]
    return Change(
        at=row.first_seen_at,
        kind=ChangeKind.EDITED,
        source=article.source,
        section=article.section,
        canonical_url=article.canonical_url,
        title=row.title,
        previous_title=None if previous is None else by_number[previous].title,
        revision=number,
        previous_revision=previous,
        is_silent=row.is_silent,
        published_at=row.published_at,
    )


def _withdrawal(row: Any) -> Change:
    return Change(
        at=row.gone_at,
        kind=ChangeKind.WITHDRAWN,
        source=row.source,
        section=row.section,
        canonical_url=row.canonical_url,
        title=row.title,
        previous_title=None,
        revision=row.current_revision,
        previous_revision=None,
        is_silent=False,
        published_at=row.published_at,
    )
