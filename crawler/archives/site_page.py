"""What an article page of the local site is made of: a seed file as its source read it, and the stories to link to."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from datetime import UTC, timedelta
from typing import TYPE_CHECKING
from urllib.parse import quote

from crawler.archives.site_shell import RELEASES
from crawler.archives.site_words import words_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from crawler.archives.site_index import Edition, Story
    from crawler.archives.site_shell import Release
    from crawler.archives.site_words import Words
    from crawler.items import ScrapedArticle


@dataclass(frozen=True, slots=True, kw_only=True)
class ArticlePage:
    """All that one article page is made of."""

    edition: Edition
    story: Story
    article: ScrapedArticle
    fragment: str
    origin: str
    """Scheme and host of the real site."""
    same_topic: Sequence[Story]
    other_news: Sequence[Story]

    @property
    def words(self) -> Words:
        """Labels in the edition's language."""
        return words_of(self.edition.source.language)

    @property
    def number(self) -> int:
        """A number that belongs to the URL, for all that may differ from page to page but not from day to day."""
        return zlib.crc32(self.story.url.encode())

    @property
    def release(self) -> Release:
        """The release of the template this page is in."""
        return RELEASES[self.number % len(RELEASES)]

    @property
    def sections(self) -> tuple[str, ...]:
        """Decoded paths of the sections that the URL names; empty for wire stories right under the edition."""
        return self.story.sections if self.article.section else ()

    @property
    def section(self) -> str | None:
        """What breadcrumb, tags and JSON-LD name; None where the URL names no section."""
        return self.sections[-1].rsplit("/", 1)[-1] if self.sections else None

    @property
    def title(self) -> str:
        """Clean title, as in the h1."""
        return self.article.title or self.story.title

    @property
    def headline(self) -> str:
        """Programme and title, as JSON-LD and og:title have them."""
        return f"{self.article.programme} - {self.title}" if self.article.programme else self.title

    @property
    def tags(self) -> tuple[str, ...]:
        """Keywords; a story without any is filed under its section."""
        return self.article.tags or ((self.section,) if self.section else ())

    @property
    def published(self) -> str:
        """Publication time as ISO 8601 with the offset +00:00; empty if the seed file prints none."""
        published_at = self.article.published_at
        return published_at.astimezone(UTC).isoformat(timespec="seconds") if published_at else ""

    @property
    def modified(self) -> str:
        """Edit time as `published`; on a third of the pages seconds before it, as on the real ones."""
        modified_at = self.article.modified_at or self.article.published_at
        if modified_at is None:
            return ""
        early = timedelta(seconds=self.number % 8 + 1 if self.number % 3 == 0 and not self.article.modified_at else 0)
        return (modified_at.astimezone(UTC) - early).isoformat(timespec="seconds")

    def author_href(self, name: str) -> str:
        """Return the root-relative address of an author's page, which this site does not have."""
        return quote(f"/{self.edition.prefix}/作者/{name}/")

    @property
    def picture(self) -> str | None:
        """Address of the main picture; None if the story has none above its body."""
        return self.story.image if self.article.images else None
