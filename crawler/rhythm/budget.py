"""The budget of requests, and the price that a poll must be worth so that it lasts."""

from __future__ import annotations

import math
from collections import deque
from typing import TYPE_CHECKING

from crawler.rhythm.memory import DAY, HOUR, hour_of_week

if TYPE_CHECKING:
    from collections.abc import Iterable

    from crawler.rhythm.rates import Rates

# Of the budget so much is planned for; the rest is for days on which more happens.
AIM = 0.97

# How fast the price follows, each hour, when more or less was spent than planned; and by how much it may.
GAIN = 0.1
MOST_CORRECTION = 2.0

# A budget that is spent to the last request says nothing of how many more were wanted; some more.
EXHAUSTED = 1.25


class Budget:
    """So many requests in any 24 hours, and not one more.

    Args:
        requests_a_day: The most.
        now: When it begins.
    """

    def __init__(self, requests_a_day: int, *, now: float) -> None:
        self.requests_a_day = requests_a_day
        self.price = HOUR
        """Seconds of waiting of one article that a poll must be worth."""
        self._spent: deque[float] = deque(maxlen=requests_a_day)
        self._correction = 1.0
        self._began_at = now
        self._priced_at = now

    def spend(self, at: float) -> None:
        """Note one request."""
        self._spent.append(at)

    def allowed_at(self, at: float) -> float:
        """Return the first moment from `at` on at which a request is within the budget."""
        if len(self._spent) < self.requests_a_day:
            return at
        return max(at, self._spent[0] + DAY + 1)

    def left_at(self, at: float) -> int:
        """Return how many requests the budget has left at a moment."""
        return self.requests_a_day - sum(1 for spent in self._spent if spent >= at - DAY)

    def reckon(self, rates: Iterable[Rates], *, now: float, offset: float) -> None:
        """Set the price at which the channels take, over the next day, what the budget gives.

        At a price p a channel of rate r takes sqrt(r / 2p) polls a second; that is solved for p, and corrected by what
        was really spent.
        """
        self._correct(now)
        roots = [0.0] * 24
        for one in rates:
            for ahead in range(24):
                roots[ahead] += math.sqrt(one.by_hour[hour_of_week(now + offset + ahead * HOUR)] / 2)
        self.price = max((sum(roots) * HOUR / (self.requests_a_day * AIM)) ** 2 * self._correction, 1.0)

    def _correct(self, now: float) -> None:
        watched = min(now - self._began_at, DAY)
        if watched < DAY / 4 or now <= self._priced_at:
            return
        spent = self.requests_a_day - self.left_at(now)
        share = max(spent, 1) / (self.requests_a_day * AIM * watched / DAY)
        if spent == self.requests_a_day:
            share = EXHAUSTED
        correction = self._correction * share ** (GAIN * min((now - self._priced_at) / HOUR, 6.0))
        self._correction = min(max(correction, 1 / MOST_CORRECTION), MOST_CORRECTION)
        self._priced_at = now
