"""``newscrawl runs log``: what a scheduled run has logged, to its end or as it comes."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from storage import CrawlKind, CrawlPlan, Interval, NewSchedule, RunState, Store

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from children import Child
    from conftest import Ended

pytestmark = pytest.mark.usefixtures("tables")

NOW = datetime(2026, 3, 29, 1, 30, tzinfo=UTC)
PLAN = CrawlPlan(source="rfi-cn", kind=CrawlKind.SCHEDULED)


@pytest.fixture
def folder(newscrawl: Callable[..., Ended]) -> Iterator[Store]:
    """Return the store of an empty folder in which run 1 is planned, and which has a folder for logs."""
    Path("newscrawl-logs").mkdir()
    with Store.open("sqlite:///newscrawl.db") as store:
        store.schedules.add(NewSchedule(name="often", plan=PLAN, trigger=Interval(every_seconds=60)), now=NOW)
        store.schedules.plan_now("often", now=NOW)
        yield store


def end(store: Store, run_id: int) -> None:
    """Close a run."""
    store.runs.finish(run_id, state=RunState.FINISHED, reason=None, counts={}, now=NOW)


def test_a_log_is_printed_whole(folder: Store, newscrawl: Callable[..., Ended]) -> None:
    """What was logged before the file grew too large comes first; `--follow` ends with a run that has ended."""
    folder.schedules.claim(1, now=NOW)
    end(folder, 1)
    Path("newscrawl-logs/run-1.log.1").write_text("first\n", "utf-8")
    Path("newscrawl-logs/run-1.log").write_text("灯塔\n", "utf-8")
    for arguments in ((), ("--follow",)):
        ended = newscrawl("runs", "log", "1", *arguments)
        assert (ended.code, ended.out, ended.err) == (0, "first\n灯塔\n", "")


def test_the_folder_may_be_named(folder: Store, newscrawl: Callable[..., Ended]) -> None:
    """As it is named for the service."""
    Path("elsewhere").mkdir()
    Path("elsewhere/run-1.log").write_text("here\n", "utf-8")
    assert newscrawl("runs", "log", "1", "--logs", "elsewhere").out == "here\n"


def test_a_log_is_followed_until_its_run_has_ended(
    folder: Store,
    tmp_path: Path,
    start_child: Callable[..., Child],
    wait_for: Callable[[Child], Ended],
) -> None:
    """From before it begins, over a new file when the first has grown large, to the last line."""
    path = tmp_path / "newscrawl-logs" / "run-1.log"
    arguments = ("--logs", path.parent, "--db", f"sqlite:///{tmp_path}/newscrawl.db")
    child = start_child("runs", "log", "1", "--follow", *arguments)
    assert child.stdout is not None
    folder.schedules.claim(1, now=NOW)
    with path.open("w", encoding="utf-8") as first:
        first.write("one\n")
        first.flush()
        assert child.stdout.readline() == b"one\n"
        first.write("two\n")
    path.rename(path.with_suffix(".log.1"))
    path.write_text("three\n", "utf-8")
    end(folder, 1)
    ended = wait_for(child)
    assert (ended.code, ended.out, ended.err) == (0, "two\nthree\n", "")


def test_a_run_without_a_log_says_why(folder: Store, newscrawl: Callable[..., Ended]) -> None:
    """It never began, was started by hand, or its log is gone."""
    told = [newscrawl("runs", "log", "1")]
    folder.schedules.claim(1, now=NOW)
    told.append(newscrawl("runs", "log", "1"))
    by_hand = folder.runs.start(PLAN, now=NOW)
    told.append(newscrawl("runs", "log", str(by_hand.id), "--follow"))
    assert [(one.code, one.out) for one in told] == [(1, "")] * 3
    assert [one.err for one in told] == [
        "newscrawl: run 1 is planned and never began, so it has no log\n",
        "newscrawl: the log of run 1 is not in newscrawl-logs: it was removed with age, or is on another machine\n",
        "newscrawl: run 2 was started by hand and logged to its terminal; `newscrawl runs show 2` tells more\n",
    ]


def test_a_run_that_is_not_there(folder: Store, newscrawl: Callable[..., Ended]) -> None:
    """Is named."""
    ended = newscrawl("runs", "log", "7", "--follow")
    assert (ended.code, ended.out) == (2, "")
    assert ended.err == "newscrawl: there is no run 7; `newscrawl runs list` shows those there are\n"
