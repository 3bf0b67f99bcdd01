"""What the local site knows before anybody asks: which stories there are, and on which listings they stand.

Folders of seed files come in; editions with their stories, newest first, go out. Only headers are kept: a fragment is
read again when its page is asked for, so that ten thousand seed files cost megabytes and not a gigabyte.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Protocol
from urllib.parse import unquote, urlsplit

from crawler.archives.seeds import find_seed_files, parse_seed
from crawler.errors import PageNotUnderstood, SeedFileError, UnknownSource
from crawler.items import ScrapedArticle
from crawler.sources import source_of
from storage.identity import canonical_url

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date
    from pathlib import Path

    from crawler.items import SeedFile
    from crawler.sources.base import Source

ORIGIN = "https://www.rfi.fr"

# DD/MM/YYYY - HH:MM, local time of the source's zone
_PRINTED = re.compile(r"(\d\d)/(\d\d)/(\d{4}) - (\d\d):(\d\d)")

_PICTURE = re.compile(r'<img\b[^>]*?\bsrc="(https://s\.rfi\.fr/media/display/[^"]+)"')

# Titles of archived pages end in the site's name
_SITE_SUFFIX = re.compile(r"\s+[–-]\s+法国国际广播电台\s+-\s+RFI\s*$")

# Until 2020-11 the wire had a section of its own; later wire stories stand right under the edition.
WIRE_SECTION = "contenu"


class StoryEdit(Protocol):
    """One edit of a story: made anew whenever its seed file is read."""

    def of_seed(self, seed: SeedFile) -> SeedFile:
        """Return the seed file as if the edited article had been archived."""

    def of_article(self, article: ScrapedArticle) -> ScrapedArticle:
        """Return what the edited seed file says, with what only a page can state."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """The header of one seed file: what a listing needs to print a link."""

    url: str
    """Canonical."""
    href: str
    """As listings print it: without scheme and host."""
    title: str
    """As listings print it: the names of site and programme cut off."""
    published_at: datetime
    """As printed, in UTC; for order and listings only, the page itself prints what the source's reader read."""
    observed_at: datetime
    sections: tuple[str, ...]
    """Decoded paths under the edition, such as ``("专栏检索", "专栏检索/要闻分析")``; never empty."""
    image: str | None
    """Address of the picture as the seed file has it; None if there is none or only the default one."""
    path: Path
    source: Source
    edits: tuple[StoryEdit, ...] = ()
    """What was edited since; the seed file itself stays as it is."""

    @property
    def is_wire(self) -> bool:
        """Does it stand among the wire stories?"""
        return self.sections == (WIRE_SECTION,)


@dataclass(frozen=True, slots=True, kw_only=True)
class Edition:
    """One edition of the site, such as ``/cn/``."""

    source: Source
    prefix: str
    """Path segment, such as ``cn``."""
    stories: tuple[Story, ...]
    """Newest first."""
    sections: dict[str, tuple[Story, ...]]
    """Decoded path -> stories, newest first; the source's own section pages first, even when they are empty."""
    days: dict[date, tuple[Story, ...]]
    """Day of publication, local time -> stories in the order of the day."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteIndex:
    """All editions of a site, and every story by canonical URL."""

    editions: dict[str, Edition]
    """By prefix."""
    stories: dict[str, Story]
    refused: tuple[SeedFileError | UnknownSource, ...]
    """Seed files that are not shown: broken ones, and those of publishers that no source reads."""


def read_index(folders: Iterable[Path]) -> SiteIndex:
    """Read the headers of all seed files under some folders.

    Of several files of one URL the one observed last is kept.
    """
    stories: dict[str, Story] = {}
    refused: list[SeedFileError | UnknownSource] = []
    for path in find_seed_files(folders):
        try:
            story = _read_story(path)
        except (SeedFileError, UnknownSource) as error:
            refused.append(error)
            continue
        known = stories.get(story.url)
        if known is None or known.observed_at <= story.observed_at:
            stories[story.url] = story
    by_source: dict[str, list[Story]] = defaultdict(list)
    for story in stories.values():
        by_source[story.source.name].append(story)
    editions = (edition_of(group) for group in by_source.values())
    return SiteIndex(editions={e.prefix: e for e in editions}, stories=stories, refused=tuple(refused))


def read_seed_file(path: Path) -> SeedFile:
    """Read one seed file.

    Raises:
        SeedFileError: It breaks the format.
    """
    return parse_seed(path.read_bytes(), str(path))


def read_story(story: Story) -> tuple[SeedFile, ScrapedArticle]:
    """Read a story's seed file, and what its source makes of it.

    A seed file that the source does not understand (a broadcast without a text, say) still has a page, as on the real
    site; then only the header speaks.
    """
    seed = read_seed_file(story.path)
    for edit in story.edits:
        seed = edit.of_seed(seed)
    try:
        article = story.source.read_seed(seed)
    except PageNotUnderstood as error:
        published_at = None if "published_at" in error.missing else story.published_at
        article = ScrapedArticle(url=seed.url, source=story.source.name, title=story.title, published_at=published_at)
    for edit in story.edits:
        article = edit.of_article(article)
    return seed, article


def _read_story(path: Path) -> Story:
    seed = read_seed_file(path)
    try:
        url = canonical_url(seed.url)
    except ValueError as error:
        raise SeedFileError(str(path), 1, f"its URL is no URL: {error}") from error
    source = source_of(url)
    if source is None or not source.home_url.startswith(f"{ORIGIN}/"):
        raise UnknownSource(url)
    sections = sections_of(url, source)
    picture = _PICTURE.search(seed.fragment)
    return Story(
        url=url,
        href=urlsplit(url).path,
        title=_listed_title(seed.title, sections[-1]),
        published_at=_printed_at(seed, source),
        observed_at=seed.observed_at,
        sections=sections,
        image=picture.group(1) if picture else None,
        path=path,
        source=source,
    )


def _listed_title(title: str, section: str) -> str:
    """Cut off what archived titles carry behind the story's own: the site's name, and its programme's."""
    listed = " ".join(_SITE_SUFFIX.sub("", title).split())
    return listed.removesuffix(f" - {section.rpartition('/')[2]}") or listed


def _printed_at(seed: SeedFile, source: Source) -> datetime:
    found = _PRINTED.search(seed.fragment)
    if found is None:
        return seed.observed_at
    day, month, year, hour, minute = map(int, found.groups())
    try:
        return datetime(year, month, day, hour, minute, tzinfo=source.zone).astimezone(UTC)
    except ValueError:
        return seed.observed_at


def section_path(url: str, source: Source) -> tuple[str, ...]:
    """Return the decoded segments of a URL's path below the edition's prefix."""
    path = urlsplit(url).path.removeprefix(urlsplit(source.home_url).path.rstrip("/"))
    return tuple(unquote(segment) for segment in path.split("/") if segment)


def sections_of(url: str, source: Source) -> tuple[str, ...]:
    """Return the decoded paths of the sections that a story stands in by its URL; never empty."""
    above = section_path(url, source)[:-1]
    return tuple("/".join(above[: depth + 1]) for depth in range(len(above))) or (WIRE_SECTION,)


def edition_of(stories: list[Story]) -> Edition:
    """Return the edition that some stories of one source make up."""
    source = stories[0].source
    newest_first = sorted(stories, key=lambda story: (story.published_at, story.url), reverse=True)
    sections: dict[str, list[Story]] = {"/".join(section_path(url, source)): [] for url in source.section_urls}
    sections.pop("", None)
    for story in newest_first:
        for section in story.sections:
            sections.setdefault(section, []).append(story)
    prefix = urlsplit(source.home_url).path.strip("/")
    kept = {section: tuple(group) for section, group in sections.items()}
    days: dict[date, list[Story]] = {}
    for story in reversed(newest_first):
        days.setdefault(story.published_at.astimezone(source.zone).date(), []).append(story)
    return Edition(
        source=source,
        prefix=prefix,
        stories=tuple(newest_first),
        sections=kept,
        days={day: tuple(group) for day, group in days.items()},
    )
