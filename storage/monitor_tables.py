"""The rows of noticing: what readings of a template look like, and pages that are held back unread."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from storage.tables import Row


class BaselineRow(Row):
    """What the readings of one template of a source look like, as learnt so far."""

    __tablename__ = "baselines"

    source: Mapped[str] = mapped_column(primary_key=True)
    template: Mapped[str] = mapped_column(primary_key=True)
    """Empty where the source knows only one."""
    state: Mapped[dict[str, Any]]
    """As `crawler.monitors` writes it."""
    updated_at: Mapped[datetime]


class HeldPageRow(Row):
    """A page that was fetched and whose reading is not believed: to be read again when its reader is another."""

    __tablename__ = "held_pages"
    __table_args__ = (Index(None, "source", "template"),)

    url_key: Mapped[bytes] = mapped_column(LargeBinary(16), primary_key=True)
    url: Mapped[str]
    source: Mapped[str]
    template: Mapped[str]
    reason: Mapped[str]
    reader_version: Mapped[str]
    """Of the reader that is not believed."""
    run_id: Mapped[int | None]
    held_at: Mapped[datetime]


class EarlierReadingRow(Row):
    """What a revision said before it was read again: kept beside it, marked by the version of its reader."""

    __tablename__ = "earlier_readings"

    revision_id: Mapped[int] = mapped_column(ForeignKey("revisions.id"), primary_key=True, autoincrement=False)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    """From 1, the oldest reading first."""
    reader_version: Mapped[str | None]
    """None: stored before versions were kept, or not by a reader of ours."""
    replaced_at: Mapped[datetime]
    content: Mapped[bytes]
    """zstd of a JSON object: the columns of the revision's row, and its texts under ``body`` (None if pruned)."""
