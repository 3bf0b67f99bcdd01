"""The pipelines of the road: judge, drop repeats, keep. All they count stands under ``ingest/``.

Every leased URL sends one `Fetched` through them, and the last settles the lease with it.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from dataclasses import replace
from typing import TYPE_CHECKING, Self

from scrapy.exceptions import CloseSpider

from crawler.errors import ArticleRejected
from crawler.items import ScrapedArticle
from crawler.normalize import normalize
from crawler.verdict import settlement_of, was_lied_to
from storage import Article, FrontierState, StoreError
from storage.identity import fingerprint, revision_key

if TYPE_CHECKING:
    from scrapy.crawler import Crawler

    from crawler.items import Fetched
    from crawler.spiders.news import NewsSpider

# Repeats come close together (an article under two URLs of one listing); older ones the store recognises.
REMEMBERED_REVISIONS = 20_000


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
    """Takes out what this run has already passed on: same URL, stated time, fingerprint and aliases."""

    def __init__(self) -> None:
        self._passed: OrderedDict[tuple[str, str, tuple[str, ...]], None] = OrderedDict()

    def process_item(self, item: Fetched) -> Fetched:
        """Pass an article on once; a new alias of it is news and passes too."""
        article = item.said
        if not isinstance(article, Article):
            return item
        key = (
            revision_key(article.canonical_url, article.published_at, article.modified_at),
            fingerprint(article.title, article.text),
            article.aliases,
        )
        if key in self._passed:
            return replace(item, said=None, reason="repeated")
        self._passed[key] = None
        if len(self._passed) > REMEMBERED_REVISIONS:
            self._passed.popitem(last=False)
        return item


class StorePipeline:
    """Settles the lease, in one transaction with what it brought; counted as kept when that is on disk."""

    def __init__(self, crawler: Crawler) -> None:
        assert crawler.stats is not None
        self._stats = crawler.stats
        self._spider = _spider(crawler)

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
        if item.reason:
            self._stats.inc_value(f"ingest/{item.reason}")
        if was_lied_to(item):
            await self._spider.mark_liar(item.lease.url)
        try:
            await self._spider.frontier.settle(settlement_of(item, self._spider.source, pages=self._spider.plan.pages))
        except StoreError as error:
            raise CloseSpider(str(error)) from error
        return item

    async def close_spider(self) -> None:
        """Write what is waiting."""
        self._heartbeat.cancel()
        await self._spider.frontier.close()


def _spider(crawler: Crawler) -> NewsSpider:
    spider: NewsSpider = crawler.spider  # type: ignore[assignment]  # Scrapy types it as any spider; ours is the one
    return spider
