"""Two texts compared: by words, or by characters where a script has no blanks."""

from __future__ import annotations

import enum
import re
from collections import Counter
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

# Pairs of equal tokens that one comparison may have to weigh: difflib takes about a second for so many at worst.
MOST_PAIRS = 100_000

# A run of unchanged tokens shorter than this between two changes is noise: one 的 that both sentences have.
SHORTEST_ISLAND = 2

# A letter with its marks where scripts are written without blanks (Han, kana, Thai, Lao, Burmese, Khmer with the
# consonants below the line); elsewhere a word with its apostrophes; blanks; any other character alone.
_TOKEN = re.compile(
    "[\u2e80-\u2fdf\u3005-\u3007\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]"
    "|[\u0e00-\u0eff\u1000-\u109f][\u0e31\u0e34-\u0e3a\u0e47-\u0e4e\u0eb1\u0eb4-\u0ebc\u0ec8-\u0ece\u102b-\u103e]*"
    "|[\u1780-\u17b3](?:\u17d2[\u1780-\u17b3]|[\u17b4-\u17d1\u17d3\u17dd])*"
    "|[^\\W\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u2e80-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]+"
    "(?:['’][^\\W\u2e80-\u9fff]+)*"
    "|\\s+|.",
    re.DOTALL,
)


# Where a comparison word by word would take too long, whole sentences are compared.
_SENTENCE = re.compile(r".*?(?:[。！？!?；;…]+[”’」』）)]*|\.\s|\n|$)", re.DOTALL)


class Op(enum.Enum):
    """What became of a piece of text."""

    SAME = "same"
    REMOVED = "removed"
    ADDED = "added"


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of text and what became of it."""

    op: Op
    text: str


def compare_texts(before: str, after: str) -> tuple[Piece, ...]:
    """Compare two texts token by token.

    >>> [(piece.op.value, piece.text) for piece in compare_texts("白宫说今天", "白宫说明天")]
    [('same', '白宫说'), ('removed', '今'), ('added', '明'), ('same', '天')]
    >>> [(piece.op.value, piece.text) for piece in compare_texts("two old words", "two new words")]
    [('same', 'two '), ('removed', 'old'), ('added', 'new'), ('same', ' words')]
    """
    old, new = tokens_of(before), tokens_of(after)
    if not _is_affordable(old, new):
        old, new = ([part for part in _SENTENCE.findall(text) if part] for text in (before, after))
    pieces: list[Piece] = []
    for is_same, old_range, new_range in _without_islands(runs_of(old, new), old):
        removed, added = "".join(old[slice(*old_range)]), "".join(new[slice(*new_range)])
        if is_same:
            pieces.append(Piece(Op.SAME, removed))
            continue
        pieces += [Piece(op, text) for op, text in ((Op.REMOVED, removed), (Op.ADDED, added)) if text]
    return tuple(pieces)


Run = tuple[bool, tuple[int, int], tuple[int, int]]
"""Is it the same on both sides, and from where to where it goes on each."""


def tokens_of(text: str) -> list[str]:
    """Return a text in the pieces that are compared; joined they are the text.

    >>> tokens_of("RFI说：l'été, 好")
    ['RFI', '说', '：', "l'été", ',', ' ', '好']
    """
    return _TOKEN.findall(text)


def runs_of(old: Sequence[str], new: Sequence[str]) -> list[Run]:
    """Return where two sequences are the same and where not; what would take too long is not looked into."""
    start, old_end, new_end = _differing(old, new)
    runs: list[Run] = [(True, (0, start), (0, start))]
    middle, other = old[start:old_end], new[start:new_end]
    if _is_affordable(middle, other):
        matcher = SequenceMatcher(None, middle, other, autojunk=False)
        for tag, i1, i2, j1, j2 in matcher.get_opcodes():
            runs.append((tag == "equal", (start + i1, start + i2), (start + j1, start + j2)))
    else:
        runs.append((False, (start, old_end), (start, new_end)))
    runs.append((True, (old_end, len(old)), (new_end, len(new))))
    return [run for run in runs if run[1][0] < run[1][1] or run[2][0] < run[2][1]]


def _differing(old: Sequence[str], new: Sequence[str]) -> tuple[int, int, int]:
    """Return where two sequences begin to differ, and where in each they are the same again to the end."""
    start = _shared_length(old, new)
    end = _shared_length(old[start:][::-1], new[start:][::-1])
    return start, len(old) - end, len(new) - end


def _shared_length(old: Sequence[str], new: Sequence[str]) -> int:
    pairs = enumerate(zip(old, new, strict=False))
    return next((place for place, (one, other) in pairs if one != other), min(len(old), len(new)))


def _is_affordable(old: Sequence[str], new: Sequence[str]) -> bool:
    start, old_end, new_end = _differing(old, new)
    ours, theirs = Counter(old[start:old_end]), Counter(new[start:new_end])
    return sum(count * theirs[token] for token, count in ours.items()) <= MOST_PAIRS


def _without_islands(runs: Sequence[Run], old: Sequence[str]) -> Iterator[Run]:
    """Yield runs with the changes around a short unchanged run taken together with it."""
    waiting: Run | None = None  # a change that may still grow
    island: Run | None = None
    for run in runs:
        is_same, (old_start, old_end), _ = run
        if is_same:
            words = [token for token in old[old_start:old_end] if not token.isspace()]
            if waiting is not None and island is None and len(words) < SHORTEST_ISLAND:
                island = run
                continue
            yield from (one for one in (waiting, island) if one is not None)
            waiting = island = None
            yield run
        elif waiting is None:
            waiting = run
        else:
            waiting = (False, (waiting[1][0], run[1][1]), (waiting[2][0], run[2][1]))
            island = None
    yield from (one for one in (waiting, island) if one is not None)
