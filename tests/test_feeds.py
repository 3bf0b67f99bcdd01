"""Feeds: valid, escaped, with ids that stay."""

from __future__ import annotations

import io
import json
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import feedparser
import pytest
from lxml import etree

from crawler.exports import Channel, write_atom, write_json_feed, write_rss
from storage import Article, Image, StoredArticle

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

AT = datetime(2023, 8, 1, 13, tzinfo=UTC)
CHANNEL = Channel(
    title="灯塔 & 海",
    home_url="https://www.rfi.fr/cn/",
    language="zh-Hans",
    description="最新",
    feed_url="https://example.org/feed",
)
HOSTILE = "]]><script>alert(1)</script>&amp; <b>\x0b\ufffe"


def stored(article: Article) -> StoredArticle:
    """Return an article as the store would."""
    return StoredArticle(article=article, revision=1, fingerprint="0" * 32, first_seen_at=AT, last_seen_at=AT)


def feed(write: Callable[..., None], *articles: Article, channel: Channel = CHANNEL) -> bytes:
    """Return a feed of some articles."""
    stream = io.BytesIO()
    write(channel, [stored(article) for article in articles], stream)
    return stream.getvalue()


@pytest.fixture
def articles(make_article: Callable[..., Article]) -> tuple[Article, ...]:
    """Return an article that says everything, and one that says little."""
    return (
        make_article(
            authors=("甲", "乙"),
            tags=("海洋", "中国"),
            modified_at=AT,
            images=(Image(url="https://s.rfi.fr/a.jpg"),),
            title="灯塔 <重新> 点亮 & 更亮",
        ),
        make_article(canonical_url="https://www.rfi.fr/cn/b", title="少", lead=None, section=None, language=None),
    )


@pytest.mark.parametrize(("write", "version"), [(write_rss, "rss20"), (write_atom, "atom10")])
def test_a_feed_reader_understands_it(
    *, articles: tuple[Article, ...], write: Callable[..., None], version: str
) -> None:
    """Without complaint: version, channel, and of each entry id, link, times, words and text."""
    parsed: Any = feedparser.parse(feed(write, *articles))
    full, little = parsed.entries
    assert (parsed.bozo, parsed.version, parsed.feed.title, parsed.feed.link) == (
        False,
        version,
        "灯塔 & 海",
        CHANNEL.home_url,
    )
    assert (full.id, full.link) == (articles[0].canonical_url, articles[0].canonical_url)
    assert full.title == articles[0].title
    assert full.published_parsed[:5] == (2023, 8, 1, 12, 0)
    assert full.content[0].value == articles[0].html
    assert [tag.term for tag in full.tags] == ["中国", "海洋"]
    assert full.summary == articles[0].lead
    assert little.title == "少"


def test_atom_says_when_an_entry_was_updated(articles: tuple[Article, ...]) -> None:
    """The last stated edit, else the publication; the feed's own time is the newest of them."""
    parsed: Any = feedparser.parse(feed(write_atom, *articles))
    assert [entry.updated for entry in parsed.entries] == ["2023-08-01T13:00:00Z", "2023-08-01T12:00:00Z"]
    assert parsed.feed.updated == "2023-08-01T13:00:00Z"


def test_json_feed(articles: tuple[Article, ...]) -> None:
    """Version 1.1, with what it asks for; what an article does not say is left out."""
    shown = json.loads(feed(write_json_feed, *articles))
    assert shown["version"] == "https://jsonfeed.org/version/1.1"
    assert shown["items"][0] == {
        "id": articles[0].canonical_url,
        "url": articles[0].canonical_url,
        "title": articles[0].title,
        "content_html": articles[0].html,
        "summary": articles[0].lead,
        "image": "https://s.rfi.fr/a.jpg",
        "date_published": "2023-08-01T12:00:00Z",
        "date_modified": "2023-08-01T13:00:00Z",
        "authors": [{"name": "甲"}, {"name": "乙"}],
        "tags": ["中国", "海洋"],
        "language": "zh-Hans",
    }
    assert shown["items"][1].keys() == {"id", "url", "title", "content_html", "date_published"}


@pytest.mark.parametrize("write", [write_rss, write_atom, write_json_feed])
def test_the_same_articles_give_the_same_bytes(articles: tuple[Article, ...], write: Callable[..., None]) -> None:
    """No clock stands in a feed, so that a server may say that nothing has changed."""
    assert feed(write, *articles) == feed(write, *articles)


@pytest.mark.parametrize("write", [write_rss, write_atom, write_json_feed])
def test_markup_in_words_stays_words(make_article: Callable[..., Article], write: Callable[..., None]) -> None:
    """Titles and names are text; what XML cannot hold is left out; HTML is cleaned on the way out."""
    article = make_article(title=HOSTILE, lead=HOSTILE, authors=(HOSTILE,), tags=(HOSTILE,), html=f"<p>说</p>{HOSTILE}")
    raw = feed(write, article)
    if write is write_json_feed:
        html = json.loads(raw)["items"][0]["content_html"]
    else:
        etree.fromstring(raw)
        parsed: Any = feedparser.parse(raw, sanitize_html=False)
        html = parsed.entries[0].content[0].value
        assert parsed.entries[0].tags[-1].term == HOSTILE.removesuffix("\x0b\ufffe")
    assert "<script" not in html
    assert html.startswith("<p>说</p>")


@pytest.mark.parametrize("write", [write_rss, write_atom])
def test_a_feed_without_articles_is_a_feed(write: Callable[..., None]) -> None:
    """A section may be empty."""
    parsed: Any = feedparser.parse(
        feed(write, channel=Channel(title="空", home_url="https://x.org/", language=None, description="空"))
    )
    assert (parsed.bozo, parsed.entries, parsed.feed.title) == (False, [], "空")


@pytest.mark.shared
def test_payloads_of_others_do_not_run(shared: Path, make_article: Callable[..., Article]) -> None:
    """Of thousands of payloads for stored HTML none leaves a script, a handler or a foreign scheme in a feed."""
    vectors = json.loads((shared / "suites" / "xss" / "vectors.json").read_text("utf-8"))
    payloads = [str(vector["payload"] if isinstance(vector, dict) else vector) for vector in vectors]
    html = [
        item["content_html"]
        for item in json.loads(feed(write_json_feed, *(make_article(html=one) for one in payloads)))["items"]
    ]
    assert len(html) == len(payloads) > 1000
    assert [one for one in html if dangers(one)] == []


def dangers(html: str) -> list[str]:
    """Return what in a piece of HTML could run or load something else, by another parser than the cleaner's."""
    found = []
    for element in etree.fromstring(f"<div>{html}</div>", etree.HTMLParser()).iter(etree.Element):
        if element.tag in (
            "script",
            "iframe",
            "object",
            "embed",
            "form",
            "svg",
            "math",
            "style",
            "link",
            "base",
            "meta",
        ):
            found.append(element.tag)
        for name, value in element.attrib.items():
            # as browsers read an address; with any other blank in it, it is a relative one
            address = re.sub("[\t\r\n]", "", value).strip("".join(map(chr, range(0x21))))
            scheme = address.lower().partition(":")[0]
            leads = name.endswith(("href", "src", "cite", "action", "srcset", "data", "poster", "background", "style"))
            if name.startswith("on") or (leads and scheme in ("javascript", "vbscript", "data")):
                found.append(f"{name}={value}")
    return found
