"""Does a large frontier cost more than a small one, in time or in memory?

    python benchmarks/frontier.py [--quick] [--only sqlite|postgresql]

Time: URLs are leased by 64, as a run does, from a frontier of 50,000 URLs and from one of 500,000, by turns; what one
leased URL costs is the median over the turns. Memory: a crawl of 2,000 small pages and one of 20,000, each in a
process of its own as an operator starts it; the kernel tells the most it held at once. Ends with one line of
name=value figures; exit code 1 when a leased URL costs more than 1.3 times as much in the large frontier, or a long
crawl holds more than 1.2 times the memory of a short one.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))  # so that it runs from a checkout

from benchmarks.stage.children import crawl_command, measure  # noqa: E402 -- after the path is set
from benchmarks.stage.databases import postgresql, sqlite_url  # noqa: E402 -- after the path is set
from benchmarks.stage.server import serving  # noqa: E402 -- after the path is set
from storage import CrawlKind, CrawlPlan, FoundUrl, FrontierState, Settlement, Store  # noqa: E402 -- after the path is set

NOW = datetime(2026, 1, 1, tzinfo=UTC)
AT_ONCE = 64  # what a run leases at a time
ADDED_AT_ONCE = 5000
TIME_GROWTH_AT_MOST = 1.3
MEMORY_GROWTH_AT_MOST = 1.2


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How much of everything."""

    urls: tuple[int, int]
    turns: int
    """Leases from each frontier."""
    pages: tuple[int, int]


FULL = Size(urls=(50_000, 500_000), turns=150, pages=(2000, 20_000))
QUICK = Size(urls=(3000, 30_000), turns=25, pages=(300, 900))


class Frontier:
    """A frontier in which so many URLs wait."""

    def __init__(self, db: str, count: int) -> None:
        self._store = Store.open(db)
        plan = CrawlPlan(source="rfi-cn", kind=CrawlKind.ONEOFF)
        self._run = self._store.runs.start(plan, now=NOW).id
        self._walk = self._store.frontier.open_walk(plan, run_id=self._run, now=NOW)
        section = f"https://www.rfi.fr/cn/{quote('国际')}/20230801-{quote('灯塔日志')}"
        for first in range(0, count, ADDED_AT_ONCE):
            numbers = range(first, min(first + ADDED_AT_ONCE, count))
            found = [FoundUrl(url=f"{section}-{number}", is_listing=False) for number in numbers]
            self._store.frontier.add(self._walk, found, now=NOW)

    def lease(self) -> float:
        """Lease the next URLs and settle them; return the milliseconds that leasing took for each."""
        began = time.perf_counter()
        leases = self._store.frontier.lease(self._walk, run_id=self._run, limit=AT_ONCE, now=NOW)
        seconds = time.perf_counter() - began
        assert len(leases) == AT_ONCE, "there are more URLs than are leased"
        gone = [Settlement(lease=lease, state=FrontierState.GONE, settled_at=NOW) for lease in leases]
        self._store.frontier.settle(self._walk, gone, now=NOW)
        return 1000 * seconds / AT_ONCE

    def close(self) -> None:
        """Give all connections back."""
        self._store.close()


@dataclass(slots=True, kw_only=True)
class Growth:
    """One figure, small and large."""

    of: str
    sizes: tuple[int, int]
    unit: str
    at_most: float
    figure: str
    """Its name among the figures."""
    small: float = 0.0
    large: float = 0.0

    @property
    def ratio(self) -> float:
        """How many times the small one."""
        return self.large / self.small


def measure_time(database: str, small_db: str, large_db: str, size: Size) -> Growth:
    """Lease from both frontiers by turns."""
    frontiers = [Frontier(db, count) for db, count in zip((small_db, large_db), size.urls, strict=True)]
    turns = [[frontier.lease() for frontier in frontiers] for _ in range(size.turns + 1)][1:]  # the first warms up
    for frontier in frontiers:
        frontier.close()
    growth = Growth(
        of=f"URLs in the frontier, {database}",
        sizes=size.urls,
        unit="ms a leased URL",
        at_most=TIME_GROWTH_AT_MOST,
        figure=f"{database}_lease_ms",
    )
    growth.small, growth.large = (statistics.median(times) for times in zip(*turns, strict=True))
    return growth


def measure_memory(folder: Path, size: Size) -> Growth:
    """Crawl both sites, each in a process of its own."""
    peaks = []
    for count in size.pages:
        with serving(f"small:{count}", folder / f"{count}.log") as server:
            done = measure(*crawl_command(server.base_url, sqlite_url(folder)))
        if done.code:
            raise SystemExit(f"the crawl of {count} pages ended with exit code {done.code}: {done.err[-500:]}")
        peaks.append(done.peak_mb)
    growth = Growth(
        of="pages of a crawl, sqlite",
        sizes=size.pages,
        unit="MB at most",
        at_most=MEMORY_GROWTH_AT_MOST,
        figure="crawl_peak_mb",
    )
    growth.small, growth.large = peaks
    return growth


def report(growths: list[Growth]) -> int:
    """Print table and figures; return the exit code."""
    shown = Table(title=f"a large frontier against a small one, leased by {AT_ONCE}")
    for heading in ("", "small", "large", "", "small", "large", "growth", "at most"):
        shown.add_column(heading, justify="right" if heading else "left")
    figures = []
    for one in growths:
        counts, values = [f"{count:,}" for count in one.sizes], [f"{value:.3g}" for value in (one.small, one.large)]
        shown.add_row(one.of, *counts, one.unit, *values, f"{one.ratio:.2f}", f"{one.at_most}")
        figures += [f"{one.figure}_{name}={value}" for name, value in zip(("small", "large"), values, strict=True)]
        figures.append(f"{one.figure}_growth={one.ratio:.2f}")
    console = Console(width=140)
    console.print(shown)
    console.print(" ".join(figures), soft_wrap=True, highlight=False)
    return 0 if all(one.ratio <= one.at_most for one in growths) else 1


def main() -> int:
    """Measure, print, and say by the exit code whether growth costs as little as was promised."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="a tenth of the URLs, shorter crawls")
    parser.add_argument("--only", choices=("sqlite", "postgresql"), help="one database alone")
    arguments = parser.parse_args()
    size = QUICK if arguments.quick else FULL
    growths = []
    with tempfile.TemporaryDirectory(prefix="newscrawl-frontier-") as name:
        if arguments.only != "postgresql":
            folder = Path(name)
            growths.append(measure_time("sqlite", sqlite_url(folder), sqlite_url(folder), size))
            growths.append(measure_memory(folder, size))
    if arguments.only != "sqlite":
        with postgresql() as server:
            growths.append(measure_time("postgresql", server.new_database(), server.new_database(), size))
    return report(growths)


if __name__ == "__main__":
    sys.exit(main())
