"""``newscrawl schedules`` and the runs that they plan: stated, refused, listed; every time in the schedule's zone."""

from __future__ import annotations

import sqlite3
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from scripted import FRONT, serving

from storage import CrawlKind, CrawlPlan, Cron, Decision, Interval, Judgement, NewSchedule, RunState, Store

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from children import Child
    from conftest import Ended

ADDED = datetime(2026, 1, 1, tzinfo=UTC)

# The clock of Paris is turned back at 01:00 UTC, from 03:00 CEST to 02:00 CET; that of Shanghai never.
BEFORE_THE_TURN, AFTER_THE_TURN = (datetime(2026, 10, 25, hour, 30, tzinfo=UTC) for hour in (0, 1))


@pytest.fixture
def schedules(newscrawl: Callable[..., Ended], monkeypatch: pytest.MonkeyPatch) -> Callable[..., Ended]:
    """Return a function that runs a command of `newscrawl schedules` in an empty folder, as an operator with a name."""
    monkeypatch.setenv("NEWSCRAWL_CONTACT", "desk@example.org")
    return lambda *arguments: newscrawl("schedules", *arguments)


def plan_runs(url: str, *, zones: tuple[str, ...] = ("Europe/Paris", "Asia/Shanghai")) -> None:
    """Give a database a schedule in each zone, and for each the runs of one night, decided in several ways."""
    decisions = (
        Decision(planned_at=BEFORE_THE_TURN, state=RunState.MISSED, reason="nobody was there"),
        Decision(planned_at=AFTER_THE_TURN, state=RunState.SKIPPED, reason="run 1 was under way"),
    )
    with Store.open(url) as store:
        for zone in zones:
            plan = CrawlPlan(source="rfi-cn", kind=CrawlKind.SCHEDULED)
            trigger = Cron(expression="30 * * * *", zone=zone)
            store.schedules.add(NewSchedule(name=zone.rpartition("/")[2], plan=plan, trigger=trigger), now=ADDED)
        leadership = store.leadership.take("here", instead_of=None, now=ADDED)
        assert leadership is not None
        store.schedules.judge(leadership, lambda *_: Judgement(judged_until=AFTER_THE_TURN, decisions=decisions))


def cells(ended: Ended) -> list[list[str]]:
    """Return the cells of a printed table, without its head."""
    return [
        [cell.strip() for cell in line.strip("│").split("│")] for line in ended.out.splitlines() if line.startswith("│")
    ]


def test_a_schedule_is_added_and_listed(schedules: Callable[..., Ended]) -> None:
    """By the calendar of a zone, with what its runs are to do; the next moments are told in that zone."""
    stated = ("--cron", "30  6 * * *", "--zone", "Asia/Shanghai", "--section", "中国", "--limit", "20", "--pages", "2")
    added = schedules("add", "morning", "rfi-cn", *stated)
    assert (added.code, added.out.splitlines()[0]) == (0, "added morning: rfi-cn, cron 30 6 * * *")
    assert added.out.splitlines()[1].count(" 06:30 CST") == 3
    assert added.out.endswith(" (Asia/Shanghai)\n")
    ((name, source, when, following, latest, what),) = cells(schedules("list"))
    assert (name, source, when, latest) == ("morning", "rfi-cn", "cron 30 6 * * *", "")
    assert following.endswith(" 06:30 CST (Asia/Shanghai)")
    assert what == "from https://www.rfi.fr/cn/中国/, at most 20 articles, 2 pages a listing"


@pytest.mark.long
def test_a_schedule_is_run_by_the_service(
    schedules: Callable[..., Ended],
    newscrawl: Callable[..., Ended],
    tmp_path: Path,
    start_child: Callable[..., Child],
    wait_for: Callable[[Child], Ended],
) -> None:
    """From its statement to its log, with nothing between but the commands; the doctor sees who leads."""
    folders = ("--db", f"sqlite:///{tmp_path}/newscrawl.db", "--logs", tmp_path / "logs")
    with serving(["one", "two"]) as site:
        stated = ("--every", "1d", "--url", FRONT, "--via", site.base_url)
        assert schedules("add", "daily", "rfi-cn", *stated).code == 0
        assert schedules("run-now", "daily").code == 0
        with start_child("serve", *folders, "--heartbeat", "0.5") as service:
            deadline = time.monotonic() + 60
            while newscrawl("runs", "show", "1", "--json").objects[0]["state"] in ("planned", "running"):
                assert time.monotonic() < deadline, newscrawl("runs", "list").out
                time.sleep(0.1)
            told = {one["check"]: one["found"] for one in newscrawl("doctor", "--offline", "--json").objects}
            service.terminate()
            ended = wait_for(service)
    assert (ended.code, " leads, and left a sign of life " in told["service"]) == (0, True), ended.err
    (run,) = newscrawl("runs", "list", "--schedule", "daily", "--json").objects
    assert (run["state"], run["kind"], run["counts"]["new"]) == ("finished", "scheduled", 2)
    logged = newscrawl("runs", "log", "1", "--follow", "--logs", tmp_path / "logs")
    assert (logged.code, "run 1 finished" in logged.out) == (0, True), logged
    assert cells(schedules("list"))[0][4].startswith("finished, 20")


def test_a_schedule_as_json_is_in_utc(schedules: Callable[..., Ended]) -> None:
    """Everything that was stated, by the words it is stored under; `list` and `add` print the same object."""
    stated = ("--every", "15m", "--jitter", "30s", "--overlap", "queue-one", "--catch-up", "none")
    limits = ("--time-limit", "1h", "--silence-limit", "90s", "--memory-limit", "500MB", "--delay", "2.5")
    added = schedules("add", "often", "rfi-cn", *stated, *limits, "--json").objects[0]
    listed = schedules("list", "--json").objects
    assert [one | {"next": None} for one in listed] == [added | {"next": None}]
    assert added["trigger"] == {"kind": "interval", "every_seconds": 900.0, "jitter_seconds": 30.0}
    assert (added["overlap"], added["catch_up"], added["zone"]) == ("queue one", "none", "Europe/Paris")
    assert (added["time_limit_seconds"], added["silence_limit_seconds"]) == (3600.0, 90.0)
    assert (added["memory_limit_bytes"], added["delay_seconds"], added["seeds"]) == (500_000_000, 2.5, [])
    assert [instant[-1] for instant in (added["added_at"], added["judged_until"], *added["next"])] == ["Z"] * 5


def test_adaptive_is_a_rhythm_too(schedules: Callable[..., Ended]) -> None:
    """Its budget is what is stated of it."""
    assert schedules("add", "learnt", "rfi-cn", "--adaptive", "400").code == 0
    assert schedules("list", "--json").objects[0]["trigger"] == {"kind": "adaptive", "requests_a_day": 400}


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--every", "15"), "--every '15' is not a span of time; write 90s, 15m, 2h or 1d"),
        (("--every", "0m"), "--every '0m' is out of range; it is more than nothing and at most a year"),
        ((), "say when it is to run: one of --cron '0 * * * *', --every 15m, --adaptive 400"),
        (("--every", "1h", "--cron", "0 * * * *"), "say when it is to run: one of --cron"),
        (("--cron", "0 * * *"), "'0 * * *' is not a cron expression: it has 4 fields; write minute, hour, day, month"),
        (("--cron", "61 * * * *"), "'61 * * * *' is not a cron expression: "),
        (
            ("--cron", "0 * * * *", "--zone", "asia/shangai"),
            "--zone 'asia/shangai' is no time zone; did you mean Asia/",
        ),
        (("--cron", "0 * * * *", "--zone", "paris"), "--zone 'paris' is no time zone; did you mean Europe/Paris?"),
        (("--every", "1h", "--zone", "Europe/Paris"), "--zone belongs to --cron; elapsed time is the same in every"),
        (("--cron", "0 * * * *", "--jitter", "1m"), "--jitter belongs to --every"),
        (("--every", "1h", "--overlap", "both"), "--overlap 'both' is none; write one of skip, queue-one, supersede"),
        (("--every", "1h", "--catch-up", "two"), "--catch-up 'two' is none; write one of once, all, none"),
        (("--every", "1h", "--memory-limit", "much"), "'much' is not a size; write 500MB, 2GiB or 1000"),
        (("--every", "1h", "--url", "https://example.org/"), "https://example.org/ is not a page of rfi-cn; its pages"),
        (("--every", "1h", "--via", "127.0.0.1:80"), "--via '127.0.0.1:80' is not the address of a server; write"),
    ],
)
def test_what_cannot_be_meant_is_refused(
    schedules: Callable[..., Ended], arguments: tuple[str, ...], sentence: str
) -> None:
    """One sentence that says what to write; no database is made."""
    ended = schedules("add", "some", "rfi-cn", *arguments)
    assert (ended.code, ended.out, ended.err.count("\n")) == (2, "", 1)
    assert ended.err.startswith(f"newscrawl: {sentence}")
    assert schedules("list").err.startswith("newscrawl: there is no database")


@pytest.mark.parametrize("name", ["", "two words", "a/b", "..", "x" * 101, "-x\n"])
def test_a_name_can_stand_in_a_command_and_a_file_name(schedules: Callable[..., Ended], name: str) -> None:
    """Letters of any script may; spaces, slashes and leading points may not."""
    ended = schedules("add", "--every", "1h", "--", name, "rfi-cn")
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.startswith(f"newscrawl: {name!r} is no name for a schedule; write letters")
    assert schedules("add", "每小时", "rfi-cn", "--every", "1h").code == 0


def test_a_name_is_given_once(schedules: Callable[..., Ended]) -> None:
    """The first schedule stays as it is."""
    assert schedules("add", "hourly", "rfi-cn", "--every", "1h").code == 0
    ended = schedules("add", "hourly", "rfi-fr", "--every", "2h")
    assert (ended.code, ended.out) == (1, "")
    assert ended.err == "newscrawl: there is a schedule 'hourly' already; remove it first, or choose another name\n"
    assert [one["source"] for one in schedules("list", "--json").objects] == ["rfi-cn"]


def test_what_will_keep_a_schedule_from_running_is_told(
    schedules: Callable[..., Ended], monkeypatch: pytest.MonkeyPatch
) -> None:
    """No service, no contact: it is added all the same, for both may come later."""
    monkeypatch.delenv("NEWSCRAWL_CONTACT")
    ended = schedules("add", "hourly", "rfi-cn", "--every", "1h")
    assert (ended.code, ended.err.splitlines()) == (
        0,
        [
            "newscrawl: no contact address is set, so its runs will fail; newscrawl doctor says what to do",
            "newscrawl: no service is running; start one with: newscrawl serve",
        ],
    )


def test_pause_and_resume(schedules: Callable[..., Ended]) -> None:
    """A paused schedule has no next moment, and says so."""
    schedules("add", "hourly", "rfi-cn", "--every", "1h")
    assert schedules("pause", "hourly").out == "paused hourly; `newscrawl schedules resume hourly` lets it go on\n"
    assert cells(schedules("list"))[0][3] == "paused"
    (paused,) = schedules("list", "--json").objects
    assert (paused["is_paused"], paused["next"], paused["paused_at"][-1]) == (True, [], "Z")
    assert schedules("resume", "hourly").out.startswith("resumed hourly; next: 20")
    assert schedules("list", "--json").objects[0]["is_paused"] is False


def test_run_now_plans_a_run(schedules: Callable[..., Ended], newscrawl: Callable[..., Ended]) -> None:
    """Its number is told; without a service it waits, which is told, too."""
    schedules("add", "hourly", "rfi-cn", "--every", "1h")
    ended = schedules("run-now", "hourly")
    assert ended.out == "run 1 of hourly is planned; `newscrawl runs show 1` tells what becomes of it\n"
    assert ended.err == "newscrawl: no service is running; it waits until one is started with: newscrawl serve\n"
    (run,) = newscrawl("runs", "list", "--state", "planned", "--json").objects
    assert (run["id"], run["schedule"], run["state"], run["started_at"]) == (1, "hourly", "planned", None)
    assert cells(schedules("list"))[0][4].startswith("planned, 20")


def test_a_removed_schedule_leaves_its_history(
    schedules: Callable[..., Ended], newscrawl: Callable[..., Ended]
) -> None:
    """What waited is skipped, with the reason."""
    schedules("add", "hourly", "rfi-cn", "--every", "1h")
    schedules("run-now", "hourly")
    assert (
        schedules("remove", "hourly").out == "removed hourly; `newscrawl runs list --schedule hourly` shows its runs\n"
    )
    assert schedules("list", "--json").objects == []
    (run,) = newscrawl("runs", "list", "--schedule", "hourly", "--json").objects
    assert (run["state"], run["reason"]) == ("skipped", "its schedule was removed")


@pytest.mark.parametrize("command", ["pause", "resume", "run-now", "remove"])
def test_a_schedule_that_is_not_there(schedules: Callable[..., Ended], command: str) -> None:
    """Is named, and so it is where runs are filtered by it."""
    schedules("add", "hourly", "rfi-cn", "--every", "1h")
    ended = schedules(command, "daily")
    assert (ended.code, ended.out, ended.err) == (1, "", "newscrawl: there is no schedule 'daily'\n")


def test_runs_are_filtered(newscrawl: Callable[..., Ended]) -> None:
    """By schedule, by state, by both; a state or a schedule that is none is refused."""
    plan_runs("sqlite:///newscrawl.db")

    def listed(*arguments: str) -> list[tuple[str, str]]:
        runs = newscrawl("runs", "list", "--json", *arguments).objects
        return sorted((run["schedule"], run["state"]) for run in runs)

    assert listed("--schedule", "Paris") == [("Paris", "missed"), ("Paris", "skipped")]
    assert listed("--state", "missed") == [("Paris", "missed"), ("Shanghai", "missed")]
    assert listed("--schedule", "Paris", "--state", "missed") == [("Paris", "missed")]
    assert len(listed("--state", "missed", "--state", "skipped")) == 4
    assert listed("--state", "hung") == []
    assert newscrawl("runs", "list", "--schedule", "Rome").err == "newscrawl: there is no schedule 'Rome'\n"
    assert newscrawl("runs", "list", "--state", "lost").err.startswith(
        "newscrawl: --state 'lost' is none; write one of"
    )


def test_times_are_shown_in_the_schedules_zone_and_the_zone_is_named(newscrawl: Callable[..., Ended]) -> None:
    """In the night in which 02:30 comes twice the two are told apart; Shanghai's evening is no American one."""
    plan_runs("sqlite:///newscrawl.db")
    rows = cells(newscrawl("runs", "list"))
    shown = {(row[2], row[4]): (row[5], row[7], row[9]) for row in rows}
    assert shown == {
        ("Paris", "missed"): ("2026-10-25 02:30 CEST", "Europe/Paris", "nobody was there"),
        ("Paris", "skipped"): ("2026-10-25 02:30 CET", "Europe/Paris", "run 1 was under way"),
        ("Shanghai", "missed"): ("2026-10-25 08:30 CST", "Asia/Shanghai", "nobody was there"),
        ("Shanghai", "skipped"): ("2026-10-25 09:30 CST", "Asia/Shanghai", "run 1 was under way"),
    }
    by_id = {int(row[0]): row for row in rows}
    number = next(number for number, row in by_id.items() if (row[2], row[4]) == ("Shanghai", "missed"))
    assert "planned: 2026-10-25 08:30:00 CST (Asia/Shanghai)\n" in newscrawl("runs", "show", str(number)).out
    latest = {row[0]: row[4] for row in cells(newscrawl("schedules", "list"))}
    assert latest == {"Paris": "skipped, 2026-10-25 02:30 CET", "Shanghai": "skipped, 2026-10-25 09:30 CST"}


def test_times_in_json_are_utc(newscrawl: Callable[..., Ended]) -> None:
    """Whatever zone the schedule has."""
    plan_runs("sqlite:///newscrawl.db")
    runs = newscrawl("runs", "list", "--json").objects
    assert {(run["state"], run["planned_at"]) for run in runs} == {
        ("missed", "2026-10-25T00:30:00Z"),
        ("skipped", "2026-10-25T01:30:00Z"),
    }


def test_times_are_stored_in_utc(database_url: str) -> None:
    """Read past the program: SQLite holds microseconds since 1970, PostgreSQL instants."""
    plan_runs(database_url, zones=("Asia/Shanghai",))
    query = "SELECT planned_at FROM crawl_runs ORDER BY planned_at"
    stored: list[Any]
    if database_url.startswith("sqlite"):
        with sqlite3.connect(database_url.removeprefix("sqlite:///")) as connection:
            stored = [datetime.fromtimestamp(row[0] / 10**6, UTC) for row in connection.execute(query)]
    else:
        with psycopg.connect(database_url) as server:
            stored = [row[0].astimezone(UTC) for row in server.execute(query)]
    assert stored == [BEFORE_THE_TURN, AFTER_THE_TURN]


def test_a_rhythm_without_a_calendar_is_shown_in_the_sources_zone(newscrawl: Callable[..., Ended]) -> None:
    """So are runs by hand, and those of a schedule that was removed."""
    plan = CrawlPlan(source="rfi-cn", kind=CrawlKind.SCHEDULED)
    with Store.open("sqlite:///newscrawl.db") as store:
        store.schedules.add(NewSchedule(name="often", plan=plan, trigger=Interval(every_seconds=60)), now=ADDED)
        store.schedules.plan_now("often", now=BEFORE_THE_TURN)
    assert cells(newscrawl("runs", "list"))[0][5:8] == ["2026-10-25 02:30 CEST", "", "Europe/Paris"]
    newscrawl("schedules", "remove", "often")
    assert cells(newscrawl("runs", "list"))[0][5:8] == ["2026-10-25 02:30 CEST", "", "Europe/Paris"]
