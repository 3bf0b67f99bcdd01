"""What the program logs, to standard error: faults as one line each, everything with --verbose."""

from __future__ import annotations

import logging
import sys


class _OneLine(logging.Formatter):
    """A record on one line; of an exception only its last line, which says what went wrong."""

    def format(self, record: logging.LogRecord) -> str:
        told = [record.getMessage()]
        if record.exc_info and record.exc_info[1] is not None:
            error = record.exc_info[1]
            told.append(f"{type(error).__name__}: {error}")
        return "newscrawl: " + " ".join(" | ".join(told).split())


class _Stderr(logging.Handler):
    """Writes to whatever standard error is at the time."""

    def emit(self, record: logging.LogRecord) -> None:
        sys.stderr.write(self.format(record) + "\n")


def show_log(*, verbose: bool) -> None:
    """Send log records to standard error.

    Args:
        verbose: Everything from INFO on, with tracebacks; else faults only.
    """
    handler = _Stderr()
    handler.setLevel(logging.INFO if verbose else logging.ERROR)
    handler.setFormatter(logging.Formatter("%(asctime)s %(name)s %(levelname)s %(message)s") if verbose else _OneLine())
    root = logging.getLogger()
    for former in [one for one in root.handlers if isinstance(one, _Stderr)]:
        root.removeHandler(former)
    root.addHandler(handler)
    if verbose:
        root.setLevel(logging.INFO)
