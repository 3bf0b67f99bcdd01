"""Which times and titles a page states, and which of the times are believed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crawler.sources.fmm.dates import iso_time, printed_time, slug_date
from crawler.sources.fmm.editions import ZONE
from storage.records import Claim

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from crawler.sources.fmm.pages import Page
    from crawler.sources.fmm.parts import Parts


def stated_times(page: Page, parts: Parts) -> tuple[datetime | None, datetime | None]:
    """Return publication and last edit as the page states them.

    What is printed under the title comes first, then the metas, then the JSON-LD: on the old platform the JSON-LD calls
    local time UTC, and everywhere it repeats the publication as an edit, so it is believed only where it is later.
    """
    said = page.statement
    stated = [iso_time(attribute, ZONE) or printed_time(printed, ZONE) for attribute, printed in parts.times]
    published_at = (
        next(filter(None, stated[:1]), None)
        or iso_time(page.meta("article:published_time"), ZONE)
        or iso_time(said.published, ZONE)
    )
    modified_at = next(filter(None, stated[1:]), None) or iso_time(page.meta("article:modified_time"), ZONE)
    repeated = iso_time(said.modified, ZONE)
    if modified_at is None and published_at and repeated and repeated > published_at:
        modified_at = repeated
    return published_at, modified_at


def claims_of(page: Page, parts: Parts, url: str) -> Iterator[Claim]:
    """Yield every time and title that the page states, with where it stands."""
    said, layer = page.statement, page.data_layer
    for field, (attribute, printed) in zip(("published_at", "modified_at"), parts.times, strict=False):
        printed_at = printed_time(printed, ZONE)
        yield from _claims(
            (field, attribute, "time"), (field, printed_at.isoformat() if printed_at else None, "printed")
        )
    yield from _claims(
        ("published_at", page.meta("article:published_time"), "meta"),
        ("modified_at", page.meta("article:modified_time"), "meta"),
        ("published_at", said.published, "json-ld"),
        ("modified_at", said.modified, "json-ld"),
        ("published_at", layer.published, "datalayer"),
    )
    yield from url_claims(url)
    yield from _claims(
        ("title", parts.title, "h1"),
        ("title", page.meta("og:title"), "og"),
        ("title", said.title, "json-ld"),
        ("title", layer.title, "datalayer"),
        ("title", page.head.title, "title-tag"),
    )


def url_claims(url: str) -> list[Claim]:
    """Return the day that an article's URL names; it may be off by one."""
    day = slug_date(url.rstrip("/").rpartition("/")[2])
    return _claims(("published_at", day.isoformat() if day else None, "url"))


def _claims(*stated: tuple[str, str | None, str]) -> list[Claim]:
    return [Claim(field=field, value=value, origin=origin) for field, value, origin in stated if value]
