"""Two dispatchers on one database, through a night in which the clock is turned and a day in which both are down."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from benchmarks import year
from storage import RunState

if TYPE_CHECKING:
    from collections.abc import Mapping

# Paris turns its clock in the night to 28 March and in that to 31 October 2027.
SPRING = (datetime(2027, 3, 26, tzinfo=UTC), datetime(2027, 3, 30, tzinfo=UTC))
AUTUMN = (datetime(2027, 10, 29, tzinfo=UTC), datetime(2027, 11, 2, tzinfo=UTC))


def outage(begins_at: datetime, ends_at: datetime, *takes: int) -> year.Outage:
    """Return a time in which some of the two are down."""
    return year.Outage(begins_at=begins_at, ends_at=ends_at, takes=takes)


@pytest.mark.long
@pytest.mark.parametrize("span", [SPRING, AUTUMN], ids=["spring", "autumn"])
def test_every_moment_is_explained_and_none_is_run_twice(
    database_url: str, monkeypatch: pytest.MonkeyPatch, span: tuple[datetime, datetime]
) -> None:
    """What a calendar says must be there is there, once, with a final state; what was not run says why."""
    begin, end = span
    monkeypatch.setattr(year, "BEGIN", begin)
    monkeypatch.setattr(year, "END", end)
    midnight = begin.replace(day=begin.day + 1, hour=0)
    outages = [
        outage(begin.replace(hour=9, minute=1), begin.replace(hour=11, minute=30), 0),
        outage(midnight.replace(hour=20), midnight.replace(day=midnight.day + 1, hour=21), 0, 1),
    ]
    result = year.measure("one", database_url, crons=len(year.CRONS), seed=5, outages=outages)
    assert (result.wrong, result.unexplained, result.doubles) == ((), 0, 0)
    assert result.planned == result.expected > 30
    states: Mapping[RunState, int] = result.states
    assert states[RunState.MISSED] > 3
    assert result.takeovers >= 2
