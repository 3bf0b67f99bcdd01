"""What a fetch came to becomes what is written of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from crawler.items import ArticleLink, Fetched, Listing
from crawler.sources import source_named
from crawler.verdict import settlement_of, was_lied_to
from storage import FoundUrl, FrontierState, KeptPage, LeasedUrl

if TYPE_CHECKING:
    from collections.abc import Callable

    from storage import Article

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
SOURCE = source_named("rfi-cn")
ARTICLE_URL = "https://www.rfi.fr/cn/%E4%B8%AD%E5%9B%BD/20230801-dengta"
PAGE = KeptPage(etag='"1"', last_modified=None, content=bytes(16), unaudited_polls=3, links=None)


def leased(**facts: Any) -> LeasedUrl:
    """Return the lease of an article that was stored before, ten minutes old."""
    usual = {"url": ARTICLE_URL, "is_listing": False, "page": 1, "attempts": 2, "kept": PAGE}
    return LeasedUrl(**usual | {"published_at": NOW - timedelta(minutes=10), "run_id": 1} | facts)


def fetched(lease: LeasedUrl, **came: Any) -> Fetched:
    """Return what a fetch came to."""
    return Fetched(**{"lease": lease, "fetched_at": NOW, "state": FrontierState.DONE} | came)


@pytest.mark.parametrize(
    ("age", "pause"),
    [
        (timedelta(0), HOUR),
        (6 * HOUR - timedelta(seconds=1), HOUR),
        (6 * HOUR, 6 * HOUR),
        (48 * HOUR, 24 * HOUR),
        (9 * 24 * HOUR - timedelta(seconds=1), 24 * HOUR),
        (9 * 24 * HOUR, None),
    ],
)
def test_revisits_follow_the_age_of_an_article(
    make_article: Callable[..., Article], age: timedelta, pause: timedelta | None
) -> None:
    """Hourly for 6 hours, every 6 hours until 2 days, daily for a week, then never; after a 304 too."""
    due_at = NOW + pause if pause else None
    article = make_article(published_at=NOW - age)
    assert settlement_of(fetched(leased(published_at=None), said=article), SOURCE, pages=1).due_at == due_at
    unmodified = fetched(leased(published_at=NOW - age), is_unmodified=True)
    assert settlement_of(unmodified, SOURCE, pages=1).due_at == due_at


def test_a_failed_revisit_comes_again_and_a_gone_one_does_not() -> None:
    """An article that is stored keeps its rhythm whatever one fetch came to; one that is gone has none."""
    settlement = settlement_of(fetched(leased(), state=FrontierState.FAILED, reason="failed: timeout"), SOURCE, pages=1)
    assert (settlement.due_at, settlement.attempts) == (NOW + HOUR, 3)
    assert settlement_of(fetched(leased(), state=FrontierState.GONE), SOURCE, pages=1).due_at is None
    never_stored = fetched(leased(published_at=None), state=FrontierState.FAILED)
    assert settlement_of(never_stored, SOURCE, pages=1).due_at is None


def test_what_was_not_tried_did_not_fail() -> None:
    """A URL that was held back for its host's sake waits without a mark against itself."""
    held = fetched(leased(), state=FrontierState.WAITING, retry_at=NOW + HOUR, was_tried=False)
    settlement = settlement_of(held, SOURCE, pages=1)
    assert (settlement.due_at, settlement.attempts) == (NOW + HOUR, 2)


def test_success_ends_the_count_of_failures(make_article: Callable[..., Article]) -> None:
    """The next trouble starts from nothing."""
    assert settlement_of(fetched(leased(), said=make_article()), SOURCE, pages=1).attempts == 0


def test_polls_are_counted_until_one_that_is_full(make_article: Callable[..., Article]) -> None:
    """Each 304 is one more on the server's word; a page that was sent starts anew; without validators none is kept."""
    unmodified = settlement_of(fetched(leased(), is_unmodified=True), SOURCE, pages=1)
    assert unmodified.page == replace(PAGE, unaudited_polls=4)
    sent = settlement_of(fetched(leased(), said=make_article(), etag='"2"'), SOURCE, pages=1)
    assert sent.page is not None
    assert (sent.page.etag, sent.page.unaudited_polls) == ('"2"', 0)
    assert settlement_of(fetched(leased(), said=make_article()), SOURCE, pages=1).page is None


@pytest.mark.parametrize(
    ("kept", "now", "lied"),
    [
        ({"etag": '"1"'}, {"etag": '"1"'}, True),
        ({"etag": '"1"'}, {"etag": '"2"'}, False),
        ({"etag": None, "last_modified": "then"}, {"last_modified": "then"}, True),
        ({"etag": '"1"', "last_modified": "then"}, {"etag": '"2"', "last_modified": "then"}, False),
        ({"etag": None, "last_modified": None}, {}, False),
    ],
)
def test_a_lie_is_another_text_under_the_same_validator(
    make_article: Callable[..., Article], kept: dict[str, Any], now: dict[str, Any], lied: bool
) -> None:
    """Where there is an ETag it alone counts; the same text is never a lie."""
    first = settlement_of(fetched(leased(), said=make_article(), etag='"1"'), SOURCE, pages=1).page
    assert first is not None
    lease = leased(kept=replace(first, **kept))
    edited = make_article(paragraphs=("海边的灯塔又熄灭了。",))
    assert was_lied_to(fetched(lease, said=edited, **now)) is lied
    assert was_lied_to(fetched(lease, said=make_article(), **now)) is False


def test_a_listing_leads_to_its_articles_and_to_its_next_page() -> None:
    """While the plan allows, and only to pages of the source; a 304 leads to what was found last time."""
    listing = Listing(
        url=SOURCE.home_url,
        links=(ArticleLink(url=ARTICLE_URL), ArticleLink(url="https://www.rfi.fr/cn/")),
        next_url="https://www.rfi.fr/cn/2/",
    )
    lease = leased(url=SOURCE.home_url, is_listing=True, published_at=None)
    article = FoundUrl(url=ARTICLE_URL, is_listing=False)
    following = FoundUrl(url="https://www.rfi.fr/cn/2/", is_listing=True, page=2, priority=10)
    settlement = settlement_of(fetched(lease, said=listing, etag='"1"'), SOURCE, pages=2)
    assert settlement.found == (article, following)
    assert settlement_of(fetched(lease, said=listing), SOURCE, pages=1).found == (article,)
    for elsewhere in ("https://www.rfi.fr/en/2/", "https://[/"):
        said = replace(listing, next_url=elsewhere)
        assert settlement_of(fetched(lease, said=said), SOURCE, pages=2).found == (article,)
    again = replace(lease, kept=settlement.page)
    assert settlement_of(fetched(again, is_unmodified=True), SOURCE, pages=2).found == (article, following)
