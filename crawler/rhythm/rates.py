"""From what is remembered of channels to how many articles each will bring at each hour and minute.

Three levels, each leaning on the one above where it knows little itself: the source (when its newsroom works), the
channel (how much it brings), the channel's own hours and minutes (a wire service writes at :05, :20, :35 and :50).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from crawler.rhythm.memory import HOUR, WEEK_HOURS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from crawler.rhythm.memory import Memory

# How many articles it takes until what is observed weighs as much as what was assumed: of a channel's rate, of the
# source's hours of the day and of the week, of a channel's own, and (a minute each) of its minutes.
RATE_WEIGHT = 0.3
DAY_WEIGHT, WEEK_WEIGHT = 20.0, 2.0
OWN_DAY_WEIGHT, OWN_WEEK_WEIGHT = 2.0, 3.0
MINUTE_WEIGHT = 0.5

# Articles an hour that a channel of an unknown source is taken to bring: one in two days.
FIRST_RATE = 1 / 48

# No channel is taken for dead: it may bring an article in a hundred days.
LEAST_RATE = 1 / 2400


@dataclass(frozen=True, slots=True, kw_only=True)
class Rates:
    """What one channel is expected to bring."""

    by_hour: tuple[float, ...]
    """Articles a second, by local hour of the week."""
    by_minute: tuple[float, ...]
    """How much more than the hour's mean each minute brings; 1 is the mean."""
    by_five_minutes: tuple[float, ...]
    """The same of each five minutes."""


def middling_rate(memories: Iterable[Memory]) -> float:
    """Return the articles an hour that a middling channel brings: what a new one is taken for."""
    logs = [
        math.log((one.articles + 1) / (one.watched_hours + 1 / FIRST_RATE)) for one in memories if one.watched_hours
    ]
    return math.exp(sum(logs) / len(logs)) if logs else FIRST_RATE


def shared_hours(memories: Iterable[Memory]) -> tuple[float, ...]:
    """Return how much more than the mean the whole source brings in each hour of the week."""
    total = [0.0] * WEEK_HOURS
    for memory in memories:
        total = [known + more for known, more in zip(total, memory.by_hour, strict=True)]
    flat = [1.0] * WEEK_HOURS
    return _leaning(total, _leaning(_daily(total), flat, DAY_WEIGHT / 24), WEEK_WEIGHT)


def rates_of(memory: Memory, shared: Sequence[float], middling: float) -> Rates:
    """Return what a channel is expected to bring.

    Args:
        memory: What it has brought.
        shared: `shared_hours` of its source.
        middling: `middling_rate` of its source.
    """
    rate = (memory.articles + RATE_WEIGHT) / (memory.watched_hours + RATE_WEIGHT / middling)
    own_day = _leaning(_daily(memory.by_hour), shared, OWN_DAY_WEIGHT)
    hours = _leaning(memory.by_hour, own_day, OWN_WEEK_WEIGHT)
    scale = 60 / (sum(memory.by_minute) + 60 * MINUTE_WEIGHT)
    minutes = tuple(scale * (weight + MINUTE_WEIGHT) for weight in memory.by_minute)
    return Rates(
        by_hour=tuple(max(rate, LEAST_RATE) / HOUR * share for share in hours),
        by_minute=minutes,
        by_five_minutes=tuple(sum(minutes[start : start + 5]) / 5 for start in range(0, 60, 5)),
    )


def _daily(by_hour: Sequence[float]) -> list[float]:
    """Return counts by hour of the week as if every day were the mean of all, seven times as well known."""
    days = [sum(by_hour[hour::24]) for hour in range(24)]
    return days * 7


def _leaning(counted: Sequence[float], assumed: Sequence[float], weight: float) -> tuple[float, ...]:
    """Return shares of a mean 1 from counts, leaning on assumed shares as if those were `weight` articles an hour."""
    mean = sum(counted) / len(counted)
    shares = [share * (count + weight) / (share * mean + weight) for count, share in zip(counted, assumed, strict=True)]
    scale = len(shares) / sum(shares)
    return tuple(share * scale for share in shares)
