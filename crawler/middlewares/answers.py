"""AnswerMiddleware: what a host tells us by how it answers.

A host that asks for a pause gets it, one that no longer answers too; one that refuses us five times in a row ends the
run, loudly. All of it is kept in the store, for the next run.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Self

from crawler.chance import stretched
from crawler.middlewares.hosts import REFUSES_US, HostMiddleware
from crawler.middlewares.refusals import ChallengePage
from crawler.middlewares.retry_after import retry_after
from crawler.middlewares.troubles import is_silence, words_for
from crawler.patience import in_thread
from storage import RunState

if TYPE_CHECKING:
    from scrapy import Request
    from scrapy.crawler import Crawler
    from scrapy.http import Response

    from crawler.middlewares.hosts import Pace
    from crawler.run_frontier import RunFrontier

logger = logging.getLogger(__name__)

# Refusals (403, challenge pages) in a row before the host is left alone, and for how long.
REFUSALS_BEFORE_BLOCKED = 5
BLOCKED_FOR = timedelta(hours=1)

# Requests in a row without any answer before the host is given a pause.
SILENCES_BEFORE_PAUSE = 5

# A pause that a host does not state is as long as the wait before a second try, and doubles with every further one.
LONGEST_PAUSE_SECONDS = 900.0

BLOCKED = (
    "{host} refused {refusals} requests in a row ({how}) and is left alone for an hour. Check in a browser whether it"
    " is up, whether its robots.txt allows us, and whether NEWSCRAWL_CONTACT is right; then ask its operators"
)

_CHALLENGES = (b"_cf_chl_opt", b"challenge-platform", b"captcha-delivery.com", b"<title>Just a moment")
_CHALLENGE_BYTES = 20_000  # challenge pages are small; their marks stand at the beginning


class AnswerMiddleware:
    """Learns from answers; stands above decompression, for challenge pages are told by what they say."""

    def __init__(self, crawler: Crawler) -> None:
        assert crawler.stats is not None
        self._crawler = crawler
        self._stats = crawler.stats
        self._frontier: RunFrontier = crawler.spider.frontier  # type: ignore[union-attr]  # the spider is ours, and set
        self._hosts = self._frontier.store.hosts
        self._clock = self._frontier.clock
        self._first_pause_seconds = crawler.settings.getfloat("RETRY_SECONDS")

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Take the store from the spider."""
        return cls(crawler)

    async def process_response(self, request: Request, response: Response) -> Response:
        """Note what an answer says of its host.

        Raises:
            ChallengePage: It is no page of the site.
        """
        host = self._frontier.host_of(request.url)
        pace = self._pace(host)
        pace.silences = 0
        is_challenge = _is_challenge(response)
        if is_challenge or response.status in (401, 403):
            await self._count_refusal(host, pace, "a challenge page" if is_challenge else f"HTTP {response.status}")
        elif response.status in (429, 503):
            now = request.meta["fetched_at"]
            stated = retry_after(response.headers.get("Retry-After"), now)
            await self._pause(host, pace, why=f"HTTP {response.status}", stated=stated, now=now)
        elif pace.has_troubles and response.status < 500:
            pace.has_troubles = False
            await in_thread(self._hosts.relax, host, now=self._clock.now())
        if is_challenge:
            raise ChallengePage("a challenge page")
        return response

    async def process_exception(self, request: Request, exception: Exception) -> None:
        """Give a host a pause that has not answered several times in a row: it is down, and needs no knocking."""
        if not is_silence(exception):
            return
        host = self._frontier.host_of(request.url)
        pace = self._pace(host)
        pace.silences += 1
        if pace.silences >= SILENCES_BEFORE_PAUSE:
            why = f"no answer: {words_for(exception)}"
            await self._pause(host, pace, why=why, stated=None, now=request.meta["fetched_at"])

    async def _pause(self, host: str, pace: Pace, *, why: str, stated: datetime | None, now: datetime) -> None:
        """Pause a host until the stated moment, or for twice as long as last time.

        The answers to requests that were under way when a pause began are the same trouble, not further ones.
        """
        if now < pace.paused_until and (stated is None or stated <= pace.paused_until):
            return
        pace.paused_until = stated or now + timedelta(seconds=self._first_pause_seconds)
        pace.has_troubles = True
        if stated is None:
            state = await in_thread(self._hosts.state, host, now=now)
            seconds = min(self._first_pause_seconds * 2**state.troubles, LONGEST_PAUSE_SECONDS)
            pace.paused_until = max(pace.paused_until, now + timedelta(seconds=stretched(seconds, of=host, now=now)))
        await in_thread(self._hosts.pause, host, until=pace.paused_until, why=why, now=now)
        self._stats.inc_value(f"ingest/paused: {why}")
        logger.warning("%s is paused (%s) until %s", host, why, f"{pace.paused_until:%Y-%m-%d %H:%M:%S} UTC")

    async def _count_refusal(self, host: str, pace: Pace, how: str) -> None:
        now = self._clock.now()
        pace.has_troubles = True
        refusals = await in_thread(self._hosts.count_refusal, host, now=now)
        if refusals < REFUSALS_BEFORE_BLOCKED or self._frontier.early_end is not None:
            return
        pace.paused_until = now + BLOCKED_FOR
        self._frontier.end_early(RunState.BLOCKED, BLOCKED.format(host=host, refusals=refusals, how=how))
        await in_thread(self._hosts.pause, host, until=pace.paused_until, why=REFUSES_US, now=now)

    def _pace(self, host: str) -> Pace:
        middleware = self._crawler.get_downloader_middleware(HostMiddleware)
        assert middleware is not None, "crawler.settings plugs it in"
        return middleware.pace(host)


def _is_challenge(response: Response) -> bool:
    """Does a page ask a browser to prove itself?"""
    if b"challenge" in (response.headers.get("cf-mitigated") or b""):
        return True
    is_suspect = response.status in (200, 401, 403, 429, 503) and len(response.body) < _CHALLENGE_BYTES
    return is_suspect and any(mark in response.body for mark in _CHALLENGES)
