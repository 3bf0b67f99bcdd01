"""Disks that are too small: a tmpfs where we may mount one, else a limit on the size of files."""

from __future__ import annotations

import contextlib
import os
import resource
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.stage.databases import size_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from benchmarks.stage.databases import PostgreSQL

ROOM_BYTES = 2_000_000_000


class CannotMount(Exception):
    """We have not the right to mount a disk of our own."""


@dataclass(slots=True, kw_only=True)
class SmallDisk:
    """A database on a disk that can be made too small."""

    db: str
    folder: Path | None
    """Where the disk is mounted; None where only the size of files is limited."""
    limit_bytes: int | None = None
    """Largest file that a child may write; None for no limit."""

    def leave_room(self, size_bytes: int) -> None:
        """Let the database grow by so many bytes from now on."""
        if self.folder is None:
            self.limit_bytes = size_of(self.db) + size_bytes
            return
        usage = os.statvfs(self.folder)
        used = (usage.f_blocks - usage.f_bfree) * usage.f_frsize
        _remount(self.folder, used + size_bytes)

    def make_room(self) -> None:
        """Let the database grow as it likes."""
        self.limit_bytes = None
        if self.folder is not None:
            _remount(self.folder, ROOM_BYTES)


@contextlib.contextmanager
def small_disk() -> Iterator[SmallDisk]:
    """Give an empty SQLite database on a disk of its own."""
    with tempfile.TemporaryDirectory(prefix="newscrawl-disk-") as name:
        folder = Path(name)
        url = f"sqlite:///{folder}/news.db"
        try:
            with _mounted(folder):
                yield SmallDisk(db=url, folder=folder)
        except CannotMount:
            yield SmallDisk(db=url, folder=None)


@contextlib.contextmanager
def small_tablespace(postgres: PostgreSQL) -> Iterator[SmallDisk]:
    """Give an empty PostgreSQL database whose tables have a disk of their own.

    Only its tables: a server that cannot write its log of changes stops, which is another scenario.

    Raises:
        CannotMount: We have not the right to mount a disk.
    """
    folder = Path(tempfile.mkdtemp(prefix="newscrawl-tablespace-"))
    try:
        with _mounted(folder):
            shutil.chown(folder, postgres.owner)
            url = postgres.new_database(folder)
            try:
                yield SmallDisk(db=url, folder=folder)
            finally:
                postgres.drop(url)
    finally:
        folder.rmdir()


@contextlib.contextmanager
def _mounted(folder: Path) -> Iterator[None]:
    mounting = ("mount", "-t", "tmpfs", "-o", f"size={ROOM_BYTES}", "tmpfs", str(folder))
    try:
        subprocess.run(mounting, check=True, capture_output=True)
    except (subprocess.CalledProcessError, FileNotFoundError) as error:
        raise CannotMount from error
    try:
        folder.chmod(0o700)
        yield
    finally:
        subprocess.run(("umount", "--lazy", str(folder)), check=True)


def _remount(folder: Path, size_bytes: int) -> None:
    subprocess.run(("mount", "-o", f"remount,size={size_bytes}", str(folder)), check=True)


def limit_files(limit_bytes: int) -> Callable[[], None]:
    """Return what a child does before it starts, to be refused files larger than this."""
    return lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit_bytes, limit_bytes))
