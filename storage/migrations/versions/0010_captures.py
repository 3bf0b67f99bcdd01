"""Where the recorded bytes stand that a revision was read from."""

from alembic import op
from sqlalchemy import BigInteger, Column, ForeignKey, Integer, Text

from storage.instants import UtcDateTime

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "captures",
        Column("revision_id", Integer, ForeignKey("revisions.id"), primary_key=True, autoincrement=False),
        Column("recording", Text, nullable=False),
        Column("file", Text, nullable=False),
        Column("offset", BigInteger, nullable=False),
        Column("length", BigInteger, nullable=False),
        Column("payload_digest", Text, nullable=False),
        Column("url", Text, nullable=False),
        Column("captured_at", UtcDateTime, nullable=False),
    )
