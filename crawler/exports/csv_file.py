r"""Revisions as CSV (RFC 4180): UTF-8, CRLF, every cell quoted, no cell a formula; and cells read back.

A cell that a spreadsheet would run (``=cmd|…``) gets an apostrophe in front, the spreadsheets' own sign for "this is
text". A cell that has the apostrophe already gets another one, so that reading back is exact.
Source: https://owasp.org/www-community/attacks/CSV_Injection (read 2026-11-23); the full-width forms, which Excel
takes for the plain ones in Chinese and Japanese settings, and leading blanks, which some programs cut, are added.
"""

from __future__ import annotations

import csv
import io
import re
from typing import IO, TYPE_CHECKING, Any

import orjson

from storage.exports import ARTICLE_KEYS, as_json

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from storage import ExportedRevision

COLUMNS = ARTICLE_KEYS
"""Those of the JSON object; lists and objects are JSON inside their cell, absent values empty cells."""

LIST_COLUMNS = frozenset({"paragraphs", "authors", "tags", "images", "media", "alternates"})

# The longest cell that is read back; the default of 128 KiB is less than a long article.
csv.field_size_limit(64 * 2**20)

_FORMULA = re.compile(r"'*[\s\ufeff\x00]*[=+\-@＝＋－＠\t\r\n]")
_SAVED = re.compile(rf"'{_FORMULA.pattern}")


def write_csv(revisions: Iterable[ExportedRevision], stream: IO[bytes]) -> None:
    """Write revisions, a line of column names first."""
    line = io.StringIO(newline="")
    writer = csv.writer(line, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for exported in revisions:
        stream.write(line.getvalue().encode())
        line.seek(0)
        line.truncate()
        shown = as_json(exported.stored.article, stored=exported.stored)
        writer.writerow([as_cell(shown[column]) for column in COLUMNS])
    stream.write(line.getvalue().encode())


def read_csv(stream: IO[str]) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield the rows of such a file with the line on which each ends, as the JSON objects they were made from.

    Args:
        stream: Opened with ``newline=""``.

    Raises:
        ValueError: A row cannot be read; the message says why.
    """
    try:
        reader = csv.DictReader(stream, restkey="", strict=True)
        for row in reader:
            if None in row.values() or "" in row:
                raise ValueError(f"line {reader.line_num}: a row of another length than the first")
            yield reader.line_num, {column: _from_cell(column, cell) for column, cell in row.items()}
    except csv.Error as error:
        raise ValueError(f"not CSV: {error}") from None


def as_cell(value: Any) -> str:
    r"""Return a value of the JSON object as a cell that no spreadsheet takes for a formula.

    >>> as_cell("=1+1"), as_cell("'=1+1"), as_cell("'80s"), as_cell(None), as_cell(["a", "b"])
    ("'=1+1", "''=1+1", "'80s", '', '["a","b"]')
    """
    if value is None:
        return ""
    text = value if isinstance(value, str) else orjson.dumps(value).decode()
    return f"'{text}" if _FORMULA.match(text) else text


def _from_cell(column: str, cell: str) -> Any:
    text = cell[1:] if _SAVED.match(cell) else cell
    if column in LIST_COLUMNS:
        return orjson.loads(text or "null")
    if column == "revision":
        return int(text) if text else None
    return text or None
