"""The judge: ScrapedArticle -> Article, or ArticleRejected.

Here times become UTC, text is folded, the canonical URL is chosen. Nothing is guessed: what is missing or impossible
is refused under a short fixed reason that runs count.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from crawler.errors import ArticleRejected
from crawler.sources.version import reader_version
from storage import Article
from storage.identity import canonical_url

if TYPE_CHECKING:
    from collections.abc import Iterable

    from crawler.items import ScrapedArticle
    from crawler.sources.base import Source

# RFI put its first pages on the web in 1996; an older date is a template's default (1970, 1900).
EARLIEST = datetime(1995, 1, 1, tzinfo=UTC)

# A page may be stamped a little ahead of our clock, by a wrong zone at most; nothing is published days ahead.
LATEST_AHEAD = timedelta(hours=36)

_BLANKS = re.compile(r"\s+")
# Control characters, byte-order marks and halves of surrogate pairs: never text, and PostgreSQL refuses some.
_BROKEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufeff\ufffe\uffff\ud800-\udfff]")

# Zero-width spaces and joiners part words in Khmer and shape them in Persian: they stay, but not at an end.
_EDGES = " \u200b\u200c\u200d\u2060"


def normalize(scraped: ScrapedArticle, source: Source) -> Article:
    """Judge one scraped article.

    Args:
        scraped: With `fetched_at` or `observed_at` set.
        source: The source that read it; says which URLs are its articles.

    Raises:
        ArticleRejected: ``no URL``, ``no title``, ``no text``, ``no published time`` or ``impossible date``.
    """
    canonical, aliases = _choose_url(scraped, source)
    title = fold(scraped.title)
    lead = fold(scraped.lead) or None
    paragraphs = tuple(folded for paragraph in scraped.paragraphs if (folded := fold(paragraph)))
    if not title:
        raise ArticleRejected(scraped.url, "no title")
    if not lead and not paragraphs:
        raise ArticleRejected(scraped.url, "no text")
    published_at, modified_at = _judge_times(scraped)
    return Article(
        source=scraped.source,
        canonical_url=canonical,
        title=title,
        published_at=published_at,
        modified_at=modified_at,
        programme=fold(scraped.programme) or None,
        agency=fold(scraped.agency) or None,
        lead=lead,
        paragraphs=paragraphs,
        html=scraped.html if scraped.html.isprintable() else _BROKEN.sub("", scraped.html),
        observed_at=scraped.observed_at.astimezone(UTC) if scraped.observed_at else None,
        fetched_at=scraped.fetched_at.astimezone(UTC) if scraped.fetched_at else None,
        authors=_distinct(scraped.authors),
        section=fold(scraped.section) or None,
        tags=_distinct(scraped.tags),
        language=scraped.language or source.language,
        images=tuple(dict.fromkeys(scraped.images)),
        media=tuple(dict.fromkeys(scraped.media)),
        alternates=scraped.alternates,
        content_id=scraped.content_id,
        aliases=aliases,
        claims=tuple(dict.fromkeys(scraped.claims)),
        reader_version=reader_version(),
    )


def fold(text: str | None) -> str:
    r"""Return a text as a reader sees it: runs of blanks are one blank, broken characters are gone.

    >>> fold("  白宫 \n \x00东京\u200b ")
    '白宫 东京'
    """
    if not text:
        return ""
    # nearly every text is printable: then no character is broken, and among the blanks there is only the space
    if not text.isprintable() or "  " in text:
        text = _BLANKS.sub(" ", _BROKEN.sub("", text))
    return text.strip(_EDGES)


def _distinct(texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(folded for text in texts if (folded := fold(text))))


def _choose_url(scraped: ScrapedArticle, source: Source) -> tuple[str, tuple[str, ...]]:
    """Return the canonical URL and the other canonical URLs under which this very page was met.

    The page's own statement wins when it names an article of the same source; one that names the front page, another
    site or nonsense is a template's mistake and stays a claim only.
    """
    met: list[str] = []
    for url in (scraped.url, *scraped.requested_urls):
        try:
            met.append(canonical_url(url))
        except ValueError:
            continue
    if not met:
        raise ArticleRejected(scraped.url, "no URL")
    chosen = met[0]
    if scraped.canonical_url:
        try:
            stated = canonical_url(scraped.canonical_url)
        except ValueError:
            stated = chosen
        if source.owns(stated) and source.is_article(stated):
            chosen = stated
    return chosen, tuple(url for url in dict.fromkeys(met) if url != chosen)


def _judge_times(scraped: ScrapedArticle) -> tuple[datetime, datetime | None]:
    seen_at = scraped.fetched_at or scraped.observed_at
    if scraped.published_at is None:
        raise ArticleRejected(scraped.url, "no published time")
    published_at = scraped.published_at.astimezone(UTC)
    if published_at < EARLIEST or (seen_at is not None and published_at > seen_at + LATEST_AHEAD):
        raise ArticleRejected(scraped.url, "impossible date")
    if scraped.modified_at is None:
        return published_at, None
    modified_at = scraped.modified_at.astimezone(UTC)
    # dateModified is seconds before datePublished on a third of the real pages: an update only when later
    is_update = modified_at > published_at and (seen_at is None or modified_at <= seen_at + LATEST_AHEAD)
    return published_at, modified_at if is_update else None
