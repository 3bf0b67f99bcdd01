"""From a page of links to the articles it links to.

Menus, tags, players, sponsored blocks and the sister sites' cards stand between the articles, so links are taken only
from the places where cards stand, and of those only the ones that look like articles of the edition itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urljoin

from crawler.errors import PageNotUnderstood
from crawler.items import ArticleLink, Listing
from crawler.sources.fmm.addresses import is_article
from crawler.sources.fmm.dates import listed_time
from crawler.sources.fmm.editions import ZONE
from crawler.sources.fmm.trees import class_names, folded_text, found, tree_of
from storage.identity import canonical_url

if TYPE_CHECKING:
    from datetime import datetime

    from lxml.etree import _Element

    from crawler.sources.fmm.editions import Edition


def _has(name: str) -> str:
    return f"contains(concat(' ', normalize-space(@class), ' '), ' {name} ')"


# Cards, the live column, carousels, the front block, the daily archive.
_CARDS = frozenset(
    {"m-item-list-article", "m-item-news-feed", "m-carousel-item__title", "article__title", "o-archive-day__list"}
)
_PAID = frozenset({"aside-content--highlighted", "aside-content--sponsors"})
_OLD_LIST = (
    "descendant::ul[contains(concat(' ', @class, ' '), ' list ') or @id='articleList']/li[@data-bo-type]//a[@href]"
)
_OLD_ANY = "descendant::*[@data-bo-type='article' or @data-bo-type='depeche' or @data-bo-type='edition']//a[@href]"
_CARD = (
    f"ancestor-or-self::*[self::li or {_has('m-item-list-article')} or {_has('m-item-news-feed')} or "
    f"{_has('o-layout-list__item')}][1]"
)
_TITLED = f"descendant::*[{_has('article__title')}]"
_NEXT = (
    "descendant::link[@rel='next'][@href] | descendant::a[@rel='next'][@href] | "
    f"descendant::a[{_has('btn-load-more')}][@data-href or @href]"
)


def read_listing(edition: Edition, html: str, url: str) -> Listing:
    """Read a front page, a section page, a tag page or a day of the archive.

    Args:
        edition: Whose page it is; links to anything else are dropped.
        html: The page, decoded.
        url: Where it was answered; links are completed with it.

    Raises:
        PageNotUnderstood: Nothing on it looks like an article of the edition.
    """
    tree = tree_of(html)
    links: dict[str, ArticleLink] = {}
    for anchor in _anchors(tree) if tree is not None else ():
        address = _absolute(anchor.get("href"), url)
        canonical = _canonical(address)
        if address and canonical and is_article(edition, canonical):
            met = links.get(canonical)
            printed_at, is_day_only = _printed_at(anchor)
            if met is not None and met.printed_at is not None:
                printed_at, is_day_only = met.printed_at, met.is_day_only
            links[canonical] = ArticleLink(
                url=met.url if met else address,
                title=(met.title if met else None) or _title(anchor),
                printed_at=printed_at,
                is_day_only=is_day_only,
            )
    if tree is None or not links:
        raise PageNotUnderstood(url, ("links",))
    return Listing(
        url=url,
        links=tuple(links.values()),
        next_url=_next_url(tree, url),
        claimed_total=_claimed_total(tree),
    )


def _anchors(tree: _Element) -> list[_Element]:
    return _current_anchors(tree) or found(tree, _OLD_LIST) or found(tree, _OLD_ANY)


def _current_anchors(tree: _Element) -> list[_Element]:
    """Return the links of the current platform's cards; a seventh of the time that XPath takes for the same."""
    places: dict[_Element, _Place] = {}
    anchors = []
    for anchor in tree.iter("a"):
        if anchor.get("href") is None:
            continue
        place = _place_of(anchor.getparent(), places)
        if place.is_paid:
            continue
        # the card of 2022 is itself inside its link
        is_marked = anchor.get("data-article-item-link") is not None
        if is_marked or place.is_card or (len(anchor) and found(anchor, _TITLED)):
            anchors.append(anchor)
    return anchors


class _Place(NamedTuple):
    """What an element stands on, itself included."""

    is_card: bool
    is_paid: bool


def _place_of(element: _Element | None, places: dict[_Element, _Place]) -> _Place:
    """Return the place of an element, from that of the nearest known element above it."""
    unknown: list[_Element] = []
    while element is not None and element not in places:
        unknown.append(element)
        element = element.getparent()
    place = places[element] if element is not None else _Place(is_card=False, is_paid=False)
    for one in reversed(unknown):
        is_card = place.is_card or not _CARDS.isdisjoint(class_names(one.get("class", "")))
        is_paid = place.is_paid or (one.tag == "aside" and one.get("data-org-type") in _PAID)
        place = places[one] = _Place(is_card, is_paid)
    return place


def _title(anchor: _Element) -> str | None:
    """Return the title printed in a link; a link around a picture has none."""
    for path in (_TITLED, "descendant::h2 | descendant::h3"):
        if titled := found(anchor, path):
            return folded_text(titled[0]) or None
    if found(anchor, "descendant::img | descendant::picture"):
        return None
    return folded_text(anchor) or None


def _printed_at(anchor: _Element) -> tuple[datetime | None, bool]:
    """Return the time on the card that a link stands on, and whether it is a bare date.

    None when the card holds more than this one article.
    """
    for card in found(anchor, _CARD):
        times = found(card, "descendant::time[@datetime]")
        if len(times) == 1:
            stated = times[0].get("datetime") or ""
            printed_at = listed_time(stated, ZONE)
            return printed_at, printed_at is not None and "T" not in stated
    return None, False


def _claimed_total(tree: _Element) -> int | None:
    """Return how many articles the listing of the platform before 2020 says it has."""
    for element in found(tree, "descendant::*[@data-globalcount]"):
        stated = element.get("data-globalcount") or ""
        if stated.isdecimal():
            return int(stated[:9])
    return None


def _next_url(tree: _Element, url: str) -> str | None:
    for element in found(tree, _NEXT):
        address = _absolute(element.get("data-href") or element.get("href"), url)
        if address and address != url:
            return address
    return None


def _absolute(href: str | None, url: str) -> str | None:
    """Return a link's address, completed and without its fragment; None when it is no web address."""
    try:
        address = urljoin(url, (href or "").strip()).partition("#")[0]
    except ValueError:  # an unclosed bracket in the host
        return None
    return address if address.startswith(("http://", "https://")) else None


def _canonical(address: str | None) -> str | None:
    try:
        return canonical_url(address) if address else None
    except ValueError:
        return None
