"""Times of sitemaps: the W3C's profile of ISO 8601, from a bare year to a fraction of a second.

Source: https://www.w3.org/TR/NOTE-datetime, 2026-11
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

_MONTH_OR_YEAR = re.compile(r"\d{4}(?:-\d{2})?")


class W3cTime(NamedTuple):
    """A time as a map states it."""

    at: datetime
    is_day_only: bool


def w3c_time(text: str | None, zone: ZoneInfo) -> W3cTime | None:
    """Return a stated time; None for what is none, and for one that names no day.

    Args:
        text: Such as ``2025-11-30T09:13:47+00:00`` or ``2025-11-30``.
        zone: Zone of a time that states none, and of a day.

    >>> from zoneinfo import ZoneInfo
    >>> w3c_time("2025-11-30", ZoneInfo("Europe/Paris")).at.isoformat()
    '2025-11-30T00:00:00+01:00'
    >>> w3c_time("2025-11", ZoneInfo("Europe/Paris")) is None
    True
    """
    if not text or _MONTH_OR_YEAR.fullmatch(text.strip()):
        return None
    try:
        instant = datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    aware = instant if instant.tzinfo else instant.replace(tzinfo=zone)
    return W3cTime(aware, is_day_only=":" not in text)
