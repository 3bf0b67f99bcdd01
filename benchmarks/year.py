"""Does every planned moment of a year have one run that says what became of it, whatever happens to the services?

    python benchmarks/year.py [--quick] [--only sqlite|postgresql] [--seed N]

A year of simulated time in Europe/Paris and Asia/Shanghai, both changes of the clock in it. Two services share one
database through the real dispatcher and the real store; only the runs, and the machines, are imagined: a run takes some
minutes, or hours, and ends well, badly, or with its process. Twenty outages of random length take one service or both
down, in the middle of what they do. Which moments there must be is reckoned a second time, minute by minute through the
year, without the code that is tried. Ends with one line of name=value figures; exit code 1 unless every moment is
explained and none was run twice.
"""

from __future__ import annotations

import argparse
import contextlib
import logging
import random
import socket
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING
from unittest.mock import patch
from zoneinfo import ZoneInfo

import psycopg
from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))  # so that it runs from a checkout

from benchmarks.stage.databases import postgresql, sqlite_url  # noqa: E402 -- after the path is set
from crawler.service.dispatcher import Dispatcher, Ended  # noqa: E402 -- after the path is set
from crawler.service.leading import LOOKS_EACH_HEARTBEAT  # noqa: E402 -- after the path is set
from storage import (  # noqa: E402 -- after the path is set
    CatchUp,
    CrawlKind,
    CrawlPlan,
    Cron,
    Interval,
    NewSchedule,
    Overlap,
    RunState,
    Store,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from storage import CrawlRun, Schedule

# Later than any process of this machine has begun: the store asks whether that of a run is alive.
BEGIN = datetime(2027, 1, 1, tzinfo=UTC)
END = datetime(2028, 1, 1, tzinfo=UTC)
ZONES = ("Europe/Paris", "Asia/Shanghai")
OUTAGES = 20
HEARTBEAT_SECONDS = 10.0
SECONDS_AT_MOST = 60.0

# Name, crontab, its hours and minutes once more for the second reckoning, policies.
CRONS = (
    ("nightly", "30 2 * * *", (2,), (30,), Overlap.QUEUE_ONE, CatchUp.ALL),
    ("thrice", "0 */8 * * *", (0, 8, 16), (0,), Overlap.SUPERSEDE, CatchUp.NONE),
    ("daily", "0 8 * * *", (8,), (0,), Overlap.SKIP, CatchUp.ONCE),
)
EVERY = timedelta(hours=24)
FINAL = (RunState.FINISHED, RunState.FAILED, RunState.STOPPED, RunState.KILLED, RunState.SKIPPED, RunState.MISSED)


@dataclass(slots=True)
class Machine:
    """What runs runs, on a machine of its own: they take their time, and end well, badly, or not at all."""

    name: str
    store: Store
    chance: random.Random
    began: Counter[int]
    """How often each run began, on all machines together."""
    now: datetime = BEGIN
    ends_at: dict[int, datetime] = field(default_factory=dict)
    schedules: dict[int, str] = field(default_factory=dict)
    told: dict[int, str] = field(default_factory=dict)

    @property
    def running(self) -> Mapping[int, str]:
        """The runs under way."""
        return self.schedules

    def start(self, run: CrawlRun, schedule: Schedule, *, at: float) -> None:
        """Begin a run as a worker does."""
        if self.store.schedules.claim(run.id, now=self.now) is None:
            return
        self.began[run.id] += 1
        minutes = self.chance.lognormvariate(4.3, 1.3)  # an hour as a rule, far too long now and then
        self.schedules[run.id] = schedule.name
        self.ends_at[run.id] = self.now + timedelta(minutes=min(minutes, 900))

    def stop(self, run_id: int, reason: str, *, at: float) -> None:
        """Stop a run at once."""
        if run_id in self.schedules:
            self.told[run_id] = reason
            self.ends_at[run_id] = self.now

    def watch(self, *, at: float) -> list[Ended]:
        """Let runs end that have taken their time; of one in twenty the process vanishes."""
        over = [run_id for run_id, ends_at in self.ends_at.items() if ends_at <= self.now]
        ended = []
        for run_id in over:
            ended_at = self.ends_at.pop(run_id)
            del self.schedules[run_id]
            fate = self.chance.random()
            if (reason := self.told.pop(run_id, None)) is not None:
                ended.append(Ended(run_id=run_id, state=RunState.STOPPED, reason=reason))
            elif fate < 0.05:
                ended.append(Ended(run_id=run_id, state=RunState.KILLED, reason="its process was ended by SIGKILL"))
            else:
                state, why = (RunState.FINISHED, None) if fate < 0.9 else (RunState.FAILED, "URLs are left")
                self.store.runs.finish(run_id, state=state, reason=why, counts={"new": 3}, now=ended_at)
        return ended


@dataclass(frozen=True, slots=True, kw_only=True)
class Outage:
    """A time in which services are down."""

    begins_at: datetime
    ends_at: datetime
    takes: tuple[int, ...]
    """Which of the two."""


class World:
    """Two services on one database, and the time."""

    def __init__(self, store: Store, chance: random.Random) -> None:
        self.store = store
        self.chance = chance
        self.began: Counter[int] = Counter()
        self.leaders: set[str] = set()
        self._starts = 0
        self._services: list[tuple[Machine, Dispatcher] | None] = [None, None]

    def bring_up(self, which: int) -> None:
        """Start a service, on a machine that knows nothing of the former one's processes."""
        self._starts += 1
        machine = Machine(f"machine {self._starts}", self.store, self.chance, self.began)
        dispatcher = Dispatcher(
            self.store,
            machine,
            holder=machine.name,
            heartbeat_seconds=HEARTBEAT_SECONDS,
            max_runs=100,
            next_poll=lambda _, __: None,
        )
        self._services[which] = (machine, dispatcher)

    def take_down(self, which: int) -> None:
        """Kill a service with all its runs."""
        self._services[which] = None

    def look(self, now: datetime) -> None:
        """Let each service look once, the leader first."""
        at = (now - BEGIN).total_seconds() + 1
        for service in sorted(filter(None, self._services), key=lambda service: not service[1].is_leading):
            machine, dispatcher = service
            machine.now = now
            # not a mock: to make one takes a tenth of what is measured
            with patch.object(socket, "gethostname", partial(str, machine.name)):
                dispatcher.look(now=now, at=at)
            if dispatcher.is_leading:
                self.leaders.add(machine.name)

    def next_event(self) -> datetime | None:
        """Return when something is to be done next: a moment comes, or a run ends on which another waits.

        Other ends are heard of at the next moment, before it is decided.
        """
        instants = []
        is_awaited = any(run.state is RunState.PLANNED for run in self.store.schedules.front())
        for machine, dispatcher in filter(None, self._services):
            if is_awaited or not dispatcher.due_at:
                instants += [*machine.ends_at.values()]
            if dispatcher.due_at is not None:
                instants.append(dispatcher.due_at)
        return min(instants, default=None)

    @property
    def has_leader(self) -> bool:
        """Does one of the services lead?"""
        return any(dispatcher.is_leading for _, dispatcher in filter(None, self._services))

    @property
    def is_down(self) -> bool:
        """Are both down?"""
        return not any(self._services)


def add_schedules(store: Store, crons: int) -> None:
    """Add the schedules of a year."""
    plan = CrawlPlan(source="rfi-cn", kind=CrawlKind.SCHEDULED)
    for zone in ZONES:
        for name, expression, _, _, overlap, catch_up in CRONS[:crons]:
            trigger = Cron(expression=expression, zone=zone)
            stated = NewSchedule(name=f"{name} {zone}", plan=plan, trigger=trigger, overlap=overlap, catch_up=catch_up)
            store.schedules.add(stated, now=BEGIN)
    interval = Interval(every_seconds=EVERY.total_seconds(), jitter_seconds=1800)
    store.schedules.add(NewSchedule(name="interval", plan=plan, trigger=interval), now=BEGIN)


def expected_moments(crons: int) -> dict[str, int]:
    """Count the moments there must be: through the year minute by minute, with nothing but a calendar."""
    counted = {"interval": int((END - BEGIN) / EVERY) - 1}  # the last may be late by its jitter, beyond the year
    for zone in ZONES:
        local_zone = ZoneInfo(zone)
        seen: set[datetime] = set()
        minute = BEGIN
        while minute <= END:
            seen.add(minute.astimezone(local_zone).replace(tzinfo=None, fold=0))
            minute += timedelta(minutes=1)
        for name, _, hours, minutes, _, _ in CRONS[:crons]:
            on_the_wall = {wall for wall in seen if wall.hour in hours and wall.minute in minutes}
            first = BEGIN.astimezone(local_zone).replace(tzinfo=None)
            counted[f"{name} {zone}"] = len(on_the_wall - {first}) + _left_out(seen, hours, minutes)
    return counted


def _left_out(seen: set[datetime], hours: tuple[int, ...], minutes: tuple[int, ...]) -> int:
    """Count the gaps in the wall clock in which moments lie: they come together, right after it."""
    step = timedelta(minutes=1)
    count, ordered = 0, sorted(seen)
    for earlier, later in pairwise(ordered):
        missing = [earlier + n * step for n in range(1, int((later - earlier) / step))]
        is_hit = any(wall.hour in hours and wall.minute in minutes for wall in missing)
        # one that is named for the end of the gap anyway is the same moment
        count += is_hit and not (later.hour in hours and later.minute in minutes)
    return count


def plan_outages(chance: random.Random) -> list[Outage]:
    """Return twenty outages, none within another."""
    starts = sorted(chance.sample(range(1, 364), OUTAGES))
    outages = []
    for day, following in zip(starts, [*starts[1:], 365], strict=True):
        begins_at = BEGIN + timedelta(days=day, minutes=chance.randrange(1440), seconds=chance.randrange(60))
        length = timedelta(minutes=chance.lognormvariate(5, 1.5))  # two and a half hours as a rule, days now and then
        ends_at = min(begins_at + length, BEGIN + timedelta(days=following), END - timedelta(days=1))
        if ends_at <= begins_at:
            ends_at = begins_at + timedelta(minutes=5)
        outages.append(Outage(begins_at=begins_at, ends_at=ends_at, takes=chance.choice([(0,), (1,), (0, 1), (0, 1)])))
    return outages


def live(world: World, outages: list[Outage]) -> int:
    """Let the year pass; return how many looks it took."""
    changes = [(outage.begins_at, which, False) for outage in outages for which in outage.takes]
    changes += [(outage.ends_at, which, True) for outage in outages for which in outage.takes]
    changes.sort(key=lambda change: change[0])
    for which in (0, 1):
        world.bring_up(which)
    now, looks = BEGIN, 0
    while now <= END:
        while changes and changes[0][0] <= now:
            _, which, is_up = changes.pop(0)
            world.bring_up(which) if is_up else world.take_down(which)
        world.look(now)
        looks += 1
        candidates = [END + timedelta(seconds=1), *(change[0] for change in changes[:1])]
        if not world.has_leader and not world.is_down:
            candidates.append(now + timedelta(seconds=HEARTBEAT_SECONDS / LOOKS_EACH_HEARTBEAT))
        elif (event := world.next_event()) is not None:
            candidates.append(event)
        now = max(min(candidates), now + timedelta(microseconds=1))
    # what still runs at the end of the year ends, and no further moment comes
    for schedule in world.store.schedules.all():
        world.store.schedules.pause(schedule.name, now=END)
    while (event := world.next_event()) is not None and looks < 10**6:
        now = max(event, now + timedelta(microseconds=1))
        world.look(now)
        looks += 1
    world.look(now + timedelta(hours=1))
    return looks


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What a year came to on one database."""

    database: str
    planned: int
    expected: int
    states: Mapping[RunState, int]
    unexplained: int
    doubles: int
    takeovers: int
    looks: int
    seconds: float
    wrong: tuple[str, ...]
    """Schedules with another number of moments than there must be."""

    @property
    def is_good(self) -> bool:
        """Is every moment there, final, explained, and run once at most?"""
        is_sum = sum(self.states.get(state, 0) for state in FINAL) == self.planned == self.expected
        is_quick = self.seconds < SECONDS_AT_MOST
        return is_sum and is_quick and not (self.unexplained or self.doubles or self.wrong)


def measure(database: str, url: str, *, crons: int, seed: int, outages: list[Outage] | None = None) -> Result:
    """Let a year pass on one database, and look what became of its moments; without outages these are at random."""
    chance = random.Random(seed)
    expected = expected_moments(crons)
    with Store.open(url) as store:
        add_schedules(store, crons)
        world = World(store, chance)
        began = time.monotonic()
        looks = live(world, plan_outages(chance) if outages is None else outages)
        seconds = time.monotonic() - began
        rows = [run for run in store.runs.latest(limit=10**6) if run.schedule is not None]
    found = Counter(run.schedule for run in rows)
    needs_reason = (RunState.SKIPPED, RunState.MISSED, RunState.KILLED, RunState.FAILED, RunState.STOPPED)
    return Result(
        database=database,
        planned=len(rows),
        expected=sum(expected.values()),
        states=Counter(run.state for run in rows),
        unexplained=sum(run.state not in FINAL or (run.state in needs_reason and not run.reason) for run in rows),
        doubles=sum(count > 1 for count in world.began.values())
        + len(rows)
        - len({(run.schedule, run.planned_at) for run in rows}),
        takeovers=len(world.leaders) - 1,
        looks=looks,
        seconds=seconds,
        wrong=tuple(
            f"{name}: {found[name]}, not {number}" for name, number in expected.items() if found[name] != number
        ),
    )


def databases(only: str | None) -> Iterator[tuple[str, str]]:
    """Yield the databases, each with the URL of an empty one."""
    if only != "postgresql":
        # a year of commits is asked for in a minute: what a disk takes for one is not the question here
        memory = Path("/dev/shm")
        with tempfile.TemporaryDirectory(prefix="newscrawl-year-", dir=memory if memory.is_dir() else None) as folder:
            yield "sqlite", sqlite_url(Path(folder))
    if only != "sqlite":
        with postgresql() as server:
            url = server.new_database()
            with psycopg.connect(url, autocommit=True) as session:
                session.execute(f"ALTER DATABASE {session.info.dbname} SET synchronous_commit = off")
            yield "postgresql", url


def main() -> int:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="fewer schedules: a quarter of a minute")
    parser.add_argument("--only", choices=("sqlite", "postgresql"), help="only this database")
    parser.add_argument("--seed", type=int, help="of the chances; printed, so that a bad year can be had again")
    arguments = parser.parse_args()
    seed = arguments.seed if arguments.seed is not None else random.randrange(10**6)
    logging.disable(logging.CRITICAL)  # a year of skipped and missed runs
    with contextlib.closing(databases(arguments.only)) as all_databases:
        crons = 1 if arguments.quick else len(CRONS)
        results = [measure(name, url, crons=crons, seed=seed) for name, url in all_databases]
    shown = Table(title=f"A year of moments in {' and '.join(ZONES)}, {OUTAGES} outages, seed {seed}")
    shown.add_column("")
    for result in results:
        shown.add_column(result.database, justify="right")
    rows: list[tuple[str, list[object]]] = [("planned moments", [result.planned for result in results])]
    rows.append(("as a calendar has them", [result.expected for result in results]))
    rows += [(state.value, [result.states.get(state, 0) for result in results]) for state in FINAL]
    rows += [
        (name, [getattr(result, name) for result in results])
        for name in ("unexplained", "doubles", "takeovers", "looks")
    ]
    rows.append(("seconds", [f"{result.seconds:.1f}" for result in results]))
    for name, cells in rows:
        shown.add_row(name, *map(str, cells))
    console = Console(width=120)
    console.print(shown)
    for result in results:
        for wrong in result.wrong:
            console.print(f"WRONG on {result.database}: {wrong}")
    figures = [
        f"{result.database}_{name}={value}"
        for result in results
        for name, value in (
            ("planned", result.planned),
            ("explained", sum(result.states.get(state, 0) for state in FINAL) - result.unexplained),
            ("unexplained", result.unexplained),
            ("doubles", result.doubles),
            ("seconds", f"{result.seconds:.1f}"),
        )
    ]
    console.print(" ".join(figures), soft_wrap=True, highlight=False)
    return 0 if all(result.is_good for result in results) else 1


if __name__ == "__main__":
    sys.exit(main())
