"""Deadlines for a fetch: the first byte has its own, beside the whole response."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from scrapy.core.downloader.handlers.http11 import HTTP11DownloadHandler
from scrapy.exceptions import DownloadTimeoutError

if TYPE_CHECKING:
    from scrapy import Request
    from scrapy.crawler import Crawler
    from scrapy.http import Response


class FirstByteTimeout(DownloadTimeoutError):
    """A server did not begin to answer in time."""


class DeadlineDownloadHandler(HTTP11DownloadHandler):
    """Scrapy's handler, with a deadline for the first byte beside the one for the whole response."""

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self._first_byte_seconds = crawler.settings.getfloat("FIRST_BYTE_SECONDS")

    async def download_request(self, request: Request) -> Response:
        """Fetch, and give up on a server that has not begun to answer in time."""
        request.meta.pop("download_latency", None)
        fetching = asyncio.ensure_future(super().download_request(request))
        done, _ = await asyncio.wait({fetching}, timeout=self._first_byte_seconds)
        # Scrapy notes the latency when the head of the response has come
        if not done and "download_latency" not in request.meta:
            fetching.cancel()
            raise FirstByteTimeout(f"no answer from {request.url} within {self._first_byte_seconds} s")
        return await fetching
