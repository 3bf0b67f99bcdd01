"""What a source is: a publisher's site as we read it.

A source is a value: names, hosts, rhythm, and three pure functions. `crawler.sources` lists them all.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from crawler.decoding import as_utf8, decode_page
from storage import Channel, ChannelKind
from storage.identity import canonical_url

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date, datetime

    from crawler.items import Listing, ScrapedArticle, SeedFile


def _says_nothing(_: str) -> None:
    """Answer for a source whose URLs say nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """The ways into a source's past, as patterns of addresses; ``{day}`` is a date, ``{month}`` its month's name."""

    month_map: str | None = None
    """Sitemap of one month, such as ``https://www.rfi.fr/sitemaps/cn/contents_{day:%Y%m}.xml``; None if it has none."""
    day_page: str | None = None
    """Archive page of one day; None if it has none."""
    first_day: date | None = None
    """The first that has an archive page; None if nobody knows."""
    month_names: tuple[str, ...] = ()
    """Of January to December, as `day_page` spells them."""

    def map_of(self, day: date) -> str | None:
        """Return the address of the sitemap of a day's month."""
        return self.month_map.format(day=day) if self.month_map is not None else None

    def page_of(self, day: date) -> str | None:
        """Return the address of a day's archive page; None before the first."""
        if self.day_page is None or (self.first_day is not None and day < self.first_day):
            return None
        return self.day_page.format(day=day, month=self.month_names[day.month - 1] if self.month_names else "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A publisher's site as we read it; see docs/adding-a-source.md."""

    name: str
    """Such as ``rfi-cn``; lower case, used on the command line and in every row."""
    title: str
    """For people, such as ``RFI 法国国际广播电台``."""
    language: str
    """BCP 47 language of its articles."""
    hosts: tuple[str, ...]
    """Hosts on which its pages live; requests to others are not made."""
    home_url: str
    """The front page; also the prefix that every URL of this source starts with."""
    section_urls: tuple[str, ...]
    """Section pages a run starts from, beside the front page."""
    feed_urls: tuple[str, ...] = ()
    """Feeds of the whole source that a run starts from, too."""
    news_map_urls: tuple[str, ...] = ()
    """Maps of its newest articles that a run starts from, too."""
    section_feed_urls: tuple[str, ...] = ()
    """Feeds of single sections: they show what the section pages do, and are read when they are asked for."""
    owns: Callable[[str], bool]
    """Does this canonical URL belong to this source?"""
    is_article: Callable[[str], bool]
    """Does this canonical URL look like an article of this source?"""
    read_listing: Callable[[str, str], Listing]
    """(html, url) -> links. Raises PageNotUnderstood."""
    read_article: Callable[[str, str], ScrapedArticle]
    """(html, url) -> what the page said. Raises PageNotUnderstood."""
    read_utf8: Callable[[bytes, str], ScrapedArticle] | None = None
    """(page in UTF-8, url) -> the same, for a source that decodes only what it reads; None: pages come decoded."""
    read_seed: Callable[[SeedFile], ScrapedArticle]
    """Seed file -> what it said. Raises PageNotUnderstood."""
    part_of: Callable[[str], Channel | None] = _says_nothing
    """Which channel a listing's URL is a part of, such as a section of its second page; None if it is one itself."""
    section_of: Callable[[str], str | None] = _says_nothing
    """The section that an article's canonical URL names; None if it names none."""
    day_of: Callable[[str], date | None] = _says_nothing
    """The day that an article's canonical URL names; None if it names none."""
    past: Past = field(default_factory=Past)
    """What a backfill can start from, beside the section pages."""
    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("UTC"))
    """Zone of times that are printed without one."""
    crawl_every: timedelta = timedelta(minutes=15)
    """Rhythm on which the source asks to be crawled."""
    revisits: tuple[tuple[timedelta, timedelta], ...] = (
        (timedelta(hours=6), timedelta(hours=1)),
        (timedelta(days=2), timedelta(hours=6)),
        (timedelta(days=9), timedelta(days=1)),
    )
    """(age, pause): until an article is so old it is fetched again after each pause, to find edits; then never."""

    def read_page(self, body: bytes, content_type: str, url: str) -> ScrapedArticle:
        """Read an article page from the bytes of a response.

        Args:
            body: Decompressed.
            content_type: The Content-Type header, empty if there was none.
            url: Where it was answered.

        Raises:
            PageNotUnderstood: What makes an article is missing.
        """
        if self.read_utf8 is not None and (plain := as_utf8(body, content_type)) is not None:
            return self.read_utf8(plain, url)
        return self.read_article(decode_page(body, content_type), url)

    def next_revisit(self, published_at: datetime, now: datetime) -> datetime | None:
        """Return when to look at an article again; None for never."""
        age = now - published_at
        return next((now + pause for oldest, pause in self.revisits if age < oldest), None)

    @property
    def channels(self) -> tuple[Channel, ...]:
        """The channels that the source states, the most general first."""
        by_kind = (
            (ChannelKind.FRONT_PAGE, (self.home_url,)),
            (ChannelKind.FEED, self.feed_urls),
            (ChannelKind.NEWS_MAP, self.news_map_urls),
            (ChannelKind.SECTION, self.section_urls),
            (ChannelKind.FEED, self.section_feed_urls),
        )
        return tuple(Channel(url=url, kind=kind) for kind, urls in by_kind for url in urls)

    @property
    def start_urls(self) -> tuple[str, ...]:
        """The channels that a run over the whole source starts from: together they show every new article."""
        return (self.home_url, *self.section_urls, *self.feed_urls, *self.news_map_urls)

    def channel_of(self, url: str) -> Channel:
        """Return the channel that a listing belongs to."""
        if part := self.part_of(url):
            return part
        canonical = canonical_url(url)
        stated = (channel for channel in self.channels if canonical_url(channel.url) == canonical)
        return next(stated, Channel(url=canonical, kind=ChannelKind.LISTING))
