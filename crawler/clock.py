"""Clock: what a crawl asks for the time, and waits by; a replay has one of its own, see `crawler.replay_clock`."""

from __future__ import annotations

import asyncio
import enum
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable


class Waiting(enum.Enum):
    """What waits for a clock."""

    FETCH = "fetch"
    """One fetch, for its moment."""
    RUN = "run"
    """The whole run: there is nothing to fetch before."""
    BESIDE = "beside"
    """Nothing: it goes on beside the run, and the run does not wait for it."""


class Timed(Protocol):
    """A run, as its clock sees it."""

    @property
    def is_over(self) -> bool:
        """Does it fetch nothing more?"""

    def is_idle(self, waiting: int) -> bool:
        """Does nothing happen before one of its fetches that are known to wait goes on?"""

    def look_again(self) -> None:
        """Have it look whether there is something to fetch."""

    def end_short(self, reason: str) -> None:
        """End it, for there is nothing more to answer from."""


class Clock:
    """The machine's clock."""

    def now(self) -> datetime:
        """Return the present; aware, UTC."""
        return datetime.now(UTC)

    async def sleep(self, seconds: float, waiting: Waiting) -> None:
        """Let time go by."""
        await asyncio.sleep(seconds)

    def start(self, run: Timed) -> Callable[[], None]:
        """Begin to time a run; called on the reactor's thread. Return what ends that."""
        return lambda: None


class StandingClock(Clock):
    """Stands at one instant, but for what a run waits; for captures that tell their own times.

    Args:
        now: That instant; aware, UTC.
    """

    def __init__(self, now: datetime) -> None:
        self._now = now

    def now(self) -> datetime:
        """Return that instant, or what has become of it."""
        return self._now

    async def sleep(self, seconds: float, waiting: Waiting) -> None:
        """Wait without waiting."""
        if waiting is Waiting.BESIDE:
            await asyncio.sleep(seconds)
            return
        self._now += timedelta(seconds=seconds)
        await asyncio.sleep(0)
