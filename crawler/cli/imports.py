"""``newscrawl import``: exported articles back into a database."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from crawler.cli.options import Db, Json, open_store
from crawler.cli.output import complain, print_json
from crawler.cli.progress import watch
from crawler.cli.runs import print_run, run_as_json
from crawler.imports import import_exported
from storage import CrawlRun, RunState


def import_articles(
    paths: Annotated[
        list[Path],
        typer.Argument(metavar="FILE...", help="Files ending in .jsonl, .csv or .parquet, or folders of the latter."),
    ],
    *,
    json: Json = False,
    db: Db = None,
) -> None:
    """Read exported articles into the database; every line is stored or refused with a reason."""
    with open_store(db) as store, watch("importing") as on_progress:
        run = import_exported(paths, store, on_progress=on_progress, on_refused=complain)
    print_import(run, json=json)


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
