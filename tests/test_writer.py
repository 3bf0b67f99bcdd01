"""The batch writer: nothing lost, nothing reported before it is on disk."""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from storage import Article, BatchWriter, Outcome, SeedCopy, Store, StoreError, StoreUnavailable, Written

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

NOW = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def numbered(make_article: Callable[..., Article]) -> Callable[[int], Article]:
    """Return a function that makes the n-th of many different articles."""
    return lambda number: make_article(canonical_url=f"https://www.rfi.fr/cn/20230801-{number}", title=f"{number}")


def test_what_is_reported_is_on_disk(database_url: str, numbered: Callable[[int], Article]) -> None:
    """Every article is reported once, with its token and in order, and another connection sees it by then."""
    reported: list[Written] = []
    seen_on_disk: list[int] = []
    with Store.open(database_url) as store, Store.open(database_url) as witness:

        def on_saved(batch: list[Written]) -> None:
            reported.extend(batch)
            seen_on_disk.append(witness.count_articles() - len(reported))

        with BatchWriter(store, on_saved, max_batch=7) as writer:
            for number in range(50):
                writer.submit(numbered(number), token=number)
    assert [written.token for written in reported] == list(range(50))
    assert {written.outcome for written in reported} == {Outcome.NEW}
    assert set(seen_on_disk) == {0}


def test_a_lonely_article_does_not_wait_for_company(tmp_path: Path, numbered: Callable[[int], Article]) -> None:
    """A batch that does not fill is written when its first article has waited long enough."""
    is_saved = threading.Event()
    with (
        Store.open(f"sqlite:///{tmp_path}/news.db") as store,
        BatchWriter(store, lambda _: is_saved.set(), max_wait_seconds=0.05) as writer,
    ):
        writer.submit(numbered(1))
        assert is_saved.wait(timeout=10)


def test_seed_files_are_written_with_their_articles(tmp_path: Path, numbered: Callable[[int], Article]) -> None:
    """A seed file given along is kept."""
    copy = SeedCopy(name="000_a.txt", raw=b"<!--1-->", observed_at=NOW)
    with Store.open(f"sqlite:///{tmp_path}/news.db") as store:
        with BatchWriter(store, lambda _: None) as writer:
            writer.submit(numbered(1), seed_copy=copy)
            writer.submit(numbered(2))
        assert [stored.copy for stored in store.seed_copies()] == [copy]


def test_a_full_queue_holds_the_submitter(tmp_path: Path, numbered: Callable[[int], Article]) -> None:
    """While a batch takes long, submit waits as soon as the queue is full, and goes on afterwards."""
    may_go_on = threading.Event()
    with Store.open(f"sqlite:///{tmp_path}/news.db") as store:
        writer = BatchWriter(store, lambda _: may_go_on.wait() and None, max_batch=1, max_pending=2)
        submitter = threading.Thread(target=lambda: [writer.submit(numbered(number)) for number in range(6)])
        submitter.start()
        submitter.join(timeout=0.3)
        assert (submitter.is_alive(), writer.is_full) == (True, True)
        may_go_on.set()
        submitter.join()
        writer.close()
        assert store.count_articles() == 6


def test_only_the_refused_article_is_refused(store: Store, numbered: Callable[[int], Article]) -> None:
    """An article that the database cannot hold is searched out; all others of its batch are stored."""
    reported: list[Written] = []
    with BatchWriter(store, reported.extend, max_batch=20) as writer:
        for number in range(20):
            article = numbered(number)
            writer.submit(article if number != 13 else Article(**_fields(article) | {"section": "\ud83d"}))
    refused = [written for written in reported if written.refusal is not None]
    assert [written.article.title for written in refused] == ["13"]
    assert [written.article.title for written in reported] == [str(number) for number in range(20)]
    assert store.count_articles() == 19


def _fields(article: Article) -> dict[str, object]:
    return {name: getattr(article, name) for name in Article.__dataclass_fields__}


def test_an_error_in_the_thread_is_never_lost(tmp_path: Path, numbered: Callable[[int], Article]) -> None:
    """When the disk is full, submit and close raise, and what is not on disk is known."""
    with Store.open(f"sqlite:///{tmp_path}/news.db") as store:
        with store.writing() as connection:
            pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
            connection.exec_driver_sql(f"PRAGMA max_page_count={pages}")
        writer = BatchWriter(store, lambda _: None, max_batch=5, max_pending=10)
        submitted = 0
        with pytest.raises(StoreUnavailable, match="is full"):  # noqa: PT012 -- which submit raises is a race
            for number in range(10_000):
                writer.submit(numbered(number))
                submitted += 1
        with pytest.raises(StoreUnavailable, match="is full"):
            writer.close()
        assert [article.title for article in writer.unsaved] == [
            str(n) for n in range(store.count_articles(), submitted)
        ]


def test_an_error_in_the_callback_is_never_lost(tmp_path: Path, numbered: Callable[[int], Article]) -> None:
    """A callback that fails stops the writer; the batch it was told of is on disk all the same."""

    def on_saved(_: list[Written]) -> None:
        raise RuntimeError("nobody home")

    with Store.open(f"sqlite:///{tmp_path}/news.db") as store:
        writer = BatchWriter(store, on_saved)
        writer.submit(numbered(1))
        with pytest.raises(RuntimeError, match="nobody home"):
            writer.close()
        assert (writer.unsaved, store.count_articles()) == ([], 1)


def test_a_closed_writer_takes_nothing(tmp_path: Path, numbered: Callable[[int], Article]) -> None:
    """What is submitted after close is refused, not dropped."""
    with Store.open(f"sqlite:///{tmp_path}/news.db") as store:
        writer = BatchWriter(store, lambda _: None)
        writer.close()
        with pytest.raises(StoreError, match="closed"):
            writer.submit(numbered(1))
