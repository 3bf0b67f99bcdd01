"""What is promised to hosts, by all runs on one database together."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

from storage import HostState, KeptRobots, Store

if TYPE_CHECKING:
    from pathlib import Path

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)
HOST = "www.rfi.fr"


def test_moments_are_a_delay_apart(store: Store) -> None:
    """Each request has a moment of its own; after a rest the next one may go at once."""
    moments = [store.hosts.reserve(HOST, delay=SECOND, now=NOW) for _ in range(3)]
    assert moments == [NOW, NOW + SECOND, NOW + 2 * SECOND]
    later = NOW + timedelta(minutes=5)
    assert store.hosts.reserve(HOST, delay=SECOND, now=later) == later


def test_a_turn_that_ends_early_lets_the_next_come_sooner(store: Store) -> None:
    """An answered request gives back what it had reserved beyond the delay; a pause that came meanwhile stays."""
    taken = store.hosts.reserve(HOST, delay=6 * SECOND, now=NOW) + 6 * SECOND
    store.hosts.end_turn(HOST, taken=taken, next_at=NOW + 2 * SECOND)
    assert store.hosts.state(HOST, now=NOW).next_allowed_at == NOW + 2 * SECOND
    taken = store.hosts.reserve(HOST, delay=6 * SECOND, now=NOW + 2 * SECOND) + 6 * SECOND
    store.hosts.pause(HOST, until=NOW + 60 * SECOND, why="HTTP 503", now=NOW)
    store.hosts.end_turn(HOST, taken=taken, next_at=NOW + 3 * SECOND)
    assert store.hosts.state(HOST, now=NOW).next_allowed_at == NOW + 60 * SECOND


def test_another_host_has_its_own_pace(store: Store) -> None:
    """What one host was promised binds no other."""
    store.hosts.reserve(HOST, delay=SECOND, now=NOW)
    assert store.hosts.reserve("www.france24.com", delay=SECOND, now=NOW) == NOW


def test_stores_of_one_database_share_the_pace(database_url: str) -> None:
    """Whoever asks, from whatever thread and with whatever connection: no two moments are closer than the delay."""
    moments: list[datetime] = []

    def take(store: Store) -> None:
        moments.extend(store.hosts.reserve(HOST, delay=SECOND, now=NOW) for _ in range(20))

    with Store.open(database_url) as one, Store.open(database_url) as other:
        threads = [threading.Thread(target=take, args=(store,)) for store in (one, other)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(moments) == 40
    assert {later - earlier for earlier, later in pairwise(sorted(moments))} == {SECOND}


def test_a_moment_that_is_too_far_away_is_not_taken(store: Store) -> None:
    """It is returned, so that the run can say until when; the next request is not put off by it."""
    store.hosts.hold(HOST, until=NOW + timedelta(hours=1), now=NOW)
    for _ in range(2):
        moment = store.hosts.reserve(HOST, delay=SECOND, now=NOW, within=timedelta(minutes=2))
        assert moment == NOW + timedelta(hours=1)


def test_a_pause_is_remembered_with_its_reason(store: Store) -> None:
    """Troubles in a row are counted, a longer pause stays, and a good answer ends the count but not the pause."""
    store.hosts.pause(HOST, until=NOW + 60 * SECOND, why="HTTP 429", now=NOW)
    state = store.hosts.pause(HOST, until=NOW + 10 * SECOND, why="HTTP 503", now=NOW)
    assert state == HostState(
        next_allowed_at=NOW + 60 * SECOND, troubles=2, refusals=0, why_paused="HTTP 503", is_liar=False
    )
    store.hosts.relax(HOST, now=NOW)
    assert store.hosts.state(HOST, now=NOW) == HostState(
        next_allowed_at=NOW + 60 * SECOND, troubles=0, refusals=0, why_paused=None, is_liar=False
    )
    assert store.hosts.reserve(HOST, delay=SECOND, now=NOW) == NOW + 60 * SECOND


def test_refusals_in_a_row_are_counted(store: Store) -> None:
    """403s and challenge pages add up until a good answer."""
    assert [store.hosts.count_refusal(HOST, now=NOW) for _ in range(3)] == [1, 2, 3]
    store.hosts.relax(HOST, now=NOW)
    assert store.hosts.count_refusal(HOST, now=NOW) == 1


def test_holding_is_no_trouble(store: Store) -> None:
    """A host that is held for its Crawl-delay is not in trouble, and never allowed earlier by it."""
    store.hosts.hold(HOST, until=NOW + 5 * SECOND, now=NOW)
    store.hosts.hold(HOST, until=NOW + 2 * SECOND, now=NOW)
    state = store.hosts.state(HOST, now=NOW)
    assert (state.next_allowed_at, state.troubles) == (NOW + 5 * SECOND, 0)


def test_a_liar_stays_one(store: Store) -> None:
    """Good answers do not win back trust in a host's validators."""
    store.hosts.mark_liar(HOST, now=NOW)
    store.hosts.relax(HOST, now=NOW)
    assert store.hosts.state(HOST, now=NOW).is_liar


def test_looking_at_a_host_changes_nothing(tmp_path: Path) -> None:
    """A host that was never asked may be asked now, and no row is made by the question."""
    with Store.open(f"sqlite:///{tmp_path}/news.db") as store:
        assert store.hosts.state(HOST, now=NOW).next_allowed_at == NOW
        with store.writing() as connection:
            assert connection.exec_driver_sql("SELECT count(*) FROM hosts").scalar() == 0


def test_robots_txt_is_kept(store: Store) -> None:
    """The latest one, byte for byte; fetching it does not change what was promised."""
    assert store.hosts.robots(HOST) is None
    store.hosts.hold(HOST, until=NOW + SECOND, now=NOW)
    for body in (b"", b"User-agent: *\n\xff"):
        store.hosts.keep_robots(HOST, KeptRobots(status=200, body=body, fetched_at=NOW))
    assert store.hosts.robots(HOST) == KeptRobots(status=200, body=b"User-agent: *\n\xff", fetched_at=NOW)
    assert store.hosts.state(HOST, now=NOW).next_allowed_at == NOW + SECOND


def test_a_backfill_leaves_the_host_to_whoever_asks_for_it(store: Store) -> None:
    """It takes every moment while nobody else wants one, and none as long as another run has asked just now."""
    assert store.hosts.reserve(HOST, delay=SECOND, now=NOW, gives_way=True) == NOW

    def ask(seconds: int, *, gives_way: bool = False) -> datetime:
        now = NOW + seconds * SECOND
        return store.hosts.reserve(HOST, delay=SECOND, now=now, within=timedelta(0), gives_way=gives_way)

    # the other run is told to wait for its moment, and the backfill may not have that
    assert ask(0) == NOW + SECOND
    assert ask(1, gives_way=True) > NOW + SECOND
    assert ask(1) == NOW + SECOND
    store.hosts.end_turn(HOST, taken=NOW + 2 * SECOND, next_at=NOW + 2 * SECOND, claimed_until=NOW + 3 * SECOND)
    assert ask(2, gives_way=True) == NOW + 3 * SECOND
    assert ask(3, gives_way=True) == NOW + 3 * SECOND
