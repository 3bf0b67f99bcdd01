"""HostMiddleware: the pace that is promised to each host, shared by all runs on one database.

Every request takes its moment from the store before it is sent, so a second run, or one that was restarted, keeps the
same promise. A host that asks for a pause gets it; one that refuses us five times in a row ends the run, loudly.
"""

from __future__ import annotations

import asyncio
import logging
import random
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Self
from urllib.parse import urlsplit

from crawler.middlewares.refusals import FetchRefused
from crawler.middlewares.retry_after import retry_after
from crawler.patience import in_thread
from storage import FrontierState

if TYPE_CHECKING:
    from scrapy import Request
    from scrapy.crawler import Crawler
    from scrapy.http import Response

logger = logging.getLogger(__name__)

# Added to the delay between two requests: they start when our clock says, but may be on the way a little longer or
# shorter, and the promise is for the server's clock.
SLACK = timedelta(milliseconds=30)

# A moment missed by more than this (a busy reactor) is let go and another one is taken, or the next request, which
# starts on time, would come too soon after this one.
MISSED = timedelta(milliseconds=15)

# Refusals (403, challenge pages) in a row before the host is left alone, and for how long.
REFUSALS_BEFORE_BLOCKED = 5
BLOCKED_FOR = timedelta(hours=1)

# First pause after 429 or 503 without Retry-After; it doubles with every further one in a row.
FIRST_PAUSE_SECONDS = 2.0
LONGEST_PAUSE_SECONDS = 900.0

# Seconds for which a host's state is taken from memory when there is no delay to keep.
STATE_SECONDS = 1.0

BLOCKED = (
    "blocked: {host} refused {refusals} requests in a row (HTTP {status}) and is left alone for an hour. Check in a"
    " browser whether it is up, whether its robots.txt allows us, and whether NEWSCRAWL_CONTACT is right; then ask its"
    " operators"
)

_CHALLENGES = (b"_cf_chl_opt", b"challenge-platform", b"captcha-delivery.com", b"<title>Just a moment")
_CHALLENGE_BYTES = 20_000  # challenge pages are small; their marks stand at the beginning


@dataclass(slots=True, kw_only=True)
class _Pace:
    """What this run knows of a host."""

    paused_until: datetime
    """No request before this, whatever moment was taken before."""
    crawl_delay: timedelta = timedelta(0)
    has_troubles: bool = True
    """It may stand in the store as troubled, until it has answered well once."""
    read_at: float = 0.0
    """Loop time at which its state was read."""


class HostMiddleware:
    """Keeps the promised pace; the innermost middleware, so that robots.txt and redirects keep it too."""

    def __init__(self, crawler: Crawler) -> None:
        assert crawler.stats is not None
        self._crawler = crawler
        self._stats = crawler.stats
        self._hosts = crawler.spider.frontier.store.hosts  # type: ignore[union-attr]  # the spider is ours, and set
        self._delay = timedelta(seconds=crawler.settings.getfloat("HOST_DELAY_SECONDS"))
        self._patience_seconds = crawler.settings.getfloat("PATIENCE_SECONDS")
        self._paces: dict[str, _Pace] = {}

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Take the delay from the settings and the store from the spider."""
        return cls(crawler)

    def set_crawl_delay(self, host: str, seconds: float) -> None:
        """Keep at least the Crawl-delay of a host's robots.txt."""
        self._pace(host).crawl_delay = timedelta(seconds=seconds)

    async def process_request(self, request: Request) -> None:
        """Wait for the request's moment.

        Raises:
            FetchRefused: The host wants a pause that is longer than our patience.
        """
        host = _host(request.url)
        while True:
            moment = await self._next_moment(host)
            seconds = (moment - datetime.now(UTC)).total_seconds()
            if seconds > self._patience_seconds:
                reason = "to be tried again: the host is paused"
                raise FetchRefused(reason, state=FrontierState.WAITING, retry_at=moment)
            if seconds > 0:
                await asyncio.sleep(seconds)
            if self._may_send(host, moment):
                return

    async def process_response(self, request: Request, response: Response) -> Response:
        """Learn from how a host answers."""
        host = _host(request.url)
        if _is_refusal(response):
            await self._count_refusal(host, response)
        elif response.status in (429, 503):
            await self._pause(host, response)
        elif self._pace(host).has_troubles and response.status < 500:
            self._pace(host).has_troubles = False
            await in_thread(self._hosts.relax, host, now=datetime.now(UTC))
        return response

    async def _next_moment(self, host: str) -> datetime:
        """Return when the next request to a host is allowed; with a delay to keep, that moment is ours alone."""
        pace, delay = self._pace(host), self._delay_of(host)
        now = datetime.now(UTC)
        if delay:
            return await in_thread(self._hosts.reserve, host, delay=delay + SLACK, now=now)
        clock = asyncio.get_running_loop().time()
        if clock - pace.read_at > STATE_SECONDS:
            pace.read_at = clock
            state = await in_thread(self._hosts.state, host, now=now)
            pace.paused_until = max(pace.paused_until, state.next_allowed_at)
            if state.is_liar:
                self._crawler.spider.trusts_validators = False  # type: ignore[union-attr]  # as in __init__
        return pace.paused_until

    async def _pause(self, host: str, response: Response) -> None:
        now = datetime.now(UTC)
        stated = retry_after(response.headers.get("Retry-After"), now)
        state = await in_thread(self._hosts.state, host, now=now)
        if stated is None:
            seconds = min(FIRST_PAUSE_SECONDS * 2**state.troubles, LONGEST_PAUSE_SECONDS) * random.uniform(1.0, 1.5)
            stated = now + timedelta(seconds=seconds)
        why = f"HTTP {response.status}"
        await in_thread(self._hosts.pause, host, until=stated, why=why, now=now)
        pace = self._pace(host)
        pace.paused_until, pace.has_troubles = max(pace.paused_until, stated), True
        self._stats.inc_value(f"ingest/paused: HTTP {response.status}")
        logger.warning("%s asks for a pause (%s) until %s", host, why, f"{stated:%Y-%m-%d %H:%M:%S} UTC")

    async def _count_refusal(self, host: str, response: Response) -> None:
        now = datetime.now(UTC)
        self._pace(host).has_troubles = True
        refusals = await in_thread(self._hosts.count_refusal, host, now=now)
        if refusals < REFUSALS_BEFORE_BLOCKED:
            return
        await in_thread(self._hosts.pause, host, until=now + BLOCKED_FOR, why="refuses us", now=now)
        engine = self._crawler.engine
        if engine is not None and engine.running:
            reason = BLOCKED.format(host=host, refusals=refusals, status=response.status)
            self._closing = asyncio.ensure_future(engine.close_spider_async(reason=reason))

    def _may_send(self, host: str, moment: datetime) -> bool:
        """Is the moment that was waited for still good?"""
        now = datetime.now(UTC)
        if now < self._pace(host).paused_until:
            return False
        return not self._delay_of(host) or now - moment <= MISSED

    def _pace(self, host: str) -> _Pace:
        if host not in self._paces:
            self._paces[host] = _Pace(paused_until=datetime.now(UTC))
        return self._paces[host]

    def _delay_of(self, host: str) -> timedelta:
        return max(self._delay, self._pace(host).crawl_delay)


def _host(url: str) -> str:
    return urlsplit(url).hostname or ""


def _is_refusal(response: Response) -> bool:
    """Is this a 403, or a page that asks a browser to prove itself?"""
    if response.status in (401, 403) or b"challenge" in (response.headers.get("cf-mitigated") or b""):
        return True
    is_suspect = response.status in (200, 429, 503) and len(response.body) < _CHALLENGE_BYTES
    return is_suspect and any(mark in response.body for mark in _CHALLENGES)
