"""Work on a database that may be away for a while: done in a thread, and again until the database is back.

A server that is restarted, a lock that another program holds, or a write that failed costs a run time and nothing else.
"""

from __future__ import annotations

import asyncio
import logging
from functools import partial
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from storage import Patience, StoreUnavailable, tried_again

if TYPE_CHECKING:
    from collections.abc import Callable

P = ParamSpec("P")
T = TypeVar("T")

logger = logging.getLogger(__name__)

# Longest wait for a database that cannot be reached.
PATIENCE_SECONDS = 60.0

# What is being done, on the reactor's thread alone.
_at_work: list[object] = []


async def in_thread(work: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
    """Do database work in a thread, so that the reactor never waits; see `patiently`.

    Raises:
        StoreUnavailable: The database is still away, or cannot be used at all.
    """
    patience = Patience(PATIENCE_SECONDS)
    call = partial(work, *args, **kwargs)
    _at_work.append(call)
    try:
        while True:
            try:
                return await asyncio.to_thread(call)
            except StoreUnavailable as error:
                pause = patience.pause_after(error)
                logger.info("%s; trying again", error)
                await asyncio.sleep(pause)
    finally:
        _at_work.remove(call)


def threads_at_work() -> int:
    """Return how much of this process's work `in_thread` is not done."""
    return len(_at_work)


def patiently(work: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
    """Do database work, again while the database cannot be reached, for a minute at most; the caller waits.

    Work that was done while its answer was lost is done twice: it must bear that.

    Raises:
        StoreUnavailable: The database is still away, or cannot be used at all.
    """
    return tried_again(partial(work, *args, **kwargs), seconds=PATIENCE_SECONDS)
