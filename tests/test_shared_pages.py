"""Readers on the real pages beside the project: against gold where there is some, else against what a person read.

Nothing of the pages stands here: texts are compared by length and digest, with all blanks taken out.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import re
import unicodedata
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from crawler.archives.seeds import parse_seed
from crawler.errors import PageNotUnderstood
from crawler.sources import source_named, source_of
from crawler.sources.fmm.article import read_article_whole
from crawler.sources.fmm.editions import all_editions
from storage.identity import fingerprint

if TYPE_CHECKING:
    from crawler.items import ScrapedArticle

pytestmark = pytest.mark.shared

GOLD = (
    "france24-fr-20221227", "rfi-cn-20221110", "rfi-cn-20231114", "rfi-cn-20251130", "rfi-fr-20221231",
    "rfi-fr-20231103", "rfi-ru-20160415", "rfi-vi-20191214",
)  # fmt: skip
READ_BY_A_PERSON: dict[str, dict[str, Any]] = {
    "france24-fr-20161010": {
        "published_at": "2016-10-10T17:24:26+02:00", "modified_at": "2016-10-10T17:38:47+02:00",
        "title": (80, "f04a150abcf42b4d"), "lead": (210, "7be18c37fb353c65"), "text": (2466, "a6f41bbcadf0bfbf"),
        "section": (9, "679a55496a1f3616"), "programme": None, "agency": None, "language": "fr",
        "content_id": "WB5074451-F24-FR-20161010", "authors": 1, "tags": 5, "images": 1, "captions": 1, "credits": 1,
        "media": ["video"], "alternates": [], "paragraphs": 6,
    },
    "france24-ar-20230602": {
        "published_at": "2023-06-02T09:02:28+00:00", "modified_at": "2023-06-02T11:07:25+00:00",
        "title": (63, "2d701cb3a81021f4"), "lead": (111, "75d35fd935fd19b3"), "text": (0, "e3b0c44298fc1c14"),
        "section": (5, "f25f4853e0d11116"), "programme": None, "agency": None, "language": "ar",
        "content_id": "37160863-19F7-475E-A0E7-8B2F73584686", "authors": 1, "tags": 2, "images": 1, "captions": 0,
        "credits": 0, "media": ["video"], "alternates": [], "paragraphs": 0,
    },
    "france24-observers-article-2019": {
        "published_at": "2019-08-27T16:34:48+00:00", "modified_at": "2019-08-28T08:13:06+00:00",
        "title": (58, "37cb3a543988102f"), "lead": (0, "e3b0c44298fc1c14"), "text": (6076, "eecf8a62635517dc"),
        "section": None, "programme": None, "agency": None, "language": "en",
        "content_id": "WB732984-OBS-EN-20190827", "authors": 1, "tags": 3, "images": 4, "captions": 1, "credits": 0,
        "media": ["video"] * 6, "alternates": ["fr", "ar"], "paragraphs": 32,
    },
    "rfi-fr-20151022-old-platform": {
        "published_at": "2015-10-22T04:00:00+02:00", "modified_at": "2015-10-22T00:02:36+02:00",
        "title": (55, "7c7c88736ecab3bf"), "lead": (551, "95550d0db4b26651"), "text": (0, "e3b0c44298fc1c14"),
        "section": (8, "06964dd2fac36383"), "programme": (15, "3f45cc568916bfa0"), "agency": None, "language": "fr",
        "content_id": "8DA90D91-84BE-4BE0-953F-07A0A4A5D0E4", "authors": 1, "tags": 3, "images": 1, "captions": 1,
        "credits": 1, "media": ["audio"], "alternates": [], "paragraphs": 0,
    },
    "france24-en-article-20180423": {
        "published_at": "2018-04-23T16:45:40+02:00", "modified_at": "2018-04-23T18:27:05+02:00",
        "title": (49, "230613ebd5306658"), "lead": (214, "447b3a2b864821cf"), "text": (2767, "25045845ef935675"),
        "section": (6, "7a1ca4ef7515f727"), "programme": None, "agency": None, "language": "en",
        "content_id": "WB5904905-F24-EN-20180423", "authors": 1, "tags": 3, "images": 1, "captions": 1, "credits": 1,
        "media": [], "alternates": [], "paragraphs": 15,
    },
}  # fmt: skip
"""What a person reads on the pages without gold; texts as (length, digest)."""
CAPTURES = ("rfi-cn-20221110", "rfi-cn-20231114", "rfi-fr-20231103")
PAGES = (*GOLD, *READ_BY_A_PERSON, *(f"{name}.capture{number}" for name in CAPTURES for number in (2, 3)))
EDITIONS = {edition.name: edition for edition in all_editions()}
JSON_LD = re.compile(r"(<script[^>]*ld\+json[^>]*>)(.*?)(</script>)", re.DOTALL)


def squash(text: str | None) -> str:
    """Return a text without its blanks, in one form of each character."""
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", text or ""))


def digest(text: str | None) -> tuple[int, str] | None:
    """Return length and digest of a text; None for None."""
    squashed = squash(text)
    return None if text is None else (len(squashed), hashlib.sha256(squashed.encode()).hexdigest()[:16])


def page_of(shared: Path, name: str) -> tuple[str, str]:
    """Return a page beside the project and its URL."""
    lines = (shared / "pages" / "INDEX.tsv").read_text("utf-8").splitlines()
    urls = dict(line.split("\t")[:2] for line in lines)
    return (shared / "pages" / f"{name}.html").read_text("utf-8"), urls[f"{name}.html"]


def read(page: str, url: str) -> ScrapedArticle:
    """Read a page with the source that owns its URL."""
    source = source_of(url)
    assert source is not None
    return source.read_article(page, url)


@pytest.mark.parametrize("name", GOLD)
def test_page_equals_gold(shared: Path, name: str) -> None:
    """Title, lead, body, publication, authors and tags are those that others' published selectors find."""
    gold = json.loads((shared / "pages" / f"{name}.gold.json").read_text("utf-8"))
    article = read(*page_of(shared, name))
    assert squash(article.title) == squash(gold["title"])
    assert squash(article.lead) == squash(gold["lead"])
    assert squash("".join(article.paragraphs)) == squash("".join(gold["paras"]))
    assert article.published_at == datetime.fromisoformat(gold["date"])
    assert set(map(squash, article.authors)) == set(map(squash, gold["authors"]))
    assert set(map(squash, article.tags)) == set(map(squash, gold["tags"]))


@pytest.mark.parametrize(("name", "expected"), READ_BY_A_PERSON.items(), ids=READ_BY_A_PERSON.keys())
def test_page_without_gold_says_what_a_person_reads(shared: Path, name: str, expected: dict[str, Any]) -> None:
    """Every field of a page without gold is what a person found on it."""
    article = read(*page_of(shared, name))
    assert article.published_at is not None
    assert article.modified_at is not None
    assert {
        "published_at": article.published_at.isoformat(),
        "modified_at": article.modified_at.isoformat(),
        "title": digest(article.title),
        "lead": digest(article.lead or ""),
        "text": digest("".join(article.paragraphs)),
        "section": digest(article.section),
        "programme": digest(article.programme),
        "agency": article.agency,
        "language": article.language,
        "content_id": article.content_id,
        "authors": len(article.authors),
        "tags": len(article.tags),
        "images": len(article.images),
        "captions": sum(image.caption is not None for image in article.images),
        "credits": sum(image.credit is not None for image in article.images),
        "media": [media.type for media in article.media],
        "alternates": [language for language, _ in article.alternates],
        "paragraphs": len(article.paragraphs),
    } == expected


@pytest.mark.parametrize("name", PAGES)
def test_both_roads_read_the_same(shared: Path, name: str) -> None:
    """Cutting a real page gives the same article as parsing all of it."""
    page, url = page_of(shared, name)
    article = read(page, url)
    whole = read_article_whole(EDITIONS[article.source], page.encode(), url)
    # tags are found beside the cut by the first, in the markup by the second: two ways to the same
    assert dataclasses.replace(article, ways=()) == dataclasses.replace(whole, ways=())


@pytest.mark.parametrize("name", CAPTURES)
def test_captures_of_one_article_have_one_fingerprint(shared: Path, name: str) -> None:
    """Later captures differ in bytes and not in what a reader sees."""
    articles = [read(*page_of(shared, f"{name}{suffix}")) for suffix in ("", ".capture2", ".capture3")]
    seen = {
        fingerprint(article.title or "", "\n".join((article.lead or "", *article.paragraphs))) for article in articles
    }
    assert len(seen) == 1


def _split(script: re.Match[str]) -> str:
    said = json.loads(script[2])
    return "".join(f"{script[1]}{json.dumps(one)}{script[3]}" for one in (said if isinstance(said, list) else [said]))


def _other_keywords(script: re.Match[str]) -> str:
    said = json.loads(script[2])
    for one in said if isinstance(said, list) else [said]:
        words = one.get("keywords")
        if words:
            one["keywords"] = words.split(",") if isinstance(words, str) else ",".join(words)
    return f"{script[1]}{json.dumps(said)}{script[3]}"


MUTATIONS = {
    "removed": lambda page: JSON_LD.sub("", page),
    "broken": lambda page: JSON_LD.sub(
        lambda script: f"{script[1]}{script[2][: len(script[2]) // 2]}{script[3]}", page
    ),
    "split": lambda page: JSON_LD.sub(_split, page),
    "keywords": lambda page: JSON_LD.sub(_other_keywords, page),
}


@pytest.mark.parametrize("mutation", MUTATIONS.values(), ids=MUTATIONS.keys())
@pytest.mark.parametrize("name", PAGES)
def test_json_ld_is_not_needed(shared: Path, name: str, mutation: Any) -> None:
    """With JSON-LD removed, broken or spread over several scripts, all but its own claims is read the same."""
    page, url = page_of(shared, name)
    mutated = mutation(page)

    def believed(article: ScrapedArticle) -> ScrapedArticle:
        claims = tuple(claim for claim in article.claims if claim.origin != "json-ld")
        return dataclasses.replace(article, claims=claims)

    assert believed(read(mutated, url)) == believed(read(page, url))


def test_the_archive_says_what_it_says_in_print(shared: Path) -> None:
    """In all real seed files every time is read, no label or footer is text, every wire story has its agency."""
    source = source_named("rfi-cn")
    refused, labels, wire, without_agency, bad_images = [], [], 0, [], []
    paths = [path for folder in ("rfi-cn", "rfi-cn-later") for path in sorted((shared / "corpus" / folder).iterdir())]
    for path in paths:
        seed = parse_seed(path.read_bytes(), path.name)
        try:
            article = source.read_seed(seed)
        except PageNotUnderstood as error:
            refused.append((path.name, error.missing))
            continue
        text = "\n".join((article.lead or "", *article.paragraphs))
        labels += [
            path.name for label in ("分享 :", "获取更多RSS", "继续浏览后续", "function(", "mediaId") if label in text
        ]
        bad_images += [path.name for image in article.images if "twcards" in image.url or "Array" in image.url]
        wire += "t-copyright" in seed.fragment
        without_agency += [path.name for _ in "x" if "t-copyright" in seed.fragment and article.agency != "AFP"]
    assert len(paths) - len(refused) >= len(paths) * 0.99
    assert [missing for _, missing in refused if missing != ("text",)] == []
    assert (labels, bad_images, without_agency) == ([], [], [])
    assert wire > 0


@pytest.mark.long
def test_html_of_hostile_markup_is_safe(shared: Path) -> None:
    """The published attacks on sanitizers, put into a body, leave only tags of our list and links to the web."""
    vectors = json.loads((shared / "suites" / "xss" / "vectors.json").read_text("utf-8"))
    folder = Path(__file__).parent / "pages" / "rfi-cn" / "article-2025"
    page, url = (folder / "page.html").read_text("utf-8"), "https://www.rfi.fr/cn/20251203-x"
    allowed = re.compile(
        r"</?(?:p|h[2-6]|ul|ol|li|blockquote|pre|strong|em|u|s|sub|sup|a)>|<br>|<a href=\"https?://[^\"<>]*\">",
        re.IGNORECASE,
    )
    marker = '<div class="t-content__body u-clearfix">'
    assert marker in page
    for vector in vectors:
        html = read(page.replace(marker, f"{marker}<p>{vector['payload']}</p>", 1), url).html
        assert re.findall(r"[<>]", allowed.sub("", html)) == []
