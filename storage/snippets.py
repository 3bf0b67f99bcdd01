"""Where a query stands in a text as it is printed, and the piece of the text that shows it best."""

from __future__ import annotations

import re
from bisect import bisect_left
from dataclasses import dataclass
from typing import TYPE_CHECKING

from storage.query import Printed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from storage.query import Query, Span

# A piece of text in columns of a terminal, two lines of it; a character of Chinese takes two.
COLUMNS = 160

# Characters that would end the line, or speak to the terminal.
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")

# Finds looked at to choose the best piece.
MOST_FINDS = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Snippet:
    """A piece of text that shows why it was found."""

    text: str
    """One line; an ellipsis stands where it was cut."""
    highlights: tuple[Span, ...]
    """Where the terms are in it."""


def merge(spans: Sequence[Span]) -> tuple[Span, ...]:
    """Return spans in order without overlaps.

    >>> merge([(4, 6), (0, 2), (1, 3)])
    ((0, 3), (4, 6))
    """
    merged: list[Span] = []
    for start, end in sorted(spans):
        if merged and start < merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return tuple(merged)


def highlight(query: Query, text: str) -> tuple[Span, ...]:
    """Return where the wanted terms are in a printed text."""
    printed = Printed(text)
    return merge([span for term in query.wanted for span in term.spans(printed)])


def cut_snippet(query: Query, text: str) -> Snippet:
    """Return the piece of a printed text that holds the most terms, the earliest of several; else its beginning."""
    line = Printed(_CONTROLS.sub(" ", text))
    found = sorted((span, number) for number, term in enumerate(query.wanted) for span in term.spans(line))
    start, end = _best_piece(found, line.text)
    before, after = "…" if start else "", "…" if end < len(text) else ""
    shift = len(before) - start
    inside = [(first + shift, min(last, end) + shift) for (first, last), _ in found if start <= first < end]
    return Snippet(text=f"{before}{line.text[start:end]}{after}", highlights=merge(inside))


def _best_piece(found: Sequence[tuple[Span, int]], line: str) -> Span:
    # a text is in one script for the most part, and its beginning shows in which
    beginning = line[:COLUMNS]
    size = COLUMNS // 2 if sum(map("\u2e7f".__lt__, beginning)) > len(beginning) / 3 else COLUMNS
    best, piece = (0, 0), _to_words(line, 0, size)
    for place, ((first, last), _) in enumerate(found[:MOST_FINDS]):
        # a quarter before the first find, so that it stands in its sentence
        start = max(first - size // 4, 0)
        edge = max(start + size, last)
        # in order of their beginnings, so that few of many are looked at
        beyond = bisect_left(found, ((edge, 0), 0), place, min(place + MOST_FINDS, len(found)))
        numbers = [number for (_, ends), number in found[place:beyond] if ends <= edge]
        if (worth := (len(set(numbers)), len(numbers))) > best:
            best, piece = worth, _to_words(line, start, edge, first, last)
    return piece


def _to_words(line: str, start: int, end: int, first: int = 0, last: int = 0) -> Span:
    """Return a piece of text without the halves of words at its ends; what is found, from first to last, stays."""
    while start < first and _is_inside_word(line, start):
        start += 1
    while end > last and _is_inside_word(line, end):
        end -= 1
    return start, min(end, len(line))


def _is_inside_word(line: str, place: int) -> bool:
    """Return whether a cut here would part a word; scripts without spaces may be cut anywhere."""
    return 0 < place < len(line) and all(one.isalnum() and one < "\u2e80" for one in line[place - 1 : place + 1])
