"""The head of a page: cut out of it without its styles and scripts, and read.

A real head weighs 100 to 250 kB, of which its metas and links are a twentieth. Where they are as plainly written as
the platform writes them they are read as they stand; any oddity leaves them to a parser. Both give the same `Head`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import unescape
from typing import TYPE_CHECKING

from crawler.sources.fmm.trees import decoded, folded_text, tree_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lxml.etree import _Element

_MARK = re.compile(rb"<(style|script)\b([^>]*)>|</head>(?=\s*<body)")
_MOST_HOPS = 32

# A tag of a plain head: quotes closed, names in lower case, nothing that only a parser puts right. The metas are most
# of it, so they have an alternative of their own; the text of the title comes with its tag.
_VALUE = r'[^"<>\x00-\x08\x0b-\x1f]*+'
_PLAIN_TAG = re.compile(
    rf'<(?:meta (?:name|property)="({_VALUE})" content="({_VALUE})"\s*/?>'
    rf'|(html|head|link|meta|base)((?:\s++[a-z:-]++(?:="{_VALUE}")?+)*+)\s*/?>'
    r"|title>([^<>\x00-\x08\x0b-\x1f]*+)"
    r"|(?:!DOCTYPE [^<>]*|/title|/?noscript)>)"
)
_ATTRIBUTE = re.compile(rf'([a-z:-]+)="({_VALUE})"')
_COMMENT = re.compile(r"<!--(?!-?>)(?:(?!--!>).)*?-->", re.DOTALL)
_ODD_REFERENCE = re.compile(r"&(?!(?:amp|quot|lt|gt|#0?39|#x(?:2[\dA-F]|3[\dA-F]|00[A-F][\dA-F]));)")
"""Not one of ``&#x20;`` to ``&#x3F;`` and ``&#x00A0;`` to ``&#x00FF;``, of which the platform before 2018 is full."""


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


@dataclass(frozen=True, slots=True, kw_only=True)
class HeadCut:
    """The head as it stands in a page."""

    end: int
    """Where in the page ``</head>`` stands, in bytes."""
    html: str
    """The head without its styles and scripts."""
    json_ld: tuple[str, ...]
    """Texts of its JSON-LD scripts."""


def cut_head(raw: bytes) -> HeadCut | None:
    """Cut the head out of a page, all of it where a style or a script in it is not closed; None when it is not."""
    kept: list[bytes] = []
    json_ld: list[str] = []
    begin = 0
    while match := _MARK.search(raw, begin):
        kept.append(raw[begin : match.start()])
        weight = match[1]
        if weight is None:
            return HeadCut(end=match.start(), html="".join(map(decoded, kept)), json_ld=tuple(json_ld))
        closed = _closing(raw, b"</%s>" % weight, match.end())
        if closed < 0:
            break
        if weight == b"script" and b"application/ld+json" in match[2]:
            json_ld.append(decoded(raw[match.end() : closed]))
        begin = closed + len(weight) + 3
    # a second one may have metas before it
    return (
        HeadCut(end=raw.find(b"</head>"), html=decoded(raw.partition(b"</head>")[0]), json_ld=())
        if raw.count(b"</head>") == 1
        else None
    )


def read_head(html: str) -> Head:
    """Read a head that was cut out of its page."""
    return _plain_head(html) or read_head_of(tree_of(html))


def read_head_of(tree: _Element | None) -> Head:
    """Read the metas and links of a tree wherever they stand: a broken head may have lost some to the body."""
    if tree is None:
        return _head("", [], [], [])
    metas, links = [], []
    for element in tree.iter("meta", "link"):
        if element.tag == "meta":
            metas.append((element.get("property") or element.get("name"), element.get("content") or ""))
        else:
            links.append((element.get("rel"), element.get("hreflang"), element.get("href") or ""))
    return _head(tree.get("lang") or "", map(folded_text, tree.iter("title")), metas, links)


def _closing(raw: bytes, mark: bytes, begin: int) -> int:
    """Return ``raw.find(mark, begin)``, ten times as fast.

    Style sheets are long and hold hardly a ``<``, and Python finds one character much faster than several.
    """
    at = raw.find(b"<", begin)
    for _ in range(_MOST_HOPS):
        if at < 0 or raw.startswith(mark, at):
            return at
        at = raw.find(b"<", at + 1)
    return raw.find(mark, at) if at >= 0 else at


def _plain_head(html: str) -> Head | None:
    """Read a plain head; None when it is not plain."""
    if "<!--" in html:
        html = _COMMENT.sub("", html)
    tags = _PLAIN_TAG.findall(html)
    has_references = "&" in html
    if len(tags) != html.count("<") or html.count("<html") != 1 or (has_references and _ODD_REFERENCE.search(html)):
        return None
    read = unescape if has_references else str
    language, titles, metas, links = "", [], [], []
    for name, content, tag, attributes, title in tags:
        if name:
            metas.append((read(name), read(content)))
        elif title:
            titles.append(read(title))
        elif tag == "html" or (tag == "link" and ("canonical" in attributes or "hreflang" in attributes)):
            # of two attributes of one name the first counts
            said = {key: read(value) for key, value in reversed(_ATTRIBUTE.findall(attributes))}
            if tag == "html":
                language = said.get("lang", "")
            else:
                links.append((said.get("rel"), said.get("hreflang"), said.get("href", "")))
        elif tag == "meta" and ("name=" in attributes or "property=" in attributes):
            return None
    return _head(language, titles, metas, links)


def _head(
    language: str,
    titles: Iterable[str],
    metas: Iterable[tuple[str | None, str]],
    links: Iterable[tuple[str | None, str | None, str]],
) -> Head:
    """Make a head of its language, titles, metas (name, content) and links (rel, hreflang, address), as they stand."""
    said: dict[str, tuple[str, ...]] = {}
    for name, content in metas:
        if name and (text := content.strip()):
            said[name] = (*said[name], text) if name in said else (text,)
    canonical = None
    alternates = []
    for rel, hreflang, href in links:
        if address := href.strip():
            if rel == "canonical":
                canonical = canonical or address
            elif hreflang:
                alternates.append((hreflang.strip(), address))
    return Head(
        language=language.strip() or None,
        title=next(filter(None, (" ".join(title.split()) for title in titles)), None),
        metas=said,
        canonical=canonical,
        alternates=tuple(alternates),
    )
