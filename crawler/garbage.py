"""What Python and the C library do about memory, set right for a crawl.

Python's collector of garbage is called less often: it looks at what does not die young, again and again. By default it
starts after every 700 new objects (2,000 from Python 3.13 on). Importing what a crawl needs makes 300,000 that stay to
the end, and a page read makes thousands that all go without its help: a tenth to a fifth of a crawl's time went into
looking for nothing.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

# New objects until the youngest are looked at: some ten pages' worth, a few MB if all of them were garbage.
_MANY = 50_000

# Source: mallopt(3), read 2026-11-27.
_M_ARENA_MAX = -8


def keep_one_heap() -> None:
    """Let all threads of the process allocate from one heap, where that can be said (glibc).

    Else each thread gets its own, and what one frees the others do not use: 10 MB after 5,000 pages, and growing. The
    threads wait for each other at Python's own lock anyway; a crawl does not take longer.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None) if sys.platform == "linux" else None
    if mallopt is not None:
        mallopt(_M_ARENA_MAX, 1)


def collect_seldom() -> None:
    """Let the collector wait longer, to the end of the process; best called before much is imported."""
    gc.set_threshold(_MANY, *gc.get_threshold()[1:])


@contextlib.contextmanager
def collecting_seldom() -> Iterator[None]:
    """Let the collector wait longer, and leave out what is there already, while the block lasts."""
    before = gc.get_threshold()
    collect_seldom()
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()
        gc.set_threshold(*before)
