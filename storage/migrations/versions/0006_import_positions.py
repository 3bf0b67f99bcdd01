"""How far imports have come."""

from alembic import op
from sqlalchemy import JSON, Column, LargeBinary

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Make the table, empty: every import begins at its beginning."""
    op.create_table(
        "import_positions",
        Column("input_key", LargeBinary(16), primary_key=True),
        Column("place", JSON, nullable=False),
    )
