"""Revisions on their way out: order, selection, going on."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest

from storage import Article, ExportedRevision, Partition, SeedCopy, Selection, Store
from storage.exporting import PAGE

if TYPE_CHECKING:
    from collections.abc import Callable

NOW = datetime(2026, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)


def fill(store: Store, make_article: Callable[..., Article], count: int = 6) -> list[Article]:
    """Store articles of two sources and sections, a month apart, the newest first."""
    articles = [
        make_article(
            canonical_url=f"https://www.rfi.fr/{'cn' if number % 2 else 'fr'}/x/2023{number:04}-a",
            source="rfi-cn" if number % 2 else "rfi-fr",
            section="中国" if number % 3 else "法国",
            title=f"灯塔 {number}",
            published_at=datetime(2023, 12, 1, tzinfo=UTC) - 30 * number * DAY,
        )
        for number in range(count)
    ]
    store.save_batch(articles, now=NOW)
    return articles


def titles(store: Store, **selection: Any) -> list[str]:
    """Return the titles of what is selected."""
    return [exported.stored.article.title for exported in store.exports.revisions(Selection(**selection))]


def test_articles_go_out_in_the_order_of_storing(store: Store, make_article: Callable[..., Article]) -> None:
    """Not by time of publication: a file that grows keeps its beginning."""
    articles = fill(store, make_article)
    exported = list(store.exports.revisions(Selection()))
    assert [one.stored for one in exported] == [store.article(article.canonical_url) for article in articles]
    assert all(earlier.id < later.id for earlier, later in pairwise(exported))


@pytest.mark.parametrize(
    ("selection", "expected"),
    [
        ({"source": "rfi-cn"}, [1, 3, 5]),
        ({"section": "法国"}, [0, 3]),
        ({"source": "rfi-cn", "section": "法国"}, [3]),
        ({"since": datetime(2023, 10, 2, tzinfo=UTC)}, [0, 1, 2]),
        ({"until": datetime(2023, 10, 2, tzinfo=UTC)}, [3, 4, 5]),
        ({"limit": 2}, [0, 1]),
        ({"source": "rfi-cn", "limit": 2}, [1, 3]),
        ({"source": "rfi-es"}, []),
    ],
)
def test_choosing(
    *, store: Store, make_article: Callable[..., Article], selection: dict[str, Any], expected: list[int]
) -> None:
    """Source, section, window of publication and limit choose together."""
    fill(store, make_article)
    assert titles(store, **selection) == [f"灯塔 {number}" for number in expected]


def test_going_on_after_a_revision(store: Store, make_article: Callable[..., Article]) -> None:
    """Going on by pieces, over the page's end too, gives everything once."""
    fill(store, make_article, count=PAGE + 5)
    found: list[ExportedRevision] = []
    while piece := list(store.exports.revisions(Selection(after=found[-1].id if found else 0, limit=PAGE - 1))):
        found += piece
    assert [one.stored.article.title for one in found] == [f"灯塔 {number}" for number in range(PAGE + 5)]


def test_an_edited_article_goes_out_again(store: Store, make_article: Callable[..., Article]) -> None:
    """Its new revision was stored after the last export; the old one is no longer what the article says."""
    articles = fill(store, make_article)
    *_, last = store.exports.revisions(Selection())
    edited = make_article(
        canonical_url=articles[1].canonical_url, source="rfi-cn", title="新", modified_at=NOW, fetched_at=NOW
    )
    store.save(edited, now=NOW)
    assert titles(store, after=last.id) == ["新"]
    assert titles(store) == ["灯塔 0", *(f"灯塔 {number}" for number in range(2, 6)), "新"]
    assert titles(store, all_revisions=True) == [*(f"灯塔 {number}" for number in range(6)), "新"]


def test_all_revisions_bring_their_marks(store: Store, make_article: Callable[..., Article]) -> None:
    """Which is current, what was silent, and the times of the revision beside those of the article."""
    first = make_article(aliases=("https://www.rfi.fr/cn/b",))
    later = first.fetched_at + DAY
    store.save(first, now=NOW)
    store.save(make_article(title="改了", fetched_at=later), now=NOW)
    old, new = store.exports.revisions(Selection(all_revisions=True))
    assert old.marks is not None
    assert new.marks is not None
    assert (old.marks.is_current, new.marks.is_current, new.marks.is_silent) == (False, True, True)
    assert (old.stored.last_seen_at, new.stored.first_seen_at) == (first.fetched_at, later)
    assert (old.marks.article_first_seen_at, old.marks.article_last_seen_at) == (first.fetched_at, later)
    assert [alias.url for alias in new.marks.aliases] == ["https://www.rfi.fr/cn/b"]


def test_partitions_are_sources_and_months(store: Store, make_article: Callable[..., Article]) -> None:
    """Every revision is in the partition of its article, in the order of storing."""
    articles = fill(store, make_article)
    store.save(
        make_article(canonical_url=articles[0].canonical_url, source="rfi-fr", title="新", fetched_at=NOW), now=NOW
    )
    partitions = store.exports.partitions(Selection())
    found = {
        partition: [one.stored.article.title for one in store.exports.load(ids, Selection())]
        for partition, ids in partitions.items()
    }
    assert list(found) == sorted(found)
    assert found[Partition(source="rfi-cn", month="2023-11")] == ["灯塔 1"]
    assert sorted(title for titles in found.values() for title in titles) == sorted(titles(store))


def test_what_is_edited_meanwhile_is_not_lost(store: Store, make_article: Callable[..., Article]) -> None:
    """An article whose next revision is stored while an export runs goes out once, at its end."""
    articles = fill(store, make_article, count=PAGE + 1)
    running = store.exports.revisions(Selection())
    seen = [next(running).stored.article.title]
    last = articles[-1]
    edited = make_article(canonical_url=last.canonical_url, source=last.source, title="新", fetched_at=NOW)
    store.save(edited, now=NOW)
    seen += [one.stored.article.title for one in running]
    assert seen == [*(f"灯塔 {number}" for number in range(PAGE)), "新"]


def test_seed_files_come_along_where_they_are_asked_for(store: Store, make_article: Callable[..., Article]) -> None:
    """All files of an article, in the order of import."""
    article = make_article(fetched_at=None, observed_at=NOW)
    copies = [SeedCopy(name=f"{number}.md", raw=b"%d" % number, observed_at=NOW) for number in range(2)]
    store.save_batch([article, article], now=NOW, seed_copies=copies)
    (plain,) = store.exports.revisions(Selection())
    (whole,) = store.exports.revisions(Selection(with_seed_copies=True))
    assert (plain.seed_copies, whole.seed_copies) == ((), tuple(copies))
