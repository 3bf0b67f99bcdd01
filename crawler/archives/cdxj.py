"""CDXJ: the index of a WARC file. One line a capture: key of the URL, time to the second, what and where it is.

Lines stand in the order of their bytes, so that a URL is found by bisection, and so that pywb takes them as they are.
Source: https://specs.webrecorder.net/cdxj/0.1.0/, read 2026-11-26.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import orjson

from crawler.archives.warc_records import is_same_payload

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from crawler.archives.warc_records import Record

_REVISIT = "warc/revisit"


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexLine:
    """One capture as an index has it."""

    url: str
    captured_at: datetime
    """Aware, UTC; to the second in foreign indexes."""
    status: int
    mime: str
    digest: str
    """Of the payload, such as ``sha1:…``; empty where the record states none."""
    filename: str
    """Without folders."""
    offset: int
    length: int
    is_revisit: bool = False
    original: tuple[str, int] | None = None
    """File name and offset of the record whose body a revisit repeats."""

    def to_bytes(self) -> bytes:
        """Return the line, its end included."""
        facts = {
            "url": self.url,
            "mime": _REVISIT if self.is_revisit else self.mime,
            "status": str(self.status),
            "digest": self.digest,
            "length": str(self.length),
            "offset": str(self.offset),
            "filename": self.filename,
            # ours: what no other program needs, and none minds
            "at": self.captured_at.isoformat(),
        }
        if self.original is not None:
            facts |= {"original": self.original[0], "original_offset": str(self.original[1])}
        return b"%s %s %s\n" % (key_of(self.url), f"{self.captured_at:%Y%m%d%H%M%S}".encode(), orjson.dumps(facts))

    @classmethod
    def from_bytes(cls, line: bytes) -> IndexLine:
        """Read a line, ours or another program's.

        Raises:
            ValueError: It is none.
        """
        _, timestamp, text = line.split(b" ", 2)
        try:
            facts = orjson.loads(text)
            at = facts.get("at")
            stamp = datetime.strptime(timestamp.decode(), "%Y%m%d%H%M%S").replace(tzinfo=UTC)
            return cls(
                url=facts["url"],
                captured_at=datetime.fromisoformat(at) if at else stamp,
                status=int(facts["status"]) if str(facts.get("status", "")).isdecimal() else 0,
                mime=facts.get("mime", ""),
                digest=facts.get("digest", ""),
                filename=facts["filename"],
                offset=int(facts["offset"]),
                length=int(facts["length"]),
                is_revisit=facts.get("mime") == _REVISIT,
                original=(facts["original"], int(facts["original_offset"])) if "original" in facts else None,
            )
        except (KeyError, TypeError) as error:
            raise ValueError(f"no index line: {error}") from error


def key_of(url: str) -> bytes:
    """Return the key under which a URL stands in indexes: host reversed, case and order of its query made one.

    >>> key_of("https://www.rfi.fr/cn/?b=1&a=2")
    b'fr,rfi)/cn?a=2&b=1'
    """
    # it reads the list of public suffixes while it is imported, and most commands do without
    from surt import surt  # noqa: PLC0415 -- see above

    key: str = surt(url)
    return key.replace(" ", "%20").encode()


def line_of(record: Record, filename: str, *, original: tuple[str, int] | None = None) -> IndexLine | None:
    """Return the line of a record; None for one that is no capture of a web page."""
    if record.kind not in ("response", "revisit", "resource") or not record.url.startswith(("http://", "https://")):
        return None
    stated = next((value for name, value in record.headers if name.lower() == "content-type"), "")
    if record.kind == "resource":
        stated = record.fields.get("content-type", "")
    return IndexLine(
        url=record.url,
        captured_at=record.date,
        status=record.status or (304 if record.kind == "revisit" and not is_same_payload(record) else 200),
        mime=stated.split(";")[0].strip().lower() or "unk",
        digest=record.fields.get("warc-payload-digest", ""),
        filename=filename,
        offset=record.offset,
        length=record.length,
        is_revisit=record.kind == "revisit",
        original=original,
    )


def packed(lines: Iterable[IndexLine]) -> bytes:
    """Return the index of some captures."""
    return b"".join(sorted(line.to_bytes() for line in lines))


def lines_under(index: list[bytes], url: str) -> Iterator[IndexLine]:
    """Yield the captures of a URL from the lines of an index, oldest first."""
    key = key_of(url) + b" "
    for number in range(bisect_left(index, key), len(index)):
        if not index[number].startswith(key):
            return
        yield IndexLine.from_bytes(index[number])
