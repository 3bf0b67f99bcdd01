"""One page, parsed once: the article and the metas cut out of the bytes by marks, and only the cuts parsed.

Real pages weigh 250 to 550 kB, of which the article is a tenth; the rest is styles, scripts, pictograms and menus.
Where a mark is missing or stands where it should not, the whole page is parsed; both roads give the readers the same
elements.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from crawler.sources.fmm.head import Head, cut_head, read_head, read_head_of
from crawler.sources.fmm.scripts import DataLayer, Statement, read_data_layer, read_statement
from crawler.sources.fmm.trees import class_names, decoded, found, tree_of, with_class

if TYPE_CHECKING:
    from lxml.etree import _Element

_PICTOGRAM = re.compile(rb"<svg\b")


@dataclass(frozen=True, kw_only=True)
class Page:
    """What the readers need of one page."""

    raw: bytes
    """All of it, in UTF-8."""
    head: Head
    body: _Element | None
    """Holds the breadcrumb, the tags and the article; more may be in it."""
    is_cut: bool = False
    """True when there is nothing else in `body`."""
    json_ld: tuple[str, ...] = ()
    """The JSON-LD of the head; where it says nothing, that of the whole page is looked for."""
    article_end: int = 0
    """Where in `raw` the article ends, in bytes; scripts below it are looked for there first."""

    @cached_property
    def statement(self) -> Statement:
        """What the JSON-LD says."""
        return read_statement(self.raw, self.json_ld)

    @cached_property
    def data_layer(self) -> DataLayer:
        """What the data layer says."""
        return read_data_layer(self.raw, self.article_end)

    @cached_property
    def article(self) -> _Element | None:
        """The first ``article`` element with a title, or all of the body where there is none."""
        if self.body is None:
            return None
        for article in self.body.iter("article"):
            if next(article.iter("h1"), None) is not None:
                return article
        return self.body

    def in_article(self, name: str) -> list[_Element]:
        """Return the elements of the article that carry a class, in page order."""
        return self._classes.get(name, [])

    def around_article(self, name: str) -> list[_Element]:
        """Return the elements of the article and of what belongs to it outside that carry a class, in page order."""
        if self.is_cut or self.body is None:
            return self.in_article(name)
        return with_class(self.body, name)

    def meta(self, name: str) -> str | None:
        """Return the first meta of a name, or None."""
        return next(iter(self.head.metas.get(name, ())), None)

    @cached_property
    def _classes(self) -> dict[str, list[_Element]]:
        classes: dict[str, list[_Element]] = {}
        top = self.body if self.is_cut else self.article
        for element in top.iter("*") if top is not None else ():
            if attribute := element.get("class"):
                for name in class_names(attribute):
                    classes.setdefault(name, []).append(element)
        return classes


def cut_page(raw: bytes) -> Page | None:
    """Cut a page by its marks, and decode and parse the cuts; None when it has to be parsed whole."""
    head = cut_head(raw)
    if head is None:
        return None
    begin, title_at, end = _place(raw, head.end)
    if min(begin, title_at, end) < 0:
        return None
    has_body = raw.find(b"t-content__body", title_at, end) >= 0 or raw.find(b"t-content__body", end) < 0
    is_nested = raw.rfind(b"<article", begin, end) > begin
    has_comment = raw.find(b"<!--", begin, title_at) >= 0
    if not has_body or is_nested or has_comment:
        return None
    article_end = end
    crumb = raw.find(b"m-breadcrumb", head.end, begin)
    if crumb >= 0:
        begin = raw.rfind(b"<", head.end, crumb)
    related = raw.find(b"t-content__related", title_at, end)
    if related >= 0 and raw.find(b"t-content__tags", related, end) < 0 and raw.find(b"t-copyright", related, end) < 0:
        end = raw.rfind(b"<", begin, related)
    return Page(
        raw=raw,
        head=read_head(head.html),
        json_ld=head.json_ld,
        body=tree_of(_without_pictograms(raw, begin, end)),
        is_cut=True,
        article_end=article_end,
    )


def _place(raw: bytes, head_end: int) -> tuple[int, int, int]:
    """Return where the article begins, where its title stands and where it ends; -1 for what is not there.

    A long mark is found several times as fast as a short one, so the article is looked for by its longest attribute
    and its begin backwards from there; pages before 2019 have no such attribute.
    """
    marked = raw.find(b" data-article-content", head_end)
    begin = raw.rfind(b"<article", head_end, marked) if marked >= 0 else -1
    if begin < 0 or raw.find(b">", begin, marked) >= 0:
        begin = raw.find(b"<article", head_end)
    end = raw.find(b"</article>", begin) if begin >= 0 else -1
    title_at = raw.find(b"<h1", begin, end) if end >= 0 else -1
    return begin, title_at, end


def whole_page(raw: bytes) -> Page:
    """Decode and parse all of a page."""
    tree = tree_of(decoded(raw))
    head = cut_head(raw)
    bodies = found(tree, "descendant-or-self::body") if tree is not None else []
    return Page(
        raw=raw, head=read_head_of(tree), json_ld=head.json_ld if head else (), body=bodies[0] if bodies else tree
    )


def _without_pictograms(raw: bytes, begin: int, end: int) -> str:
    """Return ``raw[begin:end]`` decoded, without its ``svg`` elements; an unclosed one and all after it is kept."""
    kept = []
    while match := _PICTOGRAM.search(raw, begin, end):
        closed = raw.find(b"</svg>", match.end(), end)
        if closed < 0:
            break
        kept.append(raw[begin : match.start()])
        begin = closed + 6
    kept.append(raw[begin:end])
    return "".join(map(decoded, kept))
