"""What becomes of the moments of a schedule that have come: the policies, as a pure function.

A moment is *on time* when it is the latest that has come and not a minute old. Earlier ones passed while nobody was
there, and are for the catch-up policy; what is left of them, and the one on time, is for the overlap policy.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from storage import CatchUp, Decision, Judgement, Overlap, RunState

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from storage import Schedule, StandingRun

    Dropped = tuple[int, RunState, str]

# A moment is judged a few seconds after it came, also on a busy machine and after a take-over.
LATE_AFTER = timedelta(seconds=60)

NOBODY = "nobody was there to start it"


def judge(
    schedule: Schedule,
    due: Sequence[datetime],
    standing: Sequence[StandingRun],
    *,
    now: datetime,
    judged_until: datetime,
    are_all: bool = True,
    is_new_term: bool = False,
    seeds: tuple[str, ...] = (),
) -> Judgement:
    """Decide what becomes of the moments of a schedule that have come.

    Args:
        schedule: With its policies.
        due: The moments that have come and are not judged, the earliest first.
        standing: Its runs without a final state, the earliest first.
        now: The present time.
        judged_until: Up to when the moments in `due` are all there are.
        are_all: False when more have come, for a later judgement: then none of these is on time.
        is_new_term: The leader has just taken over: runs that wait may have waited for long.
        seeds: What runs start from instead of the URLs of the schedule's plan.
    """
    dropped = _stale(schedule, standing, now) if is_new_term else []
    gone = {run_id for run_id, *_ in dropped}
    table = _Table(schedule.overlap, [run for run in standing if run.id not in gone], seeds)
    is_on_time = are_all and bool(due) and now - due[-1] <= LATE_AFTER
    late, on_time = (due[:-1], due[-1:]) if is_on_time else (due, ())
    if schedule.catch_up is CatchUp.ALL:
        for moment in late:
            table.enqueue(moment)
    elif schedule.catch_up is CatchUp.NONE:
        for moment in late:
            table.miss(moment, NOBODY)
    else:
        latest = due[-1] if are_all and due else None
        for moment in late:
            if moment == latest:
                table.place(moment)
            elif latest is None:
                table.miss(moment, f"{NOBODY}; a later run makes up for it")
            else:
                table.miss(moment, f"{NOBODY}; the run planned for {_told(latest)} makes up for it")
    for moment in on_time:
        table.place(moment)
    return Judgement(
        judged_until=judged_until,
        decisions=tuple(table.decisions.values()),
        dropped=(*dropped, *table.dropped),
        superseded=tuple(table.superseded),
    )


def _stale(schedule: Schedule, standing: Sequence[StandingRun], now: datetime) -> list[Dropped]:
    """Return the runs that have waited for a leader for too long, where the policy is not to catch up."""
    if schedule.catch_up is not CatchUp.NONE:
        return []
    waiting = [run for run in standing if run.state is RunState.PLANNED and now - run.planned_at > LATE_AFTER]
    return [(run.id, RunState.MISSED, NOBODY) for run in waiting]


class _Table:
    """The decisions so far, and which runs stand in the way of the next."""

    def __init__(self, overlap: Overlap, standing: Sequence[StandingRun], seeds: tuple[str, ...]) -> None:
        self.decisions: dict[datetime, Decision] = {}
        self.dropped: list[Dropped] = []
        self.superseded: list[tuple[int, str]] = []
        self._overlap = overlap
        self._seeds = seeds
        self._running = [run for run in standing if run.state is RunState.RUNNING]
        self._waiting = [run for run in standing if run.state is RunState.PLANNED]

    def miss(self, moment: datetime, reason: str) -> None:
        """Nobody ran it, and nobody will."""
        self.decisions[moment] = Decision(planned_at=moment, state=RunState.MISSED, reason=reason)

    def enqueue(self, moment: datetime) -> None:
        """Have it run when those before it have ended."""
        self.decisions[moment] = Decision(planned_at=moment, state=RunState.PLANNED, seeds=self._seeds)

    def place(self, moment: datetime) -> None:
        """Have it run, or not, as the overlap policy says."""
        queued = [one.planned_at for one in self.decisions.values() if one.state is RunState.PLANNED]
        if self._overlap is Overlap.SUPERSEDE:
            self._clear_the_way(moment)
        elif self._waiting or queued:
            which = f"run {self._waiting[-1].id}" if self._waiting else f"the run planned for {_told(queued[-1])}"
            self._skip(moment, f"{which} was still waiting")
            return
        elif self._running and self._overlap is Overlap.SKIP:
            self._skip(moment, f"run {self._running[-1].id} was still running")
            return
        self.enqueue(moment)

    def _skip(self, moment: datetime, reason: str) -> None:
        self.decisions[moment] = Decision(planned_at=moment, state=RunState.SKIPPED, reason=reason)

    def _clear_the_way(self, moment: datetime) -> None:
        why = f"superseded by the run planned for {_told(moment)}"
        self.superseded += [(run.id, why) for run in self._running]
        self.dropped += [(run.id, RunState.SKIPPED, why) for run in self._waiting]
        self._running, self._waiting = [], []
        for planned_at, decision in self.decisions.items():
            if decision.state is RunState.PLANNED:
                self._skip(planned_at, why)


def _told(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC"
