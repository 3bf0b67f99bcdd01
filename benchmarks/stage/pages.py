"""Pages as files: a site is rendered once, and served as often as a benchmark likes.

A folder of rendered pages holds ``index.json`` ({target: [status, headers, file name]}) and one file a page.
"""

from __future__ import annotations

import json
from collections import deque
from html import escape
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote, urljoin, urlsplit

from crawler.archives.base import ArchivedResponse
from crawler.archives.site import SeedSite
from crawler.sources import source_named
from storage.identity import canonical_url

if TYPE_CHECKING:
    from pathlib import Path

    from crawler.archives.base import Archive

ORIGIN = "https://www.rfi.fr"
SOURCE = source_named("rfi-cn")


def render_seed_site(seeds: Path, pages: Path) -> None:
    """Render what a crawl of the local site meets: robots.txt, the listings of rfi-cn, every article.

    Args:
        seeds: Folder of seed files.
        pages: Folder for the pages; made if it is not there.
    """
    render(SeedSite([seeds]), pages)


def render(archive: Archive, pages: Path) -> None:
    """Follow an archive's listings from the start pages of rfi-cn, and write down every page met."""
    pages.mkdir(parents=True, exist_ok=True)
    waiting = deque([f"{ORIGIN}/robots.txt", SOURCE.home_url, *SOURCE.section_urls])
    index: dict[str, tuple[int, tuple[tuple[str, str], ...], str]] = {}
    while waiting:
        url = waiting.popleft()
        target = target_of(url)
        response = archive.lookup(url)
        if target in index or response is None:
            continue
        name = f"{len(index):06d}.html"
        (pages / name).write_bytes(response.body)
        index[target] = (response.status, response.headers, name)
        if response.status == 200 and not url.endswith(".txt") and not SOURCE.is_article(canonical_url(url)):
            listing = SOURCE.read_listing(response.body.decode(), url)
            waiting += [link.url for link in listing.links]
            waiting += [listing.next_url] if listing.next_url else []
    (pages / "index.json").write_text(json.dumps(index), encoding="utf-8")


def targets_in(pages: Path) -> list[str]:
    """Return what rendered pages are served under, robots.txt left out."""
    index = json.loads((pages / "index.json").read_text("utf-8"))
    return [target for target in index if target != "/robots.txt"]


def sizes_in(pages: Path) -> dict[str, int]:
    """Return what rendered pages are served under, and how many bytes each has; robots.txt left out."""
    index = json.loads((pages / "index.json").read_text("utf-8"))
    return {target: (pages / file).stat().st_size for target, (_, _, file) in index.items() if target != "/robots.txt"}


def target_of(url: str) -> str:
    """Return path and query of a URL as a browser would send them."""
    parts = urlsplit(url)
    path = quote(unquote(parts.path), safe="/%:-._~")
    return f"{path}?{parts.query}" if parts.query else path


class SmallSite:
    """An archive of small article pages, made while they are asked for: for what does not depend on their size.

    Args:
        count: Articles; 100 stand on a page of the front listing.
    """

    A_PAGE = 100

    def __init__(self, count: int) -> None:
        self.count = count

    def lookup(self, url: str) -> ArchivedResponse | None:
        """Return robots.txt, a page of the front listing, or an article; 404 for the rest."""
        path = unquote(urlsplit(url).path)
        if path == "/robots.txt":
            return _response(url, "User-agent: *\nAllow: /\n", "text/plain; charset=UTF-8")
        head, _, last = path.rstrip("/").rpartition("/")
        if path.rstrip("/") == "/cn" or (head == "/cn" and last.isdigit()):
            return self._listing(url, int(last) if last.isdigit() else 1)
        number = last.rpartition("-")[2]
        if not number.isdigit() or int(number) >= self.count:
            return ArchivedResponse(url=url, status=404, headers=(("Content-Type", "text/plain"),), body=b"no page\n")
        return _response(url, _small_article(url, int(number)))

    def _listing(self, url: str, page: int) -> ArchivedResponse:
        start = (page - 1) * self.A_PAGE
        numbers = range(start, min(start + self.A_PAGE, self.count))
        links = "".join(
            f'<div class="m-item-list-article"><a href="{small_path(number)}" data-article-item-link>'
            f'<p class="article__title">灯塔日志第{number}篇</p></a></div>'
            for number in numbers
        )
        more = start + self.A_PAGE < self.count
        following = f'<link rel="next" href="{ORIGIN}/cn/{page + 1}/">' if more else ""
        pager = f'<a class="m-pager__next" rel="next" href="/cn/{page + 1}/">下一页</a>' if more else ""
        head = f"<head><title>RFI</title>{following}</head>"
        html = f"<!DOCTYPE html><html>{head}<body><main>{links}{pager}</main></body></html>"
        return _response(urljoin(ORIGIN, url), html)


def small_path(number: int) -> str:
    """Return the path of an article of `SmallSite`."""
    return f"/cn/{quote('国际')}/20230801-{quote('灯塔日志')}-{number}"


def _small_article(url: str, number: int) -> str:
    title = f"灯塔日志第{number}篇"
    facts = {
        "@context": "https://schema.org",
        "@type": "NewsArticle",
        "headline": title,
        "datePublished": "2023-08-01T12:00:00Z",
        "inLanguage": "zh-Hans",
    }
    lines = "".join(
        f"<p>第{number}夜第{line}班：北风，浪高{line}米，过往船只{number + line}艘，灯光正常。</p>" for line in range(8)
    )
    return (
        f'<!DOCTYPE html><html lang="zh-Hans"><head><meta charset="UTF-8"><title>{escape(title)}</title>'
        f'<link rel="canonical" href="{escape(url)}">'
        f'<script type="application/ld+json">[{json.dumps(facts)}]</script></head><body><main><article>'
        f'<h1 class="t-content__title a-page-title">{title}</h1><p class="t-content__chapo">{title}的摘要。</p>'
        f'<p class="m-pub-dates"><time datetime="2023-08-01T12:00:00+00:00">01/08/2023 - 14:00</time></p>'
        f'<div class="t-content__body u-clearfix">{lines}</div></article></main></body></html>'
    )


def _response(url: str, text: str, content_type: str = "text/html; charset=UTF-8") -> ArchivedResponse:
    return ArchivedResponse(url=url, status=200, headers=(("Content-Type", content_type),), body=text.encode())
