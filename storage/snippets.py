"""Where a query stands in a text as it is printed, and the piece of the text that shows it best.

Terms are found in folded text and shown in the printed one: a simplified query highlights traditional characters.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING

from storage.tokens import fold, fold_lengths

if TYPE_CHECKING:
    from collections.abc import Sequence

    from storage.query import Query

Span = tuple[int, int]
"""(start, end) in code points, the end not included."""

# A piece of text in columns of a terminal: two lines; a character of Chinese takes two.
COLUMNS = 160

# Columns shown before the first find, so that it stands in its sentence.
LEAD_IN = 40

# Characters that would end the line, or speak to the terminal.
_CONTROLS = dict.fromkeys((*range(0x20), *range(0x7F, 0xA0), 0x2028, 0x2029), " ")

# Finds looked at to choose the best piece.
MOST_FINDS = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Snippet:
    """A piece of text that shows why it was found."""

    text: str
    """One line; an ellipsis stands where it was cut."""
    highlights: tuple[Span, ...]
    """Where the terms are in it."""


def find_spans(query: Query, text: str) -> list[tuple[Span, int]]:
    """Return where the wanted terms are in a printed text, each with the number of its term, in order."""
    folded = fold(text)
    found = [
        (match.span(), number) for number, term in enumerate(query.wanted) for match in term.pattern.finditer(folded)
    ]
    if not found:
        return []
    # where each printed character ends in the folded text
    ends = list(accumulate(fold_lengths(text)))
    return sorted(
        # accents written as characters of their own belong to the letter before
        ((bisect_right(ends, start), max(bisect_left(ends, end) + 1, bisect_right(ends, end))), number)
        for (start, end), number in found
    )


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
    return merge([span for span, _ in find_spans(query, text)])


def cut_snippet(query: Query, text: str) -> Snippet:
    """Return the piece of a printed text that holds the most terms, the earliest of several; else its beginning."""
    line = text.translate(_CONTROLS)
    found = find_spans(query, line)
    start = _best_start(found, line)
    end = _walk_columns(line, start, COLUMNS)
    while end < len(line) and end > start + LEAD_IN and _is_inside_word(line, end):
        end -= 1
    before, after = "…" if start else "", "…" if end < len(line) else ""
    shift = len(before) - start
    inside = [(first + shift, min(last, end) + shift) for (first, last), _ in found if start <= first < end]
    return Snippet(text=f"{before}{line[start:end]}{after}", highlights=merge(inside))


def _best_start(found: Sequence[tuple[Span, int]], line: str) -> int:
    best, best_start = (0, 0), 0
    for place, ((first, _), _) in enumerate(found[:MOST_FINDS]):
        start = _walk_columns(line, first, -LEAD_IN)
        while start < first and _is_inside_word(line, start):
            start += 1
        end = _walk_columns(line, start, COLUMNS)
        inside = [
            number for (begins, ends), number in found[place : place + MOST_FINDS] if begins >= start and ends <= end
        ]
        if (worth := (len(set(inside)), len(inside))) > best:
            best, best_start = worth, start
    return best_start


def _walk_columns(line: str, start: int, columns: int) -> int:
    """Return the place so many columns on, or back."""
    place, left = start, abs(columns)
    while left > 0 and (place > 0 if columns < 0 else place < len(line)):
        left -= 2 if line[place - (columns < 0)] > "\u2e7f" else 1
        place += -1 if columns < 0 else 1
    return place


def _is_inside_word(line: str, place: int) -> bool:
    """Return whether a cut here would part a word; scripts without spaces may be cut anywhere."""
    return 0 < place < len(line) and all(one.isalnum() and one < "\u2e80" for one in line[place - 1 : place + 1])
