"""A site with a past: articles that one channel alone shows, articles that fail, and news that appear by the clock.

`write_past` lays out a folder of seed files; `PastSite` answers as the site that they become.
"""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from benchmarks.stage.pages import SmallSite, small_path
from benchmarks.stage.seeds import write_seed_files
from crawler.archives.base import ArchivedResponse
from crawler.archives.site import SeedSite
from storage.identity import canonical_url

if TYPE_CHECKING:
    from datetime import timedelta
    from pathlib import Path

CHANNELS = ("sitemap", "day archive", "section")
"""Kinds of the channels that may show an article alone."""

# What failing articles answer, in turn, and how runs count that.
FAILURES = {
    404: "gone: HTTP 404",
    410: "gone: HTTP 410",
    500: "failed: HTTP 500",
    200: "not understood: no title, text, published_at",
}

NEWS_EVERY_SECONDS = 1.0
"""A new article appears on the front page so often: number n when n of these have passed since 1970."""

ON_FRONT = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """Which articles of a site are odd, by canonical URL."""

    alone: dict[str, str]
    """Shown by this kind of channel only."""
    failing: dict[str, int]
    """Answered with this status; 200 is a page that nobody understands."""


def write_past(folder: Path, count: int, *, apart: timedelta, alone: int, failing: int) -> Layout:
    """Lay out a past of so many articles.

    Args:
        folder: Made if it is not there.
        count: Articles in all.
        apart: Between one and the next.
        alone: How many one channel alone shows.
        failing: How many fail.
    """
    files = write_seed_files(folder / "common", count, apart=apart, day_off_every=13)
    # spread over the middle: what lies at either end may be outside the window that is asked for
    middle = files[count // 6 : -count // 6]
    odd = middle[:: len(middle) // (alone + failing)][: alone + failing]
    lonely, broken = odd[:alone], odd[alone:]
    for number, file in enumerate(lonely):
        home = folder / CHANNELS[number % len(CHANNELS)]
        home.mkdir(exist_ok=True)
        file.rename(home / file.name)
    layout = Layout(
        alone={url: kind for kind in CHANNELS for url in SeedSite([folder / kind]).article_urls},
        failing={_url_of(file): status for file, status in zip(broken, list(FAILURES) * len(broken), strict=False)},
    )
    (folder / "failing.json").write_text(json.dumps(layout.failing), encoding="utf-8")
    return layout


def _url_of(file: Path) -> str:
    header = file.read_text("utf-8").splitlines()[1]
    return canonical_url(header.rpartition("](")[2].rstrip(")"))


class PastSite:
    """An archive that answers as a site whose channels show different articles.

    Args:
        folder: As `write_past` has laid it out.
    """

    def __init__(self, folder: Path) -> None:
        common = folder / "common"
        self._all = SeedSite([common, *(folder / kind for kind in CHANNELS)])
        self._by_kind = {kind: SeedSite([common, folder / kind]) for kind in CHANNELS}
        self._failing: dict[str, int] = json.loads((folder / "failing.json").read_text("utf-8"))
        self._news = SmallSite(2**60)

    def lookup(self, url: str) -> ArchivedResponse | None:
        """Return what the site answers now."""
        path = [part for part in unquote(urlsplit(url).path).split("/") if part]
        if path == ["cn"]:
            return self._front(url)
        if "灯塔日志" in path[-1]:
            return self._news.lookup(url)
        key = canonical_url(url)
        if key in self._failing:
            return _failure(key, self._failing[key])
        if key in self._all.index.stories or path == ["robots.txt"]:
            return self._all.lookup(url)
        kind = "sitemap" if path[0] == "sitemaps" else "day archive" if path[1] == "archives" else "section"
        return self._by_kind[kind].lookup(url)

    def _front(self, url: str) -> ArchivedResponse:
        newest = int(time.time() / NEWS_EVERY_SECONDS)
        links = "".join(
            f'<div class="m-item-list-article"><a href="{small_path(number)}" data-article-item-link>'
            f'<p class="article__title">灯塔日志第{number}篇</p></a></div>'
            for number in range(newest, newest - ON_FRONT, -1)
        )
        return _page(url, 200, f"<!DOCTYPE html><html><head><title>RFI</title></head><body>{links}</body></html>")


def _failure(url: str, status: int) -> ArchivedResponse:
    return _page(url, status, "<!DOCTYPE html><html><head></head><body><p>施工中</p></body></html>")


def _page(url: str, status: int, html: str) -> ArchivedResponse:
    headers = (("Content-Type", "text/html; charset=UTF-8"),)
    return ArchivedResponse(url=url, status=status, headers=headers, body=html.encode())
