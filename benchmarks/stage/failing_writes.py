"""Writes of SQLite that fail at random, for a program of ours in a process of its own.

    python -m benchmarks.stage.failing_writes 0.03 crawl rfi-cn …

libfiu does it where it is installed (Debian: fiu-utils); else this module, through the door that SQLite has for it: its
VFS lets system calls be replaced.
"""

from __future__ import annotations

import _sqlite3
import ctypes
import ctypes.util
import errno
import random
import shutil
import sys
from typing import Any

_VOID, _NAME = ctypes.c_void_p, ctypes.c_char_p


class _Vfs(ctypes.Structure):
    """Source: https://www.sqlite.org/c3ref/vfs.html, read 2026-11-26."""

    _fields_ = (
        ("version", ctypes.c_int),
        ("file_size", ctypes.c_int),
        ("longest_path", ctypes.c_int),
        ("next", _VOID),
        ("name", _NAME),
        ("app_data", _VOID),
        *((f"method_{number}", _VOID) for number in range(13)),
        ("set_system_call", ctypes.CFUNCTYPE(ctypes.c_int, _VOID, _NAME, _VOID)),
        ("get_system_call", ctypes.CFUNCTYPE(_VOID, _VOID, _NAME)),
    )


_Pwrite = ctypes.CFUNCTYPE(ctypes.c_ssize_t, ctypes.c_int, _VOID, ctypes.c_size_t, ctypes.c_int64, use_errno=True)
_kept: list[Any] = []  # what SQLite calls must not be collected


def command(probability: float, *arguments: str) -> tuple[str, ...]:
    """Return what starts our program so that its writes to disk fail with this probability; see `name_of_means`.

    Args:
        probability: Between 0 and 1.
        arguments: Of the program.
    """
    if fiu := shutil.which("fiu-run"):
        fault = f"enable_random name=posix/io/rw/pwrite,probability={probability},failinfo={errno.EIO}"
        return (fiu, "-x", "-c", fault, sys.executable, "-m", "crawler", *arguments)
    return (sys.executable, "-m", "benchmarks.stage.failing_writes", str(probability), *arguments)


def name_of_means() -> str:
    """Return what makes the writes fail."""
    return "libfiu" if shutil.which("fiu-run") else "SQLite's VFS"


def let_writes_fail(probability: float, chance: random.Random) -> None:
    """Have SQLite's writes in this process fail from now on.

    Raises:
        RuntimeError: This SQLite does not write by pwrite.
    """
    library = ctypes.CDLL(_sqlite3.__file__)  # the very SQLite that the driver uses is found through it
    library.sqlite3_vfs_find.restype = ctypes.POINTER(_Vfs)
    library.sqlite3_vfs_find.argtypes = [_NAME]
    vfs = library.sqlite3_vfs_find(None)
    replaced = [_replace(vfs, name, probability, chance) for name in (b"pwrite64", b"pwrite")]
    if not any(replaced):
        raise RuntimeError("this SQLite does not write by pwrite, so its writes cannot be made to fail")


def _replace(vfs: Any, name: bytes, probability: float, chance: random.Random) -> bool:
    found = vfs.contents.get_system_call(vfs, name)
    if not found:
        return False
    really = _Pwrite(found)

    def pwrite(descriptor: int, data: int, size: int, offset: int) -> int:
        if chance.random() < probability:
            ctypes.set_errno(errno.EIO)
            return -1
        return int(really(descriptor, data, size, offset))

    _kept.append(_Pwrite(pwrite))
    vfs.contents.set_system_call(vfs, name, ctypes.cast(_kept[-1], _VOID))
    return True


if __name__ == "__main__":
    from crawler.cli import main

    let_writes_fail(float(sys.argv[1]), random.Random())
    sys.exit(main(sys.argv[2:]))
