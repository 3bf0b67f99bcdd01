"""Where things stand in the template since 2018.

It was rearranged about once a year (the lead before or after the main picture, authors above or below the body), so
nothing here asks for an order, only for classes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from crawler.sources.fmm.parts import Parts
from crawler.sources.fmm.trees import first_with_class, folded_text, found, with_class

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lxml.etree import _Element

    from crawler.sources.fmm.pages import Page


def find_parts(page: Page) -> Parts:
    """Find the parts of an article page of this template."""
    article = page.article
    if article is None:
        return Parts()
    leads = with_class(article, "t-content__chapo")[:1]
    bodies = with_class(article, "t-content__body")[:1]
    main_media = with_class(article, "t-content__main-media")
    players = with_class(article, "o-podcast-header") + with_class(article, "t-content__page-cta")
    copyrights = with_class(article, "t-copyright")
    return Parts(
        title=folded_text(_title(article)),
        lead=tuple(leads),
        body=tuple(bodies),
        pictures=(*main_media, *bodies),
        media=(*players, *main_media, *bodies),
        times=tuple(_times(article)),
        authors=tuple(_authors(article)),
        tags=tuple(_tags(page)),
        section=_section(page),
        programme=folded_text(first_with_class(article, "a-program-link")) or None,
        copyright=folded_text(copyrights[-1]) if copyrights else "",
    )


def _title(article: _Element) -> _Element | None:
    titled = first_with_class(article, "t-content__title", "a-page-title")
    return titled if titled is not None else next(iter(found(article, "descendant::h1")), None)


def _times(article: _Element) -> Iterator[tuple[str, str]]:
    for place in with_class(article, "m-pub-dates")[:1]:
        for time in found(place, "descendant::time"):
            yield str(time.get("datetime") or ""), folded_text(time)


def _authors(article: _Element) -> Iterator[str]:
    """Yield the names that stand where authors are printed, each once; some pages print them twice."""
    named = with_class(article, "m-from-author__name")
    for place in () if named else with_class(article, "t-content__authors"):
        named += found(place, "descendant::a")
    yield from dict.fromkeys(filter(None, map(folded_text, named)))


def _tags(page: Page) -> Iterator[str]:
    for place in with_class(page.body, "t-content__tags") if page.body is not None else ():
        for link in found(place, "descendant::a"):
            if tag := folded_text(link):
                yield tag


def _section(page: Page) -> str | None:
    """Return the second station of the breadcrumb; the first is the front page."""
    crumbs = first_with_class(page.body, "m-breadcrumb__list") if page.body is not None else None
    links = found(crumbs, "descendant::a") if crumbs is not None else []
    return folded_text(links[1]) or None if len(links) > 1 else None
