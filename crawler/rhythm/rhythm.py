"""Rhythm: the next poll of every channel of one source, within one budget."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from crawler.rhythm.budget import Budget
from crawler.rhythm.memory import HOUR, MINUTE, Memory
from crawler.rhythm.planning import LONGEST, most_before_a_page_is_full, plan_poll
from crawler.rhythm.rates import Rates, middling_rate, rates_of, shared_hours

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from zoneinfo import ZoneInfo

# Seconds between two polls of one channel, at least: politeness.
SHORTEST = MINUTE

# A channel is taken to show so many articles at once until it was seen to show more.
FIRST_SIZE = 15

# How often what the source's channels have in common, and the price, are reckoned anew.
RECKON_EVERY = 2 * HOUR


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """The next polls."""

    at: datetime
    channels: tuple[str, ...]
    """Their URLs; those that are due at nearly the same time are polled together."""


class Rhythm:
    """Decides when to poll which channel of one source.

    It is told of every poll by `note`, in order, and answers with the next by `due`. It knows nothing but what polls
    have shown.

    Args:
        channels: Their URLs.
        requests_a_day: Polls of all of them together in any 24 hours, at most.
        zone: On whose clocks the newsroom works.
        now: When it begins; aware.
    """

    def __init__(self, channels: Sequence[str], *, requests_a_day: int, zone: ZoneInfo, now: datetime) -> None:
        self._zone = zone
        self._now = _seconds(now)
        self._offset = _offset(now, zone)
        self._budget = Budget(requests_a_day, now=self._now)
        self._memories = {channel: Memory(reckoned_at=self._now) for channel in channels}
        self._sizes = dict.fromkeys(channels, FIRST_SIZE)
        self._rates: dict[str, Rates] = {}
        self._reckoned_at = -RECKON_EVERY
        # all are asked soon, one after the other: nothing is known of any
        self._planned = {channel: self._now + number for number, channel in enumerate(channels)}

    @property
    def price_seconds(self) -> float:
        """How long one article must be expected to wait for a poll to be worth its request."""
        return self._budget.price

    def note(
        self, channel: str, *, at: datetime, published: Iterable[datetime], shown: int = 0, is_read: bool = True
    ) -> None:
        """Take in one poll of a channel; polls come in the order of time.

        Args:
            channel: Its URL; one that is not among those of the rhythm is passed over.
            at: When it was asked; aware.
            published: When the articles were published that this poll, of all channels, was the first to show.
            shown: How many articles it showed.
            is_read: It answered; a channel that did not teaches nothing but that a request was spent.
        """
        if channel not in self._memories:
            return
        instant = _seconds(at)
        self._move(at)
        self._budget.spend(instant)
        self._sizes[channel] = max(self._sizes[channel], shown)
        if is_read:
            memory = self._memories[channel]
            times = [_seconds(one) for one in published]
            memory.learn(times, now=instant, offset=self._offset)
            if times:
                self._rates.pop(channel, None)
        self._reckon()
        self._planned[channel] = self._plan(channel, instant)

    def due(self, *, within_seconds: float = 0.0) -> Due | None:
        """Return the next polls; None without channels.

        Args:
            within_seconds: Channels that are due so soon after the first are polled with it: one run costs less than
                two.
        """
        if not self._planned:
            return None
        first = self._budget.allowed_at(max(min(self._planned.values()), self._now))
        late = sorted((at, channel) for channel, at in self._planned.items() if at <= first + within_seconds)
        if len(late) > 1:
            late = late[: max(self._budget.left_at(first), 1)]
        return Due(at=datetime.fromtimestamp(first, UTC), channels=tuple(channel for _, channel in late))

    def _move(self, now: datetime) -> None:
        self._now = max(self._now, _seconds(now))
        if self._now - self._reckoned_at >= RECKON_EVERY:
            self._offset = _offset(now, self._zone)

    def _reckon(self) -> None:
        """Reckon the common part and the price anew, every two hours; a channel that has news, at once."""
        if self._now - self._reckoned_at >= RECKON_EVERY:
            for memory in self._memories.values():
                memory.forget(self._now)
            self._shared = shared_hours(self._memories.values())
            self._middling = middling_rate(self._memories.values())
            self._rates = {
                channel: rates_of(memory, self._shared, self._middling) for channel, memory in self._memories.items()
            }
            self._budget.reckon(self._rates.values(), now=self._now, offset=self._offset)
            self._reckoned_at = self._now

    def _plan(self, channel: str, last: float) -> float:
        rates = self._rates.get(channel)
        if rates is None:
            rates = self._rates[channel] = rates_of(self._memories[channel], self._shared, self._middling)
        planned = plan_poll(
            rates,
            last=last,
            price=self._budget.price,
            most=most_before_a_page_is_full(self._sizes[channel]),
            offset=self._offset,
        )
        return min(max(planned, last + SHORTEST), last + LONGEST)


def _seconds(instant: datetime) -> float:
    return instant.timestamp()


def _offset(now: datetime, zone: ZoneInfo) -> float:
    offset = now.astimezone(zone).utcoffset()
    return offset.total_seconds() if offset is not None else 0.0
