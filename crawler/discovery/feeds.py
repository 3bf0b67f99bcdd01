"""Feeds: RSS of all versions and Atom, well-formed or not.

Read here and not by feedparser, which one hostile megabyte (a tag of 60,000 attributes) holds for minutes, and which
fetches what looks like an address; tests hold this reader against it.
"""

from __future__ import annotations

from email.utils import parsedate_to_datetime
from html import unescape
from typing import TYPE_CHECKING

from crawler.discovery.links import absolute, distinct, folded
from crawler.discovery.trees import child_text, children, name_of, tree_of
from crawler.discovery.w3c_times import W3cTime, w3c_time
from crawler.errors import PageNotUnderstood
from crawler.items import ArticleLink, Listing

if TYPE_CHECKING:
    from collections.abc import Iterator
    from zoneinfo import ZoneInfo

    from lxml.etree import _Element

_PUBLISHED = ("pubdate", "published", "issued", "date")
_EDITED = ("updated", "modified")


def read_feed(body: bytes, url: str, zone: ZoneInfo) -> Listing:
    """Read a feed: links with titles, publication times and the first category as section, in the feed's order.

    A feed without entries is one: a listing that shows nothing today.

    Args:
        body: XML, however broken.
        url: Where it was answered.
        zone: Of times that are stated without one.

    Raises:
        PageNotUnderstood: Nothing of it is XML.
    """
    tree = tree_of(body)
    if tree is None:
        raise PageNotUnderstood(url, ("links (no XML)",))
    return Listing(url=url, links=distinct(_links(tree, url, zone)))


def _links(tree: _Element, url: str, zone: ZoneInfo) -> Iterator[ArticleLink]:
    for entry in tree.iter():
        if name_of(entry) not in ("item", "entry") or (address := _address(entry, url)) is None:
            continue
        published = _time(child_text(entry, *_PUBLISHED), zone)
        edited = _time(child_text(entry, *_EDITED), zone)
        yield ArticleLink(
            url=address,
            title=_plain(child_text(entry, "title")),
            printed_at=published.at if published is not None else None,
            is_day_only=published is not None and published.is_day_only,
            section=_section(entry),
            edited_at=edited.at if edited is not None else None,
        )


def _address(entry: _Element, url: str) -> str | None:
    """Return the address of an entry: its link, Atom's first, or else an id that is an address."""
    for link in children(entry, "link"):
        if link.get("rel", "alternate") == "alternate":
            address = absolute(link.get("href") or "".join(map(str, link.itertext())), url)
            if address is not None:
                return address
    identity = child_text(entry, "guid", "id") or ""
    return absolute(identity, url) if identity.startswith(("http://", "https://")) else None


def _section(entry: _Element) -> str | None:
    """Return the first category: RSS writes it as text, Atom as an attribute."""
    for category in children(entry, "category", "subject"):
        section = folded(category.get("label") or category.get("term")) or folded(
            "".join(map(str, category.itertext()))
        )
        if section is not None:
            return section
    return None


def _plain(title: str | None) -> str | None:
    """Return a title as a reader sees it: many feeds escape twice."""
    return folded(unescape(title)) if title is not None else None


def _time(text: str | None, zone: ZoneInfo) -> W3cTime | None:
    """Return a time as feeds state it: as e-mail does, or as the W3C does."""
    if text is None or (stated := w3c_time(text, zone)) is not None:
        return stated if text is not None else None
    try:
        instant = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    aware = instant if instant.tzinfo else instant.replace(tzinfo=zone)
    return W3cTime(aware, is_day_only=":" not in text)
