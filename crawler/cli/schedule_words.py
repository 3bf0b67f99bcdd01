"""Schedules in words for people, and as JSON for programs."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from crawler.cli.amounts import exact_span
from crawler.cli.output import utc
from crawler.cli.zones import shown, zone_of
from storage import Adaptive, Cron, Interval
from storage.schedule_rows import trigger_as_json

if TYPE_CHECKING:
    from datetime import datetime

    from storage import NewSchedule, Schedule, Trigger

# Planned moments that are shown of a schedule.
SHOWN_MOMENTS = 3


def trigger_in_words(trigger: Trigger) -> str:
    """Return when a trigger plans runs, as a person says it."""
    match trigger:
        case Cron(expression=expression):
            return f"cron {expression}"
        case Interval(every_seconds=every, jitter_seconds=jitter):
            return f"every {exact_span(every)}" + (f", up to {exact_span(jitter)} later" if jitter else "")
        case Adaptive(requests_a_day=requests):
            return f"adaptive, {requests} requests a day"


def what_in_words(schedule: NewSchedule) -> str:
    """Return what each run of a schedule is to do, beyond crawling its whole source."""
    plan = schedule.plan
    said = [
        f"from {len(plan.seeds)} pages"
        if len(plan.seeds) > 1
        else f"from {unquote(plan.seeds[0])}"
        if plan.seeds
        else "",
        f"at most {plan.limit} articles" if plan.limit is not None else "",
        f"{plan.pages} pages a listing" if plan.pages > 1 else "",
        f"via {plan.via}" if plan.via else "",
    ]
    return ", ".join(part for part in said if part)


def next_in_words(schedule: Schedule, *, now: datetime, count: int = SHOWN_MOMENTS) -> str:
    """Return the next planned moments of a schedule in its zone, the zone named."""
    if schedule.is_paused:
        return "paused"
    zone = zone_of(schedule)
    told = [shown(moment, zone) for moment in _coming(schedule, now=now, count=count)]
    return f"{', '.join(told)} ({zone.key})" if told else "as its channels have it"


def schedule_as_json(schedule: Schedule, *, now: datetime) -> dict[str, Any]:
    """Return a schedule as one JSON object; times in UTC."""
    plan = schedule.plan
    return {
        "name": schedule.name,
        "source": plan.source,
        "trigger": trigger_as_json(schedule.trigger),
        "zone": zone_of(schedule).key,
        "next": [utc(moment) for moment in _coming(schedule, now=now, count=SHOWN_MOMENTS)],
        "is_paused": schedule.is_paused,
        "paused_at": utc(schedule.paused_at),
        "resumed_at": utc(schedule.resumed_at),
        "added_at": utc(schedule.added_at),
        "judged_until": utc(schedule.judged_until),
        "overlap": schedule.overlap.value,
        "catch_up": schedule.catch_up.value,
        "time_limit_seconds": schedule.time_limit_seconds,
        "silence_limit_seconds": schedule.silence_limit_seconds,
        "memory_limit_bytes": schedule.memory_limit_bytes,
        "seeds": plan.seeds,
        "limit": plan.limit,
        "pages": plan.pages,
        "via": plan.via,
        "delay_seconds": plan.delay_seconds,
    }


def _coming(schedule: Schedule, *, now: datetime, count: int) -> list[datetime]:
    """Return the next planned moments; none while it is paused, or where they follow from what its channels bring."""
    # the clock's library takes a tenth of a second to import, and most commands do without
    from crawler.service.triggers import moments  # noqa: PLC0415 -- see above

    return list(islice(moments(schedule, after=now), count))
