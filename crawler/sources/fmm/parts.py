"""The parts of an article page, whichever template it was made with: what template readers hand to `article`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lxml.etree import _Element


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """Where the parts of an article stand on its page, and what only its template knows how to read."""

    title: str = ""
    lead: tuple[_Element, ...] = ()
    body: tuple[_Element, ...] = ()
    pictures: tuple[_Element, ...] = ()
    """Subtrees with the article's pictures, the main one first."""
    legend: tuple[str | None, str | None] = (None, None)
    """Caption and credit that are printed beside the main picture rather than with it."""
    media: tuple[_Element, ...] = ()
    """Subtrees with its players."""
    films: tuple[str, ...] = ()
    """YouTube ids that stand outside any player."""
    times: tuple[tuple[str, str], ...] = ()
    """(datetime attribute, printed text) of the times under the title: publication, then the last edit."""
    authors: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    section: str | None = None
    programme: str | None = None
    content_id: str | None = None
    copyright: str = ""
    """The copyright line at the end, such as ``© 2020 AFP``."""
