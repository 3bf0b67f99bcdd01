"""RobotsMiddleware: robots.txt by RFC 9309, kept in the store for a day.

Source: https://www.rfc-editor.org/rfc/rfc9309, read 2026-11-23: 4xx allows everything (2.3.1.3), a server that fails
or cannot be reached disallows everything (2.3.1.4), a copy is used for 24 hours at most (2.4).
"""

from __future__ import annotations

import asyncio
import logging
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Self
from urllib.parse import urlsplit

from protego import Protego
from scrapy import Request
from scrapy.exceptions import IgnoreRequest

from crawler.middlewares.hosts import HostMiddleware
from crawler.middlewares.refusals import FetchRefused
from crawler.patience import in_thread
from storage import FrontierState, KeptRobots

if TYPE_CHECKING:
    from scrapy.crawler import Crawler
    from scrapy.http import Response

logger = logging.getLogger(__name__)

KEPT_FOR = timedelta(days=1)

# A host whose robots.txt fails is asked again after this; all its URLs wait for as long.
FAILED_KEPT_FOR = timedelta(minutes=10)

# RFC 9309, section 2.5: at least 500 kibibytes are read.
MAX_BYTES = 500 * 1024

# A site that asks for more would get a page or two an hour; it is told apart from a mistake no longer.
LONGEST_CRAWL_DELAY_SECONDS = 300.0


class RobotsMiddleware:
    """Asks a host's robots.txt before every request."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._agent = crawler.settings["ROBOTSTXT_USER_AGENT"]
        self._hosts = crawler.spider.frontier.store.hosts  # type: ignore[union-attr]  # the spider is ours, and set
        self._rules: dict[str, asyncio.Task[Protego]] = {}

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Take the store from the spider."""
        return cls(crawler)

    async def process_request(self, request: Request) -> None:
        """Let a request pass that its host's robots.txt allows.

        Raises:
            FetchRefused: It is not allowed, or robots.txt cannot be had and nothing is.
        """
        if request.meta.get("is_robots"):
            return
        parts = urlsplit(request.url)
        site = f"{parts.scheme}://{parts.netloc}"
        if site not in self._rules:
            self._rules[site] = asyncio.ensure_future(self._learn(site))
        try:
            rules = await asyncio.shield(self._rules[site])
        except FetchRefused:
            self._rules.pop(site, None)
            raise
        if not rules.can_fetch(request.url, self._agent):
            raise FetchRefused("failed: robots.txt", state=FrontierState.FAILED)

    async def _learn(self, site: str) -> Protego:
        """Return a site's rules: kept ones that are fresh, or as fetched now."""
        now = datetime.now(UTC)
        host = urlsplit(site).netloc
        kept = await in_thread(self._hosts.robots, host)
        if kept is None or now - kept.fetched_at > (KEPT_FOR if 0 < kept.status < 500 else FAILED_KEPT_FOR):
            kept = await self._fetch(site)
            await in_thread(self._hosts.keep_robots, host, kept)
        if kept.status == 0 or kept.status >= 500:
            why = f"HTTP {kept.status}" if kept.status else "no answer"
            logger.warning("robots.txt of %s cannot be had (%s), so nothing is fetched from it for now", host, why)
            raise FetchRefused(
                f"to be tried again: robots.txt cannot be had ({why})",
                state=FrontierState.WAITING,
                retry_at=kept.fetched_at + FAILED_KEPT_FOR,
            )
        rules = Protego.parse(kept.body.decode("utf-8", "replace") if kept.status < 300 else "")
        delay = rules.crawl_delay(self._agent)
        middleware = self._crawler.get_downloader_middleware(HostMiddleware)
        if delay and middleware is not None:
            middleware.set_crawl_delay(urlsplit(site).hostname or "", min(delay, LONGEST_CRAWL_DELAY_SECONDS))
        return rules

    async def _fetch(self, site: str) -> KeptRobots:
        request = Request(f"{site}/robots.txt", meta={"is_robots": True, "handle_httpstatus_all": True})
        assert self._crawler.engine is not None
        status, body = 0, b""
        try:
            response: Response = await self._crawler.engine.download_async(request)
            status, body = response.status, response.body[:MAX_BYTES]
        except IgnoreRequest as error:
            # more redirects than allowed: RFC 9309 2.3.1.2 has it count as not there
            status = 404 if "redirections" in str(error) else 0
        except Exception as error:
            logger.warning("robots.txt of %s: %s", site, error)
        return KeptRobots(status=status, body=body, fetched_at=datetime.now(UTC))
