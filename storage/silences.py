"""Silences: stretches of days on which a section would have spoken, by its own rhythm. Pure.

A column that appears on Saturdays is not silent from Sunday to Friday. A section's rhythm is its mean for each day of
the week between its first article and its last; that nothing comes on some days running is as likely as a Poisson
process of that rhythm says.
"""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import date

# Less likely than this is no chance: of 50 sections some twenty silences a year would be, at one in a hundred.
CHANCE = 0.0005

# A rhythm that fewer articles tell is none.
FEWEST = 12

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Silence:
    """Days running on which nothing of a section is known."""

    section: str | None
    first: date
    last: date
    """The last silent day."""
    expected: float
    """Articles that its rhythm would have brought."""

    @property
    def days(self) -> int:
        """How many days it lasts."""
        return (self.last - self.first).days + 1


def find_silences(known: Mapping[str | None, Mapping[date, int]], days: Sequence[date]) -> list[Silence]:
    """Return the silences of each section, the gravest first.

    Args:
        known: Articles known, by section and day.
        days: The days that were looked at, in order, without a gap.
    """
    found = [one for section, counts in known.items() for one in _silences(section, counts, days)]
    return sorted(found, key=lambda one: (-one.expected, one.first, one.section or ""))


def rhythm_of(counts: Mapping[date, int]) -> list[float]:
    """Return the mean of a section for each day of the week, Monday first, from its first article to its last."""
    first, last = min(counts), max(counts)
    articles, days = [0.0] * 7, [0] * 7
    day = first
    while day <= last:
        articles[day.weekday()] += counts.get(day, 0)
        days[day.weekday()] += 1
        day += _DAY
    return [many / among if among else 0.0 for many, among in zip(articles, days, strict=True)]


def _silences(section: str | None, counts: Mapping[date, int], days: Sequence[date]) -> Iterator[Silence]:
    if sum(counts.values()) < FEWEST:
        return
    rhythm = rhythm_of(counts)
    for stretch in _stretches(day for day in days if not counts.get(day)):
        expected = sum(rhythm[day.weekday()] for day in stretch)
        if math.exp(-expected) < CHANCE:
            yield Silence(section=section, first=stretch[0], last=stretch[-1], expected=expected)


def _stretches(days: Iterable[date]) -> list[list[date]]:
    """Return days in stretches without a gap."""
    by_first: dict[date, list[date]] = defaultdict(list)
    first = before = None
    for day in days:
        if before is None or first is None or day - before > _DAY:
            first = day
        by_first[first].append(day)
        before = day
    return list(by_first.values())
