"""Where each run's log is, and how many are kept.

A run's process writes to one file, standard output and errors included; it begins a new one when that has grown large,
and keeps the one before. The service removes the logs of the oldest runs.
"""

from __future__ import annotations

import logging
import os
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

# Size at which a run begins a new file: a long crawl with every page logged stays below it.
MAX_LOG_BYTES = 5_000_000

_STDOUT, _STDERR = 1, 2


class RunLogs:
    """The logs of runs in a folder; it is made when the first run writes.

    Args:
        folder: Where.
        keep: Of how many runs, the newest first.
    """

    def __init__(self, folder: Path, *, keep: int) -> None:
        self._folder = folder
        self._keep = keep

    def path(self, run_id: int) -> Path:
        """Return where a run logs; what it logged before that file grew too large has ``.1`` added to its name."""
        return self._folder / f"run-{run_id}.log"

    def make_room(self) -> None:
        """Remove the logs of the oldest runs."""
        self._folder.mkdir(parents=True, exist_ok=True)
        numbers = {_number(path) for path in self._folder.glob("run-*.log*")} - {None}
        for number in sorted(number for number in numbers if number is not None)[: -self._keep]:
            for path in (self.path(number), self.path(number).with_suffix(".log.1")):
                path.unlink(missing_ok=True)


def _number(path: Path) -> int | None:
    text = path.name.removeprefix("run-").partition(".")[0]
    return int(text) if text.isdecimal() else None


class RunLogHandler(logging.StreamHandler):  # type: ignore[type-arg]  # generic to type checkers only
    """Writes records to standard error, which is a run's log, and begins a new file when that has grown large.

    Whatever else is written to standard output and errors, by a library or the interpreter, goes the same way.
    """

    def __init__(self, path: Path, *, max_bytes: int = MAX_LOG_BYTES) -> None:
        super().__init__(sys.stderr)
        self._path = path
        self._max_bytes = max_bytes
        self.setLevel(logging.INFO)  # what Scrapy says of every page is for those who look for a fault in it
        self.setFormatter(logging.Formatter("%(asctime)s %(name)s %(levelname)s %(message)s"))

    def emit(self, record: logging.LogRecord) -> None:
        """Write a record."""
        super().emit(record)
        if os.fstat(_STDERR).st_size > self._max_bytes:
            self._path.replace(self._path.with_suffix(".log.1"))
            fresh = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
            os.dup2(fresh, _STDOUT)
            os.dup2(fresh, _STDERR)
            os.close(fresh)
