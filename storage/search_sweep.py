"""What the index finds, in order of publication: everything at once if that is little, else window by window.

A window is a range of time that holds so many articles; each is four times the one before, so that what is looked at
stays in proportion to what is taken, whether one article in two matches or one in a thousand.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import func, or_, select, tuple_

from storage.rows import fetch_in
from storage.search_entries import day_marks, language_mark, section_mark, source_mark
from storage.search_index import find, matching
from storage.tables import ArticleRow

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sqlalchemy import ColumnElement, Connection, Select

    from storage.search_index import Match

# So many are fetched and sorted without looking at time.
FEW = 100

# Articles, matching or not, in the first window.
FIRST_WINDOW = 128

_NEVER = datetime(1, 1, 1, tzinfo=UTC)


class Place(NamedTuple):
    """Where an article stands in time; places are all different and in order."""

    published_at: datetime
    article_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """Which articles are looked through."""

    source: str | None = None
    section: str | None = None
    language: str | None = None
    """BCP 47; ``zh`` is also ``zh-Hans`` and ``zh-Hant``."""
    since: datetime | None = None
    """Published at or after; aware."""
    until: datetime | None = None
    """Published before; aware."""

    def narrow(self, match: Match) -> Match:
        """Let the index leave out what is certainly outside."""
        if self.source is not None:
            match = match.among(source_mark(self.source))
        if self.section is not None:
            match = match.among(section_mark(self.section))
        if self.language is not None:
            match = match.among(language_mark(self.language))
        return match

    def conditions(self) -> list[ColumnElement[bool]]:
        """Return what rows must fulfil."""
        conditions: list[ColumnElement[bool]] = []
        if self.source is not None:
            conditions.append(ArticleRow.source == self.source)
        if self.section is not None:
            conditions.append(ArticleRow.section == self.section)
        if self.language is not None:
            language = self.language.lower()
            lowered = func.lower(ArticleRow.language)
            conditions.append(or_(lowered == language, lowered.startswith(f"{language}-", autoescape=True)))
        if self.since is not None:
            conditions.append(ArticleRow.published_at >= self.since)
        if self.until is not None:
            conditions.append(ArticleRow.published_at < self.until)
        return conditions


@dataclass(frozen=True, slots=True, kw_only=True)
class Sweep:
    """One passage over what matches."""

    match: Match
    scope: Scope
    newest_first: bool = True
    after: Place | None = None
    """Go on after this place."""

    def places(self, connection: Connection) -> Iterator[list[Place]]:
        """Yield the places of what matches, in order; lists of any length, empty ones too."""
        match = self.scope.narrow(self.match)
        span = None
        if self.after is not None or self.scope.since is not None or self.scope.until is not None:
            span = self._span(connection)
            match = match.among(*_days(*span))
        # phrases are dear to check: first see whether there are many
        loosened = match.loosened()
        few = find(connection, loosened, limit=FEW + 1)
        if len(few) <= FEW:
            ids = few if loosened == match or not few else matching(connection, match)
            yield self._in_order(connection, ids, self.after, None)
            return
        oldest, newest = span or self._span(connection)
        here, size = self.after, FIRST_WINDOW
        while True:
            edge = self._edge(connection, here, size)
            begins, ends = sorted(
                (
                    here.published_at if here else (newest if self.newest_first else oldest),
                    edge.published_at if edge else (oldest if self.newest_first else newest),
                )
            )
            ids = matching(connection, self.scope.narrow(self.match).among(*_days(begins, ends)))
            yield self._in_order(connection, ids, here, edge)
            if edge is None:
                return
            here, size = edge, size * 4

    def _span(self, connection: Connection) -> tuple[datetime, datetime]:
        """Return when the oldest and the newest article were published that can be met; an instant if there is none."""
        ends = (func.min(ArticleRow.published_at), func.max(ArticleRow.published_at))
        # each for itself: it is the end of an index
        each = (select(end).where(*self._beyond(self.after)).scalar_subquery() for end in ends)
        oldest, newest = tuple(connection.execute(select(*each)).one())
        return (oldest, newest) if oldest is not None and newest is not None else (_NEVER, _NEVER)

    def _edge(self, connection: Connection, here: Place | None, size: int) -> Place | None:
        """Return the last place of a window of so many articles; None if there are not as many."""
        order = [column.desc() if self.newest_first else column.asc() for column in _PLACE]
        query = select(*_PLACE).where(*self._beyond(here)).order_by(*order).offset(size - 1).limit(1)
        row = connection.execute(query).first()
        return None if row is None else Place(*row)

    def _beyond(self, here: Place | None) -> list[ColumnElement[bool]]:
        """Return the conditions on time alone, which the index over it answers."""
        conditions = replace(self.scope, source=None, section=None, language=None).conditions()
        if here is not None:
            conditions.append(tuple_(*_PLACE) < here if self.newest_first else tuple_(*_PLACE) > here)
        return conditions

    def _in_order(
        self, connection: Connection, ids: list[int] | Select[int], here: Place | None, edge: Place | None
    ) -> list[Place]:
        """Return the places of articles between two places, the second one included."""
        query = select(*_PLACE).where(*self.scope.conditions())
        if isinstance(ids, list):
            rows: Iterable[Any] = fetch_in(connection, query, ArticleRow.id, ids)
        else:
            # the offset keeps the two apart: the index is asked by itself, and articles are looked up by their ids
            rows = connection.execute(query.where(ArticleRow.id.in_(ids.offset(0))))
        places = (Place(*row) for row in rows)
        first, last = (edge, here) if self.newest_first else (here, edge)
        inside = (
            place
            for place in places
            if (here is None or place != here) and (first is None or place >= first) and (last is None or place <= last)
        )
        return sorted(inside, reverse=self.newest_first)


_PLACE = (ArticleRow.published_at, ArticleRow.id)


def _days(begins: datetime, ends: datetime) -> tuple[str, ...]:
    return day_marks(begins.astimezone(UTC).date(), ends.astimezone(UTC).date())
