"""The rows.

Lists read `articles` alone; what an article said stands in `revisions`, its long texts apart in `bodies`. Addresses
are found by their 16-byte keys (measured: an index of 138 MB a million instead of 773 MB). Ids of articles and
revisions are given by the writer, who is alone (see `storage.database.writing`): no sequence, the same on every
database, and in the order of storing. Tables are made by migrations: who changes one here adds one there, see
docs/contributing.md.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, LargeBinary, MetaData, Text, UniqueConstraint, text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from storage.instants import UtcDateTime


class Row(DeclarativeBase):
    """What every table shares: how types become columns, how keys are named."""

    metadata = MetaData(
        naming_convention={"ix": "ix_%(table_name)s_%(column_0_N_name)s", "uq": "uq_%(table_name)s_%(column_0_N_name)s"}
    )
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        datetime: UtcDateTime,
        str: Text,
        list[Any]: JSON,
        dict[str, Any]: JSON,
    }


class ArticleRow(Row):
    """One article: its address, its marks, and what its current revision says that lists show."""

    __tablename__ = "articles"
    __table_args__ = (
        Index(None, "published_at", "id"),
        Index(None, "source", "section", "published_at", "id"),
        # what was withdrawn, which is little
        Index(None, "gone_at", sqlite_where=text("gone_at IS NOT NULL"), postgresql_where=text("gone_at IS NOT NULL")),
    )

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    source: Mapped[str]
    url_key: Mapped[bytes] = mapped_column(LargeBinary(16), unique=True)
    canonical_url: Mapped[str]
    slug: Mapped[str]
    title: Mapped[str]
    section: Mapped[str | None]
    language: Mapped[str | None]
    content_id: Mapped[str | None] = mapped_column(index=True)
    """The site's own id of the story: it stays when a headline, and with it the URL, is edited."""
    published_at: Mapped[datetime]
    modified_at: Mapped[datetime | None]
    first_seen_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]
    gone_at: Mapped[datetime | None]
    """When the source stopped showing it; None while it is there."""
    current_revision: Mapped[int]
    """`RevisionRow.number` of the revision that these columns mirror."""
    fingerprint: Mapped[bytes] = mapped_column(LargeBinary(16))
    claims_digest: Mapped[bytes] = mapped_column(LargeBinary(8))
    """Hash of the claims of the latest save: an unchanged page need not offer them all again."""


class RevisionRow(Row):
    """One state of an article's content."""

    __tablename__ = "revisions"
    __table_args__ = (
        UniqueConstraint("article_id", "number"),
        # what was edited, which is little
        Index(None, "first_seen_at", sqlite_where=text("number > 1"), postgresql_where=text("number > 1")),
    )

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    """In the order of storing; what incremental exports continue from."""
    article_id: Mapped[int] = mapped_column(ForeignKey("articles.id"))
    number: Mapped[int]
    """From 1, in the order in which the article's revisions were stored."""
    fingerprint: Mapped[bytes] = mapped_column(LargeBinary(16), index=True)
    published_at: Mapped[datetime]
    modified_at: Mapped[datetime | None]
    observed_at: Mapped[datetime | None]
    fetched_at: Mapped[datetime | None]
    first_seen_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]
    stated_at: Mapped[datetime]
    """Newest stated time (modified_at, or else published_at) under which this content was seen."""
    stated_seen_at: Mapped[datetime]
    """Latest time at which it was seen under `stated_at`; the greatest pair is the current revision."""
    stored_at: Mapped[datetime]
    """When this row was written: the one mark that comes from the clock."""
    is_silent: Mapped[bool]
    reader_version: Mapped[str | None]
    """Of the reader that made it; None: stored before versions were kept, or made by another program."""
    title: Mapped[str]
    programme: Mapped[str | None]
    agency: Mapped[str | None]
    lead: Mapped[str | None]
    authors: Mapped[list[Any]]
    tags: Mapped[list[Any]]
    images: Mapped[list[Any]]
    media: Mapped[list[Any]]
    alternates: Mapped[list[Any]]


class BodyRow(Row):
    """The long texts of one revision, apart so that nothing else has to carry them."""

    __tablename__ = "bodies"

    revision_id: Mapped[int] = mapped_column(ForeignKey("revisions.id"), primary_key=True, autoincrement=False)
    content: Mapped[bytes]
    """zstd of the JSON array [paragraphs, html]: together, because the HTML repeats the paragraphs."""


class AliasRow(Row):
    """Another URL of an article; never the canonical URL of one."""

    __tablename__ = "aliases"

    url_key: Mapped[bytes] = mapped_column(LargeBinary(16), primary_key=True)
    url: Mapped[str]
    article_id: Mapped[int] = mapped_column(ForeignKey("articles.id"), index=True)
    why: Mapped[str]
    """``same page`` (a redirect, a stated canonical URL), ``same story`` (under another section) or ``same content id``
    (the URL changed with the headline)."""


class ClaimRow(Row):
    """Something a page stated about itself."""

    __tablename__ = "claims"
    __table_args__ = ({"sqlite_with_rowid": False},)

    article_id: Mapped[int] = mapped_column(ForeignKey("articles.id"), primary_key=True)
    field: Mapped[str] = mapped_column(primary_key=True)
    origin: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[str] = mapped_column(primary_key=True)
    first_seen_at: Mapped[datetime]


class SeedCopyRow(Row):
    """One imported seed file, byte for byte."""

    __tablename__ = "seed_copies"
    __table_args__ = (UniqueConstraint("sha256", "name"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    article_id: Mapped[int] = mapped_column(ForeignKey("articles.id"), index=True)
    name: Mapped[str]
    """File name without folders; two files may share it, or share their bytes."""
    sha256: Mapped[bytes] = mapped_column(LargeBinary(32))
    observed_at: Mapped[datetime]
    content: Mapped[bytes]
    """zstd of the file's bytes."""


class CaptureRow(Row):
    """Where the recorded bytes stand that first showed a revision."""

    __tablename__ = "captures"

    revision_id: Mapped[int] = mapped_column(ForeignKey("revisions.id"), primary_key=True, autoincrement=False)
    recording: Mapped[str]
    """The folder, or the address of one on an object store."""
    file: Mapped[str]
    offset: Mapped[int] = mapped_column(BigInteger)
    length: Mapped[int] = mapped_column(BigInteger)
    payload_digest: Mapped[str]
    url: Mapped[str]
    captured_at: Mapped[datetime]


class CrawlRunRow(Row):
    """One execution of a plan, or a planned one that never began."""

    __tablename__ = "crawl_runs"
    __table_args__ = (UniqueConstraint("schedule", "planned_at"), Index(None, "state"))

    id: Mapped[int] = mapped_column(primary_key=True)
    plan: Mapped[dict[str, Any]]
    state: Mapped[str]
    reason: Mapped[str | None]
    started_at: Mapped[datetime | None]
    """None for a run that was never started; so are its heartbeat, host and pid."""
    finished_at: Mapped[datetime | None]
    heartbeat_at: Mapped[datetime | None]
    """Last sign of life; a running run whose heartbeat is old has died."""
    host: Mapped[str | None]
    pid: Mapped[int | None]
    counts: Mapped[dict[str, Any]]
    source: Mapped[str] = mapped_column(index=True)
    scope: Mapped[str]
    """What its walk is limited to; see `storage.frontier_records.Walk`."""
    walk: Mapped[int | None]
    """Number of the walk it went on with or began; None for a run that fetches nothing."""
    schedule: Mapped[str | None]
    """Name of the schedule that planned it; it may have been removed since."""
    planned_at: Mapped[datetime | None]
    stack: Mapped[str | None]
    """Of a hung run: where each of its threads stood."""
    degraded: Mapped[list[Any] | None]
    """Why its readings are not to be trusted, a sentence each; None or empty: nothing speaks against them."""
