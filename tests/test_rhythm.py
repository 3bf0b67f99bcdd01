"""The rhythm of polls: learnt from what polls showed, right behind the news, within one budget."""

from __future__ import annotations

import math
import random
import statistics
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from crawler.rhythm import Rhythm
from crawler.rhythm.memory import DAY, HOUR, Memory
from crawler.rhythm.planning import LONGEST, most_before_a_page_is_full, plan_poll
from crawler.rhythm.rates import Rates, middling_rate, rates_of, shared_hours

BEGIN = datetime(2026, 1, 5, tzinfo=UTC)  # a Monday
PARIS = ZoneInfo("Europe/Paris")


def constant(articles_an_hour: float) -> Rates:
    """Return the rates of a channel that brings the same at all times."""
    return Rates(by_hour=(articles_an_hour / HOUR,) * 168, by_minute=(1.0,) * 60, by_five_minutes=(1.0,) * 12)


def replayed(
    published: dict[str, list[float]], *, days: int, requests_a_day: int, zone: ZoneInfo = PARIS
) -> dict[str, list[float]]:
    """Return the polls of channels that publish at some seconds from the beginning on."""
    rhythm = Rhythm(list(published), requests_a_day=requests_a_day, zone=zone, now=BEGIN)
    polls: dict[str, list[float]] = {channel: [] for channel in published}
    while (due := rhythm.due()) is not None and due.at < BEGIN + timedelta(days=days):
        at = (due.at - BEGIN).total_seconds()
        for channel in due.channels:
            last = polls[channel][-1] if polls[channel] else -1.0
            fresh = [BEGIN + timedelta(seconds=one) for one in published[channel] if last < one <= at]
            polls[channel].append(at)
            rhythm.note(channel, at=due.at, published=fresh)
    return polls


def steady(every_seconds: float, *, days: int, seed: int = 1) -> list[float]:
    """Return articles that come by chance, one in so many seconds on average."""
    chance = random.Random(seed)
    times, now = [], 0.0
    while (now := now + chance.expovariate(1 / every_seconds)) < days * DAY:
        times.append(now)
    return times


@pytest.mark.parametrize(("articles_an_hour", "price"), [(1.0, 600.0), (4.0, 600.0), (0.1, 900.0)])
def test_a_channel_of_constant_rate_is_polled_at_the_best_distance(articles_an_hour: float, price: float) -> None:
    """Which is the square root of twice the price by the rate."""
    best = math.sqrt(2 * price / (articles_an_hour / HOUR))
    planned = plan_poll(constant(articles_an_hour), last=0.0, price=price, most=math.inf, offset=0.0)
    assert abs(planned - best) <= 300  # steps of a minute, later of five


def test_polls_come_right_behind_the_minutes_at_which_articles_do() -> None:
    """A wire service that writes at :05, :20, :35 and :50 is polled a minute later."""
    minutes = tuple(15.0 if minute in (5, 20, 35, 50) else 0.0 for minute in range(60))
    fives = tuple(3.0 if start in (1, 4, 7, 10) else 0.0 for start in range(12))
    rates = Rates(by_hour=(2 / HOUR,) * 168, by_minute=minutes, by_five_minutes=fives)
    last, polls = 0.0, []
    for _ in range(8):
        last = plan_poll(rates, last=last, price=300.0, most=math.inf, offset=0.0)
        polls.append(last / 60 % 60)
    assert set(polls) <= {6.0, 21.0, 36.0, 51.0}


def test_a_page_is_polled_before_it_is_full(request: pytest.FixtureRequest) -> None:
    """However dear a poll is: four deviations before fifteen, or thirty, articles are expected."""
    for size in (15, 30):
        most = most_before_a_page_is_full(size)
        assert most + 4 * math.sqrt(most) == pytest.approx(size)
        planned = plan_poll(constant(60.0), last=0.0, price=1e9, most=most, offset=0.0)
        assert planned <= (most + 1) * 60


def test_every_channel_is_polled_within_two_days() -> None:
    """One that has never brought anything may wake up."""
    assert plan_poll(constant(1e-6), last=0.0, price=1e9, most=math.inf, offset=0.0) == LONGEST


def test_a_new_channel_is_taken_for_a_middling_one_at_its_sources_hours() -> None:
    """It leans on what others brought, until it has brought something itself."""
    busy, quiet, new = (Memory(reckoned_at=0.0) for _ in range(3))
    busy.learn([9 * HOUR + day * DAY + number for day in range(20) for number in range(9)], now=20 * DAY, offset=0.0)
    quiet.learn([10 * HOUR], now=20 * DAY, offset=0.0)
    memories = [busy, quiet, new]
    shared, middling = shared_hours(memories), middling_rate(memories)
    assert quiet.articles / 480 < middling < busy.articles / 240
    rates = rates_of(new, shared, middling)
    assert statistics.mean(rates.by_hour) * HOUR == pytest.approx(middling)
    assert min(rates.by_hour[9::24]) > 2 * max(rates.by_hour[3::24])


def test_old_articles_count_less() -> None:
    """After three weeks half; so a channel that fell silent is found silent."""
    memory = Memory(reckoned_at=0.0)
    memory.learn([HOUR] * 10, now=2 * HOUR, offset=0.0)
    before = memory.articles
    memory.forget(2 * HOUR + 21 * DAY)
    assert memory.articles == pytest.approx(before / 2)
    assert memory.watched_hours == pytest.approx(0.5)


def test_a_first_poll_shows_the_past() -> None:
    """The rate of a channel is known from its first page: from the oldest article on it was watched, so to speak."""
    memory = Memory(reckoned_at=0.0)
    memory.learn([DAY - number * HOUR for number in range(12)], now=DAY, offset=0.0)
    assert memory.watched_hours == pytest.approx(11.0)
    assert memory.articles == pytest.approx(12.0, rel=0.02)


def test_what_appeared_late_says_nothing_of_minutes() -> None:
    """An article dated before the poll before, and not there then, counts for its hour only."""
    memory = Memory(reckoned_at=0.0)
    memory.learn([], now=10 * HOUR, offset=0.0)
    memory.learn([2 * HOUR], now=11 * HOUR, offset=0.0)
    assert (sum(memory.by_minute), memory.articles, memory.by_hour[10]) == (0.0, 1.0, 1.0)


def test_hours_are_those_of_the_newsrooms_clocks() -> None:
    """What comes at nine in Paris comes at eight in UTC in winter."""
    memory = Memory(reckoned_at=0.0)
    nine_in_paris = datetime(2026, 1, 5, 9, tzinfo=PARIS).timestamp()
    memory.learn([nine_in_paris], now=nine_in_paris, offset=HOUR)
    assert memory.by_hour.index(1.0) % 24 == 9


def test_the_busier_channel_gets_more_polls() -> None:
    """By the square root of what it brings: sixteen times as much, some four times as many."""
    published = {"busy": steady(HOUR / 4, days=14), "quiet": steady(HOUR * 4, days=14, seed=2)}
    polls = replayed(published, days=14, requests_a_day=120)
    counts = {channel: sum(1 for at in times if at > 7 * DAY) for channel, times in polls.items()}
    assert 2.5 < counts["busy"] / counts["quiet"] < 6


def test_the_budget_is_spent_and_never_exceeded() -> None:
    """In no 24 hours are there more requests than allowed; in the long run nearly all are used."""
    published = {str(number): steady(HOUR * (number + 1), days=10, seed=number) for number in range(6)}
    times = sorted(at for one in replayed(published, days=10, requests_a_day=100).values() for at in one)
    assert all(after - before > DAY for before, after in zip(times, times[100:], strict=False))
    assert len(times) > 850


def test_a_channel_that_finds_nothing_first_is_polled_rarely() -> None:
    """Where a feed shows everything, the sections that repeat it cost little."""
    published = {"feed": steady(HOUR / 2, days=10), "repeats": []}
    polls = replayed(published, days=10, requests_a_day=100)
    assert len(polls["repeats"]) < len(polls["feed"]) / 8


def test_news_is_found_sooner_than_at_fixed_times() -> None:
    """For the same requests, where articles come by day."""
    chance = random.Random(4)
    by_day = sorted(day * DAY + chance.uniform(8, 18) * HOUR for day in range(28) for _ in range(20))
    polls = replayed({"page": by_day}, days=28, requests_a_day=24)["page"]
    lags = [min(at - one for at in polls if at >= one) for one in by_day if 14 * DAY < one < 27 * DAY]
    assert statistics.mean(lags) < 0.65 * HOUR / 2


def test_an_unread_poll_costs_a_request_and_teaches_nothing() -> None:
    """A channel that does not answer is asked again, and its silence is no quiet newsroom."""
    rhythm = Rhythm(["a"], requests_a_day=24, zone=PARIS, now=BEGIN)
    rhythm.note("a", at=BEGIN, published=[BEGIN - timedelta(minutes=10 * number) for number in range(6)])
    before = rhythm.due()
    rhythm.note("a", at=BEGIN + timedelta(minutes=5), published=[], is_read=False)
    after = rhythm.due()
    assert before is not None
    assert after is not None
    assert BEGIN + timedelta(minutes=5) < after.at <= before.at + timedelta(minutes=10)


def test_channels_due_at_nearly_the_same_time_are_polled_together() -> None:
    """One run for several costs less than several runs; a channel that is unknown is passed over."""
    rhythm = Rhythm(["a", "b", "c"], requests_a_day=24, zone=PARIS, now=BEGIN)
    rhythm.note("z", at=BEGIN, published=[])
    due = rhythm.due(within_seconds=1.5)
    assert due is not None
    assert (due.at, due.channels) == (BEGIN, ("a", "b"))
    assert Rhythm([], requests_a_day=24, zone=PARIS, now=BEGIN).due() is None
