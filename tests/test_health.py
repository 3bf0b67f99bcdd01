"""Health: how scheduled crawls stand, read from the database, and answered over HTTP."""

from __future__ import annotations

import json
import threading
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from crawler.errors import BadInput
from crawler.service.endpoint import Watched, answering, health_as_json
from crawler.service.health import look
from storage import CrawlKind, CrawlPlan, Interval, NewSchedule, RunState, Store

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# Of a leader on this machine its process is looked at, which is not older than its signs of life.
NOW = datetime.now(UTC).replace(microsecond=0)
HEARTBEAT = 10.0


def state(store: Store, name: str, *, added_at: datetime) -> None:
    """Add a schedule of two runs an hour."""
    plan = CrawlPlan(source="rfi-cn", kind=CrawlKind.SCHEDULED)
    store.schedules.add(NewSchedule(name=name, plan=plan, trigger=Interval(every_seconds=1800)), now=added_at)


def test_without_a_leader_nothing_runs(store: Store) -> None:
    """That is the trouble, whether nobody ever led or the last one gave it up."""
    assert look(store, heartbeat_seconds=HEARTBEAT, now=NOW).troubles() == [
        "no service leads; the runs of schedules are not started"
    ]
    leadership = store.leadership.take("here", instead_of=None, now=NOW)
    assert leadership is not None
    health = look(store, heartbeat_seconds=HEARTBEAT, now=NOW + timedelta(seconds=2))
    assert (health.troubles(), health.is_ours, health.heartbeat_age) == ([], True, timedelta(seconds=2))
    store.leadership.give_up(leadership)
    assert look(store, heartbeat_seconds=HEARTBEAT, now=NOW).leader is None


def test_a_leader_that_is_silent_leads_no_more(store: Store) -> None:
    """After three heartbeats; who waits takes over sooner."""
    store.leadership.take("here", instead_of=None, now=NOW)
    alive, dead = (
        look(store, heartbeat_seconds=HEARTBEAT, now=NOW + timedelta(seconds=seconds)) for seconds in (29, 31)
    )
    assert (alive.troubles(), len(dead.troubles()), dead.heartbeat_age) == ([], 1, timedelta(seconds=31))


def test_a_moment_of_which_nothing_was_decided_is_overdue(store: Store) -> None:
    """Two minutes after it came; that of a paused schedule never."""
    store.leadership.take("here", instead_of=None, now=NOW)
    for name in ("often", "paused"):
        state(store, name, added_at=NOW - timedelta(minutes=40))
    store.schedules.pause("paused", now=NOW - timedelta(minutes=40))
    health = look(store, heartbeat_seconds=HEARTBEAT, now=NOW)
    planned_at = NOW - timedelta(minutes=10)
    assert [(one.schedule, one.planned_at) for one in health.overdue] == [("often", planned_at)]
    assert health.troubles() == [f"often should have had a run at {planned_at:%Y-%m-%d %H:%M:%S} UTC"]
    assert look(store, heartbeat_seconds=HEARTBEAT, now=planned_at + timedelta(minutes=1)).overdue == ()


@pytest.fixture
def served(tmp_path: Path) -> Iterator[tuple[Store, str]]:
    """Return a store, and the URL under which its health is answered."""
    with Store.open(f"sqlite:///{tmp_path}/news.db") as store:
        watched = Watched(store=store, heartbeat_seconds=HEARTBEAT, folder=tmp_path / "logs")
        with answering(watched, host="127.0.0.1", port=0) as url:
            yield store, url


def ask(url: str, method: str = "GET") -> tuple[int, str, bytes]:
    """Return status, type and body of an answer."""
    try:
        with urlopen(Request(url, method=method), timeout=10) as response:
            return response.status, response.headers["Content-Type"], response.read()
    except HTTPError as refusal:
        with refusal:
            return refusal.code, refusal.headers["Content-Type"], refusal.read()


def test_healthz_is_200_while_somebody_leads(served: tuple[Store, str]) -> None:
    """And 503 while nobody does, with the reason; times are UTC."""
    store, url = served
    status, kind, body = ask(url)
    assert (status, kind, json.loads(body)["status"]) == (503, "application/json", "failing")
    assert json.loads(body)["troubles"] == ["no service leads; the runs of schedules are not started"]
    store.leadership.take("process 1 on here", instead_of=None, now=datetime.now(UTC))
    state(store, "often", added_at=datetime.now(UTC))
    store.schedules.plan_now("often", now=datetime.now(UTC))
    status, _, body = ask(url)
    told: dict[str, Any] = json.loads(body)
    assert (status, told["status"], told["role"], told["leader"]) == (200, "ok", "leader", "process 1 on here")
    assert (told["schedules"], told["paused"], told["runs"], told["overdue"]) == (1, 0, {"planned": 1}, [])
    assert (told["heartbeat_at"][-1], told["heartbeat_age_seconds"] < 60, told["troubles"]) == ("Z", True, [])
    assert ask(url, "HEAD") == (200, "application/json", b"")


def test_a_standby_is_well_while_another_leads(tmp_path: Path) -> None:
    """Its role is told."""
    with Store.open(f"sqlite:///{tmp_path}/news.db") as store:
        watched = Watched(store=store, heartbeat_seconds=HEARTBEAT, folder=tmp_path)
        leadership = store.leadership.take("here", instead_of=None, now=NOW)
        assert leadership is not None
        assert health_as_json(watched, now=NOW)["role"] == "leader"
        store.leadership.give_up(leadership)
        assert health_as_json(watched, now=NOW)["role"] == "standby"


def test_metrics_are_those_of_the_moment(served: tuple[Store, str]) -> None:
    """In the format of Prometheus; every state has its number, an overdue schedule its delay."""
    store, url = served
    now = datetime.now(UTC)
    store.leadership.take("here", instead_of=None, now=now)
    state(store, "often", added_at=now - timedelta(hours=3))
    store.schedules.plan_now("often", now=now)
    status, kind, body = ask(url.replace("/healthz", "/metrics"))
    lines = body.decode().splitlines()
    values = dict(line.rsplit(" ", 1) for line in lines if not line.startswith("#"))
    assert (status, kind.partition(";")[0]) == (200, "text/plain")
    assert (values["newscrawl_is_leader"], values["newscrawl_is_led"]) == ("1.0", "1.0")
    assert values['newscrawl_runs{state="planned"}'] == "1.0"
    assert [name for name in values if name.startswith("newscrawl_runs")] == [
        f'newscrawl_runs{{state="{one.value}"}}' for one in RunState
    ]
    assert 3600 < float(values['newscrawl_overdue_seconds{schedule="often"}']) < 3 * 3600
    assert float(values["newscrawl_disk_free_bytes"]) > 0


def test_a_database_that_cannot_be_read_is_a_failing_service(tmp_path: Path) -> None:
    """The sentence of the store is the trouble, and the endpoint goes on."""
    with Store.open(f"sqlite:///{tmp_path}/news.db") as store:
        watched = Watched(store=store, heartbeat_seconds=HEARTBEAT, folder=tmp_path)
        with answering(watched, host="127.0.0.1", port=0) as url:
            store.close()
            for path in tmp_path.glob("news.db*"):
                path.unlink()
            (tmp_path / "news.db").mkdir()
            for page in ("/healthz", "/metrics"):
                status, _, body = ask(url.replace("/healthz", page))
                assert (status, json.loads(body)["status"]) == (503, "failing")
                assert "cannot be opened" in json.loads(body)["troubles"][0]


def test_other_pages_are_not_there(served: tuple[Store, str]) -> None:
    """404, with those that are."""
    assert ask(served[1].replace("/healthz", "/"))[::2] == (404, b"there are /healthz and /metrics\n")


def test_nothing_is_left_behind(tmp_path: Path) -> None:
    """No thread and no socket; a port that is taken is refused in one sentence."""
    before = threading.active_count()
    with Store.open(f"sqlite:///{tmp_path}/news.db") as store:
        watched = Watched(store=store, heartbeat_seconds=HEARTBEAT, folder=tmp_path)
        with answering(watched, host="127.0.0.1", port=0) as url:
            port = int(url.split(":")[2].partition("/")[0])
            with (
                pytest.raises(BadInput, match=rf"^health cannot be answered on 127\.0\.0\.1:{port}: .* in use; choose"),
                answering(watched, host="127.0.0.1", port=port),
            ):
                pass
        with answering(watched, host="127.0.0.1", port=port):
            assert ask(url)[0] == 503
    assert threading.active_count() == before
