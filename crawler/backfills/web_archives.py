"""What web archives have of a site: how their indexes are asked, and how they are read. Pure.

Two archives speak here. The Wayback Machine's CDX server gives rows with a key to go on with; Common Crawl's gives the
names of its collections, of each the number of pages, and of each page lines of JSON that say in which file, and where
in it, a capture stands. An index is a listing like any other, and what it leads to is fetched from the archive in the
page's stead: `FoundUrl.capture` says where it stands.

Source: https://github.com/internetarchive/wayback/tree/master/wayback-cdx-server and
https://index.commoncrawl.org/, as stored copies describe them, read 2026-11.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import orjson

from crawler.errors import PageNotUnderstood
from crawler.items import ArticleLink, Listing, ListingLink
from storage import Channel, ChannelKind
from storage.identity import canonical_url

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from storage import Window

WAYBACK = "https://web.archive.org"
COMMON_CRAWL_INDEX = "https://index.commoncrawl.org"
COMMON_CRAWL_DATA = "https://data.commoncrawl.org"

HOSTS = frozenset(urlsplit(url).netloc for url in (WAYBACK, COMMON_CRAWL_INDEX, COMMON_CRAWL_DATA))
"""Hosts that a backfill may ask beside the source's own."""

# An article is captured soon after it was published, or much later; what a month's slice asks for ends here.
CAPTURED_WITHIN = timedelta(days=31)

# A collection of Common Crawl is gathered in two weeks; of those after the window so many months are looked into.
COLLECTED_WITHIN = timedelta(days=92)

# Rows of one page of the Wayback Machine's index.
_ROWS = 5000

_STAMP = "%Y%m%d%H%M%S"


def is_of_web_archive(url: str) -> bool:
    """Is this an address of one of the web archives?"""
    return urlsplit(url).netloc in HOSTS


def web_archive_of(url: str) -> Channel | None:
    """Return the channel that an index of a web archive belongs to; None for any other address."""
    if not is_of_web_archive(url):
        return None
    home = WAYBACK if url.startswith(WAYBACK) else COMMON_CRAWL_INDEX
    return Channel(url=f"{home}/", kind=ChannelKind.WEB_ARCHIVE)


def wayback_index(home_url: str, part: Window) -> str:
    """Return the address of the Wayback Machine's rows of a site's pages captured in a stretch, or soon after."""
    query = {
        "url": _without_scheme(home_url),
        "matchType": "prefix",
        "output": "json",
        "fl": "timestamp,original",
        "filter": "statuscode:200",
        "collapse": "urlkey",
        "from": f"{part.since:{_STAMP}}",
        "to": f"{part.until + CAPTURED_WITHIN:{_STAMP}}",
        "limit": _ROWS,
        "showResumeKey": "true",
    }
    return f"{WAYBACK}/cdx/search/cdx?{urlencode(query)}"


def common_crawl_index(home_url: str, window: Window) -> str:
    """Return the address of Common Crawl's list of collections; what is wanted of them stands behind the ``#``."""
    wanted = {
        "url": f"{_without_scheme(home_url)}*",
        "from": f"{window.since:{_STAMP}}",
        "to": f"{window.until + COLLECTED_WITHIN:{_STAMP}}",
    }
    return f"{COMMON_CRAWL_INDEX}/collinfo.json#{urlencode(wanted)}"


def read_index(body: bytes, url: str) -> Listing:
    """Read an index of a web archive: links to captures, further pages, further indexes.

    Args:
        body: JSON.
        url: As it was asked for, with what stands behind the ``#``.

    Raises:
        PageNotUnderstood: It is nothing that these archives answer.
    """
    try:
        if url.startswith(WAYBACK):
            return _wayback_rows(body, url)
        if url.partition("#")[0].endswith("/collinfo.json"):
            return _collections(body, url)
        if dict(parse_qsl(urlsplit(url).query)).get("showNumPages"):
            return _pages(body, url)
        return Listing(url=url, links=_distinct(_common_crawl_lines(body)))
    except (ValueError, KeyError, TypeError, IndexError, AttributeError):
        raise PageNotUnderstood(url, ("index of captures",)) from None


def request_of(capture: str) -> tuple[str, dict[str, str]]:
    """Return address and headers of the request for a capture: all of a page, or a range of a file.

    >>> request_of("https://data.commoncrawl.org/crawl-data/a.warc.gz#bytes=100-199")
    ('https://data.commoncrawl.org/crawl-data/a.warc.gz', {'Range': 'bytes=100-199'})
    """
    url, _, place = capture.partition("#")
    return url, ({"Range": place} if place.startswith("bytes=") else {})


def captured_at(capture: str) -> datetime | None:
    """Return when the Wayback Machine captured a page, by the address of its copy; None for any other address.

    >>> captured_at("https://web.archive.org/web/20200801123000id_/https://www.rfi.fr/cn/").isoformat()
    '2020-08-01T12:30:00+00:00'
    """
    stamp = capture.removeprefix(f"{WAYBACK}/web/").partition("/")[0].removesuffix("id_")
    return _instant(stamp) if capture.startswith(WAYBACK) and stamp.isdecimal() else None


def _wayback_rows(body: bytes, url: str) -> Listing:
    """Read rows of the form ``[[names], [values], …, [], [key]]``; nothing at all is an index without rows."""
    rows: list[list[str]] = orjson.loads(body) if body.strip() else []
    key = None
    if len(rows) > 2 and rows[-2] == []:
        key, rows = rows[-1][0], rows[:-2]
    names = rows[0] if rows else []
    if rows and "timestamp" not in names:
        raise ValueError("rows without a heading")
    found = (dict(zip(names, row, strict=True)) for row in rows[1:])
    links = _distinct(
        ArticleLink(
            url=one["original"],
            captured_at=_instant(one["timestamp"]),
            capture=f"{WAYBACK}/web/{one['timestamp']}id_/{one['original']}",
        )
        for one in found
    )
    following = None
    if key is not None:
        asked = [(name, value) for name, value in parse_qsl(urlsplit(url).query) if name != "resumeKey"]
        following = f"{url.partition('?')[0]}?{urlencode([*asked, ('resumeKey', key)])}"
    return Listing(url=url, links=links, next_url=following)


def _collections(body: bytes, url: str) -> Listing:
    """Read which collections there are; those gathered in the wanted stretch are asked how many pages they have."""
    wanted = dict(parse_qsl(url.partition("#")[2]))
    since, until = _instant(wanted["from"]), _instant(wanted["to"])
    query = urlencode({"url": wanted["url"], "output": "json", "showNumPages": "true"})
    listings = tuple(
        ListingLink(url=f"{one['cdx-api']}?{query}")
        for one in orjson.loads(body)
        if _aware(one["from"]) < until and _aware(one["to"]) >= since
    )
    return Listing(url=url, links=(), listings=listings)


def _pages(body: bytes, url: str) -> Listing:
    """Read how many pages a collection has on a site: each is a listing of captures."""
    pages = int(orjson.loads(body)["pages"])
    asked = [(name, value) for name, value in parse_qsl(urlsplit(url).query) if name != "showNumPages"]
    start = url.partition("?")[0]
    query = [*asked, ("filter", "=status:200")]
    listings = (ListingLink(url=f"{start}?{urlencode([*query, ('page', str(page))])}") for page in range(pages))
    return Listing(url=url, links=(), listings=tuple(listings))


def _common_crawl_lines(body: bytes) -> Iterator[ArticleLink]:
    for line in body.splitlines():
        one: dict[str, Any] = orjson.loads(line)
        first, length = int(one["offset"]), int(one["length"])
        yield ArticleLink(
            url=one["url"],
            captured_at=_instant(one["timestamp"]),
            capture=f"{COMMON_CRAWL_DATA}/{one['filename']}#bytes={first}-{first + length - 1}",
        )


def _distinct(links: Iterable[ArticleLink]) -> tuple[ArticleLink, ...]:
    """Return the first capture of each page; what is no address of the web is passed over."""
    met: dict[str, ArticleLink] = {}
    for link in links:
        try:
            met.setdefault(canonical_url(link.url), link)
        except ValueError:
            continue
    return tuple(met.values())


def _without_scheme(url: str) -> str:
    return url.partition("://")[2]


def _instant(stamp: str) -> datetime:
    return datetime.strptime(stamp, _STAMP).replace(tzinfo=UTC)


def _aware(text: str) -> datetime:
    instant = datetime.fromisoformat(text)
    return instant if instant.tzinfo else instant.replace(tzinfo=UTC)
