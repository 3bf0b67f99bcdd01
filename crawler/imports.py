"""import_seed_files: archived articles walk the road without a fetch.

Comes in: seed files. Goes out: a CrawlRun of kind IMPORT whose counts say what became of every file.
"""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

from crawler.archives.seeds import read_seeds
from crawler.errors import ArticleRejected, PageNotUnderstood, SeedFileError, UnknownSource
from crawler.normalize import normalize
from crawler.sources import source_of
from storage import BatchWriter, CrawlKind, CrawlPlan, Outcome, RunState, SeedCopy, StoreError, WriteRefused

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from crawler.items import SeedFile
    from storage import Article, CrawlRun, Store

    Import = tuple[Article, SeedCopy]

# Files between two looks at the counts for whoever watches.
PROGRESS_EVERY_FILES = 100


def import_seed_files(
    paths: Sequence[Path],
    store: Store,
    *,
    on_progress: Callable[[Mapping[str, int]], None],
    on_refused: Callable[[str], None],
) -> CrawlRun:
    """Read seed files into the store; every file is stored or refused under a reason.

    Args:
        paths: Folders or files.
        store: Where to.
        on_progress: Called now and then with the counts so far.
        on_refused: Called with one sentence for each refusal; it names the file.

    Raises:
        BadInput: A path does not exist.
    """
    seeds = read_seeds(paths)
    plan = CrawlPlan(source="seed files", kind=CrawlKind.IMPORT, seeds=tuple(str(path) for path in paths))
    run = store.start_run(plan, now=datetime.now(UTC))
    counts: Counter[str] = Counter()
    state, reason = RunState.FINISHED, None
    try:
        with BatchWriter(partial(_save, store), lambda batch: _count(batch, counts)) as writer:
            for number, seed in enumerate(seeds, start=1):
                _import_one(seed, writer, counts, on_refused)
                if number % PROGRESS_EVERY_FILES == 0:
                    on_progress(counts)
    except KeyboardInterrupt:
        state, reason = RunState.STOPPED, "interrupted"
    except StoreError as error:
        state, reason = RunState.FAILED, str(error)
    if state is RunState.FINISHED and not any(counts[outcome.value] for outcome in Outcome):
        state, reason = RunState.FAILED, "no file could be read" if counts else "there are no seed files"
    ordered = {outcome.value: counts.pop(outcome.value, 0) for outcome in Outcome} | dict(sorted(counts.items()))
    return store.finish_run(run.id, state=state, reason=reason, counts=ordered, now=datetime.now(UTC))


def _import_one(
    seed: SeedFile | SeedFileError,
    writer: BatchWriter[Import, Outcome],
    counts: Counter[str],
    on_refused: Callable[[str], None],
) -> None:
    if isinstance(seed, SeedFileError):
        counts["refused: not a seed file"] += 1
        on_refused(str(seed))
        return
    try:
        copy = SeedCopy(name=seed.name, raw=seed.raw, observed_at=seed.observed_at)
        writer.submit((_judge(seed), copy))
    except UnknownSource:
        counts["refused: no source reads its host"] += 1
        on_refused(f"{seed.name}: no source reads {seed.url}")
    except (PageNotUnderstood, ArticleRejected) as error:
        counts[_reason(error)] += 1
        on_refused(f"{seed.name}: {error}")


def _reason(error: PageNotUnderstood | ArticleRejected) -> str:
    if isinstance(error, PageNotUnderstood):
        return f"not understood: no {', '.join(error.missing)}"
    return f"rejected: {error.reason}"


def _judge(seed: SeedFile) -> Article:
    source = source_of(seed.url)
    if source is None:
        raise UnknownSource(seed.url)
    return normalize(source.read_seed(seed), source)


def _save(store: Store, batch: Sequence[Import]) -> list[Outcome]:
    articles, copies = zip(*batch, strict=True)
    return store.save_batch(articles, now=datetime.now(UTC), seed_copies=copies)


def _count(batch: list[tuple[Import, Outcome | WriteRefused]], counts: Counter[str]) -> None:
    for _, outcome in batch:
        counts[outcome.value if isinstance(outcome, Outcome) else "rejected: the database refused it"] += 1
