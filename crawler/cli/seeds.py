"""``newscrawl seeds``: archived articles in and out of the database."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from crawler.archives.seeds import find_seed_files
from crawler.cli.complaints import complain
from crawler.cli.imports import FromStart, Processes, print_import, reading
from crawler.cli.options import Db, Json, open_store
from crawler.cli.output import print_json
from crawler.cli.progress import watch
from crawler.exports import export_seed_files
from crawler.imports import SeedFiles, run_import
from storage import Selection

app = typer.Typer(help="Archived articles, one file each: in and out of the database.", no_args_is_help=True)


@app.command("import")
def import_seeds(
    paths: Annotated[list[Path], typer.Argument(metavar="FOLDER...", help="Folders or files of archived articles.")],
    *,
    processes: Processes = None,
    from_start: FromStart = False,
    json: Json = False,
    db: Db = None,
) -> None:
    """Read seed files into the database; every file is stored or refused with a reason."""
    files = sum(1 for _ in find_seed_files(paths))
    with reading(processes) as readers, open_store(db) as store, watch("importing", total=files) as on_progress:
        run = run_import(
            store,
            [SeedFiles(path) for path in paths],
            readers=readers,
            from_start=from_start,
            on_progress=on_progress,
            on_refused=complain,
        )
    print_import(run, json=json)


@app.command("export")
def export_seeds(
    folder: Annotated[Path, typer.Argument(help="Folder to write to; made if it is not there.")],
    *,
    json: Json = False,
    db: Db = None,
) -> None:
    """Write seed files: imported ones byte for byte as they came, crawled articles in the archive's form."""
    try:
        with open_store(db, must_exist=True) as store, watch("exporting") as on_progress:
            counts = export_seed_files(
                store.exports.revisions(Selection(with_seed_copies=True)), folder, on_progress=on_progress
            )
    except KeyboardInterrupt:
        complain(f"stopped by hand; every file in {folder} is whole, the same command goes on")
        raise typer.Exit(130) from None
    if json:
        print_json(counts)
    else:
        typer.echo(
            f"{counts['copied']} seed files as they came and {counts['written']} of crawled articles in {folder}"
        )
