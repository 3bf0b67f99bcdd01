"""What does recording cost a crawl?

    python benchmarks/record.py [--quick] [--rounds N] [--articles N]

The article pages of the local site, rendered to files and served by a process of its own, are crawled by all their
listings, with and without --record, turn by turn, so that both meet the same machine. Throughput is what the run
fetched by the time it took, start-up of the process left out; figures are medians of the rounds. Ends with one line of
name=value figures; exit code 1 when a recorded crawl has less than 0.75 of the throughput of a plain one.
"""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
import sys
import tempfile
from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))  # so that it runs from a checkout

from benchmarks.stage.children import crawl_command, measure  # noqa: E402 -- after the path is set
from benchmarks.stage.databases import sqlite_url  # noqa: E402 -- after the path is set
from benchmarks.stage.pages import render_seed_site  # noqa: E402 -- after the path is set
from benchmarks.stage.seeds import write_seed_files  # noqa: E402 -- after the path is set
from benchmarks.stage.server import serving  # noqa: E402 -- after the path is set

PLAIN, RECORDED = "plain", "recorded"
LEAST_SHARE = 0.75


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """One crawl."""

    pages_a_second: float
    cpu_ms_a_page: float
    """Start-up included."""
    peak_mb: float
    recorded_mb: float


def main() -> int:
    """Measure, print, and say by the exit code whether recording is cheap enough."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="a smaller site, fewer rounds")
    parser.add_argument("--rounds", type=int, default=None)
    parser.add_argument("--articles", type=int, default=None)
    arguments = parser.parse_args()
    articles = arguments.articles or (200 if arguments.quick else 2000)
    rounds = arguments.rounds or (2 if arguments.quick else 7)
    turns: dict[str, list[Turn]] = defaultdict(list)
    with tempfile.TemporaryDirectory(prefix="newscrawl-record-") as name:
        folder = Path(name)
        write_seed_files(folder / "seeds", articles)
        render_seed_site(folder / "seeds", folder / "pages")
        with serving(folder / "pages", folder / "requests.log") as server:
            for number in range(rounds):
                # who is first in a round takes turns, too
                for kind in (PLAIN, RECORDED) if number % 2 else (RECORDED, PLAIN):
                    turns[kind].append(crawl(folder, server.base_url, is_recorded=kind == RECORDED))
    return report(turns, articles=articles)


def crawl(folder: Path, base_url: str, *, is_recorded: bool) -> Turn:
    """Crawl the whole site into an empty database, and an empty recording.

    Raises:
        RuntimeError: It did not end well.
    """
    recording = folder / "recording"
    options = ("--record", str(recording)) if is_recorded else ()
    done = measure(*crawl_command(base_url, sqlite_url(folder), "--json", *options))
    if done.code:
        raise RuntimeError(f"exit code {done.code}: {done.err[-500:]}")
    run = json.loads(done.out)
    took = datetime.fromisoformat(run["finished_at"]) - datetime.fromisoformat(run["started_at"])
    size = sum(file.stat().st_size for file in recording.glob("*")) if is_recorded else 0
    shutil.rmtree(recording, ignore_errors=True)
    fetched = run["counts"]["fetched"]
    return Turn(
        pages_a_second=fetched / took.total_seconds(),
        cpu_ms_a_page=1000 * done.cpu_seconds / fetched,
        peak_mb=done.peak_mb,
        recorded_mb=size / 1e6,
    )


def report(turns: dict[str, list[Turn]], *, articles: int) -> int:
    """Print table and figures; return the exit code."""

    def median(kind: str, field: str) -> float:
        return statistics.median(getattr(turn, field) for turn in turns[kind])

    console = Console(width=120)
    shown = Table(title=f"{articles} articles and their listings, medians of {len(turns[PLAIN])} rounds")
    fields = {"pages/s": "pages_a_second", "CPU ms a page": "cpu_ms_a_page", "peak MB": "peak_mb"}
    for heading in ("crawl", *fields, "MB recorded"):
        shown.add_column(heading, justify="left" if heading == "crawl" else "right")
    for kind in (PLAIN, RECORDED):
        shown.add_row(
            kind, *(f"{median(kind, field):.2f}" for field in fields.values()), f"{median(kind, 'recorded_mb'):.1f}"
        )
    console.print(shown)
    share = median(RECORDED, "pages_a_second") / median(PLAIN, "pages_a_second")
    figures = [f"articles={articles}", f"rounds={len(turns[PLAIN])}", f"throughput_share={share:.2f}"]
    figures += [f"{kind}_pages_s={median(kind, 'pages_a_second'):.0f}" for kind in (PLAIN, RECORDED)]
    figures += [f"{kind}_cpu_ms={median(kind, 'cpu_ms_a_page'):.2f}" for kind in (PLAIN, RECORDED)]
    console.print(" ".join(figures), soft_wrap=True, highlight=False)
    return 0 if share >= LEAST_SHARE else 1


if __name__ == "__main__":
    sys.exit(main())
