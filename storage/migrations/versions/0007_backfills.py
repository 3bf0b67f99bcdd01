"""Backfills and their slices; which slice a URL waits for; until when backfills leave a host to others."""

from alembic import op
from sqlalchemy import JSON, Column, ForeignKey, Integer, Text, UniqueConstraint, text

from storage.instants import UtcDateTime

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Make the tables, and the columns of the frontier and of hosts."""
    op.create_table(
        "backfills",
        Column("id", Integer, primary_key=True),
        Column("source", Text, nullable=False),
        Column("since", UtcDateTime, nullable=False),
        Column("until", UtcDateTime, nullable=False),
        Column("channels", JSON, nullable=False),
        Column("walk", Integer),
        Column("planned_at", UtcDateTime, nullable=False),
    )
    op.create_index("ix_backfills_source", "backfills", ["source"])
    op.create_table(
        "slices",
        Column("id", Integer, primary_key=True),
        Column("backfill_id", Integer, ForeignKey("backfills.id"), nullable=False),
        Column("number", Integer, nullable=False),
        Column("channel", Text, nullable=False),
        Column("name", Text, nullable=False),
        Column("since", UtcDateTime, nullable=False),
        Column("until", UtcDateTime, nullable=False),
        Column("url", Text, nullable=False),
        Column("priority", Integer, nullable=False),
        Column("state", Text, nullable=False),
        Column("reason", Text),
        Column("requests", Integer, nullable=False),
        Column("counts", JSON, nullable=False),
        Column("started_at", UtcDateTime),
        Column("finished_at", UtcDateTime),
        UniqueConstraint("backfill_id", "number", name="uq_slices_backfill_id_number"),
    )
    op.add_column("frontier", Column("slice", Integer))
    op.add_column("frontier", Column("capture", Text))
    is_sliced = text("slice IS NOT NULL")
    op.create_index(
        "ix_frontier_slice_state", "frontier", ["slice", "state"], sqlite_where=is_sliced, postgresql_where=is_sliced
    )
    op.add_column("hosts", Column("claimed_until", UtcDateTime))
