"""``--via``: a server that answers in the site's stead."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from scrapy.http import Headers

from crawler.middlewares.web import WebDownloadHandler

if TYPE_CHECKING:
    from scrapy import Request
    from scrapy.crawler import Crawler


class ViaDownloadHandler(WebDownloadHandler):
    """Sends every request to the server named by the setting ``VIA_URL``; path, query and Host stay the real ones.

    It stands below every middleware, so robots.txt, redirects and delays work on the real URLs, and so does all that
    is stored.
    """

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self._via = crawler.settings["VIA_URL"].rstrip("/")

    def target_of(self, request: Request) -> tuple[str, Headers]:
        """Return the same path and query of the server in the site's stead."""
        real = urlsplit(request.url)
        headers = Headers(request.headers)
        headers["Host"] = real.netloc
        path = real.path or "/"
        return f"{self._via}{path}?{real.query}" if real.query else f"{self._via}{path}", headers
