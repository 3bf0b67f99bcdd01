"""CompressionMiddleware: compressed bodies, unpacked within the size limit and only if they are whole.

Scrapy's own returns as much as it can of a body that was cut short; half an article would be stored as an edit of it.
"""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Any, Self

from scrapy.exceptions import ResponseDataLossError
from scrapy.http import TextResponse

from crawler.middlewares.refusals import TooLarge, UnknownCompression

if TYPE_CHECKING:
    from scrapy import Request
    from scrapy.crawler import Crawler
    from scrapy.http import Response

ACCEPTED = "gzip, deflate"

# As zlib counts: what stands around the compressed data.
_GZIP, _ZLIB, _RAW = 31, 15, -15
_GZIP_START = b"\x1f\x8b"


class CompressionMiddleware:
    """Asks for gzip and deflate, and takes nothing else."""

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Take the size limit from the settings."""
        return cls(crawler.settings.getint("DOWNLOAD_MAXSIZE"))

    def process_request(self, request: Request) -> None:
        """Say what we can read."""
        request.headers.setdefault("Accept-Encoding", ACCEPTED)

    def process_response(self, request: Request, response: Response) -> Response:
        """Unpack a body, the coding that was applied last first.

        Raises:
            TooLarge: It would be larger than the limit.
            UnknownCompression: We did not ask for that.
            ResponseDataLossError: It ends too early.
            zlib.error: It is damaged.
        """
        stated = b",".join(response.headers.getlist("Content-Encoding")).decode("latin-1").lower()
        codings = [coding for part in stated.split(",") if (coding := part.strip()) not in ("", "identity")]
        if not codings or not response.body:
            return response
        body = response.body
        for coding in reversed(codings):
            body = unpack(body, coding, max_bytes=self._max_bytes)
        # None: what it guessed of the packed bytes is not the encoding of the text
        changes: dict[str, Any] = {"encoding": None} if isinstance(response, TextResponse) else {}
        response = response.replace(body=body, **changes)
        del response.headers["Content-Encoding"]
        return response


def unpack(body: bytes, coding: str, *, max_bytes: int) -> bytes:
    """Undo one content coding; for the errors see `CompressionMiddleware.process_response`.

    Source: https://www.rfc-editor.org/rfc/rfc9110#section-8.4.1, read 2026-11-23. Some servers say deflate and send
    it without the frame that belongs to it.
    """
    if coding in ("gzip", "x-gzip"):
        return _inflate(body, _GZIP, max_bytes)
    if coding != "deflate":
        raise UnknownCompression("unknown compression")
    try:
        return _inflate(body, _ZLIB, max_bytes)
    except zlib.error:
        return _inflate(body, _RAW, max_bytes)


def _inflate(body: bytes, frame: int, max_bytes: int) -> bytes:
    unpacked = bytearray()
    while True:
        member = zlib.decompressobj(frame)
        # one byte more than allowed tells that there is more
        unpacked += member.decompress(body, max_bytes + 1 - len(unpacked))
        if len(unpacked) > max_bytes:
            raise TooLarge("too large")
        if not member.eof:
            raise ResponseDataLossError("the compressed body ends too early")
        body = member.unused_data
        if frame != _GZIP or not body.startswith(_GZIP_START):  # gzip may hold several members; else it is padding
            return bytes(unpacked)
