"""The newest articles of a source or a section as RSS 2.0, Atom or JSON Feed 1.1.

An entry's id is the article's canonical URL, which never changes; its HTML is cleaned once more on the way out.
Sources: https://www.rssboard.org/rss-specification, https://www.rfc-editor.org/rfc/rfc4287,
https://www.jsonfeed.org/version/1.1/ (read 2026-11-23).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import IO, TYPE_CHECKING, Any

from lxml import etree

from crawler.safe_html import clean_html
from storage.exports import as_iso, json_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from storage import Article, StoredArticle

ATOM = "http://www.w3.org/2005/Atom"
CONTENT = "http://purl.org/rss/1.0/modules/content/"
DUBLIN_CORE = "http://purl.org/dc/elements/1.1/"

# What XML 1.0 cannot hold, not even as a reference.
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

_ATOM_IS_DEFAULT: dict[str, str] = {None: ATOM}  # type: ignore[dict-item]  # the stubs forget the default namespace

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


def write_rss(channel: Channel, articles: Sequence[StoredArticle], stream: IO[bytes]) -> None:
    """Write RSS 2.0, the whole text in ``content:encoded``."""
    names = {"atom": ATOM, "content": CONTENT, "dc": DUBLIN_CORE}
    rss = etree.Element("rss", version="2.0", nsmap=names)
    top = etree.SubElement(rss, "channel")
    _add(top, "title", channel.title)
    _add(top, "link", channel.home_url)
    _add(top, "description", channel.description)
    _add(top, "language", channel.language)
    _add(top, "lastBuildDate", format_datetime(_updated_at(articles)))
    if channel.feed_url:
        etree.SubElement(top, f"{{{ATOM}}}link", href=channel.feed_url, rel="self", type="application/rss+xml")
    for stored in articles:
        article = stored.article
        item = etree.SubElement(top, "item")
        _add(item, "title", article.title)
        _add(item, "link", article.canonical_url)
        _add(item, "guid", article.canonical_url, isPermaLink="true")
        _add(item, "pubDate", format_datetime(article.published_at))
        _add(item, "description", article.lead)
        _add(item, f"{{{CONTENT}}}encoded", clean_html(article.html))
        for author in article.authors or _agency(article):
            _add(item, f"{{{DUBLIN_CORE}}}creator", author)
        for category in _categories(article):
            _add(item, "category", category)
    _write_xml(rss, stream)


def write_atom(channel: Channel, articles: Sequence[StoredArticle], stream: IO[bytes]) -> None:
    """Write Atom 1.0, the lead as summary and the whole text as content."""
    feed = etree.Element(f"{{{ATOM}}}feed", nsmap=_ATOM_IS_DEFAULT)
    if channel.language:
        feed.set("{http://www.w3.org/XML/1998/namespace}lang", channel.language)
    _add(feed, f"{{{ATOM}}}id", channel.feed_url or channel.home_url)
    _add(feed, f"{{{ATOM}}}title", channel.title)
    _add(feed, f"{{{ATOM}}}subtitle", channel.description)
    _add(feed, f"{{{ATOM}}}updated", as_iso(_updated_at(articles)))
    etree.SubElement(feed, f"{{{ATOM}}}link", href=channel.home_url, rel="alternate")
    if channel.feed_url:
        etree.SubElement(feed, f"{{{ATOM}}}link", href=channel.feed_url, rel="self")
    # an entry without an author of its own takes that of the feed, which must then have one
    _add(etree.SubElement(feed, f"{{{ATOM}}}author"), f"{{{ATOM}}}name", channel.title)
    for stored in articles:
        article = stored.article
        entry = etree.SubElement(feed, f"{{{ATOM}}}entry")
        _add(entry, f"{{{ATOM}}}id", article.canonical_url)
        _add(entry, f"{{{ATOM}}}title", article.title)
        etree.SubElement(entry, f"{{{ATOM}}}link", href=article.canonical_url, rel="alternate")
        _add(entry, f"{{{ATOM}}}published", as_iso(article.published_at))
        _add(entry, f"{{{ATOM}}}updated", as_iso(article.modified_at or article.published_at))
        for author in article.authors or _agency(article):
            _add(etree.SubElement(entry, f"{{{ATOM}}}author"), f"{{{ATOM}}}name", author)
        for category in _categories(article):
            etree.SubElement(entry, f"{{{ATOM}}}category", term=_as_xml(category))
        _add(entry, f"{{{ATOM}}}summary", article.lead)
        _add(entry, f"{{{ATOM}}}content", clean_html(article.html), type="html")
    _write_xml(feed, stream)


def write_json_feed(channel: Channel, articles: Iterable[StoredArticle], stream: IO[bytes]) -> None:
    """Write JSON Feed 1.1."""
    feed: dict[str, Any] = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": channel.title,
        "home_page_url": channel.home_url,
        "feed_url": channel.feed_url,
        "description": channel.description,
        "language": channel.language,
        "items": [_as_item(stored.article) for stored in articles],
    }
    stream.write(json_line({name: value for name, value in feed.items() if value is not None}))


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


def _updated_at(articles: Sequence[StoredArticle]) -> datetime:
    """Return the newest stated time: the same articles give the same bytes, whenever they are exported."""
    times = (stored.article.modified_at or stored.article.published_at for stored in articles)
    return max(times, default=_NEVER)


def _agency(article: Article) -> tuple[str, ...]:
    return (article.agency,) if article.agency else ()


def _categories(article: Article) -> list[str]:
    return list(dict.fromkeys(name for name in (article.section, *article.tags) if name))


def _add(parent: etree._Element, name: str, text: str | None, **attributes: str) -> None:
    if text:
        etree.SubElement(parent, name, attributes).text = _as_xml(text)


def _as_xml(text: str) -> str:
    return _NOT_XML.sub("", text)


def _write_xml(root: etree._Element, stream: IO[bytes]) -> None:
    etree.indent(root)
    stream.write(etree.tostring(root, xml_declaration=True, encoding="UTF-8") + b"\n")
