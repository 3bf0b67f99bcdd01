"""Revisions one by one, and what was edited or withdrawn."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from storage import Article, ChangeKind, ExportedRevision, Returning, Selection, Store, UnknownArticle, UnknownRevision
from storage.reading import PAGE

if TYPE_CHECKING:
    from collections.abc import Callable

NOW = datetime(2026, 1, 1, tzinfo=UTC)
SEEN = datetime(2023, 8, 1, 13, tzinfo=UTC)
HOUR = timedelta(hours=1)
URL = "https://www.rfi.fr/cn/%E4%B8%AD%E5%9B%BD/20230801-dengta"


def save_three(store: Store, make_article: Callable[..., Article]) -> None:
    """Store an article, a stated edit of it, and a silent one."""
    for number, stated in enumerate((None, SEEN + HOUR, SEEN + HOUR)):
        article = make_article(title=f"标题 {number}", modified_at=stated, fetched_at=SEEN + 2 * number * HOUR)
        store.save(article, now=NOW)


def test_revisions_in_the_order_of_storing(store: Store, make_article: Callable[..., Article]) -> None:
    """Each has its number, its times, and what it followed; one is the current one."""
    save_three(store, make_article)
    marks = store.history.revisions(URL)
    assert [one.revision for one in marks] == [1, 2, 3]
    assert [one.is_current for one in marks] == [False, False, True]
    assert [one.is_silent for one in marks] == [False, False, True]
    assert [one.previous_revision for one in marks] == [None, 1, 2]
    assert [one.title for one in marks] == ["标题 0", "标题 1", "标题 2"]
    assert [one.first_seen_at for one in marks] == [SEEN, SEEN + 2 * HOUR, SEEN + 4 * HOUR]
    assert {one.stored_at for one in marks} == {NOW}


def test_an_older_state_that_turns_up_later_comes_first(store: Store, make_article: Callable[..., Article]) -> None:
    """What a revision followed is told by the stated times, not by the order of storing."""
    store.save(make_article(title="新", modified_at=SEEN, fetched_at=SEEN), now=NOW)
    store.save(make_article(title="旧", fetched_at=SEEN - HOUR), now=NOW)
    marks = store.history.revisions(URL)
    assert [(one.title, one.is_current, one.previous_revision) for one in marks] == [
        ("新", True, 2),
        ("旧", False, None),
    ]
    (change,) = store.history.changes(since=SEEN - 2 * HOUR)
    assert (change.title, change.previous_revision, change.previous_title) == ("旧", None, None)


def test_one_revision_with_its_text(store: Store, make_article: Callable[..., Article]) -> None:
    """By any URL of the article and the number; what is not there is an error with its name."""
    save_three(store, make_article)
    assert store.history.revision(f"{URL}?utm_source=x", 2).article.title == "标题 1"
    with pytest.raises(UnknownRevision, match="there is no revision 4 of "):
        store.history.revision(URL, 4)
    with pytest.raises(UnknownArticle):
        store.history.revisions("https://www.rfi.fr/cn/other")


def test_changes_in_the_order_in_which_they_were_seen(store: Store, make_article: Callable[..., Article]) -> None:
    """Edits and withdrawals together; a new article is no change."""
    save_three(store, make_article)
    other = make_article(canonical_url="https://www.rfi.fr/cn/b", title="别的")
    store.save(other, now=NOW)
    withdraw(store, other.canonical_url, SEEN + 3 * HOUR)
    changes = list(store.history.changes(since=SEEN))
    assert [(one.kind, one.at, one.title, one.is_silent) for one in changes] == [
        (ChangeKind.EDITED, SEEN + 2 * HOUR, "标题 1", False),
        (ChangeKind.WITHDRAWN, SEEN + 3 * HOUR, "别的", False),
        (ChangeKind.EDITED, SEEN + 4 * HOUR, "标题 2", True),
    ]
    assert [(one.previous_title, one.revision, one.previous_revision) for one in changes] == [
        ("标题 0", 2, 1),
        (None, 1, None),
        ("标题 1", 3, 2),
    ]


@pytest.mark.parametrize(
    ("chosen", "expected"),
    [
        ({"since": SEEN}, ["标题 1", "标题 2"]),
        ({"since": SEEN + 2 * HOUR}, ["标题 1", "标题 2"]),
        ({"since": SEEN + 3 * HOUR}, ["标题 2"]),
        ({"since": SEEN, "until": SEEN + 4 * HOUR}, ["标题 1"]),
        ({"since": SEEN, "source": "rfi-fr"}, []),
        ({"since": SEEN, "section": "中国"}, ["标题 1", "标题 2"]),
        ({"since": SEEN, "section": "法国"}, []),
    ],
)
def test_choosing_changes(
    *, store: Store, make_article: Callable[..., Article], chosen: dict[str, Any], expected: list[str]
) -> None:
    """The window is of when it was seen, half open."""
    save_three(store, make_article)
    assert [change.title for change in store.history.changes(**chosen)] == expected


def test_changes_over_the_end_of_a_page(store: Store, make_article: Callable[..., Article]) -> None:
    """More changes than are read at once, many of them at one instant, come once each and in order."""
    count = PAGE + 7
    for title, seen_at in (("旧", SEEN), ("新", SEEN + HOUR)):
        articles = [
            make_article(canonical_url=f"https://www.rfi.fr/cn/{number}-x", title=title, fetched_at=seen_at)
            for number in range(count)
        ]
        store.save_batch(articles, now=NOW)
    exported = [
        one for one in store.exports.revisions(Selection(all_revisions=True)) if one.stored.article.title == "新"
    ]
    store.restore([gone(one, SEEN + 2 * HOUR) for one in exported], now=NOW)
    changes = list(store.history.changes(since=SEEN))
    assert [change.kind for change in changes] == [ChangeKind.EDITED] * count + [ChangeKind.WITHDRAWN] * count
    assert len({(change.kind, change.canonical_url) for change in changes}) == 2 * count


def withdraw(store: Store, url: str, at: datetime) -> None:
    """Say that an article was gone at an instant."""
    exported = store.exports.revisions(Selection(all_revisions=True))
    store.restore([gone(one, at) for one in exported if one.stored.article.canonical_url == url], now=NOW)


def gone(exported: ExportedRevision, at: datetime) -> Returning:
    """Return a revision of an article that was withdrawn, as an import brings it."""
    assert exported.marks is not None
    return Returning(stored=exported.stored, marks=replace(exported.marks, gone_at=at))
