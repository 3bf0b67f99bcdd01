"""Backfills from web archives: a local server speaks the protocols of both, in their stead and the site's."""

from __future__ import annotations

import gzip
import json
import re
import uuid
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, quote, urlsplit

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from crawler.archives.captured import captured_page
from crawler.backfills.judging import found_in_past
from crawler.backfills.web_archives import common_crawl_index, read_index, wayback_index
from crawler.errors import PageNotUnderstood
from crawler.sources import source_named
from storage import LeasedUrl, Store, Window
from storage.identity import canonical_url

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from conftest import Ended

    from crawler.archives.base import ArchivedResponse
    from crawler.archives.site import SeedSite

CN = source_named("rfi-cn")
SUMMER = Window(since=datetime(2020, 7, 19, 22, tzinfo=UTC), until=datetime(2020, 8, 31, 22, tzinfo=UTC))
DAYS = ("--since", "2020-07-20", "--until", "2020-09-01")
ROWS_A_PAGE = 3


class WebArchives:
    """Both archives, and the site itself, which has lost everything; they keep some pages of the local site."""

    def __init__(self, site: SeedSite) -> None:
        stories = [story for edition in site.editions for story in edition.stories if "/cn/" in story.url]
        inside = [story for story in stories if SUMMER.since <= story.published_at < SUMMER.until]
        self.kept = {
            story.url: (story.published_at + timedelta(hours=5), site.lookup(story.url))
            for story in inside + stories[:4]
        }
        self.expected = {story.url for story in inside}
        self.asked: list[str] = []
        self._warc, self._places = self._write_warc()

    def respond(self, request: Request) -> Response:
        """Answer as the host that was asked."""
        url = f"https://{request.host}{request.environ['REQUEST_URI']}"
        self.asked.append(url)
        query = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
        if request.host == "web.archive.org":
            return self._wayback(request.environ["REQUEST_URI"], query)
        if request.host == "data.commoncrawl.org":
            first, last = map(int, request.headers["Range"].removeprefix("bytes=").split("-"))
            return Response(self._warc[first : last + 1], 206, content_type="application/octet-stream")
        if request.host == "index.commoncrawl.org":
            return self._common_crawl(request.path, query)
        return Response("gone", 404)

    def _wayback(self, target: str, query: dict[str, str]) -> Response:
        if target.startswith("/cdx/search/cdx?"):
            return Response(json.dumps(self._rows(query)), content_type="application/json")
        found = re.match(r"/web/(\d+)id_/(.*)", target)
        if found is None:
            return Response("no such page", 404)
        captured, page = self.kept[canonical_url(found[2])]
        assert page is not None
        assert f"{captured:%Y%m%d%H%M%S}" == found[1]
        return Response(page.body, 200, page.headers)

    def _common_crawl(self, path: str, query: dict[str, str]) -> Response:
        if path == "/collinfo.json":
            return Response(json.dumps([_collection(year) for year in (2023, 2020, 2013)]))
        if "2020" not in path:
            return Response('{"message": "No Captures found"}', 404)
        lines = self._lines()
        if "showNumPages" in query:
            return Response(json.dumps({"pages": -(-len(lines) // ROWS_A_PAGE), "pageSize": 1, "blocks": 1}))
        first = int(query["page"]) * ROWS_A_PAGE
        return Response("\n".join(map(json.dumps, lines[first : first + ROWS_A_PAGE])) + "\n")

    def _rows(self, query: dict[str, str]) -> list[list[str]]:
        """Answer as the CDX server does: a heading, rows within the stretch, a key to go on with."""
        rows = sorted(
            (f"{captured:%Y%m%d%H%M%S}", url.replace("https://www.rfi.fr/", "http://www.rfi.fr:80/"))
            for url, (captured, _) in self.kept.items()
            if query["from"] <= f"{captured:%Y%m%d%H%M%S}" < query["to"]
        )
        assert query["url"] == "www.rfi.fr/cn/"
        start = int(query.get("resumeKey", 0))
        shown = [list(row) for row in rows[start : start + ROWS_A_PAGE]]
        more = [[], [str(start + ROWS_A_PAGE)]] if start + ROWS_A_PAGE < len(rows) else []
        return [["timestamp", "original"], *shown, *more] if rows else []

    def _lines(self) -> list[dict[str, Any]]:
        return [
            {
                "url": url,
                "timestamp": f"{captured:%Y%m%d%H%M%S}",
                "status": "200",
                "filename": "crawl-data/CC-MAIN-2020-34/a.warc.gz",
                "offset": str(self._places[url][0]),
                "length": str(self._places[url][1]),
            }
            for url, (captured, _) in self.kept.items()
        ]

    def _write_warc(self) -> tuple[bytes, dict[str, tuple[int, int]]]:
        file, places = b"", {}
        for url, (captured, page) in self.kept.items():
            assert page is not None
            record = _record(url, captured, page)
            places[url] = (len(file), len(record))
            file += record
        return file, places


def _record(url: str, captured: datetime, page: ArchivedResponse) -> bytes:
    """Return a record of a WARC file as Common Crawl writes it, compressed on its own."""
    headers = "".join(f"{name}: {value}\r\n" for name, value in page.headers)
    message = f"HTTP/1.1 200 OK\r\n{headers}\r\n".encode() + page.body
    head = (
        f"WARC/1.0\r\nWARC-Type: response\r\nWARC-Date: {captured:%Y-%m-%dT%H:%M:%SZ}\r\nWARC-Target-URI: {url}\r\n"
        f"WARC-Record-ID: <urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, url)}>\r\n"
        f"Content-Type: application/http; msgtype=response\r\nContent-Length: {len(message)}\r\n\r\n"
    )
    return gzip.compress(head.encode() + message + b"\r\n\r\n")


def _collection(year: int) -> dict[str, str]:
    return {
        "id": f"CC-MAIN-{year}-34",
        "cdx-api": f"https://index.commoncrawl.org/CC-MAIN-{year}-34-index",
        "from": f"{year}-08-02T00:00:00",
        "to": f"{year}-08-15T23:59:59",
    }


@pytest.fixture
def archives(seed_site: SeedSite) -> WebArchives:
    """Return both archives with the summer of 2020, and some pages of other times."""
    return WebArchives(seed_site)


@pytest.fixture
def base_url(archives: WebArchives) -> Iterator[str]:
    """Serve the archives in the stead of all hosts."""
    with HTTPServer(host="127.0.0.1", port=0, threaded=True) as server:
        server.expect_request(re.compile(".*")).respond_with_handler(archives.respond)
        yield server.url_for("")


@pytest.mark.long
@pytest.mark.parametrize("way", ["wayback", "commoncrawl"])
def test_what_the_site_has_lost_comes_from_a_web_archive(
    run_child: Callable[..., Ended], archives: WebArchives, base_url: str, tmp_path: Path, way: str
) -> None:
    """Page after page of its index; under real URLs, seen at the time of the capture, never fetched by us."""
    database = f"sqlite:///{tmp_path}/news.db"
    command = ("backfill", "rfi-cn", *DAYS, "--channel", way, "--via", base_url, "--json", "--db", database)
    ended = run_child(*command)
    assert ended.code == 0, ended.err
    with Store.open(database) as store:
        stored = {one.article.canonical_url: one.article for one in store.articles()}
        known = store.coverage.known("rfi-cn", SUMMER, CN.zone)
    assert stored.keys() == archives.expected
    assert {url: (one.observed_at, one.fetched_at) for url, one in stored.items()} == {
        url: (archives.kept[url][0].replace(microsecond=0), None) for url in stored
    }
    assert {(one.standing.value, tuple(one.channels)) for one in known} == {("stored", ("web archive",))}
    hosts = {urlsplit(url).netloc for url in archives.asked if not url.endswith("/robots.txt")}
    assert "www.rfi.fr" not in hosts
    copies = [url for url in archives.asked if "/web/2" in url or "data.commoncrawl" in url]
    assert len([url for url in copies if not url.endswith("/robots.txt")]) == len(archives.expected)


@pytest.mark.long
def test_a_capture_is_a_second_chance_for_what_failed_live(
    run_child: Callable[..., Ended], archives: WebArchives, base_url: str, tmp_path: Path
) -> None:
    """The site answers 404 to an article by name; a backfill from a web archive stores it."""
    database = f"sqlite:///{tmp_path}/news.db"
    url = min(archives.expected)
    lost = run_child("crawl", "rfi-cn", "--url", url, "--via", base_url, "--db", database)
    assert (lost.code, "HTTP 404" in lost.err) == (1, True)
    assert run_child("backfill", "rfi-cn", *DAYS, "--channel", "wayback", "--via", base_url, "--db", database).code == 0
    with Store.open(database) as store:
        assert store.article(url).article.observed_at is not None


def test_only_what_may_lie_in_the_window_is_fetched(archives: WebArchives) -> None:
    """By the day in the address; what has none was published before it was captured."""
    index = wayback_index(CN.home_url, SUMMER)
    rows = [
        ["timestamp", "original"],
        ["20200802120000", "http://www.rfi.fr/cn/20200801-a"],
        ["20200802120000", "http://www.rfi.fr/cn/20200101-b"],
        ["20200802120000", "http://www.rfi.fr/cn/%E6%B8%AF%E5%8F%A3%E7%BD%A2%E5%B7%A5"],
        ["20200202120000", "http://www.rfi.fr/cn/%E6%B8%AF%E5%8F%A3%E5%A4%8D%E5%B7%A5"],
        ["20200802120000", "http://www.rfi.fr/cn/20200801-a"],
        ["20200802120000", "not an address"],
    ]
    lease = LeasedUrl(url=index, is_listing=True, page=1, attempts=0, kept=None, slice=3)
    found = found_in_past(read_index(json.dumps(rows).encode(), index), CN, lease, SUMMER)
    assert [(one.url, one.capture) for one in found] == [
        (rows[number][1], f"https://web.archive.org/web/20200802120000id_/{rows[number][1]}") for number in (1, 3)
    ]


@pytest.mark.parametrize("body", [b"<html>busy</html>", b"[1]", b'{"message": "no"}', b'{"url": "x"}'])
def test_what_no_archive_answers_is_not_understood(body: bytes) -> None:
    """An error page is no index, and no capture."""
    for url in (
        wayback_index(CN.home_url, SUMMER),
        common_crawl_index(CN.home_url, SUMMER),
        "https://index.commoncrawl.org/CC-MAIN-2020-34-index?url=a&showNumPages=true",
        "https://index.commoncrawl.org/CC-MAIN-2020-34-index?url=a&page=0",
    ):
        with pytest.raises(PageNotUnderstood):
            read_index(body, url)
    with pytest.raises(PageNotUnderstood):
        captured_page(body, "https://data.commoncrawl.org/a.warc.gz", "text/html")


def test_an_index_without_rows_shows_nothing() -> None:
    """The Wayback Machine answers an empty list, or nothing at all."""
    index = wayback_index(CN.home_url, SUMMER)
    assert [read_index(body, index).links for body in (b"", b"[]", b"\n")] == [(), (), ()]
    assert quote("www.rfi.fr/cn/", safe="") in index
