"""Scrapy's way to fetch, with deadlines for the connection and the first byte, and with larger reads."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, NoReturn

from scrapy.core.downloader.handlers.http11 import HTTP11DownloadHandler
from scrapy.exceptions import DownloadTimeoutError
from twisted.internet.tcp import Connection
from twisted.web.client import HTTPConnectionPool

if TYPE_CHECKING:
    from collections.abc import Hashable

    from scrapy import Request
    from scrapy.crawler import Crawler
    from scrapy.http import Response
    from twisted.internet.defer import Deferred
    from twisted.internet.interfaces import IStreamClientEndpoint

# Bytes that are taken from a connection at once, if as many are there. Each read goes through a dozen calls of Twisted
# and Scrapy: a page of 376 kB in Twisted's pieces of 64 kB costs a quarter more of all that a crawl does.
READ_BYTES = 2**18


class ConnectTimeout(DownloadTimeoutError):
    """A server did not accept a connection in time."""


class FirstByteTimeout(DownloadTimeoutError):
    """A server did not begin to answer in time."""


class DeadlinePool(HTTPConnectionPool):
    """Twisted's connections, with a deadline for opening one, which read much at once.

    Scrapy gives its agent the deadline of the whole response as the one for the connection, too.
    """

    # a request that met a closing connection would be sent again at once, whatever pace the host was promised
    retryAutomatically = False

    def __init__(self, reactor: Any, *, connect_seconds: float) -> None:
        super().__init__(reactor, persistent=True)  # type: ignore[no-untyped-call]  # Twisted leaves it without types
        self._connect_seconds = connect_seconds

    def getConnection(self, key: Hashable, endpoint: IStreamClientEndpoint) -> Deferred[Any]:
        """Return a connection, an open one or a new one, in time."""

        def give_up(*_: object) -> NoReturn:
            raise ConnectTimeout(f"no connection within {self._connect_seconds} s")

        connecting = super().getConnection(key, endpoint)
        connecting.addCallback(read_much)
        return connecting.addTimeout(self._connect_seconds, self._reactor, onTimeoutCancel=give_up)


def read_much(protocol: Any) -> Any:
    """Let a connection read much at once; below TLS, too."""
    transport = protocol.transport
    while transport is not None and not isinstance(transport, Connection):
        transport = getattr(transport, "transport", None)
    if transport is not None:
        transport.bufferSize = READ_BYTES
    return protocol


class DeadlineDownloadHandler(HTTP11DownloadHandler):
    """Scrapy's handler, with deadlines for the connection and the first byte beside the one for the whole response."""

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self._first_byte_seconds = crawler.settings.getfloat("FIRST_BYTE_SECONDS")
        made_by_scrapy = self._pool
        self._pool = DeadlinePool(made_by_scrapy._reactor, connect_seconds=crawler.settings.getfloat("CONNECT_SECONDS"))
        self._pool.maxPersistentPerHost = made_by_scrapy.maxPersistentPerHost
        self._pool._factory = made_by_scrapy._factory

    async def download_request(self, request: Request) -> Response:
        """Fetch, and give up on a server that has not begun to answer in time."""
        request.meta.pop("download_latency", None)
        fetching = asyncio.ensure_future(super().download_request(request))
        done, _ = await asyncio.wait({fetching}, timeout=self._first_byte_seconds)
        # Scrapy notes the latency when the head of the response has come
        if not done and "download_latency" not in request.meta:
            fetching.cancel()
            raise FirstByteTimeout(f"no answer from {request.url} within {self._first_byte_seconds} s")
        return await fetching
