"""Full text, Chinese included: `Search` finds articles by what their current revision says.

The index (`storage.search_index`) answers with ids; `storage.search_sweep` puts them in order of time. Texts are then
looked at themselves, so that what is shown holds what was asked for, and is ranked alike on every database.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, replace
from itertools import chain, islice
from operator import itemgetter
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import and_, select

from storage.database import searching
from storage.indexing import count_unindexed, paragraphs_of, rebuild
from storage.query import Printed, parse_query
from storage.reading import read_by_id
from storage.rows import fetch_in
from storage.search_sweep import Place, Scope, Sweep
from storage.snippets import Snippet, cut_snippet, highlight
from storage.tables import ArticleRow, BodyRow, RevisionRow

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterator, Sequence
    from datetime import datetime

    from sqlalchemy import Connection, Engine

    from storage.query import Query, Span
    from storage.records import StoredArticle

# Articles that are ranked, where more match: those that have all words in the title first, then the newest.
RANKED = 60

# What a word counts for in the title and in the lead, beside 1 in the text.
TITLE_WEIGHT, LEAD_WEIGHT = 8.0, 2.5

# BM25's usual constants (Robertson and Zaragoza, "The Probabilistic Relevance Framework", 2009): how soon more of the
# same word counts no more, and how much a longer text has to hold it more often.
_SATURATION, _LENGTH = 1.2, 0.75

# Characters of a text that is neither long nor short; one of less than half of it is no shorter for this.
_USUAL_LENGTH = 2_000

# Texts looked at together: four times as many at first where so many are wanted, twice as many from then on.
_CHUNK = 24


class Order(enum.Enum):
    """In which order articles are shown."""

    RELEVANCE = "relevance"
    NEWEST = "newest"
    OLDEST = "oldest"


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """One article that was found."""

    stored: StoredArticle
    place: Place
    """Where to go on after it, in order of time."""
    gone_at: datetime | None
    """When the source stopped showing it; None while it is there."""
    score: float
    """How well it fits, from 0; comparable within one answer."""
    title_highlights: tuple[Span, ...]
    snippet: Snippet


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """The answer to a query."""

    hits: tuple[Hit, ...]
    more_after: Place | None
    """Where to go on; None at the end, and in order of relevance."""
    unindexed: int
    """Articles that search does not reach, until `Search.rebuild` has run."""


class Search:
    """What articles say; the face of this room."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def find(
        self,
        query: str,
        scope: Scope | None = None,
        *,
        order: Order = Order.RELEVANCE,
        limit: int = 20,
        after: Place | None = None,
    ) -> Found:
        """Find articles; the one door for all who search.

        Args:
            query: See `storage.query`; any text is one.
            scope: Which articles to look through; None for all.
            order: By relevance (equal ones newest first), or by time of publication.
            limit: At most so many.
            after: Go on after this place, `Found.more_after` of the answer before; not in order of relevance.

        Raises:
            ValueError: `after` was given in order of relevance.
        """
        if after is not None and order is Order.RELEVANCE:
            raise ValueError("places are in order of time; relevance cannot go on after one")
        understood, scope = parse_query(query), scope or Scope()
        with searching(self._engine) as connection:
            ranked, more_after = list[_Fit](), None
            if understood.match is not None:
                is_newest = order is not Order.OLDEST
                sweep = Sweep(
                    match=understood.match, scope=scope, newest_first=is_newest, after=after, wanted=limit + 1
                )
                if order is Order.RELEVANCE:
                    ranked = _most_relevant(connection, understood, sweep, limit)
                else:
                    taken = list(islice(_fitting(connection, understood, sweep), limit + 1))
                    ranked = taken[:limit]
                    more_after = ranked[-1].place if len(taken) > limit else None
            return Found(
                hits=tuple(_shown(connection, understood, ranked)),
                more_after=more_after,
                unindexed=count_unindexed(connection),
            )

    def rebuild(self, *, from_scratch: bool = False, on_progress: Callable[[int, int], None] = lambda *_: None) -> int:
        """Index all articles anew, newest first, and return how many; see `storage.indexing.rebuild`."""
        return rebuild(self._engine, from_scratch=from_scratch, on_progress=on_progress)


class _Fit(NamedTuple):
    """An article that holds what was asked for, and how well; the better, the greater."""

    score: float
    place: Place
    gone_at: datetime | None


def _most_relevant(connection: Connection, query: Query, sweep: Sweep, limit: int) -> list[_Fit]:
    """Return what fits best, of what has everything in the title and of what is newest."""
    found: dict[int, _Fit] = {}
    most = max(RANKED, limit)
    for match, enough in ((sweep.match.in_titles(), most // 2), (sweep.match, most)):
        wanted = replace(sweep, match=match, wanted=enough - len(found))
        for fit in _fitting(connection, query, wanted, known=found):
            found[fit.place.article_id] = fit
            if len(found) >= enough:
                break
    return sorted(found.values(), key=itemgetter(0, 1), reverse=True)[:limit]


def _fitting(connection: Connection, query: Query, sweep: Sweep, *, known: Container[int] = ()) -> Iterator[_Fit]:
    """Yield the articles that hold what was asked for, in order of time, but for those that are known already.

    Texts are fetched in chunks; the first one is as large as what is wanted, for nearly all that is found fits.
    """
    size = min(sweep.wanted, 4 * _CHUNK)
    unknown: list[Place] = []
    for places in chain(sweep.places(connection), (None,)):
        unknown += [place for place in places or () if place.article_id not in known]
        while len(unknown) >= size or (unknown and places is None):
            chunk, unknown = unknown[:size], unknown[size:]
            size = 2 * _CHUNK
            rows = {
                row.id: row
                for row in fetch_in(connection, _TEXTS, ArticleRow.id, [place.article_id for place in chunk])
            }
            for place in chunk:
                row = rows[place.article_id]
                score = _score(query, row.title, row.lead or "", "\n".join(paragraphs_of(row.content)))
                if score is not None:
                    yield _Fit(score, place, row.gone_at)


def _score(query: Query, title: str, lead: str, body: str) -> float | None:
    """Return how well a text fits: BM25 over its parts, without the rarity of words, which all must be there.

    None if it does not hold what was asked for: the index knows no more than what stands beside what.
    """
    parts = Printed(title), Printed(lead), Printed(body)
    if any(term.count(part) for term in query.unwanted for part in parts):
        return None
    length = 1 - _LENGTH + _LENGTH * max((len(lead) + len(body)) / _USUAL_LENGTH, 0.5)
    score = 0.0
    for term in query.wanted:
        in_title, in_lead, in_body = (term.count(part) for part in parts)
        weight = TITLE_WEIGHT * in_title + (LEAD_WEIGHT * in_lead + in_body) / length
        if not weight:
            return None
        score += weight / (weight + _SATURATION)
    return round(score / len(query.wanted), 6)


_TEXTS = (
    select(ArticleRow.id, ArticleRow.gone_at, RevisionRow.title, RevisionRow.lead, BodyRow.content)
    .join(RevisionRow, and_(RevisionRow.article_id == ArticleRow.id, RevisionRow.number == ArticleRow.current_revision))
    .outerjoin(BodyRow, BodyRow.revision_id == RevisionRow.id)
)


def _shown(connection: Connection, query: Query, fits: Sequence[_Fit]) -> Iterator[Hit]:
    ids = [fit.place.article_id for fit in fits]
    stored = read_by_id(connection, ids)
    for score, place, gone_at in fits:
        one = stored[place.article_id]
        yield Hit(
            stored=one,
            place=place,
            gone_at=gone_at,
            score=score,
            title_highlights=highlight(query, one.article.title),
            snippet=cut_snippet(query, one.article.text),
        )
