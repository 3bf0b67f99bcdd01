"""What the address of a page says: edition, section, programme, and whether it is an article."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, unquote, urlsplit

from crawler.sources.fmm.dates import slug_date

if TYPE_CHECKING:
    from datetime import date

    from crawler.sources.fmm.editions import Edition

_FILE = re.compile(r"\.[a-z0-9]{2,5}$")


@lru_cache(maxsize=1024)
def segments(edition: Edition, url: str) -> tuple[str, ...]:
    """Return the readable path segments of a URL below the edition's prefix.

    The host is not looked at: old hosts (``cn.rfi.fr``) carry no prefix, and neither do their segments.
    """
    parts = tuple(part for part in unquote(_path(url)).split("/") if part)
    prefix = tuple(part for part in unquote(_path(edition.home_url)).split("/") if part)
    return parts[len(prefix) :] if parts[: len(prefix)] == prefix else parts


def owns(edition: Edition, canonical_url: str) -> bool:
    """Does this canonical URL belong to the edition?"""
    home = urlsplit(edition.home_url)
    there = _split(canonical_url)
    if there is None or there.netloc != home.netloc:
        return False
    if f"{there.path}/".startswith(home.path):
        return True
    # Before 2020 the French edition lived at the root of www.rfi.fr, beside today's editions.
    first = there.path.strip("/").partition("/")[0]
    return edition.has_old_root and first not in edition.neighbours and is_dated(there.path)


def is_article(edition: Edition, canonical_url: str) -> bool:
    """Does this canonical URL look like an article of the edition?

    An article's last segment starts with ``YYYYMMDD-``. Wire stories of some editions have had no date since
    2020-11-23: there, one lone segment that is no known page of another kind is an article too.
    """
    if not owns(edition, canonical_url):
        return False
    if is_dated(_path(canonical_url)):
        return True
    path = segments(edition, canonical_url)
    if not edition.has_undated_wire or len(path) != 1 or "?" in canonical_url:
        return False
    slug = path[0]
    known = slug in edition.other_pages or slug in edition.sections or slug in edition.programme_paths
    return len(slug) >= 4 and not known and not slug.isascii() and not _FILE.search(slug)


def is_dated(path: str) -> bool:
    """Does the last segment of a path start with a date, as the slugs of articles do?"""
    return day_of(path) is not None


def day_of(path: str) -> date | None:
    """Return the date at the head of the last segment of a path or URL; None without one. It may be a day off."""
    slug = path.rstrip("/").rpartition("/")[2]
    # a date takes 9 characters and one behind it, each at most 12 when it is escaped; few slugs escape any of a date
    return slug_date(unquote(slug[:120]) if "%" in slug[:9] else slug[:10])


def section_of(edition: Edition, url: str) -> str | None:
    """Return the section in an article's URL, such as ``中国``; None when the slug stands alone."""
    path = segments(edition, url)
    return path[0] if len(path) > 1 else None


def programme_of(edition: Edition, url: str) -> str | None:
    """Return the programme in an article's URL, by its printed name where we know it; None outside programmes.

    ``/cn/专栏检索/法国世界报/20200801-…`` is of 法国世界报. A slug of Latin letters (``les-dessous-de-l-infox``) is no
    name: without a known name the answer is None.
    """
    path = segments(edition, url)
    if len(path) < 3 or path[0] not in edition.programme_paths:
        return None
    for name in edition.programmes:
        if programme_slug(name) == path[1]:
            return name
    return None if path[1].isascii() else path[1]


def is_programme_page(edition: Edition, url: str) -> bool:
    """Does this URL lie among the edition's programmes?"""
    path = segments(edition, url)
    return len(path) > 1 and path[0] in edition.programme_paths


def programme_slug(name: str) -> str:
    """Return a programme's name as addresses spell it.

    >>> programme_slug("第二次播音 北京时间 19:00-20:00")
    '第二次播音-北京时间-19-00-20-00'
    """
    return re.sub(r"[^\w]+", "-", name.lower()).strip("-")


def _path(url: str) -> str:
    parts = _split(url)
    return parts.path if parts else ""


def _split(url: str) -> SplitResult | None:
    try:
        return urlsplit(url)
    except ValueError:  # an unclosed bracket in the host
        return None
