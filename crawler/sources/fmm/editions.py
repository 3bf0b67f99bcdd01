"""The tables of ``crawler/sources/editions.toml`` as values: one edition is one source."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from datetime import date  # noqa: TC003 -- dataclass fields are read at runtime
from functools import cache, cached_property
from importlib.resources import files
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

ZONE = ZoneInfo("Europe/Paris")
"""Zone of every time that this platform prints, in all editions."""


@dataclass(frozen=True, kw_only=True, eq=False)  # compared as the one value it is
class Edition:
    """One edition of one of the sites, as data."""

    brand: str
    """Which module of `crawler.sources` lists it: ``rfi``, ``france24``, ``observers`` or ``doualiya``."""
    name: str
    title: str
    language: str
    """BCP 47."""
    home_url: str
    """Ends in a slash; every article lies below it."""
    sections: tuple[str, ...] = ()
    """Section pages a run starts from, as paths below the home URL, readable."""
    site_names: tuple[str, ...] = ()
    """Names of the site that its titles may end in (``… – 法国国际广播电台 - RFI``)."""
    programme_paths: tuple[str, ...] = ("podcasts", "programas", "émissions")
    """First path segments below which programmes lie."""
    programmes: tuple[str, ...] = ()
    """Programmes by their printed names: titles may end in them."""
    other_pages: tuple[str, ...] = ()
    """First path segments that are never articles; needed only with undated wire stories."""
    has_undated_wire: bool = False
    """True where wire stories have addresses without a date, ``/cn/<slug>``."""
    has_old_root: bool = False
    """True where articles before 2020 lie at the root of the host (``/emission/20151022-…``)."""
    archive_months: tuple[str, ...] = ()
    """Names of the months in the addresses of its daily archive; empty where it is not known to have one."""
    archive_since: date | None = None
    """First day of its daily archive, where that is known."""
    neighbours: tuple[str, ...] = ()
    """First path segments on the same host that are other editions; needed only with `has_old_root`."""

    @cached_property
    def origin(self) -> str:
        """Scheme and host, without a slash at the end."""
        home = urlsplit(self.home_url)
        return f"{home.scheme}://{home.netloc}"

    @cached_property
    def site_suffix(self) -> re.Pattern[str]:
        """Matches the names of the site at the end of a title."""
        names = "|".join(map(re.escape, self.site_names))
        return re.compile(rf"(?:\s+[-–—|]\s+(?:{names}))+\s*$", re.IGNORECASE)


@cache
def all_editions() -> tuple[Edition, ...]:
    """Return every edition of the data file, in its order."""
    text = files("crawler.sources").joinpath("editions.toml").read_text("utf-8")
    tables = tomllib.loads(text)["edition"]
    return tuple(_edition(table) for table in tables)


def _edition(table: dict[str, Any]) -> Edition:
    values: dict[str, Any] = {key: tuple(value) if isinstance(value, list) else value for key, value in table.items()}
    return Edition(**values)
