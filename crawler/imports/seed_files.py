"""import_seed_files: archived articles walk the road without a fetch.

Comes in: seed files. Goes out: a CrawlRun of kind IMPORT whose counts say what became of every file.
"""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

from crawler.archives.seeds import read_seeds
from crawler.errors import ArticleRejected, PageNotUnderstood, SeedFileError, UnknownSource
from crawler.imports.running import Refused, run_import
from crawler.normalize import normalize
from crawler.sources import source_of
from storage import CrawlKind, CrawlPlan, SeedCopy

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from crawler.items import SeedFile
    from storage import Article, CrawlRun, Outcome, Store

    Import = tuple[Article, SeedCopy]


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
    plan = CrawlPlan(source="seed files", kind=CrawlKind.IMPORT, seeds=tuple(str(path) for path in paths))
    return run_import(
        store,
        plan,
        map(_piece, read_seeds(paths)),
        partial(_save, store),
        pieces_are="seed files",
        on_progress=on_progress,
        on_refused=on_refused,
    )


def _piece(seed: SeedFile | SeedFileError) -> Import | Refused:
    if isinstance(seed, SeedFileError):
        return Refused("refused: not a seed file", str(seed))
    try:
        return _judge(seed), SeedCopy(name=seed.name, raw=seed.raw, observed_at=seed.observed_at)
    except UnknownSource:
        return Refused("refused: no source reads its host", f"{seed.name}: no source reads {seed.url}")
    except (PageNotUnderstood, ArticleRejected) as error:
        return Refused(_reason(error), f"{seed.name}: {error}")


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
