"""ReplayClock: the recorded clock, and the order in which a recording answers.

Time stands still while the crawl works, and goes on from one recorded answer, or one wait of the crawl, to the next:
so waits cost nothing, and every replay sees the same instants in the same order as the recorded run. All that is
leased is asked for at once and held here until its turn has come.
"""

from __future__ import annotations

import asyncio
import heapq
import itertools
import time
from datetime import timedelta
from typing import TYPE_CHECKING, Protocol

from crawler.clock import Clock, Waiting

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from crawler.clock import Timed
    from crawler.exchange import Exchange
    from storage import CapturePlace

ENDS_HERE = "the recording ends here"

# Seconds between two looks whether the run still works, and looks in a row without work before it counts as idle.
_LOOK_EVERY = 0.001
_IDLE_LOOKS = 3

# Seconds after which a run that seems to work and brings nothing about is taken to wait.
_STUCK_AFTER = 3.0


class RecordedExchanges(Protocol):
    """The exchanges of one recorded run, by their number in it."""

    started_at: datetime

    def take(self, url: str) -> int | None:
        """Return the number of the next exchange with a URL, and count it as asked for; None if there is none."""

    def answered_at(self, number: int) -> datetime | None:
        """Return when an exchange took place; None after the last."""

    def load(self, number: int) -> tuple[Exchange, CapturePlace]:
        """Return an exchange whole."""


class ReplayClock(Clock):
    """Stands at the start of a recorded run until it is started."""

    def __init__(self, recorded: RecordedExchanges) -> None:
        self._recorded = recorded
        self._now = recorded.started_at
        self._next = 0  # the first exchange whose turn has not come
        self._held: dict[int, asyncio.Future[bool]] = {}
        self._unrecorded: list[asyncio.Future[bool]] = []
        self._sleepers: list[tuple[datetime, int, asyncio.Future[None], Waiting]] = []
        self._count = itertools.count()
        self._run: Timed | None = None
        self._worked_at = 0.0

    def now(self) -> datetime:
        """Return the recorded present."""
        return self._now

    async def sleep(self, seconds: float, waiting: Waiting) -> None:
        """Wait until the recorded clock has gone on by so much."""
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        entry = (self._now + timedelta(seconds=seconds), next(self._count), future, waiting)
        heapq.heappush(self._sleepers, entry)
        await future

    def start(self, run: Timed) -> Callable[[], None]:
        """Let time go on."""
        self._run = run
        task = asyncio.ensure_future(self._go_on())

        def stop() -> None:
            task.cancel()

        return stop

    async def answer(self, url: str, *, is_ordered: bool = True) -> tuple[Exchange, CapturePlace] | None:
        """Wait for the turn of the next exchange with a URL and return it; None where the recording has no more.

        The clock then shows the time at which it took place.

        Args:
            url: As it is asked for.
            is_ordered: False for what others wait for: it is answered at once.
        """
        number = self._recorded.take(url)
        if not is_ordered:
            return None if number is None else self._at_once(number)
        turn: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        if number is None:
            self._unrecorded.append(turn)
        else:
            self._held[number] = turn
        await turn
        return None if number is None else self._recorded.load(number)

    def _at_once(self, number: int) -> tuple[Exchange, CapturePlace]:
        if number == self._next:
            self._next += 1
        return self._recorded.load(number)

    async def _go_on(self) -> None:
        """Give turns: the next exchange if it was asked for, else, when the run waits, whatever comes first."""
        looked_for = -1
        self._worked_at = time.monotonic()
        while True:
            due_at = self._recorded.answered_at(self._next)
            if self._wake_before(due_at if self._next in self._held else None):
                await self._is_waiting()
            elif self._next in self._held:
                self._give_turn(self._next)
                await asyncio.sleep(0)
            elif not await self._is_waiting() or self._run is None or self._next in self._held:
                continue
            elif due_at is not None and looked_for != self._next:
                # what is missing may wait for just this time, such as for another try
                if not self._wake_before(due_at):
                    looked_for = self._next
                    self._now = max(self._now, due_at)
                    self._run.look_again()
            elif self._held:
                self._give_turn(min(self._held))
            elif due_at is not None:
                self._next += 1
            elif not self._wake_first():
                self._end()

    def _give_turn(self, number: int) -> None:
        at = self._recorded.answered_at(number)
        assert at is not None, "it was recorded"
        self._now = max(self._now, at)
        self._next = max(self._next, number + 1)
        self._worked_at = time.monotonic()
        turn = self._held.pop(number)
        if not turn.done():
            turn.set_result(True)

    def _wake_before(self, due_at: datetime | None) -> bool:
        """Wake who sleeps until an instant before the next exchange; with none due, nobody."""
        self._forget_cancelled()
        if due_at is None or not self._sleepers or self._sleepers[0][0] > due_at:
            return False
        self._wake()
        return True

    def _wake_first(self) -> bool:
        """Wake those whom the run waits for, although nothing recorded is left."""
        self._forget_cancelled()
        if all(waiting is Waiting.BESIDE for *_, waiting in self._sleepers):
            return False
        self._wake()
        return True

    def _wake(self) -> None:
        """Wake all who sleep until the earliest instant."""
        self._now = max(self._now, self._sleepers[0][0])
        self._worked_at = time.monotonic()
        while self._sleepers and self._sleepers[0][0] <= self._now:
            future = heapq.heappop(self._sleepers)[2]
            if not future.done():
                future.set_result(None)

    def _forget_cancelled(self) -> None:
        while self._sleepers and self._sleepers[0][2].done():
            heapq.heappop(self._sleepers)

    def _end(self) -> None:
        """Let go who asks for what was not recorded; the run ends with it."""
        assert self._run is not None
        if self._unrecorded and not self._run.is_over:
            self._run.end_short(ENDS_HERE)
        for turn in self._unrecorded:
            if not turn.done():
                turn.set_result(False)
        self._unrecorded.clear()

    async def _is_waiting(self) -> bool:
        """Look for a while whether the run waits for us; False if it does not yet."""
        for _ in range(_IDLE_LOOKS):
            await asyncio.sleep(_LOOK_EVERY)
            fetches = sum(waiting is Waiting.FETCH and not future.done() for _, _, future, waiting in self._sleepers)
            waiting = len(self._held) + len(self._unrecorded) + fetches
            if self._run is None or not self._run.is_idle(waiting):
                if time.monotonic() - self._worked_at < _STUCK_AFTER:
                    return False
                self._worked_at = time.monotonic()
                return True
        return True
