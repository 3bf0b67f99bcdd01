"""What replay needs of kept bytes: look a URL up, get a response.

An archive answers under real URLs, so that a crawl from kept bytes walks the same road as a live one. It is given to
`crawler.archives.serve` (over HTTP) or to `crawler.archives.handler` (inside Scrapy, without sockets).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Misconduct:
    """How a server misbehaves in giving an answer; only `crawler.archives.serve` can."""

    wait_seconds: float = 0.0
    """Silence before the first byte, or where `wait_after_bytes` says."""
    wait_after_bytes: int | None = None
    """Bytes of the body that come before the silence."""
    cut_after_bytes: int | None = None
    """The connection ends after so many bytes of the body, though Content-Length promises all; None sends all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchivedResponse:
    """A response as an archive kept or made it: complete, uncompressed, unconditional."""

    url: str
    """Canonical URL under which the archive files it."""
    status: int
    headers: tuple[tuple[str, str], ...]
    """Without Content-Length, Content-Encoding and Date, which belong to the exchange and not to the page."""
    body: bytes
    misconduct: Misconduct | None = None
    """None for a server that behaves."""

    def header(self, name: str) -> str | None:
        """Return the first header of this name, in any case; None if there is none."""
        wanted = name.lower()
        return next((value for key, value in self.headers if key.lower() == wanted), None)


class Archive(Protocol):
    """Anything replay can look a URL up in."""

    def lookup(self, url: str) -> ArchivedResponse | None:
        """Return what the archive holds for a URL in any spelling; None if it knows nothing of it."""


def answer(
    response: ArchivedResponse, *, if_none_match: str | None = None, if_modified_since: str | None = None
) -> ArchivedResponse:
    """Return the response to a possibly conditional GET: the page itself, or 304 without a body.

    If-Modified-Since counts only where If-None-Match is absent.
    Source: https://www.rfc-editor.org/rfc/rfc9110#section-13.2.2, read 2026-11-23.

    Args:
        response: What `Archive.lookup` returned.
        if_none_match: The request's header of this name; None if it has none.
        if_modified_since: The same.
    """
    if response.status != 200:
        return response
    if if_none_match is not None:
        is_unchanged = _matches(if_none_match, response.header("ETag"))
    else:
        stated, known = _http_date(response.header("Last-Modified")), _http_date(if_modified_since)
        is_unchanged = stated is not None and known is not None and stated <= known
    return replace(response, status=304, body=b"") if is_unchanged else response


def _matches(tags: str, etag: str | None) -> bool:
    """Compare weakly, as RFC 9110 section 13.1.2 wants it for If-None-Match."""
    if etag is None:
        return False
    known = {tag.strip().removeprefix("W/") for tag in tags.split(",")}
    return "*" in known or etag.removeprefix("W/") in known


def _http_date(value: str | None) -> datetime | None:
    try:
        moment = parsedate_to_datetime(value) if value else None
    except ValueError:
        return None
    # a date without a zone cannot be compared, so it is no validator
    return moment if moment is not None and moment.tzinfo is not None else None
