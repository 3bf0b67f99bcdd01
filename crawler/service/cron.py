"""Cron in a zone: the instants that a crontab expression names, on days of 23 and 25 hours too.

APScheduler finds the times of the wall clock that match; which instants they are is said here:

- An expression that names hours means each of its times once a day. One that the clock leaves out in spring comes at
  once after the gap; of one that comes twice in autumn the first counts.
- An expression of every hour means elapsed time: four times an hour stay four times an hour, on all days.
"""

from __future__ import annotations

import heapq
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from apscheduler.triggers.cron import CronTrigger

from crawler.errors import BadInput

if TYPE_CHECKING:
    from collections.abc import Iterator

    from storage import Cron

# Names for common expressions. Source: crontab(5) of Vixie cron, read 2026-11-26.
NAMED = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
}

# crontab counts days of the week from Sunday, APScheduler from Monday; both know these names.
_WEEKDAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")

# No zone has turned its clock back by more within living memory, but for those that changed the side of the date line.
_LONGEST_FOLD = timedelta(hours=3)

_SECOND = timedelta(seconds=1)


def cron_moments(cron: Cron, *, after: datetime) -> Iterator[datetime]:
    """Yield the instants that a trigger names, in UTC, in order, from the first one after an instant.

    Raises:
        BadInput: It is no cron expression, or there is no such zone.
    """
    zone = zone_named(cron.zone)
    minute, hour, day, month, weekday = _fields(cron.expression)
    is_hourly = hour in ("*", "*/1", "0-23")
    # as crontab has it: where both days are restricted, either will do
    days = [(day, "*"), ("*", weekday)] if day[0] != "*" and weekday[0] != "*" else [(day, weekday)]
    triggers = [
        _trigger(cron, minute=minute, hour=hour, day=one, month=month, day_of_week=other) for one, other in days
    ]
    walls = heapq.merge(*(_walls(trigger, _start(after, zone)) for trigger in triggers))
    return _after(_instants(walls, zone, is_hourly=is_hourly), after)


def zone_named(name: str) -> ZoneInfo:
    """Return a zone.

    Raises:
        BadInput: There is none of this name.
    """
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):  # a path that leads out, a folder of zones
        raise BadInput(f"{name!r} is not a time zone; write a name such as Europe/Paris or Asia/Shanghai") from None


def _fields(expression: str) -> list[str]:
    fields = NAMED.get(expression.strip().lower(), expression).lower().split()
    if len(fields) != 5:
        raise _bad(expression, f"it has {len(fields)} field{'' if len(fields) == 1 else 's'}")
    return fields


def _trigger(cron: Cron, *, day_of_week: str, **fields: str) -> CronTrigger:
    try:
        return CronTrigger(**fields, day_of_week=_by_name(day_of_week), timezone=UTC)
    except ValueError as error:
        raise _bad(cron.expression, str(error)) from None


def _by_name(weekday: str) -> str:
    """Return a field for days of the week with their names in place of numbers.

    >>> _by_name("1-5"), _by_name("0"), _by_name("5-7"), _by_name("sat,sun"), _by_name("*")
    ('mon,tue,wed,thu,fri', 'sun', 'fri,sat,sun', 'sat,sun', '*')
    """
    if weekday == "*":
        return weekday
    names = []
    for part in weekday.split(","):
        span, _, step = part.partition("/")
        first, _, last = ("0", "", "6") if span == "*" else span.partition("-")
        numbers = range(_weekday(first), _weekday(last or ("6" if step else first), at_least=_weekday(first)) + 1)
        names += [_WEEKDAYS[number % 7] for number in numbers[:: _step(step)]]
    if not names:
        raise ValueError(f"{weekday!r} names no day of the week")
    return ",".join(names)


def _weekday(text: str, *, at_least: int = 0) -> int:
    """Return the number of a day of the week; Sunday after another day is 7."""
    number = _WEEKDAYS.index(text) if text in _WEEKDAYS else int(text) if text.isdecimal() else 8
    if number > 7:
        raise ValueError(f"{text!r} is not a day of the week")
    return 7 if number == 0 and at_least > 0 else number


def _step(text: str) -> int:
    if text and not (text.isdecimal() and int(text)):
        raise ValueError(f"{text!r} is not a step")
    return int(text or 1)


def _bad(expression: str, why: str) -> BadInput:
    return BadInput(
        f"{expression!r} is not a cron expression: {why}; write minute, hour, day, month and weekday, such as"
        " '*/15 * * * *' or '30 6 * * mon-fri'"
    )


def _start(after: datetime, zone: ZoneInfo) -> datetime:
    """Return the time on the wall, as if it were UTC, from which on later instants may come."""
    local = after.astimezone(zone)
    wall = local.replace(tzinfo=UTC)
    later = (after + _LONGEST_FOLD).astimezone(zone)
    # the clock is about to be turned back: times that are on the wall already come again
    return wall - _LONGEST_FOLD if later.utcoffset() != local.utcoffset() else wall


def _walls(trigger: CronTrigger, start: datetime) -> Iterator[datetime]:
    """Yield matching times of the wall clock, naive; to APScheduler they are UTC, where every time exists once."""
    wall = start
    while (found := trigger.get_next_fire_time(None, wall)) is not None:
        yield found.replace(tzinfo=None)
        wall = found + _SECOND


def _instants(walls: Iterator[datetime], zone: ZoneInfo, *, is_hourly: bool) -> Iterator[datetime]:
    """Yield the instants of times on the wall in order, each once or more often."""
    waiting: list[datetime] = []
    for wall in walls:
        first, second = (wall.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
        if second < first:  # the wall clock leaves this time out
            first = _end_of_gap(second, first, zone)
            second = first
            if is_hourly:
                continue
        # no later time on the wall comes before the first instant of this one
        while waiting and waiting[0] <= first:
            yield heapq.heappop(waiting)
        heapq.heappush(waiting, first)
        if is_hourly and second > first:
            heapq.heappush(waiting, second)
    while waiting:
        yield heapq.heappop(waiting)


def _end_of_gap(before: datetime, after: datetime, zone: ZoneInfo) -> datetime:
    """Return the instant between two at which a zone turns its clock forward, to the second."""
    offset = before.astimezone(zone).utcoffset()
    while after - before > _SECOND:
        middle = (before + (after - before) / 2).replace(microsecond=0)
        if middle.astimezone(zone).utcoffset() == offset:
            before = middle
        else:
            after = middle
    return after


def _after(instants: Iterator[datetime], after: datetime) -> Iterator[datetime]:
    last = after
    for instant in instants:
        if instant > last:
            yield instant
            last = instant
