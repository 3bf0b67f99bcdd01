"""What commands print: tables for people, JSON Lines for programs, complaints on standard error."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import orjson
from rich.console import Console
from rich.table import Table

from crawler.sources import SOURCES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime
    from zoneinfo import ZoneInfo

ZONES: dict[str, ZoneInfo] = {source.name: source.zone for source in SOURCES}


def complain(sentence: str) -> None:
    """Print one sentence to standard error."""
    sys.stderr.write(f"newscrawl: {sentence}\n")


def print_json(value: Mapping[str, Any]) -> None:
    """Print one JSON object on one line."""
    sys.stdout.write(orjson.dumps(value).decode() + "\n")


def print_table(
    title: str, columns: Sequence[str], rows: Iterable[Sequence[object]], *, right: Sequence[str] = ()
) -> None:
    """Print a table under a title; columns named in `right` hold numbers."""
    sys.stdout.write(f"{title}\n")
    table = Table(header_style="bold")
    for column in columns:
        table.add_column(column, justify="right" if column in right else "left", overflow="fold")
    for row in rows:
        table.add_row(*("" if cell is None else str(cell) for cell in row))
    Console().print(table)


def in_zone(instant: datetime | None, source: str) -> str:
    """Return an instant as a person reads it: in the source's zone, the zone named."""
    if instant is None:
        return ""
    zone = ZONES.get(source)
    return (instant.astimezone(zone) if zone else instant).strftime("%Y-%m-%d %H:%M %Z")
