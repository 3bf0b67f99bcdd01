"""The adaptive trigger: what is on record of polls becomes the next poll of a schedule."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from crawler.service.adaptive import LEARNT_AFTER, AdaptivePolls
from crawler.sources import source_named
from storage import (
    Adaptive,
    Channel,
    CrawlKind,
    CrawlPlan,
    DateOrigin,
    FoundUrl,
    FrontierState,
    Interval,
    Schedule,
    Settlement,
    ShownArticle,
    Store,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

NOW = datetime(2026, 1, 5, 12, tzinfo=UTC)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
SOURCE = source_named("rfi-cn")
FEED, FRONT = SOURCE.feed_urls[0], SOURCE.home_url
PLAN = CrawlPlan(source="rfi-cn", kind=CrawlKind.SCHEDULED)
SCHEDULE = Schedule(
    name="cn", plan=PLAN, trigger=Adaptive(requests_a_day=400), added_at=NOW - HOUR, judged_until=NOW - HOUR
)


@pytest.fixture
def store(tmp_path: object) -> Store:
    """Return an empty store; what differs between databases is tested where it is."""
    return Store.open(f"sqlite:///{tmp_path}/news.db")


def poll(store: Store, url: str, published: Sequence[datetime], *, now: datetime) -> None:
    """Ask a channel that shows articles of these times."""
    channel: Channel = SOURCE.channel_of(url)
    shown = tuple(
        ShownArticle(url=f"https://www.rfi.fr/cn/{at:%Y%m%d-%H%M%S}", stated_at=at, stated_by=DateOrigin.TIME)
        for at in published
    )
    run = store.runs.start(PLAN, now=now)
    walk = store.frontier.open_walk(PLAN, run_id=run.id, now=now)
    store.frontier.add(walk, [FoundUrl(url=url, is_listing=True)], now=now)
    (lease,) = store.frontier.lease(walk, run_id=run.id, limit=1, now=now)
    settlement = Settlement(lease=lease, state=FrontierState.DONE, channel=channel, shown=shown, settled_at=now)
    store.frontier.settle(walk, [settlement], now=now)


def test_a_source_that_was_never_polled_is_polled_by_all_its_channels_now(store: Store) -> None:
    """Front page, sections, feed and news map, in one run."""
    due = AdaptivePolls(store)(SCHEDULE, NOW)
    assert due is not None
    assert due.at <= NOW
    assert {SOURCE.channel_of(url).url for url in due.seeds} == {SOURCE.channel_of(u).url for u in SOURCE.start_urls}


def test_a_schedule_over_seed_urls_polls_these(store: Store) -> None:
    """The channels of a plan that names its own; another trigger has no polls here."""
    polls = AdaptivePolls(store)
    due = polls(replace(SCHEDULE, plan=replace(PLAN, seeds=(FEED, FRONT))), NOW)
    assert due is not None
    assert set(due.seeds) == {FEED, FRONT}
    assert polls(replace(SCHEDULE, trigger=Interval(every_seconds=60)), NOW) is None


def test_the_record_teaches_when_to_poll_next(store: Store) -> None:
    """A feed with an article every five minutes is due within the hour, a front page that shows old ones is not."""
    schedule = replace(SCHEDULE, plan=replace(PLAN, seeds=(FEED, FRONT)), trigger=Adaptive(requests_a_day=96))
    poll(store, FEED, [NOW - number * 5 * MINUTE for number in range(30)], now=NOW)
    poll(store, FRONT, [NOW - number * 5 * MINUTE for number in range(30)], now=NOW + MINUTE)
    due = AdaptivePolls(store)(schedule, NOW + 5 * MINUTE)
    assert due is not None
    assert due.seeds == (FEED,)
    assert NOW + MINUTE < due.at < NOW + HOUR


def test_a_poll_is_learnt_from_when_its_articles_are_stored(store: Store) -> None:
    """Until then nothing new is due; then the rhythm goes on, in the same service or in the one that takes over."""
    polls, schedule = AdaptivePolls(store), replace(SCHEDULE, plan=replace(PLAN, seeds=(FEED,)))
    poll(store, FEED, [NOW - number * 5 * MINUTE for number in range(30)], now=NOW)
    waiting = polls(schedule, NOW + timedelta(seconds=10))
    assert waiting is not None
    assert waiting.at == NOW + LEARNT_AFTER
    later = [one(schedule, NOW + 2 * MINUTE) for one in (polls, AdaptivePolls(store))]
    assert later[0] is not None
    assert later[1] is not None
    assert later[0].at >= NOW + MINUTE
    assert abs(later[0].at - later[1].at) < MINUTE


def test_a_changed_budget_is_another_rhythm(store: Store) -> None:
    """An operator who gives more requests need not restart the service."""
    polls = AdaptivePolls(store)
    poll(store, FEED, [NOW - number * 20 * MINUTE for number in range(30)], now=NOW)
    few, many = (
        polls(replace(SCHEDULE, plan=replace(PLAN, seeds=(FEED,)), trigger=Adaptive(requests_a_day=count)), NOW + HOUR)
        for count in (12, 400)
    )
    assert few is not None
    assert many is not None
    assert many.at < few.at
