"""Schedules and the runs that they plan.

The truth about scheduled crawls is here: which moments were decided, and how. Who decides (`crawler.service`) gives a
pure function to `judge`, which writes what it says in one transaction, for as long as its caller leads.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, delete, func, select, update

from storage.database import reading, writing
from storage.errors import ScheduleExists, UnknownSchedule
from storage.leadership import check_leads
from storage.leases import return_leases
from storage.rows import insert_rows
from storage.run_records import RunState
from storage.run_rows import claim_run, plan_as_json, read_front, read_run, settle_run
from storage.schedule_records import Decision, Schedule, StandingRun
from storage.schedule_rows import as_row, as_schedule
from storage.schedule_tables import ScheduleRow
from storage.tables import CrawlRunRow

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from sqlalchemy import Connection, Engine

    from storage.run_records import CrawlRun
    from storage.schedule_records import Judgement, Leadership, NewSchedule

    Judge = Callable[[Schedule, Sequence[StandingRun]], Judgement | None]

_OPEN = (RunState.PLANNED.value, RunState.RUNNING.value)

# made once: a dispatcher asks several times a second
_SCHEDULES = select(*ScheduleRow.__table__.c)
_STANDING = (
    select(CrawlRunRow.id, CrawlRunRow.schedule, CrawlRunRow.planned_at, CrawlRunRow.state)
    .where(CrawlRunRow.state.in_(_OPEN), CrawlRunRow.schedule.is_not(None))
    .order_by(CrawlRunRow.planned_at, CrawlRunRow.id)
)
_JUDGED = update(ScheduleRow).where(ScheduleRow.name == bindparam("of_name"))
_DROP = update(CrawlRunRow).where(CrawlRunRow.id == bindparam("run_id"), CrawlRunRow.state == RunState.PLANNED.value)


class Schedules:
    """The door to schedules; `storage.store.Store.schedules` gives it.

    Every method may be called from any thread, is one transaction, and raises `StoreUnavailable` when the database
    cannot be reached, read or written.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def add(self, new: NewSchedule, *, now: datetime) -> Schedule:
        """Add a schedule; its first moment is the first one after `now`.

        The caller has checked the trigger: see `crawler.service.triggers`.

        Raises:
            ScheduleExists: One has this name already.
        """
        with writing(self._engine) as connection:
            if connection.scalar(select(ScheduleRow.name).where(ScheduleRow.name == new.name)) is not None:
                raise ScheduleExists(new.name)
            insert_rows(connection, ScheduleRow, [as_row(new) | {"added_at": now, "judged_until": now}])
            return _read_one(connection, new.name)

    def all(self) -> list[Schedule]:
        """Return all schedules by name."""
        with reading(self._engine) as connection:
            return _read_all(connection)

    def named(self, name: str) -> Schedule:
        """Return a schedule.

        Raises:
            UnknownSchedule: None has this name.
        """
        with reading(self._engine) as connection:
            return _read_one(connection, name)

    def pause(self, name: str, *, now: datetime) -> Schedule:
        """Plan no runs from now on; what waits is skipped, what runs goes on. One that is paused stays as it is.

        Raises:
            UnknownSchedule: None has this name.
        """
        with writing(self._engine) as connection:
            if not _read_one(connection, name).is_paused:
                _change(connection, name, paused_at=now, resumed_at=None)
                _drop_waiting(connection, name, "its schedule was paused")
            return _read_one(connection, name)

    def resume(self, name: str, *, now: datetime) -> Schedule:
        """Plan runs again, for moments after now. One that is not paused stays as it is.

        Raises:
            UnknownSchedule: None has this name.
        """
        with writing(self._engine) as connection:
            if _read_one(connection, name).is_paused:
                _change(connection, name, resumed_at=now)
            return _read_one(connection, name)

    def remove(self, name: str) -> None:
        """Remove a schedule; what waits is skipped, what runs goes on, and its runs stay in the history.

        Raises:
            UnknownSchedule: None has this name.
        """
        with writing(self._engine) as connection:
            _read_one(connection, name)
            connection.execute(delete(ScheduleRow).where(ScheduleRow.name == name))
            _drop_waiting(connection, name, "its schedule was removed")

    def plan_now(self, name: str, *, now: datetime) -> CrawlRun:
        """Plan one run for now, paused or not; the leader starts it when no other run of this schedule is under way.

        Raises:
            UnknownSchedule: None has this name.
        """
        with writing(self._engine) as connection:
            schedule = _read_one(connection, name)
            planned = _run_rows(schedule, [Decision(planned_at=now, state=RunState.PLANNED)])
            insert_rows(connection, CrawlRunRow, planned, or_ignore=True)
            run_id = connection.scalar(
                select(CrawlRunRow.id).where(CrawlRunRow.schedule == name, CrawlRunRow.planned_at == now)
            )
            run = read_run(connection, run_id or 0)
        assert run is not None, "it was just written"
        return run

    def judge(
        self, leadership: Leadership, judge: Judge, *, names: Sequence[str] | None = None
    ) -> list[tuple[Schedule, Judgement]]:
        """Decide planned moments and write what was decided; all or nothing, and nothing twice.

        Args:
            leadership: Of the caller.
            judge: Says what becomes of a schedule's moments, from it and its runs without a final state; None if
                there is nothing to decide. It must be pure.
            names: Only these schedules; None for all.

        Returns:
            The schedules of which something was decided, each with its judgement.

        Raises:
            LeadershipLost: Another leads by now; nothing was written.
        """
        judged = []
        with writing(self._engine) as connection:
            check_leads(connection, leadership)
            standing = _read_standing(connection)
            for schedule in _read_all(connection, names):
                judgement = judge(schedule, standing.get(schedule.name, ()))
                if judgement is not None:
                    judged.append((schedule, judgement))
            _write(connection, judged)
        return judged

    def front(self) -> list[CrawlRun]:
        """Return of each schedule the runs under way and the first that waits to be started, the earliest first.

        Also those of schedules now removed.
        """
        with reading(self._engine) as connection:
            return read_front(connection)

    def claim(self, run_id: int, *, now: datetime) -> CrawlRun | None:
        """Begin a planned run in this process, and return it; None if it is no longer planned: it is not to be run."""
        with writing(self._engine) as connection:
            return claim_run(connection, run_id, now=now)

    def settle(
        self, run_id: int, *, state: RunState, reason: str | None, now: datetime, stack: str | None = None
    ) -> bool:
        """Close a run whose process has ended without closing it, and give back what it had leased.

        Returns:
            Whether it was still open, or stopped as it was told; what a run said of itself else is left alone.
        """
        with writing(self._engine) as connection:
            return_leases(connection, [run_id], now=now)
            return settle_run(connection, run_id, state=state, reason=reason, stack=stack, now=now)

    def tally(self, name: str | None = None) -> dict[RunState, int]:
        """Count the planned runs by state: of one schedule, or of all there ever were."""
        query = select(CrawlRunRow.state, func.count()).where(CrawlRunRow.schedule.is_not(None))
        if name is not None:
            query = query.where(CrawlRunRow.schedule == name)
        with reading(self._engine) as connection:
            return {RunState(state): count for state, count in connection.execute(query.group_by(CrawlRunRow.state))}


def _read_all(connection: Connection, names: Sequence[str] | None = None) -> list[Schedule]:
    rows = connection.execute(_SCHEDULES)
    schedules = [as_schedule(row) for row in rows if names is None or row.name in names]
    return sorted(schedules, key=lambda schedule: schedule.name)  # by code points, whatever the database's collation


def _read_one(connection: Connection, name: str) -> Schedule:
    row = connection.execute(_SCHEDULES.where(ScheduleRow.name == name)).one_or_none()
    if row is None:
        raise UnknownSchedule(name)
    return as_schedule(row)


def _change(connection: Connection, name: str, **values: Any) -> None:
    connection.execute(update(ScheduleRow).where(ScheduleRow.name == name).values(**values))


def _read_standing(connection: Connection) -> dict[str, list[StandingRun]]:
    standing: dict[str, list[StandingRun]] = defaultdict(list)
    for row in connection.execute(_STANDING):
        standing[row.schedule].append(StandingRun(id=row.id, planned_at=row.planned_at, state=RunState(row.state)))
    return dict(standing)


def _write(connection: Connection, judged: Sequence[tuple[Schedule, Judgement]]) -> None:
    """Write what was decided of some schedules, of all together a statement for each thing there is to write."""
    until = [{"of_name": schedule.name, "judged_until": one.judged_until} for schedule, one in judged]
    if until:
        connection.execute(_JUDGED, until)
    insert_rows(
        connection,
        CrawlRunRow,
        [row for schedule, one in judged for row in _run_rows(schedule, one.decisions)],
        or_ignore=True,
    )
    dropped = [
        {"run_id": run_id, "state": state.value, "reason": reason}
        for _, one in judged
        for run_id, state, reason in one.dropped
    ]
    if dropped:
        connection.execute(_DROP, dropped)


def _run_rows(schedule: Schedule, decisions: Sequence[Decision]) -> list[dict[str, Any]]:
    """Return the row of a run for each decided moment; to be written unless the moment has one."""
    return [
        {
            "plan": plan_as_json(replace(schedule.plan, seeds=decision.seeds) if decision.seeds else schedule.plan),
            "state": decision.state.value,
            "reason": decision.reason,
            "counts": {},
            "source": schedule.plan.source,
            "scope": "",
            "schedule": schedule.name,
            "planned_at": decision.planned_at,
        }
        for decision in decisions
    ]


def _drop_waiting(connection: Connection, name: str, reason: str) -> None:
    connection.execute(
        update(CrawlRunRow)
        .where(CrawlRunRow.schedule == name, CrawlRunRow.state == RunState.PLANNED.value)
        .values(state=RunState.SKIPPED.value, reason=reason)
    )
