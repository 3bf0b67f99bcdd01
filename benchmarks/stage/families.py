"""A command with all its child processes, measured as one: CPU, seconds, the most memory they held together."""

from __future__ import annotations

import ctypes
import os
import subprocess
import sys
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import psutil

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parent.parent.parent

_PR_SET_CHILD_SUBREAPER = 36

# Seconds between two looks at the memory; each costs a millisecond.
_LOOK_EVERY = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """What a command and its children took together."""

    code: int
    out: str
    cpu_seconds: float
    seconds: float
    peak_mb: float
    """Most memory held at once by all of them, shared pages counted once (PSS), in 10^6 bytes."""


def measure_family(*arguments: str | Path) -> Family:
    """Run ``newscrawl`` with some arguments to its end, and to the end of all that it started.

    Linux only: whoever outlives the command becomes a child of this process, which must have no others.
    """
    ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    kept = {name: value for name, value in os.environ.items() if not name.startswith("NEWSCRAWL_")}
    began = time.monotonic()
    command = [sys.executable, "-m", "crawler", *map(str, arguments)]
    child = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=kept)
    has_ended = threading.Event()
    peaks = [0.0]
    watcher = threading.Thread(target=_watch, args=(has_ended, peaks), daemon=True)
    watcher.start()
    assert child.stdout is not None
    with child.stdout:
        out = child.stdout.read()
    cpu_seconds, status = 0.0, 0
    for pid, ended, used in _reap():
        cpu_seconds += used
        if pid == child.pid:
            status = ended
    seconds = time.monotonic() - began
    child.returncode = os.waitstatus_to_exitcode(status)
    has_ended.set()
    watcher.join()
    return Family(
        code=child.returncode, out=out.decode(), cpu_seconds=cpu_seconds, seconds=seconds, peak_mb=peaks[0] / 1e6
    )


def _reap() -> Iterator[tuple[int, int, float]]:
    """Wait for every child, of whatever generation; yield its number, how it ended and the CPU it took."""
    while True:
        try:
            pid, status, usage = os.wait4(-1, 0)
        except ChildProcessError:
            return
        yield pid, status, usage.ru_utime + usage.ru_stime


def _watch(has_ended: threading.Event, peaks: list[float]) -> None:
    this = psutil.Process()
    while not has_ended.wait(_LOOK_EVERY):
        held = 0
        for one in this.children(recursive=True):
            with suppress(psutil.Error, OSError):
                held += one.memory_full_info().pss
        peaks[0] = max(peaks[0], held)
