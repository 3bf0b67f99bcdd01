"""Answers Scrapy's requests straight from an archive: no sockets, no server.

`newscrawl replay crawl FOLDER SOURCE` puts `ArchiveDownloadHandler` into DOWNLOAD_HANDLERS for http and https and
names the folder in REPLAY_ARCHIVE; everything else of the run is as live.
"""

from __future__ import annotations

from concurrent.futures import Future
from pathlib import Path
from typing import TYPE_CHECKING

from scrapy.core.downloader.handlers.base import BaseDownloadHandler
from scrapy.exceptions import NotConfigured
from scrapy.http import Headers
from scrapy.responsetypes import responsetypes

from crawler.archives.base import ArchivedResponse, answer
from crawler.archives.captured_site import as_page
from crawler.archives.site import SeedSite
from storage import CapturePlace

if TYPE_CHECKING:
    from scrapy import Request
    from scrapy.crawler import Crawler
    from scrapy.http import Response

    from crawler.archives.base import Archive
    from crawler.archives.captured_site import CapturedSite
    from crawler.archives.warc import Capture


class ArchiveDownloadHandler(BaseDownloadHandler):
    """Download handler for http and https that looks every URL up in an archive.

    A URL that the archive does not know is answered with 404, so that replay never touches the network.

    Settings:
        REPLAY_ARCHIVE: Folder of seed files.
    """

    # Scrapy makes one handler for each scheme: a run that only meets https indexes the folder once
    lazy = True

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        folder = crawler.settings.get("REPLAY_ARCHIVE")
        if not folder:
            raise NotConfigured("REPLAY_ARCHIVE names no folder")
        self.archive: Archive = SeedSite([Path(folder)])

    async def download_request(self, request: Request) -> Response:
        """Return what the archive holds; 304 where the request's validators still hold."""
        found = self.archive.lookup(request.url) or _not_kept(request.url)
        archived = answer(
            found,
            if_none_match=_header(request, "If-None-Match"),
            if_modified_since=_header(request, "If-Modified-Since"),
        )
        headers = Headers(archived.headers)
        response_class = responsetypes.from_args(headers=headers, url=request.url, body=archived.body)
        body = b"" if request.method == "HEAD" else archived.body
        return response_class(url=request.url, status=archived.status, headers=headers, body=body)


class CaptureDownloadHandler(BaseDownloadHandler):
    """Download handler for http and https that answers with the captures of WARC files, which the spider was given.

    The n-th request for a URL gets its n-th capture, or its last; what was not captured is not there (404).
    """

    lazy = True

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self._captured: CapturedSite = crawler.spider.captured  # type: ignore[union-attr]  # the spider is ours, and set

    async def download_request(self, request: Request) -> Response:
        """Return a capture, as of the time at which it was made."""
        capture = self._captured.next_of(request.url)
        page = as_page(capture) if capture is not None else _not_kept(request.url)
        if capture is not None:
            request.meta["fetched_at"] = capture.captured_at
            request.meta["recorded"] = _known(capture)
        headers = Headers(page.headers)
        response_class = responsetypes.from_args(headers=headers, url=request.url, body=page.body)
        return response_class(url=request.url, status=page.status, headers=headers, body=page.body)


def _known(capture: Capture) -> Future[CapturePlace]:
    folder, _, name = capture.file.rpartition("/")
    place: Future[CapturePlace] = Future()
    place.set_result(
        CapturePlace(
            recording=folder,
            file=name,
            offset=capture.offset,
            length=capture.length,
            payload_digest=capture.payload_digest,
            url=capture.url,
            captured_at=capture.captured_at,
        )
    )
    return place


def _header(request: Request, name: str) -> str | None:
    value = request.headers.get(name)
    return value.decode("latin-1") if value is not None else None


def _not_kept(url: str) -> ArchivedResponse:
    headers = (("Content-Type", "text/plain; charset=utf-8"),)
    return ArchivedResponse(url=url, status=404, headers=headers, body=b"This URL is not in the archive.\n")
