"""run_crawl(plan): one run from CrawlPlan to CrawlRun; the only starter of Scrapy.

Opens the run in the store, starts Scrapy, closes the run. A Twisted reactor cannot be started again, so a process
makes one run: the command line is such a process, and the service starts one a run.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from scrapy import signals
from scrapy.crawler import AsyncCrawlerProcess
from scrapy.settings import Settings
from twisted.internet.task import LoopingCall

from crawler.archives.captured_site import CapturedSite
from crawler.archives.handler import ArchiveDownloadHandler, CaptureDownloadHandler
from crawler.archives.recorded_run import RecordedRun
from crawler.archives.warc_records import holds_warc
from crawler.clock import Clock, StandingClock
from crawler.errors import BadInput
from crawler.middlewares.replay import ReplayDownloadHandler
from crawler.middlewares.via import ViaDownloadHandler
from crawler.monitors.signs import LISTING
from crawler.monitors.watch import Watch
from crawler.patience import patiently
from crawler.replay_clock import ReplayClock
from crawler.run_frontier import RunFrontier, stand_in_of
from crawler.run_recorder import open_recording, start_recorder
from crawler.sources import source_named
from crawler.sources.version import reader_version
from crawler.spiders.news import NewsSpider
from storage import HeldPage, RunState

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from scrapy.core.downloader.handlers.base import BaseDownloadHandler
    from scrapy.crawler import Crawler

    from crawler.archives.recorder import Recorder
    from crawler.config import Config
    from storage import CrawlPlan, CrawlRun, Left, Store

# Seconds between two looks at the counts for whoever watches.
PROGRESS_EVERY_SECONDS = 0.5

# Requests under way at once where there is no delay to keep: a server of our own, or kept bytes.
UNDELAYED_CONCURRENCY = 16

# The same where a recording answers: all that may be asked for is, so that each exchange has its turn.
REPLAY_CONCURRENCY = 100_000

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
    recorded = RecordedRun(plan.archive, plan.recorded_run) if plan.archive and plan.recorded_run else None
    captured = CapturedSite(plan.archive) if plan.archive and recorded is None and holds_warc(plan.archive) else None
    clock = Clock() if captured is None else StandingClock(captured.started_at)
    if recorded is not None:
        clock = ReplayClock(recorded)
        config = config.model_copy(update=recorded.facts.settings | _HASTE)
    recording = open_recording(plan.record, config) if plan.record else None
    process = AsyncCrawlerProcess(run_settings(plan, config))
    crawler = process.create_crawler(NewsSpider)
    ending = _Ending(crawler, on_progress)
    now = clock.now()
    patiently(store.frontier.settle_dead_runs, now=now)
    run = run or patiently(store.start_run, plan, now=now)
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
        store.finish_run,
        run.id,
        state=state,
        reason=reason,
        counts=counts,
        degraded=watch.reasons,
        now=clock.now(),
    )


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


def run_settings(plan: CrawlPlan, config: Config) -> Settings:
    """Return Scrapy's settings for one run.

    Raises:
        BadInput: A live crawl without a contact address.
    """
    settings = Settings()
    settings.setmodule("crawler.settings", priority="project")
    is_live = plan.via is None and plan.archive is None
    if is_live and not config.contact:
        raise BadInput(
            "a crawl of a live site needs a contact address for the site's operators; "
            "set NEWSCRAWL_CONTACT=you@example.org, or contact in newscrawl.toml (or crawl kept bytes: newscrawl replay"
            " crawl seeds rfi-cn)"
        )
    settings.setdict(
        {
            "USER_AGENT": config.user_agent,
            "HOST_DELAY_SECONDS": plan.delay_seconds,
            "PATIENCE_SECONDS": config.patience_seconds,
            "RETRY_SECONDS": config.retry_seconds,
            "CONNECT_SECONDS": config.connect_seconds,
            "FIRST_BYTE_SECONDS": config.first_byte_seconds,
            "DOWNLOAD_TIMEOUT": config.timeout_seconds,
            "DOWNLOAD_MAXSIZE": config.max_body_bytes,
            "REDIRECT_MAX_TIMES": config.max_redirects,
        },
        priority="cmdline",
    )
    if plan.recorded_run is not None:
        settings.setdict(
            {"CONCURRENT_REQUESTS": REPLAY_CONCURRENCY, "CONCURRENT_REQUESTS_PER_DOMAIN": REPLAY_CONCURRENCY},
            priority="cmdline",
        )
    elif plan.delay_seconds == 0 and not is_live:
        settings.setdict(
            {"CONCURRENT_REQUESTS": UNDELAYED_CONCURRENCY, "CONCURRENT_REQUESTS_PER_DOMAIN": UNDELAYED_CONCURRENCY},
            priority="cmdline",
        )
    handler = _handler_of(plan)
    if handler is not None:
        handlers = {**settings.getdict("DOWNLOAD_HANDLERS"), "http": handler, "https": handler}
        settings.setdict({"DOWNLOAD_HANDLERS": handlers}, priority="cmdline")
    settings.set("VIA_URL", plan.via, priority="cmdline")
    settings.set("REPLAY_ARCHIVE", plan.archive, priority="cmdline")
    return settings


def _handler_of(plan: CrawlPlan) -> type[BaseDownloadHandler] | None:
    """Return who answers the requests of a plan; None for the web itself."""
    if plan.via:
        return ViaDownloadHandler
    if plan.recorded_run:
        return ReplayDownloadHandler
    if plan.archive and holds_warc(plan.archive):
        return CaptureDownloadHandler
    return ArchiveDownloadHandler if plan.archive else None


_STATES_BY_REASON: dict[str, tuple[RunState, str | None]] = {
    "shutdown": (RunState.STOPPED, "interrupted"),
}
_SUCCESSES = ("new", "revised", "unchanged", "duplicate", "listings", "not modified")
_OBSTACLES = ("failed", "gone", "held back", "not understood", "rejected", "to be tried again")


class _Ending:
    """Watches one crawl: passes its counts on, and judges how it ended."""

    def __init__(self, crawler: Crawler, on_progress: Callable[[Mapping[str, int]], None] | None) -> None:
        self._crawler = crawler
        self._on_progress = on_progress
        self._ticker = LoopingCall(self._report)
        self._reason = "the crawler did not start; see the messages above"
        self._is_over = False
        crawler.signals.connect(self._opened, signals.spider_opened)
        crawler.signals.connect(self._closed, signals.spider_closed)

    def counts(self) -> dict[str, int]:
        """Return what was counted, by glossary word; outcomes first."""
        stats = self._crawler.stats.get_stats() if self._crawler.stats else {}
        counted = {name.removeprefix("ingest/"): value for name, value in stats.items() if name.startswith("ingest/")}
        counts = {"fetched": stats.get("response_received_count", 0)}
        for outcome in ("new", "revised", "unchanged", "duplicate"):
            counts[outcome] = counted.pop(outcome, 0)
        return counts | dict(sorted(counted.items()))

    def judge(self, early_end: tuple[RunState, str] | None, *, did_start: bool) -> tuple[RunState, str | None]:
        """Return how the crawl ended, and why where that is not plain.

        Args:
            early_end: How and why it ended before its work was done; None if it did not.
            did_start: Scrapy could set the crawl up.
        """
        if early_end is not None:
            return early_end
        if not self._is_over:
            # a signal came before the spider was opened, or a second one before it was closed
            return _STATES_BY_REASON["shutdown"] if did_start else (RunState.FAILED, self._reason)
        if self._reason in _STATES_BY_REASON:
            return _STATES_BY_REASON[self._reason]
        if self._reason != "finished":
            return RunState.FAILED, self._reason
        return self._judge_counts()

    def _judge_counts(self) -> tuple[RunState, str | None]:
        """Return whether a crawl that ended by itself did anything, and without errors of our own."""
        counts = self.counts()
        if errors := self._crawler.stats.get_value("log_count/ERROR", 0) if self._crawler.stats else 0:
            told = f"{errors} errors" if errors > 1 else "an error"
            return RunState.FAILED, f"{told} in the crawler itself; see the messages above"
        if any(counts.get(name) for name in _SUCCESSES):
            return RunState.FINISHED, None
        if obstacles := [name for name in counts if name.startswith(_OBSTACLES)]:
            return RunState.FAILED, f"nothing was read ({', '.join(obstacles)})"
        return RunState.FINISHED, "nothing was left to fetch; another run may have done it"

    def _opened(self) -> None:
        if self._on_progress:
            self._ticker.start(PROGRESS_EVERY_SECONDS)

    def _closed(self, reason: str) -> None:
        self._is_over = True
        self._reason = reason
        if self._ticker.running:
            self._ticker.stop()

    def _report(self) -> None:
        if self._on_progress:
            self._on_progress(self.counts())
