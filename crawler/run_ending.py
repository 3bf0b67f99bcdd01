"""What a run counts while it goes on, and how it ended."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scrapy import signals
from twisted.internet.task import LoopingCall

from storage import RunState

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from scrapy.crawler import Crawler

# Seconds between two looks at the counts for whoever watches.
PROGRESS_EVERY_SECONDS = 0.5

_STATES_BY_REASON: dict[str, tuple[RunState, str | None]] = {
    "shutdown": (RunState.STOPPED, "interrupted"),
}
_SUCCESSES = ("new", "revised", "unchanged", "duplicate", "listings", "not modified")
_OBSTACLES = ("failed", "gone", "held back", "not understood", "rejected", "to be tried again")


class Ending:
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
