"""Sizes and spans as a person reads them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import timedelta


def size_in_words(size_bytes: int) -> str:
    """Return a size in the unit that fits.

    >>> size_in_words(734), size_in_words(52_428_800), size_in_words(3_221_225_472)
    ('734 B', '52 MB', '3.2 GB')
    """
    for unit, size in (("TB", 10**12), ("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if size_bytes >= size:
            amount = size_bytes / size
            return f"{amount:.1f} {unit}" if amount < 10 else f"{amount:.0f} {unit}"
    return f"{size_bytes} B"


def span_in_words(span: timedelta) -> str:
    """Return a span in the unit that fits, without its sign.

    >>> from datetime import timedelta
    >>> span_in_words(timedelta(seconds=-8)), span_in_words(timedelta(minutes=90)), span_in_words(timedelta(days=3))
    ('8 s', '90 min', '3 days')
    """
    seconds = abs(span.total_seconds())
    if seconds < 120:
        return f"{seconds:.0f} s"
    if seconds < 2 * 3600:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.0f} h" if seconds < 48 * 3600 else f"{seconds / 86400:.0f} days"
