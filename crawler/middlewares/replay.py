"""ReplayDownloadHandler: answers Scrapy's requests with recorded exchanges, when their turn has come."""

from __future__ import annotations

from concurrent.futures import Future
from typing import TYPE_CHECKING

from scrapy.core.downloader.handlers.base import BaseDownloadHandler
from scrapy.http import Headers, Response
from scrapy.responsetypes import responsetypes

from crawler.middlewares.refusals import RunIsEnding
from crawler.middlewares.troubles import error_for

if TYPE_CHECKING:
    from scrapy import Request
    from scrapy.crawler import Crawler

    from crawler.replay_clock import ReplayClock
    from storage import CapturePlace


class ReplayDownloadHandler(BaseDownloadHandler):
    """Download handler for http and https that speaks to no server.

    An error is raised again as it was; a robots.txt that was not recorded, for it was known then, allows everything.
    """

    lazy = True

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self._clock: ReplayClock = crawler.spider.frontier.clock  # type: ignore[union-attr]  # the spider is ours, and set

    async def download_request(self, request: Request) -> Response:
        """Return the next exchange with this URL.

        Raises:
            RunIsEnding: The recording has no more.
        """
        answered = await self._clock.answer(request.url, is_ordered="is_robots" not in request.meta)
        if answered is None and "is_robots" in request.meta:
            return Response(request.url, status=404)
        if answered is None:
            raise RunIsEnding("the recording ends here")
        exchange, place = answered
        request.meta["fetched_at"] = exchange.answered_at
        request.meta["recorded"] = _known(place)
        if exchange.failure is not None:
            raise error_for(exchange.failure)
        headers = Headers()
        for name, value in exchange.headers:
            headers.appendlist(name, value)
        response_class = responsetypes.from_args(headers=headers, url=request.url, body=exchange.body)
        return response_class(url=request.url, status=exchange.status or 200, headers=headers, body=exchange.body)


def _known(place: CapturePlace) -> Future[CapturePlace]:
    future: Future[CapturePlace] = Future()
    future.set_result(place)
    return future
