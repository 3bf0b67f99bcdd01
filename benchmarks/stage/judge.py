"""What a crawl left behind: in the database, and in the log of the server."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote

from sqlalchemy import text

from benchmarks.stage.pages import ORIGIN, SOURCE
from storage import RunState, Store, StoreError
from storage.database import reading
from storage.engines import open_engine
from storage.identity import canonical_url

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from benchmarks.stage.server import Fetch


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """What a database holds."""

    articles: int
    missing: int
    """Articles of the site that are not stored."""
    duplicates: int
    """Rows beyond one article, one revision and one body for each URL, and aliases, of which the site has none."""
    unsettled: int
    """URLs of the frontier that wait or are leased."""


def articles_of(pages: Path) -> frozenset[str]:
    """Return the canonical URLs of the articles among rendered pages."""
    index = json.loads((pages / "index.json").read_text("utf-8"))
    urls = (canonical_url(ORIGIN + target) for target in index)
    return frozenset(url for url in urls if SOURCE.is_article(url))


def look_into(db: str, expected: frozenset[str]) -> Stored:
    """Count what a database holds of a site whose articles have these canonical URLs."""
    engine = open_engine(db, must_exist=True)
    with reading(engine) as connection:
        urls = connection.execute(text("SELECT canonical_url FROM articles")).scalars().all()
        revisions = connection.scalar(text("SELECT count(*) FROM revisions")) or 0
        bodies = connection.scalar(text("SELECT count(*) FROM bodies")) or 0
        aliases = connection.scalar(text("SELECT count(*) FROM aliases")) or 0
        unsettled = connection.scalar(text("SELECT count(*) FROM frontier WHERE state IN ('waiting', 'leased')")) or 0
    engine.dispose()
    distinct = set(urls)
    return Stored(
        articles=len(urls),
        missing=len(expected - distinct),
        duplicates=sum(abs(count - len(distinct)) for count in (len(urls), revisions, bodies)) + aliases,
        unsettled=unsettled,
    )


def has_come_to_its_end(db: str) -> bool:
    """Has the last run into a database finished its crawl? A kill may find only its process left to end."""
    try:
        with Store.open(db, must_exist=True) as store:
            return [run.state for run in store.runs.latest(1)] == [RunState.FINISHED]
    except StoreError:  # the kill came before the database was made
        return False


def refetched(runs: Sequence[Sequence[Fetch]]) -> list[int]:
    """Return for each run how many of its URLs a later run fetched again.

    Args:
        runs: The requests of the runs over one database, in order.
    """
    last_run: dict[str, int] = {}
    lost = [0] * len(runs)
    for number, fetches in enumerate(runs):
        for target in {fetch.target for fetch in fetches}:
            if target in last_run:
                lost[last_run[target]] += 1
            last_run[target] = number
    return lost


def twice_within_a_run(runs: Sequence[Sequence[Fetch]]) -> int:
    """Return how many requests a run made for what it had fetched already."""
    return sum(len(fetches) - len({fetch.target for fetch in fetches}) for fetches in runs)


def fetched_twice_at_once(fetches: Sequence[Fetch]) -> int:
    """Return how many requests came for a URL whose answer was still on its way to somebody."""
    by_target: dict[str, list[Fetch]] = defaultdict(list)
    for fetch in fetches:
        by_target[fetch.target].append(fetch)
    return sum(later.began_at < earlier.ended_at for group in by_target.values() for earlier, later in pairwise(group))


def articles_fetched_twice(fetches: Sequence[Fetch]) -> int:
    """Return how many requests went to articles that had been fetched already."""
    targets = [fetch.target for fetch in fetches if is_article(fetch.target)]
    return len(targets) - len(set(targets))


def is_article(target: str) -> bool:
    """Is this the path of an article?"""
    return SOURCE.is_article(canonical_url(ORIGIN + quote(unquote(target))))


def smallest_gap(fetches: Sequence[Fetch]) -> float:
    """Return the least number of seconds between the arrivals of two requests that follow each other."""
    return min(later.began_at - earlier.began_at for earlier, later in pairwise(fetches))
