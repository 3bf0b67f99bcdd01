"""Who leads, as one process sees it: it leaves signs of life while it leads, and else waits for a silence.

Time is measured by the process's own clock: that of the leader, on another machine, may differ.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from storage import LeadershipLost

if TYPE_CHECKING:
    from datetime import datetime

    from storage import Leadership, Leaderships

logger = logging.getLogger(__name__)

# A leader that has been silent for so many heartbeats has died. One late sign of life is no death; together with
# `LOOKS_EACH_HEARTBEAT` another leads within twice the heartbeat.
DEAD_AFTER_HEARTBEATS = 1.5

# How often whoever waits looks whether the leader is alive.
LOOKS_EACH_HEARTBEAT = 8


class Lead:
    """One process's part in leading.

    Args:
        leaderships: The store's door.
        holder: This process, for people.
        heartbeat_seconds: Between two signs of life.
    """

    def __init__(self, leaderships: Leaderships, *, holder: str, heartbeat_seconds: float) -> None:
        self._leaderships = leaderships
        self._holder = holder
        self._heartbeat_seconds = heartbeat_seconds
        self._mine: Leadership | None = None
        self._seen: Leadership | None = None
        self._seen_at = 0.0
        self._next_at = 0.0
        self.is_new = False
        """Nothing has been decided in this term yet."""

    @property
    def mine(self) -> Leadership | None:
        """This process's leadership; None while another leads."""
        return self._mine

    def keep(self, *, now: datetime, at: float) -> None:
        """Leave a sign of life, or take over from a leader that is silent, when it is time to.

        Args:
            now: The present time.
            at: Seconds on a clock that only goes forward.
        """
        if at < self._next_at:
            return
        if self._mine is None:
            self._next_at = at + self._heartbeat_seconds / LOOKS_EACH_HEARTBEAT
            self._wait(now, at)
        else:
            self._next_at = at + self._heartbeat_seconds
            try:
                self._mine = self._leaderships.beat(self._mine, now=now)
            except LeadershipLost as error:
                self.lose(error)

    def lose(self, error: LeadershipLost) -> None:
        """Note that another leads by now."""
        logger.warning("%s; waiting for its end", error)
        self._mine = None
        self._next_at = 0.0

    def give_up(self) -> None:
        """Let another lead at once."""
        if self._mine is not None:
            self._leaderships.give_up(self._mine)
            self._mine = None

    def _wait(self, now: datetime, at: float) -> None:
        current = self._leaderships.current()
        if current != self._seen or self._seen_at == 0.0:
            if current is not None and (self._seen is None or current.term != self._seen.term):
                logger.info("%s leads; this service takes over when it is silent", current.holder)
            self._seen, self._seen_at = current, at
        is_silent = at - self._seen_at >= DEAD_AFTER_HEARTBEATS * self._heartbeat_seconds
        if current is None or is_silent:
            self._mine = self._leaderships.take(self._holder, instead_of=current, now=now)
        if self._mine is not None:
            self.is_new = True
            self._next_at = at + self._heartbeat_seconds
            logger.info("this service leads (term %d)", self._mine.term)
