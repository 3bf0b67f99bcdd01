"""The pipelines of the road: watch, judge, drop repeats, keep. All they count stands under ``ingest/``.

Every leased URL sends one `Fetched` through them, and the last settles the lease with it.
"""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from dataclasses import replace
from datetime import timedelta
from hashlib import blake2b
from typing import TYPE_CHECKING, Self

from scrapy import signals

from crawler.errors import ArticleRejected
from crawler.items import Fetched, Listing, ScrapedArticle
from crawler.monitors.signs import signs_of_article, signs_of_listing, signs_of_refusal
from crawler.normalize import normalize
from crawler.patience import in_thread
from crawler.sources.version import reader_version
from crawler.verdict import settlement_of, was_lied_to
from storage import Article, FrontierState, HeldPage, UnknownArticle
from storage.identity import revision_key

if TYPE_CHECKING:
    from scrapy.crawler import Crawler
    from scrapy.http import Response
    from twisted.python.failure import Failure

    from crawler.monitors.signs import Signs
    from crawler.spiders.news import NewsSpider
    from storage import LeasedUrl

# Repeats come close together (an article under two URLs of one listing); older ones the store recognises.
REMEMBERED_REVISIONS = 20_000

# A half-published page is whole by then; an edit that took something out is still there.
SECOND_LOOK_AFTER = timedelta(hours=1)

logger = logging.getLogger(__name__)


class WatchPipeline:
    """Holds back what is not to be believed: readings of a template that broke, and losses at a first look."""

    def __init__(self, crawler: Crawler) -> None:
        assert crawler.stats is not None
        self._stats = crawler.stats
        self._spider = _spider(crawler)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Watch with the eye of the spider that is being run."""
        return cls(crawler)

    async def process_item(self, item: Fetched) -> Fetched:
        """Weigh what a page showed."""
        signs = await self._signs_of(item)
        if signs is None:
            return item
        url = item.lease.url
        finding = self._spider.watch.look(signs, url, looks_before=int(item.lease.was_held))
        if finding.flagged:
            logger.warning("the run is degraded: %s", finding.flagged)
        if finding.doubt is None or item.lease.is_listing:
            return item
        self._stats.inc_value("ingest/held back")
        logger.warning("held back, %s: %s", finding.doubt, url)
        held = HeldPage(
            url=url,
            source=self._spider.source.name,
            template=signs.template,
            reason=finding.doubt,
            reader_version=reader_version(),
            run_id=item.lease.run_id,
            held_at=item.fetched_at,
        )
        again_at = None if finding.is_break else item.fetched_at + SECOND_LOOK_AFTER
        reason = f"held back: {finding.doubt}"
        # the reason of the page, if it was not understood, is counted by the reader of the frontier, not once more
        return replace(item, said=None, state=FrontierState.HELD, reason=reason, retry_at=again_at, held=held)

    async def _signs_of(self, item: Fetched) -> Signs | None:
        """Return what a page showed; None where no page was read."""
        if item.not_understood is not None:
            return signs_of_refusal(item.not_understood, is_listing=item.lease.is_listing)
        if isinstance(item.said, Listing):
            return signs_of_listing(item.said)
        if not isinstance(item.said, ScrapedArticle):
            return None
        return signs_of_article(item.said, await self._stored(item.lease))

    async def _stored(self, lease: LeasedUrl) -> Article | None:
        """Return what is stored under a URL that was fetched before; None if nothing is, or its text was pruned."""
        if lease.published_at is None:
            return None
        try:
            stored = await in_thread(self._spider.frontier.store.article, lease.url)
        except UnknownArticle:
            return None
        return None if stored.is_pruned else stored.article


class NormalizePipeline:
    """A scraped article becomes an article, or a refusal under its reason."""

    def __init__(self, crawler: Crawler) -> None:
        self._source = _spider(crawler).source

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Judge for the source of the spider that is being run."""
        return cls(crawler)

    def process_item(self, item: Fetched) -> Fetched:
        """Judge what a page said."""
        if not isinstance(item.said, ScrapedArticle):
            return item
        try:
            return replace(item, said=normalize(item.said, self._source))
        except ArticleRejected as error:
            return replace(item, said=None, state=FrontierState.FAILED, reason=f"rejected: {error.reason}")


class DeduplicatePipeline:
    """Takes out what this run has passed on under another URL: same article, stated time, words and aliases.

    Where the words differ in what `storage.identity.fingerprint` is blind to, the store recognises the article.
    """

    def __init__(self) -> None:
        # digests of what passed and hashes of the URLs it came under: as texts the two take a kilobyte
        self._passed: OrderedDict[bytes, int] = OrderedDict()

    def process_item(self, item: Fetched) -> Fetched:
        """Pass an article on once; a new alias of it is news and passes too."""
        article = item.said
        if not isinstance(article, Article):
            return item
        marks = (
            revision_key(article.canonical_url, article.published_at, article.modified_at),
            str(len(article.aliases)),
            *article.aliases,
            article.title,
            article.text,
        )
        digest = blake2b("\0".join(marks).encode("utf-8", "surrogatepass"), digest_size=16).digest()
        url = hash(item.lease.url)
        if self._passed.setdefault(digest, url) != url:
            return replace(item, said=None, reason="repeated")
        if len(self._passed) > REMEMBERED_REVISIONS:
            self._passed.popitem(last=False)
        return item


class StorePipeline:
    """Settles the lease, in one transaction with what it brought; counted as kept when that is on disk."""

    def __init__(self, crawler: Crawler) -> None:
        assert crawler.stats is not None
        self._stats = crawler.stats
        self._spider = _spider(crawler)
        self._mishaps: list[asyncio.Task[Fetched]] = []
        # every lease is settled, even of a page that our own mistake has kept from the road
        crawler.signals.connect(self.settle_spider_error, signals.spider_error)
        crawler.signals.connect(self.settle_item_error, signals.item_error)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Settle with the frontier that the spider was given."""
        return cls(crawler)

    def open_spider(self) -> None:
        """Start the writer, and the heartbeat that keeps the run's leases."""
        self._spider.frontier.open(self._stats)
        self._heartbeat = asyncio.ensure_future(self._spider.frontier.stay_alive())

    async def process_item(self, item: Fetched) -> Fetched:
        """Hand the settlement over; while the writer is full the crawl waits here, and fetches no more."""
        if item.reason and item.held is None:
            self._stats.inc_value(f"ingest/{item.reason}")
        if was_lied_to(item):
            await self._spider.mark_liar(item.lease.url)
        spider = self._spider
        settlement = settlement_of(item, spider.source, pages=spider.plan.pages, window=spider.window)
        await spider.frontier.settle(settlement, item.recorded)
        return item

    async def close_spider(self) -> None:
        """Write what is waiting."""
        self._heartbeat.cancel()
        await asyncio.gather(*self._mishaps)
        await self._spider.frontier.close()

    def settle_spider_error(self, failure: Failure, response: Response | Failure | None) -> None:
        """Settle the lease of a page whose reader failed by a mistake of ours; Scrapy has logged it."""
        if response is not None:
            self._settle_error(failure, response.request.meta["lease"])  # type: ignore[union-attr]  # Scrapy sets it on both

    def settle_item_error(self, failure: Failure, item: Fetched) -> None:
        """Settle the lease of a page that a pipeline failed on by a mistake of ours; Scrapy has logged it."""
        self._settle_error(failure, item.lease)

    def _settle_error(self, failure: Failure, lease: LeasedUrl) -> None:
        reason = f"failed: {type(failure.value).__name__} in the crawler itself"
        now = self._spider.frontier.clock.now()
        fetched = Fetched(lease=lease, fetched_at=now, state=FrontierState.FAILED, reason=reason)
        self._mishaps.append(asyncio.ensure_future(self.process_item(fetched)))


def _spider(crawler: Crawler) -> NewsSpider:
    spider: NewsSpider = crawler.spider  # type: ignore[assignment]  # Scrapy types it as any spider; ours is the one
    return spider
