"""``newscrawl doctor``: each check finds its fault, says what to do, and is content with what is as it must be."""

from __future__ import annotations

import shutil
import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import psycopg
import pytest
from scripted import answer, serving

from crawler.doctor.clock import check_past, check_zones, compare_clocks
from crawler.doctor.database import DatabaseCheck
from crawler.doctor.diagnosis import Verdict
from crawler.doctor.disk import check_disk
from storage import CrawlKind, CrawlPlan, Cron, NewSchedule, RunState, Store

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Ended

NOW = datetime(2026, 3, 29, 1, 30, tzinfo=UTC)
CONTACT = "desk@example.org"


@pytest.fixture(scope="module")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the file of a database of today's schema; to be copied."""
    path = tmp_path_factory.mktemp("empty") / "newscrawl.db"
    Store.open(f"sqlite:///{path}").close()
    return path


@pytest.fixture
def doctor(newscrawl: Callable[..., Ended], empty_database: Path) -> Callable[..., dict[str, Any]]:
    """Return a function that examines a folder with settings and a database, and returns what each check found.

    Of several diagnoses of one check the last one counts; ``""`` is the exit code.
    """
    newscrawl("init", "--contact", CONTACT)
    shutil.copy(empty_database, "newscrawl.db")

    def examine(*arguments: str) -> dict[str, Any]:
        ended = newscrawl("doctor", "--json", *arguments)
        return {one["check"]: one for one in ended.objects} | {"": ended.code}

    return examine


def test_all_is_well_in_a_folder_that_was_set_up(newscrawl: Callable[..., Ended]) -> None:
    """After the two commands that the guide begins with; the table says so in its first line."""
    newscrawl("init", "--contact", CONTACT)
    newscrawl("db", "upgrade")
    ended = newscrawl("doctor")
    assert (ended.code, ended.err, ended.out.splitlines()[0]) == (0, "", "Everything is as it must be")


def test_an_empty_folder_lacks_a_contact_and_a_database(newscrawl: Callable[..., Ended]) -> None:
    """Each with its remedy; nothing is made by looking."""
    ended = newscrawl("doctor", "--json")
    told = {one["check"]: one for one in ended.objects}
    assert (ended.code, told["contact"]["verdict"], told["database"]["verdict"]) == (1, "error", "warning")
    assert "newscrawl init" in told["contact"]["remedy"]
    assert told["database"]["remedy"] == "make it with: newscrawl db upgrade"
    assert list(Path().iterdir()) == []
    assert newscrawl("doctor").out.splitlines()[0] == "1 error, 1 warning"


def test_settings_that_cannot_be_read_are_a_finding(doctor: Callable[..., dict[str, Any]]) -> None:
    """The doctor does not die of what it is asked about."""
    Path("newscrawl.toml").write_text("contcat = 1", "utf-8")
    told = doctor()
    assert (told[""], told["settings"]["verdict"]) == (1, "error")
    assert told["settings"]["found"].endswith("has an unknown setting contcat; did you mean contact?")


def test_a_mistyped_variable_is_a_warning(
    doctor: Callable[..., dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It says what it may have meant."""
    monkeypatch.setenv("NEWSCRAWL_DELAY_SECOND", "3")
    told = doctor()
    assert (told[""], told["settings"]["verdict"]) == (0, "warning")
    assert told["settings"]["remedy"] == "write NEWSCRAWL_DELAY_SECONDS"


@pytest.mark.parametrize(("mode", "verdict"), [(0o644, "warning"), (0o640, "ok")])
def test_a_password_that_everybody_can_read_is_a_warning(
    newscrawl: Callable[..., Ended], mode: int, verdict: str
) -> None:
    """Only the file's rights tell; the password itself is never shown."""
    newscrawl("init", "--contact", CONTACT, "--db", "postgresql://me:secret@127.0.0.1:9/news")
    Path("newscrawl.toml").chmod(mode)
    ended = newscrawl("doctor", "--json")
    assert [one["verdict"] for one in ended.objects if one["check"] == "settings"][-1] == verdict
    assert "secret" not in ended.out + ended.err


def test_the_database_is_described(database_url: str) -> None:
    """Kind, version, size and schema; on PostgreSQL the server's clock is held against ours."""
    Store.open(database_url).close()
    check = DatabaseCheck(database_url)
    told = {one.check: one for one in check}
    assert {one.verdict for one in told.values()} == {Verdict.OK}
    assert sorted(told) == ["database", "schema", "writing"]
    assert check.is_usable
    assert check.condition is not None
    is_server = database_url.startswith("postgresql")
    assert (check.condition.clock is not None, check.condition.path is None) == (is_server, is_server)
    assert check.condition.version.startswith("PostgreSQL 1" if is_server else "SQLite 3")
    assert (check.condition.size_bytes or 0) > 10_000


def test_an_old_schema_is_an_error(doctor: Callable[..., dict[str, Any]]) -> None:
    """The remedy is the upgrade, after a backup; one that is newer than the program asks for a newer program."""
    for schema, remedy in (("0001", "make a backup, then: newscrawl db upgrade"), ("9999", "update the program")):
        with sqlite3.connect("newscrawl.db") as connection:
            connection.execute("UPDATE alembic_version SET version_num = ?", [schema])
        told = doctor()
        assert (told[""], told["schema"]["verdict"], told["schema"]["remedy"]) == (1, "error", remedy)


def test_a_database_that_can_only_be_read_is_an_error(postgresql_url: str) -> None:
    """The check asks for the right to write, and writes nothing."""
    Store.open(postgresql_url).close()
    with psycopg.connect(postgresql_url, autocommit=True) as connection:
        (name,) = connection.execute("SELECT current_database()").fetchone() or ("",)
        connection.execute(f'ALTER DATABASE "{name}" SET default_transaction_read_only = on')
    told = {one.check: one for one in DatabaseCheck(postgresql_url)}
    assert (told["schema"].verdict, told["writing"].verdict) == (Verdict.OK, Verdict.ERROR)
    assert "can only be read" in told["writing"].found


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("postgresql://127.0.0.1:9/news", "cannot be reached"),
        ("sqlite:////nowhere/news.db", "there is no folder /nowhere"),
        ("news.db", "is not a database URL"),
    ],
)
def test_a_database_that_cannot_be_had_is_an_error(doctor: Callable[..., dict[str, Any]], url: str, words: str) -> None:
    """The rest is looked at all the same."""
    told = doctor("--db", url)
    assert (told[""], told["database"]["verdict"], "zones" in told) == (1, "error", True)
    assert words in told["database"]["found"]


@pytest.mark.parametrize(
    ("off", "verdict", "found"),
    [
        (timedelta(seconds=-3), Verdict.OK, "agrees with that of www.rfi.fr"),
        (timedelta(seconds=30), Verdict.WARNING, "30 s ahead of that of www.rfi.fr"),
        (timedelta(hours=-8), Verdict.ERROR, "8 h behind that of www.rfi.fr"),
    ],
)
def test_a_clock_that_is_off_is_told(off: timedelta, verdict: Verdict, found: str) -> None:
    """A little is a worry, a lot is a fault."""
    told = compare_clocks(NOW, NOW + off, whose="www.rfi.fr")
    assert (told.verdict, told.found) == (verdict, found)


def test_a_clock_that_went_back_is_found_by_its_past(doctor: Callable[..., dict[str, Any]]) -> None:
    """A run that began tomorrow cannot have been."""
    ahead = datetime.now(UTC) + timedelta(days=1)
    with Store.open("sqlite:///newscrawl.db") as store:
        run = store.runs.start(CrawlPlan(source="rfi-cn", kind=CrawlKind.ONEOFF), now=ahead)
        store.runs.finish(run.id, state=RunState.FINISHED, reason=None, counts={}, now=ahead)
    told = doctor()
    assert (told[""], told["clock"]["verdict"]) == (1, "error")
    assert "the clock went back" in told["clock"]["found"]
    assert list(check_past(NOW, now=NOW)) == []


def test_a_zone_that_is_not_known_here_is_an_error() -> None:
    """The zones that are needed are named."""
    told = check_zones(["Europe/Paris", "Mars/Olympus_Mons", "Europe/Paris"])
    assert (told.verdict, told.found) == (Verdict.ERROR, "unknown here: Mars/Olympus_Mons")
    assert check_zones(["Europe/Paris"]).found == "Europe/Paris"


@pytest.mark.parametrize(
    ("free", "verdict"), [(5 * 10**9, Verdict.OK), (5 * 10**8, Verdict.WARNING), (5 * 10**6, Verdict.ERROR)]
)
def test_a_full_disk_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, free: int, verdict: Verdict) -> None:
    """Of a folder that is not there yet, the disk is that of the folder in which it will be made."""
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=free))
    (told,) = check_disk({"the logs": tmp_path / "not" / "there"}, database=None)
    assert (told.check, told.verdict) == ("disk of the logs", verdict)
    assert told.found.endswith(f" free in {tmp_path}")


def test_a_site_is_asked_for_its_robots_and_its_clock(doctor: Callable[..., dict[str, Any]]) -> None:
    """One request, in the crawler's own name; what it brought is kept for the next run."""
    with serving([]) as site:
        site.script("/robots.txt", answer(200, "User-agent: *\nDisallow: /private/\nCrawl-delay: 7"))
        told = doctor("rfi-cn", "rfi-fr", "--via", site.base_url)
        asked = [(one.path, one.headers["User-Agent"], one.headers["Host"]) for one in site.log]
    host = site.base_url.removeprefix("http://")
    robots = told[f"robots.txt of {host}"]
    assert (told[""], robots["verdict"], told["clock"]["verdict"]) == (0, "ok", "ok")
    assert robots["found"] == "it asks for 7 s between requests, which is kept"
    assert asked == [("/robots.txt", f"newscrawl/0.1.0 (+{CONTACT})", "www.rfi.fr")]
    with Store.open("sqlite:///newscrawl.db") as store:
        kept = store.hosts.robots(host)
    assert (kept.status, b"private" in kept.body) == (200, True) if kept else False


def test_no_site_is_asked_unless_it_is_named(doctor: Callable[..., dict[str, Any]]) -> None:
    """And none at all with --offline, or while nobody says who asks."""
    with serving([]) as site:
        told = [doctor("--via", site.base_url), doctor("rfi-cn", "--offline", "--via", site.base_url)]
        Path("newscrawl.toml").write_text("", "utf-8")
        told.append(doctor("rfi-cn"))
        assert site.log == []
    assert [one["robots.txt"]["found"] for one in told] == [
        "no site was asked, for none is named or scheduled",
        "no site was asked",
        "no site was asked, for it could not tell who asks",
    ]


BARRED = "User-agent: newscrawl\nDisallow: /cn/\n"
SECTION = f"User-agent: *\nDisallow: /cn/{quote('中国')}/\n"


@pytest.mark.parametrize(
    ("robots", "verdict", "words"),
    [
        (answer(404), "ok", "HTTP 404, allows the front page and 13 sections of rfi-cn"),
        (answer(200, BARRED), "error", "it forbids https://www.rfi.fr/cn/"),
        (answer(200, SECTION), "warning", "it forbids 1 sections of rfi-cn: https://www.rfi.fr/cn/中国/"),
        (answer(503), "error", "it cannot be had (HTTP 503), so nothing would be fetched from there"),
        (answer(302, Location="https://www.rfi.fr/robots.txt"), "ok", "too many redirects, allows the front page"),
        (answer(302, Location="file:///etc/passwd"), "error", "it cannot be had (it leads to file:///etc/passwd)"),
    ],
)
def test_what_robots_says_is_judged(
    doctor: Callable[..., dict[str, Any]], robots: Callable[..., None], verdict: str, words: str
) -> None:
    """As a crawl would judge it."""
    with serving([]) as site:
        site.script("/robots.txt", robots)
        told = doctor("rfi-cn", "--via", site.base_url)
    judged = told[f"robots.txt of {site.base_url.removeprefix('http://')}"]
    assert (judged["verdict"], words in judged["found"]) == (verdict, True), judged
    assert told[""] == (1 if verdict == "error" else 0)


def test_what_could_not_be_had_does_not_keep_the_next_run_waiting(doctor: Callable[..., dict[str, Any]]) -> None:
    """A mended network is used at once."""
    told = doctor("rfi-cn", "--via", "http://127.0.0.1:9")
    assert told["robots.txt of 127.0.0.1:9"]["verdict"] == "error"
    with Store.open("sqlite:///newscrawl.db") as store:
        assert store.hosts.robots("127.0.0.1:9") is None


def test_a_host_that_is_paused_is_left_alone(doctor: Callable[..., dict[str, Any]]) -> None:
    """It is not asked, and the reason is told."""
    with serving([]) as site, Store.open("sqlite:///newscrawl.db") as store:
        host, now = site.base_url.removeprefix("http://"), datetime.now(UTC)
        store.hosts.pause(host, until=now + timedelta(hours=1), why="HTTP 429", now=now)
        told = doctor("rfi-cn", "--via", site.base_url)
        assert site.log == []
    judged = told[f"robots.txt of {host}"]
    assert (judged["verdict"], judged["found"]) == (
        "warning",
        f"{host} is not to be asked for another 60 min: HTTP 429",
    )


def state_schedule(*, name: str = "hourly", source: str = "rfi-cn", added_at: datetime, via: str | None = None) -> None:
    """Give the database of this folder an hourly schedule."""
    plan = CrawlPlan(source=source, kind=CrawlKind.SCHEDULED, via=via)
    trigger = Cron(expression="0 * * * *", zone="Asia/Shanghai")
    with Store.open("sqlite:///newscrawl.db") as store:
        store.schedules.add(NewSchedule(name=name, plan=plan, trigger=trigger), now=added_at)


def test_the_sites_of_schedules_are_asked(doctor: Callable[..., dict[str, Any]]) -> None:
    """Those of sources that have a live one that is not paused; its zone is needed, too."""
    state_schedule(added_at=datetime.now(UTC))
    state_schedule(name="stand-in", source="rfi-fr", added_at=datetime.now(UTC), via="http://127.0.0.1:9")
    with serving([]) as site:
        told = doctor("--via", site.base_url)
        assert [one.path for one in site.log] == ["/robots.txt"]
        assert told[f"robots.txt of {site.base_url.removeprefix('http://')}"]["found"].endswith("sections of rfi-cn")
        with Store.open("sqlite:///newscrawl.db") as store:
            store.schedules.pause("hourly", now=datetime.now(UTC))
        assert doctor("--via", site.base_url)["robots.txt"]["found"].startswith("no site was asked")
        assert len(site.log) == 1
    assert "Asia/Shanghai" in told["zones"]["found"]


def test_schedules_that_nobody_runs_are_a_warning(doctor: Callable[..., dict[str, Any]]) -> None:
    """No error: a service that is about to start asks, too."""
    assert doctor()["schedules"]["found"] == "none; newscrawl schedules add states one"
    state_schedule(added_at=datetime.now(UTC) - timedelta(days=1))
    told = doctor("--offline")
    assert (told[""], told["schedules"]["found"]) == (0, "1 schedule")
    assert (told["service"]["verdict"], told["service"]["remedy"]) == ("warning", "start one: newscrawl serve")


def test_a_service_that_does_not_plan_is_an_error(doctor: Callable[..., dict[str, Any]]) -> None:
    """It leads, and a moment that came long ago has no run."""
    now = datetime.now(UTC)
    state_schedule(name="new", added_at=now)
    with Store.open("sqlite:///newscrawl.db") as store:
        store.leadership.take("process 1 on here", instead_of=None, now=now)
        told = doctor("--offline")
        assert (told[""], told["service"]["verdict"]) == (0, "ok")
        assert told["service"]["found"].startswith("process 1 on here leads, and left a sign of life ")
        state_schedule(added_at=now - timedelta(hours=3))
        told = doctor("--offline")
    assert (told[""], told["service"]["verdict"]) == (1, "error")
    assert told["service"]["found"].startswith("nothing was decided of the moment of hourly that came ")


@pytest.mark.parametrize("arguments", [("nowhere",), ("rfi-cn", "--via", "127.0.0.1:8000")])
def test_wrong_usage_is_refused(newscrawl: Callable[..., Ended], arguments: tuple[str, ...]) -> None:
    """An unknown source, and what is no address of a server."""
    ended = newscrawl("doctor", *arguments)
    assert (ended.code, ended.out, ended.err.count("\n")) == (2, "", 1)
