"""GuardMiddleware: requests go to the source's hosts only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self
from urllib.parse import urlsplit

from crawler.middlewares.refusals import LeadsElsewhere
from storage.identity import canonical_url

if TYPE_CHECKING:
    from scrapy import Request
    from scrapy.crawler import Crawler


class GuardMiddleware:
    """Refuses what is not http or https, and hosts that are not the source's: a redirect may lead anywhere."""

    def __init__(self, hosts: tuple[str, ...]) -> None:
        self._hosts = frozenset(hosts)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Take the hosts from the spider's source."""
        return cls(crawler.spider.source.hosts)  # type: ignore[union-attr]  # the spider is ours, and set

    def process_request(self, request: Request) -> None:
        """Let a request to one of the source's hosts pass, or to another name of one.

        Raises:
            LeadsElsewhere: It is for another host.
        """
        host = urlsplit(request.url).hostname or ""
        if host in self._hosts:
            return
        try:
            host = urlsplit(canonical_url(request.url)).hostname or ""
        except ValueError:
            host = ""
        if host not in self._hosts:
            raise LeadsElsewhere("leads to another site")
