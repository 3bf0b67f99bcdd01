"""The program's door: ``newscrawl``, and ``python -m crawler``, which is the same."""

import signal
import sys

from crawler.garbage import collect_seldom


def main() -> int:
    """Run the program and return its exit code."""
    collect_seldom()
    from crawler.cli import main as run  # noqa: PLC0415 -- not before it can be had quickly

    code = run()
    # all is done and told: a signal that comes while the interpreter clears up must not make it look undone
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    return code


if __name__ == "__main__":
    sys.exit(main())
