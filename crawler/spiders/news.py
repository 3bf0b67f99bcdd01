"""NewsSpider: starts from seed URLs and section pages, follows listings to articles. It knows no site."""

from __future__ import annotations

import dataclasses
import logging
from typing import TYPE_CHECKING, Any

from scrapy import Request, Spider

from crawler.backfills.web_archives import is_of_web_archive, read_index
from crawler.decoding import decode_page
from crawler.discovery import read_made_for_machines
from crawler.errors import PageNotUnderstood
from crawler.items import Fetched, Listing
from crawler.middlewares.refusals import RunIsEnding
from crawler.patience import in_thread
from crawler.spiders.failures import judge_failure
from crawler.verdict import ARTICLE_PRIORITY, LISTING_PRIORITY
from storage import FoundUrl, FrontierState
from storage.identity import canonical_url

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from scrapy.http import Response
    from twisted.python.failure import Failure

    from crawler.archives.captured_site import CapturedSite
    from crawler.exchange import KeepsExchanges
    from crawler.items import ScrapedArticle
    from crawler.monitors.watch import Watch
    from crawler.run_frontier import RunFrontier
    from crawler.sources.base import Source
    from storage import CrawlPlan, LeasedUrl, Window

logger = logging.getLogger(__name__)


class NewsSpider(Spider):
    """Walks one crawl plan over one source. Every leased URL gives one `Fetched`.

    Args:
        source: How pages are told apart and read.
        plan: Where to start, how many listing pages to follow, how many articles to take.
        frontier: The run's hold on the frontier, which the scheduler and the store pipeline take from here.
        retry_seconds: Wait before the second try of a URL; it doubles with every further one.
        watch: The run's eye on how pages are read.
        trusts_validators: Whether to ask conditionally; a host that was caught lying is not.
        window: What a backfill collects; None for any other run.
        recorder: Takes every exchange, for `crawler.middlewares.record`; None if the run is not recorded.
        captured: What WARC files answer, for `crawler.archives.handler`; None for other kept bytes, and for the web.
    """

    name = "news"

    def __init__(
        self,
        *,
        source: Source,
        plan: CrawlPlan,
        frontier: RunFrontier,
        retry_seconds: float,
        watch: Watch,
        trusts_validators: bool = True,
        window: Window | None = None,
        recorder: KeepsExchanges | None = None,
        captured: CapturedSite | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.source = source
        self.plan = plan
        self.frontier = frontier
        self.retry_seconds = retry_seconds
        self.watch = watch
        self.trusts_validators = trusts_validators
        self.window = window
        self.recorder = recorder
        self.captured = captured

    async def start(self) -> AsyncIterator[Request]:
        """Yield a request for each seed URL of the plan, or for the channels that the source is crawled by.

        A backfill starts from its slices, which wait in the frontier already.
        """
        if self.plan.backfill is not None:
            return
        for url in self.plan.seeds or self.source.start_urls:
            yield Request(url)

    def as_found(self, url: str) -> FoundUrl:
        """Return a start URL as the frontier files it."""
        is_listing = not self.source.is_article(canonical_url(url))
        priority = LISTING_PRIORITY if is_listing else ARTICLE_PRIORITY
        return FoundUrl(url=url, is_listing=is_listing, priority=priority, is_asked_for=True)

    def parse(self, response: Response) -> Iterator[Fetched]:
        """Read one page: an article, or a listing."""
        lease: LeasedUrl = response.meta["lease"]
        fetched = Fetched(
            lease=lease,
            fetched_at=response.meta["fetched_at"],
            state=FrontierState.DONE,
            etag=_header(response, "ETag"),
            last_modified=_header(response, "Last-Modified"),
            recorded=response.meta.get("recorded"),
        )
        if not lease.is_listing and canonical_url(response.url) == canonical_url(self.source.home_url):
            yield dataclasses.replace(fetched, state=FrontierState.GONE, reason="gone: sent to the front page")
        elif response.status == 304 and lease.kept is not None:
            yield dataclasses.replace(fetched, is_unmodified=True, reason="not modified")
        elif response.status == 304:
            yield dataclasses.replace(fetched, state=FrontierState.FAILED, reason="failed: HTTP 304 to a plain request")
        else:
            yield self._read(response, fetched)

    def give_up(self, failure: Failure) -> Iterator[Fetched]:
        """Settle a URL that could not be fetched under its reason: to be tried again, failed, or gone."""
        request: Request = failure.request  # type: ignore[attr-defined]  # Scrapy sets it on every failure
        error = failure.value
        assert error is not None, "a failure has an error"
        if isinstance(error, RunIsEnding):
            return
        now = request.meta.get("fetched_at") or self.frontier.clock.now()
        fetched = judge_failure(error, request.meta["lease"], now, self.retry_seconds)
        logger.warning("%s: %s", fetched.reason, request.url)
        lease = fetched.lease
        if fetched.state is FrontierState.GONE and lease.is_listing and is_of_web_archive(lease.url):
            # so its index says that it has nothing of the site
            fetched = dataclasses.replace(
                fetched, state=FrontierState.DONE, reason=None, said=Listing(url=lease.url, links=())
            )
        yield fetched

    async def mark_liar(self, url: str) -> None:
        """Trust a host's validators no longer: it kept them for a page that had changed."""
        host = self.frontier.host_of(url)
        self.trusts_validators = False
        logger.warning("%s answers with validators of another state of the page; they are no longer used", host)
        await in_thread(self.frontier.store.hosts.mark_liar, host, now=self.frontier.clock.now())

    def _read(self, response: Response, fetched: Fetched) -> Fetched:
        try:
            said: Listing | ScrapedArticle
            if fetched.lease.is_listing:
                said = self._read_listing(response, fetched.lease)
            elif fetched.lease.capture is not None:
                said = self._read_capture(response, fetched.lease)
            else:
                said = dataclasses.replace(
                    self.source.read_page(response.body, _content_type(response), response.url),
                    fetched_at=fetched.fetched_at,
                    requested_urls=tuple(response.meta.get("redirect_urls", ())),
                )
        except PageNotUnderstood as error:
            logger.warning("%s", error)
            reason = f"not understood: no {', '.join(error.missing)}"
            return dataclasses.replace(fetched, state=FrontierState.FAILED, reason=reason, not_understood=error)
        if fetched.lease.is_listing and self.crawler.stats:
            self.crawler.stats.inc_value("ingest/listings")
        return dataclasses.replace(fetched, said=said)

    def _read_capture(self, response: Response, lease: LeasedUrl) -> ScrapedArticle:
        """Read a page that a web archive keeps: seen by others at its time, and not fetched by us."""
        # what reads WARC records takes megabytes: few crawls meet any
        from crawler.archives.captured import captured_page  # noqa: PLC0415 -- see above

        page = captured_page(response.body, response.url, _content_type(response))
        said = self.source.read_page(page.body, page.content_type, lease.url)
        return dataclasses.replace(said, observed_at=page.captured_at)

    def _read_listing(self, response: Response, lease: LeasedUrl) -> Listing:
        """Read an index of captures, a feed or a map as what it is, anything else as a page of the source."""
        if is_of_web_archive(lease.url):
            return read_index(response.body, lease.url)
        content_type = _content_type(response)
        listing = read_made_for_machines(response.body, content_type, response.url, self.source.zone)
        return listing or self.source.read_listing(decode_page(response.body, content_type), response.url)


def _content_type(response: Response) -> str:
    return _header(response, "Content-Type") or ""


def _header(response: Response, name: str) -> str | None:
    value = response.headers.get(name)
    return value.decode("latin-1") if value else None
