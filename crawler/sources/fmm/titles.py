"""Titles: what is the story's, what is the programme's, what is the site's.

A dash is common inside genuine titles, so a title is only ever cut at a programme or a site name that is known.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from crawler.sources.fmm.editions import Edition

_DASH = r"\s+[-–—]\s+"
_PROGRAMME_FIRST = re.compile(rf"(\S.*?){_DASH}")
_PROGRAMME_LAST = re.compile(rf"{_DASH}(\S.*)")
_ANY_DASH = re.compile(r"\s[-–—|]\s")


def split_title(edition: Edition, stated: str, known: Iterable[str | None] = ()) -> tuple[str, str | None]:
    """Split a stated title into the story's own title and the programme, if it names one.

    Args:
        edition: Says how the site and its programmes are called.
        stated: As printed, the site's names at its end or not.
        known: Names that this page gives its programme elsewhere; they are tried before the edition's list.

    >>> from crawler.sources.fmm.editions import all_editions
    >>> cn = next(edition for edition in all_editions() if edition.name == "rfi-cn")
    >>> split_title(cn, "北京 - 巴黎：十年 - 要闻解说")
    ('北京 - 巴黎：十年', '要闻解说')
    >>> split_title(cn, "油价上升 – 法国国际广播电台 - RFI")
    ('油价上升', None)
    """
    title = " ".join(stated.split())
    if not _ANY_DASH.search(title):
        return title, None
    title = edition.site_suffix.sub("", title) or title
    for programme in (*filter(None, known), *edition.programmes):
        name = re.escape(programme)
        if match := re.match(rf"(.*\S){_DASH}{name}$", title) or re.match(rf"{name}{_DASH}(\S.*)$", title):
            return match[1], programme
    return title, None


def programme_beside(edition: Edition, stated: str | None, title: str) -> str | None:
    """Return the programme that stands beside a known title, as in ``og:title``: ``programme - title``, or turned.

    The site's own names are none.
    """
    full = " ".join((stated or "").split())
    if full == title or title not in full:
        return None
    before, _, after = full.partition(title) if full.startswith(title) else full.rpartition(title)
    match = (
        _PROGRAMME_FIRST.fullmatch(before) if not after else _PROGRAMME_LAST.fullmatch(after) if not before else None
    )
    return match[1] if match and not edition.site_suffix.fullmatch(f" - {match[1]}") else None
