"""HostMiddleware: the pace that is promised to each host, shared by all runs on one database.

Every request takes its turn from the store before it is sent, and ends it when the host has answered: the delay counts
from there, so no request reaches the host sooner, however late the one before was on its way. A second run, or one
that was restarted, keeps the same promise. What a host answers is learnt in `crawler.middlewares.answers`.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Self

from crawler.clock import Waiting
from crawler.middlewares.refusals import FetchRefused, RunIsEnding
from crawler.patience import in_thread
from storage import FrontierState, RunState

if TYPE_CHECKING:
    from scrapy import Request
    from scrapy.crawler import Crawler
    from scrapy.http import Response

    from crawler.run_frontier import RunFrontier

# A turn that nobody ends (its run was killed) ends by itself after this; so does that of a host that takes longer to
# answer. No request is on its way to a host for so long before it is there.
TURN = timedelta(seconds=5)

# The turn of another run is over after the time that it may take, by its clock: it was read later than ours, and may be
# another machine's.
SKEW = timedelta(seconds=2)

# A turn missed by more than this (a stopped process) is let go and another one is taken.
MISSED = TURN / 2

# Seconds for which a host's state is taken from memory when there is no delay to keep.
STATE_SECONDS = 1.0

# Longest that a waiting request sleeps before it looks whether the run is ending.
NAP_SECONDS = 0.25

# Where in a request's meta stands up to when it has reserved its host.
_TURN_TAKEN = "turn_taken"

# Why a host is paused that has refused us; the run that meets the pause is as blocked as the one that caused it.
REFUSES_US = "it refused us"


@dataclass(slots=True, kw_only=True)
class Pace:
    """What this run knows of a host."""

    paused_until: datetime
    """No request before this, whatever moment was taken before."""
    crawl_delay: timedelta = timedelta(0)
    has_troubles: bool = True
    """It may stand in the store as troubled, until it has answered well once."""
    silences: int = 0
    """Requests in a row that it did not answer at all."""
    read_at: float = 0.0
    """Loop time at which its state was read."""
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    """Held by the one request whose turn it is, until it is answered."""


class HostMiddleware:
    """Keeps the promised pace; the innermost middleware, so that robots.txt and redirects keep it too."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._frontier: RunFrontier = crawler.spider.frontier  # type: ignore[union-attr]  # the spider is ours, and set
        self._hosts = self._frontier.store.hosts
        self._clock = self._frontier.clock
        self._delay = timedelta(seconds=crawler.settings.getfloat("HOST_DELAY_SECONDS"))
        self._patience = timedelta(seconds=crawler.settings.getfloat("PATIENCE_SECONDS"))
        self._gives_way = self._frontier.gives_way
        self._is_replay = self._frontier.is_replay  # kept bytes have no pace to keep
        self._paces: dict[str, Pace] = {}

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Take delay and patience from the settings, and the store from the spider."""
        return cls(crawler)

    def pace(self, host: str) -> Pace:
        """Return what this run knows of a host."""
        if host not in self._paces:
            self._paces[host] = Pace(paused_until=self._clock.now())
        return self._paces[host]

    async def process_request(self, request: Request) -> None:
        """Wait for the request's moment.

        Raises:
            FetchRefused: The host is paused for longer than our patience.
            RunIsEnding: The run ended meanwhile.
        """
        host = self._frontier.host_of(request.url)
        pace = self.pace(host)
        if not self._delay_of(pace):
            await self._wait(host, pace)
            return
        while not await self._got_turn(pace):
            self._go_on()
        try:
            moment = await self._wait(host, pace)
        except BaseException:
            pace.turn.release()
            raise
        request.meta[_TURN_TAKEN] = moment + self._delay_of(pace) + TURN

    async def process_response(self, request: Request, response: Response) -> Response:
        """End the request's turn: the next one may come a delay from now."""
        await self._end_turn(request)
        return response

    async def process_exception(self, request: Request, exception: Exception) -> None:
        """End the turn of a request that was not answered."""
        await self._end_turn(request)

    async def _got_turn(self, pace: Pace) -> bool:
        """Wait a little for the turn of this run's requests to one host."""
        try:
            return await asyncio.wait_for(pace.turn.acquire(), NAP_SECONDS)
        except TimeoutError:
            return False

    async def _end_turn(self, request: Request) -> None:
        taken = request.meta.pop(_TURN_TAKEN, None)
        if taken is None:
            return
        host = self._frontier.host_of(request.url)
        pace = self.pace(host)
        delay = self._delay_of(pace)
        next_at = self._clock.now() + delay
        claimed_until = None if self._gives_way else next_at + delay
        try:
            await in_thread(self._hosts.end_turn, host, taken=taken, next_at=next_at, claimed_until=claimed_until)
        finally:
            pace.turn.release()

    async def _wait(self, host: str, pace: Pace) -> datetime:
        """Wait until a request may be sent, and return since when it may; with a delay to keep, the turn is ours."""
        while True:
            self._go_on()
            delay = self._delay_of(pace)
            now = self._clock.now()
            moment = await self._next_moment(host, pace, delay, now)
            seconds = (moment - now).total_seconds()
            if seconds > (max(self._patience, delay + TURN) + SKEW).total_seconds():
                await self._put_off(host, moment)
            if seconds <= 0 and self._may_send(pace, delay, moment):
                return moment
            nap = min(max(seconds, 0.0), NAP_SECONDS, *([delay.total_seconds() / 4] if delay else []))
            await self._clock.sleep(nap, Waiting.FETCH)

    async def _next_moment(self, host: str, pace: Pace, delay: timedelta, now: datetime) -> datetime:
        """Return when the next request to a host is allowed; with a delay to keep, the turn is taken if that is now."""
        if delay:
            return await in_thread(
                self._hosts.reserve,
                host,
                delay=delay + TURN,
                now=now,
                within=timedelta(0),
                gives_way=self._gives_way,
            )
        clock = asyncio.get_running_loop().time()
        if clock - pace.read_at > STATE_SECONDS:
            pace.read_at = clock
            state = await in_thread(self._hosts.state, host, now=now)
            pace.paused_until = max(pace.paused_until, state.next_allowed_at)
        return pace.paused_until

    def _may_send(self, pace: Pace, delay: timedelta, moment: datetime) -> bool:
        """Is the moment that was waited for still good?"""
        now = self._clock.now()
        return now >= pace.paused_until and (not delay or now - moment <= MISSED)

    async def _put_off(self, host: str, until: datetime) -> None:
        """Leave a request for a later run; if the source itself lives on that host, end this one.

        Raises:
            FetchRefused: Always.
        """
        state = await in_thread(self._hosts.state, host, now=self._clock.now())
        if host == self._frontier.home:
            ending = RunState.BLOCKED if state.why_paused == REFUSES_US else RunState.FAILED
            why = f" ({state.why_paused})" if state.why_paused else ""
            self._frontier.end_early(ending, f"{host} is to be left alone until {until:%Y-%m-%d %H:%M:%S} UTC{why}")
        raise FetchRefused("to be tried again: the host is paused", state=FrontierState.WAITING, retry_at=until)

    def _go_on(self) -> None:
        """Let a request go on waiting unless the run is ending, by itself or by a signal.

        Raises:
            RunIsEnding: It is.
        """
        engine = self._crawler.engine
        if self._frontier.early_end is not None or engine is None or not engine.running:
            raise RunIsEnding("the run is ending")

    def _delay_of(self, pace: Pace) -> timedelta:
        return timedelta(0) if self._is_replay else max(self._delay, pace.crawl_delay)
