"""The rows of scheduled crawls: schedules, and who leads. Their runs are rows of `storage.tables.CrawlRunRow`."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Float
from sqlalchemy.orm import Mapped, mapped_column

from storage.tables import Row


class ScheduleRow(Row):
    """A named rhythm on which a source is crawled; see `storage.schedule_records.Schedule`."""

    __tablename__ = "schedules"

    name: Mapped[str] = mapped_column(primary_key=True)
    source: Mapped[str]
    plan: Mapped[dict[str, Any]]
    trigger: Mapped[dict[str, Any]]
    """Its kind (``cron``, ``interval``, ``adaptive``) and the fields of that trigger."""
    overlap: Mapped[str]
    catch_up: Mapped[str]
    time_limit_seconds: Mapped[float | None] = mapped_column(Float)
    silence_limit_seconds: Mapped[float | None] = mapped_column(Float)
    memory_limit_bytes: Mapped[int | None] = mapped_column(BigInteger)
    added_at: Mapped[datetime]
    judged_until: Mapped[datetime]
    paused_at: Mapped[datetime | None]
    resumed_at: Mapped[datetime | None]


class LeadershipRow(Row):
    """Who plans and starts runs: one row, or none before the first service."""

    __tablename__ = "leadership"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    """Always 1."""
    holder: Mapped[str | None]
    """None when the last one gave it up."""
    term: Mapped[int]
    beats: Mapped[int]
    heartbeat_at: Mapped[datetime]
    host: Mapped[str]
    pid: Mapped[int]
