"""The local site: any folder of seed files as an RFI-shaped website.

`SeedSite` is an archive: it answers under the real ``https://www.rfi.fr/…`` URLs with article pages, listings with
pagination, a daily archive, feeds, sitemaps and robots.txt, and with 404 for the rest. Serve it with
`crawler.archives.serve`, crawl it without sockets with `crawler.archives.handler`.
"""

from __future__ import annotations

import functools
import hashlib
import zlib
from dataclasses import dataclass
from email.utils import format_datetime
from typing import TYPE_CHECKING, Self
from urllib.parse import unquote, urlsplit

from crawler.archives import site_days, site_feeds, site_listings
from crawler.archives.base import ArchivedResponse
from crawler.archives.site_article import main
from crawler.archives.site_cards import footer, header
from crawler.archives.site_index import ORIGIN, read_index, read_story
from crawler.archives.site_metadata import head
from crawler.archives.site_page import ArticlePage
from crawler.archives.site_shell import pictograms, script, style
from crawler.archives.site_words import words_of
from crawler.errors import BadInput
from storage.identity import canonical_url

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime
    from pathlib import Path

    from crawler.archives.site_index import Edition, SiteIndex, Story
    from crawler.archives.site_shell import Release
    from crawler.errors import SeedFileError, UnknownSource
    from crawler.items import ScrapedArticle

_HTML = "text/html; charset=UTF-8"
_XML = "application/xml; charset=UTF-8"
_RSS = "application/rss+xml; charset=UTF-8"
_TEXT = "text/plain; charset=UTF-8"

_KEPT_ARTICLES = 1000  # about 40 kB each without the boilerplate they share
_KEPT_LISTINGS = 200  # about 300 kB each


class SeedSite:
    """An archive that answers as www.rfi.fr would if it had published the seed files of some folders.

    Of several files with the same URL the one observed last is shown. Safe to use from several threads.

    Args:
        folders: Searched at any depth.

    Raises:
        BadInput: A folder does not exist, or holds no seed file of RFI.
    """

    def __init__(self, folders: Iterable[Path]) -> None:
        named = tuple(folders)
        index = read_index(named)
        if not index.stories:
            raise BadInput(f"no seed files of RFI in {', '.join(map(str, named))}")
        self._show(index)

    @classmethod
    def of(cls, index: SiteIndex) -> Self:
        """Return the site of an index."""
        site = cls.__new__(cls)
        site._show(index)
        return site

    def _show(self, index: SiteIndex) -> None:
        self.index = index
        self._article = functools.lru_cache(_KEPT_ARTICLES)(self._render_article)
        self._listing = functools.lru_cache(_KEPT_LISTINGS)(self._render_listing)
        self._around = functools.cache(self._render_around)
        self._missing = functools.cache(self._render_missing)

    @property
    def editions(self) -> tuple[Edition, ...]:
        """The editions that have stories, by prefix."""
        return tuple(self.index.editions[prefix] for prefix in sorted(self.index.editions))

    @property
    def article_urls(self) -> tuple[str, ...]:
        """Canonical URLs of all articles, in no particular order."""
        return tuple(self.index.stories)

    @property
    def refused(self) -> tuple[SeedFileError | UnknownSource, ...]:
        """Why files of the folders are not shown."""
        return self.index.refused

    def lookup(self, url: str) -> ArchivedResponse | None:
        """Return the page under a URL in any spelling; a 404 for what the site does not have, None for other hosts."""
        try:
            key = canonical_url(url)
        except ValueError:
            return None
        if not key.startswith(f"{ORIGIN}/"):
            return None
        try:
            page = self._article(key) if key in self.index.stories else self._listing(key)
        except _NoSuchPage:
            prefix = urlsplit(key).path.split("/")[1]
            if not self.index.editions:
                return ArchivedResponse(url=key, status=404, headers=(("Content-Type", _TEXT),), body=b"")
            page = self._missing(prefix if prefix in self.index.editions else self.editions[0].prefix)
        return ArchivedResponse(url=key, status=page.status, headers=page.headers, body=b"".join(page.parts))

    def _render_article(self, key: str) -> _Page:
        story = self.index.stories[key]
        edition = self._edition(story.source.home_url)
        seed, article = read_story(story)
        page = ArticlePage(
            edition=edition,
            story=story,
            article=article,
            fragment=seed.fragment,
            origin=ORIGIN,
            same_topic=_others(story, edition.sections[story.sections[-1]], 3),
            other_news=_others(story, edition.stories, 12),
        )
        around = self._around(edition.prefix, page.release)
        parts = (head(page).encode(), around.before_main, main(page).encode(), around.after_main)
        return _page(parts, _HTML, story.observed_at, vary_by=page.release.name)

    def _render_around(self, prefix: str, release: Release) -> _Boilerplate:
        return _boilerplate(self.index.editions[prefix], release)

    def _render_listing(self, key: str) -> _Page:
        segments = [unquote(segment) for segment in urlsplit(key).path.split("/") if segment]
        match segments:
            case []:
                return _redirect(f"/{self.editions[0].prefix}/")
            case ["robots.txt"]:
                text = site_feeds.robots_txt(self.editions, ORIGIN)
                return _page((text.encode(),), _TEXT, max(map(_newest, self.editions)))
            case ["sitemaps", prefix, name] if prefix in self.index.editions:
                edition = self.index.editions[prefix]
                return _page((_sitemap(edition, name).encode(),), _XML, _newest(edition))
            case [prefix, *section, "rss"] if prefix in self.index.editions:
                edition = self.index.editions[prefix]
                return _page((_feed(edition, "/".join(section)).encode(),), _RSS, _newest(edition))
            case [prefix, "archives", _, _, *_] if prefix in self.index.editions:
                edition = self.index.editions[prefix]
                html = site_days.archive_page(edition, ORIGIN, urlsplit(key).path)
                if html is None:
                    raise _NoSuchPage(key)
                return _page((html.encode(),), _HTML, _newest(edition))
            case [prefix, *rest] if prefix in self.index.editions:
                edition = self.index.editions[prefix]
                return _page((_listing_html(edition, rest).encode(),), _HTML, _newest(edition))
        raise _NoSuchPage(key)

    def _edition(self, home_url: str) -> Edition:
        return self.index.editions[urlsplit(home_url).path.strip("/")]

    def _render_missing(self, prefix: str) -> _Page:
        body = site_listings.missing_page(self.index.editions[prefix], ORIGIN).encode()
        return _Page(parts=(body,), headers=(("Content-Type", _HTML),), status=404)


class _NoSuchPage(LookupError):
    """The site has nothing under this address."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Page:
    """A rendered page; parts that pages share are the same objects."""

    parts: tuple[bytes, ...]
    headers: tuple[tuple[str, str], ...]
    status: int = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class _Boilerplate:
    """What stands before and behind ``<main>`` of every article of one edition in one release of the template."""

    before_main: bytes
    after_main: bytes


def _boilerplate(edition: Edition, release: Release) -> _Boilerplate:
    words = words_of(edition.source.language)
    before = (
        f'    {style(release)}\n</head>\n<body class="u-header-sticky u-header-with-tag-list">\n'
        f"{pictograms(release)}\n{header(edition, words)}\n"
    )
    after = f"\n{footer(edition)}\n{script(release)}\n</body>\n</html>\n"
    return _Boilerplate(before_main=before.encode(), after_main=after.encode())


def _sitemap(edition: Edition, name: str) -> str:
    if name == "index.xml":
        return site_feeds.sitemap_index(edition, ORIGIN)
    if name == "news.xml":
        return site_feeds.news_map(edition, _read(site_feeds.recent(edition)))
    stories = site_feeds.months(edition).get(name.removeprefix("contents_").removesuffix(".xml"))
    if stories is None or not name.startswith("contents_") or not name.endswith(".xml"):
        raise _NoSuchPage(name)
    return site_feeds.month_map(stories)


def _feed(edition: Edition, section: str) -> str:
    if section and section not in edition.sections:
        raise _NoSuchPage(section)
    stories = edition.sections[section] if section else edition.stories
    return site_feeds.rss(edition, ORIGIN, section, _read(stories[: site_feeds.RSS_ITEMS]))


def _read(stories: Iterable[Story]) -> Iterator[tuple[Story, ScrapedArticle]]:
    return ((story, read_story(story)[1]) for story in stories)


def _listing_html(edition: Edition, segments: list[str]) -> str:
    """Return a front or section page: ``<section>/`` or ``<section>/<N>/``, the front page without a section."""
    is_numbered = bool(segments) and segments[-1].isascii() and segments[-1].isdigit() and len(segments[-1]) < 7
    page = int(segments[-1]) if is_numbered else 1
    section = "/".join(segments[:-1] if is_numbered else segments)
    if section and section not in edition.sections:
        raise _NoSuchPage(section)
    if not 1 <= page <= site_listings.last_page(edition, section):
        raise _NoSuchPage(f"{section} {page}")
    if section:
        return site_listings.section_page(edition, ORIGIN, section, page)
    return site_listings.front_page(edition, ORIGIN, page)


def _page(parts: tuple[bytes, ...], content_type: str, modified_at: datetime, *, vary_by: str = "") -> _Page:
    """Return a page with its validators: a strong ETag over its own parts, and the time its newest story was seen."""
    digest = hashlib.blake2b(vary_by.encode(), digest_size=16)
    for part in parts:
        digest.update(part)
    headers = (
        ("Content-Type", content_type),
        ("ETag", f'"{digest.hexdigest()}"'),
        ("Last-Modified", format_datetime(modified_at, usegmt=True)),
    )
    return _Page(parts=parts, headers=headers)


def _redirect(location: str) -> _Page:
    return _Page(parts=(), headers=(("Location", location), ("Content-Type", _TEXT)), status=302)


def _newest(edition: Edition) -> datetime:
    return max(story.observed_at for story in edition.stories)


def _others(story: Story, stories: tuple[Story, ...], count: int) -> list[Story]:
    """Return some other stories, always the same for a story of a site."""
    start = zlib.crc32(story.url.encode()) % len(stories)
    chosen = (stories[(start + step) % len(stories)] for step in range(min(count + 1, len(stories))))
    return [other for other in chosen if other.url != story.url][:count]
