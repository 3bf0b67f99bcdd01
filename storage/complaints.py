"""What a database complains of, in one sentence that says what to check.

Comes in: exceptions of SQLAlchemy and the drivers. Goes out: `StoreUnavailable` or `WriteRefused`.
"""

from __future__ import annotations

import re
import sqlite3
from contextlib import contextmanager
from typing import TYPE_CHECKING

from sqlalchemy.exc import (
    DataError,
    DBAPIError,
    IntegrityError,
    ProgrammingError,
    StatementError,
)
from sqlalchemy.exc import (
    TimeoutError as PoolTimeoutError,
)

from storage.errors import DiskTrouble, StoreError, StoreUnavailable, StoreUnreachable, WriteRefused

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import URL

# Source: https://www.sqlite.org/rescode.html, read 2026-11-23. Extended codes hold these in their low byte.
_SQLITE = {
    sqlite3.SQLITE_PERM: "is not open to us; check the rights of the file and its folder",
    sqlite3.SQLITE_BUSY: "is locked; check whether another program is writing to it",
    sqlite3.SQLITE_LOCKED: "is locked; check whether another program is writing to it",
    sqlite3.SQLITE_READONLY: "cannot be written; check the rights of the file and its folder",
    sqlite3.SQLITE_IOERR: "cannot be read or written; check the disk",
    sqlite3.SQLITE_CORRUPT: "is damaged; restore it from a backup, or save what is left with: sqlite3 FILE .recover",
    sqlite3.SQLITE_FULL: "is full; make room on the disk",
    sqlite3.SQLITE_CANTOPEN: "cannot be opened; check that the folder is there and that its rights allow writing",
    sqlite3.SQLITE_NOTADB: "is not an SQLite database; check the name",
}

# Source: https://www.postgresql.org/docs/current/errcodes-appendix.html, read 2026-11-23. The longest start that fits.
_POSTGRESQL = {
    "08": "cannot be reached; check that the server runs and that host and port are right",
    "25006": "can only be read; check whether the server is a standby",
    "28": "refuses the login; check user and password",
    "3D000": "is not there; create it, or check the name",
    "3F000": "lacks its schema; check the search_path",
    "42501": "is not open to this user; check its rights",
    "53": "has run out of disk, memory or connections; check the server",
    "53100": "is full; make room on the server's disk",
    "55P03": "is locked; check whether another program is writing to it",
    "57": "was shut down or is starting; check the server",
    "58": "cannot be read or written; check the server's disk",
    "XX": "is damaged or fails inside; check the server's log",
}
_UNREACHABLE = _POSTGRESQL["08"]

_REFUSED = "refuses the connection; check user, password and the name of the database"

# A server that refuses a connection tells the reason in words alone. Source: PostgreSQL 18, backend_startup.c.
_STARTING = re.compile("the database system is (?:starting up|shutting down|in recovery mode|not )")

# What may be over in a moment: trying again is worth it. A refusal too: a run that has been let in before is refused
# by a server that is not itself.
_PASSING = frozenset(
    {
        _UNREACHABLE,
        _REFUSED,
        _POSTGRESQL["53"],
        _POSTGRESQL["57"],
        _POSTGRESQL["55P03"],
        _SQLITE[sqlite3.SQLITE_BUSY],
        _SQLITE[sqlite3.SQLITE_LOCKED],
    }
)

# What the next write may not meet. A full disk is not among it, and PostgreSQL sees to its disk itself.
_OF_THE_DISK = _SQLITE[sqlite3.SQLITE_IOERR]


@contextmanager
def in_plain_words(url: URL) -> Iterator[None]:
    """Turn what a database complains of inside the block into a sentence.

    Raises:
        StoreUnavailable: It cannot be read or written.
        StoreUnreachable: It cannot be reached for now.
        DiskTrouble: Its disk failed.
        WriteRefused: It cannot hold a value it was given.
    """
    try:
        yield
    except PoolTimeoutError as error:
        raise StoreUnreachable(f"the database {name_of(url)} is busy; too many parts of this program use it") from error
    except (UnicodeEncodeError, OverflowError) as error:
        # the drivers raise these themselves: half of a surrogate pair in a text, a number beyond 64 bits
        raise WriteRefused(f"the database {name_of(url)} cannot hold a value: {error}") from error
    except StatementError as error:
        if (told := _tell(error, url)) is None:
            raise
        raise told from error


def _tell(error: StatementError, url: URL) -> StoreError | None:
    """Return what to raise instead; None for a mistake in our own statements, which must not be prettified."""
    cause = error.orig
    first_line = str(cause).strip().partition("\n")[0]
    if not isinstance(error, DBAPIError) or isinstance(error, DataError | IntegrityError):
        return WriteRefused(f"the database {name_of(url)} cannot hold a value: {first_line}")
    if isinstance(cause, sqlite3.Error):
        reason = _SQLITE.get(getattr(cause, "sqlite_errorcode", 0) & 0xFF)
    else:
        reason = _postgresql_reason(getattr(cause, "sqlstate", None))
        if reason is None and not isinstance(error, ProgrammingError):
            # a connection that never was, or broke, has no code; a server that was there says why it is fatal
            reason = _REFUSED if "FATAL:" in first_line else _UNREACHABLE
            reason = _POSTGRESQL["57"] if _STARTING.search(first_line) else reason
    if reason is None:
        return None
    kind = StoreUnavailable
    if reason in _PASSING:
        kind = StoreUnreachable
    elif reason == _OF_THE_DISK:
        kind = DiskTrouble
    return kind(f"the database {name_of(url)} {reason} ({first_line})")


def _postgresql_reason(sqlstate: str | None) -> str | None:
    starts = [start for start in _POSTGRESQL if (sqlstate or "").startswith(start)]
    return _POSTGRESQL[max(starts, key=len)] if starts else None


def name_of(url: URL) -> str:
    """Return the database as a person named it, without its password."""
    if url.get_backend_name() == "sqlite":
        return url.database or "in memory"
    return url.set(drivername="postgresql").render_as_string(hide_password=True)
