"""What a database says of itself: kind, version, clock, file; and whether it can be written."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import false, func, select, text, update

from storage.complaints import name_of
from storage.errors import StoreUnavailable
from storage.search_parts import may_make_room
from storage.tables import CrawlRunRow

if TYPE_CHECKING:
    from sqlalchemy import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """What a database says of itself."""

    version: str
    """Such as ``SQLite 3.46.1`` or ``PostgreSQL 17.2``."""
    clock: datetime | None
    """The time by its server's clock; None where there is no server."""
    path: Path | None
    """Its file; None where it is on a server or in memory."""
    size_bytes: int | None
    """What it takes on disk; None in memory."""


def condition_of(connection: Connection) -> Condition:
    """Return what a database says of itself."""
    if connection.dialect.name == "postgresql":
        row = connection.execute(
            select(
                text("current_setting('server_version')"),
                func.clock_timestamp(),
                func.pg_database_size(func.current_database()),
            )
        ).one()
        return Condition(version=f"PostgreSQL {row[0]}", clock=row[1].astimezone(UTC), path=None, size_bytes=row[2])
    name = connection.engine.url.database
    path = None if name in (None, "", ":memory:") else Path(str(name))
    size = sum(one.stat().st_size for one in _files(path)) if path is not None else None
    version = connection.scalar(select(func.sqlite_version()))
    return Condition(version=f"SQLite {version}", clock=None, path=path, size_bytes=size)


def try_writing(connection: Connection) -> None:
    """Ask for the right to write, in a writing transaction; no row is changed.

    Raises:
        StoreUnavailable: The right to make further parts of the search index is missing.
    """
    connection.execute(update(CrawlRunRow).where(false()).values(reason=None))
    if connection.dialect.name == "postgresql" and not may_make_room(connection):
        raise StoreUnavailable(
            f"its user does not own the tables of {name_of(connection.engine.url)}, and could not make further parts of"
            " the search index"
        )


def _files(path: Path) -> list[Path]:
    return [one for one in (path, path.with_name(f"{path.name}-wal")) if one.exists()]
