"""The moments of a schedule: when its trigger has it run. Pure: the same for everybody who asks, at any time."""

from __future__ import annotations

import math
from datetime import timedelta
from hashlib import blake2b
from itertools import count
from typing import TYPE_CHECKING

from crawler.errors import BadInput
from crawler.service.cron import cron_moments, zone_named
from storage import Adaptive, Cron, Interval

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from storage import Schedule, Trigger

# Shorter rhythms than this are a slip of the pen: no site is to be asked so often, and no run is done so soon.
SHORTEST_SECONDS = 1.0

# Longest rhythm: beyond ten years a date cannot be reckoned with.
LONGEST_SECONDS = 10 * 366 * 86400.0

# More polls a day than this would be more than one every two seconds.
MOST_REQUESTS = 43_200


def check_trigger(trigger: Trigger, *, now: datetime) -> None:
    """Refuse a trigger that makes no sense.

    Args:
        trigger: As an operator stated it.
        now: The present time: a trigger must have a moment after it.

    Raises:
        BadInput: One sentence says what is wrong, and what to write.
    """
    if isinstance(trigger, Cron):
        zone_named(trigger.zone)
        if next(cron_moments(trigger, after=now), None) is None:
            raise BadInput(f"{trigger.expression!r} names no day that ever comes")
    elif isinstance(trigger, Interval):
        _check_interval(trigger)
    elif not 1 <= trigger.requests_a_day <= MOST_REQUESTS:
        raise BadInput(f"{trigger.requests_a_day} requests a day cannot be spent; from 1 to {MOST_REQUESTS} can")


def _check_interval(trigger: Interval) -> None:
    every, jitter = trigger.every_seconds, trigger.jitter_seconds
    if not (math.isfinite(every) and SHORTEST_SECONDS <= every <= LONGEST_SECONDS):
        raise BadInput(f"an interval of {every:g} seconds makes no rhythm; from 1 second to ten years does")
    if not (math.isfinite(jitter) and 0 <= jitter < every):
        raise BadInput(f"a jitter of {jitter:g} seconds does not fit into {every:g} seconds; it must be shorter")


def moments(schedule: Schedule, *, after: datetime) -> Iterator[datetime]:
    """Yield the moments of a schedule after an instant, in UTC, in order; those of a pause are left out.

    An adaptive trigger has none here: its next moment follows from what its channels brought; see
    `crawler.service.dispatcher`.
    """
    for moment in _all_moments(schedule, after):
        if schedule.paused_at is None or moment < schedule.paused_at:
            yield moment
        elif schedule.resumed_at is None:
            return
        elif moment >= schedule.resumed_at:
            yield moment


def due_moments(schedule: Schedule, *, until: datetime, limit: int) -> tuple[list[datetime], datetime | None]:
    """Return the moments of a schedule that are not judged and have come, the earliest first, and the one after them.

    At most so many: then the one after them may have come too. It is None when there is none.
    """
    coming = moments(schedule, after=schedule.judged_until)
    due: list[datetime] = []
    for moment in coming:
        if moment > until or len(due) == limit:
            return due, moment
        due.append(moment)
    return due, None


def next_moment(schedule: Schedule) -> datetime | None:
    """Return the first moment that is not judged, be it past or to come; None while there is none."""
    return next(moments(schedule, after=schedule.judged_until), None)


def _all_moments(schedule: Schedule, after: datetime) -> Iterator[datetime]:
    trigger = schedule.trigger
    if isinstance(trigger, Cron):
        yield from cron_moments(trigger, after=after)
    elif isinstance(trigger, Interval):
        yield from _interval_moments(trigger, schedule, after)
    else:
        assert isinstance(trigger, Adaptive)


def _interval_moments(trigger: Interval, schedule: Schedule, after: datetime) -> Iterator[datetime]:
    every = timedelta(seconds=trigger.every_seconds)
    first = max(1, (after - schedule.added_at) // every)
    for number in count(first):
        late = _share(schedule.name, number) * trigger.jitter_seconds
        moment = schedule.added_at + number * every + timedelta(seconds=late)
        if moment > after:
            yield moment


def _share(name: str, number: int) -> float:
    """Return a number from 0 to 1 that looks like chance and is the same for everybody."""
    digest = blake2b(f"{name} {number}".encode(), digest_size=6).digest()
    return int.from_bytes(digest) / 2**48
