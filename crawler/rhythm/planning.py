"""When to poll one channel next, at a price a poll.

Waiting costs: every article that is out and not found costs its seconds. Polling costs a price. A channel of constant
rate r is polled best every sqrt(2 price / r) seconds, and then costs sqrt(2 price r) a second. So a poll is best where

    price + cost of waiting until then - integral of sqrt(2 price r)

is least: for a constant rate that is the same rule, and for one that changes it follows the hours. Within an hour the
integral grows as articles come: where they come at certain minutes, waiting between these costs and gains nothing, and
polls fall right behind them.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from crawler.rhythm.memory import DAY, HOUR, MINUTE, WEEK_HOURS

if TYPE_CHECKING:
    from crawler.rhythm.rates import Rates

# Every channel is polled at least so often, whatever it brings: it may wake up, or be gone.
LONGEST = 2 * DAY

# For so long ahead minutes are told apart; further on steps are coarser.
FINE = 2 * HOUR
COARSE = 5 * MINUTE


def plan_poll(rates: Rates, *, last: float, price: float, most: float, offset: float) -> float:
    """Return when to poll a channel next.

    Args:
        rates: What it is expected to bring.
        last: When it was polled last.
        price: What a poll costs, in seconds of waiting of one article.
        most: Poll before so many articles are expected to have come.
        offset: What local clocks are ahead of UTC.
    """
    local = last + offset
    waiting = cost = worth = elapsed = 0.0
    best, best_after = math.inf, LONGEST
    factor = math.sqrt(2 * price)
    while elapsed < LONGEST:
        if elapsed < FINE:
            step = MINUTE - local % MINUTE
            share = rates.by_minute[int(local // MINUTE) % 60]
        else:
            step = COARSE - local % COARSE
            share = rates.by_five_minutes[int(local // COARSE) % 12]
        hourly = rates.by_hour[int(local // HOUR) % WEEK_HOURS]
        coming = hourly * share * step
        cost += (waiting + coming / 2) * step
        waiting += coming
        worth += factor * math.sqrt(hourly) * share * step
        elapsed += step
        local += step
        if waiting > most:
            return last + min(best_after, elapsed)
        if cost - worth < best:
            best, best_after = cost - worth, elapsed
        elif cost - worth > best + price:
            break
    return last + best_after


def most_before_a_page_is_full(size: int) -> float:
    """Return how many articles may be expected on a page of so many, that it does not overflow by four deviations."""
    return max((math.sqrt(4 + size) - 2) ** 2, 1.0)
