"""Scrapy's requests answered from an archive, without sockets."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from scrapy import Request
from scrapy.exceptions import NotConfigured
from scrapy.http import HtmlResponse, Response
from scrapy.utils.test import get_crawler

from crawler.archives.handler import ArchiveDownloadHandler
from crawler.archives.site import SeedSite

SEEDS = Path(__file__).resolve().parent.parent / "seeds"


@pytest.fixture(scope="module")
def handler() -> ArchiveDownloadHandler:
    """Return a handler over the project's seed files, as Scrapy makes it."""
    return ArchiveDownloadHandler.from_crawler(get_crawler(settings_dict={"REPLAY_ARCHIVE": str(SEEDS)}))


def fetch(handler: ArchiveDownloadHandler, request: Request) -> Response:
    """Return the handler's answer."""
    return asyncio.run(handler.download_request(request))


def test_a_page_of_the_archive_is_an_html_response(handler: ArchiveDownloadHandler) -> None:
    """The response is what Scrapy would have made of the same bytes from the network, under the requested URL."""
    url = SeedSite([SEEDS]).article_urls[0]
    response = fetch(handler, Request(url))
    assert isinstance(response, HtmlResponse)
    assert (response.status, response.url, response.encoding) == (200, url, "utf-8")
    assert (response.headers["ETag"] or b"").startswith(b'"')


def test_validators_bring_304(handler: ArchiveDownloadHandler) -> None:
    """Conditional requests work as against a server."""
    first = fetch(handler, Request("https://www.rfi.fr/cn/"))
    again = fetch(handler, Request("https://www.rfi.fr/cn/", headers={"If-None-Match": first.headers["ETag"]}))
    assert (again.status, again.body) == (304, b"")


def test_head_has_no_body(handler: ArchiveDownloadHandler) -> None:
    """HEAD is answered with the headers alone."""
    response = fetch(handler, Request("https://www.rfi.fr/robots.txt", method="HEAD"))
    assert (response.status, response.body) == (200, b"")


def test_nothing_is_fetched_from_elsewhere(handler: ArchiveDownloadHandler) -> None:
    """A URL that the archive does not know is 404, not a request to the network."""
    assert fetch(handler, Request("https://example.org/")).status == 404


def test_a_folder_must_be_named() -> None:
    """Without REPLAY_ARCHIVE the handler declines, as Scrapy's own do."""
    with pytest.raises(NotConfigured, match="REPLAY_ARCHIVE"):
        ArchiveDownloadHandler.from_crawler(get_crawler())
