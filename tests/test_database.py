"""What differs between databases, and what they say when they cannot."""

from __future__ import annotations

import re
import sqlite3
import threading
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from storage import Article, Store, StoreUnavailable, WriteRefused, save_articles
from storage.database import reading, writing
from storage.engines import open_engine

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    MakeArticle = Callable[..., Article]

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def test_sqlite_is_durable_and_strict(tmp_path: Path) -> None:
    """SQLite writes ahead, waits for the disk at every commit, and enforces foreign keys."""
    with reading(open_engine(f"sqlite:///{tmp_path}/news.db")) as connection:
        pragmas = [connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in ("journal_mode", "synchronous")]
        assert (pragmas, connection.exec_driver_sql("PRAGMA foreign_keys").scalar()) == (["wal", 2], 1)


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_postgresql_urls_are_spoken_by_psycopg(scheme: str) -> None:
    """All common forms of a PostgreSQL URL lead to psycopg 3."""
    assert open_engine(f"{scheme}://me@host/news").url.drivername == "postgresql+psycopg"


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("news.db", "is not a database URL; write sqlite:///news.db"),
        ("mysql://me@host/news", "'mysql' is no database this program knows"),
        ("sqlite:////nowhere/at/all/news.db", "there is no folder /nowhere/at/all"),
        ("postgresql://me:secret@/news?host=/nowhere", "cannot be reached; check that the server runs"),
        ("postgresql://me@127.0.0.1:1/news", "cannot be reached; check that the server runs"),
    ],
)
def test_a_database_that_cannot_be_opened_says_what_to_check(url: str, sentence: str) -> None:
    """The complaint is one line that says what to check and never shows a password."""
    with pytest.raises(StoreUnavailable, match=re.escape(sentence)) as caught:
        Store.open(url)
    assert "\n" not in str(caught.value)
    assert "secret" not in str(caught.value)


def test_a_postgresql_database_that_is_not_there_is_named(postgresql_server: str) -> None:
    """A mistyped database name is told from a server that is down."""
    with pytest.raises(StoreUnavailable, match="refuses the connection; check user, password and the name"):
        Store.open(postgresql_server.replace("/postgres?", "/nobody?"))


def test_a_mistyped_name_makes_no_database(tmp_path: Path) -> None:
    """A reading command refuses a database that is not there, and makes no file."""
    with pytest.raises(StoreUnavailable, match="there is no database at"):
        Store.open(f"sqlite:///{tmp_path}/news.db", must_exist=True)
    assert list(tmp_path.iterdir()) == []


def test_a_database_without_articles_is_refused_for_reading(tmp_path: Path) -> None:
    """A reading command refuses a database of something else."""
    sqlite3.connect(tmp_path / "other.db").execute("CREATE TABLE cats (name)").connection.close()
    with pytest.raises(StoreUnavailable, match="holds no articles"):
        Store.open(f"sqlite:///{tmp_path}/other.db", must_exist=True)


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    """A text file is not written over."""
    (tmp_path / "notes.txt").write_text("a note\n" * 1000)
    with pytest.raises(StoreUnavailable, match="is not an SQLite database; check the name"):
        Store.open(f"sqlite:///{tmp_path}/notes.txt")
    assert (tmp_path / "notes.txt").read_text() == "a note\n" * 1000


def test_a_locked_database_says_so(tmp_path: Path, make_article: MakeArticle) -> None:
    """A writer that has waited long enough for another says that the database is locked."""
    with Store.open(f"sqlite:///{tmp_path}/news.db?timeout=0.05") as store:
        other = sqlite3.connect(tmp_path / "news.db", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreUnavailable, match="is locked; check whether another program"):
            store.save(make_article(), now=NOW)
        assert store.count_articles() == 0
        other.close()


def test_a_new_database_that_another_program_is_making_is_waited_for(tmp_path: Path) -> None:
    """Two crawls that are started together on a database that is not there yet both begin."""
    maker = sqlite3.connect(tmp_path / "news.db", isolation_level=None, check_same_thread=False)
    maker.execute("BEGIN IMMEDIATE")
    done = threading.Timer(0.3, maker.execute, ("COMMIT",))
    done.start()
    with Store.open(f"sqlite:///{tmp_path / 'news.db'}") as store:
        assert store.count_articles() == 0
    done.join()
    maker.close()


def test_a_read_only_database_can_be_read_and_says_why_it_cannot_be_written(
    tmp_path: Path, make_article: MakeArticle
) -> None:
    """A database without the right to write serves readers and refuses writers in a sentence."""
    Store.open(f"sqlite:///{tmp_path}/news.db").close()
    with Store.open(f"sqlite:///file:{tmp_path}/news.db?mode=ro&uri=true") as store:
        assert store.count_articles() == 0
        with pytest.raises(StoreUnavailable, match="cannot be written; check the rights"):
            store.save(make_article(), now=NOW)


def test_a_full_disk_says_so_and_loses_nothing(tmp_path: Path, make_article: MakeArticle) -> None:
    """When the disk is full a batch fails whole; what was stored before stays."""
    with Store.open(f"sqlite:///{tmp_path}/news.db") as store:
        store.save(make_article(), now=NOW)
        with store.writing() as connection:
            pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
            connection.exec_driver_sql(f"PRAGMA max_page_count={pages}")
        large = make_article(canonical_url="https://www.rfi.fr/cn/x", html=bytes(range(33, 126)).decode() * 9999)
        with pytest.raises(StoreUnavailable, match="is full; make room on the disk"):
            store.save_batch(
                [large] + [make_article(canonical_url=f"https://www.rfi.fr/cn/{n}") for n in range(500)], now=NOW
            )
        assert store.count_articles() == 1


def test_sqlite_keeps_a_nul_character(make_article: MakeArticle) -> None:
    """A NUL character is a character like another."""
    with Store.open("sqlite://") as store:
        store.save(make_article(title="灯\x00塔"), now=NOW)
        assert [stored.article.title for stored in store.articles()] == ["灯\x00塔"]


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_postgresql_refuses_a_nul_character(store: Store, make_article: MakeArticle) -> None:
    """PostgreSQL cannot hold a NUL character; the batch is refused whole, in a sentence."""
    with pytest.raises(WriteRefused, match="cannot hold a value"):
        store.save_batch([make_article(canonical_url="https://www.rfi.fr/cn/a"), make_article(title="\x00")], now=NOW)
    assert store.count_articles() == 0


def test_a_transaction_that_fails_leaves_nothing(store: Store, make_article: MakeArticle) -> None:
    """What else is written in the store's transaction stands or falls with the articles."""

    def write_and_fail() -> None:
        with store.writing() as connection:
            save_articles(connection, [make_article()], now=NOW)
            raise RuntimeError("power cut")

    with pytest.raises(RuntimeError):
        write_and_fail()
    assert store.count_articles() == 0


def test_a_database_in_memory_is_shared_by_threads(make_article: MakeArticle) -> None:
    """A store in memory is one database, whichever connection is used."""
    engine = open_engine("sqlite://")
    with writing(engine) as connection:
        connection.exec_driver_sql("CREATE TABLE cats (name)")
    with reading(engine) as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM cats").scalar() == 0
    engine.dispose()
