"""The disks: is there room where the program writes, and are they fit for a database?"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import psutil

from crawler.doctor.diagnosis import Diagnosis, error, ok, warning
from crawler.doctor.words import size_in_words

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

# An RFI article takes 13 kB in SQLite and some 30 kB in PostgreSQL: 100 MB are a few days of all editions, 1 GB a few
# months of one.
ERROR_BELOW_BYTES = 100 * 10**6
WARN_BELOW_BYTES = 10**9

# Source: https://www.sqlite.org/wal.html, read 2026-11-26: "WAL does not work over a network filesystem."
NETWORK_FILE_SYSTEMS = ("nfs", "cifs", "smb", "sshfs", "fuse.sshfs", "9p", "afs", "ceph", "glusterfs")


def check_disk(folders: Mapping[str, Path], *, database: Path | None) -> Iterator[Diagnosis]:
    """Look at the free space of each folder the program writes to.

    Args:
        folders: By what lies in them; one that is not there yet will be made in the nearest one that is.
        database: File of the SQLite database; None if there is none.
    """
    for what, folder in folders.items():
        existing = next((one for one in (folder.absolute(), *folder.absolute().parents) if one.is_dir()), Path("/"))
        check, free = f"disk of {what}", shutil.disk_usage(existing).free
        found = f"{size_in_words(free)} free in {existing}"
        if free < ERROR_BELOW_BYTES:
            yield error(check, found, "make room: newscrawl prune, fewer logs or recordings, or a larger disk")
        elif free < WARN_BELOW_BYTES:
            yield warning(check, found, "make room soon: newscrawl prune, fewer logs or recordings, or a larger disk")
        else:
            yield ok(check, found)
    if database is not None and (kind := _file_system(database.absolute())) in NETWORK_FILE_SYSTEMS:
        yield error(
            "disk of the database",
            f"{database} is on a network file system ({kind}), where SQLite loses writes",
            "keep it on a disk of this machine, or use PostgreSQL",
        )


def _file_system(path: Path) -> str:
    """Return the kind of file system that holds a path, as the system calls it."""
    mounts = [mount for mount in psutil.disk_partitions(all=True) if path.is_relative_to(mount.mountpoint)]
    nearest = max(mounts, key=lambda mount: len(mount.mountpoint), default=None)
    return "" if nearest is None else nearest.fstype.rstrip("34")
