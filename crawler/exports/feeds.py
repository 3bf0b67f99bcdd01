"""The newest articles of a source or a section as RSS 2.0, Atom or JSON Feed 1.1.

An entry's id is the article's canonical URL, which never changes; its HTML is cleaned once more on the way out.
Sources: https://www.rssboard.org/rss-specification, https://www.rfc-editor.org/rfc/rfc4287,
https://www.jsonfeed.org/version/1.1/ (read 2026-11-23).
"""

from __future__ import annotations

import re
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import IO, TYPE_CHECKING, Any

from lxml import etree

from crawler.safe_html import clean_html
from storage.exports import as_iso, json_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from storage import Article, StoredArticle

ATOM = "http://www.w3.org/2005/Atom"
CONTENT = "http://purl.org/rss/1.0/modules/content/"
XML = "http://www.w3.org/XML/1998/namespace"
DUBLIN_CORE = "http://purl.org/dc/elements/1.1/"

# What XML 1.0 cannot hold, not even as a reference.
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

# The writer wants to be told the prefix that everybody knows.
_ATOM_IS_DEFAULT: dict[str, str] = {None: ATOM, "xml": XML}  # type: ignore[dict-item]  # the stubs forget the default

_NEVER = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """What a feed says of itself."""

    title: str
    home_url: str
    language: str | None
    description: str
    feed_url: str | None = None
    """Where the feed itself can be fetched; None if nobody knows."""


def write_rss(channel: Channel, articles: Iterable[StoredArticle], stream: IO[bytes]) -> None:
    """Write RSS 2.0, the whole text in ``content:encoded``."""
    names = {"atom": ATOM, "content": CONTENT, "dc": DUBLIN_CORE}
    newest = _Newest()
    with _document(stream) as xml, xml.element("rss", version="2.0", nsmap=names), xml.element("channel"):
        _write(xml, "title", channel.title)
        _write(xml, "link", channel.home_url)
        _write(xml, "description", channel.description)
        _write(xml, "language", channel.language)
        if channel.feed_url:
            _write(xml, f"{{{ATOM}}}link", "", href=channel.feed_url, rel="self", type="application/rss+xml")
        for stored in articles:
            article = newest.of(stored.article)
            with xml.element("item"):
                _write(xml, "title", article.title)
                _write(xml, "link", article.canonical_url)
                _write(xml, "guid", article.canonical_url, isPermaLink="true")
                _write(xml, "pubDate", format_datetime(article.published_at))
                _write(xml, "description", article.lead)
                _write(xml, f"{{{CONTENT}}}encoded", clean_html(article.html))
                for author in article.authors or _agency(article):
                    _write(xml, f"{{{DUBLIN_CORE}}}creator", author)
                for category in _categories(article):
                    _write(xml, "category", category)
        _write(xml, "lastBuildDate", format_datetime(newest.at))


def write_atom(channel: Channel, articles: Iterable[StoredArticle], stream: IO[bytes]) -> None:
    """Write Atom 1.0, the lead as summary and the whole text as content."""
    newest = _Newest()
    language = {f"{{{XML}}}lang": channel.language} if channel.language else {}
    with _document(stream) as xml, xml.element(_atom("feed"), language, nsmap=_ATOM_IS_DEFAULT):
        _write(xml, _atom("id"), channel.feed_url or channel.home_url)
        _write(xml, _atom("title"), channel.title)
        _write(xml, _atom("subtitle"), channel.description)
        _write(xml, _atom("link"), "", href=channel.home_url, rel="alternate")
        if channel.feed_url:
            _write(xml, _atom("link"), "", href=channel.feed_url, rel="self")
        # an entry without an author of its own takes that of the feed, which must then have one
        _write_author(xml, channel.title)
        for stored in articles:
            article = newest.of(stored.article)
            with xml.element(_atom("entry")):
                _write(xml, _atom("id"), article.canonical_url)
                _write(xml, _atom("title"), article.title)
                _write(xml, _atom("link"), "", href=article.canonical_url, rel="alternate")
                _write(xml, _atom("published"), as_iso(article.published_at))
                _write(xml, _atom("updated"), as_iso(article.modified_at or article.published_at))
                for author in article.authors or _agency(article):
                    _write_author(xml, author)
                for category in _categories(article):
                    _write(xml, _atom("category"), "", term=category)
                _write(xml, _atom("summary"), article.lead)
                _write(xml, _atom("content"), clean_html(article.html), type="html")
        _write(xml, _atom("updated"), as_iso(newest.at))


def write_json_feed(channel: Channel, articles: Iterable[StoredArticle], stream: IO[bytes]) -> None:
    """Write JSON Feed 1.1."""
    head = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": channel.title,
        "home_page_url": channel.home_url,
        "feed_url": channel.feed_url,
        "description": channel.description,
        "language": channel.language,
    }
    line = json_line({name: value for name, value in head.items() if value is not None})
    stream.write(line.removesuffix(b"}\n") + b',"items":[')
    separator = b""
    for stored in articles:
        stream.write(separator + json_line(_as_item(stored.article)))
        separator = b","
    stream.write(b"]}\n")


def _as_item(article: Article) -> dict[str, Any]:
    item = {
        "id": article.canonical_url,
        "url": article.canonical_url,
        "title": article.title,
        "content_html": clean_html(article.html),
        "summary": article.lead,
        "image": article.images[0].url if article.images else None,
        "date_published": as_iso(article.published_at),
        "date_modified": as_iso(article.modified_at),
        "authors": [{"name": name} for name in article.authors or _agency(article)] or None,
        "tags": _categories(article) or None,
        "language": article.language,
    }
    return {name: value for name, value in item.items() if value is not None}


@dataclass(slots=True)
class _Newest:
    """The newest stated time of the articles that passed: the same articles give the same bytes, at any time."""

    at: datetime = _NEVER

    def of(self, article: Article) -> Article:
        self.at = max(self.at, article.modified_at or article.published_at)
        return article


def _agency(article: Article) -> tuple[str, ...]:
    return (article.agency,) if article.agency else ()


def _categories(article: Article) -> list[str]:
    return list(dict.fromkeys(name for name in (article.section, *article.tags) if name))


def _atom(name: str) -> str:
    return f"{{{ATOM}}}{name}"


@contextmanager
def _document(stream: IO[bytes]) -> Iterator[etree._IncrementalFileWriter]:
    """Give a writer that keeps nothing in memory; what belongs to the whole feed and is known last is written last."""
    with etree.xmlfile(stream, encoding="UTF-8") as xml:
        xml.write_declaration()
        yield xml
    stream.write(b"\n")


def _write(xml: etree._IncrementalFileWriter, name: str, text: str | None, **attributes: str) -> None:
    """Write an element on a line of its own; none for a text that is absent, or empty and without attributes."""
    if text or attributes:
        with xml.element(name, {key: _as_xml(value) for key, value in attributes.items()}):
            if text:
                xml.write(_as_xml(text))
        xml.write("\n")


def _write_author(xml: etree._IncrementalFileWriter, name: str) -> None:
    with xml.element(_atom("author")):
        _write(xml, _atom("name"), name)


def _as_xml(text: str) -> str:
    return _NOT_XML.sub("", text)
