"""Connections to PostgreSQL that broke while nobody used them, found out before the next one does."""

from __future__ import annotations

import time
from select import POLLIN, poll
from typing import TYPE_CHECKING

from sqlalchemy.exc import InvalidatePoolError

if TYPE_CHECKING:
    from sqlalchemy.engine.interfaces import DBAPIConnection
    from sqlalchemy.pool import ConnectionPoolEntry, PoolProxiedConnection

# One that was idle for longer is asked whether it is one still: a firewall forgets in silence.
IDLE_SECONDS = 30


def note_idle(_: DBAPIConnection | None, entry: ConnectionPoolEntry) -> None:
    """Note when a connection was given back."""
    entry.info["idle_since"] = time.monotonic()


def check_is_connected(_: DBAPIConnection, entry: ConnectionPoolEntry, __: PoolProxiedConnection) -> None:
    """Have the pool connect anew when a connection broke while it was idle.

    A server that ends a connection says so: then there is something to read though nobody asked for anything. To look
    for it costs no round trip; the pool's own ping, one each time, was a tenth of what a dispatcher's look takes.
    """
    import psycopg  # noqa: PLC0415 -- an installation for SQLite alone lacks it

    if (idle_since := entry.info.get("idle_since")) is None:
        return  # it is new
    driver = entry.driver_connection
    assert isinstance(driver, psycopg.Connection)
    try:
        ear = poll()
        ear.register(driver.fileno(), POLLIN)
        if ear.poll(0) or time.monotonic() - idle_since > IDLE_SECONDS:
            driver.execute("SELECT 1")
    except psycopg.Error as error:
        raise InvalidatePoolError from error
