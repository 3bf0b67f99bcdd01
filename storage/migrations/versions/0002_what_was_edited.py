"""Indexes of what was edited and of what was withdrawn, both of which are little."""

from alembic import op
from sqlalchemy import text

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Index the revisions after the first, and the articles that are gone."""
    is_gone, is_edit = text("gone_at IS NOT NULL"), text("number > 1")
    op.create_index("ix_articles_gone_at", "articles", ["gone_at"], sqlite_where=is_gone, postgresql_where=is_gone)
    op.create_index(
        "ix_revisions_first_seen_at", "revisions", ["first_seen_at"], sqlite_where=is_edit, postgresql_where=is_edit
    )
