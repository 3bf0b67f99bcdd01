"""RunFrontier: one run's hold on the durable frontier. Leases URLs ahead of the fetches, settles them behind.

The scheduler takes leases from it, the store pipeline gives settlements to it; the database is spoken to in threads,
so that the reactor never waits. `outstanding` says how many leases are not settled on disk yet.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from dataclasses import replace
from typing import TYPE_CHECKING

from crawler.clock import Clock, Waiting
from crawler.patience import PATIENCE_SECONDS, in_thread, patiently, threads_at_work
from crawler.stand_in import host_and_odd_port
from storage import BatchWriter, FrontierState, Outcome, RunState, StoreError, StoreUnavailable, WriteRefused

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from concurrent.futures import Future

    from scrapy.statscollectors import StatsCollector

    from storage import CapturePlace, CrawlPlan, FoundUrl, LeasedUrl, Left, Settlement, Store, Walk

Kept = Outcome | None | WriteRefused
"""What became of a settlement: what saving did, None where there was no article, or the database's refusal."""

REFUSED = "the database refused it"

logger = logging.getLogger(__name__)

# Nothing more is fetched while something waits longer to be on disk, be it for its batch or for the database: a kill
# costs half a second of work at most, though pages come in bursts of three times the pace that a crawl has with its
# writer. Where batches wait longer by the operator's will, it is as much less than they do.
LONGEST_LAG_SECONDS = 0.1
_BEFORE_BATCH_SECONDS = 0.15

# Seconds between two signs of life; a lease lasts a minute, so three may fail before the run counts as dead.
HEARTBEAT_SECONDS = 15.0


class RunFrontier:
    """One run's hold on the frontier.

    Args:
        store: Where the frontier is.
        walk: What the run walks over.
        run_id: Who leases.
        plan: How many articles at most.
        home_url: Front page of the source.
        max_batch: Settlements in one transaction.
        max_wait_seconds: Longest time a settlement waits for its batch to fill.
        stand_in: Who answers in the site's stead, see `host_of`; empty where the site answers itself.
        clock: What the run asks for the time; None for the machine's.
    """

    def __init__(
        self,
        store: Store,
        walk: Walk,
        *,
        run_id: int,
        plan: CrawlPlan,
        home_url: str,
        max_batch: int,
        max_wait_seconds: float,
        stand_in: str = "",
        clock: Clock | None = None,
    ) -> None:
        self.store = store
        self.clock = clock or Clock()
        """What the run asks for the time."""
        self.walk = walk
        self.run_id = run_id
        self.limit = plan.limit
        self.gives_way = plan.backfill is not None
        """Does it leave a host's turns to the other runs that ask for it?"""
        self._stand_in = stand_in
        self.home = self.host_of(home_url)
        """The host that the source lives on: without it the run can do nothing."""
        self.is_replay = plan.archive is not None
        """Kept bytes answer, and no server."""
        self.outstanding = 0
        self.articles_kept = 0
        self.articles_under_way = 0
        """Articles handed out to be fetched and not settled on disk yet."""
        self.early_end: tuple[RunState, str] | None = None
        """How and why the run ends before its work is done; None while nothing speaks against going on."""
        self._max_batch = max_batch
        self._max_wait_seconds = max_wait_seconds
        self._longest_lag_seconds = max(LONGEST_LAG_SECONDS, max_wait_seconds - _BEFORE_BATCH_SECONDS)
        self._writer: BatchWriter[Settlement, Kept] | None = None
        self._stats: StatsCollector | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._listeners: list[Callable[[], None]] = []
        self._is_hungry = False
        self._brings_urls = False  # a settlement that was not flushed leads to URLs
        self.being_fetched = 0
        """Leases handed out to be fetched and not settled yet."""
        self.being_written = 0
        """Settlements that the writer has not reported yet."""
        self._recorded: dict[str, Future[CapturePlace]] = {}
        self._leasing = threading.Lock()
        self._is_over = False

    @property
    def has_reached_limit(self) -> bool:
        """Have as many articles been kept as the plan allows?"""
        return self.limit is not None and self.articles_kept >= self.limit

    def open(self, stats: StatsCollector) -> None:
        """Start the writer's thread; called on the reactor's."""
        self._stats = stats
        self._loop = asyncio.get_running_loop()
        self._stop_clock = self.clock.start(self)
        self._writer = BatchWriter(
            self._write,
            self._report,
            max_batch=self._max_batch,
            max_wait_seconds=self._max_wait_seconds,
            patience_seconds=PATIENCE_SECONDS,
            on_failed=self._fail,
        )

    @property
    def is_over(self) -> bool:
        """Does the run fetch nothing more?"""
        return self.early_end is not None or self.has_reached_limit

    @property
    def is_behind(self) -> bool:
        """Does what was fetched wait too long to be on disk? When it no longer does, `on_settled` tells.

        Kept bytes are never ahead of it: they can be had again, and the recorded order is the clock's to keep.
        """
        if self.is_replay:
            return False
        lag_seconds = self._writer.lag_seconds if self._writer is not None and self.being_written else 0.0
        return lag_seconds > self._longest_lag_seconds

    def is_idle(self, waiting: int) -> bool:
        """Does nothing happen before time goes by, or one of the fetches is answered that are known to wait?"""
        if threads_at_work() or self.being_written or self.being_fetched != waiting:
            return False
        return self.outstanding == self.being_fetched or self.limit is not None or self.is_over

    def look_again(self) -> None:
        """Have the scheduler look whether there is something to fetch."""
        for listener in self._listeners:
            listener()

    def end_short(self, reason: str) -> None:
        """End a replay, for its recording ends."""
        self.end_early(RunState.STOPPED, reason)

    def host_of(self, url: str) -> str:
        """Return whom a request for a URL speaks to: its host, or the server that answers in the site's stead.

        Pace, pauses and robots.txt belong to that one: what a stand-in says must not bind a crawl of the site.
        """
        return self._stand_in or host_and_odd_port(url)

    def end_early(self, state: RunState, reason: str) -> None:
        """Fetch nothing more and end the run; the first reason counts. May be called from any thread."""
        if self.early_end is None:
            self.early_end = (state, reason)
            if self._loop is not None:
                self._loop.call_soon_threadsafe(self.look_again)

    def on_settled(self, listener: Callable[[], None]) -> None:
        """Have a function called, on the reactor's thread, whenever settlements are on disk or cannot be."""
        self._listeners.append(listener)

    async def lease(self, found: Sequence[FoundUrl], limit: int) -> list[LeasedUrl]:
        """Let found URLs wait, then lease the next ones; the URLs count as outstanding.

        Raises:
            StoreUnavailable: The database could not be reached for a minute.
        """
        leased = await in_thread(self._add_and_lease, found, limit)
        self.outstanding += len(leased)
        self._is_hungry = self._is_hungry and not leased
        return leased

    def hand_out(self, lease: LeasedUrl) -> None:
        """Note that a leased URL is on its way to be fetched."""
        self.being_fetched += 1
        self.articles_under_way += not lease.is_listing

    async def settle(self, settlement: Settlement, recorded: Future[CapturePlace] | None = None) -> None:
        """Hand a settlement to the writer; waits while the writer is full.

        The writer waits until what it was read from is on disk, if that is recorded: no row names a record that a
        crash could take away. When the writer has failed the run is about to end, and the lease is given back.
        """
        assert self._writer is not None, "opened before anything is settled"
        if recorded is not None and settlement.article is not None:
            self._recorded[settlement.lease.url] = recorded
        self.being_written += 1
        try:
            if self._writer.is_full:
                await asyncio.to_thread(self._writer.submit, settlement)
            else:
                self._writer.submit(settlement)
        except StoreError as error:
            self.being_written -= 1
            self._fail(error)
        self.being_fetched -= 1
        self._brings_urls |= bool(settlement.found)
        self._flush_if_hungry()

    def hurry(self) -> None:
        """Have settlements written as soon as that helps, until there are leases again: there is nothing to fetch."""
        self._is_hungry = True
        self._flush_if_hungry()

    def _flush_if_hungry(self) -> None:
        """Flush what leads to further URLs, and the last of all; articles alone can wait for company."""
        if self._is_hungry and self._writer is not None and (self._brings_urls or not self.being_fetched):
            self._brings_urls = False
            self._writer.flush()

    def flush(self) -> None:
        """Have settlements written that have no company to wait for."""
        if self._writer is not None:
            self._writer.flush()

    async def left(self) -> Left:
        """Return what of the walk is not done."""
        return await in_thread(self.store.frontier.left, self.walk)

    def counted(self) -> dict[str, int]:
        """Return what the run has counted, by glossary word."""
        stats = self._stats.get_stats() if self._stats is not None else {}
        return {name.removeprefix("ingest/"): value for name, value in stats.items() if name.startswith("ingest/")}

    async def stay_alive(self) -> None:
        """Renew the leases and the run's heartbeat, with what it has counted, until cancelled."""
        while True:
            await self.clock.sleep(HEARTBEAT_SECONDS, Waiting.BESIDE)
            try:
                await asyncio.to_thread(
                    self.store.frontier.renew, self.run_id, now=self.clock.now(), counts=self.counted()
                )
            except StoreUnavailable as error:
                logger.warning("no sign of life could be left: %s", error)

    def give_back(self) -> None:
        """Let everything that is leased and not settled wait again; from now on nothing is leased.

        A thread may be leasing while the crawl is stopped; what it takes is given back too, or it would wait for the
        lease to run out.
        """
        with self._leasing:
            self._is_over = True
            patiently(self.store.frontier.give_back, self.run_id, now=self.clock.now())

    async def close(self) -> None:
        """Write what is waiting, and end the writer's thread."""
        if self._writer is None:
            return
        self._stop_clock()
        try:
            await asyncio.to_thread(self._writer.close)
        except StoreError as error:
            self._fail(error)
        # the writer's last reports stand in the loop's queue; let them be counted before the run is judged
        await asyncio.sleep(0)

    def _add_and_lease(self, found: Sequence[FoundUrl], limit: int) -> list[LeasedUrl]:
        now = self.clock.now()
        frontier = self.store.frontier
        with self._leasing:
            if found:
                frontier.add(self.walk, found, now=now)
            return [] if self._is_over else frontier.lease(self.walk, run_id=self.run_id, limit=limit, now=now)

    def _write(self, batch: Sequence[Settlement]) -> list[Kept]:
        """Settle a batch; the one settlement that the database refuses is settled as failed."""
        now = self.clock.now()
        batch = [replace(one, capture=self._place_of(one)) for one in batch]
        try:
            return [*self.store.frontier.settle(self.walk, batch, now=now)]
        except WriteRefused as error:
            if len(batch) > 1:
                raise
            bare = replace(batch[0], state=FrontierState.FAILED, reason=REFUSED, article=None, found=(), page=None)
            self.store.frontier.settle(self.walk, [bare], now=now)
            return [error]

    def _place_of(self, settlement: Settlement) -> CapturePlace | None:
        """Wait until what an article was read from is on disk; None if it is not, and the run is about to end."""
        recorded = self._recorded.get(settlement.lease.url)
        if recorded is None or recorded.exception() is not None:
            return None
        return recorded.result()

    def _report(self, batch: Sequence[tuple[Settlement, Kept]]) -> None:
        """Take the writer's word, on its thread, over to the reactor's, where the counts live."""
        assert self._loop is not None
        self._loop.call_soon_threadsafe(self._count, batch)

    def _count(self, batch: Sequence[tuple[Settlement, Kept]]) -> None:
        assert self._stats is not None
        for settlement, outcome in batch:
            self._recorded.pop(settlement.lease.url, None)
            self.articles_under_way -= not settlement.lease.is_listing
            if isinstance(outcome, WriteRefused):
                self._stats.inc_value(f"ingest/rejected: {REFUSED}")
                logger.warning("%s: %s", outcome, settlement.lease.url)
            elif outcome is not None:
                self._stats.inc_value(f"ingest/{outcome.value}")
                self.articles_kept += 1
        self.being_written -= len(batch)
        self.outstanding -= len(batch)
        self.look_again()

    def _fail(self, error: Exception) -> None:
        words = str(error) if isinstance(error, StoreError) else f"the writer failed: {type(error).__name__}: {error}"
        self.end_early(RunState.FAILED, words)
