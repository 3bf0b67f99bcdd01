"""What does an entry of PostgreSQL's search index cost as the index grows: all in one part, and in several?

    python benchmarks/search_parts.py [--quick]

The same entries are added twice by `storage.search_index.add_entries`, as a crawl adds them: with ids one after the
other, so that all lie in one part, and with ids that begin a new part every so often. Milliseconds an entry are those
of each step; WAL is what the server wrote to be durable. Then words are looked for in both. Ends with one line of
name=value figures; exit code 1 when an entry costs more than 1.5 times in the last of the parts what it cost in the
first.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))  # so that it runs from a checkout

from benchmarks.stage.batches import Newsroom  # noqa: E402 -- after the path is set
from benchmarks.stage.databases import postgresql  # noqa: E402 -- after the path is set
from storage.database import searching, writing  # noqa: E402 -- after the path is set
from storage.engines import open_engine  # noqa: E402 -- after the path is set
from storage.schema import upgrade  # noqa: E402 -- after the path is set
from storage.search_entries import Entry  # noqa: E402 -- after the path is set
from storage.search_index import Match, Phrase, add_entries, find  # noqa: E402 -- after the path is set
from storage.search_parts import ARTICLES  # noqa: E402 -- after the path is set

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy import Engine

BATCH = 500
ASKED = 200  # words looked for
MOST_GROWTH = 1.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What one entry cost, of those of one step."""

    ms: float
    wal_kb: float


def entries(newsroom: Newsroom, first: int, id_of: Callable[[int], int]) -> list[Entry]:
    """Return the entries of a batch of articles."""
    return [
        Entry(
            article_id=id_of(number),
            title=article.title,
            text=article.text,
            source=article.source,
            section=article.section,
            language=article.language,
            published_at=article.published_at,
        )
        for number, article in enumerate(newsroom.batch(first, BATCH), first)
    ]


def wal_bytes(engine: Engine) -> int:
    """Return how much the server has written to be durable."""
    with writing(engine) as connection:
        return int(connection.exec_driver_sql("SELECT pg_current_wal_insert_lsn() - '0/0'").scalar_one())


def fill(engine: Engine, newsroom: Newsroom, id_of: Callable[[int], int], *, steps: int, step: int) -> Iterator[Step]:
    """Add entries, and yield what one of each step cost."""
    for start in range(0, steps * step, step):
        seconds, written = 0.0, wal_bytes(engine)
        for first in range(start, start + step, BATCH):
            batch = entries(newsroom, first, id_of)
            began = time.perf_counter()
            with writing(engine) as connection:
                add_entries(connection, batch)
            seconds += time.perf_counter() - began
        yield Step(ms=1000 * seconds / step, wal_kb=(wal_bytes(engine) - written) / step / 1000)


def ask(engine: Engine, words: list[str]) -> float:
    """Return the milliseconds that it takes to find a word, as a median."""
    taken = []
    with searching(engine) as connection:
        for word in words:
            began = time.perf_counter()
            find(connection, Match(all_of=(Phrase(tokens=(word,)),)), limit=300)
            taken.append(time.perf_counter() - began)
    return 1000 * statistics.median(taken)


def main() -> int:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="a smaller size, under a minute")
    quick = parser.parse_args().quick
    step, steps_a_part, parts = (500, 2, 3) if quick else (5000, 3, 4)
    steps, a_part = steps_a_part * parts, step * steps_a_part
    newsroom, chance = Newsroom(), Random(1)
    texts = [newsroom.article(chance.randrange(steps * step)).text for _ in range(ASKED)]
    words = [text[200:202] for text in texts if text[200:202].isalpha()]
    with postgresql() as server:
        engines = [open_engine(server.new_database()) for _ in range(2)]
        for engine in engines:
            upgrade(engine)
        whole = list(fill(engines[0], newsroom, lambda number: number + 1, steps=steps, step=step))
        parted = list(
            fill(
                engines[1],
                newsroom,
                lambda number: number // a_part * ARTICLES + number % a_part + 1,
                steps=steps,
                step=step,
            )
        )
        asked = [ask(engine, words) for engine in engines]
        for engine in engines:
            engine.dispose()
    table = Table(title=f"{steps * step:,} entries, in one part and in {parts} parts")
    for heading in ("entries", "one part: ms an entry", "WAL kB", f"{parts} parts: ms an entry", "WAL kB"):
        table.add_column(heading, justify="right")
    for number, (one, other) in enumerate(zip(whole, parted, strict=True), 1):
        table.add_row(
            f"{number * step:,}", f"{one.ms:.2f}", f"{one.wal_kb:.0f}", f"{other.ms:.2f}", f"{other.wal_kb:.0f}"
        )
    Console(width=120).print(table)
    first, last = (statistics.mean(one.ms for one in some) for some in (parted[:steps_a_part], parted[-steps_a_part:]))
    one_part = statistics.mean(one.ms for one in whole[-steps_a_part:])
    growth = last / first
    print(
        f"part_growth={growth:.2f} one_part_growth={one_part / first:.2f}"
        f" word_ms={asked[0]:.2f} word_ms_in_parts={asked[1]:.2f}"
    )
    return 0 if growth <= MOST_GROWTH else 1


if __name__ == "__main__":
    sys.exit(main())
