"""``newscrawl serve``: run schedules until told to end."""

from __future__ import annotations

import signal
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from crawler.cli.log import show_log
from crawler.cli.options import Db, open_store
from crawler.config import load_config

if TYPE_CHECKING:
    from types import FrameType


def _end_at_once(number: int, frame: FrameType | None) -> None:
    raise typer.Exit


def serve(
    *,
    logs: Annotated[
        Path | None, typer.Option("--logs", help="Folder for the logs of runs. Default: NEWSCRAWL_LOG_FOLDER.")
    ] = None,
    heartbeat: Annotated[
        float | None,
        typer.Option(
            "--heartbeat", min=0.1, help="Seconds between signs of life. Default: NEWSCRAWL_HEARTBEAT_SECONDS."
        ),
    ] = None,
    grace: Annotated[
        float | None,
        typer.Option(
            "--grace", min=0, help="Seconds that runs may go on after SIGTERM. Default: NEWSCRAWL_GRACE_SECONDS."
        ),
    ] = None,
    max_runs: Annotated[
        int | None, typer.Option("--max-runs", min=1, help="Runs under way at once. Default: NEWSCRAWL_MAX_RUNS.")
    ] = None,
    health_port: Annotated[
        int | None,
        typer.Option(
            "--health-port", min=0, max=65535, help="Answer /healthz and /metrics. Default: NEWSCRAWL_HEALTH_PORT."
        ),
    ] = None,
    health_host: Annotated[
        str | None, typer.Option("--health-host", help="Address to answer on. Default: NEWSCRAWL_HEALTH_HOST.")
    ] = None,
    db: Db = None,
) -> None:
    """Run schedules until SIGTERM or Ctrl-C; one service leads, others on the same database wait to take over."""
    signal.signal(signal.SIGTERM, _end_at_once)  # until the service takes its signals itself: nothing is under way
    # the clock takes a tenth of a second to import, and every other command does without
    from crawler.service.adaptive import AdaptivePolls  # noqa: PLC0415 -- see above
    from crawler.service.children import Limits  # noqa: PLC0415 -- see above
    from crawler.service.endpoint import Watched, answering  # noqa: PLC0415 -- see above
    from crawler.service.serving import Service  # noqa: PLC0415 -- see above
    from crawler.service.serving import serve as run_service  # noqa: PLC0415 -- see above

    config = load_config()
    show_log(verbose=True)
    service = Service(
        log_folder=logs or Path(config.log_folder),
        kept_logs=config.kept_logs,
        heartbeat_seconds=heartbeat or config.heartbeat_seconds,
        grace_seconds=config.grace_seconds if grace is None else grace,
        max_runs=max_runs or config.max_runs,
        limits=Limits(
            silence_seconds=config.silence_limit_seconds,
            memory_bytes=config.memory_limit_bytes,
            stop_seconds=config.stop_seconds,
        ),
    )
    port = config.health_port if health_port is None else health_port
    with open_store(db) as store, ExitStack() as opened:
        if port is not None:
            watched = Watched(store=store, heartbeat_seconds=service.heartbeat_seconds, folder=service.log_folder)
            opened.enter_context(answering(watched, host=health_host or config.health_host, port=port))
        run_service(store, service, next_poll=AdaptivePolls(store))
