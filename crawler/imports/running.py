"""One import as a run: pieces are stored or refused under a reason, and a CrawlRun of kind IMPORT counts them.

Reading is spread over processes (`crawler.imports.reading`); one thread of this one writes. With every batch the
place is written that it reaches, so that an import that was cut off goes on there.
"""

from __future__ import annotations

import time
from collections import Counter
from contextlib import closing
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, cast

from crawler.errors import ReaderLost
from crawler.imports.pieces import Import, Refused, name_of
from crawler.imports.reading import read_pieces
from crawler.patience import patiently
from storage import BatchWriter, CrawlKind, CrawlPlan, Outcome, Position, RunState, StoreError, WriteRefused

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from crawler.imports.pieces import Input
    from crawler.imports.reading import Readers
    from storage import CrawlRun, Returning, Store

    Work = tuple[dict[str, Any] | None, Import | Returning]

# Pieces that wait to be written: one batch, while another is written; all that waits is in memory.
MAX_PENDING = 200

# Pieces between two looks at the counts for whoever watches.
PROGRESS_EVERY = 100

# Seconds between two signs of life of the run.
HEARTBEAT_SECONDS = 15.0


def run_import(
    store: Store,
    inputs: Sequence[Input],
    *,
    readers: Readers,
    from_start: bool = False,
    on_progress: Callable[[Mapping[str, int]], None],
    on_refused: Callable[[str], None],
) -> CrawlRun:
    """Import inputs one after the other, and return the run that counts their pieces.

    Args:
        store: Where to.
        inputs: What to import.
        readers: Who reads.
        from_start: Read again what an earlier import has read, instead of going on where it was.
        on_progress: Called now and then with the counts so far.
        on_refused: Called with one sentence for each refusal; it names the piece.

    Raises:
        BadInput: An input cannot be listed.
    """
    kinds = tuple(dict.fromkeys(given.kind for given in inputs))
    plan = CrawlPlan(source=", ".join(kinds), kind=CrawlKind.IMPORT, seeds=tuple(str(given.path) for given in inputs))
    run = patiently(store.runs.start, plan, now=datetime.now(UTC))
    watched = _Watched(store, run.id, on_progress, on_refused)
    state, reason = RunState.FINISHED, None
    try:
        for given in inputs:
            _import(store, given, watched, readers=readers, from_start=from_start)
    except KeyboardInterrupt:
        state, reason = RunState.STOPPED, "interrupted"
    except (StoreError, ReaderLost) as error:
        state, reason = RunState.FAILED, str(error)
    except BaseException as error:
        watched.finish(RunState.FAILED, str(error) or type(error).__name__)
        raise
    if state is RunState.FINISHED and not watched.went_on and not watched.is_anything_kept:
        pieces = " or ".join(dict.fromkeys(given.pieces_are for given in inputs))
        said = f"none of the {pieces} could be read" if watched.counts else f"there are no {pieces}"
        state, reason = RunState.FAILED, said
    return watched.finish(state, reason)


class _Watched:
    """The counts of a run, and who is told of them."""

    def __init__(
        self,
        store: Store,
        run_id: int,
        on_progress: Callable[[Mapping[str, int]], None],
        on_refused: Callable[[str], None],
    ) -> None:
        self.counts: Counter[str] = Counter()
        self.went_on = False
        """An earlier import had read some, or all."""
        self._store = store
        self._run_id = run_id
        self._on_progress = on_progress
        self._on_refused = on_refused
        self._told_at = time.monotonic()

    @property
    def is_anything_kept(self) -> bool:
        """Was a piece stored, or known?"""
        return any(self.counts[outcome.value] for outcome in Outcome)

    def refuse(self, piece: Refused) -> None:
        """Count a refusal, and say what it is."""
        self.counts[piece.reason] += 1
        if piece.sentence:
            self._on_refused(piece.sentence)

    def count_written(self, batch: list[tuple[Work, Outcome | WriteRefused]]) -> None:
        """Count what a transaction did, and now and then note that the run lives; called in the writer's thread."""
        for _, outcome in batch:
            self.counts[outcome.value if isinstance(outcome, Outcome) else "rejected: the database refused it"] += 1
        # from this thread, which holds the database nearly all the time: another might wait for it in vain
        if time.monotonic() - self._told_at >= HEARTBEAT_SECONDS:
            self._told_at = time.monotonic()
            patiently(self._store.runs.keep_alive, self._run_id, counts=self._ordered(), now=datetime.now(UTC))

    def tell(self) -> None:
        """Show the counts."""
        self._on_progress(self.counts)

    def finish(self, state: RunState, reason: str | None) -> CrawlRun:
        """Close the run."""
        return patiently(
            self._store.runs.finish,
            self._run_id,
            state=state,
            reason=reason,
            counts=self._ordered(),
            now=datetime.now(UTC),
        )

    def _ordered(self) -> dict[str, int]:
        counts = dict(self.counts)
        return {outcome.value: counts.pop(outcome.value, 0) for outcome in Outcome} | dict(sorted(counts.items()))


def _import(store: Store, given: Input, watched: _Watched, *, readers: Readers, from_start: bool) -> None:
    """Import one input, and note where the next import of it is to begin."""
    name = name_of(given)
    place = None if from_start else patiently(store.import_place, name)
    watched.went_on = watched.went_on or place is not None

    def write(batch: Sequence[Work]) -> list[Outcome]:
        reached = next((place for place, _ in reversed(batch) if place is not None), None)
        position = None if reached is None else Position(input=name, place=reached)
        return _write(store, [piece for _, piece in batch], position)

    pieces = read_pieces(given, given.pieces(place), readers)
    with closing(pieces), BatchWriter(write, watched.count_written, max_pending=MAX_PENDING) as writer:
        for number, (reached, piece) in enumerate(pieces, start=1):
            place = reached or place
            if isinstance(piece, Refused):
                watched.refuse(piece)
            else:
                writer.submit((reached, piece))
            if number % PROGRESS_EVERY == 0:
                watched.tell()
    begin_at = given.done(place)
    if begin_at is None:
        patiently(store.forget_position, name)
    else:
        patiently(store.keep_position, Position(input=name, place=begin_at))


def _write(store: Store, batch: Sequence[Import | Returning], position: Position | None) -> list[Outcome]:
    """Write pieces of one input, which are all of one type."""
    now = datetime.now(UTC)
    if not isinstance(batch[0], Import):
        return store.restore(cast("Sequence[Returning]", batch), now=now, position=position)
    imports = cast("Sequence[Import]", batch)
    return store.save_batch(
        [one.article for one in imports],
        seed_copies=[one.seed_copy for one in imports],
        now=now,
        position=position,
    )
