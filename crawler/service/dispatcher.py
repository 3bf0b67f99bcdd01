"""The dispatcher: one look at the database after the other, and what follows from it.

The leader decides the moments that have come, and starts what is planned; whoever watches runs settles those that have
ended. What must not be lost is in the database before it is acted upon, so a dispatcher may die at any point.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Protocol

from crawler.service.judging import judge
from crawler.service.leading import Lead
from crawler.service.triggers import due_moments, next_moment
from storage import Adaptive, LeadershipLost, RunState, StoreUnavailable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    from storage import CrawlRun, Judgement, Leadership, Schedule, StandingRun, Store

logger = logging.getLogger(__name__)

# Moments of one schedule that are decided in one transaction; after a long absence the rest follows at the next look.
MOMENTS_AT_ONCE = 500

# Shortest time between two runs of an adaptive schedule.
BETWEEN_POLLS = timedelta(seconds=60)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """A run whose process has ended without having the last word."""

    run_id: int
    state: RunState
    reason: str
    stack: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Poll:
    """When channels of a source are to be asked next."""

    at: datetime
    seeds: tuple[str, ...] = ()
    """Their URLs; empty for all start pages."""


class Runner(Protocol):
    """What runs runs; `crawler.service.children.Children` does, each in a process of its own."""

    @property
    def running(self) -> Mapping[int, str]:
        """The runs under way that were started here: number and schedule."""

    def start(self, run: CrawlRun, schedule: Schedule, *, at: float) -> None:
        """Start a planned run; it claims itself."""

    def stop(self, run_id: int, reason: str, *, at: float) -> None:
        """Have a run stop."""

    def watch(self, *, at: float) -> Sequence[Ended]:
        """Hold runs to their limits; return those that have ended and must be settled."""


class Dispatcher:
    """Plans and starts runs while it leads, and settles what its runner ran.

    Args:
        store: Where the truth is.
        runner: What runs runs.
        holder: This process, for people.
        heartbeat_seconds: Between two signs of life of a leader, and two looks at what an operator changed.
        max_runs: Runs under way at once.
        next_poll: When channels of a schedule's source are to be asked next: what an adaptive trigger goes by.
    """

    def __init__(
        self,
        store: Store,
        runner: Runner,
        *,
        holder: str,
        heartbeat_seconds: float,
        max_runs: int,
        next_poll: Callable[[Schedule, datetime], Poll | None],
    ) -> None:
        self._store = store
        self._runner = runner
        self._max_runs = max_runs
        self._next_poll = next_poll
        self._lead = Lead(store.leadership, holder=holder, heartbeat_seconds=heartbeat_seconds)
        self._heartbeat_seconds = heartbeat_seconds
        self._unsettled: list[Ended] = []
        self._untold: list[int] = []
        self._moments: dict[Schedule, datetime | None] = {}
        self._look_at = 0.0
        self._due_at: datetime | None = None
        self._is_draining = False
        self._is_cut_off = False

    @property
    def is_leading(self) -> bool:
        """Does this process plan and start runs?"""
        return self._lead.mine is not None

    @property
    def due_at(self) -> datetime | None:
        """When the next moment comes; None while none is known, or another leads."""
        return self._due_at if self.is_leading else None

    @property
    def is_idle(self) -> bool:
        """Is nothing under way, and everything settled?"""
        return not self._runner.running and not self._unsettled

    def look(self, *, now: datetime, at: float) -> None:
        """Do what is to be done now; a database that cannot be reached is tried again at the next look.

        Args:
            now: The present time.
            at: Seconds on a clock that only goes forward.
        """
        before = set(self._runner.running)
        self._unsettled += self._runner.watch(at=at)
        gone = before - set(self._runner.running)
        self._untold += gone
        try:
            self._settle(now)
            self._tell_ended()
            if not self._is_draining:
                self._lead.keep(now=now, at=at)
            if (mine := self._lead.mine) is not None and self._is_time(now, at, has_news=bool(gone)):
                self._dispatch(mine, now, at)
            if self._is_cut_off:
                logger.info("the database is back")
            self._is_cut_off = False
        except LeadershipLost as error:
            self._lead.lose(error)
        except StoreUnavailable as error:
            if not self._is_cut_off:
                logger.error("%s; trying again until it is back", error)
            self._is_cut_off = True

    def drain(self, *, at: float) -> None:
        """Start no more runs, and let another lead; those under way go on."""
        self._is_draining = True
        try:
            self._lead.give_up()
        except StoreUnavailable as error:
            logger.warning("%s; another service takes over when this one is silent", error)

    def stop_all(self, reason: str, *, at: float) -> None:
        """Have every run under way stop."""
        for run_id in list(self._runner.running):
            self._runner.stop(run_id, reason, at=at)

    def _is_time(self, now: datetime, at: float, *, has_news: bool) -> bool:
        is_due = self._due_at is not None and self._due_at <= now
        return has_news or is_due or self._lead.is_new or at >= self._look_at

    def _settle(self, now: datetime) -> None:
        """Write what became of runs that cannot say so themselves."""
        while self._unsettled:
            ended = self._unsettled[0]
            self._store.schedules.settle(
                ended.run_id, state=ended.state, reason=ended.reason, stack=ended.stack, now=now
            )
            self._unsettled.pop(0)

    def _tell_ended(self) -> None:
        while self._untold:
            if (run := self._store.runs.get(self._untold[0])) is not None:
                level = logging.INFO if run.state is RunState.FINISHED else logging.WARNING
                why = f" ({run.reason})" if run.reason else ""
                logger.log(level, "run %d of %s %s%s", run.id, run.schedule, run.state.value, why)
            self._untold.pop(0)

    def _dispatch(self, mine: Leadership, now: datetime, at: float) -> None:
        if at >= self._look_at or self._lead.is_new:
            for run_id in self._store.frontier.settle_dead_runs(now=now):
                logger.warning("run %d killed: nobody owned it", run_id)
            self._look_at = at + self._heartbeat_seconds
        schedules = {schedule.name: schedule for schedule in self._store.schedules.all()}
        coming = {name: self._coming(schedule, now) for name, schedule in schedules.items()}
        due = [name for name, one in coming.items() if one is not None and one.at <= now]
        if due or self._lead.is_new:
            schedules |= self._judge(mine, coming, None if self._lead.is_new else due, now, at)
        self._start(schedules, at)
        self._moments = {schedule: self._moment(schedule) for schedule in schedules.values()}
        later = (self._coming(schedule, now) for schedule in schedules.values())
        self._due_at = min((one.at for one in later if one is not None), default=None)

    def _moment(self, schedule: Schedule) -> datetime | None:
        """Return a schedule's next moment; as long as a schedule is the same, so is that."""
        return self._moments[schedule] if schedule in self._moments else next_moment(schedule)

    def _coming(self, schedule: Schedule, now: datetime) -> Poll | None:
        """Return when a schedule's next moment comes, or came; None while it has none."""
        if not isinstance(schedule.trigger, Adaptive):
            moment = self._moment(schedule)
            return None if moment is None else Poll(at=moment)
        if schedule.is_paused or (poll := self._next_poll(schedule, now)) is None:
            return None
        # a poll that stays due, because its run failed, must not be had again and again
        return replace(poll, at=max(poll.at, schedule.judged_until + BETWEEN_POLLS))

    def _judge(
        self,
        mine: Leadership,
        coming: Mapping[str, Poll | None],
        names: Sequence[str] | None,
        now: datetime,
        at: float,
    ) -> dict[str, Schedule]:
        """Decide what has come; return the schedules of which something was decided, as they are now."""
        is_new_term = self._lead.is_new
        following: dict[str, datetime | None] = {}

        def judge_one(schedule: Schedule, standing: Sequence[StandingRun]) -> Judgement | None:
            poll, are_all = coming.get(schedule.name), True
            seeds: tuple[str, ...] = ()
            due: list[datetime] = []
            if not isinstance(schedule.trigger, Adaptive):
                due, following[schedule.name] = due_moments(schedule, until=now, limit=MOMENTS_AT_ONCE)
                are_all = len(due) < MOMENTS_AT_ONCE
            elif poll is not None and poll.at <= now and not standing:
                due, seeds = [poll.at], poll.seeds
            if not due and not is_new_term:
                return None
            until = now if are_all and due else due[-1] if due else schedule.judged_until
            return judge(
                schedule,
                due,
                standing,
                now=now,
                judged_until=until,
                are_all=are_all,
                is_new_term=is_new_term,
                seeds=seeds,
            )

        judged = self._store.schedules.judge(mine, judge_one, names=names)
        for schedule, judgement in judged:
            self._tell(schedule, judgement)
            for run_id, why in judgement.superseded:
                self._runner.stop(run_id, why, at=at)
        self._lead.is_new = False
        now_judged = [replace(schedule, judged_until=one.judged_until) for schedule, one in judged]
        # what was found on the way need not be reckoned again
        self._moments |= {one: following[one.name] for one in now_judged if one.name in following}
        return {schedule.name: schedule for schedule in now_judged}

    def _start(self, schedules: Mapping[str, Schedule], at: float) -> None:
        """Start what waits, as far as there is room; of each schedule one run at a time."""
        front = self._store.schedules.front()
        busy = {*self._runner.running.values(), *(run.schedule for run in front if run.state is RunState.RUNNING)}
        for run in front:
            if len(self._runner.running) >= self._max_runs:
                return
            schedule = schedules.get(run.schedule or "")
            if run.state is RunState.PLANNED and schedule is not None and schedule.name not in busy:
                logger.info("run %d of %s starts", run.id, run.schedule)
                self._runner.start(run, schedule, at=at)

    @staticmethod
    def _tell(schedule: Schedule, judgement: Judgement) -> None:
        for decision in judgement.decisions:
            if decision.reason is not None:
                moment, state = f"{decision.planned_at:%Y-%m-%d %H:%M:%S} UTC", decision.state.value
                logger.warning("%s of %s %s: %s", schedule.name, moment, state, decision.reason)
        for run_id, final, reason in judgement.dropped:
            logger.warning("run %d of %s %s: %s", run_id, schedule.name, final.value, reason)
