"""Revisions as JSON Lines: UTF-8, one object a line, the shape of an article that every command prints."""

from __future__ import annotations

from typing import IO, TYPE_CHECKING

from storage.exports import as_json, json_line, marks_as_json

if TYPE_CHECKING:
    from collections.abc import Iterable

    from storage import ExportedRevision


def write_jsonl(revisions: Iterable[ExportedRevision], stream: IO[bytes]) -> None:
    """Write revisions; those of an export of all revisions have one more key, ``marks``, for `newscrawl import`."""
    for exported in revisions:
        shown = as_json(exported.stored.article, stored=exported.stored)
        if exported.marks is not None:
            shown["marks"] = marks_as_json(exported.marks)
        stream.write(json_line(shown))
