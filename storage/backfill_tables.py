"""The rows of backfills: which past window was asked for, and the slices it was cut into."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from storage.tables import Row


class BackfillRow(Row):
    """One past window of one source that is to be collected."""

    __tablename__ = "backfills"

    id: Mapped[int] = mapped_column(primary_key=True)
    source: Mapped[str] = mapped_column(index=True)
    since: Mapped[datetime]
    until: Mapped[datetime]
    """The window is half-open: this instant is not in it."""
    channels: Mapped[list[Any]]
    """Kinds of the ways into the past that are gone, in their order."""
    walk: Mapped[int | None]
    """Number of its walk: that of its first run; None before it."""
    planned_at: Mapped[datetime]


class SliceRow(Row):
    """One piece of a backfill: one listing of the past, with all that it leads to."""

    __tablename__ = "slices"
    __table_args__ = (UniqueConstraint("backfill_id", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    backfill_id: Mapped[int] = mapped_column(ForeignKey("backfills.id"))
    number: Mapped[int]
    """From 1, in the order in which they are worked off."""
    channel: Mapped[str]
    """Kind of the way: ``sitemap``, ``archive``, ``section``, ``wayback``, ``commoncrawl``."""
    name: Mapped[str]
    """What it covers, for people: ``2020-07``, ``2020-07-20``, ``中国``."""
    since: Mapped[datetime]
    until: Mapped[datetime]
    url: Mapped[str]
    """The listing that it starts from."""
    priority: Mapped[int]
    """Of that listing in the frontier; smaller is sooner."""
    state: Mapped[str]
    """A `storage.backfills.SliceState`."""
    reason: Mapped[str | None]
    """Why it failed: what became of the listing."""
    requests: Mapped[int]
    """Fetches so far, those that failed included."""
    counts: Mapped[dict[str, Any]]
    """What they came to, by glossary word."""
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
