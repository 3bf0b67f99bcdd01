"""Listings of the shared platform: the forms of every year, and the real ones beside the project."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from urllib.parse import unquote

import pytest
from lxml import html as lxml_html

from crawler.errors import PageNotUnderstood
from crawler.sources import source_named
from storage.identity import canonical_url

if TYPE_CHECKING:
    from pathlib import Path

    from crawler.items import Listing

URL = "https://www.rfi.fr/cn/欧洲/"
CARD = """<div class="o-layout-list__item"><div class="m-item-list-article" data-article-list>
<a href="/cn/欧洲/20251203-甲" data-article-item-link class="article__figure-wrapper"><img src="a.jpg" alt="x"></a>
<div class="article__infos"><div class="a-tag"><span class="a-tag__wrapper">海岸</span></div>
<div class="article__title"><a href="/cn/欧洲/20251203-甲" data-article-item-link><h2>灯塔
 重开</h2></a></div></div></div></div>"""
CARD_2022 = """<div class="m-item-list-article" data-article-list>
<a href="/cn/欧洲/20221203-乙" data-article-item-link><figure><img src="b.jpg"></figure>
<div class="article__infos"><div class="a-tag"><span class="a-tag__wrapper">海岸</span></div>
<p class="article__title "><span class="article__type"></span> 面包节开幕</p></div></a></div>"""
LIVE = """<ol class="o-layout-list o-layout-list--news-feed"><li class="o-layout-list__item">
<div class="m-item-news-feed">
<div class="news__metadata"><time datetime="2025-12-03T09:32:10+01:00">09:32</time> AFP</div>
<div class="news__content__title"><a href="/cn/港口重开" title="港口重开"><h2>港口重开</h2></a></div></div></li></ol>"""
CAROUSEL = '<div class="m-carousel-item__title"><a href="/cn/专栏检索/要闻解说/20251202-丙">谁来数星星？</a></div>'
NOT_ARTICLES = """<nav><a href="/cn/欧洲/20251203-菜单">菜单</a><a href="/cn/直播">直播</a></nav>
<aside data-org-type="aside-content--sponsors"><div class="m-item-list-article"><a data-article-item-link
href="/cn/欧洲/20251203-广告"><h2>赞助</h2></a></div></aside>
<div class="m-item-list-article"><a href="/cn/关键词/日本/" data-article-item-link>日本</a></div>
<div class="m-item-list-article"><a href="https://www.france24.com/en/20251203-x" data-article-item-link>F</a></div>
<div class="m-item-list-article"><a href="/fr/europe/20251203-x" data-article-item-link>Autre édition</a></div>
<div class="m-item-list-article"><a href="http://[/20251203-x" data-article-item-link><h2>broken</h2></a></div>
<div class="m-item-list-article"><a href="javascript:x('/20251203-x')" data-article-item-link>script</a></div>"""


def read(*parts: str, source: str = "rfi-cn", url: str = URL) -> Listing:
    """Read a listing made of parts."""
    return source_named(source).read_listing(f"<html><body><main>{''.join(parts)}</main></body></html>", url)


def told(listing: Listing) -> list[tuple[str, str | None]]:
    """Return the readable ends of a listing's links, with their titles."""
    return [(unquote(link.url).rpartition("/")[2], link.title) for link in listing.links]


def test_a_card_is_one_link_with_its_title() -> None:
    """Picture and title of a card are two anchors and one link; its title is the one printed."""
    assert told(read(CARD)) == [("20251203-甲", "灯塔 重开")]


def test_the_card_of_2022_is_inside_its_link() -> None:
    """The title is the card's title line, without kicker."""
    assert told(read(CARD_2022)) == [("20221203-乙", "面包节开幕")]


def test_the_live_column_prints_times() -> None:
    """A live item links to an undated wire story and says when."""
    (link,) = read(LIVE).links
    assert (link.title, link.printed_at) == ("港口重开", datetime(2025, 12, 3, 8, 32, 10, tzinfo=UTC))


def test_links_keep_the_order_of_the_page() -> None:
    """All forms together are told once each, in page order, and nothing else is."""
    listing = read(NOT_ARTICLES, CARD, CARD_2022, LIVE, CAROUSEL, CARD)
    assert told(listing) == [
        ("20251203-甲", "灯塔 重开"),
        ("20221203-乙", "面包节开幕"),
        ("港口重开", "港口重开"),
        ("20251202-丙", "谁来数星星？"),
    ]


def test_the_daily_archive_is_a_listing() -> None:
    """A day of the archive lists every article of the day."""
    entry = '<li><a href="/fr/europe/20091006-a">Un titre</a></li>'
    day = f'<div class="o-archive-day"><ul class="o-archive-day__list">{entry}</ul></div>'
    listing = read(day, source="rfi-fr", url="https://www.rfi.fr/fr/archives/2009/10/06-octobre-2009")
    assert told(listing) == [("20091006-a", "Un titre")]


OLD = """<ul class="list"><li data-bo-type="article" data-bo-nid="1">
<a href="/中国/20171029-甲" class="media"><img src="x.jpg"></a>
<div class="meta"><time datetime="17-10-29">29/10/2017</time><a href="/tag/中国/">中国</a></div>
<h3><a href="/中国/20171029-甲" title="t">旧平台的标题</a></h3><p>摘要</p></li></ul>
<a href="/中国/all/?page=2" class="btn-load-more" data-href="/中国/all/?page=2" data-itemsperpage="15">更多文章</a>
<aside><ul><li data-bo-type="article"><a href="/中国/20171028-边栏">边栏</a></li></ul></aside>"""


def test_the_old_platform_lists_and_pages() -> None:
    """The list of the platform before 2020 gives its items with their days, and the address of its next page."""
    listing = read(OLD, url="http://cn.rfi.fr/中国/all/")
    (link,) = listing.links
    assert (link.url, link.title) == ("http://cn.rfi.fr/中国/20171029-甲", "旧平台的标题")
    assert link.printed_at is not None
    assert link.printed_at.isoformat() == "2017-10-29T00:00:00+02:00"
    assert listing.next_url == "http://cn.rfi.fr/中国/all/?page=2"


@pytest.mark.parametrize(
    "pager",
    ['<a rel="next" href="/cn/欧洲/2/#pager">下一页</a>', '<link rel="next" href="https://www.rfi.fr/cn/欧洲/2/">'],
)
def test_the_next_page_is_found(pager: str) -> None:
    """The pager's next link is completed and loses its fragment; the last page has none."""
    assert read(CARD, pager).next_url == "https://www.rfi.fr/cn/欧洲/2/"
    assert read(CARD).next_url is None


def test_a_page_without_articles_is_not_understood() -> None:
    """A listing that lists nothing is refused loudly: its markup may have changed."""
    for page in ("", "<html><body><main>", NOT_ARTICLES):
        with pytest.raises(PageNotUnderstood) as refusal:
            read(page)
        assert refusal.value.missing == ("links",)


@pytest.mark.shared
def test_the_front_page_of_2025_gives_its_48_articles(shared: Path) -> None:
    """Every dated article link on the front page, each once and titled, and nothing else."""
    page = (shared / "pages" / "rfi-cn-home-20251130.html").read_text("utf-8")
    listing = source_named("rfi-cn").read_listing(page, "https://www.rfi.fr/cn/")
    (main,) = lxml_html.fromstring(page.encode(), parser=lxml_html.HTMLParser(encoding="utf-8")).xpath("//main")
    dated = [href for href in main.xpath(".//a/@href") if re.search(r"/\d{8}-", href)]
    assert [canonical_url(link.url) for link in listing.links] == list(
        dict.fromkeys(canonical_url(f"https://www.rfi.fr{href}") for href in dated)
    )
    assert len(listing.links) == 48
    assert all(link.title for link in listing.links)
    assert sum(link.printed_at is not None for link in listing.links) == 5
    assert listing.next_url is None


@pytest.mark.shared
def test_the_section_of_2017_gives_its_items(shared: Path) -> None:
    """The excerpt of the old section page has three items and a next page."""
    page = (shared / "pages" / "rfi-cn-section-2017.excerpt.html").read_text("utf-8")
    listing = source_named("rfi-cn").read_listing(page, "http://cn.rfi.fr/中国/all/")
    assert [unquote(link.url)[len("http://cn.rfi.fr/中国/") :][:8] for link in listing.links] == [
        "20171029",
        "20171029",
        "20171028",
    ]
    assert all(link.title and link.printed_at for link in listing.links)
    assert unquote(listing.next_url or "") == "http://cn.rfi.fr/中国/all/?page=2"


@pytest.mark.shared
def test_the_spanish_front_page_gives_its_cards_and_live_items(shared: Path) -> None:
    """The excerpt of 2024 has a main item, three live ones and two cards."""
    page = (shared / "pages" / "rfi-es-home-2024.excerpt.html").read_text("utf-8")
    listing = source_named("rfi-es").read_listing(page, "https://www.rfi.fr/es/")
    assert [link.printed_at is not None for link in listing.links] == [False, True, True, True, False, False]
    assert all(link.title for link in listing.links)


@pytest.mark.parametrize(("stated", "total"), [("2615", 2615), ("many", None), ("", None)])
def test_a_listing_may_claim_how_many_articles_it_has(stated: str, total: int | None) -> None:
    """The platform before 2020 states it beside its button for more."""
    more = f'<a class="btn-load-more" data-href="/cn/欧洲/all/?page=2" data-globalcount="{stated}">+</a>'
    listing = source_named("rfi-cn").read_listing(f"<html><body>{CARD}{more}</body></html>", URL)
    assert (listing.claimed_total, listing.next_url) == (total, "https://www.rfi.fr/cn/欧洲/all/?page=2")
