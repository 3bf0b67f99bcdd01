"""A response of a web archive becomes the page that it keeps: the copy itself, or a record of a WARC file."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fastwarc.warc import ArchiveIterator, WarcRecordType

from crawler.backfills.web_archives import captured_at
from crawler.errors import PageNotUnderstood

if TYPE_CHECKING:
    from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CapturedPage:
    """A page as somebody else fetched it."""

    captured_at: datetime
    content_type: str
    body: bytes


def captured_page(body: bytes, url: str, content_type: str) -> CapturedPage:
    """Return the page that a web archive answered with.

    Args:
        body: Of the answer.
        url: Where it was answered: of the Wayback Machine it names the time of the copy, any other is a piece of a
            WARC file.
        content_type: Header of the answer.

    Raises:
        PageNotUnderstood: It is neither.
    """
    taken_at = captured_at(url)
    if taken_at is not None:
        return CapturedPage(captured_at=taken_at, content_type=content_type, body=body)
    try:
        records = ArchiveIterator(io.BytesIO(body), record_types=WarcRecordType.response, auto_decode="all")
        for record in records:
            if record.http_headers is not None and record.http_headers.status_code == 200 and record.record_date:
                return CapturedPage(
                    captured_at=record.record_date,
                    content_type=record.http_headers.get("Content-Type") or "",
                    body=record.reader.read(),
                )
    except OSError:
        pass  # a torn or foreign piece: told below
    raise PageNotUnderstood(url, ("capture",))
