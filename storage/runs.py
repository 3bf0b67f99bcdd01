"""Crawl runs: opened, kept alive, closed, listed. Each function works inside the caller's transaction."""

from __future__ import annotations

import os
import socket
from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING, Any

import psutil
from sqlalchemy import insert, select, update

from storage.records import CrawlKind, CrawlPlan, CrawlRun, RunState
from storage.tables import CrawlRunRow

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import Connection, Select

    from storage.records import Walk

_RUNS = select(
    CrawlRunRow.id,
    CrawlRunRow.plan,
    CrawlRunRow.state,
    CrawlRunRow.reason,
    CrawlRunRow.started_at,
    CrawlRunRow.finished_at,
    CrawlRunRow.counts,
)
_PLAN_FIELDS = frozenset(field.name for field in fields(CrawlPlan))


def start_run(connection: Connection, plan: CrawlPlan, *, now: datetime) -> CrawlRun:
    """Open a run of this process."""
    run_id = connection.scalars(
        insert(CrawlRunRow).returning(CrawlRunRow.id),
        {
            "plan": asdict(plan) | {"kind": plan.kind.value},
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
    now: datetime,
) -> CrawlRun:
    """Close a run and return it.

    Raises:
        LookupError: There is no such run.
    """
    connection.execute(
        update(CrawlRunRow).where(CrawlRunRow.id == run_id),
        {
            "state": state.value,
            "reason": reason,
            "counts": dict(counts),
            "finished_at": now,
            "heartbeat_at": now,
        },
    )
    run = read_run(connection, run_id)
    if run is None:
        raise LookupError(f"there is no run {run_id}")
    return run


def find_dead_runs(connection: Connection, *, silent_since: datetime) -> list[int]:
    """Return the numbers of runs that are called running and whose process is gone.

    Args:
        silent_since: A run of another machine is dead if its last heartbeat is older than this.
    """
    query = select(
        CrawlRunRow.id, CrawlRunRow.host, CrawlRunRow.pid, CrawlRunRow.started_at, CrawlRunRow.heartbeat_at
    ).where(CrawlRunRow.state == RunState.RUNNING.value)
    here = socket.gethostname()
    return [
        row.id
        for row in connection.execute(query)
        if (row.host == here and not _is_alive(row.pid, row.started_at))
        or (row.host != here and row.heartbeat_at < silent_since)
    ]


def _is_alive(pid: int, started_at: datetime) -> bool:
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
            reason=f"its process vanished; found at {now:%Y-%m-%d %H:%M:%S} UTC",
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
    return next(iter(_read(connection, _RUNS.where(CrawlRunRow.id == run_id))), None)


def read_runs(connection: Connection, *, limit: int) -> list[CrawlRun]:
    """Return the latest runs, newest first."""
    return _read(connection, _RUNS.order_by(CrawlRunRow.id.desc()).limit(limit))


def _read(connection: Connection, query: Select[*tuple[Any, ...]]) -> list[CrawlRun]:
    return [
        CrawlRun(
            id=row.id,
            plan=_as_plan(row.plan),
            state=RunState(row.state),
            reason=row.reason,
            started_at=row.started_at,
            finished_at=row.finished_at,
            counts=row.counts,
        )
        for row in connection.execute(query)
    ]


def _as_plan(stored: dict[str, Any]) -> CrawlPlan:
    """Read a plan back; what another version of this program put in beside is passed over."""
    plan = {name: value for name, value in stored.items() if name in _PLAN_FIELDS}
    return CrawlPlan(**plan | {"kind": CrawlKind(plan["kind"]), "seeds": tuple(plan.get("seeds", ()))})
