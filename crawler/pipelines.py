"""The pipelines of the road: judge, drop repeats, keep. All they count stands under ``ingest/``."""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from typing import TYPE_CHECKING, Self

from scrapy.exceptions import CloseSpider, DropItem

from crawler.errors import ArticleRejected
from crawler.normalize import normalize
from storage import BatchWriter, Store, StoreError
from storage.identity import fingerprint, revision_key

if TYPE_CHECKING:
    from scrapy.crawler import Crawler
    from scrapy.statscollectors import StatsCollector

    from crawler.items import ScrapedArticle
    from crawler.sources.base import Source
    from storage import Article, Written

logger = logging.getLogger(__name__)

# Repeats come close together (an article on the front page and in two sections); older ones the store recognises.
REMEMBERED_REVISIONS = 20_000


class NormalizePipeline:
    """ScrapedArticle -> Article, or dropped as rejected."""

    def __init__(self, source: Source, stats: StatsCollector) -> None:
        self._source = source
        self._stats = stats

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Take the source from the spider that is being run."""
        assert crawler.stats is not None
        return cls(crawler.spider.source, crawler.stats)  # type: ignore[union-attr]  # the spider is ours, and set

    def process_item(self, item: ScrapedArticle) -> Article:
        """Judge one article; a refusal is counted under its reason."""
        try:
            return normalize(item, self._source)
        except ArticleRejected as error:
            self._stats.inc_value(f"ingest/rejected: {error.reason}")
            raise DropItem(str(error)) from error


class DeduplicatePipeline:
    """Drops what this run has already passed on: same URL, stated time and fingerprint."""

    def __init__(self, stats: StatsCollector) -> None:
        self._stats = stats
        self._passed: OrderedDict[tuple[str, str, tuple[str, ...]], None] = OrderedDict()

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Count into the run's stats."""
        assert crawler.stats is not None
        return cls(crawler.stats)

    def process_item(self, item: Article) -> Article:
        """Pass an article on once; a new alias of it is news and passes too."""
        key = (
            revision_key(item.canonical_url, item.published_at, item.modified_at),
            fingerprint(item.title, item.text),
            item.aliases,
        )
        if key in self._passed:
            self._stats.inc_value("ingest/repeated")
            raise DropItem(f"already passed in this run: {item.canonical_url}")
        self._passed[key] = None
        if len(self._passed) > REMEMBERED_REVISIONS:
            self._passed.popitem(last=False)
        return item


class StorePipeline:
    """Hands articles to the batch writer; one counts as stored when its batch is on disk."""

    def __init__(self, crawler: Crawler) -> None:
        assert crawler.stats is not None
        self._crawler = crawler
        self._stats = crawler.stats
        self._store = Store.open(crawler.settings["DATABASE_URL"])
        self._writer = BatchWriter(
            self._store,
            self._report,
            max_batch=crawler.settings.getint("BATCH_ARTICLES"),
            max_wait_seconds=crawler.settings.getfloat("BATCH_SECONDS"),
        )
        self._loop = asyncio.get_event_loop()

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Open the store and start the writer's thread."""
        return cls(crawler)

    async def process_item(self, item: Article) -> Article:
        """Hand an article over; while the writer is full the crawl waits here, and fetches no more."""
        try:
            if self._writer.is_full:
                await asyncio.to_thread(self._writer.submit, item)
            else:
                self._writer.submit(item)
        except StoreError as error:
            raise CloseSpider(str(error)) from error
        return item

    async def close_spider(self) -> None:
        """Write what is waiting."""
        try:
            await asyncio.to_thread(self._writer.close)
        except StoreError as error:
            logger.error("%s; %d articles could not be kept", error, len(self._writer.unsaved))
        finally:
            self._store.close()

    def _report(self, batch: list[Written]) -> None:
        """Take the writer's word, on its thread, over to the reactor's, where the counts live."""
        self._loop.call_soon_threadsafe(self._count, batch)

    def _count(self, batch: list[Written]) -> None:
        for written in batch:
            if written.outcome is not None:
                self._stats.inc_value(f"ingest/{written.outcome.value}")
            else:
                self._stats.inc_value("ingest/rejected: the database refused it")
                logger.warning("%s: %s", written.refusal, written.article.canonical_url)
