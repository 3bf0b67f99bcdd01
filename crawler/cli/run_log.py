"""``newscrawl runs log``: what a scheduled run has logged, to its end or as it comes."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from crawler.cli.complaints import complain
from crawler.cli.options import Db, open_store
from crawler.config import load_config
from crawler.errors import BadInput
from crawler.service.logs import RunLogs
from storage import RunState

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import BinaryIO

    from storage import CrawlRun

# Seconds between two looks at a log that grows.
LOOK_EVERY_SECONDS = 0.5

_COMING = (RunState.PLANNED, RunState.RUNNING)


def log(
    run_id: Annotated[int, typer.Argument(metavar="RUN", max=2**63 - 1, help="Number of the run, from `runs list`.")],
    *,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on as it grows, until the run has ended.")] = False,
    logs: Annotated[
        Path | None, typer.Option("--logs", help="Folder for the logs of runs. Default: NEWSCRAWL_LOG_FOLDER.")
    ] = None,
    db: Db = None,
) -> None:
    """Print the log of a run that the service started."""
    config = load_config()
    folder = logs or Path(config.log_folder)
    path = RunLogs(folder, keep=config.kept_logs).path(run_id)
    with open_store(db, must_exist=True) as store:

        def look() -> CrawlRun:
            run = store.runs.get(run_id)
            if run is None:
                raise BadInput(f"there is no run {run_id}; `newscrawl runs list` shows those there are")
            return run

        run = look()
        if not path.exists() and not (follow and run.state in _COMING and run.schedule):
            complain(_why_none(run, folder))
            raise typer.Exit(1)
        _print(path.with_suffix(".log.1"))
        if follow:
            _follow(path, look)
        else:
            _print(path)


def _follow(path: Path, look: Callable[[], CrawlRun]) -> None:
    """Print a file as it grows, and the one that takes its place when it has grown large, until the run has ended."""
    has_ended = False
    while not has_ended:
        has_ended = look().state not in _COMING
        if not path.exists():
            time.sleep(LOOK_EVERY_SECONDS)
            continue
        with path.open("rb") as file:
            while True:
                # asked before reading: what was logged by then will be read
                has_ended = look().state not in _COMING
                is_replaced = not path.exists() or path.stat().st_ino != os.fstat(file.fileno()).st_ino
                _copy(file)
                sys.stdout.flush()
                if is_replaced or has_ended:
                    break
                time.sleep(LOOK_EVERY_SECONDS)
            has_ended = has_ended and not is_replaced


def _print(path: Path) -> None:
    if path.exists():
        with path.open("rb") as file:
            _copy(file)


def _copy(file: BinaryIO) -> None:
    while chunk := file.read(1 << 16):
        sys.stdout.buffer.write(chunk)


def _why_none(run: CrawlRun, folder: Path) -> str:
    """Say why a run has no log here."""
    why = f" ({run.reason})" if run.reason else ""
    if run.schedule is None:
        return f"run {run.id} was started by hand and logged to its terminal; `newscrawl runs show {run.id}` tells more"
    if run.started_at is None:
        return f"run {run.id} is {run.state.value}{why} and never began, so it has no log"
    return f"the log of run {run.id} is not in {folder}: it was removed with age, or is on another machine"
