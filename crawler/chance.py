"""Waits that chance makes longer, so that many URLs, or runs on several machines, do not come back at one moment."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime


def stretched(seconds: float, *, of: str, now: datetime) -> float:
    """Return a wait with up to half as much again.

    The chance follows from what waits and since when: a replay, whose clock is the recorded one, draws the same.

    Args:
        of: What waits: a URL, a host.
        now: Since when; aware.
    """
    return seconds * random.Random(f"{of} {now.timestamp()}").uniform(1.0, 1.5)
