"""The service: does anybody run the schedules, and in time?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from crawler.doctor.diagnosis import Diagnosis, error, ok, warning
from crawler.doctor.words import span_in_words
from crawler.service.health import look

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime, timedelta

    from storage import Store


def check_services(store: Store, *, heartbeat_seconds: float, now: datetime) -> Iterator[Diagnosis]:
    """Look at schedules and at who runs them.

    That nobody does is no error: this is also asked before a service starts.
    """
    health = look(store, heartbeat_seconds=heartbeat_seconds, now=now)
    number = len(health.schedules)
    told = f"{number} schedule{'' if number == 1 else 's'}" + (f", {health.paused} paused" if health.paused else "")
    yield ok("schedules", told) if number else ok("schedules", "none; newscrawl schedules add states one")
    if health.leader is None:
        if number > health.paused:
            silent = (
                "" if health.heartbeat_age is None else f" (the last sign of life was {_ago(health.heartbeat_age)})"
            )
            yield warning("service", f"no service is running{silent}", "start one: newscrawl serve")
        return
    yield ok(
        "service", f"{health.leader.holder} leads, and left a sign of life {_ago(now - health.leader.heartbeat_at)}"
    )
    for one in health.overdue:
        late = span_in_words(now - one.planned_at)
        found = f"nothing was decided of the moment of {one.schedule} that came {late} ago, though a service leads"
        yield error("service", found, "look into its log, and start it again")


def _ago(span: timedelta) -> str:
    return f"{span_in_words(span)} ago"
