"""The processes in which runs run: started, watched, held to their limits, ended.

A child makes one run (a reactor starts once), in a process group and with a log of its own. It says through a pipe
what it has counted; when that stands still for too long it is hung: it is asked for its stack, told to stop, and ended
by force when it does not.
"""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass
from itertools import dropwhile, takewhile
from typing import TYPE_CHECKING

import psutil

from crawler.service.dispatcher import Ended
from storage import RunState

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from crawler.service.logs import RunLogs
    from storage import CrawlRun, Schedule

logger = logging.getLogger(__name__)

# What a child is started with; its arguments are its run, its parent, its end of the pipe and its log.
WORKER = (sys.executable, "-m", "crawler.service.worker")

# Seconds that a child has to begin at least: on a busy machine the interpreter alone takes many.
START_SECONDS = 60.0

# Seconds between asking a child for its stack and telling it to stop.
STACK_SECONDS = 1.0

# How the parts of a stack begin. Source: Python/traceback.c of CPython 3.11.
_STACK = ("Thread 0x", "Current thread 0x")

# Longest stack that is kept: some hundred frames of a few threads.
MAX_STACK_CHARACTERS = 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a run may take, unless its schedule says otherwise."""

    silence_seconds: float
    """Longest time without progress."""
    memory_bytes: int
    """Most memory held at once."""
    stop_seconds: float = 10.0
    """What it has to stop in good order before it is ended by force: what is under way is fetched and written."""


@dataclass(slots=True, kw_only=True)
class _Child:
    run_id: int
    schedule: str
    process: subprocess.Popen[bytes]
    progress: int
    """Our end of its pipe."""
    log: Path
    started_at: float
    moved_at: float
    """When it last made progress."""
    has_begun: bool = False
    """Its crawl is under way."""
    silence_seconds: float
    memory_bytes: int
    time_limit_seconds: float | None
    why: str | None = None
    """Why it is to stop; None while it is not."""
    state: RunState = RunState.STOPPED
    """What it is then."""
    term_at: float = 0.0
    """When it is told to stop."""
    kill_at: float | None = None
    """When it is ended by force; None until it was told to stop."""
    was_killed: bool = False
    stack_from: int = 0
    """Where in its log its stack begins."""


class Children:
    """Runs runs in processes of their own; see `crawler.service.dispatcher.Runner`.

    It must be used from one thread that lives as long as the service: on Linux the system ends a child together with
    the thread that started it.

    Args:
        database_url: Of the store.
        logs: Where children log.
        limits: What a run may take.
    """

    def __init__(self, database_url: str, *, logs: RunLogs, limits: Limits) -> None:
        self._database_url = database_url
        self._logs = logs
        self._limits = limits
        self._children: dict[int, _Child] = {}
        self._stillborn: list[Ended] = []

    @property
    def running(self) -> Mapping[int, str]:
        """The runs under way: number and schedule."""
        return {run_id: child.schedule for run_id, child in self._children.items()}

    def start(self, run: CrawlRun, schedule: Schedule, *, at: float) -> None:
        """Start a process for a planned run."""
        ours, theirs = os.pipe()
        try:
            self._logs.make_room()
            log = self._logs.path(run.id)
            with log.open("ab") as out:
                process = subprocess.Popen(
                    (*WORKER, *map(str, (run.id, os.getpid(), theirs, log.absolute()))),
                    stdin=subprocess.DEVNULL,
                    stdout=out,
                    stderr=out,
                    pass_fds=(theirs,),
                    process_group=0,
                    env=os.environ | {"NEWSCRAWL_DATABASE_URL": self._database_url},
                )
        except OSError as error:
            os.close(ours)
            told = f"its process could not be started: {error.strerror or error}"
            self._stillborn.append(Ended(run_id=run.id, state=RunState.FAILED, reason=told))
            return
        finally:
            os.close(theirs)
        os.set_blocking(ours, False)
        self._children[run.id] = _Child(
            run_id=run.id,
            schedule=schedule.name,
            process=process,
            progress=ours,
            log=log,
            started_at=at,
            moved_at=at,
            silence_seconds=schedule.silence_limit_seconds or self._limits.silence_seconds,
            memory_bytes=schedule.memory_limit_bytes or self._limits.memory_bytes,
            time_limit_seconds=schedule.time_limit_seconds,
        )

    def stop(self, run_id: int, reason: str, *, at: float) -> None:
        """Tell a run to stop; what is not one of ours, or stops already, is left alone."""
        child = self._children.get(run_id)
        if child is not None and child.why is None:
            child.why, child.term_at = reason, at

    def watch(self, *, at: float) -> list[Ended]:
        """Hold children to their limits, and return those that have ended and could not say how."""
        ended, self._stillborn = self._stillborn, []
        for child in list(self._children.values()):
            _listen(child, at)
            code = child.process.poll()
            if code is None:
                _hold_to_limits(child, at)
                _press(child, at, stop_seconds=self._limits.stop_seconds)
                continue
            del self._children[child.run_id]
            os.close(child.progress)
            _signal(child, signal.SIGKILL)  # whatever it may have started
            if (told := _last_word(child, code)) is not None:
                ended.append(told)
        return ended


def _listen(child: _Child, at: float) -> None:
    """Note progress: what a child has counted differs from what it last said."""
    with suppress(BlockingIOError):
        while os.read(child.progress, 65536):
            child.moved_at, child.has_begun = at, True


def _hold_to_limits(child: _Child, at: float) -> None:
    if child.why is not None:
        return
    limit, silence = child.time_limit_seconds, child.silence_seconds
    if not child.has_begun:
        silence = max(silence, START_SECONDS)
    if at - child.moved_at > silence:
        child.why, child.state = f"no progress for {silence:g} seconds", RunState.HUNG
        child.stack_from = child.log.stat().st_size if child.log.exists() else 0
        child.term_at = at + STACK_SECONDS
        _signal(child, signal.SIGUSR1, group=False)
    elif limit is not None and at - child.started_at > limit:
        child.why, child.term_at = f"its time limit of {limit:g} seconds was over", at
    elif (held := _memory(child)) > child.memory_bytes:
        told = f"it held {held / 1e6:.0f} MB of memory, and {child.memory_bytes / 1e6:.0f} MB are allowed"
        child.why, child.term_at = told, at


def _memory(child: _Child) -> int:
    try:
        return int(psutil.Process(child.process.pid).memory_info().rss)
    except psutil.Error:
        return 0


def _press(child: _Child, at: float, *, stop_seconds: float) -> None:
    """Tell a child that is to stop so, and end it by force when its time is over."""
    if child.why is None or at < child.term_at:
        return
    if child.kill_at is None:
        child.kill_at = at + stop_seconds
        _signal(child, signal.SIGTERM)
    elif at >= child.kill_at:
        child.was_killed = True
        _signal(child, signal.SIGKILL)


def _signal(child: _Child, number: signal.Signals, *, group: bool = True) -> None:
    with suppress(ProcessLookupError, PermissionError):
        if group:
            os.killpg(child.process.pid, number)
        else:
            child.process.send_signal(number)


def _last_word(child: _Child, code: int) -> Ended | None:
    """Return what to write of a child that has ended; None where it has had the last word itself."""
    if child.why is not None:
        state = RunState.KILLED if child.was_killed and child.state is RunState.STOPPED else child.state
        stack = _read_stack(child) if child.state is RunState.HUNG else None
        return Ended(run_id=child.run_id, state=state, reason=child.why, stack=stack)
    if code == 0:
        return None
    if code < 0:
        told = f"its process was ended by {signal.Signals(-code).name}"
        return Ended(run_id=child.run_id, state=RunState.KILLED, reason=told)
    told = f"its process ended with exit code {code}; see {child.log}"
    return Ended(run_id=child.run_id, state=RunState.FAILED, reason=told)


def _read_stack(child: _Child) -> str | None:
    try:
        with child.log.open("rb") as file:
            file.seek(child.stack_from)
            said = file.read(MAX_STACK_CHARACTERS).decode(errors="replace")
    except OSError:
        return None
    # what else was logged at that time stands before and after
    lines = list(dropwhile(lambda line: not line.startswith(_STACK), said.splitlines()))
    stack = takewhile(lambda line: not line or line.startswith((*_STACK, "  ")), lines)
    return "\n".join(stack).rstrip() + "\n" if lines else None
