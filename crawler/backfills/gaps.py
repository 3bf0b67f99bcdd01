"""Gaps of a window: what is missing there, why, and the command that would fill it. Pure."""

from __future__ import annotations

import shlex
from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING
from urllib.parse import unquote

from storage import Standing

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from zoneinfo import ZoneInfo

    from storage import KnownArticle, Silence, Slice

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """Something that is missing."""

    kind: str
    """``not fetched``, ``failed``, ``refused``, ``listing failed`` or ``silent``."""
    section: str | None
    """None where it is no matter of one section."""
    first: date | None
    last: date | None
    """Its last day; both None where nobody knows the day."""
    articles: int
    """How many are missing; of a silence, how many its rhythm would have brought."""
    why: str
    command: str
    """What an operator can run to fill it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What was asked for, as commands repeat it."""

    source: str
    first: date
    last: date
    """The last day."""
    zone: ZoneInfo
    db: str | None
    """As given on the command line; None if it was not."""

    def backfill(self, first: date | None, last: date | None, *options: str) -> str:
        """Return the command that collects some days, or all that was asked for."""
        since, until = first or self.first, (last or self.last) + _DAY
        words = ("newscrawl", "backfill", self.source, "--since", f"{since}", "--until", f"{until}", *options)
        return self._with_db(words)

    def crawl(self, url: str) -> str:
        """Return the command that fetches one article."""
        return self._with_db(("newscrawl", "crawl", self.source, "--url", url))

    def _with_db(self, words: Iterable[str]) -> str:
        return shlex.join([*words, *(("--db", self.db) if self.db else ())])


def find_gaps(
    asked: Asked, known: Sequence[KnownArticle], silences: Sequence[Silence], failed: Sequence[Slice]
) -> list[Gap]:
    """Return the gaps of a window by day.

    Args:
        asked: The window.
        known: What is known to exist in it.
        silences: Stretches without any article known, against their section's rhythm.
        failed: Slices that could not be worked off.
    """
    gaps = [
        *_not_fetched(asked, known),
        *_not_had(asked, known),
        *_of_slices(asked, failed),
        *(_of_silence(asked, one) for one in silences),
    ]
    return sorted(gaps, key=lambda gap: (gap.first or date.max, gap.kind, gap.section or "", gap.why))


def _not_fetched(asked: Asked, known: Iterable[KnownArticle]) -> Iterator[Gap]:
    """Yield what waits or is unexplained, a stretch of days at a time: one command fetches it all."""
    per_day: dict[date | None, int] = defaultdict(int)
    for one in known:
        if one.standing in (Standing.WAITING, Standing.UNEXPLAINED):
            per_day[one.day] += 1
    if (undated := per_day.pop(None, 0)) > 0:
        yield _unfetched(asked, None, None, undated)
    days = sorted(day for day in per_day if day is not None)
    while days:
        stretch = [days.pop(0)]
        while days and days[0] - stretch[-1] <= _DAY:
            stretch.append(days.pop(0))
        yield _unfetched(asked, stretch[0], stretch[-1], sum(per_day[day] for day in stretch))


def _unfetched(asked: Asked, first: date | None, last: date | None, count: int) -> Gap:
    return Gap(
        kind="not fetched",
        section=None,
        first=first,
        last=last,
        articles=count,
        why="known, and not fetched yet",
        command=asked.backfill(first, last),
    )


def _not_had(asked: Asked, known: Iterable[KnownArticle]) -> Iterator[Gap]:
    """Yield every article that was asked for in vain."""
    for one in known:
        if one.standing not in (Standing.FAILED, Standing.REFUSED):
            continue
        yield Gap(
            kind=one.standing.value,
            section=one.section,
            first=one.day,
            last=one.day,
            articles=1,
            why=f"{one.reason}: {unquote(one.url)}",
            command=asked.crawl(unquote(one.url)),
        )


def _of_slices(asked: Asked, failed: Iterable[Slice]) -> Iterator[Gap]:
    """Yield the listings that could not be had: those that follow one another and failed alike as one."""
    stretches: dict[tuple[str, str | None, str | None], list[list[Slice]]] = defaultdict(list)
    for one in sorted(failed, key=lambda one: (one.since, one.name)):
        of_section = one.name if one.channel == "section" else None
        mine = stretches[one.channel, of_section, one.reason]
        if mine and mine[-1][-1].until >= one.since:
            mine[-1].append(one)
        else:
            mine.append([one])
    for (channel, section, reason), found in stretches.items():
        for stretch in found:
            first = max(stretch[0].since.astimezone(asked.zone).date(), asked.first)
            last = min((stretch[-1].until - timedelta.resolution).astimezone(asked.zone).date(), asked.last)
            names = dict.fromkeys((stretch[0].name, stretch[-1].name))
            yield Gap(
                kind="listing failed",
                section=section,
                first=first,
                last=last,
                articles=0,
                why=f"{channel} {' to '.join(names)}: {reason}",
                command=asked.backfill(first, last, "--channel", channel),
            )


def _of_silence(asked: Asked, one: Silence) -> Gap:
    days = "day" if one.days == 1 else "days"
    return Gap(
        kind="silent",
        section=one.section,
        first=one.first,
        last=one.last,
        articles=round(one.expected),
        why=f"{one.days} {days} without an article known, where about {one.expected:.0f} are usual",
        command=asked.backfill(one.first, one.last),
    )
