"""What URLs answered last time: validators for conditional requests, and the links a listing's 304 stands for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from storage.frontier_records import FoundUrl, KeptPage
from storage.frontier_tables import PageRow
from storage.rows import fetch_in, replace_rows

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from sqlalchemy import Connection

_KEPT = select(
    PageRow.url_key,
    PageRow.etag,
    PageRow.last_modified,
    PageRow.content,
    PageRow.unaudited_polls,
    PageRow.links,
)


def read_pages(connection: Connection, keys: Iterable[bytes]) -> dict[bytes, KeptPage]:
    """Return what is kept of some URLs, by key."""
    return {
        row.url_key: KeptPage(
            etag=row.etag,
            last_modified=row.last_modified,
            content=row.content,
            unaudited_polls=row.unaudited_polls,
            links=None if row.links is None else tuple(_as_found(link) for link in row.links),
        )
        for row in fetch_in(connection, _KEPT, PageRow.url_key, keys)
    }


def write_pages(connection: Connection, pages: Mapping[bytes, KeptPage]) -> None:
    """Keep what some URLs answered, in place of what they answered before."""
    rows = [
        {
            "url_key": key,
            "etag": page.etag,
            "last_modified": page.last_modified,
            "content": page.content,
            "unaudited_polls": page.unaudited_polls,
            "links": None if page.links is None else [_as_row(link) for link in page.links],
        }
        for key, page in pages.items()
    ]
    replace_rows(connection, PageRow, rows)


def _as_row(link: FoundUrl) -> list[object]:
    return [link.url, link.is_listing, link.page, link.priority]


def _as_found(row: list[object]) -> FoundUrl:
    url, is_listing, page, priority = row
    return FoundUrl(url=str(url), is_listing=bool(is_listing), page=int(str(page)), priority=int(str(priority)))
