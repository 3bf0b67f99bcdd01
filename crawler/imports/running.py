"""One import as a run: pieces are stored or refused under a reason, and a CrawlRun of kind IMPORT counts them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, TypeVar

from storage import BatchWriter, CrawlKind, CrawlPlan, Outcome, RunState, StoreError, WriteRefused

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from storage import CrawlRun, Store

Work = TypeVar("Work")

# Pieces that wait to be written: two batches, so that the writer never waits; reading is faster than writing, and all
# that waits is in memory.
MAX_PENDING = 400

# Pieces between two looks at the counts for whoever watches.
PROGRESS_EVERY = 100


@dataclass(frozen=True, slots=True)
class Refused:
    """A piece that cannot be stored."""

    reason: str
    """As it is counted."""
    sentence: str
    """For a person: which piece, and why."""


def run_import(
    store: Store,
    plan: CrawlPlan,
    pieces: Iterable[Work | Refused],
    write: Callable[[Sequence[Work]], Sequence[Outcome]],
    *,
    pieces_are: str,
    on_progress: Callable[[Mapping[str, int]], None],
    on_refused: Callable[[str], None],
) -> CrawlRun:
    """Write pieces in batches and return the run that counts them.

    Args:
        store: Where the run is kept.
        plan: Of kind IMPORT.
        pieces: What to write, in order, and what cannot be written.
        write: Writes a batch, all of it or none; called in the writer's thread.
        pieces_are: What a person calls them, such as ``files``.
        on_progress: Called now and then with the counts so far.
        on_refused: Called with one sentence for each refusal.
    """
    assert plan.kind is CrawlKind.IMPORT
    run = store.start_run(plan, now=datetime.now(UTC))
    counts: Counter[str] = Counter()
    state, reason = RunState.FINISHED, None

    def count(batch: list[tuple[Work, Outcome | WriteRefused]]) -> None:
        for _, outcome in batch:
            counts[outcome.value if isinstance(outcome, Outcome) else "rejected: the database refused it"] += 1

    try:
        with BatchWriter(write, count, max_pending=MAX_PENDING) as writer:
            for number, piece in enumerate(pieces, start=1):
                if isinstance(piece, Refused):
                    counts[piece.reason] += 1
                    on_refused(piece.sentence)
                else:
                    writer.submit(piece)
                if number % PROGRESS_EVERY == 0:
                    on_progress(counts)
    except KeyboardInterrupt:
        state, reason = RunState.STOPPED, "interrupted"
    except StoreError as error:
        state, reason = RunState.FAILED, str(error)
    if state is RunState.FINISHED and not any(counts[outcome.value] for outcome in Outcome):
        state, reason = (
            RunState.FAILED,
            f"none of the {pieces_are} could be read" if counts else f"there are no {pieces_are}",
        )
    ordered = {outcome.value: counts.pop(outcome.value, 0) for outcome in Outcome} | dict(sorted(counts.items()))
    return store.finish_run(run.id, state=state, reason=reason, counts=ordered, now=datetime.now(UTC))
