"""The batch writer: nothing lost, nothing reported before it is on disk."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from storage import (
    Article,
    BatchWriter,
    DiskTrouble,
    Outcome,
    Store,
    StoreError,
    StoreUnavailable,
    StoreUnreachable,
    WriteRefused,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from conftest import Ended

    Written = list[tuple[Article, Outcome | WriteRefused]]

SEEDS = Path(__file__).resolve().parent.parent / "seeds"
NOW = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def numbered(make_article: Callable[..., Article]) -> Callable[[int], Article]:
    """Return a function that makes the n-th of many different articles."""
    return lambda number: make_article(canonical_url=f"https://www.rfi.fr/cn/20230801-{number}", title=f"{number}")


@pytest.fixture
def small(tmp_path: Path) -> Store:
    """Return an empty store on SQLite."""
    return Store.open(f"sqlite:///{tmp_path}/news.db")


def saving(store: Store) -> Callable[[Sequence[Article]], list[Outcome]]:
    """Return what writes a batch into a store."""
    return partial(store.save_batch, now=NOW)


def test_what_is_reported_is_on_disk(database_url: str, numbered: Callable[[int], Article]) -> None:
    """Every article is reported once and in order, and another connection sees it by then."""
    reported: Written = []
    seen_on_disk: list[int] = []
    with Store.open(database_url) as store, Store.open(database_url) as witness:

        def on_written(batch: Written) -> None:
            reported.extend(batch)
            seen_on_disk.append(witness.count_articles() - len(reported))

        with BatchWriter(saving(store), on_written, max_batch=7) as writer:
            for number in range(50):
                writer.submit(numbered(number))
    assert [article.title for article, _ in reported] == [str(number) for number in range(50)]
    assert {outcome for _, outcome in reported} == {Outcome.NEW}
    assert set(seen_on_disk) == {0}


def test_a_lonely_article_does_not_wait_for_company(small: Store, numbered: Callable[[int], Article]) -> None:
    """A batch that does not fill is written when its first article has waited long enough."""
    is_saved = threading.Event()
    with small, BatchWriter(saving(small), lambda _: is_saved.set(), max_wait_seconds=0.05) as writer:
        writer.submit(numbered(1))
        assert is_saved.wait(timeout=10)


def test_flush_does_not_wait_for_company_either(small: Store, numbered: Callable[[int], Article]) -> None:
    """What is waiting is written at once, in one batch; what comes afterwards waits again."""
    batches: list[int] = []
    is_saved = threading.Event()

    def on_written(batch: Written) -> None:
        batches.append(len(batch))
        is_saved.set()

    with small, BatchWriter(saving(small), on_written, max_wait_seconds=60) as writer:
        writer.flush()  # nothing is waiting
        for number in range(3):
            writer.submit(numbered(number))
        assert not is_saved.wait(timeout=0.1)
        writer.flush()
        assert is_saved.wait(timeout=10)
        is_saved.clear()
        writer.submit(numbered(4))
        assert not is_saved.wait(timeout=0.1)
    assert batches == [3, 1]


def test_a_full_queue_holds_the_submitter(small: Store, numbered: Callable[[int], Article]) -> None:
    """While a batch takes long, submit waits as soon as the queue is full, and goes on afterwards."""
    may_go_on = threading.Event()
    with small:
        writer = BatchWriter(saving(small), lambda _: may_go_on.wait() and None, max_batch=1, max_pending=2)
        submitter = threading.Thread(target=lambda: [writer.submit(numbered(number)) for number in range(6)])
        submitter.start()
        submitter.join(timeout=0.3)
        assert (submitter.is_alive(), writer.is_full) == (True, True)
        may_go_on.set()
        submitter.join()
        writer.close()
        assert small.count_articles() == 6


def test_the_lag_is_that_of_the_oldest_piece(small: Store, numbered: Callable[[int], Article]) -> None:
    """It counts from when a piece came, over its batch's way to the disk, and is nothing when all is there."""
    may_go_on = threading.Event()

    def save(batch: Sequence[Article]) -> list[Outcome]:
        may_go_on.wait()
        return saving(small)(batch)

    with small, BatchWriter(save, lambda _: None, max_wait_seconds=0.05) as writer:
        assert writer.lag_seconds == 0
        writer.submit(numbered(1))
        time.sleep(0.2)
        writer.submit(numbered(2))
        assert 0.2 <= writer.lag_seconds < 10
        may_go_on.set()
        while writer.unsaved:
            time.sleep(0.01)
        assert writer.lag_seconds == 0


def test_only_the_refused_article_is_refused(store: Store, numbered: Callable[[int], Article]) -> None:
    """An article that the database cannot hold is searched out; all others of its batch are stored."""
    reported: Written = []
    with BatchWriter(saving(store), reported.extend, max_batch=20) as writer:
        for number in range(20):
            article = numbered(number)
            writer.submit(article if number != 13 else Article(**_fields(article) | {"section": "\ud83d"}))
    refused = [article.title for article, outcome in reported if isinstance(outcome, WriteRefused)]
    assert refused == ["13"]
    assert [article.title for article, _ in reported] == [str(number) for number in range(20)]
    assert store.count_articles() == 19


def _fields(article: Article) -> dict[str, object]:
    return {name: getattr(article, name) for name in Article.__dataclass_fields__}


def test_a_batch_of_which_a_write_failed_is_written_in_smaller_ones(
    small: Store, numbered: Callable[[int], Article]
) -> None:
    """Fewer writes are more likely to pass; a single article is tried again, and each is stored once."""
    save, failures = saving(small), iter([True, True, False] * 20)

    def write(batch: Sequence[Article]) -> list[Outcome]:
        if len(batch) > 2 or next(failures):
            raise DiskTrouble("the disk failed")
        return save(batch)

    reported: Written = []
    with small, BatchWriter(write, reported.extend, max_batch=20) as writer:
        for number in range(20):
            writer.submit(numbered(number))
        writer.close()
        assert [(article.title, outcome) for article, outcome in reported] == [
            (str(number), Outcome.NEW) for number in range(20)
        ]
        assert small.count_articles() == 20


def test_a_disk_that_stays_broken_stops_the_writer(small: Store, numbered: Callable[[int], Article]) -> None:
    """After half a second of tries the error is told, and the batch is known as not kept."""

    def write(_: Sequence[Article]) -> list[Outcome]:
        raise DiskTrouble("the disk failed")

    with small:
        writer = BatchWriter(write, lambda _: None)
        writer.submit(numbered(1))
        with pytest.raises(DiskTrouble, match="the disk failed"):
            writer.close()
        assert [article.title for article in writer.unsaved] == ["1"]


@pytest.mark.long
def test_an_import_onto_a_disk_on_which_writes_fail_comes_to_its_end(
    newscrawl: Callable[..., Ended], tmp_path: Path, stored_seeds: str
) -> None:
    """Three writes in a hundred fail, and all is stored, once: what failed is written again, less at a time."""
    url = f"sqlite:///{tmp_path}/news.db"
    Store.open(url).close()
    command = ("seeds", "import", str(SEEDS), "--json", "--db", url)
    failing = [sys.executable, "-m", "benchmarks.stage.failing_writes", "0.03", *command]
    ended = subprocess.run(failing, cwd=SEEDS.parent, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended
    mended, whole = (newscrawl("db", "dump", "--table", "articles", "--db", one).out for one in (url, stored_seeds))
    assert mended == whole


def test_an_error_in_the_thread_is_never_lost(small: Store, numbered: Callable[[int], Article]) -> None:
    """When the disk is full submit and close raise, who waits is told, and what is not on disk is known."""
    told: list[Exception] = []
    with small:
        with small.writing() as connection:
            pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
            connection.exec_driver_sql(f"PRAGMA max_page_count={pages}")
        writer = BatchWriter(saving(small), lambda _: None, max_batch=5, max_pending=10, on_failed=told.append)
        submitted = 0
        with pytest.raises(StoreUnavailable, match="is full"):  # noqa: PT012 -- which submit raises is a race
            for number in range(10_000):
                writer.submit(numbered(number))
                submitted += 1
        with pytest.raises(StoreUnavailable, match="is full"):
            writer.close()
        assert [type(error) for error in told] == [StoreUnavailable]
        kept = small.count_articles()
        assert [article.title for article in writer.unsaved] == [str(number) for number in range(kept, submitted)]


def test_a_database_that_is_away_is_waited_for(small: Store, numbered: Callable[[int], Article]) -> None:
    """While another program holds the database the batch is tried again, and kept when it lets go."""
    reported: Written = []
    hasty = Store.open(f"{small.url}?timeout=0.05")
    with small, hasty, BatchWriter(saving(hasty), reported.extend, patience_seconds=30) as writer:
        with small.writing():
            writer.submit(numbered(1))
            writer.flush()
            time.sleep(0.4)
            assert (reported, len(writer.unsaved)) == ([], 1)
        writer.close()
    assert [outcome for _, outcome in reported] == [Outcome.NEW]


def test_patience_has_an_end(small: Store, numbered: Callable[[int], Article]) -> None:
    """A database that stays away stops the writer, and the batch is known as not kept."""
    hasty = Store.open(f"{small.url}?timeout=0.05")
    with small, hasty, small.writing():
        writer = BatchWriter(saving(hasty), lambda _: None, patience_seconds=0.2)
        writer.submit(numbered(1))
        with pytest.raises(StoreUnreachable, match="is locked"):
            writer.close()
        assert [article.title for article in writer.unsaved] == ["1"]


def test_an_error_in_the_callback_is_never_lost(small: Store, numbered: Callable[[int], Article]) -> None:
    """A callback that fails stops the writer; the batch it was told of is on disk all the same."""

    def on_written(_: Written) -> None:
        raise RuntimeError("nobody home")

    with small:
        writer = BatchWriter(saving(small), on_written)
        writer.submit(numbered(1))
        with pytest.raises(RuntimeError, match="nobody home"):
            writer.close()
        assert (writer.unsaved, small.count_articles()) == ([], 1)


def test_a_closed_writer_takes_nothing(small: Store, numbered: Callable[[int], Article]) -> None:
    """What is submitted after close is refused, not dropped."""
    with small:
        writer = BatchWriter(saving(small), lambda _: None)
        writer.close()
        with pytest.raises(StoreError, match="closed"):
            writer.submit(numbered(1))
