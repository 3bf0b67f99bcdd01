"""Scrapy as tutorials use it: BeautifulSoup over the whole page, an ORM, a commit an item."""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bs4 import BeautifulSoup
from sqlalchemy import JSON, create_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from benchmarks.stage.contenders.stock import FetchSpider, crawl

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scrapy.http import Response


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
        engine = create_engine(sys.argv[3])
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


def main() -> int:
    """Crawl the pages into the database."""
    base_url, names, _ = sys.argv[1:]
    targets = Path(names).read_text("utf-8").split()
    fetched = crawl(TutorialSpider, base_url, targets, ITEM_PIPELINES={TutorialPipeline: 100})
    return 0 if fetched == len(targets) else 1


if __name__ == "__main__":
    sys.exit(main())
