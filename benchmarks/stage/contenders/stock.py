"""Scrapy as it comes, fetching and nothing else."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scrapy import Request, Spider
from scrapy.crawler import AsyncCrawlerProcess

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from scrapy.http import Response


class FetchSpider(Spider):
    """Fetches, and does nothing else: what Scrapy itself costs."""

    name = "fetch"

    def __init__(self, base_url: str, targets: list[str], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.base_url = base_url
        self.targets = targets
        self.fetched = 0

    async def start(self) -> AsyncIterator[Request]:
        """Yield a request for every target."""
        for target in self.targets:
            yield Request(self.base_url + target)

    def parse(self, response: Response) -> Any:
        """Count the page."""
        self.fetched += 1


def crawl(spider: type[FetchSpider], base_url: str, targets: list[str], **settings: Any) -> int:
    """Run a spider; return how many pages it fetched."""
    # as Scrapy comes, but for its log, and as many requests to the one host as ours makes
    process = AsyncCrawlerProcess({"LOG_LEVEL": "WARNING", "CONCURRENT_REQUESTS_PER_DOMAIN": 16, **settings})
    crawler = process.create_crawler(spider)
    process.crawl(crawler, base_url=base_url, targets=targets)
    process.start()
    assert isinstance(crawler.spider, spider)
    return crawler.spider.fetched


def main() -> int:
    """Fetch the pages."""
    base_url, names, _ = sys.argv[1:]
    targets = Path(names).read_text("utf-8").split()
    return 0 if crawl(FetchSpider, base_url, targets) == len(targets) else 1


if __name__ == "__main__":
    sys.exit(main())
