"""The pipelines of the road: judge, drop repeats, keep. All they count stands under ``ingest/``."""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from typing import TYPE_CHECKING, Self

from scrapy.exceptions import DropItem

from crawler.errors import ArticleRejected
from crawler.normalize import normalize
from storage import BatchWriter, Store
from storage.identity import fingerprint, revision_key

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scrapy.crawler import Crawler
    from scrapy.statscollectors import StatsCollector

    from crawler.items import ScrapedArticle
    from crawler.sources.base import Source
    from storage import Article, Outcome

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

    def __init__(self, writer: BatchWriter, store: Store, stats: StatsCollector) -> None:
        self._writer = writer
        self._store = store
        self._stats = stats
        self._loop = asyncio.get_event_loop()
