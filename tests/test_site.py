"""The local site: seed files as an RFI-shaped website."""

from __future__ import annotations

import re
from collections import Counter
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest

from crawler.archives.seeds import read_seeds
from crawler.archives.site import SeedSite
from crawler.errors import BadInput, PageNotUnderstood, SeedFileError
from crawler.normalize import normalize
from crawler.sources import source_of
from storage.identity import canonical_url

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from crawler.archives.site_index import Edition
    from crawler.items import ScrapedArticle, SeedFile
    from crawler.sources.base import Source

SEEDS = Path(__file__).resolve().parent.parent / "seeds"
HOME = "https://www.rfi.fr/cn/"

HARBOUR = "http://www.rfi.fr//cn/%E6%B3%95%E5%9B%BD/20200801-%e6%b8%af%e5%8f%a3%E6%B5%8B%E8%AF%95"
"""/cn/法国/20200801-港口测试 as archives spell it: http, a doubled slash, escapes in either case."""


def write_seed(
    folder: Path, name: str, *, epoch: int = 1_596_300_992_000, url: str = HARBOUR, text: str = "正文"
) -> None:
    """Write a seed file of variant A with the glued tag that archives have."""
    (folder / name).write_text(
        f"""<!--{epoch}-->
[灯塔守望者 – 法国国际广播电台 - RFI]({url})
------

<div>
<div>01/08/2020 - 18:30</div><img src="https://s.rfi.fr/media/display/0a1b2c3d-0000-11ea-b203-005056bf30b7/w:310/p:16x9/phare.jpg">\
<p><strong>一座灯塔重新点亮。</strong></p><div class="t-content__body u-clearfix"><div class="m-interstitial">\
<div class="m-interstitial__ad"><divclass="m-block-ad "data-tms-ad-type="box"><div class="m-block-ad__label">广告</div>\
</div></div></div><p>{text}</p><p>第二段 &amp; 结尾</p></div>
</div>
""",
        encoding="utf-8",
    )


@pytest.fixture
def harbour(tmp_path: Path) -> SeedSite:
    """Return a site of one article."""
    write_seed(tmp_path, "1596300992000_a.md")
    return SeedSite([tmp_path])


def page(site: SeedSite, path: str) -> str:
    """Return the text under a root-relative path, which must be there."""
    response = site.lookup(f"https://www.rfi.fr{path}")
    assert response is not None
    assert response.status == 200
    return response.body.decode()


def rfi_seeds(folder: Path) -> Iterator[SeedFile]:
    """Yield the readable seed files of a folder, as the site shows them: the newest of each URL."""
    newest: dict[str, SeedFile] = {}
    for seed in read_seeds([folder]):
        if isinstance(seed, SeedFileError):
            continue
        key = canonical_url(seed.url)
        if key not in newest or newest[key].observed_at <= seed.observed_at:
            newest[key] = seed
    yield from newest.values()


ROADS_MEET_IN = (
    "canonical_url", "title", "programme", "lead", "paragraphs", "text", "published_at", "modified_at", "agency",
    "authors", "section", "language",
)  # fmt: skip


def judged(read: Callable[[], ScrapedArticle], source: Source) -> dict[str, object]:
    """Return what both roads must agree on: fields of the article, or what its reader missed."""
    try:
        article = normalize(read(), source)
    except PageNotUnderstood as refusal:
        return {"missing": refusal.missing}
    return {name: getattr(article, name) for name in ROADS_MEET_IN} | {"images": [i.url for i in article.images]}


def differences(site: SeedSite, folder: Path) -> tuple[int, list[str]]:
    """Compare each seed file as imported with its page as crawled; return the matches and what differs."""
    matches, found = 0, []
    for seed in rfi_seeds(folder):
        url = canonical_url(seed.url)
        source = source_of(url)
        response = site.lookup(seed.url)
        assert source is not None
        assert response is not None
        imported = judged(partial(source.read_seed, seed), source)
        read_page = partial(source.read_article, response.body.decode(), url)
        crawled = judged(read_page, source)
        matches += imported == crawled
        found += [
            f"{seed.name} {name}: {imported.get(name)!r} != {crawled.get(name)!r}"
            for name in imported | crawled
            if imported.get(name) != crawled.get(name)
        ]
    return matches, found


def test_both_roads_meet_for_the_seeds_of_the_project() -> None:
    """Crawling the site gives the very article that importing the seed file gives."""
    matches, found = differences(SeedSite([SEEDS]), SEEDS)
    assert found == []
    assert matches > 0


@pytest.mark.long
@pytest.mark.shared
@pytest.mark.parametrize("folder", ["rfi-cn", "rfi-cn-later"])
def test_both_roads_meet_for_archived_seeds(shared: Path, folder: str) -> None:
    """The same over real seed files with all their damage."""
    seeds = shared / "corpus" / folder
    matches, found = differences(SeedSite([seeds]), seeds)
    print(f"{folder}: {matches} match, {len(found)} differences")
    assert found == []


@pytest.mark.long
@pytest.mark.shared
def test_every_archived_article_is_reachable_and_weighs_what_real_ones_do(shared: Path) -> None:
    """The same holds for real seed files, long and short."""
    site = SeedSite([shared / "corpus" / "rfi-cn", shared / "corpus" / "rfi-cn-later"])
    (edition,) = site.editions
    assert reachable(site, edition) == set(site.article_urls)
    weights = [len(response.body) for url in site.article_urls if (response := site.lookup(url))]
    assert 250_000 <= min(weights) <= max(weights) <= 550_000


def reachable(site: SeedSite, edition: Edition) -> set[str]:
    """Return the canonical URLs met by following the front page and its next pages."""
    url: str | None = edition.source.home_url
    met: set[str] = set()
    while url:
        response = site.lookup(url)
        assert response is not None
        listing = edition.source.read_listing(response.body.decode(), url)
        met |= {canonical_url(link.url) for link in listing.links}
        url = listing.next_url
    return met


def test_every_article_is_reachable_from_the_front_page() -> None:
    """Following the front page and its next pages meets every article of the site."""
    site = SeedSite([SEEDS])
    for edition in site.editions:
        assert reachable(site, edition) == {story.url for story in edition.stories}


def test_every_article_stands_on_the_pages_of_its_sections() -> None:
    """A section page and its next pages list the section's articles and no others."""
    site = SeedSite([SEEDS])
    (edition,) = (edition for edition in site.editions if edition.prefix == "cn")
    for section, stories in edition.sections.items():
        if not stories:
            continue
        url: str | None = canonical_url(f"{HOME}{section}/") + "/"
        met: list[str] = []
        while url:
            response = site.lookup(url)
            assert response is not None
            listing = edition.source.read_listing(response.body.decode(), url)
            assert len(listing.links) <= 15
            met += [canonical_url(link.url) for link in listing.links]
            url = listing.next_url
        assert met == [story.url for story in stories]


def test_pages_weigh_what_real_ones_do() -> None:
    """Every article page weighs between 250 and 550 kB, the same on every rendering."""
    site, again = SeedSite([SEEDS]), SeedSite([SEEDS])
    for url in site.article_urls:
        first, second = site.lookup(url), again.lookup(url)
        assert first == second
        assert first is not None
        assert 250_000 <= len(first.body) <= 550_000


@pytest.mark.parametrize(
    "url",
    [
        HARBOUR,
        "https://www.rfi.fr/cn/法国/20200801-港口测试",
        "https://www.rfi.fr/cn/法国/20200801-港口测试/?utm_source=x#top",
        "https://amp.rfi.fr/cn/法国/20200801-港口测试",
    ],
)
def test_an_article_is_found_under_any_spelling(harbour: SeedSite, url: str) -> None:
    """http, doubled slashes, escapes, tracking parameters and host variants lead to the one page."""
    response = harbour.lookup(url)
    assert response is not None
    assert (response.status, response.url) == (200, canonical_url(HARBOUR))


def test_an_article_page_is_in_the_current_template(harbour: SeedSite) -> None:
    """Title, times, lead, body and what is not the article stand where the platform puts them."""
    html = page(harbour, "/cn/法国/20200801-港口测试")
    assert '<h1 class="t-content__title a-page-title">灯塔守望者</h1>' in html
    assert '<time datetime="2020-08-01T16:30:00+00:00" pubdate="pubdate">01/08/2020 - 18:30</time>' in html
    assert '<meta property="article:published_time" content="2020-08-01T16:30:00+00:00">' in html
    assert re.search(r'<p class="t-content__chapo">\s*一座灯塔重新点亮。\s*</p>', html)
    assert "<p>第二段 &amp; 结尾</p>" in html
    assert "<divclass" not in html
    for mark in ("m-interstitial", "o-self-promo", "t-content__shares", "t-content__tags", "m-breadcrumb", "datalayer"):
        assert mark in html


def test_of_several_states_of_one_article_the_newest_is_shown(tmp_path: Path) -> None:
    """Files of one URL are states of one article; the one observed last is the page."""
    write_seed(tmp_path, "1596300992000_a.md", epoch=1_596_390_000_000, text="后来的正文")
    write_seed(tmp_path, "1596400000000_b.md", epoch=1_596_300_992_000, text="最初的正文")
    html = page(SeedSite([tmp_path]), "/cn/法国/20200801-港口测试")
    assert "后来的正文" in html
    assert "最初的正文" not in html


def test_feeds_hold_the_thirty_newest(tmp_path: Path) -> None:
    """RSS of an edition and of a section: thirty items, newest first, with what readers of feeds need."""
    for day in range(1, 32):
        write_seed(tmp_path, f"{day}.md", url=f"https://www.rfi.fr/cn/法国/202008{day:02}-测试-{day}")
        file = tmp_path / f"{day}.md"
        file.write_text(file.read_text("utf-8").replace("01/08/2020", f"{day:02}/08/2020"), "utf-8")
    site = SeedSite([tmp_path])
    for path in ("/cn/rss", "/cn/法国/rss"):
        items = ET.fromstring(page(site, path)).findall("channel/item")
        assert len(items) == 30
        assert items[0].findtext("title") == "灯塔守望者"
        assert items[0].findtext("description") == "一座灯塔重新点亮。"
        assert items[0].findtext("link") == canonical_url("https://www.rfi.fr/cn/法国/20200831-测试-31")
        assert items[0].findtext("pubDate") == "Mon, 31 Aug 2020 16:30:00 GMT"


def test_sitemaps_lead_to_every_article() -> None:
    """robots.txt names an index, the index names months, the months name all articles once."""
    site = SeedSite([SEEDS])
    name = {"map": "http://www.sitemaps.org/schemas/sitemap/0.9"}
    indexes = re.findall(r"^Sitemap: https://www\.rfi\.fr(\S+index\.xml)$", page(site, "/robots.txt"), re.MULTILINE)
    months = [loc.text for index in indexes for loc in ET.fromstring(page(site, index)).iterfind(".//map:loc", name)]
    named: Counter[str | None] = Counter()
    for month in months:
        assert month is not None
        named.update(loc.text for loc in ET.fromstring(page(site, month[18:])).iterfind(".//map:loc", name))
    assert named == Counter(site.article_urls)


def test_the_news_map_holds_the_two_newest_days(harbour: SeedSite) -> None:
    """The news map names address, time, title and language."""
    news = {"n": "http://www.google.com/schemas/sitemap-news/0.9", "m": "http://www.sitemaps.org/schemas/sitemap/0.9"}
    (entry,) = ET.fromstring(page(harbour, "/sitemaps/cn/news.xml")).findall("m:url", news)
    assert entry.findtext("m:loc", namespaces=news) == canonical_url(HARBOUR)
    assert entry.findtext(".//n:title", namespaces=news) == "灯塔守望者"
    assert entry.findtext(".//n:language", namespaces=news) == "zh-cn"
    stated = entry.findtext(".//n:publication_date", namespaces=news)
    assert stated is not None
    assert datetime.fromisoformat(stated) == datetime(2020, 8, 1, 16, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    "path",
    ["/cn/no-such", "/cn/法国/20200801-x", "/cn/法国/2/", "/cn/法国/0/", "/cn/2/", "/xx/", "/cn/x/rss",
     "/sitemaps/cn/contents_209901.xml", "/sitemaps/cn/202008", "/sitemaps/xx/index.xml", "/favicon.ico"],
)  # fmt: skip
def test_what_the_site_does_not_have_is_404(harbour: SeedSite, path: str) -> None:
    """Unknown articles, sections, pages and files are a real 404 with a page for people."""
    response = harbour.lookup(f"https://www.rfi.fr{path}")
    assert response is not None
    assert (response.status, response.header("content-type")) == (404, "text/html; charset=UTF-8")


def test_other_hosts_are_not_answered(harbour: SeedSite) -> None:
    """The archive says that it knows nothing of another site, or of what is no URL."""
    assert harbour.lookup("https://example.org/cn/") is None
    assert harbour.lookup("not a url") is None


def test_an_empty_section_of_the_source_is_still_a_page(harbour: SeedSite) -> None:
    """Section pages that a crawl starts from exist even where no seed file belongs to them."""
    (edition,) = harbour.editions
    for url in edition.source.section_urls:
        response = harbour.lookup(url)
        assert response is not None
        assert response.status == 200
        assert edition.source.read_listing(response.body.decode(), url).links


def test_changed_pages_have_changed_validators(tmp_path: Path, harbour: SeedSite) -> None:
    """ETag follows the bytes, Last-Modified the moment the newest state was seen."""
    before = harbour.lookup(HARBOUR)
    write_seed(tmp_path, "later.md", epoch=1_596_390_000_000, text="后来的正文")
    after = SeedSite([tmp_path]).lookup(HARBOUR)
    assert before is not None
    assert after is not None
    assert before.header("ETag") != after.header("ETag")
    assert before.header("Last-Modified") == "Sat, 01 Aug 2020 16:56:32 GMT"
    assert after.header("Last-Modified") == "Sun, 02 Aug 2020 17:40:00 GMT"


def test_a_folder_without_seeds_is_refused(tmp_path: Path) -> None:
    """An operator who names the wrong folder hears so at once."""
    with pytest.raises(BadInput, match="no seed files of RFI"):
        SeedSite([tmp_path])


def test_broken_files_and_other_publishers_are_named_and_passed_over(tmp_path: Path) -> None:
    """What cannot be shown does not keep the rest from being shown."""
    write_seed(tmp_path, "a.md")
    write_seed(tmp_path, "b.md", url="https://news.example.org/2020/x")
    (tmp_path / "c.md").write_text("nothing", encoding="utf-8")
    site = SeedSite([tmp_path])
    assert len(site.article_urls) == 1
    assert sorted(type(error).__name__ for error in site.refused) == ["SeedFileError", "UnknownSource"]
