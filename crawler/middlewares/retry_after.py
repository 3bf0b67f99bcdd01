"""The Retry-After header, in both its forms."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

# A server that asks for more is believed to be wrong: a day is the longest that a crawl waits on one word.
LONGEST = timedelta(days=1)


def retry_after(value: bytes | None, now: datetime) -> datetime | None:
    """Return the instant before which a server does not want to be asked again; None if it states none.

    Source: https://www.rfc-editor.org/rfc/rfc9110#section-10.2.3, read 2026-11-23.

    Args:
        value: The header: whole seconds, or a date.
        now: Aware.

    >>> at = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
    >>> retry_after(b"120", at).isoformat()
    '2026-11-23T12:02:00+00:00'
    >>> retry_after(b"Mon, 23 Nov 2026 12:05:00 GMT", at).isoformat()
    '2026-11-23T12:05:00+00:00'
    >>> retry_after(b"soon", at) is None
    True
    """
    text = (value or b"").decode("latin-1").strip()
    if text.isascii() and text.isdigit():
        return now + min(timedelta(seconds=min(int(text[:9]), 10**8)), LONGEST)
    try:
        stated = parsedate_to_datetime(text)
    except ValueError:
        return None
    stated = stated if stated.tzinfo else stated.replace(tzinfo=UTC)
    return min(stated, now + LONGEST)
