"""Backfills in the store: slices as rows, one walk over many runs, beside the other walks of a source."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from storage import (
    Backfill,
    CrawlKind,
    CrawlPlan,
    FoundUrl,
    FrontierState,
    LeasedUrl,
    PlannedSlice,
    Settlement,
    SliceState,
    Store,
    Walk,
    Window,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from storage import Article

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
WINDOW = Window(since=datetime(2023, 7, 31, 22, tzinfo=UTC), until=datetime(2023, 8, 2, 22, tzinfo=UTC))
SCHEDULED = CrawlPlan(source="rfi-cn", kind=CrawlKind.SCHEDULED)
SECTION = "https://www.rfi.fr/cn/%E4%B8%AD%E5%9B%BD/"


def planned(number: int, url: str) -> PlannedSlice:
    """Return the slice of the n-th day of the window."""
    since = WINDOW.since + timedelta(days=number)
    return PlannedSlice(
        channel="archive", name=f"day {number}", since=since, until=since + timedelta(days=1), url=url, priority=10
    )


def begin(store: Store, *urls: str) -> Backfill:
    """Plan a backfill of a slice for each URL, or of one of a section."""
    slices = [planned(number, url) for number, url in enumerate(urls or (SECTION,))]
    return store.backfills.plan("rfi-cn", window=WINDOW, channels=["archive"], slices=slices, now=NOW)


def run(store: Store, task: Backfill | None = None, *, now: datetime = NOW) -> Walk:
    """Open a run of a backfill, or a scheduled one, and return its walk with its starts waiting."""
    kind = CrawlPlan(source="rfi-cn", kind=CrawlKind.BACKFILL, backfill=task.id) if task else SCHEDULED
    walk = store.frontier.open_walk(kind, run_id=store.runs.start(kind, now=now).id, now=now)
    store.frontier.add(walk, store.backfills.starts(task.id) if task else [], now=now)
    return walk


def lease(store: Store, walk: Walk, *, now: datetime = NOW) -> list[LeasedUrl]:
    """Lease what waits for a walk."""
    return store.frontier.lease(walk, run_id=99, limit=100, now=now)


def settle(store: Store, walk: Walk, leased: LeasedUrl, **became: Any) -> None:
    """Settle one lease, as done if nothing else is said."""
    store.frontier.settle(
        walk, [Settlement(lease=leased, **{"state": FrontierState.DONE, "settled_at": NOW} | became)], now=NOW
    )


def article_of(leased: LeasedUrl, number: int) -> FoundUrl:
    """Return the n-th article as a slice's listing leads to it."""
    return FoundUrl(url=f"https://www.rfi.fr/cn/20230801-{number}", is_listing=False, slice=leased.slice)


def states(store: Store, task: Backfill) -> list[str]:
    """Return where the slices stand."""
    return [one.state.value for one in store.backfills.read(task.id).slices]


def test_a_slice_ends_with_the_last_of_what_it_led_to(store: Store, make_article: Callable[..., Article]) -> None:
    """Waiting, running with its listing, done when listing and articles are settled; requests and outcomes counted."""
    task = begin(store, SECTION, f"{SECTION}2/")
    assert states(store, task) == ["waiting", "waiting"]
    walk = run(store, task)
    first, second = lease(store, walk)
    assert states(store, task) == ["running", "running"]
    settle(store, walk, first, found=(article_of(first, 1), article_of(first, 2)), claimed_total=2615)
    settle(store, walk, second)
    assert states(store, task) == ["running", "done"]
    one, other = lease(store, walk)
    settle(store, walk, one, article=make_article(canonical_url=one.url, title="一"))
    assert store.backfills.progress(task.id).waiting == 1
    early = make_article(canonical_url=other.url, title="二", published_at=WINDOW.since - HOUR)
    settle(store, walk, other, article=early)
    (ended, _) = store.backfills.read(task.id).slices
    assert (ended.state, ended.requests) == (SliceState.DONE, 3)
    assert ended.counts == {"claimed by the listing": 2615, "listings": 1, "new": 2, "outside the window": 1}
    assert store.backfills.read(task.id).is_finished


@pytest.mark.parametrize(
    ("page", "became", "state", "reason"),
    [
        (1, FrontierState.FAILED, "failed", "failed: HTTP 500"),
        (1, FrontierState.GONE, "done", None),
        (3, FrontierState.GONE, "failed", "page 3: gone: HTTP 404"),
    ],
)
def test_a_slice_whose_listing_cannot_be_had_has_failed(
    store: Store, page: int, became: FrontierState, state: str, reason: str | None
) -> None:
    """A day that the site has no page of is no failure; a listing that breaks off is one, with its page."""
    task = begin(store)
    walk = run(store, task)
    (start,) = lease(store, walk)
    if page > 1:
        further = FoundUrl(url=f"{SECTION}{page}/", is_listing=True, page=page, slice=start.slice)
        settle(store, walk, start, found=(further,))
        (start,) = lease(store, walk)
    why = "gone: HTTP 404" if became is FrontierState.GONE else "failed: HTTP 500"
    settle(store, walk, start, state=became, reason=why)
    (ended,) = store.backfills.read(task.id).slices
    assert (ended.state.value, ended.reason) == (state, reason)


def test_what_is_tried_again_has_not_come_to_anything_yet(store: Store) -> None:
    """A fetch that will be repeated counts as a request, and its slice goes on."""
    task = begin(store)
    walk = run(store, task)
    (start,) = lease(store, walk)
    settle(store, walk, start, state=FrontierState.WAITING, reason="to be tried again: HTTP 503", due_at=NOW + HOUR)
    (running,) = store.backfills.read(task.id).slices
    assert (running.state, running.requests, running.counts, running.waiting) == (SliceState.RUNNING, 1, {}, 1)


def test_a_backfill_is_one_walk_however_many_runs_it_takes(store: Store) -> None:
    """Days later it goes on where it was: a listing that was read is not read again."""
    task = begin(store, SECTION, f"{SECTION}2/")
    walk = run(store, task)
    first, _ = lease(store, walk)
    settle(store, walk, first, found=(article_of(first, 1),))
    store.frontier.give_back(99, now=NOW)
    later = NOW + timedelta(days=3)
    again = run(store, task, now=later)
    assert again == walk
    assert [one.url for one in lease(store, again, now=later)] == [article_of(first, 1).url, f"{SECTION}2/"]


def test_a_scheduled_crawl_leaves_alone_what_waits_for_a_backfill(store: Store) -> None:
    """It neither takes it nor waits for it; what it meets itself it takes over, and the slice ends without it."""
    task = begin(store)
    past = run(store, task)
    (start,) = lease(store, past)
    settle(store, past, start, found=(article_of(start, 1),))
    walk = run(store)
    assert (lease(store, walk), store.frontier.left(walk).count) == ([], 0)
    store.frontier.add(walk, [FoundUrl(url=article_of(start, 1).url, is_listing=False)], now=NOW)
    assert [one.url for one in lease(store, walk)] == [article_of(start, 1).url]
    assert lease(store, past) == []
    assert [one.state.value for one in store.backfills.tidy(task.id, now=NOW).slices] == ["done"]


def test_both_read_the_pages_of_a_section_for_themselves(store: Store) -> None:
    """That one has read a listing is no reason for the other not to, whichever came first."""
    task = begin(store)
    past, walk = run(store, task), run(store)
    listing = FoundUrl(url=SECTION, is_listing=True, priority=10)
    assert store.frontier.add(walk, [listing], now=NOW) == 1
    (theirs,), (ours,) = lease(store, walk), lease(store, past)
    settle(store, walk, theirs)
    further = FoundUrl(url=f"{SECTION}2/", is_listing=True, page=2, slice=ours.slice)
    store.frontier.add(run(store), [FoundUrl(url=further.url, is_listing=True, page=2)], now=NOW)
    settle(store, past, ours, found=(further,))
    assert [one.url for one in lease(store, past)] == [further.url]


def test_a_backfill_revisits_nothing_and_what_it_brought_is_revisited(
    store: Store, make_article: Callable[..., Article]
) -> None:
    """Articles that are due for a look belong to the crawls of the whole source."""
    task = begin(store)
    past = run(store, task)
    (start,) = lease(store, past)
    settle(store, past, start, found=(article_of(start, 1),))
    (leased,) = lease(store, past)
    settle(store, past, leased, article=make_article(canonical_url=leased.url), due_at=NOW + HOUR)
    later = NOW + 2 * HOUR
    assert lease(store, past, now=later) == []
    assert [one.url for one in lease(store, run(store, now=later), now=later)] == [leased.url]


def test_what_failed_live_is_tried_again_where_a_web_archive_has_it(store: Store) -> None:
    """Within one backfill a capture is a new chance, once."""
    task = begin(store)
    walk = run(store, task)
    (start,) = lease(store, walk)
    settle(store, walk, start, found=(article_of(start, 1),))
    (leased,) = lease(store, walk)
    settle(store, walk, leased, state=FrontierState.GONE, reason="gone: HTTP 410")
    address = f"https://web.archive.org/web/20230802000000id_/{leased.url}"
    capture = FoundUrl(url=leased.url, is_listing=False, slice=start.slice, capture=address)
    assert store.frontier.add(walk, [article_of(start, 1)], now=NOW) == 0
    assert store.frontier.add(walk, [capture], now=NOW) == 1
    (again,) = lease(store, walk)
    assert again.capture == address
    settle(store, walk, again, state=FrontierState.FAILED, reason="not understood: no title")
    assert store.frontier.add(walk, [capture], now=NOW) == 0


def test_the_unfinished_one_of_a_window_is_found(store: Store) -> None:
    """By window and channels, or the latest of the source; one that is finished is not gone on with."""
    task = begin(store)
    assert store.backfills.unfinished("rfi-cn") == task
    assert store.backfills.unfinished("rfi-cn", window=WINDOW, channels=["archive"]) == task
    assert store.backfills.unfinished("rfi-cn", window=WINDOW, channels=["section"]) is None
    other = Window(since=WINDOW.since, until=WINDOW.until + HOUR)
    assert store.backfills.unfinished("rfi-cn", window=other) is None
    assert store.backfills.unfinished("rfi-fr") is None
    walk = run(store, task)
    settle(store, walk, lease(store, walk)[0])
    assert store.backfills.unfinished("rfi-cn") is None
    with pytest.raises(LookupError, match="no backfill 7"):
        store.backfills.read(7)
