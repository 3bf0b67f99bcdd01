"""The program's door: ``newscrawl``, and ``python -m crawler``, which is the same."""

import atexit
import contextlib
import os
import signal
import sys
from functools import partial

from crawler.garbage import collect_seldom

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


def main() -> int:
    """Run the program and return its exit code."""
    collect_seldom()
    from crawler.cli import main as run  # noqa: PLC0415 -- not before it can be had quickly

    code = run()
    _let_go(code)
    return code


def _let_go(code: int) -> None:
    """Let a signal no longer change how it ended: all is done and told, and the interpreter only clears up.

    Threads may still hang, such as one that looks up a name: while they are waited for, a signal ends the process.
    After that Python would give signals back to the system, which says that the process was killed.
    """
    for number in _SIGNALS:
        signal.signal(number, partial(_leave, code))
    atexit.register(_ignore_signals)


def _leave(code: int, *_: object) -> None:
    with contextlib.suppress(OSError, ValueError):
        sys.stdout.flush()
        sys.stderr.flush()
    os._exit(code)


def _ignore_signals() -> None:
    for number in _SIGNALS:
        signal.signal(number, signal.SIG_IGN)


if __name__ == "__main__":
    sys.exit(main())
