"""NewsSpider: starts from seed URLs and section pages, follows listings to articles. It knows no site."""

from __future__ import annotations

import dataclasses
import logging
from typing import TYPE_CHECKING, Any

from scrapy import Request, Spider
from scrapy.exceptions import CloseSpider, IgnoreRequest
from scrapy.spidermiddlewares.httperror import HttpError

from crawler.decoding import decode_page
from crawler.errors import PageNotUnderstood
from storage.identity import canonical_url

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from scrapy.http import Response
    from twisted.python.failure import Failure

    from crawler.items import Listing, ScrapedArticle
    from crawler.sources.base import Source
    from storage import CrawlPlan

logger = logging.getLogger(__name__)

# Articles before further listing pages: what was found is fetched before more is looked for.
ARTICLE_PRIORITY = 10


class NewsSpider(Spider):
    """Walks one crawl plan over one source.

    Args:
        source: How pages are told apart and read.
        plan: Where to start, how many listing pages to follow, how many articles to take.
    """

    name = "news"

    def __init__(self, *, source: Source, plan: CrawlPlan, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.source = source
        self.plan = plan
        self.articles_read = 0

    async def start(self) -> AsyncIterator[Request]:
        """Yield a request for each seed URL of the plan, or for the source's front and section pages."""
        for url in self.plan.seeds or (self.source.home_url, *self.source.section_urls):
            yield self._request(url, page=1)

    def parse_listing(self, response: Response, page: int) -> Iterator[Request]:
        """Follow a listing's article links, and its next page while the plan allows."""
        listing = self._read_listing(response)
        if listing is None:
            return
        self._count("listings")
        for link in listing.links:
            yield self._request(link.url, page=1)
        if listing.next_url and page < self.plan.pages:
            yield self._listing_request(listing.next_url, page=page + 1)

    def parse_article(self, response: Response) -> Iterator[ScrapedArticle]:
        """Read one article page."""
        if self.plan.limit is not None and self.articles_read >= self.plan.limit:
            raise CloseSpider("limit")
        try:
            scraped = self.source.read_article(_html(response), response.url)
        except PageNotUnderstood as error:
            self._count_not_understood(error)
            return
        self.articles_read += 1
        yield _stamped(scraped, response)
        if self.articles_read == self.plan.limit:
            raise CloseSpider("limit")

    def count_failure(self, failure: Failure) -> None:
        """Count a page that could not be fetched under its reason, and go on."""
        request: Request = failure.request  # type: ignore[attr-defined]  # Scrapy sets it on every failure
        error = failure.value
        if isinstance(error, HttpError):
            reason = f"HTTP {error.response.status}"
        elif isinstance(error, IgnoreRequest):
            reason = "robots.txt"
        else:
            reason = type(error).__name__
        self._count(f"failed: {reason}")
        logger.warning("not fetched (%s): %s", reason, request.url)

    def _request(self, url: str, *, page: int) -> Request:
        if self.source.is_article(canonical_url(url)):
            return Request(url, callback=self.parse_article, errback=self.count_failure, priority=ARTICLE_PRIORITY)
        return self._listing_request(url, page=page)

    def _listing_request(self, url: str, *, page: int) -> Request:
        return Request(url, callback=self.parse_listing, errback=self.count_failure, cb_kwargs={"page": page})

    def _read_listing(self, response: Response) -> Listing | None:
        try:
            return self.source.read_listing(_html(response), response.url)
        except PageNotUnderstood as error:
            self._count_not_understood(error)
            return None

    def _count(self, name: str) -> None:
        assert self.crawler.stats is not None
        self.crawler.stats.inc_value(f"ingest/{name}")

    def _count_not_understood(self, error: PageNotUnderstood) -> None:
        self._count("not understood: no " + ", ".join(error.missing))
        logger.warning("%s", error)


def _html(response: Response) -> str:
    return decode_page(response.body, (response.headers.get("Content-Type") or b"").decode("latin-1"))


def _stamped(scraped: ScrapedArticle, response: Response) -> ScrapedArticle:
    """Add what only the fetch knows: when the bytes came, and which URLs led here."""
    return dataclasses.replace(
        scraped,
        fetched_at=response.meta["fetched_at"],
        requested_urls=tuple(response.meta.get("redirect_urls", ())),
    )
