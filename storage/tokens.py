"""Text into the tokens by which it is found; pure, the same on every database.

`fold` makes one text of all spellings of it: upper and lower case, accents, full width, traditional and simplified
characters. `tokens` cuts folded text: a word of a script with spaces is one token; in scripts without them every
character begins one, made of itself and the next (the last of a run stands alone), so that a word of two characters
is one token and a longer one is tokens in a row.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from functools import cache
from itertools import chain
from operator import add

from opencc import OpenCC

# A word that is longer (a hash, an address without marks) is found by its beginning.
LONGEST_WORD = 40

# Characters that are written without spaces between words, after folding: Han with kana, bopomofo and Hangul, whose
# spaces do not part what a reader searches for ...
HAN = "\u3005-\u3007\u3041-\u3096\u309d-\u30ff\u3105-\u312f\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3\U00020000-\U0003ffff"
# ... and Thai, Lao, Myanmar and Khmer, where a character of the reader is a letter with all its signs.
CLUSTERED = "\u0e01-\u0eff\u1000-\u109f\u1780-\u17dd"
_SIGNS = (
    "\u0e31\u0e34-\u0e3a\u0e47-\u0e4e\u0eb1\u0eb4-\u0ebc\u0ec8-\u0ece"
    "\u102b-\u1038\u103a-\u103e\u17b4-\u17d1\u17d3\u17dd"
)
_STACKERS = "\u1039\u17d2"
SPACELESS = HAN + CLUSTERED

_SPACELESS = re.compile(f"[{SPACELESS}]")
_RUN = re.compile(f"[{HAN}]+|[{CLUSTERED}]+|[^ {SPACELESS}]+")
_CLUSTER = re.compile(f".(?:[{_STACKERS}].|[{_SIGNS}])*")
_HAN_RUNS = re.compile(f"[{HAN}]+")
_CLUSTERED_RUNS = re.compile(f"[{CLUSTERED}]+")

# Letters that Unicode does not take apart, as people write them who lack the key. Hooked letters are those of Hausa
# and Fulfulde, the open vowels those of Bambara.
_PLAIN = dict(zip("đðøłħıŋɲɓɗƙƴɛɔŧ", "ddolhinnbdkyeot", strict=True)) | {"æ": "ae", "œ": "oe", "þ": "th"}
# Arabic and Persian write the same letters with other characters; tatweel only stretches a line.
# The pairs are those of Lucene's ArabicNormalizer and PersianNormalizer.
_PLAIN |= {"ی": "ي", "ى": "ي", "ے": "ي", "ک": "ك", "ة": "ه", "ۀ": "ه", "ہ": "ه", "ـ": ""}
# The zero-width non-joiner of Persian stands where others write a space; other invisible characters, the zero-width
# space that parts Khmer words among them, are not there for somebody who searches.
_PLAIN |= {"\u200c": " ", "ʼ": " ", "ʻ": " ", "ʾ": " ", "ʿ": " "}

# Blocks of alphabets whose marks are accents, vowel points or shapes of the letter before, and of such marks alone.
_ACCENTED = (
    ("\u0000", "\u08ff"),
    ("\u1ab0", "\u1aff"),
    ("\u1d00", "\u20ff"),
    ("\u2c60", "\u2c7f"),
    ("\u3099", "\u309a"),
    ("\ua640", "\ua7ff"),
    ("\ufe00", "\ufe2f"),
    ("\U000e0000", "\U000effff"),
)

# Characters that are looked up at once; a list of all would stay in memory for good, as gaps between other things.
_TOGETHER = 0x400

# Variants that OpenCC tells apart by the word they stand in.
_VARIANTS = {"甦": "苏", "迳": "径", "锺": "钟", "瞭": "了", "藉": "借", "妳": "你"}

# Blocks of Chinese characters; what OpenCC makes of others (radicals, marks) is not for us.
_CHINESE = ((0x3400, 0xA000), (0x20000, 0x32000))


@cache
def _conversions() -> list[OpenCC]:
    """Return OpenCC's ways, to be gone one after the other: that over Hong Kong's and Taiwan's forms joins variants."""
    to_simplified = OpenCC("t2s")
    return [to_simplified, OpenCC("hk2t"), OpenCC("tw2t"), to_simplified]


def _simplified(characters: list[str]) -> list[str]:
    """Return the simplified forms of Chinese characters.

    Characters are converted one by one, not words: what a character becomes must not depend on its neighbours, or a
    part of a text would not be found in it.
    """
    forms = "\n".join(characters)
    for conversion in _conversions():
        forms = conversion.convert(forms)
    return [_VARIANTS.get(form, form) for form in forms.split("\n")]


@cache
def _forms() -> dict[str, str]:
    """Return all forms of every simplified character that has others."""
    forms: defaultdict[str, str] = defaultdict(str)
    for first in chain.from_iterable(range(*block, _TOGETHER) for block in _CHINESE):
        characters = [chr(code) for code in range(first, first + _TOGETHER)]
        for form, simplified in zip(characters, _simplified(characters), strict=True):
            if form != simplified:
                forms[simplified] += form
    return {simplified: simplified + others for simplified, others in forms.items()}


def forms(character: str) -> str:
    """Return the Chinese characters that fold to this one, itself among them.

    >>> sorted(forms("发"))
    ['发', '發', '髮']
    """
    return _forms().get(character, character)


class _Folds(dict[int, str]):
    """What each character becomes; worked out when it is first met."""

    def __missing__(self, code: int) -> str:
        folded = "".join(_fold_one(part) for part in unicodedata.normalize("NFKC", chr(code)).casefold())
        self[code] = folded
        return folded


def _fold_one(character: str) -> str:
    if (plain := _PLAIN.get(character)) is not None:
        return plain
    if (digit := unicodedata.decimal(character, None)) is not None:
        return str(digit)
    category, has_accents = unicodedata.category(character), not _keeps_marks(character)
    if category == "Cf" or (category[0] == "M" and has_accents):
        return ""
    if category[0] not in "LMN":
        return " "
    if has_accents:
        base = unicodedata.normalize("NFD", character)[0]
        return _PLAIN.get(base, base)
    is_chinese = any(first <= ord(character) < end for first, end in _CHINESE)
    return _simplified([character])[0] if is_chinese else character


def _keeps_marks(character: str) -> bool:
    """Return whether marks are letters in its script, and no accents: so it is from India eastwards."""
    return not any(first <= character <= last for first, last in _ACCENTED)


_FOLDS = _Folds()


def fold(text: str) -> str:
    """Return a text as all its spellings have in common; what is neither letter nor number is a space.

    Every character is folded by itself, so that a part of a text folds to a part of the folded text.

    >>> fold("L’Élysée à NOËL：臺灣ＯＫ")
    'l elysee a noel 台湾ok'
    """
    return text.translate(_FOLDS)


def fold_lengths(text: str) -> list[int]:
    """Return how many characters each character of a text becomes when it is folded."""
    return [*map(len, map(_FOLDS.__getitem__, map(ord, text)))]


def runs(folded: str) -> list[list[str]]:
    """Cut folded text into runs: each one word, or the characters of a script without spaces up to the next mark.

    >>> runs("g7峰会 2023年")
    [['g7'], ['峰', '会'], ['2023'], ['年']]
    """
    return [_characters(run) for run in _RUN.findall(folded)]


def _characters(run: str) -> list[str]:
    if not is_spaceless(run):
        return [run[:LONGEST_WORD]]
    return _CLUSTER.findall(run) if _CLUSTERED_RUNS.match(run) else list(run)


def is_spaceless(run: str) -> bool:
    """Return whether folded text begins with a character of a script without spaces."""
    return _SPACELESS.match(run) is not None


def tokens(folded: str) -> list[str]:
    """Return the tokens of folded text in their order.

    >>> tokens("g7峰会 2023年")
    ['g7', '峰会', '会', '2023', '年']
    """
    found: list[str] = []
    for run in _RUN.findall(folded):
        if "\u4e00" <= run[0] <= "\u9fff":  # most runs, and told without an expression
            parts = run
        elif not is_spaceless(run):
            found.append(run[:LONGEST_WORD])
            continue
        else:
            parts = _characters(run)
        found.extend(map(add, parts, parts[1:]))
        found.append(parts[-1])
    return found


def characters(folded: str) -> set[str]:
    """Return the distinct characters of the scripts without spaces: what a query of one character asks for.

    >>> sorted(characters("g7峰会 会"))
    ['会', '峰']
    """
    distinct = "".join(set(folded))
    found = set(chain.from_iterable(_HAN_RUNS.findall(distinct)))
    if _CLUSTERED_RUNS.search(distinct):
        for run in _CLUSTERED_RUNS.findall(folded):
            found.update(_CLUSTER.findall(run))
    return found
