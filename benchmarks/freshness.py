"""How soon are new articles found, for the same number of requests?

    python benchmarks/freshness.py [--quick]

Replays a publication trace (../shared/traces, or, with --quick or where that is not there, an invented one of the same
kind) through `crawler.rhythm`, which decides the polls of an `adaptive` schedule. It learns from nothing but what its
polls show, through the whole trace; counted is the second half, in which most of the sections publish for the first
time. Each section page shows the 15 newest articles of its section; the pages are there from the beginning, as they
are on the real site, but the empty ones say nothing. The trace states minutes: an article appears at some second of
its minute. For comparison: every section page hourly (averaged over the minute at which); requests by the square root
of each section's rate by hour of the day, learnt from the first half alone; and the same with the true rates of the
second half by hour of the week. Then with one feed of the 30 newest articles beside the pages, and 400 requests a day.

Ends with one line of name=value figures; exit code 1 when ours takes more requests than the fixed rhythm, more than
0.35 of its mean lag or 0.12 of its median, when an article falls off a page before it is found, when the median lag
with the feed is 5 minutes or more, or when a day takes more than 400 requests.
"""

from __future__ import annotations

import argparse
import heapq
import math
import random
import statistics
import sys
from bisect import bisect_right
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))  # so that it runs from a checkout

from crawler.rhythm import Rhythm  # noqa: E402 -- after the path is set

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

TRACE = ROOT.parent / "shared" / "traces" / "rfi-cn-2020-07_2020-10.tsv"
PARIS = ZoneInfo("Europe/Paris")
MINUTE, HOUR, DAY = 60.0, 3600.0, 86400.0
PAGE_SIZE, FEED_SIZE, FEED_BUDGET = 15, 30, 400
MEAN_LIMIT, MEDIAN_LIMIT, FEED_MEDIAN_LIMIT = 0.35, 0.12, 5 * MINUTE
FEED = "feed"

# The invented trace: articles a day of the sections of a source, those that begin late last; a wire
# service that writes at fixed minutes; a newsroom that works by day.
WIRE = "wire"
EARLY_A_DAY = {WIRE: 24.0} | {
    f"section {number}": rate
    for number, rate in enumerate((15.5, 3.4, 2.8, 2.5, 2.1, 2.0, 0.7, 0.7, 0.6, 0.6, 0.3, 0.15, 0.1, 0.1, 0.06, 0.04))
}
LATE_A_DAY = {f"late {number}": rate for number, rate in enumerate((1.0, 1.0, 0.8, 0.5, 0.25, *(0.12,) * 21))}
QUICK_DAYS = 28
WIRE_MINUTES = (5, 20, 35, 50)
BY_HOUR = (1, 1, 1, 1, 2, 2, 4, 8, 8, 8, 5, 6, 6, 8, 7, 6, 3, 2, 2, 2, 4, 4, 3, 3)


@dataclass(frozen=True, slots=True)
class Published:
    """One article of the trace."""

    number: int
    at: float
    section: str


@dataclass(slots=True)
class Page:
    """A channel of the replayed site: the newest articles of a section, or of all."""

    articles: list[Published]
    size: int
    times: list[float] = field(default_factory=list)
    shown_until: int = 0
    fell_off: int = 0

    def __post_init__(self) -> None:
        """Keep the times apart, to search in."""
        self.times = [one.at for one in self.articles]

    def poll(self, at: float) -> list[Published]:
        """Return what it shows that it did not show at the last poll; count what came and went between."""
        end = bisect_right(self.times, at)
        start = max(self.shown_until, end - self.size)
        self.fell_off += start - self.shown_until
        self.shown_until = end
        return self.articles[start:end]


@dataclass(slots=True)
class Found:
    """When the articles were found, and what that took."""

    at: dict[int, float] = field(default_factory=dict)
    requests: list[float] = field(default_factory=list)
    fell_off: int = 0

    def lags(self, trace: Trace) -> list[float]:
        """Return the seconds that each article of the second half waited; one never found waited to the end."""
        return [self.at.get(one.number, trace.end) - one.at for one in trace.articles if one.at >= trace.middle]

    def requests_of_second_half(self, trace: Trace) -> int:
        """Return the requests that are counted."""
        return sum(1 for at in self.requests if trace.middle <= at < trace.end)


class Trace:
    """Publications in order, and what of them a site shows."""

    def __init__(self, stated: Iterable[tuple[float, str]], sections: Iterable[str] = ()) -> None:
        chance = random.Random(2020)
        within = sorted((at + chance.random() * MINUTE, section) for at, section in stated)
        self.articles = [Published(number, at, section) for number, (at, section) in enumerate(within)]
        self.sections = sorted({one.section for one in self.articles} | set(sections))
        self.begin, self.end = self.articles[0].at, self.articles[-1].at + DAY
        self.middle = (self.begin + self.articles[-1].at) / 2

    def pages(self) -> dict[str, Page]:
        """Return the section pages, as nobody has read them yet."""
        return {
            section: Page([one for one in self.articles if one.section == section], PAGE_SIZE)
            for section in self.sections
        }


def main() -> int:
    """Replay, print, and say by the exit code whether the bounds are kept."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="an invented trace of four weeks")
    quick = parser.parse_args().quick
    console = Console()
    if quick or not TRACE.is_file():
        why = "--quick" if quick else f"{TRACE} is not there"
        console.print(f"{why}: an invented trace of the same kind")
        trace = Trace(invented_trace(days=QUICK_DAYS if quick else 104), [*EARLY_A_DAY, *LATE_A_DAY])
    else:
        trace = Trace(real_trace())
    fixed = fixed_rhythm(trace)
    budget = 24 * len(trace.sections)
    ways = {
        "by the square root of rates, offline": replay(trace, square_root_polls(trace, trace.begin, trace.middle, 24)),
        "the same with the true rates": replay(trace, square_root_polls(trace, trace.middle, trace.end, 168)),
        "ours": adaptive(trace, trace.pages(), budget),
    }
    fed = adaptive(trace, trace.pages() | {FEED: Page(trace.articles, FEED_SIZE)}, FEED_BUDGET)
    fixed_lags = sorted(lag for found in fixed for lag in found.lags(trace))
    mean, median = statistics.mean(fixed_lags), statistics.median(fixed_lags)
    requests = fixed[0].requests_of_second_half(trace)
    shown = Table(title=f"{len(fixed[0].lags(trace))} articles in {len(trace.sections)} sections: lag in minutes")
    for heading in (
        "rhythm",
        "requests",
        "mean",
        "median",
        "95 of 100",
        "of fixed mean",
        "of fixed median",
        "fell off",
    ):
        shown.add_column(heading, justify="left" if heading == "rhythm" else "right")
    shown.add_row("every page hourly", str(requests), *in_minutes(fixed_lags), "1", "1", str(fixed[0].fell_off))
    figures = [f"fixed_mean_min={mean / 60:.2f}", f"fixed_median_min={median / 60:.2f}", f"fixed_requests={requests}"]
    ratios: dict[str, tuple[float, float]] = {}
    for name, found in (*ways.items(), ("ours with a feed", fed)):
        lags = found.lags(trace)
        ratios[name] = (statistics.mean(lags) / mean, statistics.median(lags) / median)
        spent = found.requests_of_second_half(trace)
        told = [f"{ratio:.3f}" for ratio in ratios[name]]
        shown.add_row(name, str(spent), *in_minutes(lags), *told, str(found.fell_off))
        short = {"ours": "ours", "ours with a feed": "feed"}.get(name, "offline" if "offline" in name else "oracle")
        figures += [
            f"{short}_mean_of_fixed={told[0]}",
            f"{short}_median_of_fixed={told[1]}",
            f"{short}_requests={spent}",
        ]
    console.print(shown)
    ours, busiest = ways["ours"], most_in_a_day(fed.requests)
    feed_median = statistics.median(fed.lags(trace))
    figures += [f"fell_off={ours.fell_off}", f"feed_median_min={feed_median / 60:.2f}", f"feed_most_a_day={busiest}"]
    console.print(" ".join(figures), soft_wrap=True, highlight=False)
    is_good = (
        ours.requests_of_second_half(trace) <= requests
        and ratios["ours"][0] <= MEAN_LIMIT
        and ratios["ours"][1] <= MEDIAN_LIMIT
        and ours.fell_off == 0
        and feed_median < FEED_MEDIAN_LIMIT
        and busiest <= FEED_BUDGET
    )
    return 0 if is_good else 1


def real_trace() -> Iterator[tuple[float, str]]:
    """Yield the stated minute and section of each article of the real trace."""
    for line in TRACE.read_text("utf-8").splitlines()[1:]:
        published_at, _, section, _ = line.split("\t")
        yield datetime.fromisoformat(published_at).timestamp(), section


def invented_trace(*, days: int) -> Iterator[tuple[float, str]]:
    """Yield articles by chance: as many, at such hours and minutes, in such sections as a real source has."""
    chance = random.Random(7)
    begin = datetime(2021, 3, 1, tzinfo=PARIS)
    for day in range(days):
        midnight = (begin + timedelta(days=day)).timestamp()
        is_free_day = 0.7 if day % 7 in (5, 6) else 1.1
        late = LATE_A_DAY if day >= days * 5 / 6 else {}
        for section, rate in (EARLY_A_DAY | late).items():
            for _ in range(drawn(chance, rate * is_free_day)):
                (hour,) = chance.choices(range(24), BY_HOUR)
                minute = chance.choice(WIRE_MINUTES) if section == WIRE else chance.randrange(60)
                yield midnight + hour * HOUR + minute * MINUTE, section


def drawn(chance: random.Random, mean: float) -> int:
    """Return a number drawn from the Poisson distribution of a mean."""
    count, passed = 0, chance.expovariate(1.0)
    while passed < mean:
        count += 1
        passed += chance.expovariate(1.0)
    return count


def fixed_rhythm(trace: Trace) -> list[Found]:
    """Return what hourly polls of every section page find, for twelve minutes of the hour at which they may come."""
    return [
        replay(
            trace,
            {
                section: [trace.begin + late + hour * HOUR for hour in range(hours_of(trace))]
                for section in trace.sections
            },
        )
        for late in (300.0 * number + 150 for number in range(12))
    ]


def hours_of(trace: Trace) -> int:
    """Return how many hours a trace lasts, the day behind it included."""
    return int((trace.end - trace.begin) / HOUR)


def square_root_polls(trace: Trace, since: float, until: float, cycle: int) -> dict[str, list[float]]:
    """Return polls as dense as the square root of each section's mean rate in each hour of a cycle.

    What never published in that time counts as if it had half an article.
    """
    counts: defaultdict[tuple[str, int], float] = defaultdict(float)
    for one in trace.articles:
        if since <= one.at < until:
            counts[one.section, int(one.at // HOUR) % cycle] += 1
    roots = {
        (section, hour): math.sqrt(counts[section, hour] or 0.5 / cycle)
        for section in trace.sections
        for hour in range(cycle)
    }
    scale = len(trace.sections) * cycle / sum(roots.values())
    polls: dict[str, list[float]] = {}
    for number, section in enumerate(trace.sections):
        polls[section] = []
        saved = number / len(trace.sections)
        for minute in range(hours_of(trace) * 60):
            at = trace.begin + minute * MINUTE
            saved += roots[section, int(at // HOUR) % cycle] * scale / 60
            if saved >= 1:
                saved -= 1
                polls[section].append(at)
    return polls


def replay(trace: Trace, polls: dict[str, list[float]]) -> Found:
    """Return what polls find that were all decided before."""
    found, pages = Found(), trace.pages()
    for section, times in polls.items():
        for at in times:
            found.requests.append(at)
            for article in pages[section].poll(at):
                found.at.setdefault(article.number, at)
    found.fell_off = sum(page.fell_off for page in pages.values())
    return found


def adaptive(trace: Trace, pages: dict[str, Page], requests_a_day: int) -> Found:
    """Return what the rhythm finds, which decides each poll after the one before."""
    found = Found()
    rhythm = Rhythm(list(pages), requests_a_day=requests_a_day, zone=PARIS, now=instant(trace.begin))
    while (due := rhythm.due()) is not None and due.at.timestamp() < trace.end:
        for channel in due.channels:
            shown = pages[channel].poll(due.at.timestamp())
            fresh = [one for one in shown if one.number not in found.at]
            found.at.update((one.number, due.at.timestamp()) for one in fresh)
            found.requests.append(due.at.timestamp())
            # what an article's page states: its minute
            stated = [instant(one.at // MINUTE * MINUTE) for one in fresh]
            rhythm.note(channel, at=due.at, published=stated, shown=pages[channel].size)
    # what nothing has ever shown: it came and went between two polls
    missed = [one for one in trace.articles if one.at < trace.end - DAY and one.number not in found.at]
    found.fell_off = len(missed)
    return found


def instant(seconds: float) -> datetime:
    """Return an instant in UTC."""
    return datetime.fromtimestamp(seconds, UTC)


def in_minutes(lags: list[float]) -> list[str]:
    """Return mean, median and the 95th of a hundred of some lags."""
    return [
        f"{one / 60:.2f}"
        for one in (statistics.mean(lags), statistics.median(lags), sorted(lags)[int(0.95 * len(lags))])
    ]


def most_in_a_day(requests: list[float]) -> int:
    """Return the most requests in any 24 hours."""
    most, window = 0, []
    for at in sorted(requests):
        heapq.heappush(window, at)
        while window[0] <= at - DAY:
            heapq.heappop(window)
        most = max(most, len(window))
    return most


if __name__ == "__main__":
    sys.exit(main())
