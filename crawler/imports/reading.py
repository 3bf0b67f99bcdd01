"""Pieces are read in several processes, and come back in their order; the writer stays in that of the command."""

from __future__ import annotations

import gc
import multiprocessing
import os
import signal
import sys
import threading
from collections import deque
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from itertools import islice
from multiprocessing.connection import wait
from typing import TYPE_CHECKING, Self

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

# Chunks that are read by the command where starting another process is not for nothing.
READ_HERE = 8

# Chunks under way for each process: one that it reads and one that waits for it. All are in memory.
UNDER_WAY = 2


def count_cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class Readers:
    """Processes that read pieces; a context manager, to be entered before the program starts threads.

    Then they are forks: they cost nothing to start, and share the memory of what is loaded. In a program with threads,
    whose forks may hang, they come from a server that loads the readers anew, and only when they are needed.

    Args:
        processes: How many; with 0, whoever asks reads.
    """

    def __init__(self, processes: int) -> None:
        self.processes = processes
        self.are_started = False
        """Without having been asked anything."""
        self._others = multiprocessing.active_children()
        self._pool: ProcessPoolExecutor | None = None

    def __enter__(self) -> Self:
        if self.processes:
            context = _context()
            self._pool = ProcessPoolExecutor(self.processes, mp_context=context, initializer=_begin_reading)
            if context.get_start_method() == "fork":
                gc.freeze()  # so that collecting garbage, here or there, does not write to every page that is shared
                self._pool.submit(os.getpid)
                self.are_started = True
        return self

    def __exit__(self, *_: object) -> None:
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)
        if self.are_started:
            gc.unfreeze()

    def submit(self, given: Input, chunk: Sequence[Listed | Refused]) -> Future[list[Piece]]:
        """Have a chunk read."""
        assert self._pool is not None, "there are readers"
        return self._pool.submit(_read, given, chunk)

    def kill(self) -> None:
        """End them at once: one may be waiting for a file that never comes, and none holds what is not on disk."""
        for child in multiprocessing.active_children():
            if child not in self._others:
                child.kill()


def read_pieces(
    given: Input, listed: Iterator[Listed | Refused], readers: Readers
) -> Generator[tuple[dict[str, Any] | None, Piece], None, None]:
    """Read pieces and yield them in their order, each with its place; None is the place of what could not be listed.

    Args:
        given: What they are pieces of.
        listed: The pieces; taken a little ahead.
        readers: Who reads.

    Raises:
        ReaderLost: One of them was killed.
    """
    chunks = _chunks(listed)
    if not readers.are_started:
        for chunk in islice(chunks, READ_HERE) if readers.processes else chunks:
            yield from zip(_places(chunk), _read(given, chunk), strict=True)
    first = next(chunks, None)
    if first is None:
        return
    try:
        yield from _read_ahead(readers, given, first, chunks)
    except BaseException as error:
        readers.kill()
        if isinstance(error, BrokenProcessPool):
            raise ReaderLost from error
        raise


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
    readers: Readers, given: Input, first: list[Listed | Refused], chunks: Iterator[list[Listed | Refused]]
) -> Iterator[tuple[dict[str, Any] | None, Piece]]:
    under_way: deque[tuple[list[dict[str, Any] | None], Future[list[Piece]]]] = deque()
    chunk: list[Listed | Refused] | None = first
    while chunk or under_way:
        if chunk:
            under_way.append((_places(chunk), readers.submit(given, chunk)))
        if len(under_way) > readers.processes * UNDER_WAY or not chunk:
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
    """Return how processes are started."""
    if sys.platform == "linux" and threading.active_count() == 1:
        return multiprocessing.get_context("fork")
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
