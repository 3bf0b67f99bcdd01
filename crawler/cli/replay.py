"""``newscrawl replay``: crawl kept bytes, or serve them as a website."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from crawler.archives.scripted_site import ScriptedSite
from crawler.archives.seeds import find_seed_files
from crawler.archives.serve import serve_archive
from crawler.archives.site import SeedSite
from crawler.archives.site_script import read_script
from crawler.cli.crawl import Limit, Pages, Sections, Urls, run_and_report, starts
from crawler.cli.options import Db, Json
from crawler.errors import BadInput
from storage import CrawlKind, CrawlPlan

if TYPE_CHECKING:
    from crawler.archives.base import Archive

app = typer.Typer(help="Crawl kept bytes, or serve them as a website.", no_args_is_help=True)

Folder = Annotated[Path, typer.Argument(help="Folder of seed files.")]


@app.command("crawl")
def replay_crawl(
    folder: Folder,
    source: Annotated[str, typer.Argument(help="Name of a source, such as rfi-cn.")],
    *,
    url: Urls = None,
    section: Sections = None,
    limit: Limit = None,
    pages: Pages = 10_000,
    json: Json = False,
    db: Db = None,
) -> None:
    """Crawl a source straight from a folder: no server, no network, the same road."""
    _check_folder(folder)
    plan = CrawlPlan(
        source=source,
        kind=CrawlKind.REPLAY,
        seeds=starts(source, url, section),
        limit=limit,
        pages=pages,
        archive=str(folder.resolve()),
        delay_seconds=0.0,
    )
    run_and_report(plan, db=db, json=json)


@app.command("serve")
def replay_serve(
    folder: Folder,
    *,
    port: Annotated[
        int, typer.Option("--port", min=0, max=65535, help="Port on this machine; 0 takes a free one.")
    ] = 8000,
    host: Annotated[str, typer.Option("--host", help="Address to listen on.")] = "127.0.0.1",
    script: Annotated[
        Path | None, typer.Option("--script", help="TOML file of what happens to the site, and when.")
    ] = None,
) -> None:
    """Serve a folder of seed files as an RFI-shaped website, until Ctrl-C."""
    _check_folder(folder)
    site = SeedSite([folder])
    archive: Archive = site
    if script is not None:
        archive = ScriptedSite(site, read_script(script), clock=time.monotonic, name=str(script))
    fronts = [f"/{edition.prefix}/" for edition in site.editions]

    def tell(base_url: str) -> None:
        pages = ", ".join(base_url + front for front in fronts)
        sys.stderr.write(f"serving {len(site.article_urls)} articles at {pages} until Ctrl-C\n")

    serve_archive(archive, host=host, port=port, on_ready=tell)


def _check_folder(folder: Path) -> None:
    if not folder.is_dir():
        raise BadInput(f"{folder} is not a folder of seed files")
    if next(find_seed_files([folder]), None) is None:
        raise BadInput(f"there are no seed files in {folder}")
