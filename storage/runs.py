"""Crawl runs: opened, kept alive, closed, listed. Each function works inside the caller's transaction."""

from __future__ import annotations

import os
import socket
from dataclasses import asdict, fields
from typing import TYPE_CHECKING, Any

from sqlalchemy import insert, select, update

from storage.records import CrawlKind, CrawlPlan, CrawlRun, RunState
from storage.tables import CrawlRunRow

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sqlalchemy import Connection, Select

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
