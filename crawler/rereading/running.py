"""reread: all pieces, in several processes; rows are corrected piece by piece, in the order of the pieces.

What a piece changes is written in one transaction with how far the reading has come and what it came to so far: one
that is cut off goes on with the next piece, and ends with the rows, and the report, of one that was not.
"""

from __future__ import annotations

import multiprocessing
from collections import deque
from concurrent.futures import ProcessPoolExecutor
from hashlib import blake2b
from typing import TYPE_CHECKING

from crawler.rereading.comparing import Compared, compare_unit
from crawler.rereading.report import Report
from crawler.sources.version import reader_version

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from concurrent.futures import Future
    from datetime import datetime

    from crawler.rereading.units import Choice, Unit
    from storage import Store

# Pieces handed out ahead of the one whose turn it is.
AHEAD = 2


def reread(
    units: Sequence[Unit],
    choice: Choice,
    store: Store,
    *,
    processes: int,
    is_applied: bool,
    now: Callable[[], datetime],
    on_progress: Callable[[int, int, Report], None] = lambda *_: None,
) -> Report:
    """Read pieces again and return what that came to.

    Args:
        units: What to read, in order.
        choice: Which pages of it.
        store: What they are held against.
        processes: How many read at once.
        is_applied: Correct rows and save what appears; without, nothing is written.
        now: Tells the time of each transaction; aware.
        on_progress: Called after each piece with the pieces done, those there are, and the report so far.

    Raises:
        StoreError: The database cannot be read or written; what was written before stays.
    """
    name = _name_of(units, choice)
    place = store.rereading.place(name) if is_applied else None
    done, report = (place["done"], Report.of_json(place["report"])) if place else (0, Report())
    for compared in _in_turn(units[done:], choice, store.url, processes=processes, with_articles=is_applied):
        done += 1
        report.add(compared.report)
        if is_applied:
            store.rereading.apply(
                compared.corrections,
                compared.appearing,
                name=name,
                place={"done": done, "report": report.as_json()},
                now=now(),
            )
        on_progress(done, len(units), report)
    if is_applied:
        store.rereading.forget_place(name)
    return report


def _in_turn(
    units: Sequence[Unit], choice: Choice, url: str, *, processes: int, with_articles: bool
) -> Iterator[Compared]:
    """Yield what came of each piece, in order, while further ones are read."""
    if processes == 1 or len(units) < 2:
        for unit in units:
            yield compare_unit(unit, choice, url, with_articles=with_articles)
        return
    context = multiprocessing.get_context("spawn")  # a fork would share the connections of this process
    with ProcessPoolExecutor(min(processes, len(units)), mp_context=context) as pool:
        waiting: deque[Future[Compared]] = deque()
        rest = deque(units)
        try:
            while rest or waiting:
                while rest and len(waiting) < processes + AHEAD:
                    unit = rest.popleft()
                    waiting.append(pool.submit(compare_unit, unit, choice, url, with_articles=with_articles))
                yield waiting.popleft().result()
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def _name_of(units: Sequence[Unit], choice: Choice) -> str:
    """Return the name of a reading: another choice, other files or other readers are another reading."""
    parts = [reader_version(), repr(choice), *(unit.name for unit in units)]
    return f"reextract {blake2b(chr(0).join(parts).encode('utf-8', 'surrogateescape'), digest_size=16).hexdigest()}"
