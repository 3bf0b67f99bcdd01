"""Which kind of input a path is."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from crawler.archives.seeds import is_seed_file
from crawler.errors import BadInput
from crawler.imports.exported import SUFFIXES as EXPORTS
from crawler.imports.exported import ExportedArticles
from crawler.imports.git import GitHistory, is_repository
from crawler.imports.seed_files import SeedFiles
from crawler.imports.web_archives import WebArchive, is_web_archive

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from crawler.imports.pieces import Input

KNOWN = (
    "known are folders and files of seeds (.md, .txt), bare git repositories, web archives (.warc, .warc.gz, .wacz) and"
    " exports (.jsonl, .csv, .parquet)"
)


def find_input(path: Path) -> Input:
    """Say what a path is.

    Args:
        path: A folder, a repository, a file, or ``-`` for JSON Lines from standard input.

    Raises:
        BadInput: It does not exist, is of no kind we know, or holds several.
    """
    if str(path) == "-":
        return ExportedArticles(path)
    if not path.exists():
        raise BadInput(f"{path} does not exist")
    if path.is_dir():
        return _find_folder(path)
    found = _input_of(path)
    if found is None:
        raise BadInput(f"{path} is nothing to import; {KNOWN}")
    return found


def _find_folder(path: Path) -> Input:
    if is_repository(path):
        return GitHistory(path)
    kinds = {type(found) for file in _files(path) if (found := _input_of(file, in_folder=True))}
    if len(kinds) > 1:
        raise BadInput(f"{path} holds files of several kinds; name them one by one")
    kind = kinds.pop() if kinds else SeedFiles
    return next(make(path) for make in (SeedFiles, WebArchive, ExportedArticles) if make is kind)


def _input_of(path: Path, *, in_folder: bool = False) -> Input | None:
    # an export that is a folder is one of Parquet
    if path.suffix in EXPORTS and (path.suffix == ".parquet" or not in_folder):
        return ExportedArticles(path)
    if is_web_archive(path):
        return WebArchive(path)
    return SeedFiles(path) if is_seed_file(path.name) else None


def _files(folder: Path) -> Iterator[Path]:
    """Yield the files of a folder at any depth, hidden ones and links to folders excepted."""
    for where, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        yield from (folder / where / name for name in names if not name.startswith("."))
