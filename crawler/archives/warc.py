"""Captures of WARC and WACZ files: what a URL answered at one time, from the file of whoever recorded it.

`read_captures` goes through files, `read_capture` takes one from its place. A revisit record, which only says that a
page was as before, is answered with the page it speaks of; what cannot be read is reported and passed over.
"""

from __future__ import annotations

import hashlib
import zlib
from base64 import b32encode
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import brotli
import zstandard
from fastwarc.warc import WarcRecordType

from crawler.archives.warc_records import GZIP_START, Damage, Record, ignore, is_same_payload, read_record, read_records
from crawler.errors import BadInput

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from datetime import datetime

_CAPTURES = WarcRecordType.response | WarcRecordType.revisit | WarcRecordType.resource

# As zlib counts: what stands around the compressed data.
_GZIP, _ZLIB, _RAW = 31, 15, -15


@dataclass(frozen=True, slots=True, kw_only=True)
class Capture:
    """What one URL answered at one time."""

    url: str
    """As it was asked for."""
    captured_at: datetime
    """Aware, UTC."""
    status: int
    headers: tuple[tuple[str, str], ...]
    """In their order, as recorded; Content-Encoding still tells how `body` is packed."""
    body: bytes
    """As it came: packed where it came packed."""
    file: str
    """The file it stands in, as fsspec names it."""
    offset: int
    length: int
    """Bytes of its record in the file; 0 where the file was compressed as a whole."""
    payload_digest: str
    """Such as ``sha1:3I42H3S6NNFQ2MSVX7XZKYAYSCX5QBYJ``, as recorded, or else of `body`."""
    is_revisit: bool = False
    """Its record names an earlier one for the body, or is a 304."""
    is_truncated: bool = False
    """Whoever recorded it did not keep the whole body."""

    def header(self, name: str) -> str | None:
        """Return the first header of this name, in any case; None if there is none."""
        wanted = name.lower()
        return next((value for key, value in self.headers if key.lower() == wanted), None)

    @property
    def content(self) -> bytes:
        """The body, unpacked.

        Raises:
            BadInput: It is packed in a way we do not know, or is damaged.
        """
        return _unpacked(self)


def payload_digest(body: bytes) -> str:
    """Return the digest of a body as WARC files write it.

    >>> payload_digest(b"")
    'sha1:3I42H3S6NNFQ2MSVX7XZKYAYSCX5QBYJ'
    """
    return f"sha1:{b32encode(hashlib.sha1(body, usedforsecurity=False).digest()).decode()}"


def read_captures(files: Iterable[str], *, on_damage: Callable[[Damage], None] = ignore) -> Iterator[Capture]:
    """Yield the captures of http and https URLs in some files, in the order in which they stand there.

    Args:
        files: As `crawler.archives.warc_records.warc_files_in` names them.
        on_damage: Told of each place that cannot be read, and of each revisit record whose page is in none of the
            files before it.
    """
    originals: dict[str, Record] = {}
    for file in files:
        for record in read_records(file, kinds=_CAPTURES, on_damage=on_damage):
            if not record.url.startswith(("http://", "https://")):
                continue
            try:
                yield _capture(record, originals)
            except BadInput as error:
                on_damage(Damage(file=file, offset=record.offset, reason=str(error)))


def read_capture(file: str, offset: int, length: int | None = None, *, original: Capture | None = None) -> Capture:
    """Return the capture at a place.

    Args:
        file: As fsspec names it.
        offset: Where its record begins.
        length: Of its record; None reads on to the end of the file.
        original: What a revisit record there speaks of, if that is known.

    Raises:
        BadInput: There is none, or it is damaged, or a revisit of what is not known.
    """
    record = read_record(file, offset, length)
    if record.kind not in ("response", "revisit", "resource"):
        raise BadInput(f"{file}: the record at byte {offset} is no capture but a {record.kind}")
    if original is not None and is_same_payload(record):
        return _resolved(record, original)
    return _capture(record, {})


def _capture(record: Record, originals: dict[str, Record]) -> Capture:
    """Make a capture of a record; `originals` remembers where bodies stand.

    Raises:
        BadInput: It is a revisit of what is not known, or its original cannot be read.
    """
    if not is_same_payload(record):
        capture = _whole(record)
        if record.kind != "revisit" and record.length:
            place = replace(record, body=b"", headers=(), fields={})
            originals.update(dict.fromkeys(_names_of(capture, record), place))
        return capture
    named = (originals[name] for name in _wanted_by(record) if name in originals)
    original = next(named, None)
    if original is None:
        raise BadInput(f"a revisit of {record.url} whose page is not here")
    return _resolved(record, _whole(read_record(original.file, original.offset, original.length)))


def _names_of(capture: Capture, record: Record) -> tuple[str, ...]:
    """Return the names under which a revisit record may speak of this one."""
    id_ = record.fields.get("warc-record-id", "")
    return (id_, f"{record.url} {record.fields.get('warc-date')}", capture.payload_digest)


def _wanted_by(record: Record) -> tuple[str, ...]:
    fields = record.fields
    of_url = f"{fields.get('warc-refers-to-target-uri')} {fields.get('warc-refers-to-date')}"
    return (fields.get("warc-refers-to", ""), of_url, fields.get("warc-payload-digest", ""))


def _whole(record: Record) -> Capture:
    is_page = record.kind == "resource"
    headers = (("Content-Type", record.fields.get("content-type", "")),) if is_page else record.headers
    if not is_page and record.status is None:
        raise BadInput(f"a response of {record.url} without an HTTP status")
    return Capture(
        url=record.url,
        captured_at=record.date,
        status=200 if record.status is None else record.status,
        headers=headers,
        body=record.body,
        file=record.file,
        offset=record.offset,
        length=record.length,
        payload_digest=record.fields.get("warc-payload-digest") or payload_digest(record.body),
        is_revisit=record.kind == "revisit",
        is_truncated="warc-truncated" in record.fields,
    )


def _resolved(record: Record, original: Capture) -> Capture:
    """Return what a revisit record stands for: its own head, if it has one, with the body of the original."""
    has_head = record.status is not None
    return replace(
        original,
        url=record.url,
        captured_at=record.date,
        status=record.status if record.status is not None else original.status,
        headers=record.headers if has_head else original.headers,
        file=record.file,
        offset=record.offset,
        length=record.length,
        is_revisit=True,
    )


def _unpacked(capture: Capture) -> bytes:
    stated = ",".join(value for name, value in capture.headers if name.lower() == "content-encoding").lower()
    body = capture.body
    for coding in reversed([part.strip() for part in stated.split(",")]):
        try:
            body = _unpack(body, coding) if body else body
        except (zlib.error, brotli.error, zstandard.ZstdError) as error:
            raise BadInput(f"the body of {capture.url} is damaged: {error}") from None
    return body


def _unpack(body: bytes, coding: str) -> bytes:
    """Undo one content coding.

    Source: https://www.rfc-editor.org/rfc/rfc9110#section-8.4.1, read 2026-11-23.
    """
    match coding:
        case "" | "identity":
            return body
        case "gzip" | "x-gzip":
            # some recorders keep the header of a body that they unpacked
            return zlib.decompress(body, _GZIP) if body.startswith(GZIP_START) else body
        case "deflate":
            # some servers send it without the frame that belongs to it
            try:
                return zlib.decompress(body, _ZLIB)
            except zlib.error:
                return zlib.decompress(body, _RAW)
        case "br":
            unpacked: bytes = brotli.decompress(body)
            return unpacked
        case "zstd":
            return zstandard.ZstdDecompressor().decompressobj().decompress(body)
    raise BadInput(f"the content coding {coding!r} is not known")
