"""By which way each field of an article was read: from the place the template has for it, or from a stand-in.

Readers have several ways to most fields, so a changed layout often changes no field at all at first. It changes the
ways, and `crawler.monitors` sees that.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from crawler.sources.fmm import old_platform
from crawler.sources.fmm.addresses import is_programme_page, section_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from crawler.sources.fmm.editions import Edition
    from crawler.sources.fmm.pages import Page
    from crawler.sources.fmm.parts import Parts

# Until 2020-11 the wire had a section of its own in addresses; it is none of the newsroom's.
_WIRE = (None, "contenu")


def template_of(edition: Edition, page: Page, url: str) -> str:
    """Return the name of the template of an article page, such as ``current story``.

    Wire stories have no lead and no author, programmes have sounds: they are templates of their own here. Which one a
    page is says its address, so that no change of the layout makes it another.
    """
    platform = "old" if old_platform.is_old(page) else "current"
    if is_programme_page(edition, url):
        return f"{platform} programme"
    return f"{platform} wire" if section_of(edition, url) in _WIRE else f"{platform} story"


def ways_of(page: Page, parts: Parts, *, has_paragraphs: bool) -> Iterator[tuple[str, str]]:
    """Yield (field, way) for each field that was read; an empty body, as films have, says nothing of paragraphs."""
    said, layer, head = page.statement, page.data_layer, page.head
    yield "article", "page" if page.article is page.body else "element"
    own_title = page.in_article("t-content__title") or page.in_article("a-page-title")
    yield from _first(
        "title",
        ("its place", parts.title if own_title else None),
        ("a heading", parts.title),
        ("datalayer", layer.title),
        ("og", page.meta("og:title")),
        ("json-ld", said.title),
    )
    if parts.lead:
        is_inside = any(above is page.article for above in parts.lead[0].iterancestors())
        yield "lead", "article" if is_inside else "page"
    if parts.body:
        yield "body", "one element" if len(page.in_article("t-content__body")) == 1 else "other elements"
    if parts.body and has_paragraphs:
        # the template's own paragraphs carry no class
        plain = (child for child in parts.body[0] if child.tag == "p" and not child.get("class"))
        yield "paragraphs", "elements p" if next(plain, None) is not None else "other elements"
    stated = parts.times[0] if parts.times else ("", "")
    yield from _first(
        "published_at",
        ("time", stated[0]),
        ("printed", stated[1]),
        ("meta", page.meta("article:published_time")),
        ("json-ld", said.published),
    )
    yield from _first("authors", ("markup", parts.authors), ("datalayer", layer.authors), ("json-ld", said.authors))
    yield from _first(
        "tags",
        ("markup", parts.tags),
        ("meta", head.metas.get("article:tag")),
        ("datalayer", layer.tags),
        ("keywords", page.meta("keywords") or said.keywords),
    )
    yield from _first("section", ("markup", parts.section), ("meta", page.meta("article:section")))
    yield from _first("content_id", ("datalayer", layer.content_id), ("markup", parts.content_id))
    yield from _first(
        "canonical_url",
        ("link", head.canonical),
        ("og", page.meta("og:url")),
        ("json-ld", said.url),
        ("datalayer", layer.canonical),
    )


def _first(field: str, *ways: tuple[str, object]) -> Iterator[tuple[str, str]]:
    """Yield the first way that leads to something."""
    for way, value in ways:
        if value:
            yield field, way
            return
