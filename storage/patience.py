"""How long work on a database is tried again after what may pass: a server that is away, a write that failed."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING, TypeVar

from storage.errors import DiskTrouble, StoreUnavailable, StoreUnreachable

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")

logger = logging.getLogger(__name__)

# Seconds between two tries to reach a database that is away.
RETRY_SECONDS = 0.5

# A disk on which 3 % of the writes fail takes a transaction of one article, some sixty writes, at every sixth try. One
# that is broken takes none, and whoever waits hears of it after half a second.
DISK_TRIES = 50
DISK_RETRY_SECONDS = 0.005


class Patience:
    """Says after each failure of one piece of work how long to wait, and when it has failed for good.

    Args:
        seconds: How long a database that cannot be reached is waited for.
    """

    def __init__(self, seconds: float) -> None:
        self._began_at = time.monotonic()
        self._seconds = seconds
        self._disk_failures = 0

    def pause_after(self, error: StoreUnavailable) -> float:
        """Return the seconds to wait before the next try.

        Raises:
            StoreUnavailable: The error, if it does not pass by itself or has lasted too long.
        """
        if isinstance(error, StoreUnreachable) and time.monotonic() - self._began_at < self._seconds:
            return RETRY_SECONDS
        self._disk_failures += isinstance(error, DiskTrouble)
        if 0 < self._disk_failures < DISK_TRIES:
            return DISK_RETRY_SECONDS
        raise error


def tried_again(work: Callable[[], T], *, seconds: float = 0.0) -> T:
    """Do a piece of work, again while what it fails of may pass; the caller waits.

    Args:
        work: Must bear to be done twice: its answer may have been lost.
        seconds: How long a database that cannot be reached is waited for; at 0 only a write that failed is repeated.

    Raises:
        StoreUnavailable: The database cannot be used, is still away, or its disk fails every time.
    """
    patience = Patience(seconds)
    while True:
        try:
            return work()
        except StoreUnavailable as error:
            pause = patience.pause_after(error)
            logger.info("%s; trying again", error)
            time.sleep(pause)
