"""One polite question to a site: its robots.txt, without Scrapy, for a process that may crawl afterwards."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from http.client import HTTPException, HTTPResponse
from typing import TYPE_CHECKING, Any, cast
from urllib.error import HTTPError, URLError
from urllib.parse import urljoin, urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

from crawler.robots_rules import MAX_BYTES, MAX_REDIRECTS

if TYPE_CHECKING:
    from collections.abc import Callable

_CHUNK_BYTES = 1 << 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a site said when it was asked for its robots.txt."""

    status: int
    """HTTP status; 0 for no answer."""
    body: bytes = b""
    trouble: str | None = None
    """Why there is none, in a few words."""
    answered_at: datetime
    """By this machine's clock."""
    server_time: datetime | None = None
    """The time by the server's clock, if it told."""


class _StayHere(HTTPRedirectHandler):
    """Leaves redirects to us: where they lead must be asked through the same server in the site's stead."""

    def redirect_request(self, *_: Any, **__: Any) -> None:
        """Follow nothing."""


def ask_robots(
    site: str, *, via: str | None, agent: str, timeout_seconds: float, clock: Callable[[], datetime]
) -> Answer:
    """Ask a site for its robots.txt and return what it said.

    Args:
        site: Such as ``https://www.rfi.fr``.
        via: A server that answers in the site's stead.
        agent: User agent to ask as.
        timeout_seconds: Longest time for the whole answer.
        clock: Returns the present; aware.
    """
    url = f"{site}/robots.txt"
    deadline = time.monotonic() + timeout_seconds
    try:
        for _ in range(MAX_REDIRECTS + 1):
            if urlsplit(url).scheme not in ("http", "https"):
                return Answer(status=0, trouble=f"it leads to {url}", answered_at=clock())
            response = _open(url, via=via, agent=agent, timeout_seconds=timeout_seconds)
            with response:
                location = response.headers.get("Location")
                if 300 <= response.status < 400 and location:
                    url = urljoin(url, location)
                    continue
                return _read(response, deadline=deadline, answered_at=clock())
    except (HTTPException, OSError, ValueError) as error:
        reason = error.reason if isinstance(error, URLError) else error
        told = getattr(reason, "strerror", None) or str(reason) or type(reason).__name__
        return Answer(status=0, trouble=told, answered_at=clock())
    # RFC 9309 2.3.1.2 has more redirects than are followed count as not there
    return Answer(status=404, trouble="too many redirects", answered_at=clock())


def _open(url: str, *, via: str | None, agent: str, timeout_seconds: float) -> HTTPResponse:
    real = urlsplit(url)
    query = f"?{real.query}" if real.query else ""
    target = url if via is None else f"{via.rstrip('/')}{real.path or '/'}{query}"
    headers = {"User-Agent": agent, "Accept": "text/plain,*/*", "Connection": "close", "Host": real.netloc}
    try:
        answered = build_opener(_StayHere).open(Request(target, headers=headers), timeout=timeout_seconds)
        return cast("HTTPResponse", answered)
    except HTTPError as refusal:  # any status but 2xx; it is a response all the same
        return cast("HTTPResponse", refusal)


def _read(response: HTTPResponse, *, deadline: float, answered_at: datetime) -> Answer:
    body = b""
    while len(body) < MAX_BYTES and (chunk := response.read1(_CHUNK_BYTES)):
        body += chunk
        if time.monotonic() > deadline:
            raise TimeoutError("the answer takes too long")
    return Answer(
        status=response.status,
        body=body[:MAX_BYTES],
        answered_at=answered_at,
        server_time=_time_of(response),
    )


def _time_of(response: HTTPResponse) -> datetime | None:
    """Return when the answer was sent, by the server's clock; a cache says how long it has had it."""
    try:
        sent = parsedate_to_datetime(response.headers["Date"])
        age = timedelta(seconds=int(response.headers.get("Age", "0")))
    except (TypeError, ValueError, OverflowError):
        return None
    return (sent if sent.tzinfo else sent.replace(tzinfo=UTC)).astimezone(UTC) + age
