"""Would partitions by month of publication pay on PostgreSQL?

    python benchmarks/partitions.py [--quick]

Fills two tables of the columns that lists read, one plain and one partitioned by month, with the same rows in batches
of 500, by turns; articles come as a backfill brings them, from months here and there. Then asks both what commands ask:
a page of the newest of a month, how many a month has by section, which article a URL is, and for the removal of a
month. The plain table keeps one row a URL by a unique index; a partitioned one cannot, for its unique indexes must hold
the month, so there the uniqueness is not even paid for. Ends with one line of name=value figures; exit code 1 when
partitions are so much faster at keeping a batch of articles (1.5 times) or at showing a page (3 times) that the
decision not to have them (docs/decisions) does not hold.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

import psycopg
from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))  # so that it runs from a checkout

from benchmarks.stage.databases import postgresql  # noqa: E402 -- after the path is set

if TYPE_CHECKING:
    from collections.abc import Callable

MONTHS = 60
FIRST = datetime(2021, 1, 1, tzinfo=UTC)
BATCH = 500
ASKED = 40  # questions of each kind
TABLES = PLAIN, PARTITIONED = "plain", "partitioned"
# So many times as fast partitions would have to be thought over: at keeping a batch of a crawl, at showing a page.
KEEPING, SHOWING = 1.5, 3.0

_COLUMNS = """
    id bigint NOT NULL, url_key bytea NOT NULL, source text NOT NULL, section text, canonical_url text NOT NULL,
    title text NOT NULL, published_at timestamptz NOT NULL, first_seen_at timestamptz NOT NULL,
    last_seen_at timestamptz NOT NULL, fingerprint bytea NOT NULL
"""


def month_after(start: datetime) -> datetime:
    """Return the first instant of the next month."""
    return (start + timedelta(days=32)).replace(day=1)


def starts() -> list[datetime]:
    """Return the first instants of all months, and of the one after them."""
    found = [FIRST]
    while len(found) <= MONTHS:
        found.append(month_after(found[-1]))
    return found


def make_tables(connection: psycopg.Connection[Any]) -> None:
    """Make both tables with the indexes that the program's queries need."""
    connection.execute(f"CREATE TABLE {PLAIN} ({_COLUMNS}, PRIMARY KEY (id), UNIQUE (url_key))")
    connection.execute(
        f"CREATE TABLE {PARTITIONED} ({_COLUMNS}, PRIMARY KEY (id, published_at)) PARTITION BY RANGE (published_at)"
    )
    months = starts()
    for number, (since, until) in enumerate(pairwise(months)):
        connection.execute(
            f"CREATE TABLE {PARTITIONED}_{number} PARTITION OF {PARTITIONED}"
            f" FOR VALUES FROM ('{since.isoformat()}') TO ('{until.isoformat()}')"
        )
    connection.execute(f"CREATE INDEX ON {PARTITIONED} (url_key)")
    for table in (PLAIN, PARTITIONED):
        connection.execute(f"CREATE INDEX ON {table} (source, published_at, id)")


def rows(first: int, chance: Random) -> list[tuple[Any, ...]]:
    """Make a batch of rows, two thirds of today's month and the rest of any."""
    months = starts()
    made = []
    for number in range(first, first + BATCH):
        month = months[-2] if chance.random() < 0.67 else chance.choice(months[:-1])
        at = month + timedelta(minutes=chance.randrange(27 * 24 * 60))
        url = f"https://www.rfi.fr/cn/%E5%9B%BD%E9%99%85/{at:%Y%m%d}-%E7%81%AF%E5%A1%94-{number}"
        key, section = blake2b(url.encode(), digest_size=16).digest(), ("国际", "法国", "中国")[number % 3]
        made.append((number, key, "rfi-cn", section, url, f"灯塔日志第{number}篇", at, at, at, key))
    return made


def fill(connection: psycopg.Connection[Any], count: int) -> dict[str, float]:
    """Insert the same rows into both tables by turns; return the milliseconds a row."""
    chance, seconds = Random(1), dict.fromkeys((PLAIN, PARTITIONED), 0.0)
    marks = ", ".join(["%s"] * 10)
    for first in range(0, count, BATCH):
        batch = rows(first, chance)
        for table in (PLAIN, PARTITIONED) if first // BATCH % 2 else (PARTITIONED, PLAIN):
            began = time.perf_counter()
            with connection.transaction(), connection.cursor() as cursor:
                cursor.executemany(f"INSERT INTO {table} VALUES ({marks})", batch)
            seconds[table] += time.perf_counter() - began
    for table in (PLAIN, PARTITIONED):
        connection.execute(f"ANALYZE {table}")
    return {table: 1000 * taken / count for table, taken in seconds.items()}


def ask(connection: psycopg.Connection[Any], question: Callable[[str, Random], tuple[str, tuple[Any, ...]]]) -> Any:
    """Ask both tables the same by turns; return the milliseconds of each, undisturbed: the lower quartile."""
    chance, taken = Random(2), {PLAIN: [0.0], PARTITIONED: [0.0]}
    for _ in range(ASKED):
        seed = chance.random()
        for table, times in taken.items():
            query, values = question(table, Random(seed))
            began = time.perf_counter()
            connection.execute(query, values).fetchall()
            times.append(1000 * (time.perf_counter() - began))
    return {table: statistics.quantiles(times[1:], n=4)[0] for table, times in taken.items()}


def a_page(table: str, chance: Random) -> tuple[str, tuple[Any, ...]]:
    """Ask for the fifty newest of a month."""
    since = chance.choice(starts()[:-1])
    return (
        f"SELECT id, title, canonical_url, published_at FROM {table} WHERE source = 'rfi-cn' AND published_at >= %s"
        " AND published_at < %s ORDER BY published_at DESC, id DESC LIMIT 50",
        (since, month_after(since)),
    )


def a_count(table: str, chance: Random) -> tuple[str, tuple[Any, ...]]:
    """Ask how many articles of each section a month has."""
    since = chance.choice(starts()[:-1])
    return (
        f"SELECT section, count(*) FROM {table} WHERE source = 'rfi-cn' AND published_at >= %s AND published_at < %s"
        " GROUP BY section",
        (since, month_after(since)),
    )


def a_batch_of_keys(table: str, chance: Random) -> tuple[str, tuple[Any, ...]]:
    """Ask which of two hundred URLs are known, as every batch of a crawl does first."""
    keys = [chance.randbytes(16) for _ in range(200)]
    return f"SELECT id, url_key FROM {table} WHERE url_key = ANY(%s)", (keys,)


def remove_a_month(connection: psycopg.Connection[Any]) -> dict[str, float]:
    """Remove the largest month; return the milliseconds."""
    last = starts()[-2]
    statements = {
        PLAIN: f"DELETE FROM {PLAIN} WHERE published_at >= '{last.isoformat()}'",
        PARTITIONED: f"DROP TABLE {PARTITIONED}_{MONTHS - 1}",
    }
    taken = {}
    for table, statement in statements.items():
        began = time.perf_counter()
        connection.execute(statement)
        taken[table] = 1000 * (time.perf_counter() - began)
    return taken


def main() -> int:
    """Measure, print, and say by the exit code whether the decision holds."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="20,000 rows instead of 300,000")
    count = 20_000 if parser.parse_args().quick else 300_000
    with postgresql() as server, psycopg.connect(server.new_database(), autocommit=True) as connection:
        make_tables(connection)
        measured = {
            "insert, a row": fill(connection, count),
            "page of a month": ask(connection, a_page),
            "count of a month": ask(connection, a_count),
            "200 URLs looked up": ask(connection, a_batch_of_keys),
            "removal of a month": remove_a_month(connection),
        }
    shown = Table(title=f"{count:,} rows, {MONTHS} months, milliseconds")
    for heading in ("", PLAIN, PARTITIONED, "plain / partitioned"):
        shown.add_column(heading, justify="right" if heading else "left")
    figures = [f"rows={count}"]
    for what, taken in measured.items():
        ratio = taken[PLAIN] / taken[PARTITIONED]
        shown.add_row(what, f"{taken[PLAIN]:.3f}", f"{taken[PARTITIONED]:.3f}", f"{ratio:.2f}")
        figures.append(f"{what.replace(',', '').replace(' ', '_').lower()}_ratio={ratio:.2f}")
    console = Console(width=100)
    console.print(shown)
    console.print(" ".join(figures), soft_wrap=True, highlight=False)
    batch = {table: 200 * measured["insert, a row"][table] + measured["200 URLs looked up"][table] for table in TABLES}
    page = measured["page of a month"]
    would_pay = batch[PLAIN] / batch[PARTITIONED] > KEEPING or page[PLAIN] / page[PARTITIONED] > SHOWING
    return 1 if would_pay else 0


if __name__ == "__main__":
    sys.exit(main())
