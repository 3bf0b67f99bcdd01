"""What changed between two revisions of an article.

Paragraphs are aligned first and only what differs is compared more closely (`storage.diff_texts`), so that a long
article costs little. Pure: two values in, one out; `storage.diff_views` shows it.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from storage.diff_texts import Op, Piece, compare_texts, runs_of, tokens_of
from storage.exports import as_iso

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from storage.records import Article, StoredArticle

# Two paragraphs are one that was edited when they share so much of their tokens; below that one went, another came.
LEAST_SHARED = 0.35

# Pairs of paragraphs that are weighed against each other; beyond that they are taken in order.
MOST_PARAGRAPH_PAIRS = 2_500


@dataclass(frozen=True, slots=True, kw_only=True)
class DiffBlock:
    """Title, lead or one paragraph, before and after."""

    part: str
    """``title``, ``lead`` or ``paragraph``."""
    pieces: tuple[Piece, ...]

    @property
    def is_changed(self) -> bool:
        """Is anything in it not the same?"""
        return any(piece.op is not Op.SAME for piece in self.pieces)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangedFact:
    """A field beside the text that differs."""

    field: str
    before: Any
    after: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class ArticleDiff:
    """Two revisions of an article compared."""

    before: StoredArticle
    after: StoredArticle
    blocks: tuple[DiffBlock, ...]
    """Unchanged ones included, in reading order."""
    facts: tuple[ChangedFact, ...]


def compare(before: StoredArticle, after: StoredArticle) -> ArticleDiff:
    """Compare two revisions of an article."""
    blocks = (
        *_block("title", before.article.title, after.article.title),
        *_block("lead", before.article.lead or "", after.article.lead or ""),
        *_compare_paragraphs(before.article.paragraphs, after.article.paragraphs),
    )
    facts = tuple(
        ChangedFact(field=field, before=old, after=new)
        for field, old, new in zip(_FACTS, _facts(before.article), _facts(after.article), strict=True)
        if old != new
    )
    return ArticleDiff(before=before, after=after, blocks=blocks, facts=facts)


_FACTS = ("published_at", "modified_at", "programme", "agency", "authors", "tags", "images")


def _facts(article: Article) -> tuple[Any, ...]:
    return (
        as_iso(article.published_at),
        as_iso(article.modified_at),
        article.programme,
        article.agency,
        list(article.authors),
        list(article.tags),
        [image.url for image in article.images],
    )


def _compare_paragraphs(before: Sequence[str], after: Sequence[str]) -> Iterator[DiffBlock]:
    for is_same, (i1, i2), (j1, j2) in runs_of(before, after):
        if is_same:
            pairs: list[tuple[str, str]] = [(paragraph, paragraph) for paragraph in before[i1:i2]]
        else:
            pairs = _paired(before[i1:i2], after[j1:j2])
        for old, new in pairs:
            yield from _block("paragraph", old, new)


def _paired(old: Sequence[str], new: Sequence[str]) -> list[tuple[str, str]]:
    """Pair each paragraph with the one it became, in order; one without a counterpart stands beside nothing.

    The pairing is the one that keeps the most text together (an alignment by dynamic programming).
    """
    if len(old) * len(new) > MOST_PARAGRAPH_PAIRS:
        return [(one, "") for one in old] + [("", one) for one in new]
    shared = [[_shared(one, other) for other in new] for one in old]
    best = [[0.0] * (len(new) + 1) for _ in range(len(old) + 1)]
    for i in reversed(range(len(old))):
        for j in reversed(range(len(new))):
            best[i][j] = max(best[i + 1][j], best[i][j + 1], shared[i][j] + best[i + 1][j + 1])
    pairs: list[tuple[str, str]] = []
    i = j = 0
    while i < len(old) or j < len(new):
        is_pair = i < len(old) and j < len(new) and shared[i][j] and best[i][j] == shared[i][j] + best[i + 1][j + 1]
        has_gone = not is_pair and i < len(old) and (j == len(new) or best[i][j] == best[i + 1][j])
        pairs.append((old[i] if is_pair or has_gone else "", "" if has_gone else new[j]))
        i += is_pair or has_gone
        j += not has_gone
    return pairs


def _shared(old: str, new: str) -> float:
    """Return how much of two paragraphs is in both, between 0 and 1; 0 where it is too little to speak of an edit."""
    ours, theirs = Counter(tokens_of(old)), Counter(tokens_of(new))
    ratio = 2 * (ours & theirs).total() / (ours.total() + theirs.total())
    return ratio if ratio >= LEAST_SHARED else 0.0


def _block(part: str, before: str, after: str) -> Iterator[DiffBlock]:
    if before or after:
        yield DiffBlock(part=part, pieces=compare_texts(before, after))
