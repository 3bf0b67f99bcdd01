"""Which channel a listing of this platform belongs to, by its address alone."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

from crawler.sources.base import Past
from crawler.sources.fmm.addresses import segments
from storage import Channel, ChannelKind

if TYPE_CHECKING:
    from crawler.sources.fmm.editions import Edition

MOST_DIGITS = 6
"""Longest number of a page; what has more is a date or an id."""


def past_of(edition: Edition) -> Past:
    """Return the ways into an edition's past: a sitemap a month and, where its months have names, a page a day."""
    prefix = urlsplit(edition.home_url).path.strip("/")
    return Past(
        month_map=f"{edition.origin}/sitemaps/{prefix}/contents_{{day:%Y%m}}.xml",
        day_page=f"{edition.home_url}archives/{{day:%Y/%m/%d}}-{{month}}-{{day:%Y}}"
        if edition.archive_months
        else None,
        first_day=edition.archive_since,
        month_names=tuple(map(quote, edition.archive_months)),
    )


def part_of(edition: Edition, url: str) -> Channel | None:
    """Return the channel that a listing is a part of; None where its address alone is the channel.

    Further pages belong to their section, monthly maps to their index, days and months of the archive to the archive.
    """
    path = [part for part in urlsplit(url).path.split("/") if part]
    if path[:1] == ["sitemaps"]:
        folder = f"{edition.origin}/{'/'.join(path[:-1])}"
        if path[-1] == "news.xml":
            return Channel(url=f"{folder}/news.xml", kind=ChannelKind.NEWS_MAP)
        return Channel(url=f"{folder}/index.xml", kind=ChannelKind.SITEMAP)
    below = list(segments(edition, url))
    if below[-1:] == ["rss"]:
        return Channel(url=f"{edition.home_url}{quote('/'.join(below))}", kind=ChannelKind.FEED)
    if below[:1] == ["archives"]:
        return Channel(url=f"{edition.home_url}archives", kind=ChannelKind.DAY_ARCHIVE)
    if below and below[-1].isdecimal() and len(below[-1]) <= MOST_DIGITS:
        below.pop()
    section = "/".join(below)
    if not section:
        return Channel(url=edition.home_url, kind=ChannelKind.FRONT_PAGE)
    kind = ChannelKind.SECTION if section in edition.sections else ChannelKind.LISTING
    return Channel(url=f"{edition.home_url}{quote(section)}/", kind=kind)
