"""``newscrawl channels``: which channel of a source is worth its requests."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from crawler.cli.options import Db, Json, known_source, open_store, parse_when
from crawler.cli.output import print_json, print_table

if TYPE_CHECKING:
    from storage import ChannelTally


def channels(
    source: Annotated[str, typer.Argument(help="Name of the source, such as rfi-cn.")],
    *,
    since: Annotated[
        str | None,
        typer.Option("--since", help="Only requests, and articles first seen, at or after; 2023-08-01, Paris time."),
    ] = None,
    json: Json = False,
    db: Db = None,
) -> None:
    """Show of each channel what it cost, what it found first, and what nothing else has shown."""
    known_source(source)
    with open_store(db, must_exist=True) as store:
        tallies = store.channels.tallies(source, since=parse_when(since))
    if json:
        for tally in tallies:
            print_json({"source": source} | _as_json(tally))
        return
    columns = ("channel", "kind", "requests", "seen", "first", "alone", "first a request", "lag", "lead")
    rows = [
        (
            tally.channel.url,
            tally.channel.kind.value,
            tally.requests,
            tally.seen,
            tally.found_first,
            tally.found_alone,
            f"{tally.found_first / tally.requests:.2f}" if tally.requests else None,
            _in_words(tally.mean_lag_seconds),
            _in_words(tally.mean_lead_seconds),
        )
        for tally in tallies
    ]
    print_table(f"Channels of {source}", columns, rows, right=columns[2:])


def _in_words(seconds: float | None) -> str | None:
    """Return a duration as a person reads it."""
    if seconds is None:
        return None
    for unit, length in (("d", 86400), ("h", 3600), ("min", 60)):
        if seconds >= length:
            return f"{seconds / length:.1f} {unit}"
    return f"{seconds:.0f} s"


def _as_json(tally: ChannelTally) -> dict[str, Any]:
    per_request = round(tally.found_first / tally.requests, 4) if tally.requests else None
    return {
        "channel": tally.channel.url,
        "kind": tally.channel.kind.value,
        "requests": tally.requests,
        "unmodified": tally.unmodified,
        "failed": tally.failed,
        "seen": tally.seen,
        "found_first": tally.found_first,
        "found_alone": tally.found_alone,
        "found_first_per_request": per_request,
        "mean_lag_seconds": tally.mean_lag_seconds,
        "mean_lead_seconds": tally.mean_lead_seconds,
    }
