"""start_recorder: the recorder of one run, with what its files say of the run.

What writes WARC files takes 3 MB, and is imported by a run that is recorded, not by every run.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from crawler.errors import BadInput
from crawler.settings import USER_AGENT
from crawler.stand_in import stand_in_of
from storage import RunState

if TYPE_CHECKING:
    from crawler.archives.recorder import Recorder
    from crawler.archives.recording import Recording
    from crawler.config import Config
    from crawler.run_frontier import RunFrontier
    from storage import CrawlRun

# What of an operator's settings decides which way a run goes, beside its plan.
_SETTINGS = ("retry_seconds", "patience_seconds", "max_body_bytes", "max_redirects")


def open_recording(address: str, config: Config) -> Recording:
    """Open a recording, and complete what a crash left in it.

    Raises:
        BadInput: It cannot be opened.
    """
    from crawler.archives.recording import Recording  # noqa: PLC0415 -- see above

    recording = Recording(address, spool=config.spool_folder)
    try:
        recording.mend()
    except OSError as error:
        raise BadInput(f"{address} cannot be recorded in: {error.strerror or error}") from error
    return recording


def start_recorder(recording: Recording, run: CrawlRun, config: Config, frontier: RunFrontier) -> Recorder:
    """Begin to record a run; if the recording cannot be written, the run ends."""
    from crawler.archives.recorder import Recorder  # noqa: PLC0415 -- see above
    from crawler.archives.run_facts import RunFacts  # noqa: PLC0415 -- see above

    assert run.started_at is not None, "it has begun"
    name = f"{run.plan.source}-{run.started_at:%Y%m%dT%H%M%S%fZ}-{run.id:06}"
    facts = RunFacts(
        name=name,
        run_id=run.id,
        started_at=run.started_at,
        plan=run.plan,
        stand_in=stand_in_of(run.plan),
        settings={setting: getattr(config, setting) for setting in _SETTINGS},
    )

    def fail(error: Exception) -> None:
        frontier.end_early(RunState.FAILED, f"the recording {run.plan.record} cannot be written: {error}")

    contact = f" (+{config.contact})" if config.contact else ""
    warcinfo = facts.as_warcinfo(USER_AGENT + contact)
    return Recorder(recording, name=name, facts=warcinfo, max_file_bytes=config.record_file_bytes, on_failed=fail)
