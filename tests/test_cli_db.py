from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest

from storage import Store
from storage.checking import EXAMPLES
from storage.database import writing
from storage.engines import open_engine
from storage.schema import NEWEST

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Ended

    from storage import Article

SCHEMAS = Path(__file__).resolve().parent / "schemas"
NOW = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def damaged(database_url: str, make_article: Callable[..., Article]) -> Callable[..., str]:
    """Return a function that stores five articles, damages the database by some SQL, and returns its URL."""

    def damage(*statements: str) -> str:
        with Store.open(database_url) as store:
            store.save_batch(
                [
                    make_article(canonical_url=f"https://www.rfi.fr/cn/2023080{number}-a", title=f"第 {number} 条")
                    for number in range(1, 6)
                ],
                now=NOW,
            )
        # as others might: without the foreign keys that our own connections enforce
        if database_url.startswith("sqlite"):
            with closing(sqlite3.connect(database_url.removeprefix("sqlite:///"), isolation_level=None)) as session:
                for statement in statements:
                    session.execute(statement)
        else:
            with psycopg.connect(database_url, options="-c session_replication_role=replica") as session:
                for statement in statements:
                    session.execute(statement)
        return database_url

    return damage


def test_a_whole_database_passes(newscrawl: Callable[..., Ended], stored_seeds: str) -> None:
    """Nothing is found in what an import wrote, in a sample or in all of it."""
    for option in ([], ["--all"]):
        ended = newscrawl("db", "check", "--json", *option, "--db", stored_seeds)
        assert (ended.code, [one["check"] for one in ended.objects if one["wrong"]]) == (0, [])


@pytest.mark.long
@pytest.mark.parametrize(
    ("statement", "check", "wrong"),
    [
        ("DELETE FROM revisions WHERE article_id = 2", "articles whose current revision is not there", 1),
        ("DELETE FROM revisions WHERE article_id = 2", "bodies that belong to nothing in revisions", 1),
        ("DELETE FROM articles WHERE id = 2", "revisions that belong to nothing in articles", 1),
        ("UPDATE articles SET title = 'x'", "articles that say other than their current revision", 5),
        (
            "UPDATE revisions SET number = 3 WHERE id = 1",
            "articles of which a revision is missing",
            1,
        ),
        (
            "INSERT INTO aliases SELECT url_key, canonical_url, 1, 'same page' FROM articles WHERE id = 3",
            "aliases that are an article's own URL",
            1,
        ),
        (
            "UPDATE articles SET canonical_url = 'https://www.rfi.fr/cn/b' WHERE id = 4",
            "articles filed under a key that is not their URL's",
            1,
        ),
        ("UPDATE revisions SET lead = 'x' WHERE id = 5", "texts that are not those of their fingerprint", 1),
        (
            "UPDATE bodies SET content = (SELECT fingerprint FROM revisions WHERE id = 1) WHERE revision_id = 1",
            "texts that cannot be unpacked",
            1,
        ),
    ],
)
def test_what_is_damaged_is_found(
    newscrawl: Callable[..., Ended], damaged: Callable[..., str], statement: str, check: str, wrong: int
) -> None:
    """Each kind of damage is counted under its name, with examples and a remedy, and ends with exit code 1."""
    ended = newscrawl("db", "check", "--json", "--db", damaged(statement))
    found = {one["check"]: one for one in ended.objects}
    assert (ended.code, found[check]["wrong"], len(found[check]["examples"])) == (1, wrong, min(wrong, EXAMPLES))
    assert found[check]["remedy"] is not None


def test_a_damaged_file_is_told(newscrawl: Callable[..., Ended], tmp_path: Path) -> None:
    """What SQLite itself finds is shown with what to do."""
    url = f"sqlite:///{tmp_path}/news.db"
    newscrawl("db", "upgrade", "--db", url)
    with sqlite3.connect(tmp_path / "news.db", isolation_level=None) as connection:
        connection.execute("PRAGMA writable_schema=ON")
        connection.execute("DELETE FROM sqlite_master WHERE name = 'ix_articles_content_id'")
    connection.close()
    ended = newscrawl("db", "check", "--db", url)
    assert (ended.code, ".recover" in ended.out) == (1, True)


def test_a_database_is_made_once(newscrawl: Callable[..., Ended], database_url: str) -> None:
    """An upgrade makes a database that is not there; a second one has nothing to do."""
    said = [newscrawl("db", "upgrade", "--db", database_url).out for _ in range(2)]
    assert said == [f"made a new database at {NEWEST}\n", f"already at {NEWEST}\n"]
    assert newscrawl("articles", "list", "--db", database_url).code == 0


def test_an_old_database_is_upgraded(newscrawl: Callable[..., Ended], tmp_path: Path) -> None:
    """Every command refuses an old database and says which one mends it; that one does."""
    with sqlite3.connect(tmp_path / "news.db") as connection:
        connection.executescript((SCHEMAS / "0001.sqlite.sql").read_text("utf-8"))
    connection.close()
    url = f"sqlite:///{tmp_path}/news.db"
    sentence = (
        f"newscrawl: the database {tmp_path}/news.db is at 0001, the program needs {NEWEST}: run newscrawl db upgrade\n"
    )
    for command in (
        ["articles", "list"],
        ["db", "check"],
        ["db", "dump"],
        ["seeds", "import", str(SCHEMAS)],
    ):
        ended = newscrawl(*command, "--db", url)
        assert (command, ended.code, ended.err) == (command, 1, sentence)
    assert newscrawl("db", "current", "--json", "--db", url).objects == [{"schema": "0001", "needed": NEWEST}]
    assert newscrawl("db", "upgrade", "--db", url).out == f"upgraded from 0001 to {NEWEST}\n"
    assert newscrawl("db", "check", "--db", url).code == 0


def test_a_newer_database_is_refused(newscrawl: Callable[..., Ended], database_url: str) -> None:
    """A database of a newer program is told apart, its number shown, and left as it is."""
    newscrawl("db", "upgrade", "--db", database_url)
    engine = open_engine(database_url)
    with writing(engine) as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    engine.dispose()
    for command in (["articles", "list"], ["db", "upgrade"]):
        ended = newscrawl(*command, "--db", database_url)
        assert (ended.code, "was written by a newer newscrawl" in ended.err) == (1, True)
    assert "9999" in newscrawl("db", "current", "--db", database_url).out


@pytest.mark.parametrize("command", ["current", "check", "dump"])
def test_a_database_that_is_not_there_is_not_made(
    newscrawl: Callable[..., Ended], tmp_path: Path, command: str
) -> None:
    """Commands that only look make no file."""
    ended = newscrawl("db", command, "--db", f"sqlite:///{tmp_path}/nobody.db")
    assert (ended.code, (tmp_path / "nobody.db").exists()) == (1, False)
