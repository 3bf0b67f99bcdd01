"""Does search find what a plain scan of the texts finds, and how fast?

    python benchmarks/search.py [--quick] [--only sqlite|postgresql]

Makes articles with the character statistics of the corpus (see `benchmarks.stage.texts`), asks 200 queries cut out of
them, and holds the answers against a scan of the printed texts that knows nothing of tokens: Chinese converted word by
word by OpenCC and searched as it stands, words compared without accents. Beside it the same queries by LIKE over a
table of the same texts. Ends with one line of name=value figures; exit code 1 when a bound is missed.
"""

from __future__ import annotations

import argparse
import contextlib
import re
import sqlite3
import statistics
import sys
import tempfile
import time
import unicodedata
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

import psycopg
from opencc import OpenCC
from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))  # so that it runs from a checkout

from benchmarks.stage.databases import postgresql, size_of, sqlite_url  # noqa: E402 -- after the path is set
from benchmarks.stage.texts import NAMES, Texts  # noqa: E402 -- after the path is set
from storage import CrawlKind, CrawlPlan, RunState, Store  # noqa: E402 -- after the path is set
from storage.database import searching  # noqa: E402 -- after the path is set
from storage.query import parse_query  # noqa: E402 -- after the path is set
from storage.search import Order  # noqa: E402 -- after the path is set
from storage.search_index import find  # noqa: E402 -- after the path is set

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

NOW = datetime(2026, 1, 1, tzinfo=UTC)
ARTICLES, QUICK_ARTICLES = 100_000, 1_500
BATCH = 500
ROUNDS = 3
RECALL_AT_LEAST = 0.98
P95_MS_AT_MOST = 50.0

# Newest articles that an answer is compared with, one by one.
SHOWN = 50

# Texts that LIKE goes through; what it takes is scaled to all.
LIKE_TEXTS = 20_000

# How many queries of each kind; 200 in all.
KINDS = {
    "one character": 30,
    "two characters": 60,
    "four characters": 40,
    "a quotation of eight": 20,
    "two words": 20,
    "traditional": 10,
    "a name": 10,
    "a name without accents": 5,
    "a beginning": 5,
}

# Letters that Unicode does not take apart.
_WHOLE = {ord(letter): plain for letter, plain in zip("đłøɗœæ", ("d", "l", "o", "d", "oe", "ae"), strict=True)}

_CHINESE = re.compile(r"[\u4e00-\u9fff]+")


@dataclass(frozen=True, slots=True)
class Asked:
    """One query, and what answers it."""

    kind: str
    query: str
    parts: tuple[str, ...]
    """What a text must hold, as `scannable` makes it."""
    answers: frozenset[int]
    """Numbers of the articles, from 0 in the order in which they were published."""


@dataclass(frozen=True, slots=True)
class Measured:
    """What a database did."""

    recall: float
    precision: float
    is_newest_right: bool
    is_same_in_both_scripts: bool
    p50_ms: float
    p95_ms: float
    by_kind_ms: dict[str, float]
    like_p50_ms: float
    save_ms: float
    bytes_an_article: float


class Library:
    """The texts that were made, as a plain scan reads them."""

    def __init__(self) -> None:
        self._simplified = OpenCC("t2s").convert
        self.texts: list[str] = []

    def add(self, printed: str) -> None:
        """Take up one text."""
        self.texts.append(self.scannable(printed))

    def scannable(self, text: str) -> str:
        """Return a text without what queries do not care for."""
        apart = unicodedata.normalize("NFD", self._simplified(text).lower())
        plain = "".join(character for character in apart if not unicodedata.combining(character))
        return plain.translate(_WHOLE)

    def scan(self, parts: Sequence[str]) -> frozenset[int]:
        """Return the numbers of the texts that hold all parts: Chinese anywhere, words as words, ``*`` goes on."""
        found = set(range(len(self.texts)))
        for part in parts:
            if _CHINESE.match(part):
                found = {number for number in found if part in self.texts[number]}
            else:
                word = re.compile(
                    rf"(?<![a-z0-9]){re.escape(part.rstrip('*'))}" + ("" if "*" in part else "(?![a-z0-9])")
                )
                found = {number for number in found if word.search(self.texts[number])}
        return frozenset(found)


def queries(library: Library, random: Random) -> list[Asked]:
    """Cut queries out of the texts: common and rare ones as they come."""
    to_traditional = OpenCC("s2t").convert

    def cut(length: int) -> str:
        while True:
            runs = [run for run in _CHINESE.findall(random.choice(library.texts)) if len(run) >= length]
            if runs:
                run = random.choice(runs)
                start = random.randrange(len(run) - length + 1)
                return str(run[start : start + length])

    def make(kind: str, number: int) -> tuple[str, tuple[str, ...]]:  # noqa: PLR0911 -- one for each kind
        name = NAMES[number % len(NAMES)]
        words = tuple(library.scannable(name).replace("-", " ").split())
        match kind:
            case "one character" | "two characters" | "four characters":
                part = cut({"o": 1, "t": 2, "f": 4}[kind[0]])
                return part, (part,)
            case "a quotation of eight":
                part = cut(8)
                return f"“{part}”", (part,)
            case "two words":
                both = (cut(2), cut(2))
                return " ".join(both), both
            case "traditional":
                part = cut(2 + number % 3)
                return to_traditional(part), (part,)
            case "a name":
                return name, words
            case "a name without accents":
                return " ".join(words).upper(), words
            case _:
                return f"{name[:4]}*", (f"{library.scannable(name[:4])}*",)

    asked = []
    for kind, count in KINDS.items():
        for number in range(count):
            query, parts = make(kind, number)
            asked.append(Asked(kind, query, parts, library.scan(parts)))
    return asked


def main() -> int:
    """Make the articles, ask, compare, print."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--quick", action="store_true", help=f"{QUICK_ARTICLES:,} articles instead of {ARTICLES:,}")
    options.add_argument("--only", choices=("sqlite", "postgresql"), help="this database alone")
    given = options.parse_args()
    count = QUICK_ARTICLES if given.quick else ARTICLES
    library = Library()
    with contextlib.ExitStack() as stack:
        names = [name for name in ("sqlite", "postgresql") if given.only in (None, name)]
        stores = {name: stack.enter_context(Store.open(stack.enter_context(database(name)))) for name in names}
        seconds = fill(stores, library, count)
        asked = queries(library, Random(2026))
        measured = {name: measure(store, library, asked, seconds[name]) for name, store in stores.items()}
    show(asked, measured)
    is_good = all(
        one.recall >= RECALL_AT_LEAST
        and one.p95_ms <= P95_MS_AT_MOST
        and one.is_newest_right
        and one.is_same_in_both_scripts
        for one in measured.values()
    )
    figures = {"articles": f"{count}", "queries": f"{len(asked)}"}
    for name, one in measured.items():
        figures |= {f"{name}_recall": f"{one.recall:.4f}", f"{name}_p95_ms": f"{one.p95_ms:.1f}"}
    print(" ".join(f"{name}={value}" for name, value in figures.items()))
    return 0 if is_good else 1


@contextlib.contextmanager
def database(name: str) -> Iterator[str]:
    """Give the URL of an empty database while the block lasts."""
    if name == "sqlite":
        with tempfile.TemporaryDirectory() as folder:
            yield sqlite_url(Path(folder))
    else:
        with postgresql() as server:
            yield server.new_database()


def fill(stores: dict[str, Store], library: Library, count: int) -> dict[str, float]:
    """Make articles and save them everywhere; return the seconds that saving took each store."""
    texts = Texts(seed=2026)
    plan = CrawlPlan(source="rfi-cn", kind=CrawlKind.IMPORT)
    runs = {name: store.runs.start(plan, now=NOW) for name, store in stores.items()}
    seconds, batch = dict.fromkeys(stores, 0.0), []
    for number, made in enumerate(texts.articles(count), 1):
        library.add(made.printed)
        batch.append(made.article)
        if len(batch) == BATCH or number == count:
            for name, store in stores.items():
                began = time.perf_counter()
                store.save_batch(batch, now=NOW)
                seconds[name] += time.perf_counter() - began
            batch = []
    for name, store in stores.items():
        store.runs.finish(runs[name].id, state=RunState.FINISHED, reason=None, counts={"new": count}, now=NOW)
    length = sum(map(len, library.texts)) / count
    print(f"{count:,} articles made of {texts.learnt_from}, {length:,.0f} characters each")
    return seconds


def measure(store: Store, library: Library, asked: Sequence[Asked], save_seconds: float) -> Measured:
    """Ask, and compare."""
    count = len(library.texts)
    size = size_of(store.url)
    settle(store.url)
    recall, precision, is_newest_right = compare(store, asked)
    times = ask(store, asked)
    every = [one for kind in times.values() for one in kind]
    return Measured(
        recall=recall,
        precision=precision,
        is_newest_right=is_newest_right,
        is_same_in_both_scripts=is_same_in_both_scripts(store, asked),
        p50_ms=statistics.median(every),
        p95_ms=statistics.quantiles(every, n=20)[-1],
        by_kind_ms={kind: statistics.median(some) for kind, some in times.items()},
        like_p50_ms=by_like(store.url, library, asked),
        save_ms=save_seconds / count * 1000,
        bytes_an_article=size / count,
    )


def settle(url: str) -> None:
    """Let PostgreSQL do what autovacuum does in a quiet minute."""
    if not url.startswith("sqlite"):
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("VACUUM ANALYZE")


def compare(store: Store, asked: Sequence[Asked]) -> tuple[float, float, bool]:
    """Return recall and precision of the index, and whether the newest answers are those of the scan."""
    found_right = found = wanted = 0
    is_newest_right = True
    with searching(store._engine) as connection:
        for one in asked:
            match = parse_query(one.query).match
            ids = {id_ - 1 for id_ in find(connection, match)} if match else set()
            found += len(ids)
            found_right += len(ids & one.answers)
            wanted += len(one.answers)
    for one in asked:
        hits = store.search.find(one.query, order=Order.NEWEST, limit=SHOWN).hits
        newest = [hit.place.article_id - 1 for hit in hits]
        expected = sorted(one.answers, reverse=True)[:SHOWN]
        if newest != expected and len(set(newest) & set(expected)) < RECALL_AT_LEAST * len(expected):
            print(f"  {one.kind} {one.query}: {len(set(newest) & set(expected))} of the newest {len(expected)}")
            is_newest_right = False
    assert wanted, "no article answers any query"
    return found_right / wanted, found_right / max(found, 1), is_newest_right


def is_same_in_both_scripts(store: Store, asked: Sequence[Asked]) -> bool:
    """Return whether each query finds the same articles in the same order in simplified and traditional characters."""
    to_traditional = OpenCC("s2t").convert
    for one in asked:
        forms = (one.query, to_traditional(one.query))
        if forms[0] == forms[1]:
            continue
        answers = [[hit.place for hit in store.search.find(form).hits] for form in forms]
        if answers[0] != answers[1]:
            print(f"  {forms[0]} and {forms[1]} find different articles")
            return False
    return True


def ask(store: Store, asked: Sequence[Asked]) -> dict[str, list[float]]:
    """Ask every query for its 20 best, in several rounds; return the least of each in ms, by kind.

    What a round takes beyond the least is what else runs on the machine.
    """
    times: dict[str, list[float]] = {}
    rounds: list[list[float]] = []
    for _ in range(ROUNDS):
        rounds.append([])
        for one in asked:
            began = time.perf_counter()
            store.search.find(one.query)
            rounds[-1].append((time.perf_counter() - began) * 1000)
    for one, *taken in zip(asked, *rounds, strict=True):
        times.setdefault(one.kind, []).append(min(taken))
    return times


def by_like(url: str, library: Library, asked: Sequence[Asked]) -> float:
    """Return how long LIKE takes for all that match in texts that were made scannable beforehand; median in ms."""
    plain = list(enumerate(library.texts[:LIKE_TEXTS]))
    some = [one for one in asked if one.kind in ("two characters", "four characters")][::10]
    statement = "SELECT id FROM plain WHERE printed LIKE {} ORDER BY id DESC"
    times = []
    if url.startswith("sqlite"):
        connection = sqlite3.connect(":memory:")
        connection.execute("CREATE TABLE plain (id INTEGER PRIMARY KEY, printed TEXT)")
        connection.executemany("INSERT INTO plain VALUES (?, ?)", plain)
        for one in some:
            began = time.perf_counter()
            connection.execute(statement.format("?"), (f"%{one.parts[0]}%",)).fetchall()
            times.append((time.perf_counter() - began) * 1000)
        connection.close()
    else:
        with psycopg.connect(url, autocommit=True) as session:
            session.execute("CREATE TABLE plain (id integer PRIMARY KEY, printed text)")
            with session.cursor() as cursor, cursor.copy("COPY plain FROM STDIN") as copy:
                for row in plain:
                    copy.write_row(row)
            for one in some:
                began = time.perf_counter()
                session.execute(statement.format("%s"), (f"%{one.parts[0]}%",)).fetchall()
                times.append((time.perf_counter() - began) * 1000)
    return statistics.median(times) * len(library.texts) / len(plain)


def show(asked: Sequence[Asked], measured: dict[str, Measured]) -> None:
    """Print the table."""
    table = Table("", *measured, title=f"Search, {len(asked)} queries", title_justify="left")

    def row(what: str, *cells: str) -> None:
        table.add_row(what, *cells)

    every = measured.values()
    row(f"recall of the index (at least {RECALL_AT_LEAST})", *(f"{one.recall:.4f}" for one in every))
    row("precision of the index", *(f"{one.precision:.4f}" for one in every))
    row(f"the newest {SHOWN} are those of the scan", *("yes" if one.is_newest_right else "NO" for one in every))
    row("same answers in both scripts", *("yes" if one.is_same_in_both_scripts else "NO" for one in every))
    row("median, ms; each the least of 3 rounds", *(f"{one.p50_ms:.1f}" for one in every))
    row(f"p95 of 200, ms (at most {P95_MS_AT_MOST:.0f})", *(f"{one.p95_ms:.1f}" for one in every))
    for kind, count in KINDS.items():
        answers = statistics.median(len(one.answers) for one in asked if one.kind == kind)
        row(f"  {kind} ({count}; {answers:,.0f} answers)", *(f"{one.by_kind_ms[kind]:.1f}" for one in every))
    row(f"LIKE, median, ms (scaled from {LIKE_TEXTS:,} texts)", *(f"{one.like_p50_ms:.0f}" for one in every))
    row("saving an article, search and all, ms", *(f"{one.save_ms:.2f}" for one in every))
    row("database, kB an article", *(f"{one.bytes_an_article / 1000:.1f}" for one in every))
    Console(width=100).print(table)


if __name__ == "__main__":
    sys.exit(main())
