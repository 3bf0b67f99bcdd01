"""Progress of long work: a line that moves on a terminal, plain lines otherwise."""

from __future__ import annotations

import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.console import Console

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

# Seconds between plain lines: enough to see life in a log, few enough to read it.
PLAIN_EVERY_SECONDS = 10.0


@contextmanager
def watch(work: str) -> Iterator[Callable[[Mapping[str, int]], None]]:
    """Show how counts grow; the caller passes the latest counts as often as it likes.

    Args:
        work: What is being done, such as ``crawling rfi-cn``.
    """
    console = Console(stderr=True)
    if console.is_terminal:
        with console.status(work) as status:
            yield lambda counts: status.update(f"{work}: {_in_words(counts)}")
        return
    last_printed = time.monotonic()

    def print_plain(counts: Mapping[str, int]) -> None:
        nonlocal last_printed
        if time.monotonic() - last_printed >= PLAIN_EVERY_SECONDS:
            last_printed = time.monotonic()
            sys.stderr.write(f"{work}: {_in_words(counts)}\n")

    yield print_plain


def _in_words(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {name}" for name, count in counts.items()) or "starting"
