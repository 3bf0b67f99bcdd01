"""What a backfill will ask for, and how long that takes, as far as it can be known before its first request. Pure."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from statistics import median
from typing import TYPE_CHECKING

from crawler.backfills.planner import days_of
from storage import Standing

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from zoneinfo import ZoneInfo

    from storage import KnownArticle, PlannedSlice, Window


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """What is to be fetched."""

    listings: int
    """Listings that the slices start from; sections have further pages."""
    known_missing: int
    """Articles that channels have shown and that are not stored."""
    expected: int | None
    """Articles to expect on days of which nothing is known, at the source's usual number a day; None if it has none."""

    @property
    def requests(self) -> int:
        """Requests in all, as far as anybody can tell."""
        return self.listings + self.known_missing + (self.expected or 0)

    def duration(self, delay_seconds: float) -> timedelta:
        """Return how long the requests take at a pace."""
        return timedelta(seconds=round(self.requests * delay_seconds))


def estimate(slices: Sequence[PlannedSlice], known: Iterable[KnownArticle], window: Window, zone: ZoneInfo) -> Estimate:
    """Return what a backfill will ask for.

    Args:
        slices: Those that are still to be worked off.
        known: What is known of the source, in the window and as far around it as there is any use in.
        window: What is to be collected.
        zone: In which days are counted.
    """
    per_day: Counter[object] = Counter()
    missing = 0
    for one in known:
        per_day[one.day] += 1
        missing += one.standing in (Standing.WAITING, Standing.UNEXPLAINED)
    per_day.pop(None, None)
    blank = sum(not per_day[day] for day in days_of(window, zone))
    expected = round(blank * median(per_day.values())) if per_day else None
    return Estimate(listings=len(slices), known_missing=missing, expected=expected)
