"""The program `newscrawl`: calls the command that is asked for and turns errors into one sentence and an exit code."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from io import TextIOWrapper
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from typer.main import get_command

from crawler import __version__
from crawler.cli.commands import Commands
from crawler.cli.complaints import complain, complain_of, complain_of_usage
from crawler.cli.log import show_log
from crawler.settings_file import read_from

if TYPE_CHECKING:
    from collections.abc import Sequence

app = typer.Typer(
    name="newscrawl",
    cls=Commands,
    help="Crawl RFI and other news sites into a database; replay, inspect and export what was kept.",
    no_args_is_help=True,
    add_completion=False,
)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"newscrawl {__version__}")
        raise typer.Exit


@app.callback()
def options(
    context: typer.Context,
    *,
    config: Annotated[
        Path | None,
        typer.Option(
            "--config", metavar="FILE", help="Settings file. Default: NEWSCRAWL_CONFIG, or newscrawl.toml here."
        ),
    ] = None,
    verbose: Annotated[
        bool, typer.Option("--verbose", "-v", help="Log what happens to standard error, pages that failed included.")
    ] = False,
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and stop.")
    ] = False,
) -> None:
    """Crawl RFI and other news sites into a database; replay, inspect and export what was kept."""
    show_log(verbose=verbose)
    if config is not None:
        context.with_resource(read_from(config))


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the program and return its exit code; never show a traceback for what an operator can mend.

    Args:
        arguments: Without the program's name; None for those of this process.
    """
    _open_streams()
    try:
        return _run(sys.argv[1:] if arguments is None else list(arguments))
    except BrokenPipeError:
        _give_up_output()  # its reader (head, less) has had enough
        return 141
    except KeyboardInterrupt:
        complain("stopped by hand")
        return 130
    except OSError as error:
        complain(f"{error.filename or 'the output'} cannot be written or read: {error.strerror}")
        _give_up_output()
        return 1
    except Exception as error:
        code = complain_of(error)
        if code is None:
            raise
        return code


def _open_streams() -> None:
    """Make standard streams usable: one that was closed is empty, and no character is too much for a terminal."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: PTH123, SIM115 -- open to the end
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            # a terminal without Chinese shows the numbers of the characters rather than nothing at all
            stream.reconfigure(errors="backslashreplace")


def _give_up_output() -> None:
    """Turn standard output away: Python would complain once more while closing what cannot be written."""
    with suppress(OSError):  # standard output of a test has no file behind it
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _run(arguments: list[str]) -> int:
    """Run one command; typer's own way would draw usage errors as boxes and swallow Ctrl-C and closed pipes."""
    try:
        with get_command(app).make_context("newscrawl", arguments) as context:
            context.command.invoke(context)
        sys.stdout.flush()
    except typer.Exit as ending:
        sys.stdout.flush()
        return ending.exit_code
    except typer.TyperException as error:
        complain_of_usage(error)
        return error.exit_code
    return 0
