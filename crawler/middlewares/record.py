"""RecordMiddleware: hands every exchange to the recorder, as it was on the wire."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Self

from scrapy.exceptions import NotConfigured

from crawler.exchange import Exchange
from crawler.middlewares.troubles import words_for

if TYPE_CHECKING:
    from scrapy import Request
    from scrapy.crawler import Crawler
    from scrapy.http import Headers, Response

    from crawler.exchange import KeepsExchanges

# Where in a request's meta stands that it was sent.
_WAS_SENT = "was_sent"


class RecordMiddleware:
    """Stands below whatever changes a request or a response: bodies are still packed, redirects not followed.

    Sets ``meta["recorded"]``: a future of where the exchange stands.
    """

    def __init__(self, recorder: KeepsExchanges) -> None:
        self._recorder = recorder

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Take the recorder from the spider.

        Raises:
            NotConfigured: The run is not recorded.
        """
        recorder: KeepsExchanges | None = crawler.spider.recorder  # type: ignore[union-attr]  # the spider is ours, and set
        if recorder is None:
            raise NotConfigured
        return cls(recorder)

    def process_request(self, request: Request) -> None:
        """Note that a request is sent: what fails before is no exchange."""
        request.meta.pop("recorded", None)
        request.meta[_WAS_SENT] = True

    async def process_response(self, request: Request, response: Response) -> Response:
        """Keep an answer."""
        request.meta.pop(_WAS_SENT, None)
        exchange = Exchange(
            url=request.url,
            method=request.method,
            request_headers=_sent(request),
            answered_at=request.meta["fetched_at"],
            status=response.status,
            headers=_pairs(response.headers),
            body=response.body,
            address=str(response.ip_address) if response.ip_address is not None else None,
        )
        await self._keep(request, exchange)
        return response

    async def process_exception(self, request: Request, exception: Exception) -> None:
        """Keep that there was no answer, and why."""
        if request.meta.pop(_WAS_SENT, None) is None:
            return
        exchange = Exchange(
            url=request.url,
            method=request.method,
            request_headers=_sent(request),
            answered_at=request.meta["fetched_at"],
            failure=words_for(exception),
        )
        await self._keep(request, exchange)

    async def _keep(self, request: Request, exchange: Exchange) -> None:
        if self._recorder.is_full:
            request.meta["recorded"] = await asyncio.to_thread(self._recorder.keep, exchange)
        else:
            request.meta["recorded"] = self._recorder.keep(exchange)


def _sent(request: Request) -> tuple[tuple[str, str], ...]:
    """Return the headers of a request, without the operator's credentials at a proxy."""
    return tuple(pair for pair in _pairs(request.headers) if pair[0].lower() != "proxy-authorization")


def _pairs(headers: Headers) -> tuple[tuple[str, str], ...]:
    return tuple(
        (name.decode("latin-1"), value.decode("latin-1")) for name, values in headers.items() for value in values
    )
