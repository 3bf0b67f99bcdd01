"""What `newscrawl articles export` wrote comes back, from JSON Lines, CSV or Parquet."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from crawler.errors import ArticleRejected, BadInput, UnknownSource
from crawler.exports.csv_file import read_csv
from crawler.imports.lines import read_line
from crawler.imports.pieces import Listed, Refused

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from storage import Returning

    Place = dict[str, Any] | None

# The longest line that is read: a hundred times the longest article; more is no export.
LONGEST_LINE = 64 * 2**20

SUFFIXES = frozenset({".jsonl", ".csv", ".parquet"})


@dataclass(frozen=True, slots=True)
class ExportedArticles:
    """A file of exported articles, or a folder of Parquet files, or JSON Lines from standard input (``-``).

    An export of all revisions put into an empty store gives the same articles, revisions, aliases and claims again.
    One of current revisions gives the same articles as they are now.
    """

    path: Path

    @property
    def kind(self) -> str:
        """As runs show it."""
        return "exported articles"

    @property
    def pieces_are(self) -> str:
        """As a person calls them."""
        return "articles"

    def pieces(self, place: Mapping[str, Any] | None) -> Iterator[Listed | Refused]:
        """List the lines; the place of each is its end."""
        lines = self._lines()(self.path, dict(place or {}))
        while True:
            try:
                reached, name, line = next(lines)
            except StopIteration:
                return
            except (ValueError, OSError) as error:
                yield Refused("refused: the file cannot be read", f"{self.path}: {error}")
                return
            yield Listed(reached, (name, line))

    def read(self, raws: Sequence[Any]) -> list[Returning | Refused]:
        """Read and judge lines by their names and what they hold."""
        return [_read(*raw) for raw in raws]

    def done(self, place: Mapping[str, Any] | None) -> dict[str, Any] | None:
        """Begin at the beginning: it may be another export by then."""

    def _lines(self) -> Callable[[Path, dict[str, Any]], Iterator[tuple[Place, str, Any]]]:
        if self.path.suffix == ".parquet" or self.path.is_dir():
            return _read_parquet
        return _read_csv if self.path.suffix == ".csv" else _read_jsonl


def _read(name: str, line: bytes | dict[str, Any]) -> Returning | Refused:
    try:
        return read_line(line)
    except UnknownSource as error:
        return Refused("refused: no source is called so", f"{name}: no source is called {error.name!r}")
    except ArticleRejected as error:
        return Refused(f"rejected: {error.reason}", f"{name}: {error}")
    except ValueError as error:
        return Refused("refused: not an exported article", f"{name}: not an exported article: {error}")


def _read_jsonl(path: Path, place: dict[str, Any]) -> Iterator[tuple[Place, str, bytes]]:
    is_stdin = str(path) == "-"
    with sys.stdin.buffer if is_stdin else path.open("rb") as stream:
        number, offset = place.get("line", 0), place.get("bytes", 0)
        if offset > (0 if is_stdin else path.stat().st_size):
            number = offset = 0  # another file by now
        if offset:
            stream.seek(offset)
        while line := stream.readline(LONGEST_LINE):
            number += 1
            offset += len(line)
            if len(line) == LONGEST_LINE:
                raise ValueError(f"line {number} is longer than {LONGEST_LINE >> 20} MiB")
            if line.strip():
                # what came by a pipe does not come again
                yield None if is_stdin else {"line": number, "bytes": offset}, f"{path}, line {number}", line


def _read_csv(path: Path, place: dict[str, Any]) -> Iterator[tuple[Place, str, dict[str, Any]]]:
    with path.open(encoding="utf-8-sig", newline="") as stream:
        for number, row in read_csv(stream):
            if number > place.get("line", 0):
                # an empty cell may be an absent value or an empty text; what was not filled takes its default
                known = {name: value for name, value in row.items() if value is not None}
                yield {"line": number}, f"{path}, line {number}", known


def _read_parquet(path: Path, place: dict[str, Any]) -> Iterator[tuple[Place, str, dict[str, Any]]]:
    try:
        from crawler.exports.parquet import read_parquet  # noqa: PLC0415 -- an extra, and slow to load
    except ModuleNotFoundError as error:
        raise BadInput("Parquet needs pyarrow; install it with: pip install 'newscrawl[parquet]'") from error
    for number, (name, row) in enumerate(read_parquet(path), start=1):
        if number > place.get("row", 0):
            yield {"row": number}, name, row
