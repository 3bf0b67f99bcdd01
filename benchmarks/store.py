"""What does it cost to keep an article, and does it cost the same when a million are kept?

    python benchmarks/store.py [--quick] [--only sqlite|postgresql] [--large ARTICLES]

The floor writes the same bytes (6 kB of text, 8 kB of HTML, what else an article says) with a bare SQLAlchemy Core
upsert in batches of 500, and the same search tokens, made beforehand, with a bare insert: one table without a history,
the same engine, the same durability. Ours settles the same articles: leases, articles, revisions, bodies, claims,
validators, search index. Rounds are interleaved, ratios taken within a round. Then the store is filled, by several
runs at once as two crawls fill it, and what a row costs is measured again by one: a million take an hour or more on
each database, fewer say less. What is known so far is printed as it comes. Ends with one line of name=value figures;
exit code 1 when a bound is missed.
"""

from __future__ import annotations

import argparse
import gc
import multiprocessing
import statistics
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table as ShownTable
from sqlalchemy import JSON, Column, LargeBinary, MetaData, Table, Text, text
from sqlalchemy.dialects import postgresql as postgresql_dialect
from sqlalchemy.dialects import sqlite as sqlite_dialect

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))  # so that it runs from a checkout

from benchmarks.stage.batches import Newsroom, settlements  # noqa: E402 -- after the path is set
from benchmarks.stage.databases import postgresql, size_of, sqlite_url  # noqa: E402 -- after the path is set
from storage import CrawlKind, CrawlPlan, FoundUrl, Outcome, Store  # noqa: E402 -- after the path is set
from storage.database import writing  # noqa: E402 -- after the path is set
from storage.engines import open_engine  # noqa: E402 -- after the path is set
from storage.identity import url_key  # noqa: E402 -- after the path is set
from storage.instants import UtcDateTime  # noqa: E402 -- after the path is set
from storage.schema import upgrade  # noqa: E402 -- after the path is set
from storage.search_entries import Entry, as_fts5_row, as_tsvector_row  # noqa: E402 -- after the path is set

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from storage import Article

NOW = datetime(2026, 1, 1, tzinfo=UTC)
BATCH = 500
FILLERS = 2  # runs that fill the store between two measurements,
MANY = 10_000  # where these are so many articles
NEW_AT_MOST = 1.5
KNOWN_AT_LEAST = 10.0
GROWTH_AT_MOST = 1.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How much of everything."""

    rounds: int
    articles: int
    """In a round; a multiple of the batch."""
    small: int
    large: int
    """Articles stored when the cost of a row is measured, for the first and for the second time; more than the rounds
    and the one that warms up have stored."""
    window: int
    """Articles whose cost is averaged, up to there."""


FULL = Size(rounds=9, articles=5000, small=100_000, large=1_000_000, window=50_000)
QUICK = Size(rounds=2, articles=500, small=2000, large=3500, window=500)


class Floor:
    """A table of articles, and a table of tokens."""

    def __init__(self, url: str) -> None:
        self._engine = open_engine(url)
        dialect = self._engine.dialect.name
        upgrade(self._engine)  # for its search index, which is empty
        if dialect == "sqlite":
            with writing(self._engine) as connection:  # FTS5 as it comes, which keeps itself in few pieces
                for setting in ("'automerge', 4", "'crisismerge', 16"):
                    connection.execute(text(f"INSERT INTO search_index (search_index, rank) VALUES ({setting})"))
        metadata = MetaData()
        texts = ("canonical_url", "source", "title", "lead", "text", "html", "section", "language", "content_id")
        times = ("published_at", "modified_at", "fetched_at", "observed_at")
        lists = ("authors", "tags", "images", "media", "alternates", "claims")
        self._table = Table(
            "floor",
            metadata,
            Column("url_key", LargeBinary(16), primary_key=True),
            *(Column(name, Text) for name in texts),
            *(Column(name, UtcDateTime) for name in times),
            *(Column(name, JSON) for name in lists),
        )
        metadata.create_all(self._engine)
        insert = (postgresql_dialect if dialect == "postgresql" else sqlite_dialect).insert(self._table)
        replaced = {name: insert.excluded[name] for name in (*texts, *times, *lists)}
        self._upsert = insert.on_conflict_do_update(index_elements=["url_key"], set_=replaced)
        self._dialect = dialect

    def rows(self, articles: Sequence[Article], first_id: int) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        """Return what is to be written, as it is handed to SQLAlchemy: articles and tokens."""
        rows = [
            {
                "url_key": url_key(article.canonical_url),
                "canonical_url": article.canonical_url,
                "source": article.source,
                "title": article.title,
                "lead": article.lead,
                "text": article.text,
                "html": article.html,
                "section": article.section,
                "language": article.language,
                "content_id": article.content_id,
                "published_at": article.published_at,
                "modified_at": article.modified_at,
                "fetched_at": article.fetched_at,
                "observed_at": article.observed_at,
                "authors": article.authors,
                "tags": article.tags,
                "images": [{"url": image.url, "caption": image.caption} for image in article.images],
                "media": [],
                "alternates": [],
                "claims": [(claim.field, claim.origin, claim.value) for claim in article.claims],
            }
            for article in articles
        ]
        as_row = as_tsvector_row if self._dialect == "postgresql" else as_fts5_row
        return rows, [as_row(_entry(article, id_)) for id_, article in enumerate(articles, first_id)]

    def write(self, rows: Sequence[dict[str, Any]], tokens: Sequence[dict[str, Any]]) -> None:
        """Write one batch."""
        with writing(self._engine) as connection:
            connection.execute(self._upsert, rows)
            connection.execute(_INSERT_TOKENS[self._dialect], tokens)

    def close(self) -> None:
        """Give all connections back."""
        self._engine.dispose()


_INSERT_TOKENS = {
    "sqlite": text("INSERT INTO search_index (rowid, tokens) VALUES (:article_id, :tokens)"),
    "postgresql": text("INSERT INTO search_index (article_id, tokens) VALUES (:article_id, CAST(:tokens AS tsvector))"),
}


def _entry(article: Article, article_id: int) -> Entry:
    return Entry(
        article_id=article_id,
        title=article.title,
        text=article.text,
        source=article.source,
        section=article.section,
        language=article.language,
        published_at=article.published_at,
    )


class Ours:
    """A store that a crawl fills."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.store = Store.open(url)
        plan = CrawlPlan(source="rfi-cn", kind=CrawlKind.ONEOFF)
        self._run = self.store.runs.start(plan, now=NOW)
        self._walk = self.store.frontier.open_walk(plan, run_id=self._run.id, now=NOW)

    def find(self, articles: Sequence[Article]) -> list[str]:
        """Let URLs wait, as the listing did that led to them, and lease as many: another run may hold some of them."""
        found = [FoundUrl(url=article.canonical_url, is_listing=False) for article in articles]
        self.store.frontier.add(self._walk, found, now=NOW)
        leased = self.store.frontier.lease(self._walk, run_id=self._run.id, limit=len(found), now=NOW)
        assert len(leased) == len(found), "each run leases as many as it has found"
        return [one.url for one in leased]

    def save(self, articles: Sequence[Article], *, hours_later: int = 0) -> float:
        """Settle articles as fetched, and return the seconds that took."""
        batch = settlements(articles, run_id=self._run.id, hours_later=hours_later)
        began = time.perf_counter()
        outcomes = self.store.frontier.settle(self._walk, batch, now=NOW)
        seconds = time.perf_counter() - began
        expected = {Outcome.UNCHANGED if hours_later else Outcome.NEW}
        assert set(outcomes) == expected, outcomes
        return seconds


@dataclass(slots=True, kw_only=True)
class Result:
    """What was measured on one database; seconds a round."""

    database: str
    floor: list[float] = field(default_factory=list)
    new: list[float] = field(default_factory=list)
    known: list[float] = field(default_factory=list)
    small_ms: float = 0.0
    large_ms: float = 0.0
    bytes_an_article: float = 0.0

    @property
    def new_ratio(self) -> float:
        """Ours against the floor."""
        return statistics.median(ours / floor for ours, floor in zip(self.new, self.floor, strict=True))

    @property
    def known_ratio(self) -> float:
        """How many times as fast as new articles known ones go."""
        return statistics.median(new / known for new, known in zip(self.new, self.known, strict=True))

    @property
    def growth(self) -> float:
        """What a row costs in a large store, against a small one."""
        return self.large_ms / self.small_ms

    @property
    def is_good(self) -> bool:
        """Are all bounds kept?"""
        return self.new_ratio <= NEW_AT_MOST and self.known_ratio >= KNOWN_AT_LEAST and self.growth <= GROWTH_AT_MOST


def play_rounds(result: Result, newsroom: Newsroom, floor: Floor, ours: Ours, size: Size) -> int:
    """Write the same articles both ways, by turns; return how many that were."""
    number = 0
    for turn in range(size.rounds + 1):
        seconds = {"floor": 0.0, "new": 0.0, "known": 0.0}
        for first in range(number, number + size.articles, BATCH):
            articles = newsroom.batch(first, BATCH)
            rows = floor.rows(articles, first + 1)
            ours.find(articles)
            gc.collect()
            for name in ("floor", "new") if turn % 2 else ("new", "floor"):
                if name == "new":
                    seconds["new"] += ours.save(articles)
                    continue
                began = time.perf_counter()
                floor.write(*rows)
                seconds["floor"] += time.perf_counter() - began
            seconds["known"] += ours.save(articles, hours_later=1)
        number += size.articles
        if turn:  # the first round warms up
            result.floor.append(seconds["floor"])
            result.new.append(seconds["new"])
            result.known.append(seconds["known"])
    return number


def fill(ours: Ours, newsroom: Newsroom, first: int, last: int, *, turn: int = 0, turns: int = 1) -> None:
    """Save every so manyth batch of the articles up to a number."""
    for start in range(first + turn * BATCH, last, turns * BATCH):
        made = {one.canonical_url: one for one in newsroom.batch(start, min(BATCH, last - start))}
        urls = ours.find(list(made.values()))
        ours.save([made.get(url) or newsroom.article(newsroom.number_of(url)) for url in urls])


def fill_as_one_of(url: str, first: int, last: int, turn: int) -> None:
    """Fill a store beside others, in a process of its own."""
    ours = Ours(url)
    fill(ours, Newsroom(), first, last, turn=turn, turns=FILLERS)
    ours.store.close()


def grow(ours: Ours, newsroom: Newsroom, first: int, last: int, window: int) -> float:
    """Save articles up to a number; return the milliseconds that one of the last took."""
    until = max(first, last - window)
    if until - first < MANY:
        fill(ours, newsroom, first, until)
    else:
        with ProcessPoolExecutor(FILLERS, mp_context=multiprocessing.get_context("spawn")) as pool:
            for filler in [pool.submit(fill_as_one_of, ours.url, first, until, turn) for turn in range(FILLERS)]:
                filler.result()
    seconds = 0.0
    for start in range(until, last, BATCH):
        articles = newsroom.batch(start, min(BATCH, last - start))
        ours.find(articles)
        seconds += ours.save(articles)
    return seconds / (last - until) * 1000


def measure(result: Result, newsroom: Newsroom, size: Size, floor_url: str, our_url: str) -> None:
    """Measure one database."""
    floor, ours = Floor(floor_url), Ours(our_url)
    stored = play_rounds(result, newsroom, floor, ours, size)
    floor.close()
    print(f"{result.database}: new {result.new_ratio:.2f} of the floor, known {result.known_ratio:.1f}", flush=True)
    result.small_ms = grow(ours, newsroom, stored, size.small, size.window)
    print(f"{result.database}: {result.small_ms:.2f} ms at {size.small:,}", flush=True)
    result.large_ms = grow(ours, newsroom, size.small, size.large, size.window)
    result.bytes_an_article = size_of(our_url) / size.large
    ours.store.close()


def table(results: list[Result], size: Size, learnt_from: str) -> ShownTable:
    """Return what was measured."""
    shown = ShownTable(
        title=f"{size.rounds} rounds of {size.articles:,} articles in batches of {BATCH} (text as in {learnt_from})"
    )
    headings = (
        "database",
        "floor",
        "new",
        f"ratio (at most {NEW_AT_MOST})",
        "known",
        f"faster (at least {KNOWN_AT_LEAST:.0f})",
        f"new at {size.small:,}",
        f"at {size.large:,}",
        f"growth (at most {GROWTH_AT_MOST})",
        "kB an article",
    )
    for heading in headings:
        shown.add_column(heading, justify="left" if heading == "database" else "right")
    for result in results:
        floor, new, known = (
            f"{statistics.median(times) / size.articles * 1000:.2f} ms"
            for times in (result.floor, result.new, result.known)
        )
        shown.add_row(
            result.database,
            floor,
            new,
            f"{result.new_ratio:.2f}",
            known,
            f"{result.known_ratio:.1f}",
            f"{result.small_ms:.2f} ms",
            f"{result.large_ms:.2f} ms",
            f"{result.growth:.2f}",
            f"{result.bytes_an_article / 1000:.1f}",
        )
    return shown


def main() -> int:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="a smaller size, under a minute")
    parser.add_argument("--only", choices=("sqlite", "postgresql"), help="only this database")
    parser.add_argument("--large", type=int, metavar="ARTICLES", help=f"grow to so many instead of {FULL.large:,}")
    arguments = parser.parse_args()
    size = QUICK if arguments.quick else FULL
    if arguments.large is not None:
        if arguments.large <= size.small:
            parser.error(f"--large: more than {size.small:,}, with which it is compared")
        size = replace(size, large=arguments.large)
    newsroom = Newsroom()
    results = []
    if arguments.only != "postgresql":
        with tempfile.TemporaryDirectory(prefix="newscrawl-store-") as folder:
            results.append(Result(database="sqlite"))
            measure(results[-1], newsroom, size, sqlite_url(Path(folder)), sqlite_url(Path(folder)))
    if arguments.only != "sqlite":
        with postgresql() as server:
            results.append(Result(database="postgresql"))
            measure(results[-1], newsroom, size, server.new_database(), server.new_database())
    console = Console(width=180)
    console.print(table(results, size, newsroom.learnt_from))
    figures = [
        f"{result.database}_{name}={value:.2f}"
        for result in results
        for name, value in (
            ("new_ratio", result.new_ratio),
            ("known_faster", result.known_ratio),
            ("growth", result.growth),
        )
    ]
    console.print(" ".join(figures), soft_wrap=True, highlight=False)
    return 0 if all(result.is_good for result in results) else 1


if __name__ == "__main__":
    sys.exit(main())
