"""FrontierScheduler: Scrapy's scheduler on the durable frontier.

Thin: what waits is in the database, and a lease is given by `crawler.run_frontier`. Here are only the few requests
that come next, and the answer to the engine's question whether anything is left.
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING, Self

from scrapy import Request
from scrapy.core.scheduler import BaseScheduler

from crawler.backfills.web_archives import request_of
from crawler.clock import Waiting
from storage import RunState, StoreError

if TYPE_CHECKING:
    from scrapy import Spider
    from scrapy.crawler import Crawler

    from crawler.spiders.news import NewsSpider
    from storage import FoundUrl, LeasedUrl

# URLs leased at once, and how few must be left before the next are: a lease costs one transaction.
LEASE_SIZE = 64
LEASE_AGAIN_BELOW = 24

# Seconds without another look after a lease that brought too few: only what is settled brings more, or other runs.
DRY_SECONDS = 1.0

# Seconds between two looks when other runs hold all that is left: they settle it, or their leases run out.
OTHERS_SECONDS = 1.0

# Conditional polls of one URL before one that ignores the validators: a server that lies is caught by the tenth.
AUDIT_EVERY = 10


class FrontierScheduler(BaseScheduler):
    """Feeds the engine with leased URLs."""

    spider: NewsSpider

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._patience_seconds = crawler.settings.getfloat("PATIENCE_SECONDS")
        self._most_at_once = crawler.settings.getint("CONCURRENT_REQUESTS")
        self._found: list[FoundUrl] = []
        self._continued: deque[Request] = deque()
        self._leased: deque[LeasedUrl] = deque()
        self._leasing: asyncio.Task[None] | None = None
        self._is_exhausted = False
        self._has_news = False  # something was settled since the last lease was asked for
        self._dry_until = 0.0  # loop time: there were too few to lease, and nothing has happened since

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Take patience from the settings."""
        return cls(crawler)

    def open(self, spider: Spider) -> None:
        """Take the frontier that the spider was given."""
        self.spider = spider  # type: ignore[assignment]  # Scrapy types it as any spider; ours is the one
        self._frontier = self.spider.frontier
        self._frontier.on_settled(self._settled)
        # the same objects in every request: Scrapy looks at the source of each callback it has not seen
        self._callback, self._errback = self.spider.parse, self.spider.give_up

    def close(self, reason: str) -> None:
        """Stop leasing; what is still leased is given back when the run ends."""
        if self._leasing is not None:
            self._leasing.cancel()

    def enqueue_request(self, request: Request) -> bool:
        """Take a request: a start URL goes into the frontier, a redirect's target goes on with its lease."""
        if "lease" in request.meta:
            self._continued.append(request)
        else:
            self._found.append(self.spider.as_found(request.url))
            self._is_exhausted = False
        return True

    def has_pending_requests(self) -> bool:
        """Tell whether anything may still come: found, leased, or waiting for what is not settled yet."""
        return not self._is_over() and (bool(self._found or self._continued or self._leased) or not self._is_exhausted)

    def next_request(self) -> Request | None:
        """Return the next request; None while leases are being taken, or when there is nothing more."""
        if self._continued:
            return self._continued.popleft()
        if self._is_over():
            return None
        if len(self._leased) < LEASE_AGAIN_BELOW and self._may_lease():
            self._leasing = asyncio.ensure_future(self._lease())
        if not self._leased:
            self._frontier.hurry()
            return None
        if self._may_be_one_too_many(self._leased[0]):
            self._frontier.hurry()
            return None
        if self._is_enough_under_way():
            return None
        return self._request(self._leased.popleft())

    def _may_lease(self) -> bool:
        """Is there a chance that a lease brings more than the last one did?"""
        if self._is_exhausted or self._leasing is not None:
            return False
        is_dry = asyncio.get_running_loop().time() < self._dry_until
        return not is_dry or self._has_news or bool(self._found)

    async def _lease(self) -> None:
        """Take the next leases; when there are none, wait for what is due soon, or call the walk exhausted."""
        found, self._found = self._found, []
        self._has_news = False
        had_outstanding = self._frontier.outstanding > 0
        try:
            leased = await self._frontier.lease(found, LEASE_SIZE)
            self._leased.extend(leased)
            if len(leased) < LEASE_SIZE:
                self._dry_until = asyncio.get_running_loop().time() + DRY_SECONDS
            if not leased and not had_outstanding and not self._found:
                await self._wait_for_due()
                self._dry_until = 0.0
        except StoreError as error:
            self._frontier.end_early(RunState.FAILED, str(error))
        finally:
            self._leasing = None
        # with nothing leased and something outstanding, the next settlement wakes the engine
        if self._leased or self._is_exhausted or self._has_news or not had_outstanding:
            self._wake()

    async def _wait_for_due(self) -> None:
        left = await self._frontier.left()
        if not left.count:
            self._is_exhausted = True
        elif left.next_due_at is None:
            await self._frontier.clock.sleep(OTHERS_SECONDS, Waiting.RUN)
        elif (seconds := (left.next_due_at - self._frontier.clock.now()).total_seconds()) > self._patience_seconds:
            self._is_exhausted = True
        else:
            await self._frontier.clock.sleep(max(seconds, 0.05), Waiting.RUN)

    def _request(self, lease: LeasedUrl) -> Request:
        self._frontier.hand_out(lease)
        url, headers = lease.url, conditions_of(lease) if self.spider.trusts_validators else {}
        if lease.capture is not None:
            url, headers = request_of(lease.capture)
        return Request(
            url,
            callback=self._callback,
            errback=self._errback,
            headers=headers,
            meta={"lease": lease, "handle_httpstatus_list": [304]},
            dont_filter=True,
        )

    def _is_over(self) -> bool:
        return self._frontier.is_over

    def _may_be_one_too_many(self, lease: LeasedUrl) -> bool:
        """With a limit, no more articles are under way than may still be kept."""
        limit = self._frontier.limit
        if limit is None or lease.is_listing:
            return False
        return self._frontier.articles_kept + self._frontier.articles_under_way >= limit

    def _is_enough_under_way(self) -> bool:
        """Would a kill cost more than the requests under way and half a second of work, if there were one more?

        To Scrapy a page is under way no longer when it has come, and megabytes of small ones may wait to be read.
        """
        if self._frontier.is_behind:
            if not self._frontier.being_fetched:
                self._frontier.flush()
            return True
        return self._frontier.being_fetched >= self._most_at_once

    def _settled(self) -> None:
        self._has_news = True
        self._wake()

    def _wake(self) -> None:
        """Have the engine ask again; it has no public call for that, and would else ask every five seconds."""
        slot = self._crawler.engine._slot if self._crawler.engine else None
        if slot is not None:
            slot.nextcall.schedule()


def conditions_of(lease: LeasedUrl) -> dict[str, str]:
    """Return the headers of a conditional request; one poll in ten goes without, to catch a server that lies."""
    kept = lease.kept
    if kept is None or kept.unaudited_polls >= AUDIT_EVERY - 1:
        return {}
    headers = {"If-None-Match": kept.etag, "If-Modified-Since": kept.last_modified}
    # some servers give validators that cannot be sent back as they came
    return {name: value for name, value in headers.items() if value and value.isascii() and value.isprintable()}
