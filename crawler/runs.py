"""run_crawl(plan): one run from CrawlPlan to CrawlRun; the only starter of Scrapy.

Opens the run in the store, starts Scrapy, closes the run. A Twisted reactor cannot be started again, so a process
makes one run: the command line is such a process, and the service starts one a run.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from scrapy.crawler import AsyncCrawlerProcess

from crawler.clock import Clock, StandingClock
from crawler.garbage import collecting_seldom, keep_one_heap
from crawler.monitors.signs import LISTING
from crawler.monitors.watch import Watch
from crawler.patience import patiently
from crawler.replay_clock import ReplayClock
from crawler.run_ending import Ending
from crawler.run_frontier import RunFrontier
from crawler.run_recorder import open_recording, start_recorder
from crawler.run_settings import run_settings
from crawler.sources import source_named
from crawler.sources.version import reader_version
from crawler.spiders.news import NewsSpider
from crawler.stand_in import stand_in_of
from storage import HeldPage, RunState

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from crawler.archives.captured_site import CapturedSite
    from crawler.archives.recorded_run import RecordedRun
    from crawler.archives.recorder import Recorder
    from crawler.config import Config
    from storage import CrawlPlan, CrawlRun, Left, Store

# A replay waits for its writer again and again.
_HASTE = {"batch_seconds": 0.01}


def run_crawl(
    plan: CrawlPlan,
    config: Config,
    store: Store,
    *,
    run: CrawlRun | None = None,
    on_progress: Callable[[Mapping[str, int]], None] | None = None,
) -> CrawlRun:
    """Run one plan to its end and return the run with its counts.

    Args:
        plan: What to do.
        config: How politely; where the database is has been decided by `store`.
        store: Where the run and its articles are kept.
        run: The run of this process, where a schedule planned it; None to open one.
        on_progress: Called about twice a second with the counts so far.

    Raises:
        BadInput: A live crawl without a contact address.
        UnknownSource: The plan names no source we know.
    """
    source = source_named(plan.source)
    recorded, captured = _kept_bytes(plan)
    clock = Clock() if captured is None else StandingClock(captured.started_at)
    if recorded is not None:
        clock = ReplayClock(recorded)
        config = config.model_copy(update=recorded.facts.settings | _HASTE)
    recording = open_recording(plan.record, config) if plan.record else None
    process = AsyncCrawlerProcess(run_settings(plan, config))
    crawler = process.create_crawler(NewsSpider)
    ending = Ending(crawler, on_progress)
    now = clock.now()
    patiently(store.frontier.settle_dead_runs, now=now)
    run = run or patiently(store.runs.start, plan, now=now)
    walk = patiently(store.frontier.open_walk, plan, run_id=run.id, now=now)
    window = None
    if plan.backfill is not None:
        window = store.backfills.read(plan.backfill).window
        store.frontier.add(walk, store.backfills.starts(plan.backfill), now=now)
    stand_in = recorded.facts.stand_in if recorded is not None else stand_in_of(plan)
    frontier = RunFrontier(
        store,
        walk,
        run_id=run.id,
        plan=plan,
        home_url=source.home_url,
        max_batch=config.batch_articles,
        max_wait_seconds=config.batch_seconds,
        stand_in=stand_in,
        clock=clock,
    )
    store.monitors.release_read_by_others(source.name, reader_version(), now=now)
    watch = Watch(source.name, store.monitors.baselines(source.name))
    recorder = start_recorder(recording, run, config, frontier) if recording is not None else None
    liar = store.hosts.state(frontier.home, now=now).is_liar
    process.crawl(
        crawler,
        source=source,
        plan=plan,
        frontier=frontier,
        retry_seconds=config.retry_seconds,
        watch=watch,
        trusts_validators=not liar,
        window=window,
        recorder=recorder,
        captured=captured,
    )
    keep_one_heap()
    with collecting_seldom():
        process.start()
    frontier.give_back()
    if recorder is not None:
        _close(recorder)
    _keep_watch(watch, store, run_id=run.id, now=clock.now())
    state, reason = ending.judge(frontier.early_end, did_start=not process.bootstrap_failed)
    left = patiently(store.frontier.left, walk)
    if plan.backfill is not None:
        patiently(store.backfills.tidy, plan.backfill, now=clock.now())
    counts = ending.counts() | ({"left waiting": left.count} if left.count else {})
    if state is RunState.FINISHED and frontier.has_reached_limit:
        reason = f"limit of {plan.limit} articles reached"
    elif state is RunState.FINISHED and left.count:
        state, reason = RunState.FAILED, _tell_left(left, now=clock.now())
    elif left.count:
        reason = f"{reason}; {_tell_left(left)}"
    return patiently(
        store.runs.finish,
        run.id,
        state=state,
        reason=reason,
        counts=counts,
        degraded=watch.reasons,
        now=clock.now(),
    )


def _kept_bytes(plan: CrawlPlan) -> tuple[RecordedRun | None, CapturedSite | None]:
    """Return the recorded run that answers a plan, or the site that WARC files make; both None for all other plans."""
    if not plan.archive:
        return None, None
    # what reads WARC files takes 3 MB: a crawl of the web does without
    from crawler.archives.captured_site import CapturedSite  # noqa: PLC0415 -- see above
    from crawler.archives.recorded_run import RecordedRun  # noqa: PLC0415 -- see above
    from crawler.archives.warc_records import holds_warc  # noqa: PLC0415 -- see above

    if plan.recorded_run:
        return RecordedRun(plan.archive, plan.recorded_run), None
    return None, CapturedSite(plan.archive) if holds_warc(plan.archive) else None


def _keep_watch(watch: Watch, store: Store, *, run_id: int, now: datetime) -> None:
    """Keep what was learnt of readings, and hold back those that passed before a break was noticed."""
    held = [
        HeldPage(
            url=suspect.url,
            source=watch.source,
            template=suspect.template,
            reason=suspect.reason,
            reader_version=reader_version(),
            run_id=run_id,
            held_at=now,
        )
        for suspect in watch.suspects
        if suspect.template != LISTING
    ]
    recovered = [template for template in watch.recovered if template not in watch.broken]
    patiently(store.monitors.keep, watch.source, watch.learnt(), held=held, recovered=sorted(recovered), now=now)


def _close(recorder: Recorder) -> None:
    """Close a recording; that it could not be written has ended the run before, with words."""
    with contextlib.suppress(OSError):
        recorder.close()


def _tell_left(left: Left, *, now: datetime | None = None) -> str:
    """Say how much is left and, with `now`, from when on and why, where it is not due yet."""
    told = f"{left.count} URLs are left for a later run" if left.count > 1 else "1 URL is left for a later run"
    if now is None or left.next_due_at is None or left.next_due_at <= now:
        return told
    why = f" ({left.next_reason})" if left.next_reason else ""
    return f"{told}, from {left.next_due_at:%Y-%m-%d %H:%M:%S} UTC on{why}"
