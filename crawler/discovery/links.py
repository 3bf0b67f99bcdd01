"""Links of listings made for machines: completed, without their fragments, each once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin

from storage.identity import canonical_url

if TYPE_CHECKING:
    from collections.abc import Iterable

    from crawler.items import ArticleLink


def absolute(href: Any, url: str) -> str | None:
    """Return a link's address, completed and without its fragment; None when it is no web address."""
    if not (stripped := str(href or "").strip()):
        return None
    try:
        address = urljoin(url, stripped).partition("#")[0]
        canonical_url(address)
    except ValueError:  # an unclosed bracket in the host, a scheme that is not the web's
        return None
    return address


def distinct(links: Iterable[ArticleLink]) -> tuple[ArticleLink, ...]:
    """Return links in their order, the first of each canonical URL."""
    met: dict[str, ArticleLink] = {}
    for link in links:
        met.setdefault(canonical_url(link.url), link)
    return tuple(met.values())


def folded(text: Any) -> str | None:
    """Return a text with its blanks folded; None for an empty one."""
    return " ".join(str(text or "").split()) or None
