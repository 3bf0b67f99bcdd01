"""Trees of HTML: how a text becomes one, and how elements are found in it by class."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from lxml import etree

if TYPE_CHECKING:
    from lxml.etree import _Element


def tree_of(html: str) -> _Element | None:
    """Parse HTML, however broken; None when there is nothing in it.

    Depth is not limited: libxml2's own limit would cut off the rest of the page without a word.
    """
    raw = html.replace("\0", "").encode("utf-8", "replace")
    parser = etree.HTMLParser(encoding="utf-8", huge_tree=True, remove_comments=True, remove_pis=True)
    return etree.fromstring(raw, parser) if raw.strip() else None


def with_class(element: _Element, name: str) -> list[_Element]:
    """Return the descendants that carry a class, in page order."""
    return [one for one in found(element, f"descendant::*[contains(@class, '{name}')]") if name in one.get("class", "").split()]


def found(element: _Element, path: str) -> list[_Element]:
    """Return what an XPath that selects elements finds; each path is compiled once."""
    return _compiled(path)(element)  # type: ignore[no-any-return]  # an XPath of elements answers with elements


def folded_text(element: _Element | None) -> str:
    """Return the text of an element with its blanks folded; empty for None."""
    return " ".join("".join(element.itertext()).split()) if element is not None else ""


@cache
def _compiled(path: str) -> etree.XPath:
    return etree.XPath(path)
