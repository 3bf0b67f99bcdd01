"""``newscrawl replay``: crawl kept bytes, or serve them as a website."""

from __future__ import annotations

import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from crawler.archives.captured_site import CapturedSite
from crawler.archives.recorded_run import runs_in
from crawler.archives.scripted_site import ScriptedSite
from crawler.archives.seeds import find_seed_files
from crawler.archives.serve import serve_archive
from crawler.archives.site import SeedSite
from crawler.archives.site_script import read_script
from crawler.archives.warc_records import holds_warc, warc_files_in
from crawler.cli.crawl import Limit, Pages, Sections, Urls, run_and_report, starts
from crawler.cli.options import Db, Json, recording_address
from crawler.errors import BadInput
from crawler.sources import source_named
from storage import CrawlKind, CrawlPlan

if TYPE_CHECKING:
    from crawler.archives.base import Archive
    from crawler.archives.run_facts import RunFacts

app = typer.Typer(help="Crawl kept bytes, or serve them as a website.", no_args_is_help=True)

Kept = Annotated[
    str, typer.Argument(metavar="FOLDER", help="Folder of seed files, or a recording: folder, WARC, WACZ.")
]


@app.command("crawl")
def replay_crawl(
    folder: Kept,
    source: Annotated[str, typer.Argument(help="Name of a source, such as rfi-cn.")],
    *,
    url: Urls = None,
    section: Sections = None,
    limit: Limit = None,
    pages: Pages = 10_000,
    run: Annotated[
        str | None, typer.Option("--run", metavar="NAME", help="Only this run of a recording; see recordings list.")
    ] = None,
    json: Json = False,
    db: Db = None,
) -> None:
    """Crawl a source from kept bytes: no server, no network, the same road.

    The runs that newscrawl recorded are walked again as they were, each with its own start and clock.
    """
    plan = CrawlPlan(
        source=source,
        kind=CrawlKind.REPLAY,
        seeds=starts(source, url, section),
        limit=limit,
        pages=pages,
        archive=recording_address(folder),
        delay_seconds=0.0,
    )
    if not holds_warc(recording_address(folder)):
        _check_folder(folder)
        run_and_report(plan, db=db, json=json)
    runs = _runs_of(plan.archive or "", source, run)
    if not runs:  # another program's
        run_and_report(plan, db=db, json=json)
    for facts in runs[:-1]:
        _run_in_child(folder, facts, db=db, json=json)
    run_and_report(_as_recorded(plan, runs[-1]), db=db, json=json)


def _runs_of(archive: str, source: str, name: str | None) -> list[RunFacts]:
    """Return the recorded runs over a source.

    Raises:
        BadInput: There are runs, but none over this source or of this name.
    """
    source_named(source)
    known = [facts for facts, _ in runs_in(warc_files_in([archive]))]
    runs = [facts for facts in known if facts.plan.source == source and name in (None, facts.name)]
    if (known or name is not None) and not runs:
        told = f"run {name}" if name is not None else f"run over {source}"
        raise BadInput(f"{archive} holds no {told}; see newscrawl recordings list")
    return runs


def _as_recorded(plan: CrawlPlan, facts: RunFacts) -> CrawlPlan:
    """Return the plan of a recorded run, with what the command line asks for instead."""
    recorded = replace(
        facts.plan,
        kind=plan.kind,
        archive=plan.archive,
        recorded_run=facts.name,
        via=None,
        record=None,
        backfill=None,
        delay_seconds=0.0,
    )
    if plan.seeds:
        recorded = replace(recorded, seeds=plan.seeds)
    return replace(recorded, limit=plan.limit) if plan.limit else recorded


def _run_in_child(folder: str, facts: RunFacts, *, db: str | None, json: bool) -> None:
    """Replay one of several runs in a process of its own: a process crawls once."""
    options = [*(["--db", db] if db else []), *(["--json"] if json else [])]
    command = [sys.executable, "-m", "crawler", "replay", "crawl", folder, facts.plan.source, "--run", facts.name]
    sys.stdout.flush()
    code = subprocess.run([*command, *options], check=False).returncode
    if code:
        raise typer.Exit(code)


@app.command("serve")
def replay_serve(
    folder: Kept,
    *,
    port: Annotated[
        int, typer.Option("--port", min=0, max=65535, help="Port on this machine; 0 takes a free one.")
    ] = 8000,
    host: Annotated[str, typer.Option("--host", help="Address to listen on.")] = "127.0.0.1",
    script: Annotated[
        Path | None, typer.Option("--script", help="TOML file of what happens to the site, and when.")
    ] = None,
) -> None:
    """Serve kept bytes as a website, until Ctrl-C: seed files as an RFI-shaped one, a recording as it was last."""
    if holds_warc(recording_address(folder)):
        captured = CapturedSite(recording_address(folder))

        def tell_pages(base_url: str) -> None:
            home = captured.home
            sys.stderr.write(f"serving {captured.count} recorded URLs, such as {base_url}{home}, until Ctrl-C\n")

        serve_archive(captured, host=host, port=port, on_ready=tell_pages, default_host=captured.host)
        return
    _check_folder(folder)
    site = SeedSite([Path(folder)])
    archive: Archive = site
    if script is not None:
        archive = ScriptedSite(site, read_script(script), clock=time.monotonic, name=str(script))
    fronts = [f"/{edition.prefix}/" for edition in site.editions]

    def tell(base_url: str) -> None:
        pages = ", ".join(base_url + front for front in fronts)
        sys.stderr.write(f"serving {len(site.article_urls)} articles at {pages} until Ctrl-C\n")

    serve_archive(archive, host=host, port=port, on_ready=tell)


def _check_folder(folder: str) -> None:
    if not Path(folder).is_dir():
        raise BadInput(f"{folder} is not a folder of seed files")
    if next(find_seed_files([Path(folder)]), None) is None:
        raise BadInput(f"there are no seed files in {folder}")
