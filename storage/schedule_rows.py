"""What of a schedule goes into which column, and back."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from storage.run_rows import plan_as_json, plan_from_json
from storage.schedule_records import Adaptive, CatchUp, Cron, Interval, Overlap, Schedule

if TYPE_CHECKING:
    from sqlalchemy import Row as ResultRow

    from storage.schedule_records import NewSchedule, Trigger

_TRIGGERS: dict[str, type[Trigger]] = {"cron": Cron, "interval": Interval, "adaptive": Adaptive}
_KINDS = {kind: name for name, kind in _TRIGGERS.items()}


def trigger_as_json(trigger: Trigger) -> dict[str, Any]:
    """Return a trigger as it is kept and shown: its kind and its fields."""
    return {"kind": _KINDS[type(trigger)], **asdict(trigger)}


def trigger_from_json(stored: dict[str, Any]) -> Trigger:
    """Read a trigger back."""
    fields = dict(stored)
    return _TRIGGERS[fields.pop("kind")](**fields)


def as_row(new: NewSchedule) -> dict[str, Any]:
    """Return the row of a schedule as an operator stated it."""
    return {
        "name": new.name,
        "source": new.plan.source,
        "plan": plan_as_json(new.plan),
        "trigger": trigger_as_json(new.trigger),
        "overlap": new.overlap.value,
        "catch_up": new.catch_up.value,
        "time_limit_seconds": new.time_limit_seconds,
        "silence_limit_seconds": new.silence_limit_seconds,
        "memory_limit_bytes": new.memory_limit_bytes,
    }


def as_schedule(row: ResultRow[Any]) -> Schedule:
    """Read a row back."""
    return Schedule(
        name=row.name,
        plan=plan_from_json(row.plan),
        trigger=trigger_from_json(row.trigger),
        overlap=Overlap(row.overlap),
        catch_up=CatchUp(row.catch_up),
        time_limit_seconds=row.time_limit_seconds,
        silence_limit_seconds=row.silence_limit_seconds,
        memory_limit_bytes=row.memory_limit_bytes,
        added_at=row.added_at,
        judged_until=row.judged_until,
        paused_at=row.paused_at,
        resumed_at=row.resumed_at,
    )
