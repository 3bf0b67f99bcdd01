"""How long work on a database is tried again after what may pass: a server that is away, a write that failed."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from storage.errors import DiskTrouble, StoreUnavailable, StoreUnreachable

if TYPE_CHECKING:
    from collections.abc import Callable

P = ParamSpec("P")
T = TypeVar("T")

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


def tried_again(work: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
    """Do a piece of work, again while it is only single writes to the disk that fail.

    Raises:
        StoreUnavailable: The database cannot be used, or its disk fails every time.
    """
    patience = Patience(0)
    while True:
        try:
            return work(*args, **kwargs)
        except StoreUnavailable as error:
            time.sleep(patience.pause_after(error))
