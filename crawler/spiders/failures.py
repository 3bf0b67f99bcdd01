"""What becomes of a URL that could not be fetched: each refusal has its own reason, which runs count."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from scrapy.spidermiddlewares.httperror import HttpError

from crawler.chance import stretched
from crawler.items import Fetched
from crawler.middlewares.refusals import FetchRefused
from crawler.middlewares.troubles import passing_words_for, words_for
from storage import FrontierState

if TYPE_CHECKING:
    from storage import LeasedUrl

# Tries of one URL before it counts as failed; with pauses of 5 s doubling, about three minutes of outage.
MAX_TRIES = 6

# The page is no longer there. Source: https://www.rfc-editor.org/rfc/rfc9110#section-15.5, read 2026-11-23.
GONE_STATUSES = frozenset({404, 410})

# Beside 5xx, what may be over at the next try: a refusal, a timeout, too early, too many requests.
PASSING_STATUSES = frozenset({401, 403, 408, 425, 429})


def judge_failure(error: BaseException, lease: LeasedUrl, now: datetime, retry_seconds: float) -> Fetched:
    """Return how a lease is settled whose URL could not be fetched.

    Args:
        error: What Scrapy or a middleware raised.
        retry_seconds: Wait before the second try; it doubles with every further one, with up to half as much again
            added by chance, so that many URLs of one outage do not come back at one moment.
    """
    if isinstance(error, FetchRefused):
        return Fetched(
            lease=lease,
            fetched_at=now,
            state=error.state,
            reason=error.reason,
            retry_at=error.retry_at,
            was_tried=error.state is FrontierState.FAILED,
        )
    if isinstance(error, HttpError):
        status = error.response.status
        words, passes = f"HTTP {status}", status >= 500 or status in PASSING_STATUSES
        if status in GONE_STATUSES:
            return Fetched(lease=lease, fetched_at=now, state=FrontierState.GONE, reason=f"gone: {words}")
    else:
        words, passes = words_for(error), passing_words_for(error) is not None
    if not passes or lease.attempts + 1 >= MAX_TRIES:
        return Fetched(lease=lease, fetched_at=now, state=FrontierState.FAILED, reason=f"failed: {words}")
    wait = stretched(retry_seconds * 2**lease.attempts, of=lease.url, now=now)
    return Fetched(
        lease=lease,
        fetched_at=now,
        state=FrontierState.WAITING,
        reason=f"to be tried again: {words}",
        retry_at=now + timedelta(seconds=wait),
    )
