"""Channels, the articles that they showed, and when they were asked; empty until channels are asked again."""

from alembic import op
from sqlalchemy import Column, ForeignKey, Integer, LargeBinary, PrimaryKeyConstraint, Text, UniqueConstraint

from storage.instants import UtcDateTime

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Make the tables of discovery."""
    op.create_table(
        "channels",
        Column("id", Integer, primary_key=True),
        Column("source", Text, nullable=False),
        Column("url_key", LargeBinary(16), nullable=False),
        Column("url", Text, nullable=False),
        Column("kind", Text, nullable=False),
        Column("found_at", UtcDateTime, nullable=False),
        UniqueConstraint("url_key", name="uq_channels_url_key"),
    )
    op.create_index("ix_channels_source", "channels", ["source"])
    op.create_table(
        "listed_articles",
        Column("url_key", LargeBinary(16), primary_key=True),
        Column("url", Text, nullable=False),
        Column("source", Text, nullable=False),
        Column("first_seen_at", UtcDateTime, nullable=False),
        Column("stated_at", UtcDateTime),
        Column("stated_by", Text),
        Column("section", Text),
    )
    op.create_index("ix_listed_articles_source_stated_at", "listed_articles", ["source", "stated_at"])
    op.create_table(
        "sightings",
        Column("channel_id", Integer, ForeignKey("channels.id"), nullable=False),
        Column("url_key", LargeBinary(16), nullable=False),
        Column("first_seen_at", UtcDateTime, nullable=False),
        Column("stated_at", UtcDateTime),
        Column("stated_by", Text),
        Column("section", Text),
        PrimaryKeyConstraint("channel_id", "url_key"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_sightings_url_key", "sightings", ["url_key"])
    op.create_table(
        "polls",
        Column("id", Integer, primary_key=True),
        Column("channel_id", Integer, ForeignKey("channels.id"), nullable=False),
        Column("polled_at", UtcDateTime, nullable=False),
        Column("page", Integer, nullable=False),
        Column("answer", Text, nullable=False),
        Column("shown", Integer, nullable=False),
        Column("fresh", Integer, nullable=False),
    )
    op.create_index("ix_polls_channel_id_polled_at", "polls", ["channel_id", "polled_at"])
