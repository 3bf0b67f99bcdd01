"""WebDownloadHandler: fetches over HTTP and TLS with aiohttp, each deadline and limit under its own name.

Scrapy's own handler takes twice the time for a page: docs/decisions/README.md says what else was weighed.
"""

from __future__ import annotations

import asyncio
from errno import ECONNREFUSED
from ipaddress import ip_address
from typing import TYPE_CHECKING

import aiohttp
from scrapy.core.downloader.handlers.base import BaseDownloadHandler
from scrapy.exceptions import (
    CannotResolveHostError,
    DownloadConnectionRefusedError,
    DownloadFailedError,
    DownloadTimeoutError,
    ResponseDataLossError,
)
from scrapy.http import Headers
from scrapy.responsetypes import responsetypes
from yarl import URL

from crawler.middlewares.refusals import NoAddress, TooLarge
from crawler.middlewares.troubles import (
    ConnectTimeout,
    FirstByteTimeout,
    NoConnection,
    NotHttp,
    ProxyRefused,
    TlsRefused,
)

if TYPE_CHECKING:
    from aiohttp.client_reqrep import ClientRequest, ClientResponse
    from aiohttp.connector import Connection
    from scrapy import Request
    from scrapy.crawler import Crawler
    from scrapy.http import Response

# Bytes that may have come and not been taken; a connection stops being read at twice as many.
_UNREAD_BYTES = 2**18

# Longest line of a response's head, and most lines: sites send policies and links of 10 kB and more.
_LINE_BYTES = 2**16
_LINES = 1000

# aiohttp rounds deadlines of more seconds than this to whole ones; none is.
_ROUNDED_FROM_SECONDS = 86_400.0

# Answers that have no body, whatever their head says of its length.
_WITHOUT_BODY = frozenset({204, 304})

# How long an idle connection is kept for the next request; with a delay of many seconds it pays to open a new one.
_IDLE_SECONDS = 60.0

# What aiohttp would say of its own accord; our middlewares say what is to be said.
_OWN_HEADERS = ("Accept", "Accept-Encoding", "Content-Type", "User-Agent")

_NO_ADDRESS = "not an address"

# The first that fits counts, so narrower kinds stand before wider ones.
_IN_OUR_WORDS: tuple[tuple[type[aiohttp.ClientError], type[Exception]], ...] = (
    (aiohttp.ConnectionTimeoutError, ConnectTimeout),
    (aiohttp.ClientConnectorDNSError, CannotResolveHostError),
    (aiohttp.ClientSSLError, TlsRefused),
    (aiohttp.ClientConnectorError, NoConnection),
    (aiohttp.ClientPayloadError, ResponseDataLossError),
    (aiohttp.ClientHttpProxyError, ProxyRefused),
    (aiohttp.ClientResponseError, NotHttp),
    (aiohttp.ClientError, DownloadFailedError),
)


class WebDownloadHandler(BaseDownloadHandler):
    """Download handler for http and https, with deadlines for the connection, the first byte and the whole response.

    Redirects, cookies, compression and second tries are left to middlewares; Scrapy's signals for parts of a response
    (``headers_received``, ``bytes_received``) are not sent.

    Settings:
        CONNECT_SECONDS, FIRST_BYTE_SECONDS, DOWNLOAD_TIMEOUT: Seconds since the request.
        DOWNLOAD_MAXSIZE: Largest body in bytes, as it is sent.
        DOWNLOAD_VERIFY_CERTIFICATES: Whether a server must prove who it is.
    """

    lazy = True  # a session belongs to the loop that runs

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        settings = crawler.settings
        self._first_byte_seconds = settings.getfloat("FIRST_BYTE_SECONDS")
        self._seconds = settings.getfloat("DOWNLOAD_TIMEOUT")
        self._max_bytes = settings.getint("DOWNLOAD_MAXSIZE")
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(
                ssl=settings.getbool("DOWNLOAD_VERIFY_CERTIFICATES"),
                keepalive_timeout=_IDLE_SECONDS,
                limit=0,  # how many at once is the downloader's to say
            ),
            response_class=_Answer,
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(
                total=None, connect=settings.getfloat("CONNECT_SECONDS"), ceil_threshold=_ROUNDED_FROM_SECONDS
            ),
            skip_auto_headers=_OWN_HEADERS,
            auto_decompress=False,
            read_bufsize=_UNREAD_BYTES,
            max_line_size=_LINE_BYTES,
            max_field_size=_LINE_BYTES,
            max_headers=_LINES,
            middlewares=(_once,),
        )

    async def close(self) -> None:
        """Close what is open."""
        await self._session.close()

    def target_of(self, request: Request) -> tuple[str, Headers]:
        """Return the URL that is asked, and the headers of the request."""
        return request.url, request.headers

    async def download_request(self, request: Request) -> Response:
        """Fetch a URL.

        Raises:
            TooLarge: The body, or what is announced of it.
            NoAddress: No host can be told from the URL.
            scrapy.exceptions.* or those of `crawler.middlewares.troubles`: There was no answer, or not the whole of it.
        """
        url, sent = self.target_of(request)
        proxy: str | None = request.meta.get("proxy")
        try:
            answer, body = await self._ask(request, _address(url), sent, proxy)
        except aiohttp.ClientError as error:
            if isinstance(error, aiohttp.InvalidURL) and not proxy:
                raise NoAddress(_NO_ADDRESS) from error
            raise _in_our_words(error) from error
        headers = Headers(answer.raw_headers)
        return responsetypes.from_args(headers=headers, url=request.url, body=body)(
            url=request.url,
            status=answer.status,
            headers=headers,
            body=body,
            ip_address=ip_address(answer.address) if answer.address else None,
        )

    async def _ask(self, request: Request, url: URL, sent: Headers, proxy: str | None) -> tuple[_Answer, bytes]:
        """Return the answer and its body, each in time."""
        proxy_headers: dict[str, str] = {}
        if proxy and url.scheme == "https":
            sent, proxy_headers = _parted(sent)
        asking = self._session.request(
            request.method,
            url,
            headers=sent.to_tuple_list(),
            data=request.body or None,
            allow_redirects=False,
            proxy=proxy,
            proxy_headers=proxy_headers,
        )
        began = asyncio.get_running_loop().time()
        answer: _Answer | None = None
        try:
            async with asyncio.timeout_at(began + min(self._first_byte_seconds, self._seconds)) as deadline:
                async with asking as response:
                    assert isinstance(response, _Answer)
                    answer = response
                    deadline.reschedule(began + self._seconds)
                    return answer, await self._body_of(answer)
        except TimeoutError as error:
            if isinstance(error, aiohttp.ClientError):
                raise
            if answer is None and self._first_byte_seconds < self._seconds:
                raise FirstByteTimeout(f"no answer from {url} within {self._first_byte_seconds} s") from error
            raise DownloadTimeoutError(f"not the whole of {url} within {self._seconds} s") from error
        except UnicodeError as error:  # of a name that has no place in DNS
            raise NoAddress(_NO_ADDRESS) from error

    async def _body_of(self, answer: ClientResponse) -> bytes:
        if answer.status not in _WITHOUT_BODY and (answer.content_length or 0) > self._max_bytes:
            raise TooLarge("too large")
        pieces = []
        size = 0
        async for piece in answer.content.iter_any():
            pieces.append(piece)
            size += len(piece)
            if size > self._max_bytes:
                raise TooLarge("too large")
        return b"".join(pieces)


class _Answer(aiohttp.ClientResponse):
    """A response that knows who sent it; aiohttp lets go of the connection as soon as the body has come."""

    address: str | None = None

    async def start(self, connection: Connection) -> ClientResponse:
        """Read the head."""
        if connection.transport is not None:
            self.address = (connection.transport.get_extra_info("peername") or (None,))[0]
        return await super().start(connection)


async def _once(request: ClientRequest, handler: aiohttp.ClientHandlerType) -> ClientResponse:
    """Let nothing be sent a second time at once.

    aiohttp repeats a request that met a closing connection, whatever pace the host was promised.
    """
    try:
        return await handler(request)
    except aiohttp.ClientConnectorError:
        raise
    except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError) as error:
        raise DownloadFailedError(str(error)) from error


def _address(url: str) -> URL:
    """Return a URL as it is, for its spelling has been settled, but without the name and password of anybody."""
    try:
        address = URL(url, encoded=True)
        return address.with_user(None) if "@" in url else address
    except ValueError as error:
        raise NoAddress(_NO_ADDRESS) from error


def _parted(headers: Headers) -> tuple[Headers, dict[str, str]]:
    """Return what a site behind a proxy's tunnel sees of a request's headers, and what the proxy sees."""
    for_site, for_proxy = Headers(headers), {}
    credentials = for_site.pop("Proxy-Authorization", None)
    if credentials:
        for_proxy["Proxy-Authorization"] = credentials[0].decode("latin-1")
    if agent := headers.get("User-Agent"):
        for_proxy["User-Agent"] = agent.decode("latin-1")
    return for_site, for_proxy


def _in_our_words(error: aiohttp.ClientError) -> Exception:
    if isinstance(error, aiohttp.ClientConnectorError) and error.os_error.errno == ECONNREFUSED:
        return DownloadConnectionRefusedError(str(error))
    if isinstance(error, aiohttp.InvalidURL):  # the proxy's
        return NoConnection(str(error))
    kind = next(ours for theirs, ours in _IN_OUR_WORDS if isinstance(error, theirs))
    return kind(str(error))
