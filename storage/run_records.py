"""What a run is to do, and what it came to.

One of the rooms of values that cross the store's door; see `storage.records`.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from datetime import datetime  # noqa: TC003 -- dataclass fields are read at runtime by as_json


class CrawlKind(enum.Enum):
    """Why a run exists."""

    SCHEDULED = "scheduled"
    ONEOFF = "oneoff"
    BACKFILL = "backfill"
    REPLAY = "replay"
    IMPORT = "import"


@dataclass(frozen=True, slots=True, kw_only=True)
class CrawlPlan:
    """What one run is to do. Schedule, command line, backfill and replay differ only in this value."""

    source: str
    kind: CrawlKind
    seeds: tuple[str, ...] = ()
    """URLs to start from; empty means the source's own front and section pages."""
    limit: int | None = None
    """Stop after this many articles; None means no limit."""
    pages: int = 1
    """Listing pages to follow from each start, the first one included."""
    via: str | None = None
    """Base URL of a server that answers in the site's stead, such as ``http://127.0.0.1:8000``."""
    archive: str | None = None
    """Folder to answer from instead of the network (replay)."""
    delay_seconds: float = 1.0
    """Pause between two requests to one host."""
    backfill: int | None = None
    """Number of the backfill whose slices the run works off; None for any other run."""
    record: str | None = None
    """Folder, or address of one, that every exchange is recorded in; None records nothing."""
    recorded_run: str | None = None
    """Which run of the archive is replayed, by the beginning of its files' names; None where it records none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """A stretch of time, half-open: an instant at its end is not in it."""

    since: datetime
    until: datetime
    """Both aware, UTC."""


class RunState(enum.Enum):
    """Where a run stands: planned, then running, then one of the others, which are final."""

    PLANNED = "planned"
    """Of a schedule: it waits to be started."""
    RUNNING = "running"
    FINISHED = "finished"
    STOPPED = "stopped"
    """By hand or by a signal, in good order."""
    BLOCKED = "blocked"
    """The site refuses us; see its reason."""
    FAILED = "failed"
    KILLED = "killed"
    """Its process vanished, or was ended by force."""
    HUNG = "hung"
    """It made no progress and was ended; its stack says where."""
    SKIPPED = "skipped"
    """Of a schedule: it was not started, as the schedule's policy has it; see its reason."""
    MISSED = "missed"
    """Of a schedule: nobody was there to start it in time; see its reason."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CrawlRun:
    """One execution of a plan."""

    id: int
    plan: CrawlPlan
    state: RunState
    reason: str | None
    """Why it ended, in a few words; None while it runs."""
    started_at: datetime | None
    """None for a run that was never started."""
    finished_at: datetime | None
    schedule: str | None = None
    """Name of the schedule that planned it; None for a run by hand. The schedule may have been removed since."""
    planned_at: datetime | None = None
    """The moment for which its schedule planned it."""
    stack: str | None = None
    """Of a hung run: where each of its threads stood."""
    counts: dict[str, int] = field(default_factory=dict)
    """Counts by glossary word: ``new``, ``revised``, ``rejected: no text``, ``fetched`` …"""
    degraded: tuple[str, ...] = ()
    """Why its readings are not to be trusted, a sentence each; empty: nothing speaks against them."""
