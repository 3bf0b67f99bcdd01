"""From the elements of a lead or a body to what a reader sees: paragraphs, and HTML that is safe to show.

One walk writes both. The walk keeps its own stack, so that depth costs nothing; the HTML is written tag by tag from
a list of allowed tags, so that nothing of a page's markup passes by accident.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache
from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lxml.etree import _Element

_NOT_SHOWN = frozenset({
    "script", "style", "noscript", "template", "iframe", "object", "embed", "svg", "math", "figure", "figcaption",
    "picture", "video", "audio", "canvas", "button", "form", "select", "textarea", "nav", "aside", "head", "title",
})  # fmt: skip
_NOT_SHOWN_CLASSES = (
    "m-em-", "m-interstitial", "o-self-promo", "m-block-ad", "a-read-more", "t-copyright", "t-content__shares",
    "t-content__tags", "t-content__related", "t-content__authors", "m-share-bar", "a-share-bar", "m-tags-list",
    "o-aside-content", "a-media-legend", "m-figure", "twitter-tweet", "instagram-media", "tiktok-embed",
    "tweeter-", "facebook-", "article-action", "same-subject", "related-article", "modification", "u-sr-only",
)  # fmt: skip
_SHOWN_CLASSES = ("m-em-quote",)
_NOT_SHOWN_ATTRIBUTES = (
    "data-selfpromo", "data-tms-ad", "data-readmore", "data-org-type", "data-wrapper-video", "data-media-video",
    "data-root-share", "data-diaporama", "hidden",
)  # fmt: skip

_LINES = {
    "p": "p", "h1": "h2", "h2": "h2", "h3": "h3", "h4": "h4", "h5": "h5", "h6": "h6", "pre": "pre",
    "td": "p", "th": "p", "dt": "p", "dd": "p", "caption": "p",
}  # fmt: skip
"""Elements that hold lines of text, and what they are written as."""
_HOLDERS = frozenset({"ul", "ol", "li", "blockquote"})
"""Elements that are written around their lines."""
_WALLS = frozenset({
    "html", "body", "div", "section", "article", "main", "header", "footer", "address", "center", "dl", "hr",
    "table", "tbody", "thead", "tfoot", "tr", "details", "summary", "fieldset",
})  # fmt: skip
_INLINE = {"strong": "strong", "b": "strong", "em": "em", "i": "em", "u": "u", "s": "s", "sub": "sub", "sup": "sup"}
_PLAIN = frozenset({"a", "br", "span", "font", "small"})
_WEB_ADDRESS = re.compile(r"https?://[^\s/]", re.IGNORECASE)
_BLANKS = re.compile(r"[ \t\n\r\f\v]{2,}|[\t\n\r\f\v]")  # runs, and single blanks other than a space
_CONTROLS = re.compile(r"[\x00-\x20\x7f-\x9f]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What a reader sees of some elements."""

    paragraphs: tuple[str, ...] = ()
    """Headings, list items and quotes included; blanks folded, none empty."""
    html: str = ""


def read_elements(elements: Iterable[_Element], origin: str, *, labels: frozenset[str] = frozenset()) -> Reading:
    """Read elements in their order.

    Text counts where it stands in lines: paragraphs, headings, list items, quotes, cells. Bare text between them does
    not, so as to agree to the word with the selectors that others publish for this platform; only where there are no
    lines at all, bare text is what there is.

    Args:
        elements: Tops of subtrees; a top is read even if its class or tag says otherwise.
        origin: Scheme and host that links starting with a slash are completed with.
        labels: Bare texts that never count.
    """
    tops = tuple(elements)
    writer = _Writer(origin=origin)
    for top in tops:
        _walk(top, writer)
    if tops and not writer.paragraphs:
        writer = _Writer(origin=origin, labels=labels, keeps_bare_text=True)
        for top in tops:
            _walk(top, writer)
    return Reading(paragraphs=tuple(writer.paragraphs), html="".join(writer.pieces))


def is_shown(element: _Element) -> bool:
    """Is this element text of the article, as far as its tag, classes and attributes say?"""
    if element.tag in _NOT_SHOWN:
        return False
    attributes: list[tuple[str, str]] = element.items()  # type: ignore[assignment]  # never bytes on Python 3
    for name, value in attributes:
        if name == "class":
            if _hides(value):
                return False
        elif name.startswith(_NOT_SHOWN_ATTRIBUTES) or (name == "data-bo-type" and value == "em"):
            return False  # the last is an embed of the platform before 2018
    return True


@lru_cache(maxsize=1024)  # a template has a few hundred class attributes, and every page brings the same
def _hides(classes: str) -> bool:
    return any(word.startswith(_NOT_SHOWN_CLASSES) and not word.startswith(_SHOWN_CLASSES) for word in classes.split())


def _walk(top: _Element, writer: _Writer) -> None:
    """Open, write and close elements in page order; those that are left to be closed wait with their end in view."""
    waiting: list[tuple[_Element, bool]] = [(top, False)]
    while waiting:
        element, is_left = waiting.pop()
        if is_left:
            writer.close(element)
        elif element is top or is_shown(element):
            children = list(element) if len(element) else []
            if element.tag != "p" or not writer.write_paragraph(element, children):
                writer.open(element)
                writer.write(element.text)
                if children:
                    waiting.append((element, True))
                    waiting.extend([(child, False) for child in reversed(children)])
                    continue
                writer.close(element)
        if element is not top and (tail := element.tail):
            writer.write(tail)
    writer.end_line()


def _escaped(text: str) -> str:
    return escape(text, quote=False) if "&" in text or "<" in text or ">" in text else text


@dataclass(slots=True)
class _Writer:
    """Writes lines of text and HTML side by side as elements are opened and closed."""

    origin: str
    labels: frozenset[str] = frozenset()
    keeps_bare_text: bool = False
    paragraphs: list[str] = field(default_factory=list)
    pieces: list[str] = field(default_factory=list)
    _words: list[str] = field(default_factory=list)
    _line: list[str] = field(default_factory=list)
    _inline: list[tuple[str, str]] = field(default_factory=list)
    """(opening tag, name) of inline elements that are open, outermost first."""
    _open: list[str] = field(default_factory=list)
    """Names of lines and holders that are open, outermost first."""

    def open(self, element: _Element) -> None:
        tag = element.tag
        if tag in _INLINE or tag == "a":
            opening, name = self._opening(element)
            self._inline.append((opening, name))
            self._line.append(opening)
        elif tag == "br":
            self._words.append(" ")
            self._line.append("<br>")
        elif tag in _LINES:
            self.end_line()
            self._open.append(_LINES[tag])
        elif tag in _HOLDERS:
            self.end_line()
            self._open.append(tag)
            self.pieces.append(f"<{tag}>")
        elif tag in _WALLS:
            self.end_line()

    def close(self, element: _Element) -> None:
        tag = element.tag
        if tag in _INLINE or tag == "a":
            _, name = self._inline.pop()
            if name:
                self._line.append(f"</{name}>")
        elif tag in _LINES:
            self.end_line()
            self._open.pop()
        elif tag in _HOLDERS:
            self.end_line()
            self._open.pop()
            if self.pieces[-1] == f"<{tag}>":
                self.pieces.pop()
            else:
                self.pieces.append(f"</{tag}>")
        elif tag in _WALLS:
            self.end_line()

    def write(self, text: str | None) -> None:
        if text and (self._words or not text.isspace()):  # a line does not begin with blanks
            self._words.append(text)
            self._line.append(_escaped(text))

    def write_paragraph(self, element: _Element, children: list[_Element]) -> bool:
        """Write a paragraph in one go, if all it holds is text and simple inline elements, as nearly all do.

        Returns:
            False, with nothing written, when it holds more or stands inside an inline element.
        """
        if self._inline:
            return False
        text = element.text or ""
        html = _escaped(text)
        for child in children:
            tag, tail = child.tag, child.tail or ""
            if len(child) or not (tag in _INLINE or tag in _PLAIN) or not is_shown(child):
                return False
            inner = child.text or ""
            text += (" " if tag == "br" else inner) + tail
            opening, name = self._opening(child)
            closing = f"</{name}>" if name else ""
            html += f"{opening}{_escaped(inner)}{closing}{_escaped(tail)}"
        if self._line or self._words:
            self.end_line()
        text = text.replace("\xa0", " ")
        # Most texts are printable, and among the blanks only the space is: then nothing but spaces is to be folded.
        is_printable = text.isprintable()
        if not is_printable or "  " in text or text.startswith(" ") or text.endswith(" "):
            text = " ".join(text.split())
        if not is_printable or "  " in html:
            html = _BLANKS.sub(" ", html)
        if text:
            self.paragraphs.append(text)
            self.pieces.append(f"<p>{html.strip(' ')}</p>")
        return True

    def end_line(self) -> None:
        """End the line that is being written; one without text leaves nothing."""
        if not self._line and not self._words:
            return
        text = " ".join("".join(self._words).split())
        holder = self._open[-1] if self._open else ""
        is_bare = holder in ("", "ul", "ol")
        if text and (not is_bare or (self.keeps_bare_text and text not in self.labels)):
            self.paragraphs.append(text)
            closings = "".join(f"</{name}>" for _, name in reversed(self._inline) if name)
            line = _BLANKS.sub(" ", "".join(self._line)).strip(" ") + closings
            name = "p" if is_bare or holder == "blockquote" else holder
            self.pieces.append(line if name == "li" else f"<{name}>{line}</{name}>")
        self._words.clear()
        self._line[:] = [opening for opening, _ in self._inline if opening]

    def _opening(self, element: _Element) -> tuple[str, str]:
        """Return the opening tag of an inline element and its name, without attributes but the address of a link."""
        if element.tag == "br":
            return "<br>", ""
        if element.tag != "a":
            name = _INLINE.get(element.tag, "")
            return (f"<{name}>", name) if name else ("", "")
        address = _CONTROLS.sub("", str(element.get("href") or ""))
        if address.startswith("/"):
            address = ("https:" if address.startswith("//") else self.origin) + address
        return (f'<a href="{escape(address)}">', "a") if _WEB_ADDRESS.match(address) else ("", "")
