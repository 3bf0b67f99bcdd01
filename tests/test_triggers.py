"""When schedules have their runs: cron in zones, intervals, pauses; what makes no sense is refused."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import islice, pairwise, takewhile
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crawler.errors import BadInput
from crawler.service.cron import cron_moments
from crawler.service.triggers import check_trigger, due_moments, moments, next_moment
from storage import Adaptive, CrawlKind, CrawlPlan, Cron, Interval, Schedule, Trigger

NOW = datetime(2026, 1, 1, tzinfo=UTC)
PARIS = "Europe/Paris"
DAY = timedelta(days=1)

# The days on which these zones turn their clocks, Shanghai none; Lord Howe by half an hour, Dublin the other way round.
ZONES = st.sampled_from(["Europe/Paris", "Asia/Shanghai", "America/New_York", "Australia/Lord_Howe", "Europe/Dublin"])


def schedule(trigger: Trigger, **changes: datetime | None) -> Schedule:
    """Return a schedule that was added at NOW."""
    plan = CrawlPlan(source="rfi-cn", kind=CrawlKind.SCHEDULED)
    marks: dict[str, datetime | None] = {"added_at": NOW, "judged_until": NOW} | changes
    return Schedule(name="one", plan=plan, trigger=trigger, **marks)  # type: ignore[arg-type]  # only paused_at may be None


def told(expression: str, zone: str, after: str, number: int) -> list[str]:
    """Return the first instants of an expression after a time in UTC, as a person would write them."""
    cron = Cron(expression=expression, zone=zone)
    found = islice(cron_moments(cron, after=datetime.fromisoformat(after).replace(tzinfo=UTC)), number)
    return [f"{moment:%m-%d %H:%M}" for moment in found]


def test_a_time_of_the_day_follows_the_zone() -> None:
    """Half past two in Paris is another instant in winter than in summer, and in Shanghai always the same."""
    assert told("30 2 * * *", PARIS, "2026-01-15", 1) == ["01-15 01:30"]
    assert told("30 2 * * *", PARIS, "2026-07-15", 1) == ["07-15 00:30"]
    assert told("30 2 * * *", "Asia/Shanghai", "2026-01-15", 1) == ["01-15 18:30"]
    assert told("30 2 * * *", "Asia/Shanghai", "2026-07-15", 1) == ["07-15 18:30"]


def test_a_time_that_the_clock_leaves_out_comes_after_the_gap() -> None:
    """On 29 March 2026 Paris has no half past two: the run comes at three, once, and on the next day as always."""
    assert told("30 2 * * *", PARIS, "2026-03-28T12:00", 2) == ["03-29 01:00", "03-30 00:30"]
    assert told("*/15 2 * * *", PARIS, "2026-03-28T12:00", 2) == ["03-29 01:00", "03-30 00:00"]


def test_a_time_that_comes_twice_counts_once() -> None:
    """On 25 October 2026 Paris has half past two twice: the first counts."""
    assert told("30 2 * * *", PARIS, "2026-10-24T12:00", 2) == ["10-25 00:30", "10-26 01:30"]


def test_every_hour_means_elapsed_time() -> None:
    """Twice an hour stays twice an hour while clocks are turned."""
    assert told("*/30 * * * *", PARIS, "2026-10-24T23:59", 5) == [f"10-25 0{n // 2}:{n % 2 * 3}0" for n in range(5)]
    assert told("*/30 * * * *", PARIS, "2026-03-29T00:10", 3) == ["03-29 00:30", "03-29 01:00", "03-29 01:30"]


def test_weekdays_are_counted_as_in_crontab() -> None:
    """0 and 7 are Sunday, names are names, ranges and steps work; two restricted days mean either."""
    sunday = ["01-04 00:00", "01-11 00:00"]
    assert [told(f"0 0 * * {day}", "UTC", "2026-01-01", 2) for day in ("0", "7", "sun", "SUN")] == [sunday] * 4
    assert told("0 0 * * 1-5", "UTC", "2026-01-02", 2) == ["01-05 00:00", "01-06 00:00"]
    assert told("0 0 * * 5-7", "UTC", "2026-01-01", 3) == ["01-02 00:00", "01-03 00:00", "01-04 00:00"]
    assert told("0 0 * * */3", "UTC", "2026-01-01", 3) == ["01-03 00:00", "01-04 00:00", "01-07 00:00"]
    assert told("0 0 13 * 5", "UTC", "2026-01-01", 3) == ["01-02 00:00", "01-09 00:00", "01-13 00:00"]
    assert told("@weekly", "UTC", "2026-01-01", 2) == sunday


@settings(max_examples=60, deadline=None)
@given(zone=ZONES, hour=st.integers(0, 23), minute=st.integers(0, 59), start=st.integers(0, 360))
def test_a_time_of_the_day_comes_once_a_day_of_the_year(zone: str, hour: int, minute: int, start: int) -> None:
    """Whatever the zone and the time: each local day has one moment, at that time or right after a gap."""
    after = NOW + start * DAY
    cron = Cron(expression=f"{minute} {hour} * * *", zone=zone)
    local = [moment.astimezone(ZoneInfo(zone)) for moment in islice(cron_moments(cron, after=after), 300)]
    days = [moment.date() for moment in local]
    assert [later - earlier for earlier, later in pairwise(days)] == [DAY] * 299
    odd = [moment for moment in local if (moment.hour, moment.minute) != (hour, minute)]
    assert len(odd) <= 1
    assert all(moment.utcoffset() != (moment - DAY).utcoffset() for moment in odd)


@settings(max_examples=25, deadline=None)
@given(zone=ZONES, step=st.sampled_from([15, 20, 30]), start=st.integers(0, 364))
def test_a_rhythm_within_the_hour_never_stumbles(zone: str, step: int, start: int) -> None:
    """Whatever the zone and the day: the pauses are equal, but where a zone turns its clock by a part of an hour."""
    after = NOW + start * DAY
    cron = Cron(expression=f"*/{step} * * * *", zone=zone)
    found = list(islice(cron_moments(cron, after=after), 200))
    pauses = {later - earlier for earlier, later in pairwise(found)}
    assert all(timedelta() < pause <= timedelta(minutes=step) for pause in pauses)
    if zone != "Australia/Lord_Howe":
        assert pauses == {timedelta(minutes=step)}


@settings(max_examples=60, deadline=None)
@given(zone=ZONES, start=st.integers(0, 364 * 1440), expression=st.sampled_from(["7 * * * *", "*/20 1-3 * * *"]))
def test_where_one_begins_to_look_makes_no_difference(zone: str, start: int, expression: str) -> None:
    """A service that starts at any minute finds the moments that one which ran all the time finds."""
    cron = Cron(expression=expression, zone=zone)
    after = NOW + timedelta(minutes=start)
    earlier = [moment for moment in islice(cron_moments(cron, after=after - 2 * DAY), 80) if moment > after]
    assert list(islice(cron_moments(cron, after=after), len(earlier))) == earlier


def test_an_interval_counts_from_when_it_was_added() -> None:
    """The moments are the same for everybody who asks, at any time, jitter included; the jitter is not exceeded."""
    plain = schedule(Interval(every_seconds=900))
    assert list(islice(moments(plain, after=NOW), 2)) == [NOW + timedelta(minutes=15), NOW + timedelta(minutes=30)]
    jittery = schedule(Interval(every_seconds=900, jitter_seconds=600))
    found = list(islice(moments(jittery, after=NOW), 100))
    assert found[50:] == list(islice(moments(jittery, after=found[49]), 50))
    late = [moment - NOW - number * timedelta(minutes=15) for number, moment in enumerate(found, start=1)]
    assert timedelta() <= min(late) < timedelta(minutes=1) < timedelta(minutes=9) < max(late) < timedelta(minutes=10)


def test_moments_of_a_pause_are_left_out() -> None:
    """Nothing is due while a schedule is paused but what came before; after it only what comes then."""
    hourly = Cron(expression="0 * * * *", zone="UTC")
    hour = timedelta(hours=1)
    paused = schedule(hourly, paused_at=NOW + 2.5 * hour)
    assert due_moments(paused, until=NOW + 9 * hour, limit=99) == ([NOW + hour, NOW + 2 * hour], None)
    assert next_moment(schedule(hourly, paused_at=NOW + hour / 2)) is None
    resumed = schedule(hourly, paused_at=NOW + 2.5 * hour, resumed_at=NOW + 5 * hour)
    due = [NOW + n * hour for n in (1, 2, 5, 6)]
    assert due_moments(resumed, until=NOW + 6 * hour, limit=99) == (due, NOW + 7 * hour)
    assert due_moments(resumed, until=NOW + 6 * hour, limit=3) == (due[:3], due[3])


@pytest.mark.parametrize(
    ("trigger", "sentence"),
    [
        (Cron(expression="61 * * * *", zone=PARIS), "'61 .*' is not a cron expression: .*; write minute, hour"),
        (Cron(expression="* * *", zone=PARIS), "it has 3 fields"),
        (Cron(expression="0 0 * * 8", zone=PARIS), "'8' is not a day of the week"),
        (Cron(expression="0 0 * * */0", zone=PARIS), "'0' is not a step"),
        (Cron(expression="@often", zone=PARIS), "'@often' is not a cron expression: it has 1 field;"),
        (Cron(expression="0 0 30 2 *", zone=PARIS), "'0 0 30 2 \\*' names no day that ever comes"),
        (Cron(expression="* * * * *", zone="Europe/Pari"), "'Europe/Pari' is not a time zone; write a name such as"),
        (Cron(expression="* * * * *", zone="../etc/passwd"), "is not a time zone"),
        (Interval(every_seconds=0), "an interval of 0 seconds makes no rhythm"),
        (Interval(every_seconds=float("nan")), "an interval of nan seconds makes no rhythm"),
        (Interval(every_seconds=60, jitter_seconds=60), "a jitter of 60 seconds does not fit into 60 seconds"),
        (Adaptive(requests_a_day=0), "0 requests a day cannot be spent; from 1 to"),
    ],
)
def test_nonsense_is_refused_in_one_sentence(trigger: Trigger, sentence: str) -> None:
    """What an operator mistyped is named, and what to write instead."""
    with pytest.raises(BadInput, match=sentence):
        check_trigger(trigger, now=NOW)


@pytest.mark.parametrize(
    "trigger",
    [Cron(expression="@daily", zone="UTC"), Interval(every_seconds=2, jitter_seconds=1), Adaptive(requests_a_day=400)],
)
def test_what_makes_sense_is_taken(trigger: Trigger) -> None:
    """A trigger of each kind passes."""
    check_trigger(trigger, now=NOW)


def test_a_year_has_all_its_hours() -> None:
    """Hourly is 8,760 times in 2026, in every zone; daily 365 times."""
    for zone in ("Europe/Paris", "Asia/Shanghai"):
        for expression, number in (("0 * * * *", 8760), ("30 2 * * *", 365)):
            local = ZoneInfo(zone)
            new_year = [datetime(year, 1, 1, tzinfo=local).astimezone(UTC) for year in (2026, 2027)]
            found = cron_moments(Cron(expression=expression, zone=zone), after=new_year[0] - timedelta(seconds=1))
            assert sum(1 for _ in takewhile(lambda moment: moment < new_year[1], found)) == number  # noqa: B023 -- used at once
