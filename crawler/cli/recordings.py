"""``newscrawl recordings``: what was recorded; list, check and prune."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from crawler.archives.keeping import check, prune
from crawler.archives.recorded_run import runs_in
from crawler.archives.recording import Recording
from crawler.archives.warc_records import warc_files_in
from crawler.cli.complaints import complain
from crawler.cli.options import Json, recording_address
from crawler.cli.output import in_zone, print_json, print_table
from crawler.cli.prune import before_of, parse_size
from crawler.config import load_config
from crawler.errors import BadInput
from storage.exports import as_iso

app = typer.Typer(help="What was recorded with --record.", no_args_is_help=True)

Folder = Annotated[str, typer.Argument(help="Folder of a recording, or its address, such as s3://bucket/recordings.")]


@app.command("list")
def list_recordings(folder: Folder, *, json: Json = False) -> None:
    """List the recorded runs, oldest first."""
    recording = _opened(folder)
    files = {file.name: file for file in recording.files()}
    runs: list[dict[str, Any]] = []
    for facts, paths in runs_in(warc_files_in([recording.address])):
        own = [files[path.rsplit("/", 1)[1]] for path in paths]
        lines = [line for file in own for line in file.lines]
        runs.append(
            {
                "run": facts.name,
                "source": facts.plan.source,
                "started_at": facts.started_at,
                "captures": len(lines),
                "files": len(own),
                "bytes": sum(file.size for file in own),
            }
        )
    if json:
        for run in runs:
            print_json(run | {"started_at": as_iso(run["started_at"])})
        return
    rows = [
        (run["run"], in_zone(run["started_at"], run["source"]), run["captures"], run["files"], f"{run['bytes']:,}")
        for run in runs
    ]
    print_table(f"{len(runs)} runs recorded", ("run", "started", "captures", "files", "bytes"), rows)


@app.command("check")
def check_recording(folder: Folder, *, json: Json = False) -> None:
    """Read every record and hold it against its digest and its index; torn tails are told, and are no fault."""
    found = check(_opened(folder))
    told = {"files": found.files, "records": found.records, "captures": found.captures}
    if json:
        print_json(told | {"torn": [str(one) for one in found.torn], "wrong": [str(one) for one in found.wrong]})
    else:
        for damage in (*found.torn, *found.wrong):
            typer.echo(str(damage))
        typer.echo(f"{found.captures} captures in {found.records} records of {found.files} files")
    if found.wrong:
        complain(f"{len(found.wrong)} things are wrong in {folder}")
        raise typer.Exit(1)


@app.command("prune")
def prune_recording(
    folder: Folder,
    *,
    older_than: Annotated[
        str | None, typer.Option("--older-than", metavar="AGE", help="Recorded so long ago: 365d, 12w or 36h.")
    ] = None,
    keep_bytes: Annotated[
        str | None, typer.Option("--keep-bytes", metavar="SIZE", help="Keep the newest of this size: 500MB, 2GiB.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be removed.")] = False,
    json: Json = False,
) -> None:
    """Remove old files with their indexes; one whose bodies later files repeat stays as long as they do."""
    if older_than is None and keep_bytes is None:
        raise BadInput("say what is to go: --older-than 365d, --keep-bytes 2GB, or both")
    before = None if older_than is None else before_of(older_than, datetime.now(UTC))
    limit = None if keep_bytes is None else parse_size(keep_bytes)
    pruned = prune(_opened(folder), before=before, keep_bytes=limit, dry_run=dry_run)
    if json:
        print_json(
            {
                "removed": list(pruned.removed),
                "removed_bytes": pruned.removed_bytes,
                "kept_bytes": pruned.kept_bytes,
                "needed": list(pruned.needed),
                "is_dry_run": dry_run,
            }
        )
        return
    verb = "would be removed" if dry_run else "removed"
    typer.echo(f"{len(pruned.removed)} files, {pruned.removed_bytes:,} bytes, {verb}; {pruned.kept_bytes:,} bytes stay")
    if pruned.needed:
        typer.echo(f"{len(pruned.needed)} files stay because later ones repeat what they hold")


def _opened(folder: str) -> Recording:
    """Open a recording, with what a crash left completed.

    Raises:
        BadInput: Nothing is recorded there.
    """
    recording = Recording(recording_address(folder), spool=load_config().spool_folder)
    recording.mend()
    if not recording.exists():
        raise BadInput(f"nothing is recorded in {folder}")
    return recording
