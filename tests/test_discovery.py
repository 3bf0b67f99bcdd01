"""Listings made for machines: feeds and maps become listings, whatever their state; hostile ones do no harm."""

from __future__ import annotations

import gzip
import io
import random
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import feedparser
import pytest

from crawler.discovery import read_made_for_machines
from crawler.errors import PageNotUnderstood
from crawler.items import ArticleLink, Listing
from crawler.sources import source_named
from crawler.verdict import found_on, shown_on
from storage import DateOrigin
from storage.identity import canonical_url

if TYPE_CHECKING:
    from pathlib import Path

    from crawler.archives.site import SeedSite

PARIS = ZoneInfo("Europe/Paris")
FEED_URL = "https://www.rfi.fr/cn/rss"
MAP_URL = "https://www.rfi.fr/sitemaps/cn/news.xml"
SOURCE = source_named("rfi-cn")
ARTICLE_URL = "https://www.rfi.fr/cn/中国/20230801-dengta"
FEED = f"""<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0"><channel><title>RFI</title>
<item><title> 灯塔
重新点亮 </title><link>{ARTICLE_URL}#top</link><pubDate>Tue, 01 Aug 2023 12:00:00 GMT</pubDate>
<category>中国</category></item>
<item><link>/cn/20230802-lundu</link><guid>x</guid></item>
<item><guid isPermaLink="true">https://www.rfi.fr/cn/20230803-wei</guid><pubDate>2023-08-03</pubDate></item>
<item><title>no address</title></item><item><link>mailto:a@example.org</link></item>
</channel></rss>"""
NEWS_MAP = f"""<?xml version="1.0" encoding="UTF-8"?>
<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"
 xmlns:news="http://www.google.com/schemas/sitemap-news/0.9">
<url><loc>
 {ARTICLE_URL} </loc><lastmod>2023-08-02T10:00:00+02:00</lastmod><news:news>
<news:publication><news:name>RFI</news:name></news:publication>
<news:publication_date>2023-08-01T14:00:00+02:00</news:publication_date><news:title>灯塔</news:title></news:news></url>
<url><loc>https://www.rfi.fr/cn/20230802-lundu</loc><lastmod>2023-08-02</lastmod></url>
</urlset>"""


def read(body: str | bytes, url: str = FEED_URL, content_type: str = "") -> Listing:
    """Read something that is made for machines."""
    listing = read_made_for_machines(body.encode() if isinstance(body, str) else body, content_type, url, PARIS)
    assert listing is not None
    return listing


def test_a_feed_says_links_titles_times_and_sections() -> None:
    """Addresses are completed, an id that is an address will do, blanks are folded, a bare date is a day."""
    first, second, third = read(FEED).links
    assert first == ArticleLink(
        url=ARTICLE_URL, title="灯塔 重新点亮", printed_at=datetime(2023, 8, 1, 12, tzinfo=UTC), section="中国"
    )
    assert second == ArticleLink(url="https://www.rfi.fr/cn/20230802-lundu")
    assert (third.url, third.printed_at, third.is_day_only) == (
        "https://www.rfi.fr/cn/20230803-wei",
        datetime(2023, 8, 3, tzinfo=PARIS),
        True,
    )


def test_a_news_map_says_when_articles_were_published_and_edited() -> None:
    """The last edit of an entry is not its publication; a map without news states the edit alone."""
    first, second = read(NEWS_MAP, MAP_URL).links
    assert first == ArticleLink(
        url=ARTICLE_URL,
        title="灯塔",
        printed_at=datetime(2023, 8, 1, 12, tzinfo=UTC),
        edited_at=datetime(2023, 8, 2, 8, tzinfo=UTC),
    )
    assert (second.printed_at, second.edited_at) == (None, datetime(2023, 8, 2, tzinfo=PARIS))


def test_an_index_names_maps_the_latest_first() -> None:
    """Its maps are further pages: a plan that allows three pages follows the two maps edited last, on our hosts."""
    entries = "".join(
        f"<sitemap><loc>https://{host}/sitemaps/cn/contents_2023{month}.xml</loc>"
        f"<lastmod>2023-{month}-28</lastmod></sitemap>"
        for host, month in (("www.rfi.fr", "06"), ("www.rfi.fr", "08"), ("other.example", "09"), ("www.rfi.fr", "07"))
    )
    index = read(f"<sitemapindex>{entries}<sitemap>https://www.rfi.fr/bare.xml</sitemap></sitemapindex>", MAP_URL)
    assert [one.url[-10:] for one in index.listings] == [
        "202309.xml",
        "202308.xml",
        "202307.xml",
        "202306.xml",
        "r/bare.xml",
    ]
    found = found_on(index, SOURCE, page=1, pages=3)
    assert [(one.url[-10:], one.page, one.is_listing) for one in found] == [
        ("202308.xml", 2, True),
        ("202307.xml", 2, True),
    ]
    assert found_on(index, SOURCE, page=1, pages=1) == ()


@pytest.mark.parametrize(
    ("link", "stated"),
    [
        (ArticleLink(url=ARTICLE_URL, printed_at=datetime(2023, 8, 1, 14, tzinfo=PARIS)), ("01 12", DateOrigin.TIME)),
        (
            ArticleLink(url=ARTICLE_URL, printed_at=datetime(2023, 8, 1, tzinfo=PARIS), is_day_only=True),
            ("31 22", DateOrigin.DAY),
        ),
        (ArticleLink(url=ARTICLE_URL, edited_at=datetime(2023, 9, 9, tzinfo=UTC)), ("31 22", DateOrigin.ADDRESS)),
        (
            ArticleLink(url="https://www.rfi.fr/cn/灯塔重新点亮", edited_at=datetime(2023, 9, 9, tzinfo=UTC)),
            ("09 00", DateOrigin.EDIT),
        ),
    ],
)
def test_what_is_stated_of_an_article_says_by_what(link: ArticleLink, stated: tuple[str, DateOrigin]) -> None:
    """A time beside the link, a day beside it, the day in the address, and only then the last edit."""
    (shown,) = shown_on(Listing(url=FEED_URL, links=(link,)), SOURCE)
    assert shown.stated_at is not None
    assert (f"{shown.stated_at:%d %H}", shown.stated_by) == stated


@pytest.mark.parametrize(
    "body",
    [
        gzip.compress(NEWS_MAP.encode()),
        b"\xef\xbb\xbf" + NEWS_MAP.encode(),
        NEWS_MAP.replace("UTF-8", "UTF-16").encode("utf-16"),
        NEWS_MAP.replace(' xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"', "").encode(),
        f"<!-- made by a machine -->{NEWS_MAP.partition('?>')[2]}".encode(),
        NEWS_MAP.replace("</urlset>", "<url><loc>").encode(),
    ],
    ids=["gzip", "byte order mark", "UTF-16", "no namespace", "no declaration", "cut short"],
)
def test_a_map_is_read_in_whatever_state(body: bytes) -> None:
    """Packed, in UTF-16, without its namespace, cut short: its entries are all there."""
    assert [link.url for link in read(body, MAP_URL, "text/html").links][:2] == [
        ARTICLE_URL,
        "https://www.rfi.fr/cn/20230802-lundu",
    ]


def test_a_map_may_be_a_list_of_addresses() -> None:
    """One a line, as text/plain; any other text is none."""
    plain = read("https://www.rfi.fr/cn/a\r\n\r\nhttps://www.rfi.fr/cn/b\n", MAP_URL, "text/plain; charset=utf-8")
    assert [link.url[-1] for link in plain.links] == ["a", "b"]
    assert read_made_for_machines(b"Not found\n", "text/plain", MAP_URL, PARIS) is None


@pytest.mark.parametrize("page", [b"<!DOCTYPE html><html><rss></html>", b"", b"  <html>", b"{}", b"\x1f"])
def test_a_page_made_for_people_is_left_to_its_source(page: bytes) -> None:
    """What is neither feed nor map is read by the source, whatever the server calls it."""
    assert read_made_for_machines(page, "application/rss+xml", FEED_URL, PARIS) is None


def test_an_empty_feed_is_a_feed() -> None:
    """A quiet day shows nothing, and is no reason to call the feed broken."""
    assert read("<rss version='2.0'><channel><title>RFI</title></channel></rss>").links == ()
    assert read("<urlset/>", MAP_URL).links == ()


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (gzip.compress(b" " * (51 * 2**20), 1), "more than 50 MB"),
        (b"\x1f\x8bdamaged", "its gzip is damaged"),
    ],
)
def test_what_is_too_much_is_refused_with_words(body: bytes, why: str) -> None:
    """A bomb is not unpacked; what is broken beyond reading is told."""
    with pytest.raises(PageNotUnderstood, match=why):
        read(body)


def test_entities_are_not_expanded_and_nothing_is_loaded(tmp_path: Path) -> None:
    """Neither memory nor files are at the mercy of a document type."""
    secret = tmp_path / "secret"
    secret.write_text("https://www.rfi.fr/cn/secret")
    bomb = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 10))
    head = f'<!DOCTYPE x [<!ENTITY e0 "ha"><!ENTITY file SYSTEM "{secret.as_uri()}">{bomb}]>'
    for body in (
        f"{head}<urlset><url><loc>&file;</loc></url><url><loc>https://www.rfi.fr/cn/&e9;</loc></url></urlset>",
        f"{head}<rss version='2.0'><channel><item><link>&file;</link><title>&e9;</title></item></channel></rss>",
    ):
        links = read(body).links
        assert all("secret" not in link.url and len(link.url) < 100 for link in links)
        assert all(len(link.title or "") < 100 for link in links)


def test_feeds_and_maps_that_were_damaged_at_random_are_read_or_refused() -> None:
    """Five hundred feeds and maps with bytes cut out, doubled and changed raise nothing else."""
    random_ = random.Random(5)
    for _ in range(250):
        for whole in (FEED.encode(), NEWS_MAP.encode()):
            start, end = sorted(random_.sample(range(len(whole)), 2))
            torn = whole[:start] + random_.choice((b"", whole[start:end] * 2, random_.randbytes(9))) + whole[end:]
            try:
                read_made_for_machines(torn, "", FEED_URL, PARIS)
            except PageNotUnderstood:
                continue


def test_the_local_sites_channels_show_what_its_pages_do(seed_site: SeedSite) -> None:
    """Feed, news map and monthly maps of the local site lead to articles, each with its time."""
    months = read(_body(seed_site, "https://www.rfi.fr/sitemaps/cn/index.xml"), MAP_URL).listings
    shown = [
        one
        for url in (*SOURCE.feed_urls, *SOURCE.news_map_urls, *SOURCE.section_feed_urls[:2], *(m.url for m in months))
        for one in shown_on(read(_body(seed_site, url), url), SOURCE)
    ]
    assert {one.url for one in shown} == {url for url in seed_site.article_urls if SOURCE.owns(url)}
    assert all(one.stated_at is not None for one in shown)


def _body(site: SeedSite, url: str) -> bytes:
    found = site.lookup(url)
    assert found is not None
    return found.body


@pytest.mark.shared
def test_the_feeds_of_feedparser_are_read_as_feedparser_reads_them(shared: Path) -> None:
    """Of the well-formed and ill-formed feeds of others nearly all give the links that feedparser finds in them."""
    same = []
    for path in sorted((shared / "suites" / "feeds" / "feedparser").rglob("*.xml"))[::8]:
        body = path.read_bytes()
        try:
            listing = read_made_for_machines(body, "", "https://feed.example/", PARIS)
        except PageNotUnderstood:
            listing = None
        ours = [link.url for link in listing.links] if listing is not None else []
        entries: Any = feedparser.parse(io.BytesIO(body), resolve_relative_uris=False).entries
        links = [entry.link for entry in entries if entry.get("link", "").startswith(("http://", "https://"))]
        same.append([canonical_url(url) for url in ours] == [canonical_url(url.partition("#")[0]) for url in links])
    assert sum(same) > 0.9 * len(same)


@pytest.mark.shared
@pytest.mark.parametrize(
    ("name", "count"),
    [
        ("sitemap.badns.xml", 2),
        ("sitemap.ns.xml", 2),
        ("sitemap.txt", 2),
        ("sitemap-with-bom.txt", 2),
        ("sitemap.txt.gz", 2),
        ("xmlSitemap.gz", 2),
    ],
)
def test_the_sitemaps_of_crawler_commons_are_read(shared: Path, name: str, count: int) -> None:
    """Bad namespaces, prefixes, byte order marks, gzip and plain text."""
    body = (shared / "suites" / "sitemaps" / name).read_bytes()
    assert len(read(body, MAP_URL, "text/plain" if ".txt" in name else "").links) >= count


@pytest.mark.shared
def test_xml_bombs_go_off_nowhere(shared: Path) -> None:
    """The bombs of defusedxml, as a map and as a feed, give nothing that was not in them."""
    for path in sorted((shared / "suites" / "xml-bombs").iterdir()):
        bomb = path.read_text("utf-8")
        for root in ("urlset", "rss"):
            renamed = (
                bomb.replace("<bomb>", f"<{root}>").replace("</bomb>", f"</{root}>").replace("<root>", f"<{root}>")
            )
            renamed = renamed.replace("</root>", f"</{root}>")
            try:
                listing = read_made_for_machines(renamed.encode(), "", FEED_URL, PARIS)
            except PageNotUnderstood:
                continue
            assert listing is None or listing.links == (), path.name
