"""BatchWriter: work comes in piece by piece from any thread and is written in batches by one thread.

A piece counts as kept when its batch is on disk; only then is it reported. Each one taken is reported once, or is
among `BatchWriter.unsaved` after an error that nobody can miss.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from typing import TYPE_CHECKING, Generic, Self, TypeVar

from storage.errors import DiskTrouble, StoreError, StoreUnavailable, StoreUnreachable, WriteRefused
from storage.patience import Patience

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import TracebackType

logger = logging.getLogger(__name__)

Work = TypeVar("Work")
Done = TypeVar("Done")


class BatchWriter(Generic[Work, Done]):
    """Writes submitted work, one transaction a batch, in a thread of its own.

    A batch is written when it is full, when its first piece has waited long enough, or when `flush` asks for it. A
    piece that the database refuses is searched out by halving its batch, so that all others are kept; a batch of
    which a write to the disk failed is halved too, for fewer writes are more likely to pass. While the database
    cannot be reached the batch is tried again, and so is a single piece for a moment where the disk fails. Any other
    error stops the writer: `submit` and `close` raise it, and `unsaved` holds what is not on disk.

    Args:
        write: Called in the writer's thread with a batch; writes all of it or none and returns what that did, one
            answer a piece, such as `Store.save_batch`.
        on_written: Called from the writer's thread after each transaction, with pieces and answers in the order
            submitted; the answer to a refused piece is its refusal.
        max_batch: Pieces in one transaction; more no longer write faster.
        max_wait_seconds: Longest time a piece waits for its batch to fill.
        max_pending: Pieces waiting before `submit` blocks: bounds the memory.
        patience_seconds: How long a batch is tried again while the database cannot be reached.
        on_failed: Called from the writer's thread when it stops for an error, for those who wait for reports.
    """

    def __init__(
        self,
        write: Callable[[Sequence[Work]], Sequence[Done]],
        on_written: Callable[[list[tuple[Work, Done | WriteRefused]]], None],
        *,
        max_batch: int = 200,
        max_wait_seconds: float = 0.5,
        max_pending: int = 1000,
        patience_seconds: float = 0.0,
        on_failed: Callable[[Exception], None] | None = None,
    ) -> None:
        self._write_batch = write
        self._on_written = on_written
        self._max_batch = min(max_batch, max_pending)
        self._max_wait_seconds = max_wait_seconds
        self._max_pending = max_pending
        self._patience_seconds = patience_seconds
        self._on_failed = on_failed
        self._lock = threading.Lock()
        self._has_work = threading.Condition(self._lock)
        self._has_room = threading.Condition(self._lock)
        self._waiting: deque[tuple[float, Work]] = deque()  # (monotonic seconds when it came, work)
        self._in_hand: deque[tuple[float, Work]] = deque()
        self._is_hurried = False
        self._is_closing = False
        self._error: Exception | None = None
        # a daemon, so that a program that fails elsewhere can end; one that ends well closes its writer
        self._thread = threading.Thread(target=self._run, name="batch-writer", daemon=True)
        self._thread.start()

    @property
    def is_full(self) -> bool:
        """Would `submit` block? For callers that must not, such as a reactor's thread."""
        return len(self._waiting) >= self._max_pending

    @property
    def lag_seconds(self) -> float:
        """How long the oldest piece that is not on disk has been here; 0 if all are."""
        with self._lock:
            oldest = self._in_hand or self._waiting
            return time.monotonic() - oldest[0][0] if oldest else 0.0

    @property
    def unsaved(self) -> list[Work]:
        """Work taken and not on disk, in the order submitted."""
        with self._lock:
            return [work for _, work in (*self._in_hand, *self._waiting)]

    def submit(self, work: Work) -> None:
        """Take a piece of work, which belongs to the writer until it is reported; block while the queue is full.

        Raises:
            StoreError: The writer has failed, and takes no more, or is closed.
        """
        with self._lock:
            while len(self._waiting) >= self._max_pending and self._error is None:
                self._has_room.wait()
            if self._error is not None:
                raise self._error
            if self._is_closing:
                raise StoreError("the writer is closed and takes no more work")
            self._waiting.append((time.monotonic(), work))
            if len(self._waiting) in (1, self._max_batch):
                self._has_work.notify()

    def flush(self) -> None:
        """Have what is waiting written at once; does not wait for it."""
        with self._lock:
            if self._waiting and not self._is_hurried:
                self._is_hurried = True
                self._has_work.notify()

    def close(self) -> None:
        """Write what is waiting, and end the thread.

        Raises:
            StoreError: Not all could be written; `unsaved` holds the rest.
        """
        with self._lock:
            self._is_closing = True
            self._has_work.notify()
        self._thread.join()
        if self._error is not None:
            raise self._error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _run(self) -> None:
        try:
            while batch := self._next_batch():
                self._write(batch)
        except Exception as error:  # the thread's edge: kept here, raised by submit() and close()
            if self._on_failed is not None:
                self._on_failed(error)
            with self._lock:
                self._error = error
                self._has_room.notify_all()

    def _next_batch(self) -> list[Work]:
        """Wait for a batch and take it in hand; empty when all is written and the writer is closing."""
        with self._lock:
            while not self._waiting and not self._is_closing:
                self._has_work.wait()
            while len(self._waiting) < self._max_batch and not (self._is_closing or self._is_hurried):
                seconds_left = self._waiting[0][0] + self._max_wait_seconds - time.monotonic()
                if seconds_left <= 0:
                    break
                self._has_work.wait(seconds_left)
            self._is_hurried = False
            batch = [self._waiting.popleft() for _ in range(min(self._max_batch, len(self._waiting)))]
            self._in_hand.extend(batch)
            self._has_room.notify_all()
            return [work for _, work in batch]

    def _write(self, batch: Sequence[Work]) -> None:
        """Write a batch and report it; halve one that the database refuses until only the refused piece is left."""
        answers: list[Done | WriteRefused]
        try:
            answers = list(self._write_patiently(batch))
        except (WriteRefused, DiskTrouble) as error:
            if len(batch) > 1:
                middle = len(batch) // 2
                self._write(batch[:middle])
                self._write(batch[middle:])
                return
            if isinstance(error, DiskTrouble):
                raise
            answers = [error]
        with self._lock:
            for _ in batch:
                self._in_hand.popleft()
        self._on_written(list(zip(batch, answers, strict=True)))

    def _write_patiently(self, batch: Sequence[Work]) -> Sequence[Done]:
        patience = Patience(self._patience_seconds)
        has_complained = False
        while True:
            try:
                return self._write_batch(batch)
            except StoreUnavailable as error:
                if isinstance(error, DiskTrouble) and len(batch) > 1:
                    raise
                pause = patience.pause_after(error)
                if isinstance(error, StoreUnreachable) and not has_complained:
                    logger.warning("%s; trying again for %.0f s", error, self._patience_seconds)
                    has_complained = True
                time.sleep(pause)
