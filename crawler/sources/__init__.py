"""The sources we know, and how to find the one for a name or an address.

To add one, write its module and name its sources in `SOURCES`; see docs/adding-a-source.md.
"""

from __future__ import annotations

from crawler.errors import UnknownSource
from crawler.sources.base import Source
from crawler.sources.france24 import SISTER_SOURCES
from crawler.sources.rfi import RFI_SOURCES
from storage.identity import canonical_url

__all__ = ["SOURCES", "Source", "source_named", "source_of"]

SOURCES: tuple[Source, ...] = (*RFI_SOURCES, *SISTER_SOURCES)
"""Every source. Where two could own an address, the first does."""

_BY_NAME = {source.name: source for source in SOURCES}


def source_named(name: str) -> Source:
    """Return the source of a name.

    Raises:
        UnknownSource: None has it; the error lists those there are.
    """
    try:
        return _BY_NAME[name]
    except KeyError:
        raise UnknownSource(name, tuple(_BY_NAME)) from None


def source_of(url: str) -> Source | None:
    """Return the source that owns a URL; None when no source does, or when it is no valid web address.

    Args:
        url: Absolute, in any of the spellings that `canonical_url` knows.
    """
    try:
        canonical = canonical_url(url)
    except ValueError:
        return None
    return next((source for source in SOURCES if source.owns(canonical)), None)
