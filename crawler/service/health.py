"""Does the service do what it is for? Read from the database alone, so that whoever asks gets the same answer.

The endpoint of `newscrawl serve` (`crawler.service.endpoint`) and `newscrawl doctor` ask.
"""

from __future__ import annotations

import os
import socket
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from crawler.service.triggers import next_moment

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from storage import Leadership, RunState, Schedule, Store

# A leader is given up by others after one and a half; a slow disk or the clock of another machine may cost as much.
SILENT_AFTER_HEARTBEATS = 3

# A moment is judged within a heartbeat; what is not after this is not going to be.
OVERDUE_AFTER = timedelta(minutes=2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Overdue:
    """A schedule of which a moment has passed and nothing was decided."""

    schedule: str
    planned_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """How scheduled crawls stand."""

    leader: Leadership | None
    """Who leads; None if nobody does, or its signs of life have stopped."""
    is_ours: bool
    """This process leads."""
    heartbeat_age: timedelta | None
    """Since the last sign of life that anybody left; None if nobody ever led, or the last one gave it up."""
    schedules: tuple[Schedule, ...]
    overdue: tuple[Overdue, ...]
    runs: Mapping[RunState, int]
    """Runs that schedules planned, by state."""

    @property
    def paused(self) -> int:
        """How many schedules are paused."""
        return sum(schedule.is_paused for schedule in self.schedules)

    def troubles(self) -> list[str]:
        """Return what is wrong, one sentence each; nothing where all is well."""
        told = [] if self.leader is not None else ["no service leads; the runs of schedules are not started"]
        return told + [
            f"{one.schedule} should have had a run at {one.planned_at:%Y-%m-%d %H:%M:%S} UTC" for one in self.overdue
        ]


def look(store: Store, *, heartbeat_seconds: float, now: datetime) -> Health:
    """Return how scheduled crawls stand.

    Args:
        store: Of the service's database.
        heartbeat_seconds: Between two signs of life of a leader.
        now: Aware.
    """
    known = store.leadership.current()
    age = None if known is None else now - known.heartbeat_at
    longest = timedelta(seconds=SILENT_AFTER_HEARTBEATS * heartbeat_seconds)
    is_led = known is not None and now - known.heartbeat_at <= longest
    schedules = store.schedules.all()
    return Health(
        leader=known if is_led else None,
        is_ours=known is not None and (known.host, known.pid) == (socket.gethostname(), os.getpid()),
        heartbeat_age=age,
        schedules=tuple(schedules),
        overdue=tuple(
            Overdue(schedule=schedule.name, planned_at=moment)
            for schedule in schedules
            if (moment := next_moment(schedule)) is not None and now - moment > OVERDUE_AFTER
        ),
        runs=store.schedules.tally(),
    )
