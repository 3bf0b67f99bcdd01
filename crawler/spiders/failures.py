"""What becomes of a URL that could not be fetched: each refusal has its own reason, which runs count."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from scrapy.exceptions import (
    CannotResolveHostError,
    DownloadCancelledError,
    DownloadConnectionRefusedError,
    DownloadFailedError,
    DownloadTimeoutError,
    IgnoreRequest,
    ResponseDataLossError,
)
from scrapy.spidermiddlewares.httperror import HttpError

from crawler.items import Fetched
from crawler.middlewares.refusals import FetchRefused
from storage import FrontierState, StoreUnavailable

if TYPE_CHECKING:
    from storage import LeasedUrl

# Tries of one URL before it counts as failed; with pauses of 5 s doubling, about three minutes of outage.
MAX_TRIES = 6

# The page is no longer there. Source: https://www.rfc-editor.org/rfc/rfc9110#section-15.5, read 2026-11-23.
GONE_STATUSES = frozenset({404, 410})

_PASSING: tuple[tuple[type[BaseException], str], ...] = (
    (StoreUnavailable, "the database was away"),
    (DownloadTimeoutError, "timeout"),
    (DownloadConnectionRefusedError, "connection refused"),
    (CannotResolveHostError, "host name not found"),
    (ResponseDataLossError, "body cut short"),
    (DownloadFailedError, "connection broken"),
)


def judge_failure(error: BaseException, lease: LeasedUrl, now: datetime, retry_seconds: float) -> Fetched:
    """Return how a lease is settled whose URL could not be fetched.

    Args:
        error: What Scrapy or a middleware raised.
        retry_seconds: Wait before the second try; it doubles with every further one, with up to half as much again
            added by chance, so that many URLs of one outage do not come back at one moment.
    """
    state, reason, retry_at = FrontierState.FAILED, f"failed: {type(error).__name__}", None
    if isinstance(error, FetchRefused):
        state, reason, retry_at = error.state, error.reason, error.retry_at
        return Fetched(lease=lease, fetched_at=now, state=state, reason=reason, retry_at=retry_at)
    passing = next((words for kind, words in _PASSING if isinstance(error, kind)), None)
    if isinstance(error, HttpError):
        status = error.response.status
        if status in GONE_STATUSES:
            return Fetched(lease=lease, fetched_at=now, state=FrontierState.GONE, reason=f"gone: HTTP {status}")
        reason = f"failed: HTTP {status}"
        passing = f"HTTP {status}" if status >= 500 or status in (403, 408, 425, 429) else None
    elif isinstance(error, DownloadCancelledError):
        reason = "failed: too large"
    elif isinstance(error, IgnoreRequest):
        reason = f"failed: {_ignored(str(error))}"
    if passing is None:
        return Fetched(lease=lease, fetched_at=now, state=state, reason=reason)
    if lease.attempts + 1 >= MAX_TRIES:
        return Fetched(lease=lease, fetched_at=now, state=state, reason=f"failed: {passing}")
    wait = retry_seconds * 2**lease.attempts * random.uniform(1.0, 1.5)
    return Fetched(
        lease=lease,
        fetched_at=now,
        state=FrontierState.WAITING,
        reason=f"to be tried again: {passing}",
        retry_at=now + timedelta(seconds=wait),
    )


def _ignored(message: str) -> str:
    """Return our word for what one of Scrapy's own middlewares refused."""
    if "redirections" in message:
        return "too many redirects"
    return "too large" if "bytes" in message else message
