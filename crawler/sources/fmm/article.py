"""From an article page of this platform to what it said."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from crawler.errors import PageNotUnderstood
from crawler.items import ScrapedArticle
from crawler.sources.fmm import old_platform, template
from crawler.sources.fmm.addresses import is_programme_page, programme_of, section_of
from crawler.sources.fmm.body import read_elements
from crawler.sources.fmm.claims import claims_of, stated_times
from crawler.sources.fmm.media import distinct_images, picture_address, read_images, read_media
from crawler.sources.fmm.pages import Page, cut_page, whole_page
from crawler.sources.fmm.titles import programme_beside, split_title
from crawler.sources.fmm.ways import template_of, ways_of
from storage.records import Image

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from crawler.sources.fmm.body import Reading
    from crawler.sources.fmm.editions import Edition
    from crawler.sources.fmm.parts import Parts

_AGENCIES = {"AFP": "AFP", "法新社": "AFP", "REUTERS": "Reuters", "路透社": "Reuters", "AP": "AP", "EFE": "EFE"}
_COPYRIGHT = re.compile(r"^[©Ⓒ]\s*(?:\d{4}\s+)?(?:\d{4}\s+)?([^\d\W][\w ./&-]{0,40}?)\s*$")


def read_article(edition: Edition, html: str, url: str) -> ScrapedArticle:
    """Read an article page: what it said, unjudged.

    A page of a sound or a film may have no body; its lead is then all of its text.

    Args:
        edition: Whose page it is.
        html: The page, decoded.
        url: Where it was answered.

    Raises:
        PageNotUnderstood: It has no title, no text or no publication time.
    """
    return read_article_utf8(edition, html.encode("utf-8", "replace"), url)


def read_article_utf8(edition: Edition, raw: bytes, url: str) -> ScrapedArticle:
    """Read an article page like `read_article`, of which only the tenth that is read is decoded.

    Args:
        edition: Whose page it is.
        raw: The page, in UTF-8 without a byte order mark; bytes that do not fit become U+FFFD.
        url: Where it was answered.

    Raises:
        PageNotUnderstood: It has no title, no text or no publication time.
    """
    page = cut_page(raw)
    article = _read(edition, page, url) if page else None
    if article is None or _missing(article):
        article = _read(edition, whole_page(raw), url)
    return _understood(article)


def read_article_whole(edition: Edition, raw: bytes, url: str) -> ScrapedArticle:
    """Read an article page like `read_article_utf8`, but from a parse of all of it: to hold the fast road against."""
    return _understood(_read(edition, whole_page(raw), url))


def agency_of(copyright_line: str, authors: Iterable[str] = ()) -> str | None:
    """Return the wire agency that a copyright line, or an author who is one, marks as the writer.

    >>> agency_of("© 2020 AFP")
    'AFP'
    >>> agency_of("", ["RFI avec AFP"])
    """
    match = _COPYRIGHT.match(copyright_line)
    for name in (match[1] if match else "", *authors):
        if agency := _AGENCIES.get(name.upper()):
            return agency
    return None


def text_of(reading: Reading) -> str | None:
    """Return a lead as one line; None when it has no text."""
    return " ".join(reading.paragraphs) or None


def _read(edition: Edition, page: Page, url: str) -> ScrapedArticle:
    parts = old_platform.find_parts(page) if old_platform.is_old(page) else template.find_parts(page)
    said, layer = page.statement, page.data_layer
    published_at, modified_at = stated_times(page, parts)
    canonical = _canonical_url(page)
    title, programme = _title(edition, page, parts, canonical or url)
    lead = read_elements(parts.lead, edition.origin)
    body = read_elements(parts.body, edition.origin)
    section = _section(edition, page, parts, canonical or url)
    authors = parts.authors or layer.authors or said.authors
    pictures, ways = list(_pictures(parts)), list(ways_of(page, parts, has_paragraphs=bool(body.paragraphs)))
    if images := pictures or list(_stated_image(page, parts)):
        ways.append(("images", "shown" if pictures else "stated"))
    return ScrapedArticle(
        url=url,
        source=edition.name,
        title=title or None,
        programme=programme,
        agency=agency_of(parts.copyright, authors),
        lead=text_of(lead),
        paragraphs=body.paragraphs,
        html=lead.html + body.html,
        published_at=published_at,
        modified_at=modified_at,
        canonical_url=canonical,
        authors=tuple(dict.fromkeys(authors)),
        section=section,
        tags=tuple(dict.fromkeys(_tags(page, parts, section, programme))),
        language=page.head.language or edition.language,
        images=distinct_images(images),
        media=read_media(parts.media, parts.films),
        alternates=tuple(_alternates(page)),
        content_id=layer.content_id or parts.content_id,
        claims=tuple(claims_of(page, parts, canonical or url)),
        template=template_of(edition, page, canonical or url),
        ways=tuple(ways),
    )


def _understood(article: ScrapedArticle) -> ScrapedArticle:
    if missing := _missing(article):
        raise PageNotUnderstood(article.url, missing, template=article.template)
    return article


def _missing(article: ScrapedArticle) -> tuple[str, ...]:
    needed = {
        "title": article.title,
        "text": article.lead or article.paragraphs,
        "published_at": article.published_at,
    }
    return tuple(name for name, value in needed.items() if not value)


def _canonical_url(page: Page) -> str | None:
    return page.head.canonical or page.meta("og:url") or page.statement.url or page.data_layer.canonical


def _title(edition: Edition, page: Page, parts: Parts, url: str) -> tuple[str, str | None]:
    """Return title and programme. The heading is the clean title; elsewhere the programme stands beside it."""
    known = (parts.programme, page.data_layer.programme, programme_of(edition, url))
    headings = (parts.title, page.data_layer.title, page.meta("og:title"), page.statement.title)
    title, programme = split_title(edition, next(filter(None, headings), ""), known)
    beside = (programme_beside(edition, said, title) for said in (page.meta("og:title"), page.statement.title) if title)
    return title, next(filter(None, (programme, *known, *beside)), None)


def _tags(page: Page, parts: Parts, *no_tags: str | None) -> Iterator[str]:
    """Yield the tags; where only keywords are stated, those without the section and the programme among them."""
    if tags := parts.tags or page.head.metas.get("article:tag") or page.data_layer.tags:
        yield from tags
        return
    stated = page.meta("keywords")
    keywords = stated.split(",") if stated else page.statement.keywords
    yield from (word for keyword in keywords if (word := keyword.strip()) and word not in no_tags)


def _section(edition: Edition, page: Page, parts: Parts, url: str) -> str | None:
    if is_programme_page(edition, url):
        return section_of(edition, url)
    stated = (parts.section, page.meta("article:section"), section_of(edition, url))
    return next(filter(None, stated), None)


def _pictures(parts: Parts) -> Iterator[Image]:
    caption, credit = parts.legend
    for image in read_images(parts.pictures):
        yield Image(url=image.url, caption=image.caption or caption, credit=image.credit or credit)
        caption, credit = None, None  # the legend is that of the main picture, which comes first


def _stated_image(page: Page, parts: Parts) -> Iterator[Image]:
    """Yield the first picture that the page states of itself, for one that shows none."""
    caption, credit = parts.legend
    for stated in (page.meta("og:image"), *page.statement.images):
        if address := picture_address(stated):
            yield Image(url=address, caption=caption, credit=credit)
            return


def _alternates(page: Page) -> Iterator[tuple[str, str]]:
    """Yield this story in other languages; the links to other editions' front pages, on every page, are none."""
    for language, address in page.head.alternates:
        path = address.partition("://")[2].partition("?")[0].strip("/").split("/")[1:]
        if language != "x-default" and (len(path) > 2 or any(part[:8].isdigit() for part in path)):
            yield language, address
