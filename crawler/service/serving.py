"""serve(): a service from its start to its end. One thread does everything; the clock wakes it, signals end it."""

from __future__ import annotations

import logging
import os
import signal
import socket
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from crawler.service.children import Children
from crawler.service.clock import Clock
from crawler.service.dispatcher import Dispatcher
from crawler.service.leading import LOOKS_EACH_HEARTBEAT
from crawler.service.logs import RunLogs

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from types import FrameType

    from crawler.service.children import Limits
    from crawler.service.dispatcher import Poll
    from storage import Schedule, Store

logger = logging.getLogger(__name__)

# Longest sleep: how late a hung, a greedy or an ended run is noticed.
PULSE_SECONDS = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """How a service is to be run."""

    log_folder: Path
    kept_logs: int
    heartbeat_seconds: float
    grace_seconds: float
    """How long runs may go on after SIGTERM before they are told to stop."""
    max_runs: int
    limits: Limits


def serve(store: Store, service: Service, *, next_poll: Callable[[Schedule, datetime], Poll | None]) -> None:
    """Run schedules until SIGTERM or SIGINT; the main thread's, because it takes the signals.

    After the first signal no run starts and another service may lead; runs under way have the grace to finish, are
    then told to stop, and ended by force when they do not. A second signal ends the grace.
    """
    logs = RunLogs(service.log_folder, keep=service.kept_logs)
    children = Children(store.url, logs=logs, limits=service.limits)
    dispatcher = Dispatcher(
        store,
        children,
        holder=f"process {os.getpid()} on {socket.gethostname()}",
        heartbeat_seconds=service.heartbeat_seconds,
        max_runs=service.max_runs,
        next_poll=next_poll,
    )
    clock = Clock(pulse_seconds=min(PULSE_SECONDS, service.heartbeat_seconds / LOOKS_EACH_HEARTBEAT))
    ending = _Ending(clock)
    with ending:
        clock.start()
        logger.info("serving; runs log in %s", service.log_folder)
        while not ending.signals:
            dispatcher.look(now=datetime.now(UTC), at=time.monotonic())
            clock.wake_at(dispatcher.due_at)
            clock.sleep()
        _drain(dispatcher, clock, ending, service)
        clock.stop()
    logger.info("ended")


def _drain(dispatcher: Dispatcher, clock: Clock, ending: _Ending, service: Service) -> None:
    began = time.monotonic()
    clock.wake_at(None)
    dispatcher.drain(at=began)
    if not dispatcher.is_idle:
        logger.info("no further run starts; those under way have %g seconds to finish", service.grace_seconds)
    was_told = False
    # after the grace, the time to stop, and as long again to write it down, nothing is worth waiting for
    give_up_after = service.grace_seconds + 2 * service.limits.stop_seconds + 2 * PULSE_SECONDS
    while not dispatcher.is_idle and time.monotonic() - began < give_up_after:
        if not was_told and (time.monotonic() - began >= service.grace_seconds or ending.signals > 1):
            was_told = True
            dispatcher.stop_all("its service was ended", at=time.monotonic())
        dispatcher.look(now=datetime.now(UTC), at=time.monotonic())
        clock.sleep()


class _Ending:
    """Counts the signals that ask the service to end, while the block lasts."""

    def __init__(self, clock: Clock) -> None:
        self.signals = 0
        self._clock = clock
        self._former: dict[signal.Signals, object] = {}

    def __enter__(self) -> None:
        for number in (signal.SIGTERM, signal.SIGINT):
            self._former[number] = signal.signal(number, self._count)

    def __exit__(self, *_: object) -> None:
        for number, former in self._former.items():
            signal.signal(number, former)  # type: ignore[arg-type]  # it came from there

    def _count(self, number: int, frame: FrameType | None) -> None:
        self.signals += 1
        self._clock.wake()
