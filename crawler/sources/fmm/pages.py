"""One page, parsed once: the article and the metas cut out of the text by marks, and only the cuts parsed.

Real pages weigh 250 to 550 kB, of which the article is a tenth; the rest is styles, scripts, pictograms and menus.
Where a mark is missing or stands where it should not, the whole page is parsed; both roads give the readers the same
elements.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from crawler.sources.fmm.scripts import DataLayer, Statement, read_data_layer, read_statement
from crawler.sources.fmm.trees import folded_text, found, tree_of, with_class

if TYPE_CHECKING:
    from lxml.etree import _Element

_WEIGHT = re.compile(r"<(style|script)\b")
_PICTOGRAM = re.compile(r"<(svg)\b")


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """What stands in the head of a page."""

    language: str | None
    """``lang`` of the page."""
    title: str | None
    metas: dict[str, tuple[str, ...]]
    """By ``property`` or ``name``, in page order."""
    canonical: str | None
    alternates: tuple[tuple[str, str], ...]
    """(hreflang, address), in page order."""


@dataclass(frozen=True, kw_only=True)
class Page:
    """What the readers need of one page."""

    html: str
    head: Head
    body: _Element | None
    """Holds the breadcrumb, the tags and the article; more may be in it."""
    is_cut: bool = False
    """True when there is nothing else in `body`."""
    head_end: int = -1
    """Where in the text the head ends; JSON-LD is looked for there first."""
    article_end: int = 0
    """Where in the text the article ends; scripts below it are looked for there first."""

    @cached_property
    def statement(self) -> Statement:
        """What the JSON-LD says."""
        return read_statement(self.html, self.html.find("</head>") if self.head_end < 0 else self.head_end)

    @cached_property
    def data_layer(self) -> DataLayer:
        """What the data layer says."""
        return read_data_layer(self.html, self.article_end)

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
        for element in found(top, "descendant-or-self::*[@class]") if top is not None else ():
            for name in dict.fromkeys(element.get("class", "").split()):
                classes.setdefault(name, []).append(element)
        return classes


def cut_page(html: str) -> Page | None:
    """Cut a page by its marks and parse the cuts; None when it has to be parsed whole."""
    begin, head_end = _beginning(html)
    end = html.find("</article>", begin)
    title_at = html.find("<h1", begin, end)
    if min(head_end, begin, end, title_at) < 0:
        return None
    has_body = html.find("t-content__body", title_at, end) >= 0 or html.find("t-content__body", end) < 0
    is_nested = html.find("<article", begin + 8, end) >= 0
    has_comment = html.find("<!--", begin, title_at) >= 0
    if not has_body or is_nested or has_comment:
        return None
    article_end = end
    crumb = html.find("m-breadcrumb", head_end, begin)
    if crumb >= 0:
        begin = html.rfind("<", head_end, crumb)
    related = html.find("t-content__related", title_at, end)
    if related >= 0 and html.find("t-content__tags", related, end) < 0 and html.find("t-copyright", related, end) < 0:
        end = html.rfind("<", begin, related)
    return Page(
        html=html,
        head=_read_head(tree_of(_without(_WEIGHT, html, 0, head_end))),
        body=tree_of(_without(_PICTOGRAM, html, begin, end)),
        is_cut=True,
        head_end=head_end,
        article_end=article_end,
    )


def _beginning(html: str) -> tuple[int, int]:
    """Return where the article begins and where the head ends; -1 for what is not there.

    A long mark is found several times as fast as a short one, so the article is looked for by its longest attribute
    and the rest backwards from there; pages before 2019 have no such attribute.
    """
    marked = html.find(" data-article-content")
    if marked >= 0:
        begin = html.rfind("<article", 0, marked)
        if begin >= 0 and html.find(">", begin, marked) < 0:
            return begin, html.rfind("</head>", 0, begin)
    head_end = html.find("</head>")
    return html.find("<article", head_end), head_end


def whole_page(html: str) -> Page:
    """Parse all of a page."""
    tree = tree_of(html)
    bodies = found(tree, "descendant-or-self::body") if tree is not None else []
    return Page(html=html, head=_read_head(tree), body=bodies[0] if bodies else tree)


def _read_head(tree: _Element | None) -> Head:
    """Read the metas and links wherever they stand: a broken head may have lost some to the body."""
    metas: dict[str, list[str]] = {}
    canonical, title = None, None
    alternates = []
    for element in tree.iter("meta", "link", "title") if tree is not None else ():
        if element.tag == "meta":
            name, content = element.get("property") or element.get("name"), (element.get("content") or "").strip()
            if name and content:
                metas.setdefault(name, []).append(content)
        elif element.tag == "title":
            title = title or folded_text(element) or None
        elif address := (element.get("href") or "").strip():
            if element.get("rel") == "canonical":
                canonical = canonical or address
            elif language := element.get("hreflang"):
                alternates.append((language.strip(), address))
    return Head(
        language=(tree.get("lang") or "").strip() or None if tree is not None else None,
        title=title,
        metas={name: tuple(said) for name, said in metas.items()},
        canonical=canonical,
        alternates=tuple(alternates),
    )


def _without(weight: re.Pattern[str], html: str, begin: int, end: int) -> str:
    """Return ``html[begin:end]`` without the elements that only weigh; an unclosed one and all after it is kept."""
    kept = []
    while match := weight.search(html, begin, end):
        closed = html.find(f"</{match[1]}>", match.end(), end)
        if closed < 0:
            break
        kept.append(html[begin : match.start()])
        begin = closed + len(match[1]) + 3
    kept.append(html[begin:end])
    return "".join(kept)
