"""Two spellings of one URL are one request."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scrapy.utils.request import fingerprint as request_fingerprint

from storage.identity import canonical_url, url_key

if TYPE_CHECKING:
    from scrapy import Request


class CanonicalFingerprinter:
    """Fingerprints a request by its canonical URL, so that a run fetches each page once."""

    def fingerprint(self, request: Request) -> bytes:
        """Return the key of the request's canonical URL.

        A redirect's target keeps Scrapy's own fingerprint: ``/asie`` answered by ``/asie/`` has one canonical URL,
        and would be dropped as a repeat of itself.
        """
        if "redirect_urls" in request.meta:
            return request_fingerprint(request)
        try:
            return url_key(canonical_url(request.url))
        except ValueError:
            return request_fingerprint(request)
