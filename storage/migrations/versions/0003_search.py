"""The search index, empty: ``newscrawl search rebuild`` fills it with the articles of an older database."""

from alembic import op
from sqlalchemy import Column, Integer

revision = "0003"
down_revision = "0002"

# SQLite keeps no text beside the tokens (the articles hold it) and no lengths (we rank ourselves); its tokenizer only
# parts at spaces what `storage.tokens` has made. PostgreSQL keeps the tokens in a column, because phrases are checked
# there: made anew for every check, one query took 1.6 s.
INDEX = {
    "sqlite": ("CREATE VIRTUAL TABLE search_index USING fts5(tokens, content='', columnsize=0, tokenize='ascii')",),
    "postgresql": (
        "CREATE TABLE search_index (article_id integer PRIMARY KEY, tokens tsvector NOT NULL)",
        "CREATE INDEX ix_search_index_tokens ON search_index USING gin (tokens)",
    ),
}


def upgrade() -> None:
    """Make the index, and the table that says how far it reaches."""
    op.create_table(
        "search_state",
        Column("id", Integer, primary_key=True, autoincrement=False),
        Column("format", Integer, nullable=False),
        Column("unindexed_below", Integer, nullable=False),
    )
    for statement in INDEX[op.get_context().dialect.name]:
        op.execute(statement)
