"""What a listing is, by its own first bytes: a server's word for it (``text/html`` for a feed) is often wrong."""

from __future__ import annotations

import re
import zlib
from typing import TYPE_CHECKING

from crawler.discovery.feeds import read_feed
from crawler.discovery.sitemaps import read_plain_sitemap, read_sitemap
from crawler.errors import PageNotUnderstood

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from crawler.items import Listing

# What may stand before the root: blanks, a declaration or style sheet, a comment, a document type with or without
# declarations of its own. Matched one at a time, each in linear time.
_BEFORE_ROOT = re.compile(rb"\s+|<\?.*?\?>|<!--.*?-->|<![A-Za-z][^\[>]*(?:\[.*?\]\s*)?>", re.DOTALL)
_ROOT = re.compile(rb"<(?:[\w.-]+:)?([A-Za-z]+)")
_HEAD_BYTES = 65536
_FEEDS = frozenset({b"rss", b"feed", b"rdf", b"channel"})
_SITEMAPS = frozenset({b"urlset", b"sitemapindex"})

# Source: https://www.sitemaps.org/protocol.html#index, 2026-11: a sitemap unpacks to 50 MB at most
_MOST_BYTES = 50 * 2**20


def read_made_for_machines(body: bytes, content_type: str, url: str, zone: ZoneInfo) -> Listing | None:
    """Read a feed or a sitemap; None for anything else, such as a page made for people.

    Args:
        body: Without the response's own encodings; a sitemap that is itself a gzip file is unpacked.
        content_type: The Content-Type header, empty if there was none.
        url: Where it was answered; links are completed with it.
        zone: Of times that are stated without one.

    Raises:
        PageNotUnderstood: It is a feed or a sitemap, and broken beyond reading.
    """
    if body.startswith(b"\x1f\x8b"):
        body = _unpacked(body, url)
    root = _root_of(_in_ascii(body[:_HEAD_BYTES]))
    if root in _FEEDS:
        return read_feed(body, url, zone)
    if root in _SITEMAPS:
        return read_sitemap(body, url, zone)
    if content_type.startswith("text/plain") and not root:
        return read_plain_sitemap(body, url)
    return None


def _root_of(head: bytes) -> bytes:
    """Return the name of the root element, without its prefix; empty for what is not XML."""
    start = 0
    while skipped := _BEFORE_ROOT.match(head, start):
        start = skipped.end()
    return found[1].lower() if (found := _ROOT.match(head, start)) else b""


def _in_ascii(head: bytes) -> bytes:
    """Return the first bytes as ASCII: without a byte order mark, and without the other half of UTF-16."""
    for mark in (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff"):
        head = head.removeprefix(mark)
    return head.replace(b"\0", b"")


def _unpacked(body: bytes, url: str) -> bytes:
    unpacker = zlib.decompressobj(wbits=31)
    try:
        unpacked = unpacker.decompress(body, _MOST_BYTES)
    except zlib.error:
        raise PageNotUnderstood(url, ("links (its gzip is damaged)",)) from None
    if unpacker.unconsumed_tail:
        raise PageNotUnderstood(url, ("links (it unpacks to more than 50 MB)",))
    return unpacked
