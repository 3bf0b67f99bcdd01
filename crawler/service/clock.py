"""The clock: APScheduler, and nothing of it but the clock. It wakes the dispatcher; what to do then the database says.

Nothing is dropped because it is late (`misfire_grace_time`), and nothing is stored: a clock that is lost is wound anew.
"""

from __future__ import annotations

import logging
import threading
from datetime import UTC
from typing import TYPE_CHECKING

from apscheduler.executors.debug import DebugExecutor
from apscheduler.jobstores.base import JobLookupError
from apscheduler.schedulers.background import BackgroundScheduler

if TYPE_CHECKING:
    from datetime import datetime

_PULSE, _MOMENT = "pulse", "moment"


class Clock:
    """Wakes a thread regularly, and at the moment it asks for.

    Args:
        pulse_seconds: Longest sleep: runs are watched and signs of life left in this rhythm.
    """

    def __init__(self, *, pulse_seconds: float) -> None:
        self._pulse_seconds = pulse_seconds
        self._event = threading.Event()
        # jobs only set an event: no pool of threads is needed for that
        self._scheduler = BackgroundScheduler(
            executors={"default": DebugExecutor()},
            job_defaults={"misfire_grace_time": None, "coalesce": True},
            timezone=UTC,
        )
        self._moment: datetime | None = None
        logging.getLogger("apscheduler").setLevel(logging.WARNING)

    def start(self) -> None:
        """Begin to tick."""
        self._scheduler.add_job(self._event.set, "interval", seconds=self._pulse_seconds, id=_PULSE)
        self._scheduler.start()

    def stop(self) -> None:
        """Stop ticking."""
        self._scheduler.shutdown()

    def wake_at(self, moment: datetime | None) -> None:
        """Wake at a moment, instead of the one that was asked for before; None for none."""
        if moment == self._moment:
            return
        self._moment = moment
        if moment is not None:
            self._scheduler.add_job(self._event.set, "date", run_date=moment, id=_MOMENT, replace_existing=True)
            return
        try:
            self._scheduler.remove_job(_MOMENT)
        except JobLookupError:
            return  # it has come

    def wake(self) -> None:
        """Wake now; may be called from anywhere, a signal handler included."""
        self._event.set()

    def sleep(self) -> None:
        """Sleep until something wakes."""
        # should the clock's thread ever die, the service goes on, a little late
        self._event.wait(timeout=10 * self._pulse_seconds)
        self._event.clear()
