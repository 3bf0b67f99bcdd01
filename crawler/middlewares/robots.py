"""RobotsMiddleware: robots.txt by RFC 9309, kept in the store for a day; `crawler.robots_rules` says what one means."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Self
from urllib.parse import urlsplit

from scrapy import Request

from crawler.middlewares.hosts import HostMiddleware
from crawler.middlewares.refusals import FetchRefused, RunIsEnding
from crawler.middlewares.troubles import TROUBLES, words_for
from crawler.patience import in_thread
from crawler.robots_rules import MAX_BYTES, crawl_delay_seconds, good_until, is_missing, rules_of
from storage import FrontierState, KeptRobots, RunState, StoreUnavailable

if TYPE_CHECKING:
    from protego import Protego
    from scrapy.crawler import Crawler
    from scrapy.http import Response

    from crawler.run_frontier import RunFrontier

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Rules:
    """What a robots.txt says, and until when it may be taken at its word."""

    protego: Protego
    good_until: datetime


class RobotsMiddleware:
    """Asks a host's robots.txt before every request."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._agent = crawler.settings["ROBOTSTXT_USER_AGENT"]
        self._patience = timedelta(seconds=crawler.settings.getfloat("PATIENCE_SECONDS"))
        self._frontier: RunFrontier = crawler.spider.frontier  # type: ignore[union-attr]  # the spider is ours, and set
        self._hosts = self._frontier.store.hosts
        self._clock = self._frontier.clock
        self._learnt: dict[str, asyncio.Task[_Rules]] = {}

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
        learning = self._learnt.get(site)
        if learning is None or (learning.done() and _is_stale(learning, self._clock.now())):
            learning = self._learnt[site] = asyncio.ensure_future(self._learn(site))
        rules = await asyncio.shield(learning)
        if not rules.protego.can_fetch(request.url, self._agent):
            raise FetchRefused("failed: robots.txt", state=FrontierState.FAILED)

    async def _learn(self, site: str) -> _Rules:
        """Return a site's rules: kept ones that are fresh, or as fetched now.

        Raises:
            FetchRefused: They cannot be had; if it is the source's own site, the run ends.
        """
        host = self._frontier.host_of(site)
        kept = await in_thread(self._hosts.robots, host)
        why = f"HTTP {kept.status}" if kept is not None and kept.status else "no answer"
        if kept is None or self._clock.now() > good_until(kept):
            kept, why = await self._fetch(site)
            await in_thread(self._hosts.keep_robots, host, kept)
        until = good_until(kept)
        if is_missing(kept):
            told = f"robots.txt of {host} cannot be had ({why}), so nothing is fetched from it"
            logger.warning(told)
            if host == self._frontier.home and until - self._clock.now() > self._patience:
                self._frontier.end_early(RunState.FAILED, f"{told} before {until:%Y-%m-%d %H:%M:%S} UTC")
            reason = f"to be tried again: robots.txt cannot be had ({why})"
            raise FetchRefused(reason, state=FrontierState.WAITING, retry_at=until)
        protego = rules_of(kept)
        if delay := crawl_delay_seconds(protego):
            await self._keep_distance(host, timedelta(seconds=delay), kept)
        return _Rules(protego, until)

    async def _keep_distance(self, host: str, delay: timedelta, kept: KeptRobots) -> None:
        """Keep a Crawl-delay from now on, and from the fetch of the robots.txt that asks for it."""
        middleware = self._crawler.get_downloader_middleware(HostMiddleware)
        assert middleware is not None, "crawler.settings plugs it in"
        middleware.pace(host).crawl_delay = delay
        await in_thread(self._hosts.hold, host, until=kept.fetched_at + delay, now=self._clock.now())

    async def _fetch(self, site: str) -> tuple[KeptRobots, str]:
        """Return robots.txt as it is now, and how the fetch went in words.

        Raises:
            RunIsEnding: Before it was asked for.
            FetchRefused: The host is paused.
        """
        request = Request(f"{site}/robots.txt", meta={"is_robots": True})
        assert self._crawler.engine is not None
        try:
            response: Response = await self._crawler.engine.download_async(request)
        except (RunIsEnding, FetchRefused, StoreUnavailable):
            raise
        except TROUBLES as error:
            words = words_for(error)
            # more redirects than are followed: RFC 9309 2.3.1.2 has it count as not there
            status = 404 if words == "too many redirects" else 0
            return KeptRobots(status=status, body=b"", fetched_at=self._clock.now()), words
        kept = KeptRobots(status=response.status, body=response.body[:MAX_BYTES], fetched_at=self._clock.now())
        return kept, f"HTTP {response.status}"


def _is_stale(learning: asyncio.Task[_Rules], now: datetime) -> bool:
    if learning.cancelled() or learning.exception() is not None:
        return True
    return now > learning.result().good_until
