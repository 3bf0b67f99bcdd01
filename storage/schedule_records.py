"""The values of scheduled crawls that cross the store's door: schedules, their triggers, what was decided of a moment.

All are frozen; all times are aware and UTC. No framework is imported here.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from storage.run_records import CrawlPlan, RunState


@dataclass(frozen=True, slots=True, kw_only=True)
class Cron:
    """A trigger by the calendar of a zone."""

    expression: str
    """Five fields as in crontab: minute, hour, day of month, month, day of week (0 and 7 are Sunday)."""
    zone: str
    """IANA name, such as ``Europe/Paris``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """A trigger by elapsed time, counted from when the schedule was added."""

    every_seconds: float
    jitter_seconds: float = 0.0
    """Each moment is later by up to this; by how much follows from the moment, so that everybody reckons the same."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Adaptive:
    """A trigger by what the source's channels brought so far: each is polled when news of it is likely."""

    requests_a_day: int
    """Polls of all channels of the source together, at most."""


Trigger = Cron | Interval | Adaptive


class Overlap(enum.Enum):
    """What becomes of a moment while an earlier run of its schedule waits or runs."""

    SKIP = "skip"
    """It is skipped."""
    QUEUE_ONE = "queue one"
    """It waits its turn; a further one is skipped."""
    SUPERSEDE = "supersede"
    """The earlier run is stopped, and this one runs in its stead."""


class CatchUp(enum.Enum):
    """What becomes of moments that passed while nobody was there."""

    ONCE = "once"
    """The latest is run, the others are missed."""
    ALL = "all"
    """Each is run, one after the other."""
    NONE = "none"
    """All are missed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewSchedule:
    """A schedule as an operator states it."""

    name: str
    plan: CrawlPlan
    """What each of its runs is to do; its source is the schedule's."""
    trigger: Trigger
    overlap: Overlap = Overlap.SKIP
    catch_up: CatchUp = CatchUp.ONCE
    time_limit_seconds: float | None = None
    """Longest time that a run may take; None for as long as it needs."""
    silence_limit_seconds: float | None = None
    """Longest time without progress before a run counts as hung; None for the service's own limit."""
    memory_limit_bytes: int | None = None
    """Most memory that a run may hold; None for the service's own limit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule(NewSchedule):
    """A named rhythm on which a source is crawled."""

    added_at: datetime
    judged_until: datetime
    """Every moment up to this one has a run, whatever became of it; later ones are not decided."""
    paused_at: datetime | None = None
    resumed_at: datetime | None = None
    """Moments from `paused_at` until this one were never planned; None while it is paused, or never was."""

    @property
    def is_paused(self) -> bool:
        """Are no runs planned for now?"""
        return self.paused_at is not None and self.resumed_at is None


@dataclass(frozen=True, slots=True, kw_only=True)
class StandingRun:
    """A run of a schedule that has no final state yet."""

    id: int
    planned_at: datetime
    state: RunState
    """PLANNED: it waits its turn. RUNNING."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What becomes of one planned moment."""

    planned_at: datetime
    state: RunState
    """PLANNED, SKIPPED or MISSED."""
    reason: str | None = None
    """Why it is not run, or why so late."""
    seeds: tuple[str, ...] = ()
    """URLs to start from instead of those of the schedule's plan; empty for the plan's own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What becomes of the moments of one schedule up to an instant."""

    judged_until: datetime
    decisions: tuple[Decision, ...] = ()
    dropped: tuple[tuple[int, RunState, str], ...] = ()
    """Runs that wait and are not to be run: number, SKIPPED or MISSED, why."""
    superseded: tuple[tuple[int, str], ...] = ()
    """Runs under way that are to be stopped: number, why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Leadership:
    """The right of one process to plan and start runs; it is lost when another takes it over."""

    holder: str
    """Which process, for people."""
    term: int
    """Grows with each take-over: what was begun in an earlier term is refused."""
    heartbeat_at: datetime
    beats: int
    """Signs of life so far. Whoever waits watches this number by its own clock: those of two machines may differ."""
    host: str
    pid: int
