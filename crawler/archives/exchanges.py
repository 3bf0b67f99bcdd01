"""An exchange with a server becomes WARC records: request and response, or a revisit, or a failure.

Source: https://iipc.github.io/warc-specifications/specifications/warc-format/warc-1.1/, read 2026-11-26.
"""

from __future__ import annotations

import io
import uuid
import zlib
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from warcio.recordloader import ArcWarcRecord

    from crawler.exchange import Exchange

PROFILES = "http://netpreserve.org/warc/1.1/revisit/"
SAME_PAYLOAD = f"{PROFILES}identical-payload-digest"
NOT_MODIFIED = f"{PROFILES}server-not-modified"

FAILURE = "newscrawl-failure"
"""The field of a metadata record that says in our words why a request was not answered."""

# What a page shrinks by is nearly all at level 1, in a quarter of the time of level 6; what came packed stays as it is.
_LEVEL = 1

# Headers of the connection: the body is kept without its chunks, so these would tell the wrong thing.
_OF_CONNECTION = frozenset({"transfer-encoding", "content-length", "connection", "keep-alive"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Original:
    """An earlier record that a revisit speaks of."""

    url: str
    at: datetime
    """Its date."""
    filename: str
    offset: int


def warc_date(instant: datetime) -> str:
    """Return an instant as WARC 1.1 writes it, to the microsecond."""
    return f"{instant:%Y-%m-%dT%H:%M:%S.%fZ}"


def response_record(exchange: Exchange, digest: str, id_: str, original: Original | None) -> bytes:
    """Return the record of an answer, compressed.

    Args:
        exchange: It was answered.
        digest: Of its body.
        id_: Of the record.
        original: An earlier record with the same body; for a 304 that of the page it speaks of.
    """
    fields = _fields(exchange, id_)
    if exchange.address:
        fields["WARC-IP-Address"] = exchange.address
    is_revisit = original is not None or exchange.status == 304
    if is_revisit:
        fields["WARC-Profile"] = NOT_MODIFIED if exchange.status == 304 else SAME_PAYLOAD
    if original is not None:
        fields |= {"WARC-Refers-To-Target-URI": original.url, "WARC-Refers-To-Date": warc_date(original.at)}
    fields["WARC-Payload-Digest"] = digest
    body = b"" if is_revisit else exchange.body
    headers = [(name, value) for name, value in exchange.headers if name.lower() not in _OF_CONNECTION]
    headers.append(("Content-Length", str(len(exchange.body))))
    head = StatusAndHeaders(_status_line(exchange.status or 0), headers, protocol="HTTP/1.1")
    kind = "revisit" if is_revisit else "response"
    return _written(kind, exchange.url, fields, body, head, is_packed=_came_packed(exchange))


def request_record(exchange: Exchange, concurrent_to: str) -> bytes:
    """Return the record of what was asked, compressed."""
    parts = urlsplit(exchange.url)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    headers = [pair for pair in exchange.request_headers if pair[0].lower() != "host"]
    head = StatusAndHeaders(
        f"{exchange.method} {target} HTTP/1.1", [("Host", parts.netloc), *headers], is_http_request=True
    )
    fields = _fields(exchange, None) | {"WARC-Concurrent-To": concurrent_to}
    return _written("request", exchange.url, fields, b"", head)


def failure_record(exchange: Exchange, id_: str) -> bytes:
    """Return the record of a request that was not answered, compressed."""
    body = f"{FAILURE}: {exchange.failure}\r\n".encode()
    return _written("metadata", exchange.url, _fields(exchange, id_), body)


def warcinfo_record(filename: str, facts: Mapping[str, str], now: datetime) -> bytes:
    """Return the first record of a file, compressed."""
    body = "".join(f"{name}: {value}\r\n" for name, value in facts.items()).encode()
    return _written("warcinfo", "", {"WARC-Date": warc_date(now), "WARC-Filename": filename}, body)


def new_id() -> str:
    """Return the name of a record."""
    return f"<urn:uuid:{uuid.uuid4()}>"


def _fields(exchange: Exchange, id_: str | None) -> dict[str, str]:
    return {"WARC-Date": warc_date(exchange.answered_at)} | ({"WARC-Record-ID": id_} if id_ else {})


def _written(
    kind: str,
    url: str,
    fields: dict[str, str],
    body: bytes,
    head: StatusAndHeaders | None = None,
    *,
    is_packed: bool = False,
) -> bytes:
    out = io.BytesIO()
    writer = WARCWriter(out, gzip=False, warc_version="1.1")
    record: ArcWarcRecord = writer.create_warc_record(
        url, kind, io.BytesIO(body), len(body), http_headers=head, warc_headers_dict=fields
    )
    writer.write_record(record)
    # warcio would compress at level 9, in eight times the time
    member = zlib.compressobj(0 if is_packed else _LEVEL, zlib.DEFLATED, 31)
    return member.compress(out.getbuffer()) + member.flush()


def _came_packed(exchange: Exchange) -> bool:
    """Is there nothing to win by compressing it again?"""
    return any(name.lower() == "content-encoding" for name, _ in exchange.headers)


def _status_line(status: int) -> str:
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return f"{status} -"
