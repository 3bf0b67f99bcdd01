"""PostgreSQL's search index comes in parts, by the id of the article; `storage.search_parts` makes further ones."""

from alembic import op
from sqlalchemy import text

revision = "0012"
down_revision = "0011"

# What there was becomes the first part as it is, and ends where a part of this size would.
ARTICLES = 125_000


def upgrade() -> None:
    """Make the table of parts around the one there was; SQLite's index merges what comes by itself."""
    if op.get_context().dialect.name != "postgresql":
        return
    highest = op.get_bind().scalar(text("SELECT max(article_id) FROM search_index")) or 0
    ends = (highest // ARTICLES + 1) * ARTICLES
    for statement in (
        "ALTER TABLE search_index RENAME TO search_index_0",
        "ALTER TABLE search_index_0 RENAME CONSTRAINT search_index_pkey TO search_index_0_pkey",
        "ALTER INDEX ix_search_index_tokens RENAME TO search_index_0_tokens_idx",
        "CREATE TABLE search_index (article_id integer PRIMARY KEY, tokens tsvector NOT NULL)"
        " PARTITION BY RANGE (article_id)",
        "CREATE INDEX ix_search_index_tokens ON search_index USING gin (tokens)",
        f"ALTER TABLE search_index ATTACH PARTITION search_index_0 FOR VALUES FROM (MINVALUE) TO ({ends})",
    ):
        op.execute(statement)
    _give_the_same_rights()


def _give_the_same_rights() -> None:
    """Let who could read or write the index do so with the table of parts."""
    connection = op.get_bind()
    owner, is_ours = connection.execute(
        text(
            "SELECT relowner::regrole::text, relowner::regrole::text = quote_ident(current_user)"
            " FROM pg_class WHERE oid = 'search_index_0'::regclass"
        )
    ).one()
    granted = connection.execute(
        text(
            "SELECT CASE grantee WHEN 0 THEN 'PUBLIC' ELSE grantee::regrole::text END, privilege_type, is_grantable"
            " FROM pg_class, aclexplode(relacl) WHERE oid = 'search_index_0'::regclass AND grantee <> relowner"
        )
    )
    for role, right, is_grantable in granted.all():
        op.execute(f"GRANT {right} ON search_index TO {role}" + (" WITH GRANT OPTION" if is_grantable else ""))
    if not is_ours:
        op.execute(f"ALTER TABLE search_index OWNER TO {owner}")
