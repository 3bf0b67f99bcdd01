"""FetchRefused: a middleware will not have a URL fetched now, or at all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scrapy.exceptions import IgnoreRequest

if TYPE_CHECKING:
    from datetime import datetime

    from storage import FrontierState


class FetchRefused(IgnoreRequest):
    """A middleware will not have a URL fetched.

    Args:
        reason: As the run counts it.
        state: What becomes of the URL.
        retry_at: When it may be tried again; None for a URL that does not wait.
    """

    def __init__(self, reason: str, *, state: FrontierState, retry_at: datetime | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.state = state
        self.retry_at = retry_at
