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
from typing import TYPE_CHECKING, Literal, NamedTuple

from storage.search_index import Match, Phrase
from storage.spellings import BLANKS, WORDS, plain, spelled
from storage.tokens import LONGEST_WORD, SPACELESS, fold, fold_lengths, is_spaceless, runs, tokens

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

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


class Printed:
    """A text as printed; made plain, or folded where it must be, when it is looked at."""

    __slots__ = ("_folded", "_plain", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self._folded: str | None = None
        self._plain: str | Literal[False] | None = False

    @property
    def plain(self) -> str | None:
        """The text as `storage.spellings.plain` makes it."""
        if self._plain is False:
            self._plain = plain(self.text)
        return self._plain

    @property
    def folded(self) -> str:
        """The text as `storage.tokens.fold` makes it: it takes longer than to search it."""
        if self._folded is None:
            self._folded = fold(self.text)
        return self._folded

    def ends(self) -> list[int]:
        """Return where each character ends in the folded text; an accent of its own ends with the letter before."""
        return list(accumulate(fold_lengths(self.text)))


@dataclass(frozen=True, kw_only=True)
class Term:
    """One word or quotation of a query."""

    phrases: tuple[Phrase, ...]
    """What the index must hold; where these are several, it may hold them without the term."""
    runs: tuple[str, ...]
    """What stands in a row, folded: words, or characters of scripts without spaces."""
    is_prefix: bool
    """The last word may go on."""

    @cached_property
    def _in_plain(self) -> re.Pattern[str]:
        return re.compile(_pattern(self.runs, _PLAIN, is_prefix=self.is_prefix))

    @cached_property
    def _in_folded(self) -> re.Pattern[str]:
        return re.compile(_pattern(self.runs, _FOLDED, is_prefix=self.is_prefix))

    def count(self, text: Printed) -> int:
        """Return how often it is in a text."""
        if text.plain is not None:
            return len(self._in_plain.findall(text.plain))
        return len(self._in_folded.findall(text.folded))

    def spans(self, text: Printed) -> list[Span]:
        """Return where it is in a text as printed."""
        if text.plain is not None:
            return [found.span() for found in self._in_plain.finditer(text.plain)]
        if not (found := [found.span() for found in self._in_folded.finditer(text.folded)]):
            return []
        ends = text.ends()
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
    return Term(
        phrases=tuple(_phrases(parts, is_prefix=is_prefix)), runs=tuple(map("".join, parts)), is_prefix=is_prefix
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


class _Text(NamedTuple):
    """How a pattern is written for texts of one kind."""

    spelled: Callable[..., str]
    """What finds a run; see `storage.spellings.spelled`."""
    words: str
    """The class of letters of scripts with spaces."""
    blanks: str
    """The class of what parts words."""


_FOLDED = _Text(spelled=lambda run, goes_on: run, words=f"[^ {SPACELESS}]", blanks=" ")
_PLAIN = _Text(spelled=spelled, words=WORDS, blanks=BLANKS)


def _pattern(runs: Sequence[str], text: _Text, *, is_prefix: bool) -> str:
    goes_on = is_prefix or (len(runs[-1]) == LONGEST_WORD and not is_spaceless(runs[-1]))
    written = [text.spelled(run, goes_on=goes_on and place == len(runs)) for place, run in enumerate(runs, 1)]
    if not is_spaceless(runs[0]):
        first = text.spelled(runs[0][0], goes_on=False)
        if written[0].startswith(first):
            # a letter that begins a pattern is found fastest: what must not stand before it is looked at thereafter
            written[0] = f"{first}(?<!{text.words}{first}){written[0].removeprefix(first)}"
        else:
            written[0] = f"(?<!{text.words}){written[0]}"
    pattern = written[0]
    for (before, after), following in zip(pairwise(runs), written[1:], strict=True):
        # where scripts meet a space is a matter of taste
        pattern += text.blanks + ("+" if _script(before) == _script(after) else "*") + following
    if is_spaceless(runs[-1]):
        return pattern
    return pattern + (f"{text.words}*" if goes_on else f"(?!{text.words})")


def _script(run: str) -> int:
    """Return the kind of script a run is in; two runs of one kind would be one run if nothing stood between them."""
    return 0 if not is_spaceless(run) else 1 if run < "\u2000" else 2
