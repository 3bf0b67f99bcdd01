"""GuardMiddleware: requests go to the source's hosts only, and to a web archive for what was found there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self
from urllib.parse import urlsplit

from crawler.backfills.web_archives import is_of_web_archive
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
        if host in self._hosts or _is_for_web_archive(request):
            return
        try:
            host = urlsplit(canonical_url(request.url)).hostname or ""
        except ValueError:
            host = ""
        if host not in self._hosts:
            raise LeadsElsewhere("leads to another site")


def _is_for_web_archive(request: Request) -> bool:
    """Is it for a capture, for an index of captures, or for the robots.txt that goes before them?

    No page of the site leads there, not even by a redirect.
    """
    if not is_of_web_archive(request.url):
        return False
    lease = request.meta.get("lease")
    if lease is None:
        return urlsplit(request.url).path == "/robots.txt"
    return lease.capture is not None or is_of_web_archive(lease.url)
