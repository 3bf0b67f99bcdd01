"""FTS5 merges no more by itself: `storage.merging` does, a little after every batch."""

from alembic import op

revision = "0011"
down_revision = "0010"

# By itself it merges inside the transaction that happens to be writing, hundreds of pages at a time: a disk on which
# now and then a write fails never takes those. It would still do so at 1,999 segments, the most that it allows.
SETTINGS = {"automerge": 0, "usermerge": 8, "crisismerge": 1999}


def upgrade() -> None:
    """Turn it off; PostgreSQL's index has nothing of the kind."""
    if op.get_context().dialect.name == "sqlite":
        for name, value in SETTINGS.items():
            op.execute(f"INSERT INTO search_index (search_index, rank) VALUES ('{name}', {value})")
