"""In which zone a person reads the times of schedules and runs: the schedule's own, or else the source's."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from difflib import get_close_matches
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo, available_timezones

from crawler.cli.output import ZONES
from crawler.errors import BadInput
from storage import Cron

if TYPE_CHECKING:
    from collections.abc import Iterable

    from storage import CrawlRun, NewSchedule

# A time as reasons state it.
_TIME = re.compile(r"\b(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d) UTC\b")

UTC_ZONE = ZoneInfo("UTC")


def stated_zone(name: str) -> ZoneInfo:
    """Return the zone that an operator named.

    Raises:
        BadInput: There is none; the sentence says which was perhaps meant.
    """
    known = available_timezones()
    if name not in known:
        by_lower = {one.lower(): one for one in known}
        by_city = {one.rpartition("/")[2].lower(): one for one in sorted(known)}
        near = get_close_matches(name.lower(), by_lower, 1) or get_close_matches(name.lower(), by_city, 1)
        hint = f"did you mean {by_lower.get(near[0]) or by_city[near[0]]}?" if near else "write Europe/Paris"
        raise BadInput(f"--zone {name!r} is no time zone; {hint}")
    return ZoneInfo(name)


def zone_of(schedule: NewSchedule) -> ZoneInfo:
    """Return the zone of a schedule: that of its calendar, or else that of its source."""
    if isinstance(schedule.trigger, Cron):
        return ZoneInfo(schedule.trigger.zone)
    return ZONES.get(schedule.plan.source, UTC_ZONE)


class RunZones:
    """Knows the zone of each run.

    Args:
        schedules: All there are; a run of one that was removed is shown in the zone of its source.
    """

    def __init__(self, schedules: Iterable[NewSchedule]) -> None:
        self._by_schedule = {schedule.name: zone_of(schedule) for schedule in schedules}

    def of(self, run: CrawlRun) -> ZoneInfo:
        """Return the zone in which the times of a run are shown."""
        return self._by_schedule.get(run.schedule or "") or ZONES.get(run.plan.source, UTC_ZONE)


def shown(instant: datetime | None, zone: ZoneInfo) -> str:
    """Return an instant as a person reads it where the zone stands beside: ``2026-03-29 03:30 CEST``."""
    if instant is None:
        return ""
    form = "%Y-%m-%d %H:%M:%S %Z" if instant.second else "%Y-%m-%d %H:%M %Z"
    return instant.astimezone(zone).strftime(form)


def shown_in_full(instant: datetime, zone: ZoneInfo) -> str:
    """Return an instant to the second with its zone by full name: abbreviations such as CST mean several."""
    return f"{instant.astimezone(zone):%Y-%m-%d %H:%M:%S %Z} ({zone.key})"


def retold(reason: str | None, zone: ZoneInfo) -> str | None:
    """Return the reason of a run with its times in a zone; they are stored in UTC."""

    def retell(match: re.Match[str]) -> str:
        return shown(datetime.strptime(match[1], "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC), zone)

    return reason and _TIME.sub(retell, reason)
