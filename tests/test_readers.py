"""Readers of the shared platform, on pages and fragments of our own invention: one case a folder, one test a field."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest

from crawler.errors import PageNotUnderstood, UnknownSource
from crawler.items import ScrapedArticle, SeedFile
from crawler.sources import SOURCES, source_named, source_of
from crawler.sources.fmm.article import read_article_whole
from crawler.sources.fmm.editions import all_editions
from storage.identity import canonical_url

PAGES = Path(__file__).parent / "pages"
FIELDS = tuple(field.name for field in dataclasses.fields(ScrapedArticle))
EDITIONS = {edition.name: edition for edition in all_editions()}


@dataclass(frozen=True)
class Case:
    """One folder of tests/pages: a page, the request that brought it, what a reader is to make of it."""

    folder: Path

    @property
    def source(self) -> str:
        """Name of the source that reads it."""
        return self.folder.parent.name

    @cached_property
    def page(self) -> str:
        """The page."""
        return (self.folder / "page.html").read_text("utf-8")

    @cached_property
    def url(self) -> str:
        """Where the page was answered."""
        request = json.loads((self.folder / "request.json").read_text("utf-8"))
        return str(request["url"])

    @cached_property
    def expected(self) -> dict[str, Any]:
        """What expected.json says."""
        expected: dict[str, Any] = json.loads((self.folder / "expected.json").read_text("utf-8"))
        return expected

    @cached_property
    def article(self) -> ScrapedArticle:
        """What the reader makes of the page today."""
        return source_named(self.source).read_article(self.page, self.url)


CASES = [Case(path.parent) for path in sorted(PAGES.glob("*/*/page.html"))]
each_case = pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.source}/{case.folder.name}")


def plain(article: ScrapedArticle) -> dict[str, Any]:
    """Return an article as what JSON can hold."""

    def spelled(value: object) -> str:
        assert isinstance(value, datetime)
        return value.isoformat()

    said: dict[str, Any] = json.loads(json.dumps(dataclasses.asdict(article), default=spelled))
    return said


@pytest.fixture(scope="session", autouse=True)
def _rewritten(request: pytest.FixtureRequest) -> None:
    if request.config.getoption("--rewrite-expected"):
        for case in CASES:
            text = json.dumps(plain(case.article), ensure_ascii=False, indent=1)
            (case.folder / "expected.json").write_text(text + "\n", "utf-8")


@pytest.mark.parametrize("field", FIELDS)
@each_case
def test_field_is_read_as_expected(case: Case, field: str) -> None:
    """Each field of each page is what its expected.json says."""
    assert plain(case.article)[field] == case.expected[field]


@each_case
def test_both_roads_read_the_same(case: Case) -> None:
    """Cutting a page by its marks gives the same article as parsing all of it."""
    assert case.article == read_article_whole(EDITIONS[case.source], case.page.encode(), case.url)


@each_case
@pytest.mark.parametrize("content_type", ["text/html; charset=utf-8", "text/html; charset=gb18030"])
def test_a_page_is_read_from_its_bytes_as_from_its_text(case: Case, content_type: str) -> None:
    """Decoding no more than is read changes nothing, nor do bytes that do not fit; other charsets are decoded first."""
    source, charset = source_named(case.source), content_type.partition("=")[2]
    whole = case.page.replace("<p>", "<p>\U0001f4fb ").encode(charset)
    for body in (whole, whole.replace("\U0001f4fb".encode(charset), b"\xff\xff")):
        expected = source.read_article(body.decode(charset, "replace"), case.url)
        assert source.read_page(body, content_type, case.url) == expected


@each_case
def test_damage_is_read_as_where_the_page_is_decoded_whole(case: Case) -> None:
    """Halves of a character on both sides of what is cut away stay halves, in titles, metas and scripts, too."""
    source, edition = source_named(case.source), EDITIONS[case.source]
    halves = b"\xe4\xb8<svg></svg>\xad"
    damaged = case.page.encode().replace(b"<p>", b"<p>" + halves).replace("的".encode(), b"\x9a\x84")
    decoded = damaged.decode("utf-8", "replace")
    article = source.read_page(damaged, "text/html; charset=utf-8", case.url)
    assert article == source.read_article(decoded, case.url)
    assert dataclasses.replace(article, ways=()) == dataclasses.replace(
        read_article_whole(edition, decoded.encode(), case.url), ways=()
    )


def test_a_source_without_a_reader_of_bytes_is_given_decoded_pages() -> None:
    """That is what users' own sources are."""
    case = CASES[0]
    source = dataclasses.replace(source_named(case.source), read_utf8=None)
    assert source.read_page(case.page.encode(), "text/html; charset=utf-8", case.url) == case.article


@each_case
def test_the_source_knows_its_own_pages(case: Case) -> None:
    """The owner of a page's URL is the source that reads it, and calls the URL an article."""
    source = source_of(case.url)
    assert source is source_named(case.source)
    assert source.is_article(canonical_url(case.url))


MARKS = {
    "title": ("<h1", "t-content__title", "a-page-title", "og:title"),
    "text": ("t-content__body",),
    "published_at": ("m-pub-dates", "article:published_time"),
}


@pytest.mark.parametrize(("field", "marks"), MARKS.items(), ids=MARKS.keys())
def test_what_is_not_understood_names_what_is_missing(field: str, marks: tuple[str, ...]) -> None:
    """A page whose marks are gone is refused with the name of what was not found, never read in part."""
    case = next(case for case in CASES if case.folder.name == "wire-afp")
    page = case.page.replace("application/ld+json", "lost").replace("datalayer", "lost")
    for mark in marks:
        page = page.replace(mark, "<i" if mark == "<h1" else "lost")
    with pytest.raises(PageNotUnderstood) as refusal:
        source_named("rfi-cn").read_article(page, case.url)
    assert (refusal.value.url, refusal.value.missing) == (case.url, (field,))


def test_an_empty_page_is_not_understood() -> None:
    """Nothing at all is refused with everything missing."""
    with pytest.raises(PageNotUnderstood) as refusal:
        source_named("rfi-cn").read_article("", "https://www.rfi.fr/cn/20240101-a")
    assert refusal.value.missing == ("title", "text", "published_at")


HOSTILE = {
    "deep": "<div>" * 50_000,
    "wide": "<p " + " ".join(f"a{n}=1" for n in range(50_000)) + ">x</p>",
    "links": '<a href="x">' * 20_000,
    "scripts": '<script type="application/ld+json">' * 10_000,
    "nested": '<script type="application/ld+json">' + "[" * 50_000 + "</script>",
    "nothing": "\0" * 1000 + "\ud800",
}


@pytest.mark.parametrize("middle", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_hostile_page_is_read_in_no_time(middle: str) -> None:
    """Hundreds of thousands of elements or attributes neither hold the reader nor hide what stands before them."""
    case = next(case for case in CASES if case.folder.name == "wire-afp")
    page = case.page.replace('<p class="t-copyright">', middle + '<p class="t-copyright">')
    began = datetime.now(UTC)
    article = source_named("rfi-cn").read_article(page, case.url)
    assert (datetime.now(UTC) - began).total_seconds() < 5
    assert article.paragraphs[:2] == case.article.paragraphs


UNSAFE = (
    "<img src=x onerror=alert(1)>",
    "<script>alert(1)</script>",
    "<svg><p><style><!--</style><img src=1 onerror=alert(1)>--></svg>",
    '<a href="java\tscript:alert(1)" onclick=alert(1)>click</a>',
    '<a href="&#106;avascript:alert(1)">click</a>',
    "<math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>",
    "<iframe srcdoc='&lt;script>alert(1)&lt;/script>'></iframe>",
    '<noscript><p title="</noscript><img src=x onerror=alert(1)>">',
    '<p style="background:url(javascript:alert(1))" id=x>styled</p>',
    "<a href='https://example.org/\"><script>alert(1)</script>'>quoted</a>",
)


@pytest.mark.parametrize("unsafe", UNSAFE)
def test_html_is_safe_to_show(unsafe: str) -> None:
    """Whatever a body holds, its HTML has only tags of the list, and links to the web."""
    case = next(case for case in CASES if case.folder.name == "wire-afp")
    page = case.page.replace('<p class="t-copyright">', f"<p>before {unsafe} after</p>" + '<p class="t-copyright">')
    html = source_named("rfi-cn").read_article(page, case.url).html
    assert "before" in html
    lowered = html.lower().replace('href="https://example.org/&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;"', "")
    assert [
        bad for bad in ("<script", "<img", "<svg", "<style", "onerror", "onclick", "java", "style=") if bad in lowered
    ] == []


def seed_of(fragment: str, *, title: str = "港口重开", url: str = "") -> SeedFile:
    """Return a seed file of a fragment, with a header of our invention."""
    return SeedFile(
        name="1_a.md",
        url=url or "http://www.rfi.fr//cn/%E6%B3%95%E5%9B%BD/20230801-%E6%B8%AF%E5%8F%A3%E9%87%8D%E5%BC%80",
        title=title,
        observed_at=datetime(2023, 8, 1, 14, tzinfo=UTC),
        fragment=fragment,
        front_matter={},
        raw=b"",
    )


TIME = "<div>01/08/2023 - 14:00</div>"
PICTURE = '<img src="https://s.rfi.fr/media/display/aa/w:1280/p:16x9/port.jpg">'
LEAD = "<p><strong>风暴过后，港口重开。   </strong></p>"
PROMO = "<div data-selfpromo-newsletter></div><div data-selfpromo-app></div>"
SHARE = '<div><div>分享 :</div><div><a href="https://www.facebook.com/dialog/share?x"></a><share-button></share-button></div></div>'
FOOTER = '<br><hr><div>获取更多RSS：<br><a href="https://feeds.example">https://feeds.example</a></div>'
BODY = "<p>首船载着四百箱橙子。</p><p>码头工人在等。</p>"
SPANS = BODY.replace("<p>", "<p><span><span>").replace("</p>", "</span></span></p>")
INTERSTITIAL = (
    '<div class="m-interstitial"><div><divclass="m-block-ad"data-tms-ad-type="box"><span>广告</span>'
    "</div></div>"
    '<button class="m-interstitial__unlock-btn"><span>继续浏览后续</span></button></div>'
)
VARIANTS = {
    "A": f'<div>\n{TIME}{PICTURE}{LEAD}<div class="t-content__body u-clearfix">{INTERSTITIAL}{BODY}</div>\n</div>\n',
    "B": f'{TIME}{PICTURE}{LEAD}<div class="t-content__body u-clearfix"><div class="m-interstitial"></div>{BODY}</div>',
    "C": f'{TIME}{PICTURE}{LEAD}<div class="t-content__body u-clearfix" >{BODY}{PROMO}</div>',
    "D": f"<div >01/08/2023 - 14:00</div>{PICTURE}{LEAD}<div >{BODY}{PROMO}</div>",
    "E": f"{TIME}{PICTURE}{LEAD}<div>{SPANS}</div>",
    "F": f"{TIME}{PICTURE}{LEAD}<div>{BODY}{PROMO}</div>{SHARE}{FOOTER}",
    "G": f'{TIME}{PICTURE}{LEAD}<div>{BODY}<p> </p><divdata-hidden-video-player="X"><video-playermedia-id="X"source='
    f'"https://www.youtube.com/embed/CCCCCCCCCCC"@ready="f"></video-player></div>{PROMO}</div>{SHARE}{FOOTER}',
}


@pytest.mark.parametrize("fragment", VARIANTS.values(), ids=VARIANTS.keys())
def test_every_variant_of_seed_file_says_the_same(fragment: str) -> None:
    """One story archived in any year's form has the same lead, text, time and picture."""
    article = source_named("rfi-cn").read_seed(seed_of(fragment))
    assert article.lead == "风暴过后，港口重开。"
    assert article.paragraphs == ("首船载着四百箱橙子。", "码头工人在等。")
    assert article.published_at == datetime(2023, 8, 1, 12, tzinfo=UTC)
    assert [image.url for image in article.images] == ["https://s.rfi.fr/media/display/aa/port.jpg"]
    assert article.section == "法国"


def test_a_wire_story_names_its_agency() -> None:
    """The copyright line marks the agency and is no text, with its class or after collectors dropped it."""
    for line in ('<p class="t-copyright">© 2020 AFP</p>', "<p>© 2022 AFP</p>"):
        article = source_named("rfi-cn").read_seed(seed_of(f"{TIME}<div>{BODY}{line}</div>{FOOTER}"))
        assert (article.agency, article.lead, len(article.paragraphs)) == ("AFP", None, 2)


def test_authors_below_the_body_are_authors() -> None:
    """The block of authors that later files kept gives authors, not text."""
    block = '<div><div><span>作者：</span><a href="/cn/%E4%BD%9C%E8%80%85/%E6%9E%97/" title="林">林小舟</a></div></div>'
    article = source_named("rfi-cn").read_seed(seed_of(f"{TIME}{LEAD}<div>{BODY}</div>{block}{FOOTER}"))
    assert (article.authors, article.paragraphs[-1]) == (("林小舟",), "码头工人在等。")


@pytest.mark.parametrize(
    "stated", ["https://static.rfi.fr/meta_og_twcards/RFI_FB.png", "Array", "data:image/gif;base64,R0"]
)
def test_what_is_no_picture_is_left_out(stated: str) -> None:
    """The site's default picture, the word Array and placeholders are no pictures of an article."""
    article = source_named("rfi-cn").read_seed(seed_of(f'{TIME}<img src="{stated}">{LEAD}<div>{BODY}</div>'))
    assert article.images == ()


@pytest.mark.parametrize(
    ("title", "path", "expected"),
    [
        ("港口重开 – 法国国际广播电台 - RFI", "法国", ("港口重开", None)),
        ("港口重开 - 要闻解说", "政治", ("港口重开", "要闻解说")),
        ("港口 - 重开 - 要闻解说", "专栏检索/要闻解说", ("港口 - 重开", "要闻解说")),
        ("港口重开", "专栏检索/要闻解说", ("港口重开", "要闻解说")),
        ("港口重开 - 新栏目", "专栏检索/新栏目", ("港口重开", "新栏目")),
        ("十月一日 - 第二次播音 北京时间 19:00-20:00", "首页", ("十月一日", "第二次播音 北京时间 19:00-20:00")),
        ("巴黎 - 北京", "法国", ("巴黎 - 北京", None)),
        ("要闻解说", "法国", ("要闻解说", None)),
    ],
)
def test_titles_are_cut_only_where_a_name_is_known(title: str, path: str, expected: tuple[str, str | None]) -> None:
    """Site and programme leave the title for their own fields; a dash of the title's own stays."""
    seed = seed_of(f"{TIME}{LEAD}<div>{BODY}</div>", title=title, url=f"https://www.rfi.fr/cn/{path}/20230801-x")
    article = source_named("rfi-cn").read_seed(seed)
    assert (article.title, article.programme) == expected


@pytest.mark.parametrize(
    ("fragment", "missing"),
    [("", ("text", "published_at")), (LEAD, ("published_at",)), (f"{TIME}<p><strong> </strong></p>", ("text",))],
)
def test_a_seed_file_that_says_too_little_is_refused(fragment: str, missing: tuple[str, ...]) -> None:
    """Without a printed time or any text, the refusal names what is missing."""
    with pytest.raises(PageNotUnderstood) as refusal:
        source_named("rfi-cn").read_seed(seed_of(fragment))
    assert refusal.value.missing == missing


def test_every_claim_says_where_it_stood() -> None:
    """A seed file's times and titles are kept with their origins, the epoch as observation."""
    article = source_named("rfi-cn").read_seed(seed_of(f"{TIME}{LEAD}<div>{BODY}</div>"))
    assert [(claim.field, claim.origin, claim.value) for claim in article.claims] == [
        ("published_at", "printed", "2023-08-01T14:00:00+02:00"),
        ("published_at", "url", "2023-08-01"),
        ("observed_at", "seed-epoch", "2023-08-01T14:00:00+00:00"),
        ("title", "seed-header", "港口重开"),
    ]


def test_there_is_a_source_for_every_edition() -> None:
    """The sixteen editions of www.rfi.fr come first, each by its name, with sections to start from."""
    prefixes = ["fr", "en", "es", "pt", "br", "ha", "sw", "ma", "ff", "ru", "uk", "vi", "cn", "tw", "km", "fa"]
    assert [source.name for source in SOURCES[:16]] == [f"rfi-{prefix}" for prefix in prefixes]
    assert [source.home_url for source in SOURCES[:16]] == [f"https://www.rfi.fr/{prefix}/" for prefix in prefixes]
    assert all(source.section_urls for source in SOURCES[:16])
    assert all(source.owns(canonical_url(url)) for source in SOURCES for url in (source.home_url, *source.section_urls))


def test_an_unknown_source_lists_the_known_ones() -> None:
    """Asking for a name that nobody has says which names there are."""
    with pytest.raises(UnknownSource, match="rfi-xx") as refusal:
        source_named("rfi-xx")
    assert refusal.value.name == "rfi-xx"


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("http://www.rfi.fr//cn/contenu/20200720-a", "rfi-cn"),
        ("http://trad.cn.rfi.fr/20180101-a", "rfi-tw"),
        ("http://www.rfi.fr/emission/20151022-a", "rfi-fr"),
        ("https://www.rfi.fr/ro/20151022-a", None),
        ("https://observers.france24.com/en/20190826-a", "observers-en"),
        ("https://www.mc-doualiya.com/20230101-a", "mc-doualiya"),
        ("https://example.org/cn/20230101-a", None),
        ("https://[", None),
        ("", None),
    ],
)
def test_an_address_has_one_owner_or_none(url: str, name: str | None) -> None:
    """Every spelling of an address leads to the source that files it; foreign and broken ones to none."""
    source = source_of(url)
    assert (source.name if source else None) == name


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("中国/20231114-题", True),
        ("contenu/20200720-题", True),
        ("专栏检索/要闻解说/20230101-题", True),
        ("港股收涨", True),
        ("日股收涨-1", True),
        ("中国", False),
        ("法新社经济", False),
        ("直播", False),
        ("专栏检索/要闻解说", False),
        ("关键词/日本", False),
        ("作者/左依", False),
        ("档案资料库/2024", False),
        ("中国/2", False),
        ("rss", False),
        ("", False),
        ("中国/20231399-题", False),
    ],
)
def test_articles_are_told_from_other_pages(path: str, expected: bool) -> None:
    """Dated slugs are articles, and so are the undated wire stories; sections, tags, authors and archives are not."""
    assert source_named("rfi-cn").is_article(canonical_url(f"https://www.rfi.fr/cn/{path}")) is expected


def test_undated_pages_are_articles_only_where_the_wire_has_no_dates() -> None:
    """The same lone segment is an article in Chinese and no article in French."""
    assert not source_named("rfi-fr").is_article(canonical_url("https://www.rfi.fr/fr/мир-и-море"))
