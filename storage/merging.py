"""Keeping the search index in few pieces.

FTS5 writes what a batch adds as a segment of its own, and a query looks into every segment. Left to itself it merges
them inside the transaction of some batch, hundreds of pages at once. Here a little is merged after each batch, in a
transaction of its own, as much as the batch brought and no more: an article never waits for it, and fails with it even
less. PostgreSQL merges by itself what some eight hundred articles brought, and leaves the rest; that is merged when a
run ends.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from storage.database import reading, writing
from storage.errors import StoreUnavailable
from storage.records import Outcome
from storage.search_index import merge
from storage.search_parts import place_waiting

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import Engine

# Pages merged for one article: it takes two or three of its own, and goes through as many levels as a million need.
PAGES_AN_ARTICLE = 8

# Articles of a run that are worth merging at its end: fewer cost a query next to nothing, and merging writes a page for
# nearly every word of theirs.
MANY = 100


def count_indexed(outcomes: Iterable[Outcome | None]) -> int:
    """Return how many of the articles of a batch brought something for the index."""
    return sum(outcome in (Outcome.NEW, Outcome.REVISED) for outcome in outcomes)


def merge_after(engine: Engine, articles: int) -> None:
    """Merge what so many new articles have made due; what cannot be merged now is merged after a later batch."""
    if articles and engine.dialect.name == "sqlite":
        with suppress(StoreUnavailable), writing(engine) as connection:
            merge(connection, pages=PAGES_AN_ARTICLE * articles)


def merge_rest(engine: Engine) -> None:
    """Merge what waits to be merged when much was written; others read and write meanwhile."""
    if engine.dialect.name == "postgresql":
        with suppress(StoreUnavailable), reading(engine) as connection:
            place_waiting(connection)
