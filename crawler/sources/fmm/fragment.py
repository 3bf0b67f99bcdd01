"""From the archived fragment of a seed file to what it said.

A collector kept the inside of the article page: the printed time, the main picture, the lead, the body; later also
the share block, the authors, and a footer of its own. Which classes survive depends on the year, so the parts are
told by their order: whatever comes first is what it looks like.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import unquote

from crawler.errors import PageNotUnderstood
from crawler.items import ScrapedArticle
from crawler.sources.fmm.addresses import programme_of, section_of
from crawler.sources.fmm.article import agency_of, text_of
from crawler.sources.fmm.body import is_shown, read_elements
from crawler.sources.fmm.claims import url_claims
from crawler.sources.fmm.dates import printed_time
from crawler.sources.fmm.editions import ZONE
from crawler.sources.fmm.media import distinct_images, read_images, read_media
from crawler.sources.fmm.titles import split_title
from crawler.sources.fmm.trees import folded_text, found, tree_of, with_class
from storage.records import Claim

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from lxml.etree import _Element

    from crawler.items import SeedFile
    from crawler.sources.fmm.editions import Edition

# The collector dropped line ends between a tag's name and its attributes: ``<divclass="…"``, ``<sourcetype="…"``.
_GLUED = re.compile(
    r"<(div|source|span|img|button|iframe|figure|picture|script|video-player|youtube-player|play-media|"
    r"add-to-playlist|diaporama-fullscreen|diaporama|a|p)(?=[a-z@:][\w:.@-]*\s*=)"
)
_LARGEST_SOUP = 300_000  # characters; the largest fragment seen has 60,000, and soup costs 10 times a sound one
_ONLY_TIME = re.compile(r"\d{2}/\d{2}/\d{4}\s*-\s*\d{2}:\d{2}")
_SHARES = ("facebook.com/dialog", "facebook.com/sharer", "whatsapp://", "twitter.com/intent", "x.com/intent")
_AUTHOR_PATHS = ("/作者/", "/auteur/", "/author/")
_LABELS = frozenset(
    {"广告", "廣告", "Publicité", "Advertising", "继续浏览后续", "繼續瀏覽後續", "订阅", "分享 :", "分享："}
)
"""What stands around the body beside any paragraph; not text of the article."""


@dataclass(slots=True)
class _Found:
    """The parts of a fragment, as they are met."""

    printed: str = ""
    lead: list[_Element] = field(default_factory=list)
    body: list[_Element] = field(default_factory=list)
    pictures: list[_Element] = field(default_factory=list)
    beside: list[_Element] = field(default_factory=list)
    """Embeds that stand beside the body, for their pictures and players."""
    authors: list[str] = field(default_factory=list)
    is_over: bool = False


def read_seed(edition: Edition, seed: SeedFile) -> ScrapedArticle:
    """Read a seed file: the archived fragment, and the header above it.

    Raises:
        PageNotUnderstood: It has no title, no text or no printed time.
    """
    tree = tree_of(_mended(seed.fragment))
    parts = _Found()
    if tree is not None:
        for element in _top(tree):
            _sort(element, parts)
    title, programme = split_title(edition, seed.title, (programme_of(edition, seed.url),))
    published_at = printed_time(parts.printed, ZONE)
    lead = read_elements(parts.lead, edition.origin)
    body = read_elements(parts.body, edition.origin, labels=_LABELS)
    missing = _missing(title=title, text=lead.paragraphs or body.paragraphs, published_at=published_at)
    if missing:
        raise PageNotUnderstood(seed.url, missing)
    return ScrapedArticle(
        url=seed.url,
        source=edition.name,
        title=title,
        programme=programme or programme_of(edition, seed.url),
        agency=agency_of(_copyright(tree), parts.authors),
        lead=text_of(lead),
        paragraphs=body.paragraphs,
        html=lead.html + body.html,
        published_at=published_at,
        observed_at=seed.observed_at,
        authors=tuple(dict.fromkeys(parts.authors)),
        section=section_of(edition, seed.url),
        language=edition.language,
        images=distinct_images(read_images((*parts.pictures, *parts.body, *parts.beside))),
        media=read_media((*parts.body, *parts.beside)),
        claims=tuple(_claims(seed, published_at)),
    )


def _mended(fragment: str) -> str:
    """Return a fragment with its glued tags taken apart.

    Around them the rest is soup as well (attributes glued to attributes, players never closed), which BeautifulSoup
    puts in order; a sound fragment does not need it.
    """
    mended, glued_tags = _GLUED.subn(r"<\1 ", fragment)
    if not glued_tags or len(mended) > _LARGEST_SOUP:
        return mended
    # few fragments are soup: who meets none does without it
    from bs4 import BeautifulSoup  # noqa: PLC0415 -- see above

    return str(BeautifulSoup(mended, "html.parser"))


def _top(tree: _Element) -> Iterator[_Element]:
    """Yield the elements at the top of a fragment; a wrapper around all of them (variant A) is opened."""
    for body in found(tree, "descendant-or-self::body"):
        for element in body:
            if element.tag == "div" and any(_is_time(child) for child in element):
                yield from element
            else:
                yield element


def _sort(element: _Element, parts: _Found) -> None:
    """Put one element where it belongs; elements come in page order."""
    if parts.is_over or not isinstance(element.tag, str):
        return
    text = folded_text(element)
    if not parts.printed and _is_time(element):
        parts.printed = text
    elif (element.tag == "hr" and (parts.lead or parts.body)) or text.startswith("获取更多RSS"):
        parts.is_over = True  # the collector's footer
    elif element.tag in ("img", "figure", "picture"):
        parts.pictures.append(element)
    elif element.tag == "p" and not parts.body and not parts.lead and found(element, "descendant::strong"):
        parts.lead.append(element)
    elif element.tag == "div" and _is_beside_text(element):
        parts.authors.extend(_authors(element))
    elif is_shown(element):
        if last := found(element, "descendant-or-self::p[normalize-space()][last()]"):
            _mark_copyright(last[-1])
        parts.body.append(element)
    else:
        parts.beside.append(element)


def _is_time(element: _Element) -> bool:
    return element.tag in ("div", "p") and _ONLY_TIME.fullmatch(folded_text(element)) is not None


def _is_beside_text(element: _Element) -> bool:
    """Is this a share block or a block of authors? Neither holds a paragraph, a body does."""
    if found(element, "descendant::p") or "t-content__body" in (element.get("class") or ""):
        return False
    addresses = [unquote(str(link.get("href"))) for link in found(element, "descendant::a[@href]")]
    return folded_text(element).startswith("分享") or any(
        mark in address for address in addresses for mark in (*_SHARES, *_AUTHOR_PATHS)
    )


def _authors(element: _Element) -> Iterator[str]:
    for link in found(element, "descendant::a[@href]"):
        if any(path in unquote(str(link.get("href"))) for path in _AUTHOR_PATHS) and (name := folded_text(link)):
            yield name


def _mark_copyright(paragraph: _Element) -> None:
    """Give the copyright line at the end of a body its class back, which collectors dropped from 2022 on."""
    if agency_of(folded_text(paragraph)):
        paragraph.set("class", "t-copyright")


def _copyright(tree: _Element | None) -> str:
    lines = with_class(tree, "t-copyright") if tree is not None else []
    return folded_text(lines[-1]) if lines else ""


def _missing(**needed: object) -> tuple[str, ...]:
    return tuple(name for name, value in needed.items() if not value)


def _claims(seed: SeedFile, published_at: datetime | None) -> Iterator[Claim]:
    if published_at:
        yield Claim(field="published_at", value=published_at.isoformat(), origin="printed")
    yield from url_claims(seed.url)
    yield Claim(field="observed_at", value=seed.observed_at.isoformat(), origin="seed-epoch")
    if stated := seed.front_matter.get("date"):
        yield Claim(field="observed_at", value=stated, origin="front-matter")
    yield Claim(field="title", value=seed.title, origin="seed-header")
    if stated := seed.front_matter.get("title"):
        yield Claim(field="title", value=stated, origin="front-matter")
