"""What there is to read again, in pieces that processes take one after the other; and the pages in a piece."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import fsspec

from crawler.archives.seeds import parse_seed
from crawler.archives.warc import read_captures
from crawler.archives.warc_records import warc_files_in
from crawler.errors import ArticleRejected, BadInput, PageNotUnderstood, SeedFileError
from crawler.normalize import normalize
from crawler.sources import source_of
from storage.identity import canonical_url

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from datetime import datetime
    from pathlib import Path

    from crawler.archives.warc import Capture
    from crawler.archives.warc_records import Damage
    from storage import Article, Store, StoredSeedCopy

# Seed files in one piece.
SEEDS_IN_UNIT = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """One piece: a file of a recording, or a range of the kept seed files."""

    file: str | None = None
    """As fsspec names it; None for seed files."""
    seeds: tuple[int, int] = (0, 0)
    """First and last number of the kept seed files."""

    @property
    def name(self) -> str:
        """How it is called in progress and in errors."""
        return self.file or f"seed files {self.seeds[0]} to {self.seeds[1]}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """Which pages are to be read again."""

    source: str | None = None
    since: datetime | None = None
    """Captured, or observed by a collector, at or after this instant; aware."""
    until: datetime | None = None
    """Captured or observed before this instant; aware."""

    def holds(self, source: str, seen_at: datetime) -> bool:
        """Is a page of this source, seen at this moment, to be read?"""
        return (
            (self.source is None or source == self.source)
            and (self.since is None or seen_at >= self.since)
            and (self.until is None or seen_at < self.until)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadAgain:
    """What one kept page says to today's readers."""

    url: str
    """Canonical, as it was asked for."""
    seen_at: datetime
    article: Article | None
    refusal: str | None = None
    """Why there is no article."""


def find_units(recordings: Iterable[Path | str], store: Store, *, with_seeds: bool) -> list[Unit]:
    """Return what there is to read: the files of some recordings, and the seed files that a store keeps.

    Raises:
        BadInput: A recording is not there, or is none.
    """
    units = [Unit(file=file) for file in warc_files_in(recordings)]
    ranges: Sequence[tuple[int, int]] = store.rereading.seed_copy_ranges(SEEDS_IN_UNIT) if with_seeds else ()
    return units + [Unit(seeds=one) for one in ranges]


def own_recordings(store: Store, on_damage: Callable[[str], None]) -> list[str]:
    """Return the recordings of a store's own runs that are still there.

    Args:
        store: Its runs say what they were recorded into.
        on_damage: Takes a sentence for each recording that is gone, or cannot be looked for.
    """
    there = []
    for name in store.rereading.recordings():
        try:
            filesystem, path = fsspec.url_to_fs(name)
            if filesystem.exists(path):
                there.append(name)
            else:
                on_damage(f"the recording {name} is not there any more")
        except (OSError, ValueError, ImportError) as error:
            on_damage(f"the recording {name} cannot be looked for: {error}")
    return there


def read_unit(unit: Unit, choice: Choice, store: Store, on_damage: list[str]) -> Iterator[ReadAgain]:
    """Read the article pages of a piece, in their order.

    Args:
        unit: Which one.
        choice: Pages outside it are passed over unread.
        store: Where kept seed files are.
        on_damage: Takes a sentence for each place that cannot be read.
    """
    if unit.file is None:
        for copy in store.rereading.seed_copies(*unit.seeds):
            if choice.holds(copy.source, copy.copy.observed_at):
                yield _read_seed(copy)
        return

    def note(damage: Damage) -> None:
        # a revisit says that a page was as before: what it was before is read where it stands
        if "revisit" not in damage.reason:
            on_damage.append(str(damage))

    for capture in read_captures([unit.file], on_damage=note):
        if capture.status == 200 and not capture.is_revisit and not capture.is_truncated:
            yield from _read_capture(capture, choice, on_damage)


def _read_capture(capture: Capture, choice: Choice, damages: list[str]) -> Iterator[ReadAgain]:
    source = source_of(capture.url)
    if source is None or not choice.holds(source.name, capture.captured_at):
        return
    url = canonical_url(capture.url)
    if not source.is_article(url):
        return
    try:
        scraped = source.read_page(capture.content, capture.header("Content-Type") or "", capture.url)
        article = normalize(replace(scraped, fetched_at=capture.captured_at), source)
    except BadInput as error:
        damages.append(f"{capture.file}, byte {capture.offset}: {error}")
    except PageNotUnderstood as error:
        refusal = f"not understood: no {', '.join(error.missing)}"
        yield ReadAgain(url=url, seen_at=capture.captured_at, article=None, refusal=refusal)
    except ArticleRejected as error:
        yield ReadAgain(url=url, seen_at=capture.captured_at, article=None, refusal=f"rejected: {error.reason}")
    else:
        yield ReadAgain(url=url, seen_at=capture.captured_at, article=article)


def _read_seed(stored: StoredSeedCopy) -> ReadAgain:
    copy = stored.copy
    source = source_of(stored.canonical_url)
    try:
        seed = parse_seed(copy.raw, copy.name)
        if source is None:
            raise SeedFileError(copy.name, 1, "no source reads it any more")
        article = normalize(source.read_seed(seed), source)
    except (SeedFileError, PageNotUnderstood, ArticleRejected) as error:
        return ReadAgain(
            url=stored.canonical_url, seen_at=copy.observed_at, article=None, refusal=f"refused: {type(error).__name__}"
        )
    return ReadAgain(url=article.canonical_url, seen_at=copy.observed_at, article=article)
