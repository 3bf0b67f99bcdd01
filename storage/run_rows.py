"""Crawl runs: opened or claimed, kept alive, closed, listed. Each function works inside the caller's transaction."""

from __future__ import annotations

import os
import socket
from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING, Any

import psutil
from sqlalchemy import and_, bindparam, func, insert, literal, or_, select, tuple_, update

from storage.instants import UtcDateTime
from storage.run_records import CrawlKind, CrawlPlan, CrawlRun, RunState
from storage.tables import CrawlRunRow

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import Connection, Executable

    from storage.frontier_records import Walk

VANISHED = "its process vanished"

# Statements are made once where a dispatcher or its runs ask again and again: to make one takes as long as to send it.
_COLUMNS = (
    CrawlRunRow.id,
    CrawlRunRow.plan,
    CrawlRunRow.state,
    CrawlRunRow.reason,
    CrawlRunRow.started_at,
    CrawlRunRow.finished_at,
    CrawlRunRow.counts,
    CrawlRunRow.schedule,
    CrawlRunRow.planned_at,
    CrawlRunRow.stack,
    CrawlRunRow.degraded,
)
_RUNS = select(*_COLUMNS)
_IS_THIS = CrawlRunRow.id == bindparam("run_id")
_ONE_RUN = _RUNS.where(_IS_THIS)
_IS_PLANNED = CrawlRunRow.state == RunState.PLANNED.value
_IS_RUNNING = CrawlRunRow.state == RunState.RUNNING.value
_IS_FIRST_PLANNED = and_(
    _IS_PLANNED,
    tuple_(CrawlRunRow.schedule, CrawlRunRow.planned_at).in_(
        select(CrawlRunRow.schedule, func.min(CrawlRunRow.planned_at)).where(_IS_PLANNED).group_by(CrawlRunRow.schedule)
    ),
)
_FRONT = _RUNS.where(
    or_(_IS_PLANNED, _IS_RUNNING),  # for the index: the rest says so, but not to a planner
    or_(_IS_FIRST_PLANNED, _IS_RUNNING),
    CrawlRunRow.schedule.is_not(None),
).order_by(CrawlRunRow.planned_at, CrawlRunRow.id)
_CLAIM = update(CrawlRunRow).where(_IS_THIS, _IS_PLANNED).returning(*_COLUMNS)
# one that was taken for dead, because it could not leave signs of life, knows better
_IS_OPEN = or_(_IS_RUNNING, CrawlRunRow.state == RunState.KILLED.value)
_FINISH = update(CrawlRunRow).where(_IS_THIS, _IS_OPEN).returning(*_COLUMNS)
_WHO_RUNS = select(
    CrawlRunRow.id,
    CrawlRunRow.plan,
    CrawlRunRow.host,
    CrawlRunRow.pid,
    CrawlRunRow.started_at,
    CrawlRunRow.heartbeat_at,
).where(_IS_RUNNING)
_PLAN_FIELDS = frozenset(field.name for field in fields(CrawlPlan))


def start_run(connection: Connection, plan: CrawlPlan, *, now: datetime) -> CrawlRun:
    """Open a run of this process."""
    run_id = connection.scalars(
        insert(CrawlRunRow).returning(CrawlRunRow.id),
        {
            "plan": plan_as_json(plan),
            "state": RunState.RUNNING.value,
            "started_at": now,
            "heartbeat_at": now,
            "host": socket.gethostname(),
            "pid": os.getpid(),
            "counts": {},
            "source": plan.source,
            "scope": "",
            "walk": None,
        },
    ).one()
    return CrawlRun(id=run_id, plan=plan, state=RunState.RUNNING, reason=None, started_at=now, finished_at=None)


def plan_as_json(plan: CrawlPlan) -> dict[str, Any]:
    """Return a plan as it is kept; `plan_from_json` reads it back."""
    return asdict(plan) | {"kind": plan.kind.value}


def claim_run(connection: Connection, run_id: int, *, now: datetime) -> CrawlRun | None:
    """Make a planned run one of this process, and return it; None if it is not planned: another has it, or had."""
    claimed = _read(
        connection,
        _CLAIM,
        {
            "run_id": run_id,
            "state": RunState.RUNNING.value,
            "started_at": now,
            "heartbeat_at": now,
            "host": socket.gethostname(),
            "pid": os.getpid(),
        },
    )
    return claimed[0] if claimed else None


def settle_run(
    connection: Connection, run_id: int, *, state: RunState, reason: str | None, stack: str | None, now: datetime
) -> bool:
    """Close a run whose process has ended, in the words of whoever watched it; return whether it was still open.

    A run that could still say itself that it stopped was told to stop, and one whose process was found to be gone was
    ended: why, its watcher knows better.
    """
    open_states = (RunState.PLANNED, RunState.RUNNING, RunState.STOPPED, RunState.KILLED)
    is_open = CrawlRunRow.state.in_([one.value for one in open_states])
    settled = connection.execute(
        update(CrawlRunRow)
        .where(CrawlRunRow.id == run_id, is_open)
        .values(
            state=state.value,
            reason=reason,
            stack=stack,
            finished_at=func.coalesce(CrawlRunRow.finished_at, literal(now, UtcDateTime)),
        )
    )
    return bool(settled.rowcount)


def keep_alive(connection: Connection, run_id: int, *, counts: Mapping[str, int] | None, now: datetime) -> None:
    """Note that a run is alive, and what it has counted so far."""
    changes: dict[str, Any] = {"heartbeat_at": now}
    if counts is not None:
        changes["counts"] = dict(counts)
    connection.execute(update(CrawlRunRow).where(CrawlRunRow.id == run_id), changes)


def finish_run(
    connection: Connection,
    run_id: int,
    *,
    state: RunState,
    reason: str | None,
    counts: Mapping[str, int],
    degraded: Sequence[str] = (),
    now: datetime,
) -> CrawlRun:
    """Close a run and return it as it is then: what its watcher said of it, that it hung, stays.

    Raises:
        LookupError: There is no such run.
    """
    finished = _read(
        connection,
        _FINISH,
        {
            "run_id": run_id,
            "state": state.value,
            "reason": reason,
            "counts": dict(counts),
            "degraded": list(degraded),
            "finished_at": now,
            "heartbeat_at": now,
        },
    )
    run = finished[0] if finished else read_run(connection, run_id)
    if run is None:
        raise LookupError(f"there is no run {run_id}")
    return run


def find_dead_runs(connection: Connection, *, silent_since: datetime) -> list[int]:
    """Return the numbers of runs that are called running and whose process is gone.

    Args:
        silent_since: A run of another machine is dead if its last heartbeat is older than this.
    """
    here = socket.gethostname()
    return [
        row.id
        for row in connection.execute(_WHO_RUNS)
        # a replay began long before its process did, by the recorded clock
        if row.plan.get("recorded_run") is None
        if (row.host == here and not is_alive(row.pid, row.started_at))
        or (row.host != here and row.heartbeat_at < silent_since)
    ]


def is_alive(pid: int, started_at: datetime) -> bool:
    """Is this process still the one that started then? The system gives the number of a dead one to another."""
    try:
        process = psutil.Process(pid)
        is_older = process.create_time() <= started_at.timestamp() + 1
        return is_older and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
    except psutil.AccessDenied:
        return True


def mark_killed(connection: Connection, run_ids: Sequence[int], *, now: datetime) -> None:
    """Close runs whose process is gone; their last heartbeat is when they ended, as far as anybody knows."""
    connection.execute(
        update(CrawlRunRow)
        .where(CrawlRunRow.id.in_(run_ids))
        .values(
            state=RunState.KILLED.value,
            reason=f"{VANISHED}; found at {now:%Y-%m-%d %H:%M:%S} UTC",
            finished_at=CrawlRunRow.heartbeat_at,
        )
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class EndedRun:
    """What the next run of a walk must know of the last."""

    walk: int
    finished_at: datetime | None
    was_cut_off: bool
    """It did not end as planned."""


def last_ended_run(connection: Connection, source: str, *, scope: str, before: int) -> EndedRun | None:
    """Return the latest run over the same part of a source that has ended; None if there is none."""
    row = connection.execute(
        select(CrawlRunRow.walk, CrawlRunRow.finished_at, CrawlRunRow.state)
        .where(
            CrawlRunRow.source == source,
            CrawlRunRow.scope == scope,
            CrawlRunRow.id < before,
            CrawlRunRow.walk.is_not(None),
            CrawlRunRow.finished_at.is_not(None),
        )
        .order_by(CrawlRunRow.id.desc())
        .limit(1)
    ).one_or_none()
    if row is None:
        return None
    return EndedRun(walk=row.walk, finished_at=row.finished_at, was_cut_off=row.state != RunState.FINISHED.value)


def note_walk(connection: Connection, run_id: int, walk: Walk) -> None:
    """Note which walk a run goes on with or begins."""
    connection.execute(update(CrawlRunRow).where(CrawlRunRow.id == run_id).values(scope=walk.scope, walk=walk.number))


def read_run(connection: Connection, run_id: int) -> CrawlRun | None:
    """Return a run; None if there is no such run."""
    return next(iter(_read(connection, _ONE_RUN, {"run_id": run_id})), None)


def read_runs(
    connection: Connection, *, limit: int, schedule: str | None = None, states: Sequence[RunState] = ()
) -> list[CrawlRun]:
    """Return the latest runs, newest first; with `schedule` only those that it planned, with `states` only those."""
    query = _RUNS if schedule is None else _RUNS.where(CrawlRunRow.schedule == schedule)
    if states:
        query = query.where(CrawlRunRow.state.in_([state.value for state in states]))
    return _read(connection, query.order_by(CrawlRunRow.id.desc()).limit(limit))


def read_front(connection: Connection) -> list[CrawlRun]:
    """Return of each schedule the runs under way and the first that waits to be started, the earliest first."""
    return _read(connection, _FRONT)


def _read(connection: Connection, statement: Executable, values: Mapping[str, Any] | None = None) -> list[CrawlRun]:
    return [
        CrawlRun(
            id=row.id,
            plan=plan_from_json(row.plan),
            state=RunState(row.state),
            reason=row.reason,
            started_at=row.started_at,
            finished_at=row.finished_at,
            counts=row.counts,
            schedule=row.schedule,
            planned_at=row.planned_at,
            stack=row.stack,
            degraded=tuple(row.degraded or ()),
        )
        for row in connection.execute(statement, values)
    ]


def plan_from_json(stored: dict[str, Any]) -> CrawlPlan:
    """Read a plan back; what another version of this program put in beside is passed over."""
    plan = {name: value for name, value in stored.items() if name in _PLAN_FIELDS}
    return CrawlPlan(**plan | {"kind": CrawlKind(plan["kind"]), "seeds": tuple(plan.get("seeds", ()))})
