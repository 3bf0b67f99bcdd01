"""Is a link of the past worth a fetch? Judged by the dates that its listing and its address state. Pure.

A time is taken at its word. The day in an address may be one off the day of publication, so a day of slack is left on
both sides of it. What was edited, or captured, at some time was published before that. What states nothing is judged by
its neighbours, for listings go from new to old.
"""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING, NamedTuple

from crawler.backfills.web_archives import is_of_web_archive
from storage import FoundUrl
from storage.identity import canonical_url

if TYPE_CHECKING:
    from collections.abc import Sequence

    from crawler.items import ArticleLink, Listing
    from crawler.sources.base import Source
    from storage import LeasedUrl, Window

_DAY = timedelta(days=1)

# On a third of real pages the stated edit is seconds before the stated publication.
_SEEN_SLACK = timedelta(minutes=5)

_EARLIEST = datetime(1995, 1, 1, tzinfo=UTC)

# Articles before the listings that come next; see `crawler.backfills.planner` for those.
ARTICLE_PRIORITY = 0


class Span(NamedTuple):
    """Between which instants an article was published, the last not included, as far as a link says it."""

    first: datetime
    last: datetime


def span_of(link: ArticleLink, source: Source) -> Span | None:
    """Return when an article can have been published by what is stated of it; None if nothing is."""
    if link.printed_at is not None:
        return Span(link.printed_at, link.printed_at + (_DAY if link.is_day_only else timedelta.resolution))
    day = source.day_of(canonical_url(link.url))
    seen_at = min((at for at in (link.edited_at, link.captured_at) if at is not None), default=None)
    if day is None:
        return Span(_EARLIEST, seen_at + _SEEN_SLACK) if seen_at is not None else None
    midnight = datetime.combine(day, time(), source.zone)
    last = midnight + 2 * _DAY
    return Span(midnight - _DAY, last if seen_at is None else min(last, seen_at + _SEEN_SLACK))


def found_in_past(listing: Listing, source: Source, lease: LeasedUrl, window: Window) -> tuple[FoundUrl, ...]:
    """Return what a listing leads to within a window: articles, and the next page while that may reach into it."""
    links = [link for link in listing.links if source.is_article(canonical_url(link.url))]
    spans = [span_of(link, source) for link in links]
    stated = [span for span in spans if span is not None]
    around = Span(min(span.first for span in stated), max(span.last for span in stated)) if stated else None
    found = [
        FoundUrl(
            url=link.url,
            is_listing=False,
            priority=ARTICLE_PRIORITY,
            slice=lease.slice,
            capture=link.capture,
        )
        for link, span in zip(links, spans, strict=True)
        if _meets(span or around, window)
    ]
    if is_of_web_archive(lease.url):
        further = [*(one.url for one in listing.listings), *([listing.next_url] if listing.next_url else [])]
        found += (_next_page(url, lease) for url in further if is_of_web_archive(url))
    elif listing.next_url and _reaches_back(stated, window) and _is_of(source, listing.next_url):
        found.append(_next_page(listing.next_url, lease))
    return tuple(found)


def _meets(span: Span | None, window: Window) -> bool:
    return span is None or (span.first < window.until and span.last > window.since)


def _reaches_back(stated: Sequence[Span], window: Window) -> bool:
    """May a later page of a listing hold something of the window? Not when most of this one is older."""
    older = sum(span.last <= window.since for span in stated)
    return 2 * older <= len(stated)


def _next_page(url: str, lease: LeasedUrl) -> FoundUrl:
    # behind the articles of the page before, and before the slices that wait
    return FoundUrl(url=url, is_listing=True, page=lease.page + 1, priority=ARTICLE_PRIORITY + 1, slice=lease.slice)


def _is_of(source: Source, url: str) -> bool:
    try:
        return source.owns(canonical_url(url))
    except ValueError:
        return False
