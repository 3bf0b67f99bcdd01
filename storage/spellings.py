"""How folded letters are spelled in print, so that a query finds itself in a text that was not folded.

To fold a text takes ten times as long as to search it. A text that is `plain` need not be: patterns know the letters of
Latin-1 and the forms of Chinese characters, and the few other letters of most texts are replaced one for one, so that
what is found stands where it stood.
"""

from __future__ import annotations

import re
from collections import defaultdict
from functools import cache
from typing import NamedTuple

from storage.tokens import fold, forms, is_spaceless

# In plain text: a letter of a script with spaces, and what parts words. Scripts without spaces begin at U+3005; written
# in one class with what stands beyond, this takes ten times as long to compile.
WORDS = r"(?:(?=[^\W_])[\0-\u3004])"
BLANKS = r"[\W_]"

# Latin-1, and punctuation: of these each is looked at beforehand, of all others where they are met.
_BLOCKS = (("\u0000", "\u00ff"), ("\u0152", "\u0153"), ("\u2000", "\u206f"), ("\u3000", "\u303f"), ("\uff00", "\uff20"))
# Ideographs, of which each folds to one, and Hangul, which stays.
_IDEOGRAPHS = "\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3"

_KINDS = re.compile(f"({BLANKS})|({WORDS})|.", re.DOTALL)
_BLANK, _IN_WORD, _SPACELESS = 1, 2, None


def _kind(character: str) -> int | None:
    found = _KINDS.match(character)
    assert found is not None, "there is a character"
    return found.lastindex


class _Spellings(NamedTuple):
    letters: dict[str, str]
    """The characters that fold to a letter; one for one, where they are few."""
    pairs: dict[str, str]
    """Those that fold to two letters of a word."""
    others: re.Pattern[str]
    """Finds what patterns do not know."""


@cache
def _spellings() -> _Spellings:
    letters, pairs = defaultdict[str, str](str), defaultdict[str, str](str)
    known = ""
    for code in (code for first, last in _BLOCKS for code in range(ord(first), ord(last) + 1)):
        character = chr(code)
        folded, kind = fold(character), _kind(character)
        if folded.isspace() and kind == _BLANK:
            known += character
        elif len(folded) == 1 and kind == _IN_WORD and _plain_form(character):
            known += character
            letters[folded] += character
        elif len(folded) == len(set(folded)) == 2 and {kind, *map(_kind, folded)} == {_IN_WORD}:
            # of equal letters (``ß``) nobody could say which of three in a row it stands for
            known += character
            pairs[folded] += character
    return _Spellings(dict(letters), dict(pairs), re.compile(f"[^{re.escape(known)}{_IDEOGRAPHS}]"))


@cache
def _plain_form(character: str) -> str | None:
    """Return the one letter, or the blank, as which a character can be found; None if there is no such one."""
    folded = fold(character)
    if folded.isspace():
        return " "
    kind = _SPACELESS if is_spaceless(folded) else _IN_WORD
    return folded if len(folded) == 1 and _kind(folded) == kind else None


def plain(text: str) -> str | None:
    r"""Return a printed text in which patterns find what they look for, as long as it is; None if it must be folded.

    >>> plain("L’Élysée à Hà Nội：Œuvre臺灣")
    'L’Élysée à Hà Noi：Œuvre臺灣'
    >>> plain("a\u200bb"), plain("20㎏")
    (None, None)
    """
    for character in set(_spellings().others.findall(text)):
        form = _plain_form(character)
        if form is None:
            return None
        text = text.replace(character, form)
    return text


def spelled(run: str, *, goes_on: bool) -> str:
    """Return the pattern that finds folded letters in a row in plain text.

    Args:
        run: A word, or characters of scripts without spaces.
        goes_on: It may be the beginning of a longer word.

    >>> [bool(re.fullmatch(spelled("oeuvre", goes_on=False), word)) for word in ("Œuvre", "OEUVRE", "ouvre")]
    [True, True, False]
    >>> [bool(re.fullmatch(spelled("vita", goes_on=goes_on), "vitæ")) for goes_on in (True, False)]
    [True, False]
    """
    pairs = _spellings().pairs
    pattern, place = "", 0
    while place < len(run):
        letter, pair = f"[{_forms(run[place])}]", run[place : place + 2]
        if pair in pairs:
            pattern += f"(?:{letter}[{_forms(pair[1])}]|[{pairs[pair]}])"
        elif goes_on and pair == run[-1] and (begun := "".join(pairs[two] for two in pairs if two[0] == pair)):
            pattern += f"(?:{letter}|[{begun}])"
        else:
            pattern += letter
        place += 2 if pair in pairs else 1
    return pattern


def _forms(letter: str) -> str:
    return forms(letter) + _spellings().letters.get(letter, "")
