"""What becomes of moments that have come: overlap and catch-up."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from crawler.service.judging import judge
from storage import CatchUp, CrawlKind, CrawlPlan, Interval, Overlap, RunState, Schedule, StandingRun

if TYPE_CHECKING:
    from collections.abc import Sequence

    from storage import Judgement

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
WAITING, RUNNING = RunState.PLANNED, RunState.RUNNING


def decide(
    minutes_ago: Sequence[float],
    standing: Sequence[RunState] = (),
    *,
    overlap: Overlap = Overlap.SKIP,
    catch_up: CatchUp = CatchUp.ONCE,
    are_all: bool = True,
    is_new_term: bool = False,
) -> Judgement:
    """Judge moments so many minutes ago, while runs 1, 2 … of earlier ones stand."""
    schedule = Schedule(
        name="one",
        plan=CrawlPlan(source="rfi-cn", kind=CrawlKind.SCHEDULED),
        trigger=Interval(every_seconds=900),
        overlap=overlap,
        catch_up=catch_up,
        added_at=NOW,
        judged_until=NOW,
    )
    runs = [
        StandingRun(id=number, planned_at=NOW - 90 * MINUTE, state=state)
        for number, state in enumerate(standing, start=1)
    ]
    due = [NOW - ago * MINUTE for ago in minutes_ago]
    return judge(schedule, due, runs, now=NOW, judged_until=NOW, are_all=are_all, is_new_term=is_new_term)


def states(judgement: Judgement) -> list[str]:
    """Return what became of each moment."""
    return [decision.state.value for decision in judgement.decisions]


def test_a_moment_on_time_is_planned() -> None:
    """Nothing stands in the way: it is run, and there is nothing to explain."""
    (decision,) = decide([0]).decisions
    assert (decision.planned_at, decision.state, decision.reason) == (NOW, RunState.PLANNED, None)


@pytest.mark.parametrize(
    ("overlap", "standing", "state", "reason"),
    [
        (Overlap.SKIP, [RUNNING], "skipped", "run 1 was still running"),
        (Overlap.SKIP, [WAITING], "skipped", "run 1 was still waiting"),
        (Overlap.QUEUE_ONE, [RUNNING], "planned", None),
        (Overlap.QUEUE_ONE, [RUNNING, WAITING], "skipped", "run 2 was still waiting"),
        (Overlap.SUPERSEDE, [RUNNING, WAITING], "planned", None),
    ],
)
def test_what_stands_in_the_way(overlap: Overlap, standing: list[RunState], state: str, reason: str | None) -> None:
    """The overlap policy says whether the moment waits, gives way, or takes over."""
    (decision,) = decide([0], standing, overlap=overlap).decisions
    assert (decision.state.value, decision.reason) == (state, reason)


def test_superseding_stops_what_runs_and_drops_what_waits() -> None:
    """Both are told which run came in their stead."""
    judgement = decide([0], [RUNNING, WAITING], overlap=Overlap.SUPERSEDE)
    why = "superseded by the run planned for 2026-01-01 12:00:00 UTC"
    assert judgement.superseded == ((1, why),)
    assert judgement.dropped == ((2, RunState.SKIPPED, why),)


@pytest.mark.parametrize(
    ("catch_up", "expected"),
    [
        (CatchUp.ONCE, ["missed", "missed", "planned"]),
        (CatchUp.ALL, ["planned", "planned", "planned"]),
        (CatchUp.NONE, ["missed", "missed", "missed"]),
    ],
)
def test_moments_that_passed_while_nobody_was_there(catch_up: CatchUp, expected: list[str]) -> None:
    """Each has an answer, and those that are not run say why."""
    judgement = decide([45, 30, 15], catch_up=catch_up)
    assert states(judgement) == expected
    assert all(decision.reason for decision in judgement.decisions if decision.state is RunState.MISSED)


def test_a_moment_on_time_is_run_whatever_was_missed() -> None:
    """The policy of catching up is for what passed, not for what is on time."""
    assert states(decide([30, 15, 0], catch_up=CatchUp.NONE)) == ["missed", "missed", "planned"]


def test_more_moments_than_can_be_judged_at_once() -> None:
    """The latest is still to come: a later run makes up for all of these."""
    judgement = decide([45, 30], are_all=False)
    assert [decision.reason for decision in judgement.decisions] == [
        "nobody was there to start it; a later run makes up for it"
    ] * 2


@pytest.mark.parametrize(("catch_up", "dropped"), [(CatchUp.NONE, 1), (CatchUp.ONCE, 0), (CatchUp.ALL, 0)])
def test_a_run_that_waited_for_a_leader(catch_up: CatchUp, dropped: int) -> None:
    """Who wants nothing made up for does not want it late either; only a new leader may find such a run."""
    judgement = decide([], [WAITING], catch_up=catch_up, is_new_term=True)
    assert [state for _, state, _ in judgement.dropped] == [RunState.MISSED] * dropped
    assert decide([], [WAITING], catch_up=catch_up).dropped == ()
