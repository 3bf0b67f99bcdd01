"""What `storage.tokens` does, for a whole text at once: the same results in a fraction of the time.

Looking at a text character by character makes an object of each. Here a text is an array of code points, on which one
step in C finds its distinct characters, or lays out all its pairs side by side.
"""

from __future__ import annotations

import re
import sys
from array import array
from functools import cache
from itertools import accumulate, chain, zip_longest
from typing import TYPE_CHECKING

from storage.tokens import CLUSTERED, HAN, LONGEST_WORD, SPACELESS, characters, fold, tokens

if TYPE_CHECKING:
    from collections.abc import Collection

_WORDS = re.compile(f"([^ {SPACELESS}]+)")
_SPACELESS = re.compile(f"[{SPACELESS}]")
_CLUSTERED_RUNS = re.compile(f"[{CLUSTERED}]")
_HAN_RUNS = re.compile(f"[{HAN}]+")

# Stands for a word while the pairs are laid out; private-use characters are folded away, so that no text holds it.
_WORD = "\ue000"
_BESIDE = f" {_WORD} "

_CODEC = f"utf-32-{sys.byteorder[0]}e"
_BLANK, _COLON = ord(" "), ord(":")

# PostgreSQL numbers tokens up to here.
PLACES = 16_383


# Code points met so far: those that fold to themselves, as most do, and what the others fold to.
_STAY: set[int] = set()
_FOLDS: dict[int, str] = {}


def fold_and_list(text: str) -> tuple[str, Collection[str]]:
    """Return a text folded, and its distinct characters of scripts without spaces in any order.

    They are those of `storage.tokens.fold` and `storage.tokens.characters`.

    >>> fold_and_list("Ｇ７會")
    ('g7会', '会')
    """
    codes = set(array("I", text.encode(_CODEC, "surrogatepass")))
    changed = codes - _STAY
    for code in changed:
        folded = _FOLDS.get(code)
        if folded is None:
            folded = _FOLDS[code] = fold(chr(code))
            if folded == chr(code):
                _STAY.add(code)
        # what a character folds to folds to itself: it is not replaced again
        text = text.replace(chr(code), folded)
    codes -= changed
    codes.update(map(ord, "".join([_FOLDS[code] for code in changed])))
    distinct = array("I", codes).tobytes().decode(_CODEC)
    # where signs belong to a letter, characters are more than code points
    has_signs = _CLUSTERED_RUNS.search(distinct)
    return text, characters(text) if has_signs else "".join(_HAN_RUNS.findall(distinct))


def token_line(folded: str) -> str:
    """Return the tokens of folded text in their order, with one blank or more between them.

    >>> token_line("g7峰会 2023年").split()
    ['g7', '峰会', '会', '2023', '年']
    """
    if not _is_of_pairs(folded):
        return " ".join(tokens(folded))
    begins, nexts, words = _pairs(folded)
    cells = array("I", [_BLANK]) * (3 * len(begins))
    cells[0::3], cells[1::3] = begins, nexts
    return _with_words(cells.tobytes().decode(_CODEC), words)


def numbered_token_line(folded: str, first: int) -> tuple[str, int]:
    """Return the tokens of folded text in their order, each with its place, and the place after the last.

    Places are those of PostgreSQL, which knows no higher one than 16,383: counting on from 1 keeps neighbours
    neighbours, but for one pair. Zeros may stand before a place; to PostgreSQL it is the same number.

    >>> numbered_token_line("g7峰会", 9)[0].split()
    ['g7:09', '峰会:10', '会:11']
    """
    if not _is_of_pairs(folded):
        found = tokens(folded)
        after = first + len(found)
        return " ".join([f"{token}:{_place(place)}" for place, token in enumerate(found, first)]), after
    begins, nexts, words = _pairs(folded)
    after = first + len(begins)
    digits = _digits()[-len(str(min(after, PLACES))) :]
    width = len(digits) + 4
    cells = array("I", [_BLANK]) * (width * len(begins))
    cells[0::width], cells[1::width], cells[2::width] = begins, nexts, array("I", [_COLON]) * len(begins)
    begin = _place(first) - 1
    end = begin + len(begins)
    rounds = (end - 1) // PLACES + 1
    for number, column in enumerate(digits, 3):
        cells[number::width] = (column if rounds < 2 else column * rounds)[begin:end]
    return _with_words(cells.tobytes().decode(_CODEC).replace(" :", ":"), words), after


def _place(number: int) -> int:
    return (number - 1) % PLACES + 1


@cache
def _digits() -> list[array[int]]:
    """Return the digits of all places as columns, those of the ten thousands first."""
    written = [f"{place:05}" for place in range(1, PLACES + 1)]
    return [array("I", map(ord, column)) for column in zip(*written, strict=True)]


def _is_of_pairs(folded: str) -> bool:
    """Are there characters in it of a script without spaces, and none that are more than a code point?"""
    return bool(_SPACELESS.search(folded)) and not _CLUSTERED_RUNS.search(folded)


def _pairs(folded: str) -> tuple[array[int], array[int], list[str]]:
    """Return the first characters of all tokens, their second ones (a blank where there is none), and the words.

    Each word is one token there, of which the first character stands for it.
    """
    # runs of characters and words by turns, beginning and ending with a run, which may be empty
    parts = _WORDS.split(folded)
    runs = _BESIDE.join(parts[::2]).split()
    begins = array("I", "".join(runs).encode(_CODEC))
    nexts = begins[1:]
    nexts.append(_BLANK)
    for end in accumulate(map(len, runs)):
        nexts[end - 1] = _BLANK
    return begins, nexts, parts[1::2]


def _with_words(line: str, words: list[str]) -> str:
    """Put words in their places."""
    if not words:
        return line
    shown = (word[:LONGEST_WORD] for word in words)
    return "".join(chain.from_iterable(zip_longest(line.split(_WORD), shown, fillvalue="")))
