"""Options that several commands share."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo

import typer

from crawler.config import load_config
from crawler.errors import BadInput
from crawler.sources import source_named
from storage import Store

if TYPE_CHECKING:
    from datetime import tzinfo

Db = Annotated[
    str | None,
    typer.Option("--db", metavar="URL", help="Database, such as sqlite:///news.db. Default: NEWSCRAWL_DATABASE_URL."),
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object a line.")]

SourceOption = Annotated[str | None, typer.Option("--source", help="Only this source, such as rfi-cn.")]
SectionOption = Annotated[str | None, typer.Option("--section", help="Only this section, such as 中国.")]
SinceOption = Annotated[
    str | None, typer.Option("--since", help="Published at or after; 2023-08-01 or 01/08/2023, Paris time.")
]
UntilOption = Annotated[str | None, typer.Option("--until", help="Published before; the day itself is not included.")]

PARIS = ZoneInfo("Europe/Paris")


def open_store(db: str | None, *, must_exist: bool = False) -> Store:
    """Open the database named on the command line, or else the configured one.

    Args:
        db: As given with --db; None for the configured one.
        must_exist: A reading command: a database that is not there is a mistyped name, not a wish for a new one.
    """
    return Store.open(db or load_config().database_url, must_exist=must_exist)


def parse_when(text: str | None, zone: tzinfo = PARIS) -> datetime | None:
    """Read a day (``2023-08-01``, ``01/08/2023``: 1 August) or an ISO 8601 time; without a zone it is Paris time.

    Raises:
        BadInput: It is neither.

    >>> parse_when("01/08/2023").isoformat()
    '2023-07-31T22:00:00+00:00'
    """
    if text is None:
        return None
    day_first = text.split("/")
    try:
        if len(day_first) == 3:
            day, month, year = (int(part) for part in day_first)
            instant = datetime(year, month, day, tzinfo=zone)
        else:
            instant = datetime.fromisoformat(text)
        return (instant if instant.tzinfo else instant.replace(tzinfo=zone)).astimezone(UTC)
    except (ValueError, OverflowError):  # the latter: a day that begins before the year 1 in UTC
        raise BadInput(f"{text!r} is not a date; write 2023-08-01, 01/08/2023 or 2023-08-01T14:00+02:00") from None


def recording_address(given: str) -> str:
    """Return a folder's absolute path, for a plan may be run from elsewhere; an address as it is."""
    return given if "://" in given else str(Path(given).expanduser().resolve())


def known_source(name: str | None) -> None:
    """Refuse a source that does not exist: an empty answer would hide the slip of the pen.

    Raises:
        UnknownSource: There is no such source.
    """
    if name is not None:
        source_named(name)
