"""What commands print: tables for people, JSON Lines for programs."""

from __future__ import annotations

import sys
from datetime import UTC
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table

from crawler.sources import SOURCES
from storage.exports import json_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime
    from zoneinfo import ZoneInfo

ZONES: dict[str, ZoneInfo] = {source.name: source.zone for source in SOURCES}

# Columns of a table that goes into a file or a pipe: one row is one line, so that grep finds whole rows.
PIPE_WIDTH = 240


def print_json(value: Mapping[str, Any]) -> None:
    """Print one JSON object on one line, in UTF-8 whatever the terminal speaks."""
    sys.stdout.buffer.write(json_line(value))


def print_table(
    title: str, columns: Sequence[str], rows: Iterable[Sequence[object]], *, right: Sequence[str] = ()
) -> None:
    """Print a table under a title.

    Args:
        title: One line, above.
        columns: Their names; empty for two columns of names and values.
        rows: Cells; None is shown as nothing.
        right: Columns that hold numbers.
    """
    sys.stdout.write(f"{title}\n")
    sys.stdout.flush()
    table = Table(header_style="bold", show_header=bool(columns))
    for column in columns or ("", ""):
        table.add_column(column, justify="right" if column in right else "left", overflow="fold")
    for row in rows:
        table.add_row(*("" if cell is None else str(cell) for cell in row))
    console = Console(markup=False, emoji=False, highlight=False)
    if not console.is_terminal:
        console.width = PIPE_WIDTH
    console.print(table)


def utc(instant: datetime | None) -> str | None:
    """Return an instant as programs read it: ISO 8601 in UTC, with ``Z``."""
    return instant.astimezone(UTC).isoformat().replace("+00:00", "Z") if instant else None


def in_zone(instant: datetime | None, source: str) -> str:
    """Return an instant as a person reads it: in the source's zone, the zone named."""
    if instant is None:
        return ""
    zone = ZONES.get(source)
    return (instant.astimezone(zone) if zone else instant).strftime("%Y-%m-%d %H:%M %Z")
