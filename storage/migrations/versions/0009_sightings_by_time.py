"""An index of what each channel showed at which time: what rhythms learn from."""

from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Index the sightings of a channel by time."""
    op.create_index("ix_sightings_channel_id_first_seen_at", "sightings", ["channel_id", "first_seen_at"])
