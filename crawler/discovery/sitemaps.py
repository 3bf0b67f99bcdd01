"""Sitemaps: of articles, news maps, indexes of further maps, lists in plain text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crawler.discovery.links import absolute, distinct, folded
from crawler.discovery.trees import child_text, children, name_of, tree_of
from crawler.discovery.w3c_times import w3c_time
from crawler.errors import PageNotUnderstood
from crawler.items import ArticleLink, Listing, ListingLink

if TYPE_CHECKING:
    from collections.abc import Iterator
    from zoneinfo import ZoneInfo

    from lxml.etree import _Element


def read_sitemap(body: bytes, url: str, zone: ZoneInfo) -> Listing:
    """Read a sitemap, a news map, or an index of maps.

    A news map states times of publication and titles; any other map states at most when a page was edited last. Of an
    index come the maps that it names, the one edited last first.

    Args:
        body: XML, however broken.
        url: Where it was answered.
        zone: Of times that are stated without one.

    Raises:
        PageNotUnderstood: Nothing of it is XML.
    """
    root = tree_of(body)
    if root is None:
        raise PageNotUnderstood(url, ("links (no XML)",))
    if name_of(root) == "sitemapindex":
        maps = sorted(_maps(root, url, zone), key=lambda one: one.edited_at.timestamp() if one.edited_at else 0.0)
        return Listing(url=url, links=(), listings=tuple(reversed(maps)))
    return Listing(url=url, links=distinct(_links(root, url, zone)))


def read_plain_sitemap(body: bytes, url: str) -> Listing | None:
    """Read a list of addresses, one a line; None for a text that is something else."""
    lines = [line.strip() for line in body.decode("utf-8-sig", "replace").splitlines() if line.strip()]
    if not lines or not all(line.startswith(("http://", "https://")) for line in lines[:20]):
        return None
    addresses = (absolute(line, url) for line in lines)
    return Listing(url=url, links=distinct(ArticleLink(url=one) for one in addresses if one is not None))


def _links(root: _Element, url: str, zone: ZoneInfo) -> Iterator[ArticleLink]:
    for entry in root:
        if name_of(entry) != "url" or (address := absolute(child_text(entry, "loc"), url)) is None:
            continue
        news = next(children(entry, "news"), None)
        stated = w3c_time(child_text(news, "publication_date"), zone) if news is not None else None
        edited = w3c_time(child_text(entry, "lastmod"), zone)
        yield ArticleLink(
            url=address,
            title=folded(child_text(news, "title")) if news is not None else None,
            printed_at=stated.at if stated is not None else None,
            is_day_only=stated is not None and stated.is_day_only,
            edited_at=edited.at if edited is not None else None,
        )


def _maps(root: _Element, url: str, zone: ZoneInfo) -> Iterator[ListingLink]:
    for entry in root:
        # some write the address without its element
        address = absolute(child_text(entry, "loc") or entry.text, url) if name_of(entry) == "sitemap" else None
        if address is not None and address != url:
            edited = w3c_time(child_text(entry, "lastmod"), zone)
            yield ListingLink(url=address, edited_at=edited.at if edited is not None else None)
