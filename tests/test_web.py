"""How a page is fetched: what is sent is what was asked for, once; what comes short of its length is not taken."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import http.server
import ipaddress
import socket
import socketserver
import ssl
import threading
from typing import TYPE_CHECKING, Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from scrapy import Request
from scrapy.exceptions import (
    CannotResolveHostError,
    DownloadConnectionRefusedError,
    DownloadFailedError,
    DownloadTimeoutError,
    ResponseDataLossError,
)
from scrapy.utils.test import get_crawler
from scripted import serving

from crawler.middlewares.refusals import NoAddress, TooLarge
from crawler.middlewares.troubles import (
    FirstByteTimeout,
    NoConnection,
    NotHttp,
    ProxyRefused,
    TlsRefused,
    is_silence,
    words_for,
)
from crawler.middlewares.web import WebDownloadHandler

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from conftest import Ended
    from scrapy.http import Response

SETTINGS = {
    "CONNECT_SECONDS": 5,
    "FIRST_BYTE_SECONDS": 5,
    "DOWNLOAD_TIMEOUT": 5,
    "DOWNLOAD_MAXSIZE": 500_000,
    "DOWNLOAD_VERIFY_CERTIFICATES": True,
}
OK = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 4\r\n\r\npage"


def fetch(*requests: Request, **settings: object) -> list[Response]:
    """Fetch one after the other, as a crawl with these settings does."""

    async def fetch_all() -> list[Response]:
        handler = WebDownloadHandler(get_crawler(settings_dict={**SETTINGS, **settings}))
        try:
            return [await handler.download_request(request) for request in requests]
        finally:
            await handler.close()

    return asyncio.run(fetch_all())


@contextlib.contextmanager
def answering(*answers: bytes, tls: Path | None = None) -> Iterator[tuple[str, list[bytes]]]:
    """Serve these bytes, one for each request of each connection, and then hang up; yields host:port and the heads.

    After an answer to CONNECT the connection goes on below TLS.
    """
    heads: list[bytes] = []

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            for number, answer in enumerate(answers):
                head = b""
                while not head.endswith(b"\r\n\r\n"):
                    piece = self.request.recv(1)
                    if not piece:
                        return
                    head += piece
                heads.append(head)
                self.request.sendall(answer)
                if tls is not None and number == 0:
                    self.request = _tls_context(tls).wrap_socket(self.request, server_side=True)
            with contextlib.suppress(OSError), self.request:
                self.request.shutdown(socket.SHUT_RDWR)

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        try:
            yield f"127.0.0.1:{server.server_address[1]}", heads
        finally:
            server.shutdown()


def test_a_url_is_sent_as_it_is() -> None:
    """Its spelling was settled when it was found: a server may tell %7E from ~, and %2F from /."""
    with answering(OK, OK) as (host, heads):
        target = "/cn/%E4%B8%AD%7E~/a%2Fb?q=%2F&w=a+b%20c"
        (response,) = fetch(Request(f"http://{host}{target}#part", meta={"verbatim_url": True}))
    assert heads[0].split(b"\r\n")[0] == f"GET {target} HTTP/1.1".encode()
    assert (response.status, response.body, str(response.ip_address)) == (200, b"page", "127.0.0.1")


def test_nothing_is_said_that_no_middleware_said() -> None:
    """No other agent, no cookie, no length of nothing."""
    cookie = OK.replace(b"\r\n\r\n", b"\r\nSet-Cookie: visitor=1\r\n\r\n")
    with answering(cookie, OK) as (host, heads):
        fetch(*(Request(f"http://{host}/{n}", headers={"User-Agent": "newscrawl/1"}) for n in range(2)))
    assert [sorted(line.partition(b":")[0] for line in head.split(b"\r\n")[1:-2]) for head in heads] == [
        [b"Host", b"User-Agent"]
    ] * 2


def test_a_request_that_meets_a_closing_connection_is_not_repeated_at_once() -> None:
    """The frontier repeats it when its host may be asked again."""
    with answering(OK, b"") as (host, heads), pytest.raises(DownloadFailedError):
        fetch(Request(f"http://{host}/1"), Request(f"http://{host}/2"))
    assert [head.split()[1] for head in heads] == [b"/1", b"/2"]


def test_a_head_may_hold_long_lines_and_a_header_twice() -> None:
    """Sites send policies and lists of links of many kilobytes."""
    policy = b"default-src " + b"x" * 30_000
    head = b"\r\nX-Part: 1\r\nContent-Security-Policy: " + policy + b"\r\nX-Part: 2\r\n\r\n"
    with answering(OK.replace(b"\r\n\r\n", head)) as (host, _):
        (response,) = fetch(Request(f"http://{host}/"))
    assert response.headers["Content-Security-Policy"] == policy
    assert response.headers.getlist("X-Part") == [b"1", b"2"]


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        (b"HTTP/1.1 200 OK\r\n\r\nup to the end", b"up to the end"),
        (b"HTTP/1.0 200 OK\r\n\r\nof old", b"of old"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\npag\r\n1\r\ne\r\n0\r\n\r\n", b"page"),
        (b"HTTP/1.1 204 No Content\r\n\r\n", b""),
        (b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 500_000, b"x" * 500_000),
        (b"HTTP/1.1 304 Not Modified\r\nContent-Length: 900000\r\n\r\n", b""),
        (b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + OK, b"page"),
        (b"HTTP/1.1 200 OK\r\n" + b"X-Part: 1\r\n" * 900 + b"Content-Length: 4\r\n\r\npage", b"page"),
    ],
)
def test_bodies_are_read_whole(sent: bytes, read: bytes) -> None:
    """With a length, in chunks, or up to the end of the connection; as large as is allowed."""
    with answering(sent) as (host, _):
        assert fetch(Request(f"http://{host}/"))[0].body == read


@pytest.mark.parametrize(
    ("sent", "error"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\npage", ResponseDataLossError),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\npage", ResponseDataLossError),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 500001\r\n\r\n", TooLarge),
        (b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 500_001, TooLarge),
        (b"HTTP/1.1 twice\r\n\r\n", NotHttp),
        (b"this is no HTTP\r\n\r\n", NotHttp),
        (b"", DownloadFailedError),
    ],
)
def test_what_is_not_whole_is_not_returned(sent: bytes, error: type[Exception]) -> None:
    """Neither a part of a body nor a body beyond the limit."""
    with answering(sent) as (host, _), pytest.raises(error) as raised:
        fetch(Request(f"http://{host}/"))
    # a host that answers is not silent, however it does
    assert is_silence(raised.value) is (sent == b"")


@pytest.mark.parametrize(("first_byte", "whole", "error"), [(0.2, 5, FirstByteTimeout), (5, 0.2, DownloadTimeoutError)])
def test_the_shorter_deadline_counts(first_byte: float, whole: float, error: type[Exception]) -> None:
    """A server that says nothing is not waited for longer than for a whole response."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        request = Request(f"http://127.0.0.1:{silent.getsockname()[1]}/")
        with pytest.raises(error) as raised:
            fetch(request, FIRST_BYTE_SECONDS=first_byte, DOWNLOAD_TIMEOUT=whole)
    assert type(raised.value) is error


def test_nobodys_credentials_are_sent() -> None:
    """Neither those of a link that holds a name and a password."""
    with answering(OK) as (host, heads):
        fetch(Request(f"http://name:password@{host}/a%7Eb"))
    assert heads[0].startswith(b"GET /a%7Eb ")
    assert b"uthorization" not in heads[0]


@pytest.mark.parametrize(
    ("url", "error"),
    [
        ("http://no-such-host.invalid/", CannotResolveHostError),
        ("http://a..b/", NoAddress),
        ("http:///x", NoAddress),
        ("http://2130706433/", NoAddress),
    ],
)
def test_a_host_that_is_none(url: str, error: type[Exception]) -> None:
    """What cannot be looked up is told from what cannot be an address, in words without the address."""
    with pytest.raises(error) as raised:
        fetch(Request(url))
    assert words_for(raised.value) in ("host name not found", "not an address")


def test_a_port_where_nobody_listens() -> None:
    """It is refused, and told from a broken connection."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        with pytest.raises(DownloadConnectionRefusedError):
            fetch(Request(f"http://127.0.0.1:{free.getsockname()[1]}/"))


def test_a_proxy_is_told_who_asks() -> None:
    """It gets the whole URL, and the credentials that Scrapy's middleware puts into the request."""
    with answering(OK) as (proxy, heads):
        request = Request("http://www.rfi.fr/cn/", meta={"proxy": f"http://{proxy}"})
        request.headers["Proxy-Authorization"] = "Basic YTpi"
        assert fetch(request)[0].body == b"page"
    lines = heads[0].split(b"\r\n")
    assert lines[0] == b"GET http://www.rfi.fr/cn/ HTTP/1.1"
    assert b"Proxy-Authorization: Basic YTpi" in lines


def test_a_site_behind_a_proxys_tunnel_does_not_see_its_credentials(tmp_path: Path) -> None:
    """They are for the proxy alone."""
    tunnel = b"HTTP/1.1 200 Connection established\r\n\r\n"
    with answering(tunnel, OK, tls=_certificate(tmp_path)) as (proxy, heads):
        request = Request("https://127.0.0.1/cn/", meta={"proxy": f"http://{proxy}"})
        request.headers["Proxy-Authorization"] = "Basic YTpi"
        request.headers["User-Agent"] = "newscrawl/1"
        assert fetch(request, DOWNLOAD_VERIFY_CERTIFICATES=False)[0].body == b"page"
    assert heads[0].startswith(b"CONNECT 127.0.0.1:443 ")
    assert b"Proxy-Authorization: Basic YTpi" in heads[0]
    assert b"User-Agent: newscrawl/1\r\n" in heads[0]
    assert heads[1].startswith(b"GET /cn/ ")
    assert b"Proxy-Authorization" not in heads[1]
    assert request.headers["Proxy-Authorization"] == b"Basic YTpi"  # a redirect takes its headers from here


def test_a_proxy_that_lets_nobody_through_is_told_from_the_site() -> None:
    """All is tried again when the operator has mended it."""
    unknown = b"HTTP/1.1 407 Who are you\r\nContent-Length: 0\r\n\r\n"
    with answering(unknown) as (proxy, _), pytest.raises(ProxyRefused) as refused:
        fetch(Request("https://127.0.0.1/", meta={"proxy": f"http://{proxy}"}))
    with pytest.raises(NoConnection):
        fetch(Request("http://www.rfi.fr/", meta={"proxy": "http://127.0.0.1:99999"}))
    assert (words_for(refused.value), is_silence(refused.value)) == ("the proxy refused", True)


def test_a_server_in_the_sites_stead_is_asked_without_a_proxy(run_child: Callable[..., Ended], tmp_path: Path) -> None:
    """The proxy of the environment is for the web."""
    with serving(["one"]) as site:
        ended = run_child(*site.crawl(tmp_path), https_proxy="http://127.0.0.1:9", http_proxy="http://127.0.0.1:9")
    assert (ended.code, ended.objects[0]["counts"]["new"]) == (0, 1), ended


def test_a_certificate_for_another_host_is_refused(tmp_path: Path) -> None:
    """Whatever it says of whom."""
    tunnel = b"HTTP/1.1 200 OK\r\n\r\n"
    with answering(tunnel, OK, tls=_certificate(tmp_path)) as (proxy, heads), pytest.raises(TlsRefused):
        fetch(Request("https://localhost/", meta={"proxy": f"http://{proxy}"}))
    assert len(heads) == 1


@pytest.mark.parametrize("is_trusted", [False, True])
def test_only_a_server_that_proves_who_it_is_is_asked(
    run_child: Callable[..., Ended], tmp_path: Path, *, is_trusted: bool
) -> None:
    """Nothing is sent to one whose certificate nobody vouches for; the system's list of who vouches is the one used."""
    asked: list[str] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_error(404)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 -- the base class names it so
            pass

    certificate = _certificate(tmp_path)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.handle_error = lambda *_: None  # type: ignore[method-assign]  # a handshake that fails is what we want
        server.socket = _tls_context(certificate).wrap_socket(
            server.socket, server_side=True, do_handshake_on_connect=False
        )
        threading.Thread(target=server.serve_forever, daemon=True).start()
        with serving([]) as site:
            site.base_url = f"https://127.0.0.1:{server.server_address[1]}"
            trusted = {"SSL_CERT_FILE": str(certificate)} if is_trusted else {}
            ended = run_child(*site.crawl(tmp_path), **{"NEWSCRAWL_PATIENCE_SECONDS": "3", **trusted})
        server.shutdown()
    assert ended.code == 1
    assert ("cannot be had (TLS refused)" in ended.err) is not is_trusted
    assert asked == (["/robots.txt", "/cn/"] if is_trusted else [])


def _tls_context(certificate: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


def _certificate(folder: Path) -> Path:
    """Write a certificate for 127.0.0.1 that nobody vouches for, with its key, and return the file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = dt.datetime.now(dt.UTC)
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    builder = builder.not_valid_before(now - dt.timedelta(days=1)).not_valid_after(now + dt.timedelta(days=1))
    host = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    builder = builder.add_extension(host, critical=False)
    path = folder / "server.pem"
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path.write_bytes(private + builder.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM))
    return path
