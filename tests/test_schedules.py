"""Schedules in the store: stated, judged, claimed, settled; who leads."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from storage import (
    Adaptive,
    CatchUp,
    CrawlKind,
    CrawlPlan,
    Cron,
    Decision,
    FoundUrl,
    Interval,
    Judgement,
    LeadershipLost,
    NewSchedule,
    Overlap,
    RunState,
    ScheduleExists,
    UnknownSchedule,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from storage import Leadership, Schedule, StandingRun, Store

NOW = datetime(2026, 1, 1, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
PLAN = CrawlPlan(source="rfi-cn", kind=CrawlKind.SCHEDULED, seeds=("https://www.rfi.fr/cn/",), limit=20, pages=2)
HOURLY = NewSchedule(name="hourly", plan=PLAN, trigger=Cron(expression="0 * * * *", zone="Europe/Paris"))


def lead(store: Store) -> Leadership:
    """Return the leadership of a database where nobody led."""
    leadership = store.leadership.take("here", instead_of=None, now=NOW)
    assert leadership is not None
    return leadership


def deciding(*decisions: Decision) -> Callable[[Schedule, Sequence[StandingRun]], Judgement]:
    """Return what says that these moments were decided so, whatever the schedule."""
    return lambda _, __: Judgement(judged_until=NOW + MINUTE, decisions=decisions)


@pytest.mark.parametrize(
    "stated",
    [
        HOURLY,
        NewSchedule(
            name="每十五分钟",
            plan=replace(PLAN, delay_seconds=2.5),
            trigger=Interval(every_seconds=900, jitter_seconds=30),
            overlap=Overlap.SUPERSEDE,
            catch_up=CatchUp.ALL,
            time_limit_seconds=3600,
            silence_limit_seconds=300.5,
            memory_limit_bytes=2**40,
        ),
        NewSchedule(name="learnt", plan=PLAN, trigger=Adaptive(requests_a_day=400), overlap=Overlap.QUEUE_ONE),
    ],
    ids=lambda stated: type(stated.trigger).__name__,
)
def test_a_schedule_is_kept_as_it_was_stated(store: Store, stated: NewSchedule) -> None:
    """Every kind of trigger, every policy and every limit comes back as it went in."""
    kept = store.schedules.add(stated, now=NOW)
    assert {name: getattr(kept, name) for name in NewSchedule.__slots__} == {
        name: getattr(stated, name) for name in NewSchedule.__slots__
    }
    assert (kept.added_at, kept.judged_until, kept.is_paused) == (NOW, NOW, False)
    assert (store.schedules.named(stated.name), store.schedules.all()) == (kept, [kept])


def test_a_name_is_given_once(store: Store) -> None:
    """A second schedule of the same name is refused in one sentence, and so is one that is not there."""
    store.schedules.add(HOURLY, now=NOW)
    with pytest.raises(ScheduleExists, match="there is a schedule 'hourly' already"):
        store.schedules.add(HOURLY, now=NOW)
    for attempt in (
        lambda: store.schedules.named("daily"),
        lambda: store.schedules.pause("daily", now=NOW),
        lambda: store.schedules.resume("daily", now=NOW),
        lambda: store.schedules.remove("daily"),
        lambda: store.schedules.plan_now("daily", now=NOW),
    ):
        with pytest.raises(UnknownSchedule, match="there is no schedule 'daily'"):
            attempt()


def test_a_pause_remembers_its_span(store: Store) -> None:
    """Pausing twice is pausing once; the span stays known after the end, so that its moments are never planned."""
    store.schedules.add(HOURLY, now=NOW)
    paused = store.schedules.pause("hourly", now=NOW + MINUTE)
    assert paused.is_paused
    assert store.schedules.pause("hourly", now=NOW + 2 * MINUTE) == paused
    resumed = store.schedules.resume("hourly", now=NOW + 3 * MINUTE)
    assert (resumed.is_paused, resumed.paused_at, resumed.resumed_at) == (False, NOW + MINUTE, NOW + 3 * MINUTE)
    assert store.schedules.resume("hourly", now=NOW + 4 * MINUTE) == resumed


def test_a_moment_has_one_run(store: Store) -> None:
    """What was decided of a moment stays, however often it is decided again; each has a row that says why."""
    store.schedules.add(HOURLY, now=NOW)
    leadership = lead(store)
    first = deciding(
        Decision(planned_at=NOW, state=RunState.MISSED, reason="nobody was there"),
        Decision(planned_at=NOW + MINUTE, state=RunState.PLANNED, seeds=("https://www.rfi.fr/cn/a",)),
    )
    again = deciding(*(Decision(planned_at=NOW + n * MINUTE, state=RunState.SKIPPED, reason="no") for n in range(3)))
    for judge in (first, again):
        store.schedules.judge(leadership, judge)
    runs = store.runs.latest(schedule="hourly")[::-1]
    assert [(run.planned_at, run.state.value, run.reason) for run in runs] == [
        (NOW, "missed", "nobody was there"),
        (NOW + MINUTE, "planned", None),
        (NOW + 2 * MINUTE, "skipped", "no"),
    ]
    assert [run.plan.seeds for run in runs][:2] == [PLAN.seeds, ("https://www.rfi.fr/cn/a",)]
    assert {(run.started_at, run.finished_at) for run in runs} == {(None, None)}
    assert store.schedules.named("hourly").judged_until == NOW + MINUTE
    assert store.schedules.tally() == {RunState.MISSED: 1, RunState.PLANNED: 1, RunState.SKIPPED: 1}


def test_a_planned_run_is_claimed_once(store: Store) -> None:
    """Of two processes that were started for one run, one runs it; its row becomes that of a run like any other."""
    store.schedules.add(HOURLY, now=NOW)
    planned = store.schedules.plan_now("hourly", now=NOW)
    assert store.schedules.front() == [planned]
    claimed = store.schedules.claim(planned.id, now=NOW + MINUTE)
    assert claimed is not None
    assert (claimed.state, claimed.started_at, claimed.schedule) == (RunState.RUNNING, NOW + MINUTE, "hourly")
    assert store.schedules.claim(planned.id, now=NOW + MINUTE) is None
    assert store.schedules.front()[0].state is RunState.RUNNING
    store.runs.finish(planned.id, state=RunState.FINISHED, reason=None, counts={"new": 3}, now=NOW + 2 * MINUTE)
    assert (store.schedules.front(), store.runs.latest()[0].counts) == ([], {"new": 3})


@pytest.mark.parametrize("undo", ["pause", "remove"])
def test_what_waits_goes_with_its_schedule(store: Store, undo: str) -> None:
    """Runs that wait are skipped and say why; the one that runs goes on; all stay in the history."""
    store.schedules.add(HOURLY, now=NOW)
    running, waiting = (store.schedules.plan_now("hourly", now=NOW + n * MINUTE) for n in range(2))
    store.schedules.claim(running.id, now=NOW)
    if undo == "pause":
        store.schedules.pause("hourly", now=NOW)
    else:
        store.schedules.remove("hourly")
    assert [(run.id, run.state.value, run.reason) for run in store.runs.latest(schedule="hourly")] == [
        (waiting.id, "skipped", f"its schedule was {undo}d"),
        (running.id, "running", None),
    ]


def test_a_hung_run_is_settled_with_its_stack(store: Store) -> None:
    """Its watcher's word is final: leases wait again, and what the run itself says later changes nothing."""
    store.schedules.add(HOURLY, now=NOW)
    run = store.schedules.plan_now("hourly", now=NOW)
    store.schedules.claim(run.id, now=NOW)
    walk = store.frontier.open_walk(run.plan, run_id=run.id, now=NOW)
    store.frontier.add(walk, [FoundUrl(url="https://www.rfi.fr/cn/", is_listing=True)], now=NOW)
    assert len(store.frontier.lease(walk, run_id=run.id, limit=9, now=NOW)) == 1
    told = {"state": RunState.HUNG, "reason": "no progress for 300 s", "stack": "in loop\n", "now": NOW + MINUTE}
    assert store.schedules.settle(run.id, **told)
    ended = store.runs.finish(run.id, state=RunState.FINISHED, reason=None, counts={}, now=NOW + 2 * MINUTE)
    assert (ended.state, ended.reason, ended.stack, ended.finished_at) == (
        RunState.HUNG,
        "no progress for 300 s",
        "in loop\n",
        NOW + MINUTE,
    )
    assert len(store.frontier.lease(walk, run_id=99, limit=9, now=NOW + MINUTE)) == 1


def test_a_watcher_leaves_an_ended_run_its_word(store: Store) -> None:
    """A run that finished stays finished; of one that stopped as it was told, the watcher says why."""
    store.schedules.add(HOURLY, now=NOW)
    for state, expected in ((RunState.FINISHED, "finished"), (RunState.STOPPED, "stopped")):
        run = store.schedules.plan_now("hourly", now=NOW + MINUTE * len(expected))
        store.schedules.claim(run.id, now=NOW)
        store.runs.finish(run.id, state=state, reason="interrupted", counts={}, now=NOW)
        store.schedules.settle(run.id, state=RunState.STOPPED, reason="its time was over", now=NOW + MINUTE)
        ended = store.runs.get(run.id)
        assert ended is not None
        reason = "its time was over" if state is RunState.STOPPED else "interrupted"
        assert (ended.state.value, ended.reason, ended.finished_at) == (expected, reason, NOW)


def test_one_leads(store: Store) -> None:
    """Who did not see the latest sign of life does not take over; who did, does, and the other is told."""
    first = lead(store)
    assert store.leadership.take("there", instead_of=None, now=NOW) is None
    beating = store.leadership.beat(first, now=NOW + MINUTE)
    assert store.leadership.take("there", instead_of=first, now=NOW + MINUTE) is None
    second = store.leadership.take("there", instead_of=beating, now=NOW + MINUTE)
    assert second is not None
    assert (second.term, store.leadership.current()) == (first.term + 1, second)
    with pytest.raises(LeadershipLost, match="another service has taken over from here"):
        store.leadership.beat(beating, now=NOW + 2 * MINUTE)


def test_who_lost_the_lead_decides_nothing(store: Store) -> None:
    """A leader that was away for too long writes nothing of what it decided meanwhile."""
    store.schedules.add(HOURLY, now=NOW)
    first = lead(store)
    store.leadership.take("there", instead_of=first, now=NOW)
    with pytest.raises(LeadershipLost):
        store.schedules.judge(first, deciding(Decision(planned_at=NOW, state=RunState.PLANNED)))
    assert (store.runs.latest(), store.schedules.named("hourly").judged_until) == ([], NOW)


def test_a_lead_that_was_given_up_is_free(store: Store) -> None:
    """A service that ends in good order lets another lead at once; the terms go on growing."""
    first = lead(store)
    store.leadership.give_up(first)
    assert store.leadership.current() is None
    assert lead(store).term == first.term + 1
