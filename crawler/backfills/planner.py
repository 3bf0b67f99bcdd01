"""From a window to slices: by every way into the past that a source has. Pure; no request is made here."""

from __future__ import annotations

import enum
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING
from urllib.parse import unquote

from crawler.backfills.web_archives import common_crawl_index, wayback_index
from storage import PlannedSlice, Window

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import date
    from zoneinfo import ZoneInfo

    from crawler.sources.base import Source

_DAY = timedelta(days=1)


class Way(enum.Enum):
    """A way into the past of a source; cheaper ones first, in which order they are gone."""

    SITEMAP = "sitemap"
    """A sitemap for each month: one request for all its articles."""
    ARCHIVE = "archive"
    """An archive page for each day."""
    SECTION = "section"
    """The pages of each section, back from today."""
    WAYBACK = "wayback"
    """What the Internet Archive has captured of the site."""
    COMMON_CRAWL = "commoncrawl"
    """What Common Crawl has."""


OWN_WAYS = (Way.SITEMAP, Way.ARCHIVE, Way.SECTION)
"""Those that the source's own site has; web archives, which are other people's, are gone only when asked for."""

# Priorities of the listings in the frontier: all after what they lead to.
_PRIORITIES = {way: 10 + place for place, way in enumerate(Way)}


def plan_slices(source: Source, window: Window, ways: Iterable[Way]) -> tuple[PlannedSlice, ...]:
    """Return the slices of a window, cheapest way first, oldest first.

    A way that the source does not have gives none.

    Args:
        source: Says in which zone its days begin, and what it has.
        window: Half-open.
        ways: Which to go.
    """
    planners = {
        Way.SITEMAP: _by_month,
        Way.ARCHIVE: _by_day,
        Way.SECTION: _by_section,
        Way.WAYBACK: _by_wayback,
        Way.COMMON_CRAWL: _by_common_crawl,
    }
    asked = set(ways)
    return tuple(one for way in Way if way in asked for one in planners[way](source, window))


def day_window(first: date, last: date, zone: ZoneInfo) -> Window:
    """Return the window of some days on the clocks of a zone, the last one included."""
    begin, end = (datetime.combine(day, time(), zone).astimezone(UTC) for day in (first, last + _DAY))
    return Window(since=begin, until=end)


def days_of(window: Window, zone: ZoneInfo) -> Iterator[date]:
    """Yield the days on the clocks of a zone that a window reaches into."""
    day = window.since.astimezone(zone).date()
    last = (window.until - timedelta(microseconds=1)).astimezone(zone).date()
    while day <= last:
        yield day
        day += _DAY


def _months_of(window: Window, zone: ZoneInfo) -> Iterator[tuple[str, list[date]]]:
    months: dict[str, list[date]] = {}
    for day in days_of(window, zone):
        months.setdefault(f"{day:%Y-%m}", []).append(day)
    yield from months.items()


def _by_month(source: Source, window: Window) -> Iterator[PlannedSlice]:
    for name, days in _months_of(window, source.zone):
        if (url := source.past.map_of(days[0])) is not None:
            yield _slice(Way.SITEMAP, name, url, day_window(days[0], days[-1], source.zone), window)


def _by_day(source: Source, window: Window) -> Iterator[PlannedSlice]:
    for day in days_of(window, source.zone):
        if (url := source.past.page_of(day)) is not None:
            yield _slice(Way.ARCHIVE, f"{day:%Y-%m-%d}", url, day_window(day, day, source.zone), window)


def _by_section(source: Source, window: Window) -> Iterator[PlannedSlice]:
    for url in source.section_urls:
        yield _slice(Way.SECTION, unquote(url.removeprefix(source.home_url)).strip("/"), url, window, window)


def _by_wayback(source: Source, window: Window) -> Iterator[PlannedSlice]:
    for name, days in _months_of(window, source.zone):
        part = day_window(days[0], days[-1], source.zone)
        yield _slice(Way.WAYBACK, name, wayback_index(source.home_url, part), part, window)


def _by_common_crawl(source: Source, window: Window) -> Iterator[PlannedSlice]:
    # its collections are named by an index of theirs, which is read once
    yield _slice(Way.COMMON_CRAWL, "all collections", common_crawl_index(source.home_url, window), window, window)


def _slice(way: Way, name: str, url: str, part: Window, window: Window) -> PlannedSlice:
    return PlannedSlice(
        channel=way.value,
        name=name,
        since=max(part.since, window.since),
        until=min(part.until, window.until),
        url=url,
        priority=_PRIORITIES[way],
    )
