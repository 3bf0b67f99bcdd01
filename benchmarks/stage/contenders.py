"""Ways to crawl the same pages, each as a program of its own.

    python -m benchmarks.stage.contenders stock|tutorial|ours BASE_URL TARGETS DATABASE

TARGETS is a file of paths, one a line; DATABASE a URL, of SQLite for the tutorial; stock Scrapy stores nothing. Exit
code 1 when not every page was fetched.
"""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bs4 import BeautifulSoup
from scrapy import Request, Spider
from scrapy.crawler import AsyncCrawlerProcess
from sqlalchemy import JSON, create_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from benchmarks.stage.pages import ORIGIN, SOURCE
from crawler.config import load_config
from crawler.runs import run_crawl
from storage import CrawlKind, CrawlPlan, Store

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
        """Yield an article."""
        self.fetched += 1
        yield {"url": response.url, **read_with_soup(response.text)}


class Base(DeclarativeBase):
    """The tutorial's tables."""


class NewsRow(Base):
    """The tutorial's only table."""

    __tablename__ = "news"

    id: Mapped[int] = mapped_column(primary_key=True)
    url: Mapped[str] = mapped_column(unique=True)
    title: Mapped[str]
    lead: Mapped[str | None]
    text: Mapped[str]
    html: Mapped[str]
    published_at: Mapped[datetime | None]
    authors: Mapped[list[Any]] = mapped_column(JSON)
    tags: Mapped[list[Any]] = mapped_column(JSON)


def read_with_soup(html: str) -> dict[str, Any]:
    """Read an article the way tutorials do."""
    soup = BeautifulSoup(html, "lxml")
    title, lead, body = soup.select_one("h1"), soup.select_one(".t-content__chapo"), soup.select_one(".t-content__body")
    lines = soup.select(".t-content__body p, .t-content__body h2")
    times = [mark["datetime"] for mark in soup.select(".m-pub-dates time")]
    return {
        "title": title.get_text(" ", strip=True) if title else "",
        "lead": lead.get_text(" ", strip=True) if lead else None,
        "text": "\n".join(line.get_text(" ", strip=True) for line in lines),
        "html": str(body),
        "published_at": datetime.fromisoformat(str(times[0])) if times else None,
        "authors": [name.get_text(strip=True) for name in soup.select(".m-from-author__name")],
        "tags": [tag.get_text(strip=True) for tag in soup.select(".t-content__tags a")],
    }


class TutorialPipeline:
    """Adds a row and commits it, item by item."""

    def open_spider(self) -> None:
        """Open the database named by the settings."""
        engine = create_engine(sys.argv[4])
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


def crawl_with_scrapy(kind: str, base_url: str, targets: list[str]) -> int:
    """Run one of the two spiders; return how many pages it fetched."""
    # as Scrapy comes, but for its log, and as many requests to the one host as ours makes
    settings: dict[str, Any] = {"LOG_LEVEL": "WARNING", "CONCURRENT_REQUESTS_PER_DOMAIN": 16}
    if kind == "tutorial":
        settings["ITEM_PIPELINES"] = {TutorialPipeline: 100}
    process = AsyncCrawlerProcess(settings)
    crawler = process.create_crawler(TutorialSpider if kind == "tutorial" else FetchSpider)
    process.crawl(crawler, base_url=base_url, targets=targets)
    process.start()
    assert crawler.spider is not None
    fetched: int = crawler.spider.fetched  # type: ignore[attr-defined]  # one of the two above
    return fetched


def crawl_with_ours(base_url: str, targets: list[str], db: str) -> int:
    """Run our crawl, with these pages as its seed URLs; return how many articles are stored."""
    plan = CrawlPlan(
        source=SOURCE.name,
        kind=CrawlKind.ONEOFF,
        seeds=tuple(ORIGIN + target for target in targets),
        via=base_url,
        delay_seconds=0.0,
    )
    with Store.open(db) as store:
        return run_crawl(plan, load_config(), store).counts["new"]


def main() -> int:
    """Run one contender."""
    kind, base_url, names, db = sys.argv[1:]
    targets = Path(names).read_text("utf-8").split()
    done = crawl_with_ours(base_url, targets, db) if kind == "ours" else crawl_with_scrapy(kind, base_url, targets)
    return 0 if done == len(targets) else 1


if __name__ == "__main__":
    sys.exit(main())
