"""What readings of a template look like, pages held back, which reader made a revision and what it said before."""

from alembic import op
from sqlalchemy import JSON, Column, ForeignKey, Integer, LargeBinary, Text

from storage.instants import UtcDateTime

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Make the tables, and mark runs and revisions."""
    op.add_column("crawl_runs", Column("degraded", JSON))
    op.add_column("revisions", Column("reader_version", Text))
    op.create_table(
        "baselines",
        Column("source", Text, primary_key=True),
        Column("template", Text, primary_key=True),
        Column("state", JSON, nullable=False),
        Column("updated_at", UtcDateTime, nullable=False),
    )
    op.create_table(
        "held_pages",
        Column("url_key", LargeBinary(16), primary_key=True),
        Column("url", Text, nullable=False),
        Column("source", Text, nullable=False),
        Column("template", Text, nullable=False),
        Column("reason", Text, nullable=False),
        Column("reader_version", Text, nullable=False),
        Column("run_id", Integer),
        Column("held_at", UtcDateTime, nullable=False),
    )
    op.create_index("ix_held_pages_source_template", "held_pages", ["source", "template"])
    op.create_table(
        "earlier_readings",
        Column("revision_id", Integer, ForeignKey("revisions.id"), primary_key=True, autoincrement=False),
        Column("number", Integer, primary_key=True, autoincrement=False),
        Column("reader_version", Text),
        Column("replaced_at", UtcDateTime, nullable=False),
        Column("content", LargeBinary, nullable=False),
    )
