"""What does a crawled and stored page cost, against Scrapy itself and against the usual way?

    python benchmarks/crawl.py [--quick] [--rounds N] [--articles N] [--without-tutorial]

Every contender crawls the same article pages of the local site (250 to 350 kB: the heaviest of its three templates is
left out), rendered to files and served by a process of its own, and runs as a child process; they take turns, round by
round, so that they meet the same machine:

- stock: Scrapy as it comes, fetching and nothing else;
- tutorial: Scrapy, BeautifulSoup over the whole page, an ORM, a commit an item;
- sqlite, postgresql: ours, with frontier, reading, revisions and durable storage, given the same list of URLs;
- walk: ours on SQLite as an operator starts it, finding all articles on the site's listings; a page is then a listing
  or an article of any weight, so it is shown and not compared.

Those that are compared with stock Scrapy come right behind it, for a machine that others use is not as fast now as it
will be in ten minutes. The tutorial takes nine minutes of a round's twelve; without it more rounds can be had.

CPU is user and system time of the child and its own children; that of the PostgreSQL server and of the static server
is shown beside it. Ratios are taken within a round, figures are medians. Ends with one line of name=value figures;
exit code 1 when ours takes more than 1.3 times stock Scrapy's CPU, less than 12 times under the tutorial's, or more
than 200 MB.
"""

from __future__ import annotations

import argparse
import contextlib
import statistics
import sys
import tempfile
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))  # so that it runs from a checkout

from benchmarks.stage.children import crawl_command, measure  # noqa: E402 -- after the path is set
from benchmarks.stage.databases import postgresql, sqlite_url  # noqa: E402 -- after the path is set
from benchmarks.stage.judge import articles_of, is_article, look_into  # noqa: E402 -- after the path is set
from benchmarks.stage.pages import ORIGIN, render_seed_site, sizes_in  # noqa: E402 -- after the path is set
from benchmarks.stage.seeds import write_seed_files  # noqa: E402 -- after the path is set
from benchmarks.stage.server import serving  # noqa: E402 -- after the path is set
from storage.identity import canonical_url  # noqa: E402 -- after the path is set

if TYPE_CHECKING:
    from benchmarks.stage.children import Measured
    from benchmarks.stage.databases import PostgreSQL
    from benchmarks.stage.server import RunningServer

STOCK, TUTORIAL, SQLITE, POSTGRESQL, WALK = "stock", "tutorial", "sqlite", "postgresql", "walk"
OURS = (SQLITE, POSTGRESQL)
MOST_TIMES_STOCK, LEAST_UNDER_TUTORIAL, MOST_MB = 1.3, 12.0, 200.0
MOST_BYTES = 350_000  # of a page that is compared
FIRST = 10  # pages of the short crawl that tells what starting costs


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """One crawl of one contender."""

    ms_a_page: float
    """CPU, start-up included."""
    ms_a_further_page: float
    """CPU beyond that of a crawl of `FIRST` pages."""
    pages_a_second: float
    """Start-up included."""
    peak_mb: float
    server_ms_a_page: float
    """CPU of the static server."""
    database_ms_a_page: float
    """CPU of the PostgreSQL server; 0 without one."""


class Track:
    """Where the contenders run."""

    def __init__(self, folder: Path, server: RunningServer, postgres: PostgreSQL, articles: int) -> None:
        self._folder = folder
        self._server = server
        self._postgres = postgres
        sizes = sizes_in(folder / "pages")
        self.pages = len(sizes)
        """Of the site, listings included."""
        self.targets = [name for name, size in sizes.items() if is_article(name) and size <= MOST_BYTES][:articles]
        if len(self.targets) < articles:
            raise RuntimeError(f"the site has no more than {len(self.targets)} pages that are light enough")
        self.mean_kb = statistics.mean(sizes[target] for target in self.targets) / 1000
        self._articles = {WALK: articles_of(folder / "pages")}
        self._articles |= dict.fromkeys(OURS, frozenset(canonical_url(ORIGIN + target) for target in self.targets))
        self._all, self._few = folder / "all", folder / "few"
        self._all.write_text("\n".join(self.targets), encoding="utf-8")
        self._few.write_text("\n".join(self.targets[:FIRST]), encoding="utf-8")

    def run(self, contender: str) -> Turn:
        """Let a contender crawl a few pages, and then all.

        Raises:
            RuntimeError: It did not end well, or not all is stored.
        """
        start = self._crawl(contender, self._few)
        served, stored = self._server.cpu_seconds(), self._postgres.cpu_seconds()
        whole = self._crawl(contender, self._all)
        pages = self.pages if contender == WALK else len(self.targets)
        return Turn(
            ms_a_page=1000 * whole.cpu_seconds / pages,
            ms_a_further_page=1000 * (whole.cpu_seconds - start.cpu_seconds) / (pages - FIRST),
            pages_a_second=pages / whole.seconds,
            peak_mb=whole.peak_mb,
            server_ms_a_page=1000 * (self._server.cpu_seconds() - served) / pages,
            database_ms_a_page=1000 * (self._postgres.cpu_seconds() - stored) / pages,
        )

    def _crawl(self, contender: str, targets: Path) -> Measured:
        db = self._postgres.new_database() if contender == POSTGRESQL else sqlite_url(self._folder)
        base_url = self._server.base_url
        if contender == WALK:
            limit = ("--limit", str(FIRST)) if targets == self._few else ()
            done = measure(*crawl_command(base_url, db, *limit))
        else:
            kind = "ours" if contender in OURS else contender
            done = measure("-m", f"benchmarks.stage.contenders.{kind}", base_url, targets, db)
        if done.code:
            raise RuntimeError(f"{contender} ended with exit code {done.code}: {done.err[-500:]}")
        if (
            contender in (*OURS, WALK)
            and targets == self._all
            and (lost := look_into(db, self._articles[contender]).missing)
        ):
            raise RuntimeError(f"{contender} stored {lost} articles too few")
        return done


def main() -> int:
    """Measure, print, and say by the exit code whether ours is fast and small enough."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="a smaller site, one round; start-up is taken off")
    parser.add_argument("--rounds", type=int, default=None)
    parser.add_argument("--articles", type=int, default=None)
    parser.add_argument("--without-tutorial", action="store_true", help="and without the bound that it gives")
    arguments = parser.parse_args()
    articles = arguments.articles or (300 if arguments.quick else 5000)
    rounds = arguments.rounds or (1 if arguments.quick else 5)
    contenders = [STOCK, *OURS]
    contenders += [] if arguments.without_tutorial else [TUTORIAL]
    contenders += [] if arguments.quick or arguments.without_tutorial else [WALK]
    turns: dict[str, list[Turn]] = defaultdict(list)
    with tempfile.TemporaryDirectory(prefix="newscrawl-crawl-") as name, contextlib.ExitStack() as stack:
        folder = Path(name)
        write_seed_files(folder / "seeds", articles * 8 // 5 + 30)  # two thirds are light enough
        render_seed_site(folder / "seeds", folder / "pages")
        server = stack.enter_context(serving(folder / "pages", folder / "requests.log"))
        track = Track(folder, server, stack.enter_context(postgresql()), articles)
        for _ in range(rounds):
            for contender in contenders:
                turns[contender].append(track.run(contender))
    return report(
        turns, articles=articles, size_kb=track.mean_kb, cost="ms_a_further_page" if arguments.quick else "ms_a_page"
    )


def report(turns: dict[str, list[Turn]], *, articles: int, size_kb: float, cost: str) -> int:
    """Print table and figures; return the exit code.

    Args:
        turns: By contender, one a round.
        articles: Pages a round.
        size_kb: Of a page, on average.
        cost: The field of `Turn` that is held to the bounds.
    """

    def median(contender: str, field: str) -> float:
        return statistics.median(getattr(turn, field) for turn in turns[contender])

    def ratio(dividend: str, divisor: str) -> float:
        rounds = zip(turns[dividend], turns[divisor], strict=True)
        return statistics.median(getattr(one, cost) / getattr(other, cost) for one, other in rounds)

    console = Console(width=140)
    shown = Table(title=f"{articles} pages of {size_kb:.0f} kB, medians of {len(turns[STOCK])} rounds")
    fields: dict[str, str] = {
        "CPU ms a page": "ms_a_page",
        "beyond start-up": "ms_a_further_page",
        "pages/s": "pages_a_second",
        "peak MB": "peak_mb",
        "static server ms": "server_ms_a_page",
        "database server ms": "database_ms_a_page",
    }
    for heading in ("contender", *fields, "times stock", "under tutorial"):
        shown.add_column(heading, justify="left" if heading == "contender" else "right")
    for contender in turns:
        cells = [f"{median(contender, field):.{0 if 'MB' in heading else 2}f}" for heading, field in fields.items()]
        is_compared = contender != WALK
        cells.append(f"{ratio(contender, STOCK):.2f}" if is_compared else "")
        cells.append(f"{ratio(TUTORIAL, contender):.1f}" if is_compared and TUTORIAL in turns else "")
        shown.add_row(contender, *cells)
    console.print(shown)
    figures = [f"articles={articles}", f"rounds={len(turns[STOCK])}"]
    is_good = True
    for contender in turns:
        figures.append(f"{contender}_cpu_ms={median(contender, 'ms_a_page'):.2f}")
        figures.append(f"{contender}_further_cpu_ms={median(contender, 'ms_a_further_page'):.2f}")
        figures.append(f"{contender}_pages_s={median(contender, 'pages_a_second'):.0f}")
        figures.append(f"{contender}_peak_mb={median(contender, 'peak_mb'):.0f}")
    for ours in OURS:
        times_stock = ratio(ours, STOCK)
        figures.append(f"{ours}_times_stock={times_stock:.2f}")
        is_good &= times_stock <= MOST_TIMES_STOCK and median(ours, "peak_mb") <= MOST_MB
        if TUTORIAL in turns:
            under_tutorial = ratio(TUTORIAL, ours)
            figures.append(f"{ours}_under_tutorial={under_tutorial:.1f}")
            is_good &= under_tutorial >= LEAST_UNDER_TUTORIAL
    console.print(" ".join(figures), soft_wrap=True, highlight=False)
    return 0 if is_good else 1


if __name__ == "__main__":
    sys.exit(main())
