"""Retention: texts go, identity stays."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from storage import Article, Outcome, Pruned, SeedCopy, Store
from storage.pruning import PAGE

if TYPE_CHECKING:
    from collections.abc import Callable

NOW = datetime(2026, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)
NEWEST = datetime(2023, 8, 1, 12, tzinfo=UTC)


def fill(store: Store, make_article: Callable[..., Article], count: int = 4) -> list[Article]:
    """Store articles a day apart, newest first, each with a seed file."""
    articles = [
        make_article(
            canonical_url=f"https://www.rfi.fr/cn/{number}-x",
            title=f"灯塔 {number}",
            source="rfi-cn" if number % 2 else "rfi-fr",
            published_at=NEWEST - number * DAY,
        )
        for number in range(count)
    ]
    copies = [SeedCopy(name=f"{number}.md", raw=b"seed file", observed_at=NOW) for number in range(count)]
    store.save_batch(articles, now=NOW, seed_copies=copies)
    return articles


def with_text(store: Store) -> list[str]:
    """Return the titles of articles that have their text, newest first."""
    return [stored.article.title for stored in store.articles() if not stored.is_pruned]


def test_pruning_by_age(store: Store, make_article: Callable[..., Article]) -> None:
    """What was published before the instant loses its texts and seed files; what at it, does not."""
    fill(store, make_article)
    before = store.retention.size()
    pruned = store.retention.prune(before=NEWEST - DAY)
    assert (pruned.articles, pruned.bodies, pruned.seed_copies) == (2, 2, 2)
    assert with_text(store) == ["灯塔 0", "灯塔 1"]
    assert store.retention.size() == before - pruned.bytes
    assert [kept.copy.name for kept in store.seed_copies()] == ["0.md", "1.md"]


def test_pruning_by_size(store: Store, make_article: Callable[..., Article]) -> None:
    """The oldest go until the rest is no larger than allowed."""
    fill(store, make_article)
    one = store.retention.size() // 4
    assert store.retention.prune(keep_bytes=2 * one + 10).articles == 2
    assert with_text(store) == ["灯塔 0", "灯塔 1"]
    assert store.retention.size() <= 2 * one + 10
    assert store.retention.prune(keep_bytes=2 * one + 10) == Pruned()


def test_pruning_by_both(store: Store, make_article: Callable[..., Article]) -> None:
    """What is old goes, and then as much as it takes."""
    fill(store, make_article)
    one = store.retention.size() // 4
    assert store.retention.prune(before=NEWEST - 2 * DAY, keep_bytes=one + 10).articles == 3
    fill(store, make_article)
    assert with_text(store) == ["灯塔 0"]


def test_pruning_one_source(store: Store, make_article: Callable[..., Article]) -> None:
    """Others are left alone, and do not count."""
    fill(store, make_article)
    assert store.retention.size("rfi-cn") + store.retention.size("rfi-fr") == store.retention.size()
    store.retention.prune(keep_bytes=0, source="rfi-cn")
    assert with_text(store) == ["灯塔 0", "灯塔 2"]
    assert store.retention.size("rfi-cn") == 0


def test_a_dry_run_only_counts(store: Store, make_article: Callable[..., Article]) -> None:
    """It says what the real one does."""
    fill(store, make_article)
    counted = store.retention.prune(before=NEWEST, dry_run=True)
    assert len(with_text(store)) == 4
    assert store.retention.prune(before=NEWEST) == counted


def test_pruning_over_the_end_of_a_page(store: Store, make_article: Callable[..., Article]) -> None:
    """Every page is a transaction, and the count is told after each."""
    fill(store, make_article, count=PAGE + 3)
    told: list[int] = []
    pruned = store.retention.prune(keep_bytes=0, on_progress=lambda so_far: told.append(so_far.articles))
    assert (pruned.articles, told, with_text(store)) == (PAGE + 3, [PAGE, PAGE + 3], [])


def test_a_pruned_article_never_comes_back_as_new(store: Store, make_article: Callable[..., Article]) -> None:
    """The same text is UNCHANGED, another REVISED; the revision that was pruned stays so."""
    article = fill(store, make_article)[0]
    store.retention.prune(keep_bytes=0)
    again = make_article(
        canonical_url=article.canonical_url, title=article.title, source="rfi-fr", fetched_at=NOW, published_at=NEWEST
    )
    assert store.save(again, now=NOW) is Outcome.UNCHANGED
    assert store.article(article.canonical_url).is_pruned
    edited = make_article(canonical_url=article.canonical_url, title="新", source="rfi-fr", fetched_at=NOW + DAY)
    assert store.save(edited, now=NOW) is Outcome.REVISED
    assert [stored.is_pruned for stored in store.revisions(article.canonical_url)] == [True, False]
    assert [marks.is_pruned for marks in store.history.revisions(article.canonical_url)] == [True, False]


def test_what_a_pruned_article_still_says(store: Store, make_article: Callable[..., Article]) -> None:
    """Title, lead, times, section and fingerprint; neither paragraphs nor HTML."""
    article = fill(store, make_article)[0]
    before = store.article(article.canonical_url)
    store.retention.prune(keep_bytes=0)
    after = store.article(article.canonical_url)
    assert (after.article.paragraphs, after.article.html, after.is_pruned) == ((), "", True)
    assert (after.article.title, after.article.lead, after.article.section) == (
        article.title,
        article.lead,
        article.section,
    )
    assert (after.fingerprint, after.last_seen_at) == (before.fingerprint, before.last_seen_at)


def test_search_forgets_what_is_pruned(store: Store, make_article: Callable[..., Article]) -> None:
    """Words of the text are no longer found, those of title and lead are."""
    fill(store, make_article)
    store.retention.prune(keep_bytes=0)
    assert [len(store.search.find(words).hits) for words in ("渔民", "灯塔", "海边")] == [0, 4, 4]
