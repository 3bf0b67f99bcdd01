"""``newscrawl reextract``: today's readers over what was recorded, without a network."""

from __future__ import annotations

import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import orjson
import typer

from crawler.cli.complaints import complain
from crawler.cli.options import Db, Json, open_store
from crawler.cli.output import print_json, print_table
from crawler.errors import BadInput
from crawler.rereading.report import Report
from crawler.sources import source_named


def reextract(
    recordings: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="[RECORDING]...",
            help="Folders or files of recordings: WARC, WACZ. Default: those of the database's own runs.",
        ),
    ] = None,
    *,
    source: Annotated[str | None, typer.Option("--source", help="Only pages of this source, such as rfi-cn.")] = None,
    since: Annotated[
        datetime | None,
        typer.Option("--since", formats=["%Y-%m-%d"], help="Only pages captured on this day (UTC) or later."),
    ] = None,
    until: Annotated[
        datetime | None,
        typer.Option("--until", formats=["%Y-%m-%d"], help="Only pages captured before this day (UTC)."),
    ] = None,
    apply: Annotated[
        bool, typer.Option("--apply/--dry-run", help="Correct rows and store what appears, or only say what would.")
    ] = False,
    seeds: Annotated[
        bool, typer.Option("--seeds/--no-seeds", help="Read the seed files that the database keeps, too.")
    ] = True,
    processes: Annotated[
        int | None, typer.Option("--processes", min=1, help="Processes that read. Default: one for each core.")
    ] = None,
    report: Annotated[
        Path | None, typer.Option("--report", metavar="FILE", help="Write the whole report here, as JSON.")
    ] = None,
    json: Json = False,
    db: Db = None,
) -> None:
    """Read what was recorded with today's readers, and say what would change; with --apply, change it."""
    # what reads WARC files takes a while to import, and most commands do without
    from crawler.rereading.running import reread  # noqa: PLC0415 -- see above
    from crawler.rereading.units import Choice, find_units, own_recordings  # noqa: PLC0415 -- see above

    choice = Choice(
        source=source_named(source).name if source is not None else None,
        since=since.replace(tzinfo=UTC) if since is not None else None,
        until=until.replace(tzinfo=UTC) if until is not None else None,
    )
    with open_store(db, must_exist=True) as store:
        chosen = recordings or own_recordings(store, lambda sentence: complain(f"passed over: {sentence}"))
        units = find_units(chosen, store, with_seeds=seeds)
        if not units:
            raise BadInput(
                "there is nothing to read again: no run of this database was recorded, and no seed files are kept"
            )
        told = reread(
            units,
            choice,
            store,
            processes=processes or os.cpu_count() or 1,
            is_applied=apply,
            now=lambda: datetime.now(UTC),
            on_progress=_tell,
        )
    if report is not None:
        _write(report, told)
    for damage in told.damages:
        complain(f"passed over: {damage}")
    print_json(told.as_json() | {"is_applied": apply}) if json else _print(told, is_applied=apply)


def _tell(done: int, units: int, report: Report) -> None:
    if sys.stderr.isatty():
        sys.stderr.write(f"\r{done} of {units} pieces, {report.pages} pages")
        sys.stderr.write("\n" if done == units else "")


def _write(path: Path, report: Report) -> None:
    """Write a report beside its place and then put it there: a file of this name is always whole."""
    new = path.with_name(path.name + ".new")
    try:
        new.write_bytes(orjson.dumps(report.as_json(), option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))
        new.replace(path)
    except OSError as error:
        raise BadInput(f"cannot write the report {path}: {error.strerror}") from error


def _print(report: Report, *, is_applied: bool) -> None:
    will = "are" if is_applied else "would be"
    refused = [(count, f"read into no article: {reason}") for reason, count in sorted(report.refused.items())]
    print_table(
        "Read again" if is_applied else "Read again, nothing written",
        ("pages", "of"),
        [
            (report.pages, "read"),
            (report.unchanged, "say what is stored"),
            (report.corrected, f"{will} corrected"),
            (report.appearing, f"show what is not stored, and {will} stored"),
            (report.seen, "show what was seen before and after"),
            *refused,
        ],
        right=("pages",),
    )
    if report.changes:
        print_table(
            "Fields",
            ("field", "filled before", "filled now"),
            [(name, before, after) for name, (before, after) in report.filled.items()],
            right=("filled before", "filled now"),
        )
        print_table(
            "Changes",
            ("pages", "change", "before", "after", "such as"),
            [
                (count, kind, one["before"], one["after"], one["url"])
                for kind, count in sorted(report.changes.items())
                for one in report.samples[kind][:1]
            ],
            right=("pages",),
        )
