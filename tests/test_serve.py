"""The HTTP door of an archive."""

from __future__ import annotations

import gzip
import http.client
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from urllib.request import urlopen

import pytest

from crawler.archives.base import ArchivedResponse
from crawler.archives.serve import running_server, serve_archive
from crawler.errors import BadInput

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_httpserver import HTTPServer

    from crawler.archives.site import SeedSite

PAGE = ArchivedResponse(
    url="https://www.rfi.fr/cn/%E4%B8%AD%E5%9B%BD",
    status=200,
    headers=(
        ("Content-Type", "text/html; charset=UTF-8"),
        ("ETag", '"one"'),
        ("Last-Modified", "Sat, 01 Aug 2020 10:00:00 GMT"),
    ),
    body="<p>港口</p>".encode() * 50,
)


class OnePage:
    """An archive of one page, under the spellings that reach the server."""

    def lookup(self, url: str) -> ArchivedResponse | None:
        """Return the page."""
        spellings = ("https://www.rfi.fr/cn/中国/", "https://www.rfi.fr/cn/%E4%B8%AD%E5%9B%BD/")
        return PAGE if url in spellings else None


@pytest.fixture
def connection() -> Iterator[http.client.HTTPConnection]:
    """Return a connection to a server of one page that compresses where it may."""
    with running_server(OnePage(), compress=True) as base_url:
        client = http.client.HTTPConnection(urlsplit(base_url).netloc, timeout=5)
        yield client
        client.close()


PATH = "/cn/%E4%B8%AD%E5%9B%BD/"


def get(
    client: http.client.HTTPConnection, target: str, method: str = "GET", **headers: str
) -> http.client.HTTPResponse:
    """Send a request with exactly these headers, underscores for dashes."""
    client.putrequest(method, target, skip_host="Host" in headers, skip_accept_encoding=True)
    for name, value in headers.items():
        client.putheader(name.replace("_", "-"), value)
    client.endheaders()
    return client.getresponse()


def test_a_page_is_answered_with_its_headers_and_length(connection: http.client.HTTPConnection) -> None:
    """The archived body and headers arrive as they are."""
    response = get(connection, PATH, Host="www.rfi.fr")
    assert (response.status, response.read()) == (200, PAGE.body)
    assert response.headers["Content-Length"] == str(len(PAGE.body))
    assert response.headers["ETag"] == '"one"'


def test_one_connection_carries_many_requests(connection: http.client.HTTPConnection) -> None:
    """A connection stays open, errors and empty answers included."""
    get(connection, PATH, Host="www.rfi.fr").read()
    socket = connection.sock
    get(connection, "/nothing", Host="www.rfi.fr").read()
    get(connection, PATH, Host="www.rfi.fr", If_None_Match='"one"').read()
    get(connection, PATH, method="HEAD", Host="www.rfi.fr").read()
    assert get(connection, PATH, Host="www.rfi.fr").read() == PAGE.body
    assert connection.sock is socket


def test_an_unknown_host_is_the_real_site(connection: http.client.HTTPConnection) -> None:
    """A browser at 127.0.0.1 sees the site."""
    assert get(connection, PATH).read() == PAGE.body


def test_a_proxy_style_target_is_understood(connection: http.client.HTTPConnection) -> None:
    """A client that takes the server for a proxy gets the page too."""
    assert get(connection, f"http://www.rfi.fr{PATH}", Host="127.0.0.1").read() == PAGE.body


def test_head_has_the_length_and_no_body(connection: http.client.HTTPConnection) -> None:
    """HEAD says what GET would, without sending it."""
    response = get(connection, PATH, method="HEAD", Host="www.rfi.fr")
    assert (response.status, response.headers["Content-Length"], response.read()) == (200, str(len(PAGE.body)), b"")


def test_what_is_not_in_the_archive_is_404(connection: http.client.HTTPConnection) -> None:
    """Unknown addresses are a plain 404."""
    assert get(connection, "/cn/nothing", Host="www.rfi.fr").status == 404


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"If_None_Match": '"one"'}, 304),
        ({"If_None_Match": 'W/"one", "two"'}, 304),
        ({"If_None_Match": "*"}, 304),
        ({"If_None_Match": '"two"'}, 200),
        ({"If_Modified_Since": "Sat, 01 Aug 2020 10:00:00 GMT"}, 304),
        ({"If_Modified_Since": "Sat, 01 Aug 2020 09:59:59 GMT"}, 200),
        ({"If_Modified_Since": "yesterday"}, 200),
        ({"If_None_Match": '"two"', "If_Modified_Since": "Sat, 01 Aug 2020 10:00:00 GMT"}, 200),
    ],
)
def test_conditional_requests(connection: http.client.HTTPConnection, headers: dict[str, str], status: int) -> None:
    """A validator that holds is answered with 304 and no body; If-None-Match goes before If-Modified-Since."""
    response = get(connection, PATH, Host="www.rfi.fr", **headers)
    assert (response.status, response.read() == b"") == (status, status == 304)


def test_gzip_is_sent_to_those_who_accept_it(connection: http.client.HTTPConnection) -> None:
    """The compressed page is the same page under a weak validator that still brings 304."""
    response = get(connection, PATH, Host="www.rfi.fr", Accept_Encoding="gzip, br")
    assert (response.headers["Content-Encoding"], response.headers["ETag"]) == ("gzip", 'W/"one"')
    assert gzip.decompress(response.read()) == PAGE.body
    again = get(connection, PATH, Host="www.rfi.fr", Accept_Encoding="gzip", If_None_Match='W/"one"')
    assert (again.status, again.read()) == (304, b"")


def test_a_taken_port_is_one_clear_sentence() -> None:
    """An operator reads which address was taken and what to do."""
    with running_server(OnePage()) as base_url:
        port = urlsplit(base_url).port
        assert port is not None
        with pytest.raises(BadInput, match=rf"^cannot serve on 127\.0\.0\.1:{port}: Address already in use; choose"):
            serve_archive(OnePage(), port=port)


def test_the_fixture_of_other_tests_serves_the_site_and_logs(site: HTTPServer, seed_site: SeedSite) -> None:
    """Tests that need a scripted server get the local site, its 404s, and a log of what was asked."""
    front = seed_site.lookup("https://www.rfi.fr/cn/")
    assert front is not None
    with urlopen(site.url_for("/cn/")) as response:
        assert response.read() == front.body
    site.expect_oneshot_request("/cn/").respond_with_data("maintenance", status=200)
    with urlopen(site.url_for("/cn/")) as response:
        assert response.read() == b"maintenance"
    assert [request.path for request, _ in site.log] == ["/cn/", "/cn/"]
