"""Schedules, who leads, and runs that are planned before they begin."""

from alembic import op
from sqlalchemy import JSON, BigInteger, Column, Float, Integer, Text

from storage.instants import UtcDateTime

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Make the tables, and let a run be planned, skipped or missed without ever having started."""
    op.create_table(
        "schedules",
        Column("name", Text, primary_key=True),
        Column("source", Text, nullable=False),
        Column("plan", JSON, nullable=False),
        Column("trigger", JSON, nullable=False),
        Column("overlap", Text, nullable=False),
        Column("catch_up", Text, nullable=False),
        Column("time_limit_seconds", Float),
        Column("silence_limit_seconds", Float),
        Column("memory_limit_bytes", BigInteger),
        Column("added_at", UtcDateTime, nullable=False),
        Column("judged_until", UtcDateTime, nullable=False),
        Column("paused_at", UtcDateTime),
        Column("resumed_at", UtcDateTime),
    )
    op.create_table(
        "leadership",
        Column("id", Integer, primary_key=True, autoincrement=False),
        Column("holder", Text),
        Column("term", Integer, nullable=False),
        Column("beats", Integer, nullable=False),
        Column("heartbeat_at", UtcDateTime, nullable=False),
        Column("host", Text, nullable=False),
        Column("pid", Integer, nullable=False),
    )
    with op.batch_alter_table("crawl_runs") as runs:
        for name, kind in (
            ("started_at", UtcDateTime),
            ("heartbeat_at", UtcDateTime),
            ("host", Text),
            ("pid", Integer),
        ):
            runs.alter_column(name, existing_type=kind, nullable=True)
        runs.add_column(Column("schedule", Text))
        runs.add_column(Column("planned_at", UtcDateTime))
        runs.add_column(Column("stack", Text))
        runs.create_unique_constraint("uq_crawl_runs_schedule_planned_at", ["schedule", "planned_at"])
    op.create_index("ix_crawl_runs_state", "crawl_runs", ["state"])
