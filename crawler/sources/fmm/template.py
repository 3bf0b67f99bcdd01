"""Where things stand in the template since 2018.

It was rearranged about once a year (the lead before or after the main picture, authors above or below the body), so
nothing here asks for an order, only for classes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from crawler.sources.fmm.parts import Parts
from crawler.sources.fmm.trees import folded_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lxml.etree import _Element

    from crawler.sources.fmm.pages import Page


def find_parts(page: Page) -> Parts:
    """Find the parts of an article page of this template."""
    article = page.article
    if article is None:
        return Parts()
    bodies = page.in_article("t-content__body")[:1]
    main_media = page.in_article("t-content__main-media")
    players = page.in_article("o-podcast-header") + page.in_article("t-content__page-cta")
    copyrights = page.in_article("t-copyright")
    programmes = page.in_article("a-program-link")
    return Parts(
        title=folded_text(_title(page, article)),
        lead=tuple(page.in_article("t-content__chapo")[:1]),
        body=tuple(bodies),
        pictures=(*main_media, *bodies),
        media=(*players, *main_media, *bodies),
        times=tuple(_times(page)),
        authors=tuple(_authors(page)),
        tags=tuple(_tags(page)),
        section=_section(page),
        programme=folded_text(programmes[0]) or None if programmes else None,
        copyright=folded_text(copyrights[-1]) if copyrights else "",
    )


def _title(page: Page, article: _Element) -> _Element | None:
    titled = page.in_article("t-content__title") or page.in_article("a-page-title") or article.iter("h1")
    return next(iter(titled), None)


def _times(page: Page) -> Iterator[tuple[str, str]]:
    for place in page.in_article("m-pub-dates")[:1]:
        for time in place.iter("time"):
            yield time.get("datetime") or "", folded_text(time)


def _authors(page: Page) -> Iterator[str]:
    """Yield the names that stand where authors are printed, each once; some pages print them twice."""
    named = page.in_article("m-from-author__name")
    for place in () if named else page.in_article("t-content__authors"):
        named = [*named, *place.iter("a")]
    yield from dict.fromkeys(filter(None, map(folded_text, named)))


def _tags(page: Page) -> Iterator[str]:
    for place in page.around_article("t-content__tags"):
        for link in place.iter("a"):
            if tag := folded_text(link):
                yield tag


def _section(page: Page) -> str | None:
    """Return the second station of the breadcrumb; the first is the front page."""
    crumbs = page.around_article("m-breadcrumb__list")
    links = list(crumbs[0].iter("a")) if crumbs else []
    return folded_text(links[1]) or None if len(links) > 1 else None
