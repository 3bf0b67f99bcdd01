"""Progress of long work: a bar on a terminal, plain lines otherwise; always on standard error."""

from __future__ import annotations

import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

# Seconds between plain lines: enough to see life in a log, few enough to read it.
PLAIN_EVERY_SECONDS = 10.0

# Counts that say how far a run is; the others (fetched, listings) say what it took.
DONE = ("new", "revised", "unchanged", "duplicate", "copied", "written", "indexed")


@contextmanager
def watch(work: str, total: int | None = None) -> Iterator[Callable[[Mapping[str, int]], None]]:
    """Show how counts grow; the caller passes the latest counts as often as it likes.

    Args:
        work: What is being done, such as ``crawling rfi-cn``.
        total: Articles or files to come; None if nobody knows.
    """
    with watch_words(work, total) as tell:
        yield lambda counts: tell(_done(counts), _in_words(counts))


@contextmanager
def watch_words(work: str, total: int | None = None) -> Iterator[Callable[[int, str], None]]:
    """Show how far work is; the caller passes how much is done, and the latest words, as often as it likes.

    Args:
        work: What is being done, such as ``crawling rfi-cn``.
        total: Of the same things that are counted as done; None if nobody knows.
    """
    console = Console(stderr=True)
    if console.is_terminal:
        columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[words]}"))
        with Progress(*columns, TimeElapsedColumn(), console=console, transient=True) as bar:
            task = bar.add_task(work, total=total, words="starting")
            yield lambda done, words: bar.update(task, completed=done, words=words)
        return
    last_printed = time.monotonic()

    def print_plain(_: int, words: str) -> None:
        nonlocal last_printed
        if time.monotonic() - last_printed >= PLAIN_EVERY_SECONDS:
            last_printed = time.monotonic()
            sys.stderr.write(f"{work}: {words}\n")

    yield print_plain


def _done(counts: Mapping[str, int]) -> int:
    refused = sum(
        count
        for name, count in counts.items()
        if name.startswith(("refused", "rejected", "not understood", "passed over"))
    )
    return refused + sum(counts.get(name, 0) for name in DONE)


def _in_words(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {name}" for name, count in counts.items() if count) or "starting"
