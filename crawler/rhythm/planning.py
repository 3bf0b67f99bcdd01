"""When to poll one channel next, at a price a poll.

Waiting costs: every article that is out and not found costs its seconds. Polling costs a price. A channel of constant
rate r is polled best every sqrt(2 price / r) seconds, and then costs sqrt(2 price r) a second. So a poll is best where

    price + cost of waiting until then - integral of sqrt(2 price r)

is least: for a constant rate that is the same rule, for one that changes it follows the hours, and where articles come
at certain minutes it puts polls right behind them.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from crawler.rhythm.memory import DAY, MINUTE, hour_of_week, minute_of_hour

if TYPE_CHECKING:
    from crawler.rhythm.rates import Rates

# Every channel is polled at least so often, whatever it brings: it may wake up, or be gone.
LONGEST = 2 * DAY

# For so long ahead minutes are told apart; further on steps are coarser.
FINE = 2 * 3600.0
COARSE_MINUTES = 5


def plan_poll(rates: Rates, *, last: float, price: float, most: float, offset: float) -> float:
    """Return when to poll a channel next.

    Args:
        rates: What it is expected to bring.
        last: When it was polled last.
        price: What a poll costs, in seconds of waiting of one article.
        most: Poll before so many articles are expected to have come.
        offset: What local clocks are ahead of UTC.
    """
    instant = last
    waiting = cost = worth = 0.0
    best, best_at = math.inf, last + LONGEST
    while instant < last + LONGEST:
        step, share = _step(rates, instant, last, offset)
        hourly = rates.by_hour[hour_of_week(instant + offset)]
        coming = hourly * share * step
        cost += (waiting + coming / 2) * step
        waiting += coming
        worth += math.sqrt(2 * price * hourly) * step
        instant += step
        if waiting > most:
            return min(best_at, instant)
        if cost - worth < best:
            best, best_at = cost - worth, instant
        elif cost - worth > best + price:
            break
    return best_at


def _step(rates: Rates, instant: float, last: float, offset: float) -> tuple[float, float]:
    """Return how many seconds to go on with, and how much more than the hour's mean they bring."""
    local = instant + offset
    minute = minute_of_hour(local)
    if instant - last < FINE:
        return MINUTE - local % MINUTE, rates.by_minute[minute]
    span = COARSE_MINUTES * MINUTE
    share = sum(rates.by_minute[(minute + ahead) % 60] for ahead in range(COARSE_MINUTES)) / COARSE_MINUTES
    return span - local % span, share


def most_before_a_page_is_full(size: int) -> float:
    """Return how many articles may be expected on a page of so many, that it does not overflow by four deviations."""
    return max((math.sqrt(4 + size) - 2) ** 2, 1.0)
