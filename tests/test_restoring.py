"""Exported revisions back in: the same rows, the same judge."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random
from typing import TYPE_CHECKING

import pytest

from storage import Article, Claim, Outcome, Returning, Selection, Store, WriteRefused
from storage.dump import dump

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import closing

NOW = datetime(2026, 1, 1, tzinfo=UTC)
SEEN = datetime(2023, 8, 1, 13, tzinfo=UTC)
HOUR = timedelta(hours=1)
TABLES = ("aliases", "articles", "bodies", "claims", "revisions")


@pytest.fixture
def other(fresh_store: Callable[[], closing[Store]]) -> Iterator[Store]:
    """Return an empty store to restore into."""
    with fresh_store() as opened:
        yield opened


def lines_of(store: Store) -> list[bytes]:
    """Return the dump of the articles of a store."""
    with store.writing() as connection:
        return list(dump(connection, schema="", tables=TABLES, with_times=True))


def live_through_much(store: Store, make: Callable[..., Article]) -> None:
    """Store edits stated and silent, old states found late, texts brought back, aliases, claims and other spellings."""
    a, b, c = (f"https://www.rfi.fr/cn/{section}/20230801-{section}" for section in ("a", "b", "c"))
    claims = (Claim(field="title", value="灯塔", origin="meta"),)
    steps = [
        make(canonical_url=a, claims=claims, aliases=("https://www.rfi.fr/cn/alias",)),
        make(canonical_url=b, title="别的", observed_at=SEEN, fetched_at=None),
        make(canonical_url=a, title="改", modified_at=SEEN + HOUR, fetched_at=SEEN + HOUR),
        make(canonical_url=a, title="改", modified_at=SEEN + 2 * HOUR, fetched_at=SEEN + 3 * HOUR),
        make(canonical_url=a, title="又改", modified_at=SEEN + 2 * HOUR, fetched_at=SEEN + 4 * HOUR),
        make(canonical_url=a, fetched_at=SEEN + 5 * HOUR, modified_at=SEEN + 5 * HOUR),
        make(canonical_url=b, title="早先", fetched_at=SEEN - HOUR),
        make(canonical_url=c, title="丙", section="法国", fetched_at=SEEN + HOUR),
        make(canonical_url="https://www.rfi.fr/cn/法国/20230801-c", title="丙", fetched_at=SEEN + 2 * HOUR),
        make(canonical_url=b, title="别的", fetched_at=SEEN + 9 * HOUR, claims=claims),
    ]
    for article in steps:
        store.save(article, now=NOW)


def returning(store: Store, *, all_revisions: bool) -> list[Returning]:
    """Return what an import would make of the store's export."""
    exported = store.exports.revisions(Selection(all_revisions=all_revisions))
    return [Returning(stored=one.stored, marks=one.marks) for one in exported]


@pytest.mark.long
@pytest.mark.parametrize("batch", [1, 3, 100])
def test_an_export_of_all_revisions_restores_the_very_rows(
    *, store: Store, other: Store, make_article: Callable[..., Article], batch: int
) -> None:
    """The dumps are equal, whatever comes in one batch, and from either database."""
    live_through_much(store, make_article)
    everything = returning(store, all_revisions=True)
    for start in range(0, len(everything), batch):
        other.restore(everything[start : start + batch], now=NOW + HOUR)
    assert lines_of(other) == lines_of(store)


def test_restoring_twice_changes_nothing(store: Store, other: Store, make_article: Callable[..., Article]) -> None:
    """Everything is UNCHANGED, and the rows stay as they were."""
    live_through_much(store, make_article)
    everything = returning(store, all_revisions=True)
    other.restore(everything, now=NOW)
    before = lines_of(other)
    assert Outcome.NEW not in other.restore(everything, now=NOW)
    assert lines_of(other) == before


def test_restoring_into_the_store_it_came_from(store: Store, make_article: Callable[..., Article]) -> None:
    """Nothing changes there either."""
    live_through_much(store, make_article)
    before = lines_of(store)
    store.restore(returning(store, all_revisions=True), now=NOW)
    assert lines_of(store) == before


def test_an_export_of_current_articles_restores_what_they_say(
    store: Store, other: Store, make_article: Callable[..., Article]
) -> None:
    """Everything an article shows, its times included, except that its revisions are counted anew."""
    live_through_much(store, make_article)
    assert set(other.restore(returning(store, all_revisions=False), now=NOW)) == {Outcome.NEW}
    shown = [one.stored for one in store.exports.revisions(Selection())]
    restored = [one.stored for one in other.exports.revisions(Selection())]
    assert restored == [replace(one, revision=1, is_silent=False) for one in shown]


def test_a_pruned_revision_keeps_its_identity(store: Store, other: Store, make_article: Callable[..., Article]) -> None:
    """Its text is gone there too, and it does not come back as new."""
    article = make_article()
    store.save(article, now=NOW)
    store.retention.prune(keep_bytes=0)
    assert other.restore(returning(store, all_revisions=True), now=NOW) == [Outcome.NEW]
    assert other.article(article.canonical_url).is_pruned
    assert other.save(article, now=NOW) is Outcome.UNCHANGED
    assert lines_of(other) == lines_of(store)


def test_an_article_that_is_known_better_is_not_set_back(
    store: Store, other: Store, make_article: Callable[..., Article]
) -> None:
    """Older exports add what they know, and the current revision stays."""
    store.save(make_article(), now=NOW)
    other.save(make_article(title="新", modified_at=SEEN + HOUR, fetched_at=SEEN + HOUR), now=NOW)
    assert other.restore(returning(store, all_revisions=True), now=NOW) == [Outcome.REVISED]
    assert other.article(make_article().canonical_url).article.title == "新"
    assert [stored.article.title for stored in other.revisions(make_article().canonical_url)] == ["新", "灯塔重新点亮"]


def test_gone_and_back(store: Store, other: Store, make_article: Callable[..., Article]) -> None:
    """A withdrawal is restored, but not where the article was seen since."""
    store.save(make_article(), now=NOW)
    (one,) = returning(store, all_revisions=True)
    assert one.marks is not None
    gone = replace(one, marks=replace(one.marks, gone_at=SEEN + HOUR))
    other.restore([gone], now=NOW)
    assert [change.at for change in other.history.changes(since=SEEN)] == [SEEN + HOUR]
    other.save(make_article(fetched_at=SEEN + 2 * HOUR), now=NOW)
    other.restore([gone], now=NOW)
    assert list(other.history.changes(since=SEEN)) == []


def test_what_cannot_be_stored_is_refused_as_a_whole(store: Store, make_article: Callable[..., Article]) -> None:
    """An article that was never seen stops its batch; nothing of it is kept."""
    store.save(make_article(), now=NOW)
    (one,) = returning(store, all_revisions=True)
    never = replace(one.stored, article=replace(one.stored.article, fetched_at=None, canonical_url="https://x.org/a"))
    other = replace(one.stored, article=replace(one.stored.article, canonical_url="https://x.org/b", title="b"))
    with pytest.raises(WriteRefused):
        store.restore([Returning(stored=other), Returning(stored=never)], now=NOW)
    assert store.count_articles() == 1


@pytest.mark.long
@pytest.mark.parametrize("seed", range(20))
def test_any_history_is_restored(
    *, other: Store, fresh_store: Callable[[], closing[Store]], make_article: Callable[..., Article], seed: int
) -> None:
    """Whatever was seen when, where and how often: stories that meet, part, share ids and addresses."""
    chance = Random(seed)
    with fresh_store() as store:
        for _ in range(chance.randint(2, 14)):
            store.save_batch([any_sighting(chance, make_article) for _ in range(chance.randint(1, 3))], now=NOW)
        everything = returning(store, all_revisions=True)
        step = chance.choice([1, 2, 100])
        for start in range(0, len(everything), step):
            other.restore(everything[start : start + step], now=NOW + HOUR)
        assert lines_of(other) == lines_of(store)


def any_sighting(chance: Random, make: Callable[..., Article]) -> Article:
    """Return one of few stories under one of few addresses."""
    section, slug = chance.choice("ab"), chance.choice("xy")
    seen_at = SEEN + chance.randint(0, 9) * HOUR
    return make(
        canonical_url=f"https://www.rfi.fr/cn/{section}/2023-{slug}",
        section=section,
        title=chance.choice("甲乙丙"),
        modified_at=chance.choice([None, SEEN, SEEN + HOUR, SEEN + 2 * HOUR]),
        fetched_at=chance.choice([None, seen_at]),
        observed_at=seen_at,
        content_id=chance.choice([None, None, slug]),
        aliases=chance.choice([(), (), ("https://www.rfi.fr/cn/p",), ("https://www.rfi.fr/cn/q",)]),
        claims=(Claim(field="title", value=chance.choice("甲乙"), origin="meta"),),
    )
