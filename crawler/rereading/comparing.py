"""One piece is read in a process of its own and held against the database, so that only what differs comes back."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING

from crawler.rereading.report import Report
from crawler.rereading.units import read_unit
from storage import Correction, Store

if TYPE_CHECKING:
    from collections.abc import Sequence

    from crawler.rereading.units import Choice, ReadAgain, Unit
    from storage import Article, KnownRevision

# Pages that are held against the database at once.
BATCH = 100


@dataclass(slots=True, kw_only=True)
class Compared:
    """What came of one piece."""

    report: Report = field(default_factory=Report)
    corrections: list[Correction] = field(default_factory=list)
    appearing: list[Article] = field(default_factory=list)


_STORES: dict[str, Store] = {}


def compare_unit(unit: Unit, choice: Choice, database_url: str, *, with_articles: bool) -> Compared:
    """Read one piece and hold it against the database.

    Args:
        unit: Which one.
        choice: Which of its pages.
        database_url: Opened once in each process.
        with_articles: Bring what is to be written; without, the counts alone.
    """
    if database_url not in _STORES:
        _STORES[database_url] = Store.open(database_url, must_exist=True)
    store = _STORES[database_url]
    compared = Compared()
    pages = read_unit(unit, choice, store, compared.report.damages)
    while batch := list(islice(pages, BATCH)):
        _compare(batch, store, compared, with_articles=with_articles)
    return compared


def _compare(batch: Sequence[ReadAgain], store: Store, compared: Compared, *, with_articles: bool) -> None:
    report = compared.report
    urls = {url for page in batch for url in ([page.url] + ([page.article.canonical_url] if page.article else []))}
    known = store.rereading.revisions(urls)
    for page in batch:
        report.pages += 1
        if page.article is None:
            assert page.refusal is not None, "a page without an article has a reason"
            report.refused[page.refusal] = report.refused.get(page.refusal, 0) + 1
            continue
        revisions = known.get(page.url) or known.get(page.article.canonical_url) or []
        revision = next((one for one in revisions if one.was_read_at(page.seen_at)), None)
        if revision is not None:
            _judge(page.article, revision, compared, with_articles=with_articles)
        elif any(one.covers(page.seen_at) for one in revisions):
            report.seen += 1
        else:
            report.appearing += 1
            if with_articles:
                compared.appearing.append(page.article)


def _judge(article: Article, revision: KnownRevision, compared: Compared, *, with_articles: bool) -> None:
    """Count a page whose revision is known; what was pruned is left alone."""
    if revision.stored.is_pruned:
        compared.report.seen += 1
    elif compared.report.compare(article.canonical_url, revision.stored.article, article):
        compared.report.corrected += 1
        if with_articles:
            compared.corrections.append(Correction(revision_id=revision.id, article=article))
    else:
        compared.report.unchanged += 1
