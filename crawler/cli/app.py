"""The program `newscrawl`: collects the command groups and turns errors into one sentence and an exit code."""

from __future__ import annotations

import os
import sys
from typing import Annotated

import typer

from crawler import __version__
from crawler.cli import articles, crawl, inspect, replay, runs, seeds, sources
from crawler.cli.output import complain
from crawler.errors import BadInput, NewsCrawlerError
from storage import StoreError

app = typer.Typer(
    name="newscrawl",
    help="Crawl RFI and other news sites into a database; replay, inspect and export what was kept.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
app.command("crawl")(crawl.crawl)
app.add_typer(replay.app, name="replay")
app.add_typer(seeds.app, name="seeds")
app.add_typer(articles.app, name="articles")
app.add_typer(runs.app, name="runs")
app.add_typer(inspect.app, name="inspect")
app.command("sources")(sources.sources)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"newscrawl {__version__}")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and stop.")
    ] = False,
) -> None:
    """Crawl RFI and other news sites into a database; replay, inspect and export what was kept."""


def main() -> None:
    """Run the program; never show a traceback for what an operator can mend."""
    try:
        app()
    except BadInput as error:
        complain(str(error))
        sys.exit(2)
    except (NewsCrawlerError, StoreError) as error:
        complain(str(error))
        sys.exit(1)
    except KeyboardInterrupt:
        complain("stopped by Ctrl-C")
        sys.exit(130)
    except BrokenPipeError:
        # the reader of our output (head, less) has had enough; Python would complain again while closing stdout
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(141)
