"""The worker: one planned run in a process of its own, started by `crawler.service.children`.

    python -m crawler.service.worker RUN SERVICE PIPE LOG

It claims the run, makes it through the same door as the command line, and says through the pipe what it has counted.
Exit code 0: the run has its final state, or was not to be run any more.
"""

from __future__ import annotations

import ctypes
import faulthandler
import json
import logging
import os
import signal
import sys
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from crawler.config import load_config
from crawler.errors import NewsCrawlerError
from crawler.garbage import collect_seldom
from crawler.patience import patiently
from crawler.service.logs import RunLogHandler
from storage import RunState, Store, StoreError

if TYPE_CHECKING:
    from collections.abc import Mapping

logger = logging.getLogger(__name__)

# Source: prctl(2), read 2026-11-26.
_PR_SET_PDEATHSIG = 1


def main() -> int:
    """Run one planned run and return the exit code."""
    run_id, service, pipe = (int(argument) for argument in sys.argv[1:4])
    _die_with(service)
    collect_seldom()
    faulthandler.register(signal.SIGUSR1, all_threads=True)
    logging.basicConfig(level=logging.INFO, handlers=[RunLogHandler(Path(sys.argv[4]))])
    config = load_config()
    with Store.open(config.database_url, must_exist=True) as store:
        run = patiently(store.schedules.claim, run_id, now=datetime.now(UTC))
        if run is None:
            logger.info("run %d is not to be run any more", run_id)
            return 0
        progress = _Progress(pipe)
        try:
            # a reactor belongs to this process alone; the service's own modules are imported without it
            from crawler.runs import run_crawl  # noqa: PLC0415 -- see above

            ended = run_crawl(run.plan, config, store, run=run, on_progress=progress.tell)
        except (NewsCrawlerError, StoreError) as error:
            now, failed = datetime.now(UTC), RunState.FAILED
            ended = patiently(store.runs.finish, run_id, state=failed, reason=str(error), counts={}, now=now)
        why = f" ({ended.reason})" if ended.reason else ""
        logger.info("run %d %s%s: %s", run_id, ended.state.value, why, ended.counts)
    return 0


class _Progress:
    """Our end of the pipe to the service: a line whenever the counts have changed."""

    def __init__(self, pipe: int) -> None:
        os.set_blocking(pipe, False)
        self._pipe = pipe
        self._last: Mapping[str, int] | None = None

    def tell(self, counts: Mapping[str, int]) -> None:
        """Say what was counted; a service that does not listen just now must not hold up the crawl."""
        if counts != self._last:
            self._last = dict(counts)
            with suppress(BlockingIOError):
                os.write(self._pipe, json.dumps(self._last).encode() + b"\n")


def _die_with(parent: int) -> None:
    """Have the system end this process when its service ends, however that ends.

    Elsewhere than on Linux a broken pipe tells, at the next progress.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it had ended before
        os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    sys.exit(main())
