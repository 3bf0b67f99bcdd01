"""Pieces are read in several processes, and come back in their order.

The writer never leaves the process of the command. A small import is read there too: starting another process takes
as long as reading a thousand files.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections import deque
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from itertools import islice
from multiprocessing.connection import wait
from typing import TYPE_CHECKING

from crawler.errors import ReaderLost
from crawler.imports.pieces import Refused

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Sequence
    from concurrent.futures import Future
    from multiprocessing.context import BaseContext
    from typing import Any

    from crawler.imports.pieces import Import, Input, Listed
    from storage import Returning

    Piece = Import | Returning | Refused

# Pieces that are handed over together: their way to another process and back costs little then.
CHUNK = 50

# Bytes that a chunk brings along: a page of a web archive weighs up to half a megabyte.
CHUNK_BYTES = 2**20

# Chunks that are read before other processes are started.
READ_HERE = 8

# Chunks under way for each process: one that it reads and one that waits for it. All are in memory.
UNDER_WAY = 2


def count_cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def read_pieces(
    given: Input, listed: Iterator[Listed | Refused], *, processes: int
) -> Generator[tuple[dict[str, Any] | None, Piece], None, None]:
    """Read pieces and yield them in their order, each with its place; None is the place of what could not be listed.

    Args:
        given: What they are pieces of.
        listed: The pieces; taken a little ahead.
        processes: Processes that read; with 0, this one.

    Raises:
        ReaderLost: Such a process was killed.
    """
    chunks = _chunks(listed)
    for chunk in chunks if not processes else islice(chunks, READ_HERE):
        yield from zip(_places(chunk), _read(given, chunk), strict=True)
    first = next(chunks, None)
    if first is None:
        return
    others = multiprocessing.active_children()
    pool = ProcessPoolExecutor(processes, mp_context=_context(), initializer=_begin_reading)
    try:
        yield from _read_ahead(pool, given, first, chunks, limit=processes * UNDER_WAY)
    except BaseException as error:
        # who reads may be waiting for a file that never comes, and holds nothing that is not on disk
        for child in multiprocessing.active_children():
            if child not in others:
                child.kill()
        if isinstance(error, BrokenProcessPool):
            raise ReaderLost from error
        raise
    finally:
        pool.shutdown(cancel_futures=True)


def _chunks(listed: Iterator[Listed | Refused]) -> Iterator[list[Listed | Refused]]:
    chunk: list[Listed | Refused] = []
    size = 0
    for one in listed:
        chunk.append(one)
        size += 0 if isinstance(one, Refused) else one.size
        if len(chunk) == CHUNK or size >= CHUNK_BYTES:
            yield chunk
            chunk, size = [], 0
    if chunk:
        yield chunk


def _read_ahead(
    pool: ProcessPoolExecutor, given: Input, first: list[Listed | Refused], chunks: Iterator[list[Any]], *, limit: int
) -> Iterator[tuple[dict[str, Any] | None, Piece]]:
    under_way: deque[tuple[list[dict[str, Any] | None], Future[list[Piece]]]] = deque()
    chunk: list[Listed | Refused] | None = first
    while chunk or under_way:
        if chunk:
            under_way.append((_places(chunk), pool.submit(_read, given, chunk)))
        if len(under_way) > limit or not chunk:
            places, future = under_way.popleft()
            yield from zip(places, future.result(), strict=True)
        chunk = next(chunks, None)


def _places(chunk: Sequence[Listed | Refused]) -> list[dict[str, Any] | None]:
    return [None if isinstance(one, Refused) else one.place for one in chunk]


def _read(given: Input, chunk: Sequence[Listed | Refused]) -> list[Piece]:
    """Read a chunk; what could not be listed stays where it stands."""
    read = iter(given.read([one.raw for one in chunk if not isinstance(one, Refused)]))
    return [one if isinstance(one, Refused) else next(read) for one in chunk]


def _context() -> BaseContext:
    """Return how processes are started: from a server that has loaded the readers once, and runs no threads."""
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["__main__", "crawler.imports.inputs"])
    return context


def _begin_reading() -> None:
    """Leave Ctrl-C to the process of the command, and end with it, however it ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    assert parent is not None, "called in a child only"

    def end_with_parent() -> None:
        wait([parent.sentinel])
        os._exit(1)

    threading.Thread(target=end_with_parent, name="end-with-parent", daemon=True).start()
