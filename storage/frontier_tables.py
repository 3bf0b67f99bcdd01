"""The rows of fetching: URLs and what became of them, what to ask a server with next time, what a host was promised."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Index, LargeBinary, text
from sqlalchemy.orm import Mapped, mapped_column

from storage.tables import Row


class FrontierRow(Row):
    """One URL that was found."""

    __tablename__ = "frontier"
    __table_args__ = (
        Index(None, "source", "state", "priority", "id"),
        Index(None, "source", "state", "due_at"),
        # what belongs to a backfill, which is most of it or nothing
        Index(
            None, "slice", "state", sqlite_where=text("slice IS NOT NULL"), postgresql_where=text("slice IS NOT NULL")
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    url_key: Mapped[bytes] = mapped_column(LargeBinary(16), unique=True)
    url: Mapped[str]
    """As it is fetched, which may differ from its canonical form by a trailing slash."""
    source: Mapped[str]
    scope: Mapped[str]
    """Empty for a walk over the whole source; else which seed URLs it was found from."""
    walk: Mapped[int]
    """Number of the latest walk that let it wait or fetched it: within one, a listing is read once."""
    is_listing: Mapped[bool]
    page: Mapped[int]
    """Which page of its listing, from 1."""
    state: Mapped[str]
    """A `storage.frontier_records.FrontierState`."""
    priority: Mapped[int]
    """Smaller is sooner."""
    due_at: Mapped[datetime | None]
    """Waiting: not before this. Done or failed: when to revisit the article; None for never."""
    published_at: Mapped[datetime | None]
    """Of the article that it brought: what the rhythm of its revisits follows."""
    run_id: Mapped[int | None] = mapped_column(index=True)
    """The run that holds it; None unless leased."""
    leased_until: Mapped[datetime | None]
    attempts: Mapped[int]
    """Fetches that failed since it last succeeded."""
    reason: Mapped[str | None]
    """Why it is not done: the word under which the run counted it."""
    found_at: Mapped[datetime]
    settled_at: Mapped[datetime | None]
    slice: Mapped[int | None]
    """The slice of a backfill that it waits or waited for."""
    capture: Mapped[str | None]
    """Address of its capture in a web archive; None for the page itself."""


class PageRow(Row):
    """What a URL answered last time: the validators to ask with, and what a 304 stands for."""

    __tablename__ = "pages"

    url_key: Mapped[bytes] = mapped_column(LargeBinary(16), primary_key=True)
    etag: Mapped[str | None]
    last_modified: Mapped[str | None]
    content: Mapped[bytes] = mapped_column(LargeBinary(16))
    """Hash of what was read from it (an article's text, a listing's links), to catch a validator that lies."""
    unaudited_polls: Mapped[int]
    """Conditional polls since the last full one."""
    links: Mapped[list[Any] | None]
    """A listing's links and next page, for a 304; None for an article."""


class HostRow(Row):
    """What is promised to one host, by all runs on this database together."""

    __tablename__ = "hosts"

    host: Mapped[str] = mapped_column(primary_key=True)
    next_allowed_at: Mapped[datetime]
    """No request before this instant."""
    troubles: Mapped[int]
    """Refusals for overload (429, 503) in a row; the pause grows with them."""
    refusals: Mapped[int]
    """403s and challenge pages in a row."""
    why_paused: Mapped[str | None]
    is_liar: Mapped[bool]
    """It has answered 304, or kept its ETag, for a page that had changed: its validators are no longer used."""
    claimed_until: Mapped[datetime | None]
    """Until then backfills leave their turns to the other runs, which have asked for the host just now."""
    robots_status: Mapped[int | None]
    """HTTP status of its robots.txt; 0 when it could not be fetched."""
    robots_body: Mapped[bytes | None]
    robots_fetched_at: Mapped[datetime | None]
