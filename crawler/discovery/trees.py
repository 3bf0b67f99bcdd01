"""Trees of XML that strangers wrote: nothing is expanded, nothing is loaded, whatever is broken is passed over.

Elements are known by their names alone: wrong, missing and undeclared namespaces are common.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from lxml import etree

from crawler.discovery.links import folded

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lxml.etree import _Element

# One tag up to its ``>``, if it is longer than any that lists articles: libxml2 takes quadratic time over attributes.
_CROWDED_TAG = re.compile(rb"<([A-Za-z][\w:.-]*)[^<>]{20000,}")


def tree_of(body: bytes) -> _Element | None:
    """Parse XML, however broken; None when nothing of it is any."""
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, recover=True, remove_comments=True, remove_pis=True
    )
    try:
        return etree.fromstring(_CROWDED_TAG.sub(rb"<\1", body), parser)
    except etree.XMLSyntaxError:
        return None


def name_of(element: _Element) -> str:
    """Return an element's name without its namespace or prefix; empty for an entity that was not resolved."""
    return element.tag.rpartition("}")[2].rpartition(":")[2].lower() if isinstance(element.tag, str) else ""


def children(parent: _Element, *names: str) -> Iterator[_Element]:
    """Yield the children of some names, in the order of the names."""
    for name in names:
        yield from (child for child in parent if name_of(child) == name)


def child_text(parent: _Element, *names: str) -> str | None:
    """Return the text of the first child of some names that has one, its blanks folded."""
    texts = (folded("".join(map(str, child.itertext()))) for child in children(parent, *names))
    return next((text for text in texts if text is not None), None)
