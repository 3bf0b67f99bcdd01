"""The daily archive of the local site: a page for each day with its stories, a page for each month with its days.

Only days on which something was published have a page.
"""

from __future__ import annotations

from datetime import date
from html import escape
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from crawler.archives.site_listings import frame

if TYPE_CHECKING:
    from crawler.archives.site_index import Edition


def archive_page(edition: Edition, origin: str, path: str) -> str | None:
    """Return a page of the daily archive; None where there is none.

    Args:
        edition: The edition whose archive it is.
        origin: Scheme and host of the real site.
        path: Escaped path of the page, without a slash at its end.
    """
    year, _, month = path.removeprefix(f"/{edition.prefix}/archives/").partition("/")
    month, _, day = month.partition("/")
    try:
        asked = date(int(year), int(month), int(day.partition("-")[0] or 1))
    except ValueError:
        return None
    if not day:
        return _month_page(edition, origin, asked, path)
    address = edition.source.past.page_of(asked)
    if address is None or urlsplit(address).path != path or asked not in edition.days:
        return None
    return _day_page(edition, origin, asked, path)


def _day_page(edition: Edition, origin: str, day: date, path: str) -> str:
    entries = "".join(f'<li><a href="{story.href}">{escape(story.title)}</a></li>\n' for story in edition.days[day])
    main = (
        f'<h1 class="a-page-title">{day:%d/%m/%Y}</h1>'
        f'<div class="o-archive-day"><ul class="o-archive-day__list">\n{entries}</ul></div>'
    )
    return frame(edition, origin, f"{day:%d/%m/%Y}", path, main)


def _month_page(edition: Edition, origin: str, month: date, path: str) -> str | None:
    there = [day for day in edition.days if (day.year, day.month) == (month.year, month.month)]
    pages = [(day, address) for day in there if (address := edition.source.past.page_of(day)) is not None]
    if not pages:
        return None
    links = "".join(
        f'<li class="o-archive-month__days__day"><a href="{urlsplit(address).path}">{day.day}</a></li>\n'
        for day, address in pages
    )
    main = (
        f'<h1 class="a-page-title">{month:%m/%Y}</h1>'
        f'<div class="o-archive-month"><ul class="o-archive-month__days">\n{links}</ul></div>'
    )
    return frame(edition, origin, f"{month:%m/%Y}", path, main)
