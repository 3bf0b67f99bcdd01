"""Where things stand on pages of the platform before 2018 (on some sites before 2020).

Its articles are ``article[data-bo-type]``; the lead is a heading, the body ``.bd`` or ``[itemprop=articleBody]``. The
``time`` elements give a day only; the exact instants are in the metas, with the right offset, while the JSON-LD of
the same page writes local time with a ``Z``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from crawler.sources.fmm.body import is_shown
from crawler.sources.fmm.media import split_credit
from crawler.sources.fmm.parts import Parts
from crawler.sources.fmm.trees import folded_text, found

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lxml.etree import _Element

    from crawler.sources.fmm.pages import Page

_AUTHORS = (
    "descendant::*[@itemprop='author']/descendant::a"
    " | descendant::*[contains(@class, 'author')]/descendant::a[not(contains(@class, 'twitter'))]"
)


def is_old(page: Page) -> bool:
    """Was this page made by the platform before 2018?"""
    return page.article is not None and page.article.get("data-bo-type") is not None


def find_parts(page: Page) -> Parts:
    """Find the parts of an article page of the old platform."""
    article = page.article
    if article is None:
        return Parts()
    titles = found(article, "descendant::h1")
    lead, body = _lead_and_body(article, page.in_article("intro")[:1])
    return Parts(
        title=folded_text(titles[0]) if titles else "",
        lead=tuple(lead),
        body=tuple(body),
        pictures=(*_main_pictures(article), *body),
        legend=_legend(article),
        media=(article,),
        films=tuple(
            element.get("data-ytplayer-id", "") for element in found(article, "descendant::*[@data-ytplayer-id]")
        ),
        authors=tuple(dict.fromkeys(filter(None, map(folded_text, found(article, _AUTHORS))))),
        tags=page.head.metas.get("article:tag", ()) or tuple(_tags(article)),
        section=next(
            map(folded_text, found(article, "descendant::*[contains(@class, 'category')]/descendant::a")), None
        ),
        programme=next((name for link in page.in_article("title-modal-edition") if (name := _own(link))), None),
        content_id=article.get("data-bo-nid"),
        copyright=next(map(folded_text, page.in_article("copyright")), ""),
    )


def _lead_and_body(article: _Element, intros: list[_Element]) -> tuple[list[_Element], list[_Element]]:
    """Return the elements of lead and body.

    The lead stands in ``.intro``, or is the first heading of the body when that begins with one.
    """
    bodies = found(article, "descendant::*[@itemprop='articleBody']")[:1] or found(article, "child::*[@class='bd']")[:1]
    content = [child for body in bodies for child in body if child not in intros and is_shown(child)]
    if not intros and content and content[0].tag == "h2":
        return content[:1], content[1:]
    return intros, content


def _main_pictures(article: _Element) -> Iterator[_Element]:
    yield from found(
        article,
        "descendant::header/descendant::figure | descendant::header/descendant::img | descendant::*[@itemprop='image']",
    )


def _legend(article: _Element) -> tuple[str | None, str | None]:
    """Return caption and credit: two ``small`` below the picture on RFI, one line on France 24."""
    smalls = [folded_text(small) for small in found(article, "descendant::header/descendant::*[@class='media']/small")]
    if smalls:
        return split_credit(" © ".join(filter(None, smalls)))
    lines = found(article, "descendant::header/descendant::figcaption")
    return split_credit(folded_text(lines[0])) if lines else (None, None)


def _tags(article: _Element) -> Iterator[str]:
    for link in found(article, "descendant::ul[contains(@class, 'tag')]/descendant::a"):
        if tag := folded_text(link):
            yield tag


def _own(link: _Element) -> str:
    return " ".join((link.text or "").split())
