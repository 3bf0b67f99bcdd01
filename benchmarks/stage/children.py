"""Child processes: started as an operator starts them, killed, and measured."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.stage.disks import limit_files

if TYPE_CHECKING:
    from collections.abc import Sequence

ROOT = Path(__file__).resolve().parent.parent.parent


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What a child took from start to end."""

    code: int
    out: str
    err: str
    cpu_seconds: float
    """User and system, its own children included."""
    seconds: float
    peak_mb: float
    """Most memory held at once (VmHWM), in 10^6 bytes."""


def start(
    *arguments: str | Path, limit_bytes: int | None = None, err: Path | None = None, **environment: str
) -> subprocess.Popen[bytes]:
    """Start Python with some arguments, at the root of the project, without an operator's settings.

    Args:
        arguments: For Python.
        limit_bytes: Largest file it may write; None for no limit.
        err: File to which its standard error is added; None for a pipe.
        environment: Variables beside our own.
    """
    return start_command([sys.executable, *map(str, arguments)], limit_bytes=limit_bytes, err=err, **environment)


def start_command(
    command: Sequence[str], limit_bytes: int | None = None, err: Path | None = None, **environment: str
) -> subprocess.Popen[bytes]:
    """Start any command likewise."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("NEWSCRAWL_")}
    with contextlib.nullcontext(subprocess.PIPE) if err is None else err.open("ab") as stderr:
        return subprocess.Popen(
            command,
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=stderr,
            env=kept | environment,
            preexec_fn=limit_files(limit_bytes) if limit_bytes else None,  # noqa: PLW1509 -- it makes one system call
        )


def crawl_command(via: str, db: str, *options: str) -> Sequence[str]:
    """Return the arguments of one crawl of all articles of rfi-cn."""
    return ("-m", "crawler", "crawl", "rfi-cn", "--via", via, "--pages", "10000", "--db", db, *options)


def measure(*arguments: str | Path, **environment: str) -> Measured:
    """Run Python with some arguments to its end."""
    began = time.monotonic()
    child = start(*arguments, **environment)
    peaks = [0.0]
    watcher = threading.Thread(target=_watch, args=(child.pid, peaks), daemon=True)
    watcher.start()
    assert child.stdout is not None
    assert child.stderr is not None
    said: list[bytes] = []
    listener = threading.Thread(target=lambda: said.append(child.stderr.read()), daemon=True)  # type: ignore[union-attr]  # a pipe
    listener.start()
    out = child.stdout.read()
    listener.join()
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    return Measured(
        code=child.returncode,
        out=out.decode(),
        err=said[0].decode(),
        cpu_seconds=usage.ru_utime + usage.ru_stime,
        seconds=time.monotonic() - began,
        peak_mb=peaks[0],
    )


def _watch(pid: int, peaks: list[float]) -> None:
    """Read a child's peak memory until it has ended; ru_maxrss would count its parent's as well."""
    status = Path(f"/proc/{pid}/status")
    while True:
        try:
            lines = status.read_text().splitlines()
        except (FileNotFoundError, ProcessLookupError):
            return
        peak = next((line for line in lines if line.startswith("VmHWM")), None)
        if peak is None:  # it has ended and waits to be asked how
            return
        peaks[0] = max(peaks[0], int(peak.split()[1]) * 1024 / 1e6)
        time.sleep(0.02)
