"""Trees of HTML: how a text becomes one, and how elements are found in it by class."""

from __future__ import annotations

import re
from functools import cache, lru_cache
from typing import TYPE_CHECKING

from lxml import etree

if TYPE_CHECKING:
    from lxml.etree import _Element

# One tag up to its ``>``; quotes that are never closed are characters like any other.
_TAG = re.compile(r"""<[a-zA-Z](?:[^>"']++|"[^"]*+"|'[^']*+'|["'])*+""")
_ATTRIBUTE_MARK = re.compile(r"[\s=/]+")
_SMALL = 40_000  # characters; fewer hold no more than about 20,000 attributes, which take half a second
_MOST_ATTRIBUTES = 4000


def decoded(cut: bytes) -> str:
    """Return what was cut out of a page; bytes that do not fit become U+FFFD, as where a page is decoded whole."""
    return cut.decode("utf-8", "replace")


def tree_of(html: str) -> _Element | None:
    """Parse HTML, however broken; None when there is nothing in it.

    Elements may be nested 2,048 deep, libxml2's widest limit; deeper ones are lost, as is what follows them.
    """
    raw = _tame(html).encode("utf-8", "replace").replace(b"\0", b"")
    parser = etree.HTMLParser(encoding="utf-8", huge_tree=True, remove_comments=True, remove_pis=True)
    return etree.fromstring(raw, parser) if raw.strip() else None


def _tame(html: str) -> str:
    """Take the attributes from tags that have thousands of them.

    libxml2 takes quadratic time over the attributes of one element: 100,000 hold it for 15 seconds.
    """
    return html if len(html) < _SMALL else _TAG.sub(_without_crowd, html)


def _without_crowd(tag: re.Match[str]) -> str:
    text = tag[0]
    is_crowded = len(text) > _SMALL and len(_ATTRIBUTE_MARK.findall(text)) > _MOST_ATTRIBUTES
    return text.split(None, 1)[0].partition("/")[0] if is_crowded else text


def with_class(element: _Element, name: str) -> list[_Element]:
    """Return the descendants that carry a class, in page order."""
    return [
        one
        for one in found(element, f"descendant::*[contains(@class, '{name}')]")
        if name in one.get("class", "").split()
    ]


@lru_cache(maxsize=1024)  # a template has a few hundred class attributes, and every page brings the same
def class_names(attribute: str) -> tuple[str, ...]:
    """Return the distinct names in a class attribute."""
    return tuple(dict.fromkeys(attribute.split()))


def found(element: _Element, path: str) -> list[_Element]:
    """Return what an XPath that selects elements finds; each path is compiled once."""
    return _compiled(path)(element)  # type: ignore[return-value]  # an XPath of elements answers with elements


def folded_text(element: _Element | None) -> str:
    """Return the text of an element with its blanks folded; empty for None."""
    if element is None:
        return ""
    text = "".join(map(str, element.itertext())) if len(element) else element.text or ""
    return " ".join(text.split())


@cache
def _compiled(path: str) -> etree.XPath:
    return etree.XPath(path)
