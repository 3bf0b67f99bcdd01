from __future__ import annotations

import re
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from storage import Store, WrongSchema
from storage.database import reading, writing
from storage.engines import open_engine
from storage.schema import METADATA, NEWEST, SCHEMAS, schema_of, upgrade

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Engine

ROOT = Path(__file__).resolve().parent.parent
DUMPS = ROOT / "tests" / "schemas"
DENGTA = "https://www.rfi.fr/cn/中国/20230801-dengta"

# the search index, of another kind on each database, is made by SQL of its own
BESIDE_METADATA = re.compile("search_index")


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    """Return an engine on an empty database."""
    opened = open_engine(database_url)
    yield opened
    opened.dispose()


def load(url: str, schema: str) -> None:
    """Fill an empty database from the dump of an earlier schema."""
    if url.startswith("sqlite"):
        with sqlite3.connect(url.removeprefix("sqlite:///")) as connection:
            connection.executescript((DUMPS / f"{schema}.sqlite.sql").read_text("utf-8"))
        connection.close()
        return
    with psycopg.connect(url) as session:
        session.execute((DUMPS / f"{schema}.postgresql.sql").read_bytes())


def differences(engine: Engine) -> list[object]:
    """Return how the tables of a database differ from what the program takes them to be."""

    def is_ours(name: str | None, *_: object) -> bool:
        return not BESIDE_METADATA.match(name or "")

    options = {"target_metadata": METADATA, "compare_server_default": True, "include_name": is_ours}
    with reading(engine) as connection:
        return compare_metadata(MigrationContext.configure(connection, opts=options), METADATA)


def tables_of(engine: Engine) -> dict[str, str]:
    """Return the SQL of every table and index of a SQLite database."""
    with reading(engine) as connection:
        return dict(connection.exec_driver_sql("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL").all())


def test_migrations_make_the_tables_that_the_program_uses(engine: Engine) -> None:
    """A new database has what the tables' classes say: no more, no less, no other."""
    assert upgrade(engine) == (None, NEWEST)
    assert differences(engine) == []


@pytest.mark.parametrize("schema", SCHEMAS[:-1])
def test_a_database_of_every_earlier_schema_becomes_one_of_today(
    engine: Engine, database_url: str, schema: str
) -> None:
    """Rows written at an earlier schema are all there after the upgrade, and mean what they meant."""
    load(database_url, schema)
    assert upgrade(engine) == (schema, NEWEST)
    assert differences(engine) == []
    with Store.open(database_url, must_exist=True) as store:
        edited, first = store.article(DENGTA), store.revisions(DENGTA)[0]
        assert [stored.article.title for stored in store.articles(newest_first=False)] == [
            "灯塔重新点亮",
            "Le phare de l’île se rallume",
            "渡轮恢复通航",
        ]
        assert (edited.revision, edited.article.paragraphs[1]) == (2, "修复工程由当地居民和一位灯塔守护人出资。")
        assert first.article.paragraphs[1] == "修复工程由当地居民出资。"
        assert edited.article.aliases == ("https://www.rfi.fr/cn/%E5%9B%BD%E9%99%85/20230801-dengta",)
        assert [(run.id, run.plan.kind.value, run.counts["new"]) for run in store.runs.latest()] == [
            (2, "oneoff", 1),
            (1, "import", 1),
        ]
        assert [seed.copy.name for seed in store.seed_copies()] == ["1690894800000_a.txt"]
        assert store.save(edited.article, now=edited.last_seen_at).value == "unchanged"


@pytest.mark.parametrize("schema", SCHEMAS[:-1])
def test_an_upgraded_database_is_made_like_a_new_one(tmp_path: Path, schema: str) -> None:
    """The SQL of tables and indexes is the same, whether a database was upgraded or made today."""
    old, new = open_engine(f"sqlite:///{tmp_path}/old.db"), open_engine(f"sqlite:///{tmp_path}/new.db")
    load(str(old.url), schema)
    upgrade(old)
    upgrade(new)
    words = [{name: sql.replace('"', "") for name, sql in tables_of(engine).items()} for engine in (old, new)]
    assert words[0] == words[1]


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_every_earlier_schema_has_a_dump(database: str) -> None:
    """Who adds a schema leaves a dump of the one before; see tests/schemas/README.md."""
    dumped = {path.name.partition(".")[0] for path in DUMPS.glob(f"*.{database}.sql")}
    assert set(SCHEMAS[:-1]) - dumped == set()


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_compressed_values_are_kept_as_given(engine: Engine) -> None:
    """PostgreSQL does not try to compress again what zstd has compressed."""
    upgrade(engine)
    with reading(engine) as connection:
        rows = connection.exec_driver_sql(
            "SELECT attrelid::regclass::text FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid"
            " WHERE attname = 'content' AND attstorage = 'e' AND relkind = 'r' ORDER BY 1"
        )
        assert rows.scalars().all() == ["bodies", "seed_copies"]


def test_an_older_database_is_refused_in_one_sentence(database_url: str) -> None:
    """A program that is newer than its database says so, and what to run."""
    load(database_url, "0001")
    sentence = f"is at 0001, the program needs {NEWEST}: run newscrawl db upgrade"
    with pytest.raises(WrongSchema, match=sentence):
        Store.open(database_url)


def test_a_newer_database_is_refused_in_one_sentence(engine: Engine, database_url: str) -> None:
    """A program that is older than its database says so, and changes nothing, not even when told to upgrade it."""
    upgrade(engine)
    with writing(engine) as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    for attempt in (lambda: Store.open(database_url), lambda: upgrade(engine)):
        with pytest.raises(WrongSchema, match="was written by a newer newscrawl"):
            attempt()
    with reading(engine) as connection:
        assert schema_of(connection) == "9999"


def test_tables_without_a_number_are_refused(engine: Engine, database_url: str) -> None:
    """A database from before schemas were numbered is not taken for an empty one."""
    with writing(engine) as connection:
        connection.exec_driver_sql("CREATE TABLE articles (id INTEGER)")
    with pytest.raises(WrongSchema, match="older than the first numbered schema"):
        Store.open(database_url)


def test_an_upgrade_that_is_killed_leaves_the_old_schema(tmp_path: Path) -> None:
    """Kill -9 in the middle of an upgrade, and the database is as it was; the next upgrade completes."""
    url = f"sqlite:///{tmp_path}/news.db"
    load(url, "0001")
    engine = open_engine(url)
    before = tables_of(engine)
    # the child says when its last migration has run, and waits there, before the end of the transaction
    script = (
        "import sys, time, storage.schema as schema\n"
        "from storage.engines import open_engine\n"
        "migrate = schema._migrate\n"
        "def then_wait(connection):\n"
        "    migrate(connection)\n"
        "    print('migrated', flush=True)\n"
        "    time.sleep(60)\n"
        "schema._migrate = then_wait\n"
        "schema.upgrade(open_engine(sys.argv[1]))\n"
    )
    with subprocess.Popen([sys.executable, "-c", script, url], cwd=ROOT, stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == b"migrated\n"
        child.kill()
    assert tables_of(engine) == before
    assert upgrade(engine) == ("0001", NEWEST)
    assert differences(engine) == []


@pytest.mark.long
def test_two_programs_that_make_one_database_make_it_once(database_url: str) -> None:
    """Commands that are started together on a database that is not there do not stumble over each other."""
    script = "import sys; from storage import Store; Store.open(sys.argv[1]).close()"
    children = [subprocess.Popen([sys.executable, "-c", script, database_url], cwd=ROOT) for _ in range(3)]
    assert [child.wait(60) for child in children] == [0, 0, 0]
