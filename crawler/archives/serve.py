"""Hands an archive out over HTTP on this machine: for people with a browser, for `crawl --via`, for benchmarks.

HTTP/1.1 with keep-alive, one thread a connection, conditional requests, gzip where it is asked for and wanted.
"""

from __future__ import annotations

import contextlib
import gzip
import logging
import socketserver
import sys
import threading
import time
from collections import OrderedDict
from dataclasses import replace
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from crawler.archives.base import ArchivedResponse, answer
from crawler.errors import BadInput

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from crawler.archives.base import Archive, Misconduct

logger = logging.getLogger(__name__)

DEFAULT_HOST = "www.rfi.fr"

# Level 1 shrinks a 350 kB page to 60 kB in 3 ms; higher levels cost more time than loopback saves.
_GZIP_LEVEL = 1
_MAX_COMPRESSED = 512  # pages kept compressed, about 30 MB


def look_up(archive: Archive, host: str, target: str, default_host: str = DEFAULT_HOST) -> ArchivedResponse:
    """Return what an archive holds for an HTTP request, or a plain 404.

    Args:
        archive: Asked under ``https://<host><target>``, then under the default host.
        host: The Host header, a port included or not; may be empty.
        target: As on the request line: path and query, or absolute as clients of proxies write it.
        default_host: What an unknown host counts as, so that a browser at 127.0.0.1 sees the site.
    """
    if target.startswith(("http://", "https://")):
        parts = urlsplit(target)
        host, target = parts.netloc, target.split(parts.netloc, 1)[1] or "/"
    name = host if host.endswith("]") else host.rsplit(":", 1)[0].lower()
    response = archive.lookup(f"https://{name}{target}") if name else None
    response = response or archive.lookup(f"https://{default_host}{target}")
    return response or ArchivedResponse(
        url=target, status=404, headers=(("Content-Type", "text/plain; charset=utf-8"),), body=b"not in the archive\n"
    )


class ArchiveServer(socketserver.ThreadingTCPServer):
    """An HTTP server that looks every request up in an archive.

    Args:
        archive: Asked for every request, see `look_up`.
        host: Address to listen on.
        port: 0 takes any free one.
        default_host: What an unknown Host counts as.
        compress: Answer with gzip where the client accepts it.

    Raises:
        OSError: The address cannot be bound.
    """

    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 128  # connections waiting to be accepted; a crawl opens many at once

    def __init__(
        self,
        archive: Archive,
        host: str = "127.0.0.1",
        port: int = 0,
        *,
        default_host: str = DEFAULT_HOST,
        compress: bool = False,
    ) -> None:
        self.archive = archive
        self.default_host = default_host
        self.compress = compress
        self._compressed: OrderedDict[str, bytes] = OrderedDict()
        self._lock = threading.Lock()
        super().__init__((host, port), _ArchiveRequestHandler)

    @property
    def base_url(self) -> str:
        """``http://host:port`` without a trailing slash."""
        host, port = self.server_address[:2]
        name = host.decode() if isinstance(host, bytes | bytearray) else host
        return f"http://{name}:{port}"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Pass over clients that hang up in mid-answer; show what is our own fault."""
        if isinstance(sys.exception(), ConnectionError | TimeoutError):
            logger.info("%s hung up", client_address)
        else:
            super().handle_error(request, client_address)

    def compressed(self, response: ArchivedResponse) -> ArchivedResponse:
        """Return the response in gzip; its ETag becomes a weak one, for the bytes are others."""
        key = response.header("ETag") or response.url
        with self._lock:
            body = self._compressed.get(key)
        if body is None:
            body = gzip.compress(response.body, _GZIP_LEVEL, mtime=0)
            with self._lock:
                self._compressed[key] = body
                while len(self._compressed) > _MAX_COMPRESSED:
                    self._compressed.popitem(last=False)
        weak = tuple((name, f"W/{value}" if name == "ETag" else value) for name, value in response.headers)
        return replace(response, body=body, headers=(*weak, ("Content-Encoding", "gzip")))


class _ArchiveRequestHandler(BaseHTTPRequestHandler):
    """One connection; methods other than GET and HEAD are answered with 501 by the base class."""

    server: ArchiveServer
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = 1 << 16  # bytes; head and body leave in one piece
    timeout = 60  # seconds an idle connection is kept

    def version_string(self) -> str:
        """Name the program, and not the versions beneath it."""
        return "newscrawl-replay"

    def do_GET(self) -> None:
        """Answer with the page, or with 304."""
        self._answer(with_body=True)

    def do_HEAD(self) -> None:
        """Answer as GET does, without the body."""
        self._answer(with_body=False)

    def _answer(self, *, with_body: bool) -> None:
        # the request line arrives as bytes read as Latin-1; a raw Chinese path is UTF-8 inside it
        target = self.path.encode("iso-8859-1").decode("utf-8", "replace").split("#", 1)[0]
        found = look_up(self.server.archive, self.headers.get("Host", ""), target, self.server.default_host)
        response = answer(
            found,
            if_none_match=self.headers.get("If-None-Match"),
            if_modified_since=self.headers.get("If-Modified-Since"),
        )
        # a misbehaving answer goes out as it is: its validators may lie, and its bytes are counted
        conduct = response.misconduct
        if (
            conduct is None
            and self.server.compress
            and response.body
            and "gzip" in self.headers.get("Accept-Encoding", "")
        ):
            response = self.server.compressed(response)
        self.send_response(response.status)
        for name, value in response.headers:
            self.send_header(name, value)
        if self.server.compress:
            self.send_header("Vary", "Accept-Encoding")
        if response.status != 304:
            self.send_header("Content-Length", str(len(response.body)))
        if conduct is not None and conduct.wait_after_bytes is None:
            time.sleep(conduct.wait_seconds)
        self.end_headers()
        if with_body and conduct is not None:
            self._send_badly(response.body, conduct)
        elif with_body:
            self.wfile.write(response.body)

    def _send_badly(self, body: bytes, conduct: Misconduct) -> None:
        """Send a body with a silence in its midst, or only its beginning."""
        begin = 0
        if conduct.wait_after_bytes is not None:
            begin = conduct.wait_after_bytes
            self.wfile.write(body[:begin])
            self.wfile.flush()
            time.sleep(conduct.wait_seconds)
        self.wfile.write(body[begin : conduct.cut_after_bytes])
        if conduct.cut_after_bytes is not None and conduct.cut_after_bytes < len(body):
            self.close_connection = True

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 -- the base class names it so
        logger.info(format, *args)


@contextlib.contextmanager
def running_server(
    archive: Archive, host: str = "127.0.0.1", port: int = 0, *, compress: bool = False
) -> Iterator[str]:
    """Serve an archive from a thread; give the base URL, such as ``http://127.0.0.1:40123``. Port 0 is any free one."""
    with ArchiveServer(archive, host, port, compress=compress) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        try:
            yield server.base_url
        finally:
            server.shutdown()
            thread.join()


def serve_archive(
    archive: Archive,
    host: str = "127.0.0.1",
    port: int = 8000,
    *,
    compress: bool = True,
    default_host: str = DEFAULT_HOST,
    on_ready: Callable[[str], None] | None = None,
) -> None:
    """Serve an archive until Ctrl-C, then return.

    Args:
        archive: What to serve.
        host: Address to listen on.
        port: 0 takes any free one.
        compress: Answer with gzip where the client accepts it.
        default_host: What an unknown Host counts as.
        on_ready: Called with the base URL once connections are accepted.

    Raises:
        BadInput: The address is taken or not ours.
    """
    try:
        server = ArchiveServer(archive, host, port, compress=compress, default_host=default_host)
    except (OSError, OverflowError) as error:
        reason = (error.strerror if isinstance(error, OSError) else None) or str(error)
        raise BadInput(f"cannot serve on {host}:{port}: {reason}; choose another with --port") from error
    with server, contextlib.suppress(KeyboardInterrupt):
        if on_ready:
            on_ready(server.base_url)
        server.serve_forever(poll_interval=0.1)
