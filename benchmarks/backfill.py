"""Does a backfill get everything, say what it did not get, and keep out of the way of scheduled crawls?

    python benchmarks/backfill.py [--quick] [--seed N]

A local site has years of articles, of which some stand in one channel only, some fail, and some have the wrong day in
their address. A backfill of nearly all of it is killed at random moments, each time followed by the same command, until
it comes to its end; `newscrawl coverage` is then held against what the site has. Afterwards crawls of the front page,
on which news appear by the clock, are run on their rhythm with and without a backfill beside them. Ends with a line of
name=value figures; exit code 1 when an article is lost or named wrongly, when more than 3 % of the fetches were in
vain, or when the crawls' mean lag grew by more than 10 %.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import random
import statistics
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))  # so that it runs from a checkout

from benchmarks.stage.children import start  # noqa: E402 -- after the path is set
from benchmarks.stage.pages import ORIGIN, SOURCE  # noqa: E402 -- after the path is set
from benchmarks.stage.past import FAILURES, NEWS_EVERY_SECONDS, Layout, write_past  # noqa: E402 -- as above
from benchmarks.stage.seeds import FIRST_AT  # noqa: E402 -- after the path is set
from benchmarks.stage.server import serving  # noqa: E402 -- after the path is set
from crawler.archives.site import SeedSite  # noqa: E402 -- after the path is set
from storage.identity import canonical_url  # noqa: E402 -- after the path is set

if TYPE_CHECKING:
    from benchmarks.stage.server import RunningServer

MOST_IN_VAIN = 0.03
MOST_LAG_GROWTH = 0.10
LONGEST_SECONDS = 3600

# Days at either end of the site's past that are not asked for: what lies there must not be fetched.
LEFT_OUT_DAYS = 5

# So that a kill costs what it costs at a polite pace: the requests under way, and what a moment has brought.
SETTINGS = {"NEWSCRAWL_BATCH_SECONDS": "0.1", "NEWSCRAWL_RETRY_SECONDS": "0.2", "NEWSCRAWL_PATIENCE_SECONDS": "30"}
PACE = "0.002"


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How much of everything."""

    articles: int
    years: float
    alone: int
    failing: int
    kills: int
    rounds: int
    """Scheduled crawls, with and without a backfill each."""
    every_seconds: float
    """Between two of them."""


FULL = Size(articles=10_150, years=3, alone=40, failing=25, kills=20, rounds=15, every_seconds=8)
QUICK = Size(articles=220, years=0.5, alone=9, failing=4, kills=1, rounds=2, every_seconds=4)


@dataclass(slots=True, kw_only=True)
class Verdict:
    """What the backfill came to."""

    expected: int
    kills: int = 0
    stored: int = 0
    alone_named: int = 0
    failing_named: int = 0
    unexplained: int = 0
    fetches: int = 0
    in_vain: int = 0
    seconds: float = 0.0
    faults: tuple[str, ...] = ()

    @property
    def share_in_vain(self) -> float:
        """Share of the fetches that brought nothing new of the window."""
        return self.in_vain / max(self.fetches, 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """What both parts share."""

    size: Size
    server: RunningServer
    base: Path
    layout: Layout
    window: tuple[date, date]
    articles: frozenset[str]
    """Canonical URLs of the window, those that fail included."""
    chance: random.Random

    def command(self, db: str, *words: str) -> tuple[str, ...]:
        """Return the arguments of a command on the window."""
        since, until = self.window
        return ("-m", "crawler", *words, "--since", f"{since}", "--until", f"{until}", "--db", db)


def lay_out(size: Size, base: Path) -> tuple[Layout, tuple[date, date], frozenset[str]]:
    """Write the site's past; return what is odd in it, the window to ask for, and what is published in that."""
    span = timedelta(days=365 * size.years)
    layout = write_past(
        base / "past", size.articles, apart=span / size.articles, alone=size.alone, failing=size.failing
    )
    zone = SOURCE.zone
    since = FIRST_AT.astimezone(zone).date() + timedelta(days=LEFT_OUT_DAYS)
    until = (FIRST_AT + span).astimezone(zone).date() - timedelta(days=LEFT_OUT_DAYS)
    stories = SeedSite([base / "past"]).index.stories.values()
    inside = (one.url for one in stories if since <= one.published_at.astimezone(zone).date() < until)
    return layout, (since, until), frozenset(inside)


def backfill(stage: Stage, console: Console) -> Verdict:
    """Run the backfill to its end, killed on the way, and judge it."""
    db = f"sqlite:///{stage.base}/past.db"
    command = stage.command(db, "backfill", "rfi-cn", "--via", stage.server.base_url, "--delay", PACE)
    verdict = Verdict(expected=len(stage.articles - stage.layout.failing.keys()))
    began = time.monotonic()
    # about how many requests there are, spread over the kills
    share = len(stage.articles) * 1.15 / (stage.size.kills + 1)
    asked = 0
    while verdict.kills < stage.size.kills:
        child = start(*command, **SETTINGS)
        goal = asked + share * stage.chance.uniform(0.4, 1.2)
        while child.poll() is None and asked < goal:
            time.sleep(0.05)
            asked = len(stage.server.fetches())
        if child.poll() is not None:
            break
        child.kill()
        child.communicate()
        verdict.kills += 1
        console.print(f"killed after {asked} requests", highlight=False)
    child = start(*command, "--json", **SETTINGS)
    out, err = child.communicate(timeout=LONGEST_SECONDS)
    verdict.seconds = time.monotonic() - began
    if child.returncode != 0:
        verdict.faults += (f"the last run ended with exit code {child.returncode}: {err.decode()[-300:]}",)
    slices = json.loads(out.splitlines()[0])["backfill"]["slices"] if out else {}
    if slices.get("waiting", 1) or slices.get("running", 1) or slices.get("failed", 1):
        verdict.faults += (f"slices: {slices}",)
    judge(stage, db, verdict)
    return verdict


def judge(stage: Stage, db: str, verdict: Verdict) -> None:
    """Hold what coverage says against what the site has, and the requests against what was worth one."""
    child = start(*stage.command(db, "coverage", "rfi-cn", "--articles", "--json"))
    out, err = child.communicate(timeout=LONGEST_SECONDS)
    if child.returncode:
        verdict.faults += (f"coverage ended with exit code {child.returncode}: {err.decode()[-300:]}",)
    told: dict[str, dict[str, Any]] = {one["url"]: one for one in map(json.loads, out.splitlines())}
    layout, standings = stage.layout, Counter(one["standing"] for one in told.values())
    verdict.unexplained = standings["unexplained"] + standings["waiting"]
    stored = {url for url, one in told.items() if one["standing"] == "stored"}
    verdict.stored = len(stored & (stage.articles - layout.failing.keys()))
    wanted_alone = {url: kind for url, kind in layout.alone.items() if url in stage.articles}
    verdict.alone_named = sum(told.get(url, {}).get("channels") == [kind] for url, kind in wanted_alone.items())
    named = {url: (told.get(url, {}).get("standing"), told.get(url, {}).get("reason")) for url in layout.failing}
    verdict.failing_named = sum(named[url] == ("failed", FAILURES[status]) for url, status in layout.failing.items())
    wrong = {
        FAILURES[layout.failing[url]]: said for url, said in named.items() if said[1] != FAILURES[layout.failing[url]]
    }
    if wrong:
        verdict.faults += (f"named wrongly: {wrong}",)
    if extra := told.keys() - stage.articles:
        verdict.faults += (f"{len(extra)} articles are named that the window does not have",)
    if len(wanted_alone) != len(layout.alone) or not layout.failing.keys() <= stage.articles:
        verdict.faults += ("the stage is wrong: an odd article lies outside the window",)
    fetches = [canonical_url(ORIGIN + one.target) for one in stage.server.fetches()]
    listings = {url for url in fetches if not SOURCE.is_article(url)}
    verdict.fetches = len(fetches)
    verdict.in_vain = len(fetches) - len(listings) - len(set(fetches) & stage.articles)


def lags(stage: Stage, db: str, rounds: int) -> list[float]:
    """Crawl the front page on its rhythm; return how long after its appearance each new article was fetched."""
    crawl = ("-m", "crawler", "crawl", "rfi-cn", "--url", SOURCE.home_url, "--via", stage.server.base_url)
    first = time.time()
    for number in range(rounds):
        time.sleep(max(first + number * stage.size.every_seconds - time.time(), 0))
        child = start(*crawl, "--delay", "0.1", "--db", db)
        child.communicate(timeout=LONGEST_SECONDS)
    found = []
    for one in stage.server.fetches(first):
        name = unquote(one.target).rpartition("/")[2]
        appeared = int(name.rpartition("-")[2]) * NEWS_EVERY_SECONDS if "灯塔日志" in name else 0
        # what was there before the first crawl waited for that alone
        if appeared > first:
            found.append(one.began_at - appeared)
    return found


def measure_lag(stage: Stage) -> tuple[float, float, int]:
    """Return the mean lag without and with a backfill beside, and how many requests that one made meanwhile."""
    db = f"sqlite:///{stage.base}/lag.db"
    # what stands on the front page already is no news
    crawl = ("-m", "crawler", "crawl", "rfi-cn", "--url", SOURCE.home_url, "--via", stage.server.base_url)
    start(*crawl, "--db", db).communicate(timeout=LONGEST_SECONDS)
    alone = lags(stage, db, stage.size.rounds)
    command = stage.command(db, "backfill", "rfi-cn", "--via", stage.server.base_url, "--delay", "0.1")
    with contextlib.ExitStack() as stack:
        child = start(*command)
        stack.callback(child.communicate)
        stack.callback(child.kill)
        began = time.time()
        while child.poll() is None and len(stage.server.fetches(began)) < 3:
            time.sleep(0.05)
        began = time.time()
        beside = lags(stage, db, stage.size.rounds)
        if child.poll() is not None:
            raise RuntimeError("the backfill ended before the crawls did: there was nothing beside them")
        fetches = stage.server.fetches(began)
    theirs = sum("灯塔日志" not in unquote(one.target) and one.target.rstrip("/") != "/cn" for one in fetches)
    return statistics.mean(alone), statistics.mean(beside), theirs


def main() -> int:
    """Play, print, and say by the exit code whether the promises were kept."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="a smaller site and a few kills")
    parser.add_argument("--seed", type=int, default=None, help="repeat the moments of an earlier round")
    arguments = parser.parse_args()
    size = QUICK if arguments.quick else FULL
    seed = arguments.seed if arguments.seed is not None else random.randrange(10**6)
    console = Console(width=140)  # the table is for logs as much as for terminals
    with tempfile.TemporaryDirectory(prefix="newscrawl-backfill-") as folder:
        base = Path(folder)
        layout, window, articles = lay_out(size, base)
        with serving(f"past:{base / 'past'}", base / "requests.log") as server:
            stage = Stage(
                size=size,
                server=server,
                base=base,
                layout=layout,
                window=window,
                articles=articles,
                chance=random.Random(seed),
            )
            verdict = backfill(stage, console)
            alone, beside, theirs = measure_lag(stage)
    growth = beside / alone - 1
    table = Table(title=f"{len(articles)} articles of {window[0]} to {window[1]} (kills drawn with --seed {seed})")
    for heading in ("question", "answer", "bound"):
        table.add_column(heading)
    table.add_row("killed on the way", str(verdict.kills), str(size.kills))
    table.add_row("reachable articles stored", f"{verdict.stored} of {verdict.expected}", "all")
    table.add_row("named as shown by one channel alone", f"{verdict.alone_named} of {size.alone}", "all")
    table.add_row("named with the right reason", f"{verdict.failing_named} of {size.failing}", "all")
    table.add_row("unexplained", str(verdict.unexplained), "0")
    table.add_row("fetches in vain", f"{verdict.in_vain} of {verdict.fetches} ({verdict.share_in_vain:.1%})", "3 %")
    table.add_row("mean lag of crawls without a backfill", f"{alone:.2f} s", "")
    table.add_row("beside a backfill", f"{beside:.2f} s ({theirs} requests of its own)", f"{alone * 1.1:.2f} s")
    console.print(table)
    for fault in verdict.faults:
        console.print(f"FAULT {fault}", soft_wrap=True, highlight=False)
    is_good = (
        not verdict.faults
        and verdict.kills == size.kills
        and verdict.stored == verdict.expected
        and verdict.alone_named == size.alone
        and verdict.failing_named == size.failing
        and verdict.unexplained == 0
        and verdict.share_in_vain <= MOST_IN_VAIN
        and growth <= MOST_LAG_GROWTH
        and theirs > 0
    )
    console.print(
        f"articles={len(articles)} kills={verdict.kills} lost={verdict.expected - verdict.stored}"
        f" alone_named={verdict.alone_named} failing_named={verdict.failing_named} unexplained={verdict.unexplained}"
        f" in_vain={verdict.share_in_vain:.4f} seconds={verdict.seconds:.0f} lag={alone:.3f} lag_beside={beside:.3f}"
        f" lag_growth={growth:.4f} good={int(is_good)}",
        soft_wrap=True,
        highlight=False,
    )
    return 0 if is_good else 1


if __name__ == "__main__":
    sys.exit(main())
