"""Engines for database URLs: how a connection to SQLite or to PostgreSQL is made, and what each is told first."""

from __future__ import annotations

import sqlite3
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson
from sqlalchemy import create_engine, event, make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.pool import QueuePool

from storage.errors import StoreUnavailable
from storage.idle_connections import check_is_connected, note_idle

if TYPE_CHECKING:
    from sqlalchemy import URL, Engine
    from sqlalchemy.engine.interfaces import DBAPIConnection, DBAPICursor
    from sqlalchemy.pool import ConnectionPoolEntry

# Longest wait for another writer; a batch takes a twentieth of a second, so longer means that something hangs.
LOCK_SECONDS = 30

# Longest wait for a connection to a PostgreSQL server.
CONNECT_SECONDS = 10

# What PostgreSQL is told of each session. New entries of the search index wait in a list until it is so long, and are
# then merged in memory; in lists of 4 MB, its default, one cost 1.8 times as much at 50,000 articles. Who searches
# reads through the list, so the end of it is merged when a run ends.
_SESSION = {
    "timezone": "UTC",
    "lock_timeout": f"{LOCK_SECONDS}s",
    "gin_pending_list_limit": "16MB",
    "work_mem": "64MB",
}


def open_engine(url: str, *, must_exist: bool = False) -> Engine:
    """Return an engine for a database URL; nothing is connected yet.

    Args:
        url: ``sqlite:///news.db`` (three slashes: relative), ``sqlite://`` (in memory, gone with the engine),
            ``postgresql://user:password@host/name``; ``postgres://`` is the same. ``sqlite:///news.db?timeout=5``
            waits so many seconds for another writer.
        must_exist: Refuse a SQLite file that is not there instead of making it.

    Raises:
        StoreUnavailable: The URL is not one, its database is of another kind, or its driver is not installed.
    """
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise StoreUnavailable(
            f"{url!r} is not a database URL; write sqlite:///news.db or postgresql://user@host/name"
        ) from None
    kind = parsed.drivername.partition("+")[0]
    if kind == "sqlite":
        return _open_sqlite(parsed, must_exist=must_exist)
    if kind in ("postgresql", "postgres"):
        return _open_postgresql(parsed.set(drivername="postgresql+psycopg"))
    raise StoreUnavailable(f"{kind!r} is no database this program knows; it keeps articles in sqlite or postgresql")


def _open_sqlite(url: URL, *, must_exist: bool) -> Engine:
    in_memory = url.database in (None, "", ":memory:")
    path = Path(url.database or "")
    if not in_memory and not url.query.get("uri"):
        if must_exist and not path.exists():
            raise StoreUnavailable(f"there is no database at {path}; check the name, or crawl first")
        if not path.parent.is_dir():
            raise StoreUnavailable(f"the database {path} cannot be made: there is no folder {path.parent}")
    # a database in memory lives in its one connection, which threads then use in turn
    pool: dict[str, Any] = {"pool_size": 1, "max_overflow": 0, "pool_timeout": LOCK_SECONDS} if in_memory else {}
    engine = create_engine(
        url.set(drivername="sqlite"),
        poolclass=QueuePool,
        pool_use_lifo=True,  # the connection whose cache is warm; others would fill caches of their own
        connect_args={"check_same_thread": False, "timeout": float(str(url.query.get("timeout", LOCK_SECONDS)))},
        json_serializer=_dump_json,
        json_deserializer=orjson.loads,
        **pool,
    )
    event.listen(engine, "connect", _prepare_sqlite)
    return engine


def _prepare_sqlite(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
    """Make SQLite durable and strict.

    WAL with NORMAL lost 261 of 5,514 acknowledged rows in a simulated power cut, FULL none; in batches FULL costs
    nothing.
    """
    connection.isolation_level = None  # see `storage.database`
    cursor = connection.cursor()
    _switch_to_wal(cursor)
    for pragma in ("synchronous=FULL", "foreign_keys=ON", "temp_store=MEMORY", "cache_size=-8192"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _switch_to_wal(cursor: DBAPICursor) -> None:
    """Let readers read beside a writer; a new file that another program opens just now is locked for a moment.

    SQLite does not wait for that lock by itself, as it does for all others: two crawls that were started together on a
    new database met here, and one of them ended.
    """
    cursor.execute("PRAGMA busy_timeout")
    (milliseconds,) = cursor.fetchone() or (0,)
    until = time.monotonic() + milliseconds / 1000
    while True:
        try:
            cursor.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > until:
                raise
            time.sleep(0.01)
        else:
            return


def _open_postgresql(url: URL) -> Engine:
    try:
        engine = create_engine(
            url,
            pool_use_lifo=True,
            connect_args={
                "autocommit": True,  # see `storage.database`
                "connect_timeout": CONNECT_SECONDS,
                "options": " ".join(f"-c {name}={value}" for name, value in _SESSION.items()),
            },
            json_serializer=_dump_json,
            json_deserializer=orjson.loads,
        )
    except ModuleNotFoundError as error:
        raise StoreUnavailable(
            "PostgreSQL needs a driver; install it with: pip install 'newscrawl[postgres]'"
        ) from error
    event.listen(engine, "connect", _prepare_postgresql)
    event.listen(engine, "checkin", note_idle)
    event.listen(engine, "checkout", check_is_connected)
    return engine


def _prepare_postgresql(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
    """Let large values be compressed by lz4 where the server can: measured at 2.5 times the insert rate of pglz."""
    cursor = connection.cursor()
    cursor.execute(
        "SELECT set_config(name, 'lz4', false) FROM pg_settings"
        " WHERE name = 'default_toast_compression' AND 'lz4' = ANY(enumvals)"
    )
    cursor.close()


def _dump_json(value: object) -> str:
    return orjson.dumps(value).decode()
