"""Seed files: one archived article each, read and written without losing a byte.

A file is an optional YAML front matter, an epoch comment, ``[title](url)``, a line of dashes, an empty line and an
HTML fragment::

    ---
    title: "港口罢工结束"
    date: 2020-08-01T16:56:32.000Z
    ---
    <!--1596300992000-->
    [港口罢工结束](http://www.rfi.fr//cn/法国/20200801-港口罢工结束)
    ------

    <div>…</div>

Files with a front matter may lack the epoch, or the epoch and the ``[title](url)``; the front matter's ``date``,
``title`` and ``from`` stand in. What the fragment says is for the sources to read.
"""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from crawler.archives.seed_header import EARLIEST, LATEST, MILLISECOND, UNIX, SeedHeader, read_header, spell_header
from crawler.errors import BadInput, SeedFileError
from crawler.items import SeedFile

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import datetime

SUFFIXES = frozenset({".md", ".txt"})

LARGEST_SEED = 16 * 2**20
"""Bytes; a hundred times the largest one seen."""


def parse_seed(raw: bytes, path: str, *, otherwise_at: datetime | None = None) -> SeedFile:
    """Read one seed file.

    A byte order mark, CRLF line ends and blanks at line ends are accepted; they stay in ``raw`` (and, below the
    header, in ``fragment``). Bytes that are not UTF-8 are refused rather than replaced.

    Args:
        raw: The file's bytes.
        path: How to name the file in errors; its last part becomes the seed's name.
        otherwise_at: When it was observed if it does not say so itself; None refuses such a file.

    Raises:
        SeedFileError: The bytes break the format. Nothing else is raised, whatever the bytes.
    """
    header, fragment = read_header(_decode(raw, path), path, otherwise_at=otherwise_at)
    return SeedFile(
        name=Path(path).name,
        url=header.url,
        title=header.title,
        observed_at=header.observed_at,
        fragment=fragment,
        front_matter=header.front_matter,
        raw=raw,
    )


def write_seed(seed: SeedFile) -> bytes:
    """Return the bytes of a seed file.

    A parsed seed gives back the very bytes it was read from. One whose fields were changed since is written anew
    from its fields, in the archive's usual spelling.
    """
    try:
        is_unchanged = parse_seed(seed.raw, seed.name) == seed
    except SeedFileError:
        is_unchanged = False
    return seed.raw if is_unchanged else render_seed(seed)


def render_seed(seed: SeedFile) -> bytes:
    """Spell a seed from its fields alone, as the archive usually does, without a look at ``raw``.

    Raises:
        ValueError: A field holds a lone surrogate, which UTF-8 cannot.
    """
    header = SeedHeader(front_matter=seed.front_matter, observed_at=seed.observed_at, title=seed.title, url=seed.url)
    return (spell_header(header) + seed.fragment).encode()


def new_seed(
    *,
    name: str,
    title: str,
    url: str,
    observed_at: datetime,
    fragment: str,
    front_matter: Mapping[str, str] | None = None,
) -> SeedFile:
    """Make a seed that was never a file, such as an article we crawled ourselves.

    Args:
        name: File name without folders.
        title: As readers see it; what the header cannot hold as it is becomes HTML entities.
        url: Absolute, http or https.
        observed_at: Aware; kept to the millisecond.
        fragment: HTML below the header.
        front_matter: Plain values by key; None for no front matter.

    Raises:
        ValueError: The format cannot hold a value (blank title, other scheme, naive or impossible time, odd key).
    """
    if observed_at.tzinfo is None or not EARLIEST <= observed_at < LATEST:
        raise ValueError(f"observed_at is naive or not between 1990 and 2100: {observed_at}")
    seed = SeedFile(
        name=name,
        url=url,
        title=title,
        observed_at=UNIX + (observed_at - UNIX) // MILLISECOND * MILLISECOND,
        fragment=fragment,
        front_matter=dict(front_matter or {}),
        raw=b"",
    )
    seed = replace(seed, raw=render_seed(seed))
    try:
        is_held = parse_seed(seed.raw, name) == seed
    except SeedFileError as error:
        raise ValueError(f"not to be held in a seed file: {error.reason}") from error
    if not is_held:
        raise ValueError("not to be held in a seed file: a value would be read back differently")
    return seed


def find_seed_files(paths: Iterable[Path]) -> Iterator[Path]:
    """Find the seed files in folders, in order of their names, at any depth.

    Files named by the caller are taken as they are. In folders, what is hidden, a README or has another suffix than
    ``.md`` and ``.txt`` is passed over, and links to folders are not followed.

    Raises:
        BadInput: A path does not exist (known before the first file is answered), or a folder cannot be listed.
    """
    named = tuple(paths)
    for path in named:
        if not path.exists():
            raise BadInput(f"no such file or folder: {path}")
    return (found for path in named for found in (_walk(path) if path.is_dir() else (path,)))


def read_seeds(paths: Iterable[Path]) -> Iterator[SeedFile | SeedFileError]:
    """Read seed files one after the other; a broken one is answered as its error, so that a caller can count it.

    Raises:
        BadInput: As `find_seed_files`.
    """
    yield from map(read_seed_file, find_seed_files(paths))


def read_seed_file(path: Path) -> SeedFile | SeedFileError:
    """Read one seed file; a broken one is answered as its error."""
    try:
        with path.open("rb") as stream:
            raw = stream.read(LARGEST_SEED + 1)
        if len(raw) > LARGEST_SEED:
            return SeedFileError(str(path), 1, f"larger than {LARGEST_SEED >> 20} MiB")
        return parse_seed(raw, str(path))
    except SeedFileError as error:
        return error
    except OSError as error:
        return SeedFileError(str(path), 1, f"cannot be read: {error.strerror}")


def _decode(raw: bytes, path: str) -> str:
    """Decode UTF-8 without its byte order mark."""
    try:
        text = raw.decode()
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise SeedFileError(path, line, f"not UTF-8 at byte {error.start}") from error
    text = text.removeprefix("\ufeff")
    if not text.strip():
        raise SeedFileError(path, 1, "the file is empty")
    return text


def _walk(folder: Path) -> Iterator[Path]:
    """Find the seed files below a folder."""
    try:
        names = sorted(os.listdir(folder))  # noqa: PTH208 -- a name takes a tenth of the memory of a path
    except OSError as error:
        raise BadInput(f"cannot list {folder}: {error.strerror}") from error
    for name in names:
        path = folder / name
        if name.startswith("."):
            continue
        if path.is_dir():
            if not path.is_symlink():
                yield from _walk(path)
        elif is_seed_file(name):
            yield path


def is_seed_file(name: str) -> bool:
    """Return whether a file of this name in a folder is taken for a seed file.

    >>> [name for name in ("1.md", "2.TXT", ".3.md", "README.md", "4.html") if is_seed_file(name)]
    ['1.md', '2.TXT']
    """
    stem, dot, suffix = name.rpartition(".")
    return bool(stem) and dot + suffix.lower() in SUFFIXES and name[0] != "." and stem.upper() != "README"
