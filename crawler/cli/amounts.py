"""Spans of time as an operator writes and reads them."""

from __future__ import annotations

import re
from datetime import timedelta

from crawler.errors import BadInput

_UNITS = {
    "s": timedelta(seconds=1),
    "m": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "d": timedelta(days=1),
    "w": timedelta(weeks=1),
}

# A schedule that fires more seldom is one for the calendar.
_LONGEST = timedelta(days=366)


def parse_span(text: str, option: str) -> timedelta:
    """Read a span such as ``15m``.

    Args:
        text: As given.
        option: The option it was given for, such as ``--every``.

    Raises:
        BadInput: It is none, it is zero, or it is longer than a year.

    >>> parse_span("90 s", "--every"), parse_span("1.5h", "--every")
    (datetime.timedelta(seconds=90), datetime.timedelta(seconds=5400))
    """
    match = re.fullmatch(r"(\d{1,9}(?:\.\d{1,3})?)\s*([smhdw])", text.strip().lower())
    span = float(match[1]) * _UNITS[match[2]] if match else None
    if span is None:
        raise BadInput(f"{option} {text!r} is not a span of time; write 90s, 15m, 2h or 1d")
    if not timedelta(0) < span <= _LONGEST:
        raise BadInput(f"{option} {text!r} is out of range; it is more than nothing and at most a year")
    return span


def exact_span(seconds: float) -> str:
    """Return a span in the largest unit of which it is a whole number.

    >>> exact_span(900), exact_span(90), exact_span(86400), exact_span(2.5)
    ('15 min', '90 s', '1 d', '2.5 s')
    """
    for unit, size in (("d", 86400), ("h", 3600), ("min", 60)):
        if seconds >= size and seconds % size == 0:
            return f"{seconds / size:g} {unit}"
    return f"{seconds:g} s"
