"""import_exported: what `newscrawl articles export` wrote comes back, from JSON Lines, CSV or Parquet."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from crawler.errors import ArticleRejected, BadInput, UnknownSource
from crawler.exports.csv_file import read_csv
from crawler.imports.lines import read_line
from crawler.imports.running import Refused, run_import
from storage import CrawlKind, CrawlPlan

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from storage import CrawlRun, Outcome, Returning, Store

# The longest line that is read: a hundred times the longest article; more is no export.
LONGEST_LINE = 64 * 2**20


def import_exported(
    paths: Sequence[Path],
    store: Store,
    *,
    on_progress: Callable[[Mapping[str, int]], None],
    on_refused: Callable[[str], None],
) -> CrawlRun:
    """Read exported articles into the store; every line is stored or refused under a reason.

    An export of all revisions put into an empty store gives the same articles, revisions, aliases and claims again.
    One of current revisions gives the same articles as they are now.

    Args:
        paths: ``.jsonl``, ``.csv`` or ``.parquet`` files, folders of the latter, or ``-`` for JSON Lines from standard
            input.
        store: Where to.
        on_progress: Called now and then with the counts so far.
        on_refused: Called with one sentence for each refusal; it names file and line.

    Raises:
        BadInput: A path does not exist, or is of another kind.
    """
    readers = [(path, _reader_of(path)) for path in paths]
    plan = CrawlPlan(source="exported articles", kind=CrawlKind.IMPORT, seeds=tuple(str(path) for path in paths))
    return run_import(
        store,
        plan,
        (piece for path, reader in readers for piece in _pieces(path, reader)),
        partial(_restore, store),
        pieces_are="articles",
        on_progress=on_progress,
        on_refused=on_refused,
    )


def _restore(store: Store, batch: Sequence[Returning]) -> list[Outcome]:
    return store.restore(batch, now=datetime.now(UTC))


def _pieces(path: Path, reader: Callable[[Path], Iterator[tuple[str, Any]]]) -> Iterator[Returning | Refused]:
    lines = reader(path)
    while True:
        try:
            place, line = next(lines)
        except StopIteration:
            return
        except (ValueError, OSError) as error:
            yield Refused("refused: the file cannot be read", f"{path}: {error}")
            return
        yield _piece(place, line)


def _piece(place: str, line: bytes | dict[str, Any]) -> Returning | Refused:
    try:
        return read_line(line)
    except UnknownSource as error:
        return Refused("refused: no source is called so", f"{place}: no source is called {error.name!r}")
    except ArticleRejected as error:
        return Refused(f"rejected: {error.reason}", f"{place}: {error}")
    except ValueError as error:
        return Refused("refused: not an exported article", f"{place}: not an exported article: {error}")


def _reader_of(path: Path) -> Callable[[Path], Iterator[tuple[str, Any]]]:
    if str(path) == "-":
        return _read_jsonl
    if path.is_dir() or path.suffix == ".parquet":
        if path.exists():
            return _load_parquet()
    elif path.suffix in _READERS and path.is_file():
        return _READERS[path.suffix]
    if not path.exists():
        raise BadInput(f"{path} does not exist")
    raise BadInput(f"{path} is no export; known are .jsonl, .csv, .parquet and folders of the latter")


def _read_jsonl(path: Path) -> Iterator[tuple[str, bytes]]:
    with sys.stdin.buffer if str(path) == "-" else path.open("rb") as stream:
        number = 0
        while line := stream.readline(LONGEST_LINE):
            number += 1
            if len(line) == LONGEST_LINE:
                raise ValueError(f"line {number} is longer than {LONGEST_LINE >> 20} MiB")
            if line.strip():
                yield f"{path}, line {number}", line


def _read_csv(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    with path.open(encoding="utf-8-sig", newline="") as stream:
        for number, row in read_csv(stream):
            # an empty cell may be an absent value or an empty text; what was not filled takes its default
            yield f"{path}, line {number}", {name: value for name, value in row.items() if value is not None}


def _load_parquet() -> Callable[[Path], Iterator[tuple[str, Any]]]:
    try:
        from crawler.exports.parquet import read_parquet  # noqa: PLC0415 -- an extra, and slow to load
    except ModuleNotFoundError as error:
        raise BadInput("Parquet needs pyarrow; install it with: pip install 'newscrawl[parquet]'") from error
    return read_parquet


_READERS: dict[str, Callable[[Path], Iterator[tuple[str, Any]]]] = {".jsonl": _read_jsonl, ".csv": _read_csv}
