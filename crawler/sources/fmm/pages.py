"""One page, parsed once: the article and the metas cut out of the text by marks, and only the cuts parsed.

Real pages weigh 250 to 550 kB, of which the article is a tenth; the rest is styles, scripts and menus. Where a mark is
missing or stands where it should not, the whole page is parsed; both roads give the readers the same elements.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from crawler.sources.fmm.scripts import DataLayer, Statement, read_data_layer, read_statement
from crawler.sources.fmm.trees import found, tree_of

if TYPE_CHECKING:
    from lxml.etree import _Element

_WEIGHT = re.compile(r"<(style|script)\b")


@dataclass(frozen=True, kw_only=True)
class Page:
    """What the readers need of one page."""

    html: str
    head: _Element | None
    """Holds the metas and links; more may be in it."""
    body: _Element | None
    """Holds the breadcrumb, the tags and the article; more may be in it."""
    metas: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """By ``property`` or ``name``, in page order."""

    @cached_property
    def statement(self) -> Statement:
        """What the JSON-LD says."""
        return read_statement(self.html)

    @cached_property
    def data_layer(self) -> DataLayer:
        """What the data layer says."""
        return read_data_layer(self.html)

    @cached_property
    def article(self) -> _Element | None:
        """The first ``article`` element with a title, or all of the body where there is none."""
        if self.body is None:
            return None
        articles = found(self.body, "descendant-or-self::article[descendant::h1]")
        return articles[0] if articles else self.body

    def meta(self, name: str) -> str | None:
        """Return the first meta of a name, or None."""
        return next(iter(self.metas.get(name, ())), None)


def cut_page(html: str) -> Page | None:
    """Cut a page by its marks and parse the cuts; None when it has to be parsed whole."""
    head_end = html.find("</head>")
    begin = html.find("<article", head_end)
    end = html.find("</article>", begin)
    if head_end < 0 or begin < 0 or end < 0:
        return None
    title_at = html.find("<h1", begin, end)
    is_plain = title_at >= 0 and html.find("<article", begin + 8, end) < 0 and html.find("t-content__body", end) < 0
    if not is_plain or html.find("<!--", begin, title_at) >= 0:
        return None
    crumb = html.find("m-breadcrumb", head_end, begin)
    if crumb >= 0:
        begin = html.rfind("<", head_end, crumb)
    related = html.find("t-content__related", title_at, end)
    if related >= 0 and html.find("t-content__tags", related, end) < 0 and html.find("t-copyright", related, end) < 0:
        end = html.rfind("<", begin, related)
    return _page(html, tree_of(_without_weight(html[:head_end])), tree_of(html[begin:end]))


def whole_page(html: str) -> Page:
    """Parse all of a page."""
    tree = tree_of(html)
    if tree is None:
        return _page(html, None, None)
    bodies = found(tree, "descendant-or-self::body")
    return _page(html, tree, bodies[0] if bodies else tree)


def _page(html: str, head: _Element | None, body: _Element | None) -> Page:
    metas: dict[str, list[str]] = {}
    for element in found(head, "descendant-or-self::meta[@content]") if head is not None else ():
        name = element.get("property") or element.get("name")
        if name and (content := str(element.get("content")).strip()):
            metas.setdefault(str(name), []).append(content)
    return Page(html=html, head=head, body=body, metas={name: tuple(said) for name, said in metas.items()})


def _without_weight(head: str) -> str:
    """Return a head without its styles and scripts, which are nearly all of it."""
    kept = []
    at = 0
    while match := _WEIGHT.search(head, at):
        kept.append(head[at : match.start()])
        at = head.find(f"</{match[1]}", match.end())
        if at < 0:
            return "".join(kept)
    kept.append(head[at:])
    return "".join(kept)
