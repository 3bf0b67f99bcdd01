"""The program's door: ``newscrawl``, and ``python -m crawler``, which is the same."""

import sys

from crawler.garbage import collect_seldom


def main() -> int:
    """Run the program and return its exit code."""
    collect_seldom()
    from crawler.cli import main as run  # noqa: PLC0415 -- not before it can be had quickly

    return run()


if __name__ == "__main__":
    sys.exit(main())
