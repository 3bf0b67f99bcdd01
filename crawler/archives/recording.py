"""Recording: a folder of WARC files and their indexes, here or on an object store.

Each WARC file has its index beside it, ``a.warc.gz`` and ``a.cdxj``, written when the file is closed. A file without
one was cut off by a crash, or is being written: its index is made when the recording is opened next.
"""

from __future__ import annotations

import fcntl
import os
import posixpath
from dataclasses import dataclass
from functools import cached_property
from hashlib import blake2b
from pathlib import Path
from typing import IO, TYPE_CHECKING

import fsspec

from crawler.archives.cdxj import IndexLine, line_of, lines_under, packed
from crawler.archives.exchanges import Original
from crawler.archives.warc import read_capture
from crawler.archives.warc_records import Damage, ignore, is_same_payload, read_records
from crawler.errors import BadInput

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from crawler.archives.warc import Capture

_WARC, _INDEX = ".warc.gz", ".cdxj"

# Captures of which a run remembers that a body was recorded before: about 100 MB.
_MAX_REMEMBERED = 200_000


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedFile:
    """One WARC file of a recording."""

    name: str
    size: int
    """Bytes."""
    lines: tuple[IndexLine, ...]
    """Its captures, in the order of its index."""


class Recording:
    """A folder of recorded exchanges.

    Args:
        address: A folder, or what fsspec knows, such as ``s3://bucket/recordings``.
        spool: Folder for files that are being written, where the store takes only whole ones.

    Raises:
        BadInput: fsspec does not know it, or a library for it is missing.
    """

    def __init__(self, address: str, *, spool: Path = Path("~/.local/state/newscrawl/spool")) -> None:
        try:
            self._files, self._root = fsspec.url_to_fs(address)
        except (ValueError, ImportError) as error:
            raise BadInput(f"{address} cannot be opened as a recording: {error}") from error
        protocol = self._files.protocol
        self.is_local = "file" in ((protocol,) if isinstance(protocol, str) else protocol)
        self.address: str = self._root if self.is_local else address.rstrip("/")
        """A path, or the address it was opened with."""
        digest = blake2b(self.address.encode(), digest_size=8).hexdigest()
        self._spool = Path(self._root) if self.is_local else spool.expanduser() / digest

    def exists(self) -> bool:
        """Is there anything recorded?"""
        return any(name.endswith((".warc", _WARC, ".wacz")) for name in self._names())

    def path_of(self, name: str) -> str:
        """Return how fsspec names one of its files."""
        return posixpath.join(self.address, name)

    def begin_file(self, name: str) -> FileInWork:
        """Begin a file that does not exist yet."""
        self._spool.mkdir(parents=True, exist_ok=True)
        return FileInWork(self, self._spool / name)

    def mend(self, on_damage: Callable[[Damage], None] = ignore) -> int:
        """Complete what crashes left: bring spooled files home, make the indexes that are missing; return how many.

        Files that are being written are left alone.
        """
        mended = 0
        if not self.is_local and self._spool.is_dir():
            for path in sorted(self._spool.glob(f"*{_WARC}")):
                if not _is_being_written(path):
                    self._bring_home(path, None)
                    mended += 1
        names = set(self._names())
        for name in sorted(names):
            if name.endswith(_WARC) and _index_of(name) not in names and not self._is_being_written(name):
                self.write_index(name, self._scanned(name, on_damage))
                mended += 1
        return mended

    def files(self) -> list[RecordedFile]:
        """Return its WARC files in the order of their names; those without an index have no captures yet."""
        names = self._names()
        return [
            RecordedFile(name=name, size=self._files.size(self._at(name)), lines=tuple(self._lines(name, names)))
            for name in sorted(names)
            if name.endswith(_WARC)
        ]

    @cached_property
    def index(self) -> list[bytes]:
        """The lines of all its indexes together, in their order; read once."""
        lines: list[bytes] = []
        for name in self._names():
            if name.endswith(_INDEX):
                lines += self._files.cat_file(self._at(name)).splitlines()
        return sorted(lines)

    def captures_of(self, url: str) -> list[IndexLine]:
        """Return the captures of a URL, oldest first."""
        return list(lines_under(self.index, url))

    def capture(self, line: IndexLine) -> Capture:
        """Return a capture whole.

        Raises:
            BadInput: It cannot be read, or what a revisit speaks of was pruned.
        """
        original = None
        if line.original is not None:
            original = read_capture(self.path_of(line.original[0]), line.original[1])
        return read_capture(self.path_of(line.filename), line.offset, line.length, original=original)

    def original_at(self, filename: str, offset: int) -> tuple[str, int] | None:
        """Return where the body of a revisit record stands; None for a record that has its own."""
        lines = self._lines(filename, self._names())
        return next((line.original for line in lines if line.offset == offset), None)

    def originals(self) -> dict[str, Original]:
        """Return the latest records that later ones may speak of: by digest of the body, and by URL."""
        found: dict[str, Original] = {}
        lines = [IndexLine.from_bytes(line) for line in self.index[-_MAX_REMEMBERED:]]
        for line in sorted(lines, key=lambda line: line.captured_at):
            if not line.is_revisit and line.digest:
                original = Original(url=line.url, at=line.captured_at, filename=line.filename, offset=line.offset)
                found[line.digest] = found[line.url] = original
        return found

    def write_index(self, name: str, lines: Iterable[IndexLine]) -> None:
        """Write the index of a file, whole or not at all."""
        target = self._at(_index_of(name))
        if not self.is_local:
            self._files.pipe_file(target, packed(lines))
            return
        unfinished = Path(f"{target}.unfinished")
        unfinished.write_bytes(packed(lines))
        unfinished.replace(target)

    def remove(self, name: str) -> None:
        """Remove a file; its index goes first, so that no index is without its file."""
        for one in (_index_of(name), name):
            if self._files.exists(self._at(one)):
                self._files.rm_file(self._at(one))
        self.__dict__.pop("index", None)

    def finished(self, path: Path, lines: list[IndexLine]) -> None:
        """Take a file that was written whole."""
        if self.is_local:
            self.write_index(path.name, lines)
        else:
            self._bring_home(path, lines)

    def _bring_home(self, path: Path, lines: list[IndexLine] | None) -> None:
        self._files.makedirs(self._root, exist_ok=True)
        self._files.put_file(str(path), self._at(path.name))
        self.write_index(path.name, self._scanned(path.name, ignore) if lines is None else lines)
        path.unlink()

    def _scanned(self, name: str, on_damage: Callable[[Damage], None]) -> list[IndexLine]:
        """Read a file for its index. Files it repeats bodies of are found by their digests."""
        places: dict[str, tuple[str, int]] = {}
        for known in (IndexLine.from_bytes(line) for line in self.index):
            if not known.is_revisit:
                places[known.digest] = (known.filename, known.offset)
        lines = []
        for record in read_records(self.path_of(name), on_damage=on_damage):
            digest = record.fields.get("warc-payload-digest", "")
            original = places.get(digest) if is_same_payload(record) else None
            line = line_of(record, name, original=original)
            if line is not None:
                lines.append(line)
                if not line.is_revisit:
                    places[digest] = (name, record.offset)
        self.__dict__.pop("index", None)
        return lines

    def _lines(self, name: str, names: list[str]) -> list[IndexLine]:
        index = _index_of(name)
        if index not in names:
            return []
        return [IndexLine.from_bytes(line) for line in self._files.cat_file(self._at(index)).splitlines()]

    def _names(self) -> list[str]:
        if not self._files.isdir(self._root):
            return []
        return [posixpath.basename(path.rstrip("/")) for path in self._files.ls(self._root, detail=False)]

    def _at(self, name: str) -> str:
        return posixpath.join(self._root, name)

    def _is_being_written(self, name: str) -> bool:
        return self.is_local and _is_being_written(Path(self._at(name)))


class FileInWork:
    """A WARC file that is being written; locked, so that nobody takes it for what a crash has left.

    Args:
        recording: Takes the file when it is finished.
        path: Where it is written; must not exist.
    """

    def __init__(self, recording: Recording, path: Path) -> None:
        self._recording = recording
        self._path = path
        self._stream: IO[bytes] = path.open("xb", buffering=1 << 20)
        fcntl.flock(self._stream, fcntl.LOCK_EX)
        self.name = path.name
        self.size = 0
        """Bytes written."""

    def write(self, data: bytes) -> None:
        """Write one record."""
        self._stream.write(data)
        self.size += len(data)

    def sync(self) -> None:
        """Have all that was written on disk."""
        self._stream.flush()
        os.fsync(self._stream.fileno())

    def finish(self, lines: list[IndexLine]) -> None:
        """Close the file, with its index."""
        self.sync()
        self._recording.finished(self._path, lines)
        self.close()

    def close(self) -> None:
        """Leave the file as it is, for the next opening of the recording."""
        self._stream.close()


def _is_being_written(path: Path) -> bool:
    with path.open("rb") as stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def _index_of(name: str) -> str:
    return name.removesuffix(_WARC).removesuffix(".warc") + _INDEX
