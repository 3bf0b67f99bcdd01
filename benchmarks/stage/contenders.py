"""Other ways to crawl the same pages, each as a program of its own.

    python -m benchmarks.stage.contenders stock BASE_URL TARGETS
    python -m benchmarks.stage.contenders tutorial BASE_URL TARGETS DATABASE

TARGETS is a file of paths, one a line. Each prints how many pages it fetched.
"""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bs4 import BeautifulSoup
from scrapy import Request, Spider
from scrapy.crawler import AsyncCrawlerProcess
from sqlalchemy import create_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

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


class TutorialSpider(FetchSpider):
    """Reads every page whole with BeautifulSoup, as tutorials do."""

    name = "tutorial"

    def parse(self, response: Response) -> Iterator[dict[str, Any]]:
        """Yield an item for an article; of a listing only look at the links."""
        self.fetched += 1
        soup = BeautifulSoup(response.text, "lxml")
        title, lead, time = soup.select_one("h1"), soup.select_one(".t-content__chapo"), soup.select_one("time")
        if lead is None or title is None:
            soup.select("a[data-article-item-link]")
            return
        yield {
            "url": response.url,
            "title": title.get_text(strip=True),
            "lead": lead.get_text(strip=True),
            "text": "\n".join(line.get_text(strip=True) for line in soup.select(".t-content__body p")),
            "html": str(soup.select_one(".t-content__body")),
            "published_at": datetime.fromisoformat(str(time["datetime"])) if time else None,
        }


class Base(DeclarativeBase):
    """The tutorial's tables."""


class NewsRow(Base):
    """The tutorial's only table."""

    __tablename__ = "news"

    id: Mapped[int] = mapped_column(primary_key=True)
    url: Mapped[str] = mapped_column(unique=True)
    title: Mapped[str]
    lead: Mapped[str]
    text: Mapped[str]
    html: Mapped[str]
    published_at: Mapped[datetime | None]


class TutorialPipeline:
    """Adds a row and commits it, item by item."""

    def open_spider(self) -> None:
        """Open the database named by the settings."""
        engine = create_engine(f"sqlite:///{sys.argv[4]}")
        Base.metadata.create_all(engine)
        self.session = Session(engine)

    def process_item(self, item: dict[str, Any]) -> dict[str, Any]:
        """Keep an item."""
        if self.session.query(NewsRow).filter_by(url=item["url"]).first() is None:
            self.session.add(NewsRow(**item))
            self.session.commit()
        return item

    def close_spider(self) -> None:
        """Close the database."""
        self.session.close()


def main() -> None:
    """Run one contender."""
    kind, base_url, targets = sys.argv[1], sys.argv[2], Path(sys.argv[3]).read_text("utf-8").split()
    # as Scrapy comes, but for its log, and as many requests to the one host as ours makes
    settings: dict[str, Any] = {"LOG_LEVEL": "WARNING", "CONCURRENT_REQUESTS_PER_DOMAIN": 16}
    if kind == "tutorial":
        settings["ITEM_PIPELINES"] = {TutorialPipeline: 100}
    process = AsyncCrawlerProcess(settings)
    crawler = process.create_crawler(TutorialSpider if kind == "tutorial" else FetchSpider)
    process.crawl(crawler, base_url=base_url, targets=targets)
    process.start()
    print(crawler.spider.fetched)  # type: ignore[union-attr]  # it has run


if __name__ == "__main__":
    main()
