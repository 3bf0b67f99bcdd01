"""``--via``: a server that answers in the site's stead."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from crawler.middlewares.deadlines import DeadlineDownloadHandler

if TYPE_CHECKING:
    from scrapy import Request
    from scrapy.crawler import Crawler
    from scrapy.http import Response


class ViaDownloadHandler(DeadlineDownloadHandler):
    """Sends every request to the server named by the setting ``VIA_URL``; path, query and Host stay the real ones.

    It stands below every middleware, so robots.txt, redirects and delays work on the real URLs, and so does all that
    is stored.
    """

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self._via = crawler.settings["VIA_URL"].rstrip("/")

    async def download_request(self, request: Request) -> Response:
        """Fetch from the server in the site's stead and answer under the real URL."""
        real = urlsplit(request.url)
        path = real.path or "/"
        target = f"{self._via}{path}?{real.query}" if real.query else f"{self._via}{path}"
        sent = request.replace(url=target)
        sent.headers["Host"] = real.netloc
        response = await super().download_request(sent)
        return response.replace(url=request.url)
