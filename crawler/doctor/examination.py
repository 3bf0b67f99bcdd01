"""All checks, in the order in which their remedies help: what nothing works without comes first."""

from __future__ import annotations

import time
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from crawler.doctor.clock import check_past, check_zones, compare_clocks
from crawler.doctor.database import DatabaseCheck
from crawler.doctor.diagnosis import Diagnosis, ok, warning
from crawler.doctor.disk import check_disk
from crawler.doctor.robots import Manners, check_robots
from crawler.doctor.services import check_services
from crawler.doctor.settings import check_settings, read_settings
from crawler.doctor.versions import check_versions
from crawler.sources import SOURCES, source_named
from storage import Cron, Store

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from crawler.config import Config
    from crawler.sources import Source
    from storage import Schedule
    from storage.condition import Condition


@dataclass(frozen=True, slots=True, kw_only=True)
class Patient:
    """What is to be looked at."""

    database_url: str | None = None
    """None for the one of the settings."""
    sources: tuple[str, ...] = ()
    """Names of the sources whose sites are asked; none for those that have a schedule."""
    via: str | None = None
    """A server that answers in the sites' stead."""
    is_offline: bool = False
    """No site is asked."""


def _present() -> datetime:
    return datetime.now(UTC)


def examine(
    patient: Patient, *, clock: Callable[[], datetime] = _present, sleep: Callable[[float], None] = time.sleep
) -> Iterator[Diagnosis]:
    """Ask all checks and yield what each found.

    Args:
        patient: What to look at.
        clock: Returns the present; aware.
        sleep: Waits so many seconds, for a site's turn.

    Raises:
        UnknownSource: A source that is named does not exist.
    """
    sources = [source_named(name) for name in patient.sources]
    config, told = read_settings()
    yield check_versions()
    yield told
    if config is None:
        return
    yield from check_settings(config, is_live=patient.via is None)
    database = DatabaseCheck(patient.database_url or config.database_url)
    yield from database
    yield from _check_machine(database.condition, config, now=clock())
    with ExitStack() as opened:
        store = opened.enter_context(Store.open(database.url)) if database.is_usable else None
        schedules = store.schedules.all() if store is not None else []
        yield check_zones([source.zone.key for source in SOURCES] + [_calendar_zone(one) for one in schedules])
        if store is not None:
            yield from check_past(_last_seen(store), now=clock())
            yield from check_services(store, heartbeat_seconds=config.heartbeat_seconds, now=clock())
        manners = Manners(
            via=patient.via,
            agent=config.user_agent,
            delay_seconds=config.delay_seconds,
            timeout_seconds=config.first_byte_seconds,
            clock=clock,
            sleep=sleep,
        )
        yield from _ask_sites(patient, sources or _scheduled(schedules), config, store, manners)


def _check_machine(condition: Condition | None, config: Config, *, now: datetime) -> Iterator[Diagnosis]:
    """Look at this machine's clock beside the database's, and at its disks."""
    if condition is not None and condition.clock is not None:
        yield compare_clocks(condition.clock, now, whose="the database's server")
    file = condition.path if condition is not None else None
    folders = {"the database": file.parent} if file else {}
    yield from check_disk(folders | {"the logs": Path(config.log_folder)}, database=file)


def _ask_sites(
    patient: Patient, sources: Sequence[Source], config: Config, store: Store | None, manners: Manners
) -> Iterator[Diagnosis]:
    """Ask the sites of some sources, where that may and must be."""
    if patient.is_offline or not sources:
        yield ok("robots.txt", "no site was asked" + ("" if sources else ", for none is named or scheduled"))
    elif patient.via is None and not config.contact:
        yield warning("robots.txt", "no site was asked, for it could not tell who asks", "set contact first")
    else:
        yield from check_robots(sources, store, manners)


def _scheduled(schedules: Sequence[Schedule]) -> list[Source]:
    """Return the sources of which the sites themselves are crawled on a schedule that is not paused."""
    live = [schedule for schedule in schedules if not schedule.is_paused and schedule.plan.via is None]
    names = {schedule.plan.source for schedule in live}
    return [source for source in SOURCES if source.name in names]


def _calendar_zone(schedule: Schedule) -> str:
    return schedule.trigger.zone if isinstance(schedule.trigger, Cron) else "UTC"


def _last_seen(store: Store) -> datetime | None:
    """Return when one of the latest runs was last seen to begin or end; None if none has begun."""
    instants = [
        instant for run in store.runs.latest() for instant in (run.started_at, run.finished_at) if instant is not None
    ]
    return max(instants, default=None)
