"""What a person asks for, understood: ``白宫 东京``, ``"prime minister"``, ``Macr*``, ``-football``.

All words are to be found, quoted ones in a row; a ``*`` after a word lets it go on, a ``-`` before one wants it
absent. There is no wrong query: what is no sign here is a word or nothing. A `Term` says what to ask the index for,
and finds itself in a text: in the printed one where it can, a simplified query among traditional characters too.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING

from storage.search_index import Match, Phrase
from storage.tokens import LONGEST_WORD, SPACELESS, fold, fold_lengths, forms, is_spaceless, runs, tokens

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

Span = tuple[int, int]
"""(start, end) in code points, the end not included."""

# Who pastes a whole article is served by its first words.
MOST_TERMS = 32
LONGEST_TERM = 200

# A single letter begins so many words that it finds nothing in particular: here it is a word of its own.
SHORTEST_PREFIX = 2

_PIECE = re.compile(
    r"""((?<!\S)[-－−])?(?:"([^"]*)"?|“([^”]*)”?|«([^»]*)»?|「([^」]*)」?|『([^』]*)』?|([^\s"“«「『]+))([*＊]?)"""
)
_WORD_BEGINS = f"(?<![^ {SPACELESS}])"
_WORD_ENDS = f"(?![^ {SPACELESS}])"
_WORD_GOES_ON = f"[^ {SPACELESS}]*"


class Printed:
    """A text as printed, folded when that is needed: it takes longer than to search it."""

    __slots__ = ("__dict__", "text")

    def __init__(self, text: str) -> None:
        self.text = text

    @cached_property
    def folded(self) -> str:
        """The text as `storage.tokens.fold` makes it."""
        return fold(self.text)

    @cached_property
    def is_plain(self) -> bool:
        """Does the text hide nothing, so that Chinese can be found in it as it stands?"""
        return not _HIDING.search(self.text)

    @cached_property
    def ends(self) -> list[int]:
        """Where each character ends in the folded text; an accent of its own ends with the letter before."""
        return list(accumulate(fold_lengths(self.text)))


# What lets Chinese look other than it is stored: invisible characters, and forms of characters beside the usual ones.
_HIDING = re.compile(
    "[\u00ad\u0300-\u036f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u2e80-\u2fdf\u3038-\u303a\u3190-\u319f\u31c0-\u33ff"
    "\uf900-\ufaff\ufe00-\ufe2f\ufeff\U0001f200-\U0001f2ff\U0002f800-\U0002fa1f\U000e0000-\U000e0fff]"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """One word or quotation of a query."""

    phrases: tuple[Phrase, ...]
    """What the index must hold; where these are several, it may hold them without the term."""
    folded: re.Pattern[str]
    """Finds it in folded text, and nothing else."""
    printed: re.Pattern[str] | None
    """Finds it in printed text that hides nothing; None if texts have to be folded first."""

    def count(self, text: Printed) -> int:
        """Return how often it is in a text."""
        if self.printed is not None and text.is_plain:
            return len(self.printed.findall(text.text))
        return len(self.folded.findall(text.folded))

    def spans(self, text: Printed) -> list[Span]:
        """Return where it is in a text as printed."""
        if self.printed is not None and text.is_plain:
            return [found.span() for found in self.printed.finditer(text.text)]
        if not (found := [found.span() for found in self.folded.finditer(text.folded)]):
            return []
        ends = text.ends
        return [
            (bisect_right(ends, start), max(bisect_left(ends, end) + 1, bisect_right(ends, end)))
            for start, end in found
        ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """What to find and what not."""

    wanted: tuple[Term, ...] = ()
    unwanted: tuple[Term, ...] = ()

    @property
    def match(self) -> Match | None:
        """What to ask the index for; None if nothing is wanted."""
        if not self.wanted:
            return None
        exact = (term.phrases for term in self.unwanted if len(term.phrases) == 1)
        return Match(
            all_of=tuple(dict.fromkeys(phrase for term in self.wanted for phrase in term.phrases)),
            none_of=tuple(phrase for phrases in exact for phrase in phrases),
        )


def parse_query(text: str) -> Query:
    """Understand a query; nothing is an error, and what holds no letter and no number is nothing.

    >>> [phrase.tokens for term in parse_query('白宫 "porte-parole"').wanted for phrase in term.phrases]
    [('白宫',), ('porte', 'parole')]
    """
    wanted: list[Term] = []
    unwanted: list[Term] = []
    for piece in _PIECE.finditer(text):
        minus, *bodies, star = piece.groups()
        body = next(body for body in bodies if body is not None)
        if not (parts := runs(fold(body[:LONGEST_TERM]))):
            continue
        is_prefix = bool(star) or body.endswith(("*", "＊"))
        (unwanted if minus else wanted).append(_term(parts, is_prefix=is_prefix))
        if len(wanted) + len(unwanted) == MOST_TERMS:
            break
    return Query(wanted=tuple(wanted), unwanted=tuple(unwanted))


def _term(parts: Sequence[Sequence[str]], *, is_prefix: bool) -> Term:
    last = parts[-1][0]
    is_prefix = is_prefix and not is_spaceless(last) and len(last) >= SHORTEST_PREFIX
    is_chinese = len(parts) == 1 and all("\u4e00" <= character <= "\u9fff" for character in parts[0])
    return Term(
        phrases=tuple(_phrases(parts, is_prefix=is_prefix)),
        folded=re.compile(_pattern(parts, is_prefix=is_prefix)),
        printed=re.compile("".join(f"[{forms(character)}]" for character in parts[0])) if is_chinese else None,
    )


def _phrases(parts: Sequence[Sequence[str]], *, is_prefix: bool) -> Iterator[Phrase]:
    """Yield what the index holds wherever the runs stand in a row.

    Where a text goes on after the last character of a query, the index holds that character with the next one: only
    all before it are asked for in a row, and a character alone without its place.
    """
    *before, last = ("".join(part) for part in parts)
    placed = [token for run in before for token in tokens(run)]
    if not is_spaceless(last):
        yield Phrase(tokens=(*placed, last), is_prefix=is_prefix)
    elif len(parts[-1]) > 1:
        yield Phrase(tokens=(*placed, *tokens(last)[:-1]))
    else:
        if placed:
            yield Phrase(tokens=tuple(placed))
        yield Phrase(tokens=(last,))


def _pattern(parts: Sequence[Sequence[str]], *, is_prefix: bool) -> str:
    written = ["".join(part) for part in parts]
    pattern = written[0] if is_spaceless(written[0]) else _WORD_BEGINS + written[0]
    for before, after in pairwise(written):
        # where scripts meet a space is a matter of taste
        pattern += (" +" if _script(before) == _script(after) else " *") + after
    if is_spaceless(written[-1]):
        return pattern
    return pattern + (_WORD_GOES_ON if is_prefix or len(written[-1]) == LONGEST_WORD else _WORD_ENDS)


def _script(run: str) -> int:
    """Return the kind of script a run is in; two runs of one kind would be one run if nothing stood between them."""
    return 0 if not is_spaceless(run) else 1 if run < "\u2000" else 2
