"""Runs: crawls and imports from their beginning to their end; the face of this room."""

from __future__ import annotations

from typing import TYPE_CHECKING

from storage.database import reading, writing
from storage.merging import MANY, merge_rest
from storage.run_records import RunState
from storage.run_rows import finish_run, keep_alive, read_run, read_runs, start_run

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import Engine

    from storage.run_records import CrawlPlan, CrawlRun


class Runs:
    """Crawl runs of one database."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def start(self, plan: CrawlPlan, *, now: datetime) -> CrawlRun:
        """Open a run of this process."""
        with writing(self._engine) as connection:
            return start_run(connection, plan, now=now)

    def keep_alive(self, run_id: int, *, now: datetime, counts: Mapping[str, int] | None = None) -> None:
        """Note that a run is alive, and what it has counted so far."""
        with writing(self._engine) as connection:
            keep_alive(connection, run_id, counts=counts, now=now)

    def finish(
        self,
        run_id: int,
        *,
        state: RunState,
        reason: str | None,
        counts: Mapping[str, int],
        degraded: Sequence[str] = (),
        now: datetime,
    ) -> CrawlRun:
        """Close a run and return it; one that brought much merges the search index behind it.

        Args:
            run_id: Of a run that is open, or was taken for dead.
            state: How it ended.
            reason: Why, where it did not end well.
            counts: By glossary word.
            degraded: Why its readings are not to be trusted, a sentence each.
            now: When it ended; aware.

        Raises:
            LookupError: There is no such run.
        """
        with writing(self._engine) as connection:
            run = finish_run(connection, run_id, state=state, reason=reason, counts=counts, degraded=degraded, now=now)
        if state is RunState.FINISHED and counts.get("new", 0) + counts.get("revised", 0) >= MANY:
            merge_rest(self._engine)
        return run

    def latest(
        self, limit: int = 20, *, schedule: str | None = None, states: Sequence[RunState] = ()
    ) -> list[CrawlRun]:
        """Return the latest runs, newest first.

        Args:
            limit: At most so many.
            schedule: Only those that it planned.
            states: Only those in one of these; none for all.
        """
        with reading(self._engine) as connection:
            return read_runs(connection, limit=limit, schedule=schedule, states=states)

    def get(self, run_id: int) -> CrawlRun | None:
        """Return a run; None if there is no such run."""
        with reading(self._engine) as connection:
            return read_run(connection, run_id)
