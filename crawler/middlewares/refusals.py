"""What middlewares raise instead of letting a request pass."""

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


class LeadsElsewhere(IgnoreRequest):
    """A request, such as one that a redirect led to, is for a host that is not the source's."""


class ChallengePage(IgnoreRequest):
    """A page that asks a browser to prove itself came instead of the page that was asked for."""


class TooLarge(IgnoreRequest):
    """A body is larger than the limit, or would be once it is unpacked."""


class NoAddress(IgnoreRequest):
    """No host can be told from a URL."""


class UnknownCompression(IgnoreRequest):
    """A body is packed in a way that was not asked for."""


class RunIsEnding(IgnoreRequest):
    """The run ends before this request was sent; its lease is given back."""
