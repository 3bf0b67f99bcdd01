"""BatchWriter: articles come in one by one from any thread and are written in batches by one thread.

An article counts as stored when its batch is on disk; only then is it reported. Each one taken is reported once, or
is among `BatchWriter.unsaved` after an error that nobody can miss.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Self

from storage.errors import StoreError, WriteRefused

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import TracebackType

    from storage.records import Article, Outcome
    from storage.seed_copies import SeedCopy
    from storage.store import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """What became of one submitted article."""

    article: Article
    outcome: Outcome | None
    """What saving did; None if the database refused the article."""
    refusal: WriteRefused | None
    """Why the database refused it; None if it is stored."""
    token: object
    """What the submitter gave along."""


@dataclass(frozen=True, slots=True)
class _Submitted:
    article: Article
    seed_copy: SeedCopy | None
    token: object
    due_at: float
    """Monotonic seconds at which it must be on its way to disk."""


def _utc_now() -> datetime:
    return datetime.now(UTC)


class BatchWriter:
    """Writes submitted articles, one transaction a batch, in a thread of its own.

    A batch is written when it is full or when its first article has waited long enough. An article that the database
    refuses is searched out by halving its batch, so that all others are stored. Any other error stops the writer:
    `submit` and `close` raise it, and `unsaved` holds what is not on disk.

    Args:
        store: Where to.
        on_saved: Called from the writer's thread after each transaction, with what it wrote, in the order submitted.
        max_batch: Articles in one transaction; more no longer write faster.
        max_wait_seconds: Longest time an article waits for its batch to fill: the most that a power cut can cost.
        max_pending: Articles waiting before `submit` blocks: bounds the memory.
        clock: Tells the present time, aware.
    """

    def __init__(
        self,
        store: Store,
        on_saved: Callable[[list[Written]], None],
        *,
        max_batch: int = 200,
        max_wait_seconds: float = 0.5,
        max_pending: int = 1000,
        clock: Callable[[], datetime] = _utc_now,
    ) -> None:
        self._store = store
        self._on_saved = on_saved
        self._max_batch = min(max_batch, max_pending)
        self._max_wait_seconds = max_wait_seconds
        self._max_pending = max_pending
        self._clock = clock
        self._lock = threading.Lock()
        self._has_work = threading.Condition(self._lock)
        self._has_room = threading.Condition(self._lock)
        self._waiting: deque[_Submitted] = deque()
        self._in_hand: deque[_Submitted] = deque()
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
    def unsaved(self) -> list[Article]:
        """Articles taken and not on disk, in the order submitted."""
        with self._lock:
            return [submitted.article for submitted in (*self._in_hand, *self._waiting)]

    def submit(self, article: Article, *, seed_copy: SeedCopy | None = None, token: object = None) -> None:
        """Take an article; block while the queue is full.

        Args:
            article: Belongs to the writer until it is reported.
            seed_copy: The seed file it came from; written in the same transaction.
            token: Anything; comes back in `Written.token`.

        Raises:
            StoreError: The writer has failed, and takes no more, or is closed.
        """
        submitted = _Submitted(article, seed_copy, token, time.monotonic() + self._max_wait_seconds)
        with self._lock:
            while len(self._waiting) >= self._max_pending and self._error is None:
                self._has_room.wait()
            if self._error is not None:
                raise self._error
            if self._is_closing:
                raise StoreError("the writer is closed and takes no more articles")
            self._waiting.append(submitted)
            if len(self._waiting) in (1, self._max_batch):
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
            with self._lock:
                self._error = error
                self._has_room.notify_all()

    def _next_batch(self) -> list[_Submitted]:
        """Wait for a batch and take it in hand; empty when all is written and the writer is closing."""
        with self._lock:
            while not self._waiting and not self._is_closing:
                self._has_work.wait()
            while len(self._waiting) < self._max_batch and not self._is_closing:
                seconds_left = self._waiting[0].due_at - time.monotonic()
                if seconds_left <= 0:
                    break
                self._has_work.wait(seconds_left)
            batch = [self._waiting.popleft() for _ in range(min(self._max_batch, len(self._waiting)))]
            self._in_hand.extend(batch)
            self._has_room.notify_all()
            return batch

    def _write(self, batch: Sequence[_Submitted]) -> None:
        """Write a batch and report it; halve one that the database refuses until only the refused article is left."""
        try:
            outcomes: list[Outcome | None] = [
                *self._store.save_batch(
                    [submitted.article for submitted in batch],
                    now=self._clock(),
                    seed_copies=[submitted.seed_copy for submitted in batch],
                )
            ]
            refusal = None
        except WriteRefused as error:
            if len(batch) > 1:
                middle = len(batch) // 2
                self._write(batch[:middle])
                self._write(batch[middle:])
                return
            outcomes, refusal = [None], error
        with self._lock:
            for _ in batch:
                self._in_hand.popleft()
        self._on_saved(
            [
                Written(article=submitted.article, outcome=outcome, refusal=refusal, token=submitted.token)
                for submitted, outcome in zip(batch, outcomes, strict=True)
            ]
        )
