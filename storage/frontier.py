"""The durable frontier: every URL that was found, and what became of it.

A URL is waiting, leased (by which run, until when), done, failed (why, how often) or gone. A run leases URLs, fetches
them, and settles each in the same transaction as what it brought. A lease that is not renewed runs out, and its URL
waits again; so does everything that a dead run held.
"""

from __future__ import annotations

from datetime import timedelta
from hashlib import blake2b
from typing import TYPE_CHECKING

from orjson import JSONEncodeError

from storage.backfills import walk_of
from storage.database import reading, writing
from storage.errors import WriteRefused
from storage.frontier_records import Walk
from storage.leases import add_urls, find_left, lease_urls, renew_leases, return_leases
from storage.merging import count_indexed, merge_after
from storage.run_rows import find_dead_runs, keep_alive, last_ended_run, mark_killed, note_walk
from storage.settling import settle

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import Engine

    from storage.frontier_records import FoundUrl, LeasedUrl, Left, Settlement
    from storage.records import Outcome
    from storage.run_records import CrawlPlan

# A run renews its leases several times in this span; one that is silent for so long has died.
LEASE_FOR = timedelta(seconds=60)

# A run that was cut off so recently is gone on with; after that its start pages have news, and a new walk begins.
GO_ON_WITHIN = timedelta(minutes=15)


class Frontier:
    """The door to the frontier; `storage.store.Store.frontier` gives it.

    Every method may be called from any thread, is one transaction, and raises `StoreUnavailable` when the database
    cannot be reached, read or written.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def settle_dead_runs(self, *, now: datetime) -> list[int]:
        """Close the runs whose process is gone, give back what they had leased, and return their numbers.

        A run of this machine is dead when its process is; one of another machine when its heartbeat has stopped for
        longer than a lease lasts.
        """
        with reading(self._engine) as connection:
            if not find_dead_runs(connection, silent_since=now - LEASE_FOR):
                return []  # as a rule: no other writer has to wait for that
        with writing(self._engine) as connection:
            dead = find_dead_runs(connection, silent_since=now - LEASE_FOR)
            mark_killed(connection, dead, now=now)
            return_leases(connection, dead, now=now)
        return dead

    def open_walk(self, plan: CrawlPlan, *, run_id: int, now: datetime) -> Walk:
        """Return the walk of a run: the one that was cut off shortly before, or a new one.

        Going on with a walk means that listings it has read are not read again. A backfill is one walk, however many
        runs it takes.
        """
        if plan.backfill is not None:
            with writing(self._engine) as connection:
                walk = walk_of(connection, plan.backfill, source=plan.source, run_id=run_id)
                note_walk(connection, run_id, walk)
            return walk
        scope = scope_of(plan)
        walk = Walk(source=plan.source, scope=scope, number=run_id)
        with writing(self._engine) as connection:
            last = last_ended_run(connection, plan.source, scope=scope, before=run_id)
            if last is not None and last.finished_at is not None and now - last.finished_at < GO_ON_WITHIN:
                cut_off = Walk(source=plan.source, scope=scope, number=last.walk)
                if last.was_cut_off and find_left(connection, cut_off).count:
                    walk = cut_off
            note_walk(connection, run_id, walk)
        return walk

    def add(self, walk: Walk, found: Sequence[FoundUrl], *, now: datetime) -> int:
        """Let URLs wait for a walk; return how many wait that did not before."""
        with writing(self._engine) as connection:
            return add_urls(connection, walk, found, now=now)

    def lease(self, walk: Walk, *, run_id: int, limit: int, now: datetime) -> list[LeasedUrl]:
        """Lease the next URLs of a walk, at most `limit`: those that wait and are due, then revisits that are due."""
        with writing(self._engine) as connection:
            return lease_urls(connection, walk, run_id=run_id, limit=limit, now=now, lease_for=LEASE_FOR)

    def renew(self, run_id: int, *, now: datetime, counts: Mapping[str, int] | None = None) -> None:
        """Hold on to everything a run has leased, and note that it is alive and what it has counted."""
        with writing(self._engine) as connection:
            renew_leases(connection, run_id, now=now, lease_for=LEASE_FOR)
            keep_alive(connection, run_id, counts=counts, now=now)

    def give_back(self, run_id: int, *, now: datetime) -> None:
        """Let everything a run has leased wait again."""
        with writing(self._engine) as connection:
            return_leases(connection, [run_id], now=now)

    def settle(self, walk: Walk, settlements: Sequence[Settlement], *, now: datetime) -> list[Outcome | None]:
        """Write what fetches came to, in one transaction with what they brought; all or none.

        Returns:
            What saving did, one for each settlement; None where the fetch brought no article.

        Raises:
            WriteRefused: The database cannot hold one of the articles; nothing was written.
        """
        with writing(self._engine) as connection:
            try:
                outcomes = settle(connection, walk, settlements, now=now)
            except (ValueError, JSONEncodeError) as error:
                raise WriteRefused(str(error)) from error
        merge_after(self._engine, count_indexed(outcomes))
        return outcomes

    def left(self, walk: Walk) -> Left:
        """Return what of a walk is not done."""
        with reading(self._engine) as connection:
            return find_left(connection, walk)


def scope_of(plan: CrawlPlan) -> str:
    """Return what a plan is limited to: empty for the whole source, else a digest of its seed URLs."""
    if not plan.seeds:
        return ""
    return blake2b("\n".join(sorted(plan.seeds)).encode(), digest_size=8).hexdigest()
