"""Stamps every response with the instant at which its bytes came."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from scrapy import Request
    from scrapy.http import Response


class FetchedAtMiddleware:
    """Sets ``meta["fetched_at"]``, aware and UTC; a handler that replays kept bytes may have set it before.

    This is the one place of a crawl that asks the clock about pages: readers and judges get the time from here.
    """

    def process_response(self, request: Request, response: Response) -> Response:
        """Stamp the request's meta, which the response shares."""
        request.meta.setdefault("fetched_at", datetime.now(UTC))
        return response
