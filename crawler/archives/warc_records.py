"""Records of WARC files, one after the other or one by its place; WACZ files are opened as what they hold.

Every file is named as fsspec names it: a path, or an address such as ``s3://bucket/news.warc.gz``. What another program
wrote is read too: wget, warcio, Common Crawl, compressed a record at a time or not at all.
"""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import IO, TYPE_CHECKING, NamedTuple

import fsspec
from fastwarc.warc import ArchiveIterator, WarcRecord, WarcRecordType

from crawler.errors import BadInput

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

GZIP_START = b"\x1f\x8b"

# Profiles of revisit records end so; the addresses before that differ between WARC 1.0 and 1.1.
_SAME_PAYLOAD = "identical-payload-digest"

TORN = "a torn record"
"""Why a record cannot be read that a crash has cut off."""

SUFFIXES = (".warc", ".warc.gz", ".wacz")
"""How the names of files end that hold records."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Damage:
    """A place at which a file cannot be read; with a torn tail, what stands before it can."""

    file: str
    offset: int
    reason: str

    def __str__(self) -> str:
        return f"{self.file}: {self.reason} at byte {self.offset}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One record, its HTTP head parsed where it has one."""

    kind: str
    """``response``, ``request``, ``revisit``, ``warcinfo`` …"""
    url: str
    """WARC-Target-URI; empty for a record that is of no URL."""
    date: datetime
    fields: dict[str, str]
    """The record's own header, names in lower case."""
    status: int | None
    """Of the HTTP response; None if it is none."""
    headers: tuple[tuple[str, str], ...]
    """Of the HTTP message."""
    body: bytes
    """The HTTP body, chunks put together, else the record's content; as it came in all else."""
    file: str
    offset: int
    length: int
    """Bytes in the file, compressed if it is; 0 where a file was compressed as a whole and has no places."""


def is_same_payload(record: Record) -> bool:
    """Tell whether a record only says that the body was as in an earlier one."""
    return record.kind == "revisit" and record.fields.get("warc-profile", "").endswith(_SAME_PAYLOAD)


def ignore(damage: Damage) -> None:
    """Pass over a damage."""


def holds_warc(address: str) -> bool:
    """Tell whether an address is that of a WARC or WACZ file, or of a folder of some."""
    if address.endswith(SUFFIXES):
        return True
    filesystem, name = fsspec.url_to_fs(address)
    return bool(filesystem.isdir(name)) and any(one.endswith(SUFFIXES) for one in filesystem.find(name))


def warc_files_in(paths: Iterable[Path | str]) -> Iterator[str]:
    """Yield the WARC files under some paths: files, folders (in the order of their names), what a WACZ file holds.

    Raises:
        BadInput: A path is not there, or is no such file.
    """
    for path in paths:
        filesystem, name = fsspec.url_to_fs(str(path))
        if filesystem.isdir(name):
            found = sorted(one for one in filesystem.find(name) if one.endswith(SUFFIXES))
        elif filesystem.isfile(name) and name.endswith(SUFFIXES):
            found = [name]
        else:
            raise BadInput(f"{path} is no WARC or WACZ file, nor a folder")
        for one in found:
            file = one if "file" in _protocols(filesystem) else filesystem.unstrip_protocol(one)
            yield from _inside_wacz(file) if file.endswith(".wacz") else (file,)


def _protocols(filesystem: fsspec.AbstractFileSystem) -> tuple[str, ...]:
    protocol = filesystem.protocol
    return (protocol,) if isinstance(protocol, str) else tuple(protocol)


def _inside_wacz(file: str) -> Iterator[str]:
    """Yield the WARC files inside a WACZ file, which is a ZIP file.

    Source: https://specs.webrecorder.net/wacz/1.1.1/, read 2026-11-26: they stand under ``archive/``, uncompressed.
    """
    address = file if "://" in file else f"file://{file}"
    try:
        with fsspec.open(file, "rb") as stream, zipfile.ZipFile(stream) as folder:
            names = [name for name in folder.namelist() if name.endswith(SUFFIXES[:2])]
    except zipfile.BadZipFile as error:
        raise BadInput(f"{file} is no WACZ file: {error}") from None
    yield from (f"zip://{name}::{address}" for name in sorted(names))


def read_records(
    file: str, *, kinds: WarcRecordType = WarcRecordType.any_type, on_damage: Callable[[Damage], None] = ignore
) -> Iterator[Record]:
    """Yield the records of one file in their order, in bounded memory.

    Args:
        file: As `warc_files_in` names it.
        kinds: Only these; the others are passed over without being parsed.
        on_damage: Told where the file cannot be read on, such as at a tail that a crash has torn, and of a record
            without a date or a length that fits.
    """
    at = -1
    with _opened(file) as (stream, size):
        waiting: Record | Damage | None = None  # a record's end is where the next one begins, so one is always in hand
        try:
            for raw in ArchiveIterator(stream, record_types=WarcRecordType.any_type, parse_http=False):
                yield from _ended(waiting, raw.stream_pos, on_damage)
                waiting, at = (_parsed(raw, file) if raw.record_type & kinds else None), raw.stream_pos
        except OSError:
            pass  # a torn tail, or whatever else is no record: told below
    end = _end_of(file, at, size) if at >= 0 else 0
    if end == at and end < size:
        waiting = Damage(file=file, offset=at, reason=TORN)
    yield from _ended(waiting, end, on_damage)
    if end < size and not isinstance(waiting, Damage):
        on_damage(Damage(file=file, offset=end, reason="what follows cannot be read"))


def read_record(file: str, offset: int, length: int | None = None) -> Record:
    """Return the record at a place.

    Raises:
        BadInput: There is none, or it is damaged.
    """
    try:
        with fsspec.open(file, "rb") as stream:
            stream.seek(offset)
            data = stream.read(length if length is not None else -1)
    except OSError as error:
        raise BadInput(f"{file} cannot be read: {error.strerror or error}") from error
    try:
        raw = next(iter(ArchiveIterator(io.BytesIO(data), record_types=WarcRecordType.any_type, parse_http=False)))
        record = _parsed(raw, file)
    except (OSError, StopIteration):
        record = Damage(file=file, offset=offset, reason="there is no record")
    if isinstance(record, Damage):
        raise BadInput(f"{file}: {record.reason} at byte {offset}")
    return _placed(record, offset, len(data) if length is None else length)


@contextmanager
def _opened(file: str) -> Iterator[tuple[IO[bytes] | str, int]]:
    """Give what fastwarc reads, and its size: a path where it is one, for that is read fastest."""
    filesystem, name = fsspec.url_to_fs(file)
    size = filesystem.size(name)
    if "file" in _protocols(filesystem):
        yield name, size
        return
    with filesystem.open(name, "rb") as stream:
        yield stream, size


def _end_of(file: str, offset: int, size: int) -> int:
    """Return where the last record ends; what stands behind it, if anything, is none."""
    if offset >= size:  # compressed as a whole
        return size
    with fsspec.open(file, "rb") as stream:
        stream.seek(offset)
        data = stream.read()
    is_packed, rest = data.startswith(GZIP_START), 0
    if is_packed:
        member = zlib.decompressobj(31)
        try:
            data = member.decompress(data)
        except zlib.error:
            return offset
        rest = len(member.unused_data)
    head, _, content = data.lstrip(b"\r\n").partition(b"\r\n\r\n")
    stated = re.search(rb"^content-length:\s*(\d+)", head, re.IGNORECASE | re.MULTILINE)
    if stated is None or len(content) < int(stated[1]):
        return offset
    return size - rest if is_packed else min(size, offset + len(head) + 4 + int(stated[1]) + 4)


def _ended(waiting: Record | Damage | None, end: int, on_damage: Callable[[Damage], None]) -> Iterator[Record]:
    if isinstance(waiting, Damage):
        on_damage(waiting)
    elif waiting is not None:
        yield _placed(waiting, waiting.offset, end - waiting.offset)


def _placed(record: Record, offset: int, length: int) -> Record:
    return Record(**{name: getattr(record, name) for name in _UNPLACED}, offset=offset, length=length)


_UNPLACED = [name for name in Record.__dataclass_fields__ if name not in ("offset", "length")]


def _parsed(raw: WarcRecord, file: str) -> Record | Damage:
    """Read one record whole, before the iterator goes on and takes it away."""
    offset = raw.stream_pos
    fields = {name.lower(): value for name, value in raw.headers.items()}
    kind = fields.get("warc-type", "unknown").lower()
    date = _date(fields.get("warc-date", ""))
    if date is None:
        return Damage(file=file, offset=offset, reason="a record without a date")
    content = raw.reader.read()
    if len(content) < raw.content_length:
        return Damage(file=file, offset=offset, reason=TORN)
    http = _http(content, is_request=kind == "request") if raw.is_http and content else _Http(None, (), content)
    return Record(
        kind=kind,
        url=fields.get("warc-target-uri", "").strip().removeprefix("<").removesuffix(">"),  # wget writes brackets
        date=date,
        fields=fields,
        status=http.status,
        headers=http.headers,
        body=http.body,
        file=file,
        offset=offset,
        length=0,
    )


class _Http(NamedTuple):
    status: int | None
    headers: tuple[tuple[str, str], ...]
    body: bytes


def _http(content: bytes, *, is_request: bool) -> _Http:
    """Part an HTTP message; its chunks are put together, for they are of the connection and not of the page."""
    message = WarcRecord()
    message.init_headers(WarcRecordType.request if is_request else WarcRecordType.response)
    message.is_http = True
    message.set_bytes_content(content)
    message.parse_http(auto_decode="transfer")
    headers = tuple((name, value) for name, value in message.http_headers.items() if name)
    return _Http(None if is_request else message.http_headers.status_code, headers, message.reader.read())


def _date(text: str) -> datetime | None:
    """Read a WARC-Date: UTC, to the second in WARC 1.0 and as fine as wanted in 1.1."""
    try:
        date = datetime.fromisoformat(text)
    except ValueError:
        return None
    return date.astimezone(UTC) if date.tzinfo else date.replace(tzinfo=UTC)
