"""``newscrawl prune``: long texts are removed by age or size, and what identifies an article stays."""

from __future__ import annotations

import re
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer

from crawler.cli.complaints import complain
from crawler.cli.options import Db, Json, SourceOption, known_source, open_store
from crawler.cli.output import print_json
from crawler.cli.progress import watch
from crawler.errors import BadInput
from storage import Pruned

_UNITS = {"h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}
_SIZES = {
    "": 1,
    "k": 1000,
    "m": 1000**2,
    "g": 1000**3,
    "t": 1000**4,
    "ki": 2**10,
    "mi": 2**20,
    "gi": 2**30,
    "ti": 2**40,
}


def prune(
    *,
    older_than: Annotated[
        str | None, typer.Option("--older-than", metavar="AGE", help="Published so long ago: 365d, 12w or 36h.")
    ] = None,
    keep_bytes: Annotated[
        str | None,
        typer.Option("--keep-bytes", metavar="SIZE", help="Keep the newest of this size: 500MB, 2GiB, 1000."),
    ] = None,
    source: SourceOption = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be removed.")] = False,
    json: Json = False,
    db: Db = None,
) -> None:
    """Remove the texts of old articles; title, lead, times and identity stay, so that none comes back as new."""
    if older_than is None and keep_bytes is None:
        raise BadInput("say what is to go: --older-than 365d, --keep-bytes 2GB, or both")
    known_source(source)
    before = None if older_than is None else before_of(older_than, datetime.now(UTC))
    limit = None if keep_bytes is None else parse_size(keep_bytes)
    latest = Pruned()

    def note(pruned: Pruned) -> None:
        nonlocal latest
        latest = pruned
        on_progress({"pruned": pruned.articles})

    with open_store(db, must_exist=True) as store, watch("pruning") as on_progress:
        try:
            pruned = store.retention.prune(
                before=before, keep_bytes=limit, source=source, dry_run=dry_run, on_progress=note
            )
        except KeyboardInterrupt:
            complain(f"stopped by hand after {latest.articles} articles; the same command goes on")
            raise typer.Exit(130) from None
        kept_bytes = store.retention.size(source) - (pruned.bytes if dry_run else 0)
    if json:
        print_json(asdict(pruned) | {"kept_bytes": kept_bytes, "is_dry_run": dry_run})
        return
    verb = "would be removed from" if dry_run else "removed from"
    typer.echo(
        f"{pruned.bodies} texts and {pruned.seed_copies} seed files, {pruned.bytes:,} bytes, {verb} "
        f"{pruned.articles} articles; {kept_bytes:,} bytes of texts {'would stay' if dry_run else 'stay'}"
    )


def before_of(age: str, now: datetime) -> datetime:
    """Return the instant that lies so long ago.

    Raises:
        BadInput: It is no age.
    """
    match = re.fullmatch(r"(\d+)\s*([hdw])", age.strip().lower())
    try:
        return now - int(match[1]) * _UNITS[match[2]] if match else _refuse_age(age)
    except OverflowError:
        return _refuse_age(age)


def _refuse_age(age: str) -> datetime:
    raise BadInput(f"{age!r} is not an age; write 365d, 12w or 36h")


def parse_size(text: str) -> int:
    """Read a number of bytes with or without a unit.

    Raises:
        BadInput: It is none.

    >>> parse_size("2GiB"), parse_size("1.5 MB"), parse_size("1000")
    (2147483648, 1500000, 1000)
    """
    match = re.fullmatch(r"(\d{1,15}(?:\.\d{1,3})?)\s*([kmgt]i?|)b?", text.strip().lower())
    if match is None:
        raise BadInput(f"{text!r} is not a size; write 500MB, 2GiB or 1000")
    return int(float(match[1]) * _SIZES[match[2]])
