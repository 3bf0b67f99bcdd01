"""Is anything lost, or fetched twice, when a crawl is cut off?

    python benchmarks/crash.py [--quick] [--only sqlite|postgresql] [--play SCENARIO]

A crawl of all articles of the local site is killed at random moments, each time followed by the same command, until
it has been killed often enough; a crawl that completes is judged, and the next one starts on an empty database. Then
the same with SIGTERM, Ctrl-C, a full disk, a disk on which writes fail at random (SQLite), a PostgreSQL that is
stopped hard and started again, and two crawls at once. The server's log says what was fetched, the database what was
stored. Ends with one line of name=value figures; exit code 1 when an article is lost, a row is there twice, more is
fetched again than was in flight or not yet written, or an exit code lies.
"""

from __future__ import annotations

import argparse
import contextlib
import math
import operator
import random
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))  # so that it runs from a checkout

from benchmarks.stage import failing_writes  # noqa: E402 -- after the path is set
from benchmarks.stage.children import crawl_command, start, start_command  # noqa: E402 -- after the path is set
from benchmarks.stage.databases import postgresql, size_of, sqlite_url  # noqa: E402 -- after the path is set
from benchmarks.stage.disks import small_disk, small_tablespace  # noqa: E402 -- after the path is set
from benchmarks.stage.judge import (  # noqa: E402 -- after the path is set
    articles_fetched_twice,
    articles_of,
    fetched_twice_at_once,
    has_come_to_its_end,
    look_into,
    refetched,
    smallest_gap,
    twice_within_a_run,
)
from benchmarks.stage.pages import render_seed_site  # noqa: E402 -- after the path is set
from benchmarks.stage.seeds import write_seed_files  # noqa: E402 -- after the path is set
from benchmarks.stage.server import serving  # noqa: E402 -- after the path is set
from storage import Store  # noqa: E402 -- after the path is set

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from benchmarks.stage.databases import PostgreSQL
    from benchmarks.stage.server import Fetch, RunningServer

IN_FLIGHT = 16
UNWRITTEN_SECONDS = 0.5
DELAY_SECONDS = 0.05
LONGEST_RUN_SECONDS = 300
FAILING = 0.03  # of the writes to disk


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How much of everything."""

    articles: int
    kills: int
    stops: int
    """SIGTERMs and Ctrl-Cs, each."""
    outages: int
    failing_runs: int
    """Runs at most on a disk on which writes fail."""
    gap_requests: int


FULL = Size(articles=2000, kills=100, stops=5, outages=5, failing_runs=10, gap_requests=1000)
QUICK = Size(articles=50, kills=2, stops=1, outages=1, failing_runs=1, gap_requests=10)


@dataclass(slots=True, kw_only=True)
class Verdict:
    """What one scenario came to on one database."""

    scenario: str
    database: str
    interruptions: int = 0
    runs: int = 0
    completed: int = 0
    """Crawls that came to their end."""
    stored: int = 0
    expected: int = 0
    duplicates: int = 0
    refetched: list[int] = field(default_factory=list)
    """URLs fetched again, for each interruption."""
    batches: int | None = None
    """Unwritten batches that an interruption may cost beside what was in flight; None where nothing is cut off."""
    bounds: list[float] = field(default_factory=list)
    """Most that may be fetched again, for each interruption: half a second of its own run's work is a batch."""
    faults: list[str] = field(default_factory=list)
    notes: str = ""
    seconds: float = 0.0
    gap_ms: float | None = None
    """Least time between two requests to the host, where a delay was to be kept."""

    @property
    def is_good(self) -> bool:
        """Is nothing lost, nothing there twice, and not too much fetched again?"""
        within = all(again <= bound for again, bound in zip(self.refetched, self.bounds, strict=True))
        return (
            not self.faults and within and not self.duplicates and self.stored == self.expected and self.completed > 0
        )

    @property
    def worst(self) -> tuple[int, float | None]:
        """How much was fetched again at most, and the bound of that interruption."""
        return max(zip(self.refetched, self.bounds, strict=True), default=(0, None))


@dataclass(slots=True, kw_only=True)
class Stage:
    """What the scenarios share."""

    size: Size
    server: RunningServer
    articles: frozenset[str]
    chance: random.Random
    new_db: Callable[[], str]
    """Makes an empty database and returns its URL."""
    rate: float = 0.0
    """Pages a second of an uninterrupted crawl."""
    start_seconds: float = 0.0
    """From the start of a process to its first request."""
    db_bytes: int = 0
    """What all articles take on disk."""

    def bound(self, batches: int | None, run: Sequence[Fetch]) -> float:
        """Return how many URLs may be fetched again after a run was cut off.

        Args:
            batches: Unwritten ones.
            run: Its requests; how fast it was says what a batch is, for the machine may be slower at other times.
        """
        if batches is None:
            return math.inf
        seconds = run[-1].ended_at - run[0].began_at if len(run) > 2 * IN_FLIGHT else math.inf
        return IN_FLIGHT + batches * UNWRITTEN_SECONDS * max(self.rate, len(run) / seconds)

    @property
    def crawl_seconds(self) -> float:
        """About how long the fetching of a whole crawl takes."""
        return len(self.articles) / self.rate


class Campaign:
    """One crawl on one database, over as many runs as it takes."""

    def __init__(self, stage: Stage, db: str, verdict: Verdict) -> None:
        self._stage = stage
        self.db = db
        self._verdict = verdict
        self._began = [time.time()]
        self.is_complete = False

    def start(self, *options: str, limit_bytes: int | None = None) -> subprocess.Popen[bytes]:
        """Start the command, as an operator would do again; see `benchmarks.stage.children.start`."""
        self._verdict.runs += 1
        self._began.append(time.time())
        command = crawl_command(self._stage.server.base_url, self.db, *options)
        return start(*command, limit_bytes=limit_bytes)

    def start_with_failing_writes(self) -> subprocess.Popen[bytes]:
        """Start the command on a disk on which single writes fail."""
        self._verdict.runs += 1
        self._began.append(time.time())
        _, _, *arguments = crawl_command(self._stage.server.base_url, self.db)
        return start_command(failing_writes.command(FAILING, *arguments))

    def wait_for_request(self, child: subprocess.Popen[bytes]) -> None:
        """Wait until a run has made a request."""
        while child.poll() is None and not self._stage.server.fetches(self._began[-1]):
            time.sleep(0.05)

    def finish(self) -> None:
        """Run the command to its end, and judge what is stored."""
        code, said = end_of(self.start())
        if code != 0:
            self._verdict.faults.append(f"the last run ended with exit code {code}: {said}")
        self.judge()

    def judge(self) -> None:
        """Judge the database and the server's log: the crawl has come to its end."""
        self.is_complete = True
        verdict, stage = self._verdict, self._stage
        stored = look_into(self.db, stage.articles)
        verdict.completed += 1
        verdict.stored += len(stage.articles) - stored.missing
        verdict.expected += len(stage.articles)
        verdict.duplicates += stored.duplicates
        if stored.unsettled:
            verdict.faults.append(f"{stored.unsettled} URLs are not settled")
        runs = self.fetches()
        if twice := twice_within_a_run(runs):
            verdict.faults.append(f"{twice} URLs fetched twice by one run")
        verdict.refetched += refetched(runs)[:-1]
        verdict.bounds += [stage.bound(verdict.batches, run) for run in runs[:-1]]

    def fetches(self) -> list[list[Fetch]]:
        """Return the requests of each run so far."""
        fetches = self._stage.server.fetches(self._began[0])
        ends = [*self._began[2:], time.time()]
        return [
            [one for one in fetches if began <= one.began_at < end]
            for began, end in zip(self._began[1:], ends, strict=True)
        ]


def end_of(child: subprocess.Popen[bytes]) -> tuple[int, str]:
    """Wait for a child's end; return its exit code, and the last line of what it complained of."""
    try:
        _, err = child.communicate(timeout=LONGEST_RUN_SECONDS)
    except subprocess.TimeoutExpired:
        child.kill()
        child.communicate()
        return -9, f"it did not end within {LONGEST_RUN_SECONDS} s"
    lines = [line for line in err.decode().splitlines() if line.strip()]
    if any(line.startswith("Traceback") for line in lines):
        return child.returncode, "TRACEBACK " + " | ".join(lines[-3:])
    return child.returncode, lines[-1] if lines else ""


def measure_rate(stage: Stage, verdict: Verdict) -> None:
    """Crawl once without interruption: the rate is what bounds the refetches."""
    campaign = Campaign(stage, stage.new_db(), verdict)
    began = time.time()
    campaign.finish()
    fetches = stage.server.fetches(began)
    stage.start_seconds = fetches[0].began_at - began
    stage.rate = len(fetches) / (fetches[-1].ended_at - fetches[0].began_at)
    stage.db_bytes = size_of(campaign.db)
    verdict.notes = f"{stage.rate:.0f} pages/s, start {stage.start_seconds:.1f} s"


def kill_at_random(stage: Stage, verdict: Verdict) -> None:
    """Kill -9 at random moments, of start-up as of the crawl, until there were enough kills."""
    verdict.batches = 1
    # so late that a kill on average finds a few hundred pages done, and so early that most find work left
    latest = stage.start_seconds + min(stage.crawl_seconds / 2, 3.0)
    campaign = Campaign(stage, stage.new_db(), verdict)
    while verdict.interruptions < stage.size.kills:
        if campaign.is_complete:
            campaign = Campaign(stage, stage.new_db(), verdict)
        child = campaign.start()
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(stage.chance.uniform(0.2, latest))
        if child.poll() is None:
            child.kill()
            child.communicate()
            verdict.interruptions += 1
            if has_come_to_its_end(campaign.db):
                campaign.judge()  # the same command would begin another crawl
            continue
        code, said = end_of(child)
        if code != 0:
            verdict.faults.append(f"exit code {code}: {said}")
        campaign.judge()
    if not campaign.is_complete:
        campaign.finish()


def stop_by(number: signal.Signals, stage: Stage, verdict: Verdict) -> None:
    """Stop in good order: nothing may be fetched again but what was in flight, and the run says how it ended."""
    verdict.batches = 0
    campaign = Campaign(stage, stage.new_db(), verdict)
    sentences: set[str] = set()
    while verdict.interruptions < stage.size.stops and not campaign.is_complete:
        child = campaign.start()
        campaign.wait_for_request(child)
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(stage.crawl_seconds / (stage.size.stops + 1))
        child.send_signal(number)
        code, said = end_of(child)
        verdict.interruptions += 1
        sentences.add(said)
        if code == 0:
            campaign.judge()
        elif code != 130 or "the same command goes on" not in said:
            verdict.faults.append(f"exit code {code}: {said}")
    if not campaign.is_complete:
        campaign.finish()
    verdict.notes = "; ".join(sentences)


def fill_the_disk(stage: Stage, verdict: Verdict, postgres: PostgreSQL | None) -> None:
    """Crawl onto a disk that is too small, then make room and repeat the command."""
    with small_disk() if postgres is None else small_tablespace(postgres) as disk:
        Store.open(disk.db).close()
        disk.leave_room((stage.db_bytes - size_of(disk.db)) // 3)
        campaign = Campaign(stage, disk.db, verdict)
        code, said = end_of(campaign.start(limit_bytes=disk.limit_bytes))
        verdict.interruptions = 1
        verdict.notes = said
        if code != 1 or ("disk" if disk.limit_bytes else "is full; make room") not in said:
            verdict.faults.append(f"exit code {code}: {said}")
        disk.make_room()
        verdict.batches = 2  # the one that found no room, and the one that waited behind it
        campaign.finish()


def let_writes_fail(stage: Stage, verdict: Verdict) -> None:
    """Crawl some times on a disk on which single writes fail, then once on one that has been mended."""
    campaign = Campaign(stage, stage.new_db(), verdict)
    Store.open(campaign.db).close()
    said: set[str] = set()
    while verdict.interruptions < stage.size.failing_runs and not campaign.is_complete:
        code, sentence = end_of(campaign.start_with_failing_writes())
        verdict.interruptions += 1
        said.add(sentence)
        if code == 0:
            campaign.judge()
        elif code != 1 or "check the disk" not in sentence:
            verdict.faults.append(f"exit code {code}: {sentence}")
    if not campaign.is_complete:
        kept = look_into(campaign.db, stage.articles).articles
        said.add(f"{kept} articles are kept of {verdict.interruptions} runs with {failing_writes.name_of_means()}")
        campaign.finish()
    verdict.notes = "; ".join(said)


def stop_the_database(stage: Stage, postgres: PostgreSQL, verdict: Verdict) -> None:
    """Stop PostgreSQL hard and start it again while one crawl runs, which has to come to its end by itself."""
    campaign = Campaign(stage, postgres.new_database(), verdict)
    child = campaign.start()
    campaign.wait_for_request(child)
    for _ in range(stage.size.outages):
        time.sleep(stage.chance.uniform(0.1, 1.0))
        if child.poll() is not None:
            break
        postgres.stop()
        verdict.interruptions += 1
        time.sleep(stage.chance.uniform(0.3, 2.0))
        postgres.start()
    code, said = end_of(child)
    verdict.notes = said
    if code != 0:
        verdict.faults.append(f"exit code {code}: {said}")
    campaign.judge()


def crawl_twice_at_once(stage: Stage, verdict: Verdict, *, delay: float = 0.0) -> None:
    """Start two crawls of one source together: every article once, and the delay kept between the two."""
    campaign = Campaign(stage, stage.new_db(), verdict)
    began = time.time()
    options = ("--delay", str(delay), "--limit", str(stage.size.gap_requests)) if delay else ()
    children = [campaign.start(*options), campaign.start(*options)]
    for child in children:
        code, said = end_of(child)
        if code != 0:
            verdict.faults.append(f"exit code {code}: {said}")
    fetches = stage.server.fetches(began)
    at_once, twice = fetched_twice_at_once(fetches), articles_fetched_twice(fetches)
    if at_once or twice:
        verdict.faults.append(f"{twice} articles fetched twice, {at_once} URLs twice at once")
    if delay:
        gap = smallest_gap(fetches)
        verdict.gap_ms = gap * 1000
        verdict.notes = f"smallest of {len(fetches) - 1} gaps {gap * 1000:.1f} ms, delay {delay * 1000:.0f} ms"
        if gap < delay or len(fetches) < stage.size.gap_requests:
            verdict.faults.append(f"gap {gap * 1000:.1f} ms over {len(fetches)} requests")
        verdict.stored = verdict.expected = verdict.completed = 1  # stopped by its limit: only the gaps count
        return
    verdict.notes = f"{len(fetches)} requests, twice at once: {at_once}"
    stored = look_into(campaign.db, stage.articles)
    verdict.stored, verdict.expected = len(stage.articles) - stored.missing, len(stage.articles)
    verdict.duplicates, verdict.completed = stored.duplicates, 1


def scenarios(stage: Stage, postgres: PostgreSQL | None) -> Iterator[tuple[str, Callable[[Verdict], None]]]:
    """Yield what is played on one database, in this order."""
    yield "uninterrupted", lambda verdict: measure_rate(stage, verdict)
    yield "kill -9", lambda verdict: kill_at_random(stage, verdict)
    yield "SIGTERM", lambda verdict: stop_by(signal.SIGTERM, stage, verdict)
    yield "Ctrl-C", lambda verdict: stop_by(signal.SIGINT, stage, verdict)
    yield "disk full", lambda verdict: fill_the_disk(stage, verdict, postgres)
    if postgres is None:
        yield "writes failing", lambda verdict: let_writes_fail(stage, verdict)
    else:
        yield "server stopped", lambda verdict: stop_the_database(stage, postgres, verdict)
    yield "two at once", lambda verdict: crawl_twice_at_once(stage, verdict)
    yield "two with delay", lambda verdict: crawl_twice_at_once(stage, verdict, delay=DELAY_SECONDS)


def play(
    console: Console, stage: Stage, chosen: Sequence[str], database: str, postgres: PostgreSQL | None = None
) -> list[Verdict]:
    """Play the chosen scenarios on one database, or all, and say so; the first one says how fast a crawl is."""
    verdicts: list[Verdict] = []
    for scenario, run in scenarios(stage, postgres):
        if verdicts and chosen and scenario not in chosen:
            continue
        began = time.monotonic()
        verdict = Verdict(scenario=scenario, database=database)
        run(verdict)
        verdict.seconds = time.monotonic() - began
        verdicts.append(verdict)
        console.print(f"{scenario} on {database}: {verdict.seconds:.0f} s {verdict.notes}", highlight=False)
    return verdicts


def table(verdicts: list[Verdict], seed: int) -> Table:
    """Return what every scenario came to."""
    shown = Table(title=f"Crawls cut off (moments drawn with --seed {seed})")
    headings = (
        "scenario",
        "database",
        "cut off",
        "runs",
        "completed",
        "stored",
        "duplicate rows",
        "refetched",
        "bound",
    )
    for heading in (*headings, ""):
        shown.add_column(heading, justify="left" if heading in ("scenario", "database", "") else "right")
    for one in verdicts:
        mean, (most, bound) = statistics.mean(one.refetched or [0]), one.worst
        shown.add_row(
            one.scenario,
            one.database,
            str(one.interruptions),
            str(one.runs),
            str(one.completed),
            f"{one.stored} of {one.expected}",
            str(one.duplicates),
            f"{mean:.1f}, at most {most}",
            "" if bound is None or one.batches is None else f"{bound:.0f}",
            "good" if one.is_good else "MISSED",
        )
    return shown


def figures(verdicts: list[Verdict]) -> Iterator[str]:
    """Yield all figures as name=value."""
    for one in verdicts:
        name = f"{one.database}_{one.scenario.lower().replace(' ', '_').replace('-', '')}"
        yield f"{name}_cut_off={one.interruptions} {name}_lost={one.expected - one.stored}"
        most, bound = one.worst
        yield f"{name}_duplicates={one.duplicates} {name}_refetched_most={most}"
        if bound is not None and one.batches is not None:
            yield f"{name}_bound={bound:.0f}"
        if one.gap_ms is not None:
            yield f"{name}_smallest_gap_ms={one.gap_ms:.1f}"
    yield f"good={sum(one.is_good for one in verdicts)} of={len(verdicts)}"


def main() -> int:
    """Play, print, and say by the exit code whether the promise was kept."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument(
        "--quick", action="store_true", help="a smaller site, few interruptions, both databases at once"
    )
    parser.add_argument("--only", choices=("sqlite", "postgresql"), help="one database alone")
    parser.add_argument("--play", action="append", default=[], metavar="SCENARIO", help="one alone, such as 'kill -9'")
    parser.add_argument("--seed", type=int, default=None, help="repeat the moments of an earlier round")
    arguments = parser.parse_args()
    size = QUICK if arguments.quick else FULL
    seed = arguments.seed if arguments.seed is not None else random.randrange(10**6)
    console = Console(width=140)  # the table is for logs as much as for terminals
    with tempfile.TemporaryDirectory(prefix="newscrawl-crash-") as folder, contextlib.ExitStack() as stack:
        base = Path(folder)
        base.chmod(0o755)
        write_seed_files(base / "seeds", size.articles)
        render_seed_site(base / "seeds", base / "pages")
        articles = articles_of(base / "pages")

        def stage_for(database: str, new_db: Callable[[], str]) -> Stage:
            server = stack.enter_context(serving(base / "pages", base / f"{database}.log"))
            chance = random.Random(f"{seed} {database}")
            return Stage(size=size, server=server, articles=articles, chance=chance, new_db=new_db)

        plays: list[Callable[[], list[Verdict]]] = []
        if arguments.only != "postgresql":
            plays.append(
                partial(play, console, stage_for("sqlite", lambda: sqlite_url(base)), arguments.play, "sqlite")
            )
        if arguments.only != "sqlite":
            postgres = stack.enter_context(postgresql())
            stage = stage_for("postgresql", postgres.new_database)
            plays.append(partial(play, console, stage, arguments.play, "postgresql", postgres))
        if arguments.quick:
            with ThreadPoolExecutor(len(plays)) as pool:
                played = list(pool.map(operator.call, plays))
        else:  # so that each has the machine to itself
            played = [one() for one in plays]
        verdicts = [verdict for one in played for verdict in one]
    console.print(table(verdicts, seed))
    for verdict in verdicts:
        for fault in verdict.faults:
            console.print(f"FAULT {verdict.scenario} on {verdict.database}: {fault}", soft_wrap=True, highlight=False)
    console.print(" ".join(figures(verdicts)), soft_wrap=True, highlight=False)
    return 0 if all(verdict.is_good for verdict in verdicts) else 1


if __name__ == "__main__":
    sys.exit(main())
