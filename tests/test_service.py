"""``newscrawl serve`` in real processes: runs are made, held to their limits, taken over, and ended in good order."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil
import pytest
from scripted import ORIGIN, ScriptedSite, path_of, serving

from crawler.service.logs import RunLogs
from storage import CrawlKind, CrawlPlan, CrawlRun, Interval, NewSchedule, RunState, Store
from storage.run_rows import VANISHED

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from children import Child
    from conftest import Ended

    from storage import Leadership

ROOT = Path(__file__).resolve().parent.parent

# A fault in our own code: the reader of a page never ends. The marker is eaten, so that only the first run has it.
LOOPING = """
import os, pathlib, sys
if "crawler.service.worker" in sys.orig_argv:
    import crawler.decoding
    as_utf8 = crawler.decoding.as_utf8
    def forever(body, content_type=""):
        marker = pathlib.Path(os.environ["MARKER"])
        if b"looping" in body and marker.exists():
            marker.unlink()
            while True:
                pass
        return as_utf8(body, content_type)
    crawler.decoding.as_utf8 = forever
"""


@pytest.fixture
def scripted() -> Iterator[ScriptedSite]:
    """Serve a small site."""
    with serving(["silent", "looping", "slow", "greedy", "a"]) as site:
        yield site


@pytest.fixture
def database(tmp_path: Path) -> str:
    """Return the URL of a database that is not there yet."""
    return f"sqlite:///{tmp_path}/news.db"


@pytest.fixture
def serve(start_child: Callable[..., Child], tmp_path: Path, database: str) -> Iterator[Callable[..., Child]]:
    """Return a function that starts a service; whatever still runs at the end is killed."""
    started: list[Child] = []

    def start(*options: str, **settings: str) -> Child:
        command = ("serve", "--db", database, "--logs", str(tmp_path / "logs"), "--heartbeat", "0.5")
        started.append(start_child(*command, *options, **settings))
        return started[-1]

    yield start
    for child in started:
        child.kill()
        child.communicate()


def schedule(site: ScriptedSite, name: str, **limits: float) -> NewSchedule:
    """Return a schedule of one article that has no moment within the time of a test."""
    plan = CrawlPlan(
        source="rfi-cn",
        kind=CrawlKind.SCHEDULED,
        seeds=(ORIGIN + path_of(name),),
        via=site.base_url,
        delay_seconds=0.0,
    )
    return NewSchedule(name=name, plan=plan, trigger=Interval(every_seconds=86400), **limits)  # type: ignore[arg-type]  # limits are numbers


def plan_now(store: Store, name: str) -> CrawlRun:
    """Plan a run for now."""
    return store.schedules.plan_now(name, now=datetime.now(UTC))


def until(store: Store, *runs: CrawlRun, state: RunState | None = None, is_watched: bool = False) -> list[CrawlRun]:
    """Wait until runs have ended, or are in a state, and return them.

    A run that is watched may be found gone by another one for a moment, before its watcher says what became of it.
    """

    def is_there(one: CrawlRun | None) -> bool:
        if one is None or state is not None:
            return one is not None and one.state is state
        is_told = not (is_watched and (one.reason or "").startswith(VANISHED))
        return one.state not in (RunState.PLANNED, RunState.RUNNING) and is_told

    give_up_at = time.monotonic() + 100
    while time.monotonic() < give_up_at:
        found = [store.runs.get(run.id) for run in runs]
        if all(map(is_there, found)):
            return [one for one in found if one is not None]
        time.sleep(0.05)
    raise AssertionError(f"still {[one and (one.id, one.state, one.reason) for one in found]}")


def until_led(store: Store) -> Leadership:
    """Wait until a service leads, and return its leadership."""
    while (leadership := store.leadership.current()) is None:
        time.sleep(0.05)
    return leadership


def holds(service: Child) -> tuple[int, int]:
    """Return how many files and threads a service has while none of its runs is under way."""
    process = psutil.Process(service.pid)
    while process.children():
        time.sleep(0.05)
    time.sleep(1)  # it looks twice a second
    return process.num_fds(), process.num_threads()


@pytest.mark.long
def test_a_planned_run_is_made_by_a_child(
    scripted: ScriptedSite, serve: Callable[..., Child], tmp_path: Path, database: str
) -> None:
    """It walks the same road as one by hand, has a log of its own, and says the same when it cannot begin; the service
    is left with no file and no thread of it, and ends with exit code 0.
    """
    live = replace(schedule(scripted, "live"), plan=CrawlPlan(source="rfi-cn", kind=CrawlKind.SCHEDULED))
    with Store.open(database) as store:
        for stated in (schedule(scripted, "a"), live):
            store.schedules.add(stated, now=datetime.now(UTC))
        run = plan_now(store, "a")
        service = serve()
        ended, failed = until(store, run, plan_now(store, "live"))
        held = holds(service)
        until(store, plan_now(store, "a"))
        assert holds(service) == held
        assert (ended.state, ended.counts["new"], store.count_articles()) == (RunState.FINISHED, 1, 1)
        assert (failed.state, (failed.reason or "").partition(";")[0]) == (
            RunState.FAILED,
            "a crawl of a live site needs a contact address for the site's operators",
        )
        service.terminate()
        _, err = service.communicate(timeout=60)
    assert (service.returncode, b"this service leads (term 1)" in err) == (0, True)
    assert f"run {run.id} finished" in RunLogs(tmp_path / "logs", keep=1).path(run.id).read_text()


def test_the_service_itself_imports_no_reactor() -> None:
    """A reactor belongs to the process of a run: the service's own modules do without, and without Scrapy."""
    script = "import sys, crawler.cli.serve, crawler.service.serving\nprint({'twisted', 'scrapy'} & set(sys.modules))"
    ran = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, check=True, text=True)
    assert ran.stdout == "set()\n"


@pytest.mark.long
def test_runs_are_held_to_their_limits(
    scripted: ScriptedSite, serve: Callable[..., Child], tmp_path: Path, database: str
) -> None:
    """A run whose site never answers, and one whose reader never ends, are recorded as hung with the stack of every
    thread, and their next run starts; time and memory have an end, too.
    """
    scripted.script(path_of("silent"), lambda _: time.sleep(60), None)
    scripted.script(path_of("slow"), lambda _: time.sleep(60))
    (tmp_path / "sitecustomize.py").write_text(LOOPING)
    (tmp_path / "marker").touch()
    settings = {
        "PYTHONPATH": f"{tmp_path}:{ROOT}",
        "MARKER": str(tmp_path / "marker"),
        "NEWSCRAWL_SILENCE_LIMIT_SECONDS": "4",
        "NEWSCRAWL_STOP_SECONDS": "1",
    }
    with Store.open(database) as store:
        now = datetime.now(UTC)
        for name in ("silent", "looping"):
            store.schedules.add(schedule(scripted, name), now=now)
        store.schedules.add(schedule(scripted, "slow", time_limit_seconds=2, silence_limit_seconds=60), now=now)
        store.schedules.add(schedule(scripted, "greedy", memory_limit_bytes=1_000_000), now=now)
        first = {name: plan_now(store, name) for name in ("silent", "looping", "slow", "greedy")}
        second = {name: plan_now(store, name) for name in ("silent", "looping")}
        serve("--max-runs", "8", **settings)
        silent, looping, slow, greedy = until(store, *first.values(), is_watched=True)
        for hung, stands_in in ((silent, "reactor"), (looping, "in forever")):
            assert (hung.state, hung.reason) == (RunState.HUNG, "no progress for 4 seconds")
            assert hung.stack is not None
            assert stands_in in hung.stack
            assert hung.stack.startswith(("Thread 0x", "Current thread 0x"))
        assert {slow.state, greedy.state} <= {RunState.STOPPED, RunState.KILLED}
        assert slow.reason == "its time limit of 2 seconds was over"
        assert greedy.reason is not None
        assert greedy.reason.endswith("MB of memory, and 1 MB are allowed")
        again = until(store, *second.values())
        assert [(run.state, run.reason) for run in again] == [(RunState.FINISHED, None)] * 2


@pytest.mark.long
def test_another_service_takes_over(scripted: ScriptedSite, serve: Callable[..., Child], database: str) -> None:
    """The leader is killed: its run dies with it and is settled, and what is planned next is run by the other."""
    fetching = threading.Event()

    def never(_: Any) -> None:
        fetching.set()
        time.sleep(60)

    scripted.script(path_of("silent"), never, None)
    with Store.open(database) as store:
        store.schedules.add(schedule(scripted, "silent"), now=datetime.now(UTC))
        run = plan_now(store, "silent")
        leader = serve()
        (running,) = until(store, run, state=RunState.RUNNING)
        serve()
        assert fetching.wait(60)
        children = psutil.Process(leader.pid).children()
        leader.kill()
        (killed,) = until(store, running)
        assert (killed.state, (killed.reason or "").partition(";")[0]) == (RunState.KILLED, "its process vanished")
        assert [child.pid for child in children if child.is_running() and child.status() != "zombie"] == []
        leadership = store.leadership.current()
        assert leadership is not None
        assert leadership.term == 2
        (ended,) = until(store, plan_now(store, "silent"))
        assert ended.state is RunState.FINISHED


@pytest.mark.long
def test_sigterm_leaves_nothing_running(scripted: ScriptedSite, serve: Callable[..., Child], database: str) -> None:
    """No further run starts, the one under way is stopped after the grace, and says why; exit code 0."""
    scripted.script(path_of("slow"), lambda _: time.sleep(60))
    with Store.open(database) as store:
        store.schedules.add(schedule(scripted, "slow"), now=datetime.now(UTC))
        running, waiting = plan_now(store, "slow"), plan_now(store, "slow")
        service = serve("--grace", "0.5", NEWSCRAWL_STOP_SECONDS="1")
        until(store, running, state=RunState.RUNNING)
        children = psutil.Process(service.pid).children()
        service.terminate()
        service.communicate(timeout=60)
        (stopped,) = until(store, running)
        assert (service.returncode, stopped.reason) == (0, "its service was ended")
        assert [child for child in children if child.is_running()] == []
        assert (store.runs.get(waiting.id) or stopped).state is RunState.PLANNED
        assert store.leadership.current() is None


def test_the_logs_of_the_oldest_runs_go(tmp_path: Path) -> None:
    """As many as were asked for are kept, by number and not by name; other files are left alone."""
    logs = RunLogs(tmp_path / "logs", keep=2)
    logs.make_room()
    for number in (8, 9, 10, 11):
        logs.path(number).touch()
    logs.path(8).with_suffix(".log.1").touch()
    (tmp_path / "logs" / "run-notes.txt").touch()
    logs.make_room()
    assert sorted(path.name for path in (tmp_path / "logs").iterdir()) == ["run-10.log", "run-11.log", "run-notes.txt"]


def test_a_log_that_grows_too_large_begins_anew(tmp_path: Path) -> None:
    """All that a process writes, and not only its log records, goes into the new file; the one before is kept."""
    log = tmp_path / "run-1.log"
    script = (
        "import logging, sys, pathlib\n"
        "from crawler.service.logs import RunLogHandler\n"
        "logging.basicConfig(level='INFO', handlers=[RunLogHandler(pathlib.Path(sys.argv[1]), max_bytes=100)])\n"
        "logging.info('x' * 100)\n"
        "print('from elsewhere', flush=True)\n"
    )
    with log.open("ab") as out:
        subprocess.run([sys.executable, "-c", script, str(log)], cwd=ROOT, stdout=out, stderr=out, check=True)
    assert log.read_text() == "from elsewhere\n"
    assert log.with_suffix(".log.1").read_text().endswith("x" * 100 + "\n")


@pytest.mark.long
def test_a_database_that_is_away_does_not_end_the_service(serve: Callable[..., Child], database: str) -> None:
    """Another program holds the database for longer than anybody waits: the service goes on when it is back."""
    with Store.open(database) as store:
        service = serve("--db", f"{database}?timeout=0.2")
        first = until_led(store)
        with store.writing():
            time.sleep(2)
        while until_led(store).beats < first.beats + 3:
            time.sleep(0.05)
        service.terminate()
        _, err = service.communicate(timeout=60)
    assert (service.returncode, b"the database is back" in err) == (0, True)


def test_a_service_does_not_start_on_a_database_it_cannot_use(newscrawl: Callable[..., Ended]) -> None:
    """One clear sentence, and exit code 1."""
    ended = newscrawl("serve", "--db", "sqlite:////nowhere/news.db")
    assert (ended.code, ended.err.splitlines()[-1]) == (
        1,
        "newscrawl: the database /nowhere/news.db cannot be made: there is no folder /nowhere",
    )


def test_signals_end_a_service_that_waits(serve: Callable[..., Child], database: str) -> None:
    """Ctrl-C on one that has nothing to do ends it at once, with exit code 0."""
    with Store.open(database) as store:
        service = serve()
        until_led(store)
        os.kill(service.pid, signal.SIGINT)
        service.communicate(timeout=30)
    assert service.returncode == 0
