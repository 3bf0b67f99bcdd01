"""What `newscrawl articles export` wrote, read back and judged."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import orjson
import pytest

from crawler.errors import ArticleRejected, UnknownSource
from crawler.imports.lines import read_line
from storage import Article, Image, Media, StoredArticle
from storage.exports import as_json, json_line
from storage.identity import fingerprint

if TYPE_CHECKING:
    from collections.abc import Callable

AT = datetime(2023, 8, 1, 13, tzinfo=UTC)


@pytest.fixture
def line(make_article: Callable[..., Article]) -> dict[str, Any]:
    """Return an exported article that says everything."""
    article = make_article(
        programme="要闻",
        agency="AFP",
        modified_at=AT,
        authors=("甲",),
        tags=("海洋",),
        images=(Image(url="https://s.rfi.fr/a.jpg", caption="图"),),
        media=(Media(url="https://s.rfi.fr/a.mp3", type="audio"),),
        alternates=(("fr", "https://www.rfi.fr/fr/a"),),
        content_id="WBMZ1",
    )
    stored = StoredArticle(
        article=article,
        revision=3,
        fingerprint=fingerprint(article.title, article.text),
        first_seen_at=AT,
        last_seen_at=datetime(2023, 9, 1, tzinfo=UTC),
    )
    return as_json(article, stored=stored)


def test_a_line_says_again_what_it_said(line: dict[str, Any]) -> None:
    """As bytes and as an object; nothing is added, lost or respelled."""
    for given in (json_line(line), line):
        read = read_line(given)
        assert as_json(read.stored.article, stored=read.stored) == line
        assert read.marks is None


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"title": 5}, "title: Input should be a valid string"),
        ({"title": None}, "title: Input should be a valid string"),
        ({"published_at": "2023-08-01T12:00:00"}, "published_at: Input should have timezone info"),
        ({"published_at": "yesterday"}, "published_at: "),
        ({"authors": "甲"}, "authors: "),
        ({"images": [{"caption": "x"}]}, "images.0.url: Field required"),
        ({"media": [{"url": "x", "type": "virus"}]}, "media.0.type: "),
        ({"fingerprint": "xyz"}, "fingerprint: "),
        ({"marks": {}}, "marks.is_current: Field required"),
    ],
)
def test_a_line_of_another_shape_names_the_key(line: dict[str, Any], change: dict[str, Any], complaint: str) -> None:
    """And what should stand there."""
    with pytest.raises(ValueError, match=f"^{complaint}"):
        read_line(json_line(line | change))


@pytest.mark.parametrize("raw", [b"", b"[]", b"3", b"nonsense", b'{"title": "\xff"}', b"[" * 100_000])
def test_a_line_that_is_no_object(raw: bytes) -> None:
    """Is refused with one phrase."""
    with pytest.raises(ValueError) as refused:  # noqa: PT011 -- the phrase itself is held below
        read_line(raw)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"title": " \u200b "}, "no title"),
        ({"lead": None, "paragraphs": [], "text": ""}, "no text"),
        ({"canonical_url": "nonsense"}, "no URL"),
        ({"published_at": "1970-01-01T00:00:00Z"}, "impossible date"),
        ({"published_at": "2033-01-01T00:00:00Z"}, "impossible date"),
        ({"fetched_at": None, "observed_at": None}, "no time seen"),
    ],
)
def test_an_article_that_is_none(line: dict[str, Any], change: dict[str, Any], reason: str) -> None:
    """The judge of crawled articles judges these too."""
    with pytest.raises(ArticleRejected) as refused:
        read_line(json_line(line | change))
    assert refused.value.reason == reason


def test_a_source_that_we_do_not_know(line: dict[str, Any]) -> None:
    """Is named."""
    with pytest.raises(UnknownSource):
        read_line(json_line(line | {"source": "elsewhere"}))


def test_html_from_outside_is_cleaned(line: dict[str, Any]) -> None:
    """Whoever wrote the file."""
    read = read_line(json_line(line | {"html": '<p onclick="x()">说\xa0好</p><script>alert(1)</script>'}))
    assert read.stored.article.html == "<p>说\xa0好</p>"


def test_a_text_without_paragraphs_is_taken_apart(line: dict[str, Any]) -> None:
    """As other programs write articles: the lead is not said twice."""
    read = read_line(json_line(line | {"paragraphs": []}))
    assert list(read.stored.article.paragraphs) == line["paragraphs"]


def test_a_pruned_article_has_only_its_fingerprint(line: dict[str, Any]) -> None:
    """Which is believed, because no text is there to compute it from."""
    read = read_line(json_line(line | {"paragraphs": [], "text": None, "html": None}))
    assert (read.stored.is_pruned, read.stored.fingerprint) == (True, line["fingerprint"])
    assert read.sighting().fingerprint.hex() == line["fingerprint"]


def test_a_stated_fingerprint_does_not_count_where_there_is_text(line: dict[str, Any]) -> None:
    """A file that was edited by hand says what it says."""
    read = read_line(json_line(line | {"fingerprint": "0" * 32}))
    assert read.stored.fingerprint == line["fingerprint"]


def test_an_odd_spelling_of_the_url_is_made_canonical(line: dict[str, Any]) -> None:
    """As everywhere."""
    spelling = line["canonical_url"].replace("https://www.rfi.fr/", "http://www.rfi.fr//") + "?utm_source=x"
    assert (
        read_line(json_line(line | {"canonical_url": spelling})).stored.article.canonical_url == line["canonical_url"]
    )


def test_keys_that_we_do_not_know_are_left_alone(line: dict[str, Any]) -> None:
    """A newer program may have written them."""
    assert read_line(orjson.dumps(line | {"mood": "bright"})).stored.article.title == line["title"]
