"""Articles with their revisions, the frontier, runs, hosts: the first tables."""

from alembic import op
from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    ForeignKey,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    Text,
    UniqueConstraint,
)

from storage.instants import UtcDateTime

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make the first tables in an empty database."""
    _make_articles()
    _make_revisions()
    _make_what_belongs_to_articles()
    _make_runs()
    _make_frontier()
    _make_pages_and_hosts()
    if op.get_context().dialect.name == "postgresql":
        for table in ("bodies", "seed_copies"):
            # its values are compressed already: PostgreSQL need not try again
            op.execute(f"ALTER TABLE {table} ALTER COLUMN content SET STORAGE EXTERNAL")


def _make_articles() -> None:
    op.create_table(
        "articles",
        Column("id", Integer, primary_key=True, autoincrement=False),
        Column("source", Text, nullable=False),
        Column("url_key", LargeBinary(16), nullable=False),
        Column("canonical_url", Text, nullable=False),
        Column("slug", Text, nullable=False),
        Column("title", Text, nullable=False),
        Column("section", Text),
        Column("language", Text),
        Column("content_id", Text),
        Column("published_at", UtcDateTime, nullable=False),
        Column("modified_at", UtcDateTime),
        Column("first_seen_at", UtcDateTime, nullable=False),
        Column("last_seen_at", UtcDateTime, nullable=False),
        Column("gone_at", UtcDateTime),
        Column("current_revision", Integer, nullable=False),
        Column("fingerprint", LargeBinary(16), nullable=False),
        Column("claims_digest", LargeBinary(8), nullable=False),
        UniqueConstraint("url_key", name="uq_articles_url_key"),
    )
    op.create_index("ix_articles_content_id", "articles", ["content_id"])
    op.create_index("ix_articles_published_at_id", "articles", ["published_at", "id"])
    columns = ["source", "section", "published_at", "id"]
    op.create_index("ix_articles_source_section_published_at_id", "articles", columns)


def _make_revisions() -> None:
    op.create_table(
        "revisions",
        Column("id", Integer, primary_key=True, autoincrement=False),
        Column("article_id", Integer, ForeignKey("articles.id"), nullable=False),
        Column("number", Integer, nullable=False),
        Column("fingerprint", LargeBinary(16), nullable=False),
        Column("published_at", UtcDateTime, nullable=False),
        Column("modified_at", UtcDateTime),
        Column("observed_at", UtcDateTime),
        Column("fetched_at", UtcDateTime),
        Column("first_seen_at", UtcDateTime, nullable=False),
        Column("last_seen_at", UtcDateTime, nullable=False),
        Column("stated_at", UtcDateTime, nullable=False),
        Column("stated_seen_at", UtcDateTime, nullable=False),
        Column("stored_at", UtcDateTime, nullable=False),
        Column("is_silent", Boolean, nullable=False),
        Column("title", Text, nullable=False),
        Column("programme", Text),
        Column("agency", Text),
        Column("lead", Text),
        Column("authors", JSON, nullable=False),
        Column("tags", JSON, nullable=False),
        Column("images", JSON, nullable=False),
        Column("media", JSON, nullable=False),
        Column("alternates", JSON, nullable=False),
        UniqueConstraint("article_id", "number", name="uq_revisions_article_id_number"),
    )
    op.create_index("ix_revisions_fingerprint", "revisions", ["fingerprint"])
    op.create_table(
        "bodies",
        Column("revision_id", Integer, ForeignKey("revisions.id"), primary_key=True, autoincrement=False),
        Column("content", LargeBinary, nullable=False),
    )


def _make_what_belongs_to_articles() -> None:
    op.create_table(
        "aliases",
        Column("url_key", LargeBinary(16), primary_key=True),
        Column("url", Text, nullable=False),
        Column("article_id", Integer, ForeignKey("articles.id"), nullable=False),
        Column("why", Text, nullable=False),
    )
    op.create_index("ix_aliases_article_id", "aliases", ["article_id"])
    op.create_table(
        "claims",
        Column("article_id", Integer, ForeignKey("articles.id"), nullable=False),
        Column("field", Text, nullable=False),
        Column("origin", Text, nullable=False),
        Column("value", Text, nullable=False),
        Column("first_seen_at", UtcDateTime, nullable=False),
        PrimaryKeyConstraint("article_id", "field", "origin", "value"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "seed_copies",
        Column("id", Integer, primary_key=True),
        Column("article_id", Integer, ForeignKey("articles.id"), nullable=False),
        Column("name", Text, nullable=False),
        Column("sha256", LargeBinary(32), nullable=False),
        Column("observed_at", UtcDateTime, nullable=False),
        Column("content", LargeBinary, nullable=False),
        UniqueConstraint("sha256", "name", name="uq_seed_copies_sha256_name"),
    )
    op.create_index("ix_seed_copies_article_id", "seed_copies", ["article_id"])


def _make_runs() -> None:
    op.create_table(
        "crawl_runs",
        Column("id", Integer, primary_key=True),
        Column("plan", JSON, nullable=False),
        Column("state", Text, nullable=False),
        Column("reason", Text),
        Column("started_at", UtcDateTime, nullable=False),
        Column("finished_at", UtcDateTime),
        Column("heartbeat_at", UtcDateTime, nullable=False),
        Column("host", Text, nullable=False),
        Column("pid", Integer, nullable=False),
        Column("counts", JSON, nullable=False),
        Column("source", Text, nullable=False),
        Column("scope", Text, nullable=False),
        Column("walk", Integer),
    )
    op.create_index("ix_crawl_runs_source", "crawl_runs", ["source"])


def _make_frontier() -> None:
    op.create_table(
        "frontier",
        Column("id", Integer, primary_key=True),
        Column("url_key", LargeBinary(16), nullable=False),
        Column("url", Text, nullable=False),
        Column("source", Text, nullable=False),
        Column("scope", Text, nullable=False),
        Column("walk", Integer, nullable=False),
        Column("is_listing", Boolean, nullable=False),
        Column("page", Integer, nullable=False),
        Column("state", Text, nullable=False),
        Column("priority", Integer, nullable=False),
        Column("due_at", UtcDateTime),
        Column("published_at", UtcDateTime),
        Column("run_id", Integer),
        Column("leased_until", UtcDateTime),
        Column("attempts", Integer, nullable=False),
        Column("reason", Text),
        Column("found_at", UtcDateTime, nullable=False),
        Column("settled_at", UtcDateTime),
        UniqueConstraint("url_key", name="uq_frontier_url_key"),
    )
    op.create_index("ix_frontier_run_id", "frontier", ["run_id"])
    op.create_index("ix_frontier_source_state_due_at", "frontier", ["source", "state", "due_at"])
    op.create_index("ix_frontier_source_state_priority_id", "frontier", ["source", "state", "priority", "id"])


def _make_pages_and_hosts() -> None:
    op.create_table(
        "pages",
        Column("url_key", LargeBinary(16), primary_key=True),
        Column("etag", Text),
        Column("last_modified", Text),
        Column("content", LargeBinary(16), nullable=False),
        Column("unaudited_polls", Integer, nullable=False),
        Column("links", JSON),
    )
    op.create_table(
        "hosts",
        Column("host", Text, primary_key=True),
        Column("next_allowed_at", UtcDateTime, nullable=False),
        Column("troubles", Integer, nullable=False),
        Column("refusals", Integer, nullable=False),
        Column("why_paused", Text),
        Column("is_liar", Boolean, nullable=False),
        Column("robots_status", Integer),
        Column("robots_body", LargeBinary),
        Column("robots_fetched_at", UtcDateTime),
    )
