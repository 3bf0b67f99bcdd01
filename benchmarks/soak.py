"""Does a service stay as it is while it runs?

    python benchmarks/soak.py [--quick] [--minutes N]

A service runs a crawl of the local site every ten seconds for a quarter of an hour. Once it has warmed up, its memory,
file descriptors and threads are counted every second. Ends with one line of name=value figures; exit code 1 when its
memory grows by more than 4 MB an hour and more than its own noise, or anything is left behind.
"""

from __future__ import annotations

import argparse
import signal
import statistics
import sys
import tempfile
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import psutil
from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))  # so that it runs from a checkout

from benchmarks.stage.children import start  # noqa: E402 -- after the path is set
from benchmarks.takeover import local_site  # noqa: E402 -- after the path is set
from storage import CrawlKind, CrawlPlan, Interval, NewSchedule, RunState, Store  # noqa: E402 -- after the path is set

EVERY_SECONDS = 10.0
MB_AN_HOUR_AT_MOST = 4.0


@dataclass(frozen=True, slots=True)
class Sample:
    """What the service holds at one time."""

    at: float
    memory_mb: float
    descriptors: int
    threads: int


def sample(service: psutil.Process, began: float) -> Sample:
    """Return what a service holds, but for the pipes from its runs: one each."""
    memory, threads = service.memory_full_info().uss / 1e6, service.num_threads()
    descriptors = service.num_fds() - len(service.children())
    return Sample(time.monotonic() - began, memory, descriptors, threads)


def watch(service: psutil.Process, *, seconds: float) -> list[Sample]:
    """Sample a service every second, for some seconds."""
    began = time.monotonic()
    samples = []
    while time.monotonic() - began < seconds:
        time.sleep(1)
        samples.append(sample(service, began))
    return samples


def _middle(samples: list[Sample]) -> Sample:
    """Return the median of each figure: a sample may fall into the start of a run."""
    return Sample(
        *(
            statistics.median_low([getattr(one, name) for one in samples])
            for name in ("at", "memory_mb", "descriptors", "threads")
        )
    )


def report(samples: list[Sample], runs: list[RunState], code: int) -> int:
    """Print what the samples say, and return the exit code."""
    slope, _ = statistics.linear_regression([one.at for one in samples], [one.memory_mb for one in samples])
    third = max(1, len(samples) // 3)
    first, last = (_middle(part) for part in (samples[:third], samples[-third:]))
    grown = last.memory_mb - first.memory_mb
    shown = Table(title=f"A service, sampled {len(samples)} times in {samples[-1].at:.0f} s; medians of the thirds")
    for column in ("", "first", "last"):
        shown.add_column(column, justify="right" if column else "left")
    shown.add_row("memory (USS, MB)", f"{first.memory_mb:.2f}", f"{last.memory_mb:.2f}")
    shown.add_row("file descriptors", str(first.descriptors), str(last.descriptors))
    shown.add_row("threads", str(first.threads), str(last.threads))
    finished = sum(state is RunState.FINISHED for state in runs)
    shown.add_row("runs finished", "", f"{finished} of {len(runs)}")
    console = Console(width=120)
    console.print(shown)
    console.print(
        f"mb_an_hour={slope * 3600:.2f} grown_mb={grown:.2f} descriptors={last.descriptors - first.descriptors}"
        f" threads={last.threads - first.threads} finished={finished} exit_code={code}",
        soft_wrap=True,
        highlight=False,
    )
    # a page or two more is noise, whatever slope it makes in a short time
    is_flat = slope * 3600 <= MB_AN_HOUR_AT_MOST or grown < 0.5
    is_clean = last.descriptors <= first.descriptors and last.threads <= first.threads
    return 0 if is_flat and is_clean and finished and code == 0 else 1


def main() -> int:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="half a minute instead of a quarter of an hour")
    parser.add_argument("--minutes", type=float, default=15.0, help="how long")
    arguments = parser.parse_args()
    seconds = 30.0 if arguments.quick else arguments.minutes * 60
    with tempfile.TemporaryDirectory(prefix="newscrawl-soak-") as name, local_site() as via:
        folder = Path(name)
        db = f"sqlite:///{folder}/news.db"
        with Store.open(db) as store:
            plan = CrawlPlan(source="rfi-cn", kind=CrawlKind.SCHEDULED, via=via, delay_seconds=0.0)
            every = Interval(every_seconds=5.0 if arguments.quick else EVERY_SECONDS)
            store.schedules.add(NewSchedule(name="soak", plan=plan, trigger=every), now=datetime.now(UTC))
            command = ("serve", "--db", db, "--logs", folder / "logs")
            service = start("-m", "crawler", *command, err=folder / "service.log")
            try:
                while RunState.FINISHED not in store.schedules.tally():
                    time.sleep(0.2)  # the first run has warmed it up
                samples = watch(psutil.Process(service.pid), seconds=seconds)
                service.send_signal(signal.SIGTERM)
                code = service.wait(60)
            finally:
                service.kill()
                service.wait()
            runs = [run.state for run in store.runs.latest(limit=10**6) if run.started_at is not None]
    return report(samples, runs, code)


if __name__ == "__main__":
    sys.exit(main())
