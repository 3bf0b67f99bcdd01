"""Health as Prometheus reads it: asked for anew at each scrape, nothing is counted in between."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from storage import RunState

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Protocol

    from prometheus_client import Metric

    from crawler.service.health import Health

    class Look(Protocol):
        """Returns how scheduled crawls stand."""

        def __call__(self, *, now: datetime) -> Health:
            """Return it."""


class HealthCollector(Collector):
    """Turns health into metrics.

    Args:
        look: Returns how scheduled crawls stand.
        free_bytes: Returns what is free on the disk.
    """

    def __init__(self, look: Look, free_bytes: Callable[[], int]) -> None:
        self._look = look
        self._free_bytes = free_bytes

    def collect(self) -> Iterator[Metric]:
        """Yield the metrics of this moment."""
        now = datetime.now(UTC)
        health = self._look(now=now)
        yield _gauge("newscrawl_is_leader", "1 if this process plans and starts runs, 0 if it waits.", health.is_ours)
        yield _gauge("newscrawl_is_led", "1 if any process leads.", health.leader is not None)
        if health.heartbeat_age is not None:
            age = health.heartbeat_age.total_seconds()
            yield _gauge("newscrawl_heartbeat_age_seconds", "Since the leader's last sign of life.", age)
        yield _gauge("newscrawl_schedules", "Schedules there are.", len(health.schedules))
        yield _gauge("newscrawl_schedules_paused", "Schedules that are paused.", health.paused)
        late = GaugeMetricFamily(
            "newscrawl_overdue_seconds", "Since a moment of which nothing was decided.", labels=["schedule"]
        )
        for one in health.overdue:
            late.add_metric([one.schedule], (now - one.planned_at).total_seconds())
        yield late
        runs = GaugeMetricFamily("newscrawl_runs", "Runs that schedules planned, by state.", labels=["state"])
        for state in RunState:
            runs.add_metric([state.value], health.runs.get(state, 0))
        yield runs
        yield _gauge("newscrawl_disk_free_bytes", "Free where logs and database are written.", self._free_bytes())


def _gauge(name: str, meaning: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, meaning, value=float(value))
