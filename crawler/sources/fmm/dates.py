"""Times as this platform states them: ISO 8601, printed day-first, bare dates, and dates in addresses."""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

_PRINTED = re.compile(r"(?<!\d)(\d{2})/(\d{2})/(\d{4})\s*-\s*(\d{2}):(\d{2})(?!\d)")
_BARE_DATE = re.compile(r"(\d{2}|\d{4})-(\d{2})-(\d{2})")
_SLUG_DATE = re.compile(r"(\d{4})(\d{2})(\d{2})-.")


def iso_time(text: str | None, zone: ZoneInfo) -> datetime | None:
    """Return the instant of an ISO 8601 time; None for anything else.

    Args:
        text: Such as ``2025-11-30T09:13:47+00:00``.
        zone: Zone of a time that states none.

    >>> from zoneinfo import ZoneInfo
    >>> iso_time("2018-04-23T16:45:40+0200", ZoneInfo("UTC")).isoformat()
    '2018-04-23T16:45:40+02:00'
    """
    if not text or "T" not in text:
        return None
    try:
        instant = datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    return instant if instant.tzinfo else instant.replace(tzinfo=zone)


def printed_time(text: str, zone: ZoneInfo) -> datetime | None:
    """Return the first ``DD/MM/YYYY - HH:MM`` in a text, day first, on the clocks of `zone`; None without one.

    >>> from zoneinfo import ZoneInfo
    >>> printed_time("发表时间：01/08/2023 - 14:00", ZoneInfo("Europe/Paris")).isoformat()
    '2023-08-01T14:00:00+02:00'
    """
    for match in _PRINTED.finditer(text):
        day, month, year, hour, minute = map(int, match.groups())
        try:
            return datetime(year, month, day, hour, minute, tzinfo=zone)
        except ValueError:
            continue
    return None


def listed_time(text: str | None, zone: ZoneInfo) -> datetime | None:
    """Return the time of a ``datetime`` attribute on a listing; a bare date is its midnight in `zone`.

    The platform before 2020 wrote ``YY-MM-DD``.

    >>> from zoneinfo import ZoneInfo
    >>> listed_time("17-10-30", ZoneInfo("Europe/Paris")).isoformat()
    '2017-10-30T00:00:00+01:00'
    """
    if match := _BARE_DATE.fullmatch((text or "").strip()):
        year, month, day = map(int, match.groups())
        try:
            return datetime(year if year > 99 else 2000 + year, month, day, tzinfo=zone)
        except ValueError:
            return None
    return iso_time(text, zone)


def slug_date(slug: str) -> date | None:
    """Return the date at the head of an article's slug, ``YYYYMMDD-…``; None without one.

    It may be a day off the day of publication, so it is a claim and never a time.

    >>> slug_date("20251130-台湾")
    datetime.date(2025, 11, 30)
    """
    match = _SLUG_DATE.match(slug)
    if not match:
        return None
    year, month, day = map(int, match.groups())
    try:
        return date(year, month, day)
    except ValueError:
        return None
