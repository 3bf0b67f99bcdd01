"""settlement_of: what a fetch came to becomes what the store writes of it."""

from __future__ import annotations

from datetime import UTC, datetime, time
from hashlib import blake2b
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from crawler.backfills.judging import found_in_past
from crawler.backfills.web_archives import web_archive_of
from crawler.items import Listing
from storage import Article, DateOrigin, FoundUrl, FrontierState, KeptPage, Settlement, ShownArticle
from storage.identity import canonical_url, fingerprint

if TYPE_CHECKING:
    from crawler.items import ArticleLink, Fetched
    from crawler.sources.base import Source
    from storage import Channel, LeasedUrl, Window

# Articles before further listing pages: what was found is fetched before more is looked for.
ARTICLE_PRIORITY = 0
LISTING_PRIORITY = 10


def settlement_of(fetched: Fetched, source: Source, *, pages: int, window: Window | None = None) -> Settlement:
    """Return how a lease is settled.

    Args:
        fetched: Judged: no scraped article any more.
        source: Says which links are articles, and when an article is to be visited again.
        pages: Listing pages to follow from each start.
        window: What a backfill collects; None for any other run.
    """
    said, lease = fetched.said, fetched.lease
    article = said if isinstance(said, Article) else None
    found: tuple[FoundUrl, ...] = ()
    if isinstance(said, Listing):
        if window is not None:
            found = found_in_past(said, source, lease, window)
        else:
            found = found_on(said, source, page=lease.page, pages=pages)
    if fetched.is_unmodified and lease.kept is not None and lease.kept.links is not None:
        found = lease.kept.links
    has_failed = fetched.state in (FrontierState.WAITING, FrontierState.FAILED, FrontierState.HELD)
    return Settlement(
        lease=lease,
        state=fetched.state,
        reason=fetched.reason,
        due_at=_due_at(fetched, article, source),
        attempts=lease.attempts + fetched.was_tried if has_failed else 0,
        article=article,
        found=found,
        channel=_channel_of(lease, source) if lease.is_listing and fetched.was_tried else None,
        shown=shown_on(said, source) if isinstance(said, Listing) else (),
        claimed_total=said.claimed_total if isinstance(said, Listing) else None,
        # a backfill reads its listings whole: what it found on them is cut to its window
        page=_page_of(fetched, found) if window is None or not lease.is_listing else None,
        is_unmodified=fetched.is_unmodified,
        held=fetched.held,
        settled_at=fetched.fetched_at,
    )


def _channel_of(lease: LeasedUrl, source: Source) -> Channel:
    return web_archive_of(lease.url) or source.channel_of(lease.url)


def _due_at(fetched: Fetched, article: Article | None, source: Source) -> datetime | None:
    """Return when to fetch a URL again: one that waits, or an article on the rhythm that its source states.

    What was an article stays one if its revisit brought nothing new (304) or failed; one that is gone is not revisited.
    """
    if fetched.state in (FrontierState.WAITING, FrontierState.HELD):
        return fetched.retry_at
    published_at = article.published_at if article is not None else fetched.lease.published_at
    if published_at is None or fetched.state is FrontierState.GONE:
        return None
    return source.next_revisit(published_at, fetched.fetched_at)


def found_on(listing: Listing, source: Source, *, page: int, pages: int) -> tuple[FoundUrl, ...]:
    """Return the URLs that a listing leads to: its articles, and further pages while the plan allows.

    Further pages of an index are the listings it names, those edited last.
    """
    found = [
        FoundUrl(url=link.url, is_listing=False, priority=ARTICLE_PRIORITY)
        for link in listing.links
        if source.is_article(canonical_url(link.url))
    ]
    further = [one.url for one in listing.listings if _host_of(one.url) in source.hosts][: max(pages - page, 0)]
    if listing.next_url and page < pages and _is_of(source, listing.next_url):
        further.append(listing.next_url)
    found += (FoundUrl(url=url, is_listing=True, page=page + 1, priority=LISTING_PRIORITY) for url in further)
    return tuple(found)


def shown_on(listing: Listing, source: Source) -> tuple[ShownArticle, ...]:
    """Return the articles that a listing shows, with what is stated of them beside the link or else in the URL."""
    links = {canonical_url(link.url): link for link in listing.links}
    return tuple(_shown(url, link, source) for url, link in links.items() if source.is_article(url))


def _shown(url: str, link: ArticleLink, source: Source) -> ShownArticle:
    stated_at, stated_by = link.printed_at, DateOrigin.DAY if link.is_day_only else DateOrigin.TIME
    if stated_at is None and (day := source.day_of(url)) is not None:
        stated_at, stated_by = datetime.combine(day, time(), source.zone), DateOrigin.ADDRESS
    elif stated_at is None:
        stated_at, stated_by = link.edited_at, DateOrigin.EDIT
    return ShownArticle(
        url=url,
        stated_at=stated_at.astimezone(UTC) if stated_at is not None else None,
        stated_by=stated_by if stated_at is not None else None,
        section=source.section_of(url) or link.section,
    )


def _is_of(source: Source, url: str) -> bool:
    try:
        return source.owns(canonical_url(url))
    except ValueError:
        return False


def _host_of(url: str) -> str | None:
    """Return the host of a map, which lies beside the edition that it lists, not below it."""
    return urlsplit(canonical_url(url)).hostname


def was_lied_to(fetched: Fetched) -> bool:
    """Did the server keep a page's validators although what the page says has changed?"""
    kept, said = fetched.lease.kept, fetched.said
    if kept is None or said is None:
        return False
    same_etag = kept.etag is not None and fetched.etag == kept.etag
    same_date = kept.etag is None and kept.last_modified is not None and fetched.last_modified == kept.last_modified
    return (same_etag or same_date) and _content_of(fetched) != kept.content


def _page_of(fetched: Fetched, found: tuple[FoundUrl, ...]) -> KeptPage | None:
    """Return what to ask with next time; None where nothing was learnt."""
    kept = fetched.lease.kept
    if fetched.is_unmodified and kept is not None:
        return KeptPage(
            etag=fetched.etag or kept.etag,
            last_modified=fetched.last_modified or kept.last_modified,
            content=kept.content,
            unaudited_polls=kept.unaudited_polls + 1,
            links=kept.links,
        )
    if fetched.said is None or not (fetched.etag or fetched.last_modified):
        return None
    return KeptPage(
        etag=fetched.etag,
        last_modified=fetched.last_modified,
        content=_content_of(fetched),
        unaudited_polls=0,
        links=found if isinstance(fetched.said, Listing) else None,
    )


def _content_of(fetched: Fetched) -> bytes:
    """Return a 16-byte hash of what was read: an article's title and text, a listing's links."""
    if isinstance(fetched.said, Article):
        return bytes.fromhex(fingerprint(fetched.said.title, fetched.said.text))
    if isinstance(fetched.said, Listing):
        return blake2b("\n".join(link.url for link in fetched.said.links).encode(), digest_size=16).digest()
    raise TypeError(f"not judged: {type(fetched.said).__name__}")
