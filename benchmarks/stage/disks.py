"""Disks that are too small: a tmpfs where we may mount one, else a limit on the size of files."""

from __future__ import annotations

import contextlib
import resource
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from benchmarks.stage.databases import PostgreSQL

ROOM_MB = 2000


class CannotMount(Exception):
    """We have not the right to mount a disk of our own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SmallDisk:
    """A database on a disk that will be full."""

    db: str
    make_room: Callable[[], None]
    limit_bytes: int | None = None
    """Largest file that a child may write; None where the disk itself is small."""


@contextlib.contextmanager
def small_disk(size_bytes: int) -> Iterator[SmallDisk]:
    """Give a SQLite database that cannot grow beyond a size until room is made."""
    with tempfile.TemporaryDirectory(prefix="newscrawl-disk-") as folder:
        url = f"sqlite:///{folder}/news.db"
        try:
            with _mounted(Path(folder), size_bytes) as make_room:
                yield SmallDisk(db=url, make_room=make_room)
        except CannotMount:
            yield SmallDisk(db=url, make_room=lambda: None, limit_bytes=size_bytes)


@contextlib.contextmanager
def small_tablespace(postgres: PostgreSQL, size_bytes: int) -> Iterator[SmallDisk]:
    """Give a PostgreSQL database whose tables cannot grow beyond a size until room is made.

    Only its tables: a server that cannot write its log of changes stops, which is another scenario.

    Raises:
        CannotMount: We have not the right to mount a disk of our own.
    """
    folder = Path(tempfile.mkdtemp(prefix="newscrawl-tablespace-"))
    try:
        with _mounted(folder, size_bytes) as make_room:
            shutil.chown(folder, postgres.owner)
            url = postgres.new_database(folder)
            try:
                yield SmallDisk(db=url, make_room=make_room)
            finally:
                postgres.drop(url)
    finally:
        folder.rmdir()


@contextlib.contextmanager
def _mounted(folder: Path, size_bytes: int) -> Iterator[Callable[[], None]]:
    mounting = ("mount", "-t", "tmpfs", "-o", f"size={size_bytes}", "tmpfs", str(folder))
    try:
        subprocess.run(mounting, check=True, capture_output=True)
    except (subprocess.CalledProcessError, FileNotFoundError) as error:
        raise CannotMount from error
    try:
        folder.chmod(0o700)
        yield lambda: _remount(folder)
    finally:
        subprocess.run(("umount", "--lazy", str(folder)), check=True)


def _remount(folder: Path) -> None:
    subprocess.run(("mount", "-o", f"remount,size={ROOM_MB}m", str(folder)), check=True)


def limit_files(limit_bytes: int) -> Callable[[], None]:
    """Return what a child does before it starts, to be refused files larger than this."""
    return lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit_bytes, limit_bytes))
