"""The clock: does it agree with other clocks, and are the zones known?"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from crawler.doctor.diagnosis import Diagnosis, error, ok, warning
from crawler.doctor.words import span_in_words

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

# A Date header has whole seconds, and an answer takes some; a clock kept by NTP is right within far less.
WARN_FROM = timedelta(seconds=10)

# Articles "from the future" are refused, and schedules fire at the wrong time.
ERROR_FROM = timedelta(minutes=5)

# Runs of other machines may be a little ahead.
AHEAD_ALLOWED = timedelta(minutes=1)

_REMEDY = "set the clock, and keep it right with NTP (timedatectl set-ntp true)"


def compare_clocks(theirs: datetime, ours: datetime, *, whose: str) -> Diagnosis:
    """Hold this machine's clock against another.

    Args:
        theirs: The time by the other clock.
        ours: The time by this machine's clock at the same moment.
        whose: The other clock, such as ``www.rfi.fr``.
    """
    off = ours - theirs
    direction = "ahead of" if off > timedelta(0) else "behind"
    found = f"{span_in_words(off)} {direction} that of {whose}"
    if abs(off) >= ERROR_FROM:
        return error("clock", found, _REMEDY)
    return warning("clock", found, _REMEDY) if abs(off) >= WARN_FROM else ok("clock", f"agrees with that of {whose}")


def check_past(last_seen: datetime | None, *, now: datetime) -> Iterator[Diagnosis]:
    """Look whether the clock went back: nothing that has happened can lie ahead.

    Args:
        last_seen: The latest instant that the database knows of a run; None if there was none.
        now: Aware.
    """
    if last_seen is not None and last_seen > now + AHEAD_ALLOWED:
        yield error(
            "clock",
            f"a run was seen at {last_seen:%Y-%m-%d %H:%M:%S} UTC, and it is {now:%Y-%m-%d %H:%M:%S} UTC: the clock"
            " went back, or that of another machine is ahead",
            _REMEDY,
        )


def check_zones(names: Iterable[str]) -> Diagnosis:
    """Look whether the zones of sources and schedules are known to this machine."""
    needed, missing = sorted(set(names)), []
    for name in needed:
        try:
            ZoneInfo(name)
        except ZoneInfoNotFoundError:
            missing.append(name)
    if missing:
        return error("zones", f"unknown here: {', '.join(missing)}", "pip install --upgrade tzdata")
    return ok("zones", ", ".join(needed))
