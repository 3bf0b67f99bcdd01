"""What the index finds, in order of publication: window by window, and the rest at once where that is little.

A window is a range of time that holds so many articles; each is as large as the ones before let expect to be needed,
so that what is looked at stays in proportion to what is taken, whether one article in two matches or one in a thousand.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import Integer, String, bindparam, func, or_, select, tuple_

from storage.instants import UtcDateTime
from storage.rows import fetch_in
from storage.search_entries import day_marks, language_mark, section_mark, source_mark
from storage.search_index import find, matching, written
from storage.tables import ArticleRow

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sqlalchemy import ColumnElement, Connection, Select

    from storage.search_index import Match

# So many, if that is all, are fetched and sorted without looking at time.
FEW = 300

# Articles, matching or not, in the first window.
FIRST_WINDOW = 128

# What is found less often in the first window is rare enough to ask whether there are few in all.
RARE = 3

# A window is at most so many times as large as the one before.
MOST_GROWTH = 16

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

    def limits(self) -> dict[str, Any]:
        """Return what rows must fulfil: values for the conditions of the same names."""
        limits = {
            "source": self.source,
            "section": self.section,
            "language": None if self.language is None else self.language.lower(),
            "since": self.since,
            "until": self.until,
        }
        return {name: value for name, value in limits.items() if value is not None}


@dataclass(frozen=True, slots=True, kw_only=True)
class Sweep:
    """One passage over what matches."""

    match: Match
    scope: Scope
    wanted: int
    """How many will be looked at, as far as can be told."""
    newest_first: bool = True
    after: Place | None = None
    """Go on after this place."""
    known_edges: dict[tuple[Place | None, int], Place | None] = field(default_factory=dict)
    """Where windows end, which is the same for everything that is looked for; shared by sweeps made of this one."""
    known_span: list[datetime] = field(default_factory=list)
    """The oldest and the newest that can be met, when that is known; shared likewise."""

    def places(self, connection: Connection) -> Iterator[list[Place]]:
        """Yield the places of what matches, in order; lists of any length, empty ones too."""
        match = self.scope.narrow(self.match)
        oldest, newest = self._span(connection)
        here, size, wanted = self.after, FIRST_WINDOW, self.wanted
        while True:
            edge = self._edge(connection, here, size)
            # a place to go on after may be anywhere in time; what can be met begins here
            first, last = (newest, oldest) if self.newest_first else (oldest, newest)
            nearer = here.published_at if here is not None and here != self.after else first
            begins, ends = sorted((nearer, edge.published_at if edge else last))
            found = self._window(connection, match.among(*_days(begins, ends)), here, edge)
            yield found
            if edge is None:
                return
            if here == self.after and len(found) < RARE:
                # it is rare here: if there is little of it elsewhere, that is had at once
                few = find(connection, self._within(match, oldest, newest), limit=FEW + 1)
                if len(few) <= FEW:
                    yield self._in_order(connection, few, edge)
                    return
            wanted = max(wanted - len(found), 1)
            # half as many again as would hold what is wanted if the rest were like this window
            enough = size * wanted * 3 // (2 * len(found)) if found else 4 * size
            here, size = edge, min(max(enough, 2 * size), MOST_GROWTH * size)

    def _within(self, match: Match, oldest: datetime, newest: datetime) -> Match:
        """Return what matches, between the oldest and the newest that can be met, if these are not all there are."""
        is_everything = self.after is None and self.scope.since is None and self.scope.until is None
        return match if is_everything else match.among(*_days(oldest, newest))

    def _span(self, connection: Connection) -> tuple[datetime, datetime]:
        """Return when the oldest and the newest article were published that can be met; an instant if there is none."""
        if not self.known_span:
            limits = self._limits_of_time(self.after)
            ends = connection.execute(_span_query(frozenset(limits)), limits).one()
            self.known_span.extend(end or _NEVER for end in ends)
        oldest, newest = self.known_span
        return oldest, newest

    def _edge(self, connection: Connection, here: Place | None, size: int) -> Place | None:
        """Return the last place of a window of so many articles; None if there are not as many."""
        if (here, size) not in self.known_edges:
            limits = self._limits_of_time(here)
            query = _edge_query(frozenset(limits), newest_first=self.newest_first)
            row = connection.execute(query, {**limits, "passed": size - 1}).first()
            self.known_edges[here, size] = None if row is None else Place(*row)
        return self.known_edges[here, size]

    def _limits_of_time(self, here: Place | None) -> dict[str, Any]:
        """Return the limits on time alone, which the index over it answers."""
        limits = replace(self.scope, source=None, section=None, language=None).limits()
        if here is not None:
            side = "before" if self.newest_first else "after"
            limits |= {f"{side}_at": here.published_at, f"{side}_id": here.article_id}
        return limits

    def _in_order(self, connection: Connection, ids: list[int], here: Place) -> list[Place]:
        """Return the places of articles that are in scope and beyond a place."""
        limits = self.scope.limits()
        query = _places_query(frozenset(limits))
        return self._sorted(fetch_in(connection, query, ArticleRow.id, ids, **limits), here, None)

    def _window(self, connection: Connection, match: Match, here: Place | None, edge: Place | None) -> list[Place]:
        """Return the places of what matches in a window between two places, the second one included."""
        dialect, limits = connection.dialect.name, self.scope.limits()
        rows = connection.execute(
            _window_query(frozenset(limits), dialect), limits | {"match": written(match, dialect)}
        )
        return self._sorted(rows.all(), here, edge)

    def _sorted(self, rows: Iterable[Any], here: Place | None, edge: Place | None) -> list[Place]:
        places = (Place(*row) for row in rows)
        first, last = (edge, here) if self.newest_first else (here, edge)
        inside = (
            place
            for place in places
            if (here is None or place != here) and (first is None or place >= first) and (last is None or place <= last)
        )
        return sorted(inside, reverse=self.newest_first)


_PLACE = (ArticleRow.published_at, ArticleRow.id)


def _place(name: str) -> ColumnElement[Any]:
    return tuple_(bindparam(f"{name}_at", type_=UtcDateTime()), bindparam(f"{name}_id", type_=Integer()))


_LANGUAGE = func.lower(ArticleRow.language)
_CONDITIONS: dict[str, ColumnElement[bool]] = {
    "source": ArticleRow.source == bindparam("source"),
    "section": ArticleRow.section == bindparam("section"),
    "language": or_(
        bindparam("language") == _LANGUAGE,
        func.substr(_LANGUAGE, 1, func.length(bindparam("language", type_=String())) + 1)
        == bindparam("language", type_=String()) + "-",
    ),
    "since": ArticleRow.published_at >= bindparam("since"),
    "until": ArticleRow.published_at < bindparam("until"),
    "before_at": tuple_(*_PLACE) < _place("before"),
    "after_at": tuple_(*_PLACE) > _place("after"),
}

# Queries are made once for each set of limits, and understood once: to make one takes longer than its answer.


def _limited(query: Select[*tuple[Any, ...]], limits: Iterable[str]) -> Select[*tuple[Any, ...]]:
    return query.where(*(_CONDITIONS[name] for name in sorted(limits) if name in _CONDITIONS))


@cache
def _places_query(limits: frozenset[str]) -> Select[*tuple[Any, ...]]:
    return _limited(select(*_PLACE), limits)


@cache
def _window_query(limits: frozenset[str], dialect: str) -> Select[*tuple[Any, ...]]:
    # the offset keeps the two apart: the index is asked by itself, and articles are looked up by their ids
    return _places_query(limits).where(ArticleRow.id.in_(matching(dialect).offset(0)))


@cache
def _edge_query(limits: frozenset[str], *, newest_first: bool) -> Select[*tuple[Any, ...]]:
    order = [column.desc() if newest_first else column.asc() for column in _PLACE]
    return _limited(select(*_PLACE), limits).order_by(*order).offset(bindparam("passed")).limit(1)


@cache
def _span_query(limits: frozenset[str]) -> Select[*tuple[Any, ...]]:
    ends = (func.min(ArticleRow.published_at), func.max(ArticleRow.published_at))
    # each for itself: it is the end of an index
    return select(*(_limited(select(end), limits).scalar_subquery() for end in ends))


def _days(begins: datetime, ends: datetime) -> tuple[str, ...]:
    return day_marks(begins.astimezone(UTC).date(), ends.astimezone(UTC).date())
