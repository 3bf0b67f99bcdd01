"""``newscrawl import``: what others kept, and what was exported, into a database."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from crawler.cli.complaints import complain
from crawler.cli.options import Db, Json, open_store
from crawler.cli.output import print_json
from crawler.cli.progress import watch
from crawler.cli.runs import print_run, run_as_json
from crawler.imports import Readers, count_cores, find_input, run_import
from storage import CrawlRun, RunState

Processes = Annotated[
    int | None,
    typer.Option("--processes", min=0, help="Processes that read beside the one that writes. Default: cores less one."),
]
FromStart = Annotated[bool, typer.Option("--from-start", help="Read again what an earlier import has read.")]


def import_articles(
    paths: Annotated[
        list[Path],
        typer.Argument(
            metavar="INPUT...",
            help="Folders of seed files, bare git repositories of them, web archives (.warc, .warc.gz, .wacz), exports"
            " (.jsonl, .csv, .parquet); - for JSON Lines from standard input.",
        ),
    ],
    *,
    processes: Processes = None,
    from_start: FromStart = False,
    json: Json = False,
    db: Db = None,
) -> None:
    """Read what others kept into the database; every piece is stored or refused with a reason."""
    inputs = [find_input(path) for path in paths]
    with reading(processes) as readers, open_store(db) as store, watch("importing") as on_progress:
        run = run_import(
            store,
            inputs,
            readers=readers,
            from_start=from_start,
            on_progress=on_progress,
            on_refused=complain,
        )
    print_import(run, json=json)


def reading(processes: int | None) -> Readers:
    """Return who reads: one process is left a core to write on."""
    return Readers(max(1, count_cores() - 1) if processes is None else processes)


def print_import(run: CrawlRun, *, json: bool) -> None:
    """Print what an import did, and end the command with the code for it."""
    if json:
        print_json(run_as_json(run))
    else:
        print_run(run)
    if run.state is RunState.STOPPED:
        complain("stopped by hand; what was read is kept, the same command goes on")
        raise typer.Exit(130)
    if run.state is RunState.FAILED:
        complain(f"the import failed: {run.reason}")
        raise typer.Exit(1)
