"""What one reading shows: which fields it filled and by which way, what the page states where, how long things are.

A sign is a short key, such as ``fill lead``; `told` says it in a sentence.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from crawler.errors import PageNotUnderstood
    from crawler.items import Listing, ScrapedArticle
    from storage import Article

LISTING = "listing"
"""The template of all listings of a source."""

UNDERSTOOD = "understood"
_FILLED = (
    "title", "lead", "paragraphs", "published_at", "modified_at", "authors", "section", "programme", "agency", "tags",
    "images", "media", "content_id", "canonical_url",
)  # fmt: skip

# Of what is stored of an article: what holds a reading back that has it no more, and what tells of a break besides.
_NOT_TO_LOSE = ("lead", "authors", "section", "images")
_TO_KEEP = (*_NOT_TO_LOSE, "programme", "agency", "tags", "media", "content_id")

# A text that lost so much of what was stored of it was cut, rather than edited.
CUT_TO = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Signs:
    """What one reading shows."""

    template: str
    shown: frozenset[str] = frozenset()
    """Signs that hold."""
    asked: frozenset[str] = frozenset()
    """Groups of signs of which one holds or could: a known sign of such a group that is not shown is missing."""
    sizes: dict[str, int] = field(default_factory=dict)
    lost: tuple[str, ...] = ()
    """Fields that the stored revision of the same article has, and this reading has not."""


def signs_of_article(article: ScrapedArticle, before: Article | None = None) -> Signs:
    """Return what the reading of an article shows.

    Which fields are filled tells something once: an article without a text has none an hour later either, and is no
    second sign of a break. Of one that is looked at again it counts what it kept.

    Args:
        article: As its reader made it.
        before: The revision that is stored of the same article; None for a new one.
    """
    shown = [UNDERSTOOD]
    shown += [f"fill {name}" for name in _FILLED if getattr(article, name)]
    shown += [f"way {name}: {way}" for name, way in article.ways]
    shown += [f"claim {claim.field}: {claim.origin}" for claim in article.claims]
    # an instant became a day: still stated, but less
    shown += [f"instant {claim.field}: {claim.origin}" for claim in article.claims if "T" in claim.value]
    text = sum(map(len, article.paragraphs))
    sizes = {"text": text}
    if article.lead:
        sizes["lead"] = len(article.lead)
    asked = {UNDERSTOOD, "claim", "instant", *(f"way {name}" for name, _ in article.ways)}
    lost: tuple[str, ...] = ()
    if before is None:
        asked.add("fill")
    else:
        lost = tuple(_lost(article, text, before))
        asked |= {f"keep {name}" for name in _TO_KEEP if getattr(before, name)}
        shown += [f"keep {name}: as stored" for name in _TO_KEEP if getattr(before, name) and getattr(article, name)]
        if before.paragraphs:
            asked.add("keep text")
            shown += ["keep text: as stored"] if "text" not in lost else []
    return Signs(template=article.template, shown=frozenset(shown), asked=frozenset(asked), sizes=sizes, lost=lost)


def signs_of_refusal(refusal: PageNotUnderstood, *, is_listing: bool) -> Signs:
    """Return what a page shows that its reader did not understand."""
    return Signs(template=LISTING if is_listing else refusal.template, asked=frozenset({UNDERSTOOD}))


def signs_of_listing(listing: Listing) -> Signs:
    """Return what the reading of a listing shows."""
    shown = {UNDERSTOOD, *(("fill links",) if listing.links else ())}
    return Signs(template=LISTING, shown=frozenset(shown), asked=frozenset({UNDERSTOOD, "fill"}))


@cache  # asked for every known sign at every reading; there are some hundred signs
def group_of(sign: str) -> str:
    """Return the group of a sign: of ``way title: og`` it is ``way title``, of ``fill lead`` it is ``fill``."""
    head = sign.partition(":")[0]
    return head if head.startswith(("way ", "keep ")) else head.partition(" ")[0]


_SENTENCES = {
    "understood": "pages are not understood",
    "fill": "{name} is missing",
    "way": "{name} is no longer read from {where}",
    "claim": "{where} no longer states {name}",
    "instant": "{where} states {name} without a time of day",
    "keep": "{name} is gone from articles that had it",
    "shorter": "{name} is shorter than usual",
    "longer": "{name} is longer than usual",
}


def told(sign: str) -> str:
    """Say in a few words what is the matter when a sign is missing.

    >>> told("way title: its place")
    'title is no longer read from its place'
    """
    kind, _, rest = sign.partition(" ")
    name, _, where = rest.partition(": ")
    return _SENTENCES[kind].format(name=name, where=where)


def _lost(article: ScrapedArticle, text: int, before: Article) -> Iterator[str]:
    """Yield what the stored revision has and this reading has not."""
    for name in _NOT_TO_LOSE:
        if getattr(before, name) and not getattr(article, name):
            yield name
    if before.paragraphs and text < CUT_TO * sum(map(len, before.paragraphs)):
        yield "text"
