"""What is remembered of one channel: how many articles it brought, at which hours and minutes; old ones count less."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

MINUTE, HOUR, DAY = 60.0, 3600.0, 86400.0
"""In seconds: all of this package reckons in seconds since 1970."""

WEEK_HOURS = 168

# After three weeks an article counts half: a season changes a newsroom's hours, a week should not.
HALF_LIFE = 21 * DAY


def hour_of_week(local: float) -> int:
    """Return the hour of the week of an instant on local clocks, from 0; the epoch was a Thursday."""
    return int(local // HOUR) % WEEK_HOURS


def minute_of_hour(local: float) -> int:
    """Return the minute of an instant, from 0 to 59."""
    return int(local // MINUTE) % 60


@dataclass(slots=True, kw_only=True)
class Memory:
    """What polls of one channel have brought so far, weighted by age."""

    reckoned_at: float
    """Weights are those of this instant."""
    watched_hours: float = 0.0
    """For how long it has been watched."""
    by_hour: list[float] = field(default_factory=lambda: [0.0] * WEEK_HOURS)
    """Articles by local hour of the week."""
    by_minute: list[float] = field(default_factory=lambda: [0.0] * 60)
    """Articles by minute of the hour; those of which no minute is known are left out."""
    polled_at: float | None = None
    """The latest poll that was learnt from."""

    @property
    def articles(self) -> float:
        """Articles that it brought."""
        return sum(self.by_hour)

    def forget(self, now: float) -> None:
        """Bring the weights to an instant."""
        if now > self.reckoned_at:
            share = 0.5 ** ((now - self.reckoned_at) / HALF_LIFE)
            self.watched_hours *= share
            self.by_hour = [weight * share for weight in self.by_hour]
            self.by_minute = [weight * share for weight in self.by_minute]
            self.reckoned_at = now

    def learn(self, published: Iterable[float], *, now: float, offset: float) -> None:
        """Take in one poll.

        Args:
            published: When the articles were published that were met in this poll first of all. One that was published
                before the poll before, and was not there then, appeared at a time that nobody knows.
            now: When it was polled.
            offset: What local clocks are ahead of UTC.
        """
        self.forget(now)
        times = [min(instant, now) for instant in published]
        # a first poll shows the past: from its oldest article on the channel was watched, so to speak
        since = self.polled_at if self.polled_at is not None else min(times, default=now)
        self.watched_hours += max(now - since, 0.0) / HOUR
        for instant in times:
            if instant < since:
                self.by_hour[hour_of_week((since + now) / 2 + offset)] += 1.0
            else:
                weight = 0.5 ** ((now - instant) / HALF_LIFE)
                self.by_hour[hour_of_week(instant + offset)] += weight
                self.by_minute[minute_of_hour(instant + offset)] += weight
        self.polled_at = max(now, self.polled_at or now)
