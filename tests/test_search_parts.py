"""PostgreSQL's search index in parts: made in time, by one transaction, in nobody's way."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import psycopg
import pytest
from test_migrations import load

from storage import CrawlKind, CrawlPlan, RunState
from storage.database import reading, searching, writing
from storage.engines import open_engine
from storage.schema import upgrade
from storage.search_entries import Entry
from storage.search_index import Match, Phrase, add_entries, find, remove_entries
from storage.search_parts import ARTICLES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy import Engine

    from storage import Article, Store

pytestmark = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)

LIGHTHOUSE = Match(all_of=(Phrase(tokens=("灯塔",)),))
PARTS = "SELECT count(*) FROM pg_inherits WHERE inhparent = 'search_index'::regclass"


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    """Return an engine on a new database."""
    opened = open_engine(database_url)
    upgrade(opened)
    yield opened
    opened.dispose()


def entry(article_id: int) -> Entry:
    """Return the entry of an article on a lighthouse."""
    return Entry(
        article_id=article_id,
        title="灯塔重新点亮",
        text="岛上的灯塔周一重新点亮。",
        source="rfi-cn",
        section=None,
        language="zh-Hans",
        published_at=datetime(2023, 8, 1, tzinfo=UTC),
    )


def pages_waiting(engine: Engine, part: str) -> int:
    """Put what waits beside the index of a part into it, and return how many pages that were."""
    with writing(engine) as connection:
        index = connection.exec_driver_sql(
            f"SELECT indexrelid FROM pg_index WHERE indrelid = '{part}'::regclass AND NOT indisunique"
        ).scalar_one()
        return connection.exec_driver_sql(f"SELECT gin_clean_pending_list({index})").scalar_one()


def parts_of(engine: Engine) -> int:
    """Return how many parts there are."""
    with reading(engine) as connection:
        return connection.exec_driver_sql(PARTS).scalar_one()


def test_parts_are_made_as_ids_reach_them(engine: Engine) -> None:
    """Whatever part an article lies in, it is found, and can be taken out."""
    ids = [1, ARTICLES - 1, ARTICLES, 4 * ARTICLES + 1]
    with writing(engine) as connection:
        add_entries(connection, map(entry, ids))
    assert parts_of(engine) == 5
    with searching(engine) as connection:
        assert sorted(find(connection, LIGHTHOUSE)) == ids
    with writing(engine) as connection:
        remove_entries(connection, map(entry, ids[1:3]))
        add_entries(connection, [entry(ARTICLES)])
    with searching(engine) as connection:
        assert sorted(find(connection, LIGHTHOUSE)) == [1, ARTICLES, 4 * ARTICLES + 1]
    assert parts_of(engine) == 5


def test_a_batch_that_fails_takes_its_part_with_it(engine: Engine) -> None:
    """The next batch makes it again."""

    def fail() -> None:
        with writing(engine) as connection:
            add_entries(connection, [entry(ARTICLES)])
            raise InterruptedError

    with pytest.raises(InterruptedError):
        fail()
    assert parts_of(engine) == 1
    with writing(engine) as connection:
        add_entries(connection, [entry(ARTICLES + 1)])
    with searching(engine) as connection:
        assert find(connection, LIGHTHOUSE) == [ARTICLES + 1]


def test_who_searches_does_not_wait_for_a_new_part(engine: Engine, database_url: str) -> None:
    """A part is made beside the others; before its batch is written, it is not there for anybody else."""
    with writing(engine) as connection:
        add_entries(connection, [entry(1)])
    with writing(engine) as connection, psycopg.connect(database_url, options="-c lock_timeout=100ms") as reader:
        add_entries(connection, [entry(ARTICLES)])
        assert reader.execute("SELECT article_id FROM search_index WHERE tokens @@ '灯塔'").fetchall() == [(1,)]
    with searching(engine) as connection:
        assert sorted(find(connection, LIGHTHOUSE)) == [1, ARTICLES]


def test_nothing_waits_in_a_part_that_is_full(engine: Engine) -> None:
    """What is new waits in a list through which every query reads; where nothing more comes it would stay there."""
    with writing(engine) as connection:
        add_entries(connection, [entry(1)])
    with writing(engine) as connection:
        add_entries(connection, [entry(ARTICLES)])
    assert (pages_waiting(engine, "search_index_0"), pages_waiting(engine, f"search_index_{ARTICLES}")) == (0, 1)


def test_nothing_waits_when_a_run_has_ended(
    store: Store, make_article: Callable[..., Article], database_url: str
) -> None:
    """Searching is as fast then as it can be."""
    now = datetime(2023, 8, 2, tzinfo=UTC)
    run = store.start_run(CrawlPlan(source="rfi-cn", kind=CrawlKind.ONEOFF), now=now)
    store.save(make_article(), now=now)
    store.finish_run(run.id, state=RunState.FINISHED, reason=None, counts={}, now=now)
    engine = open_engine(database_url)
    assert pages_waiting(engine, "search_index_0") == 0
    engine.dispose()


def test_the_index_of_an_older_schema_becomes_the_first_part(database_url: str) -> None:
    """As large as it is: nothing is indexed anew."""
    load(database_url, "0011")
    with psycopg.connect(database_url) as session:
        session.execute("INSERT INTO search_index VALUES (2500000, '灯塔:1')")
        files = session.execute("SELECT relname, relfilenode FROM pg_class WHERE relname LIKE '%search_index%'")
        before = {node for _, node in files}
    engine = open_engine(database_url)
    upgrade(engine)
    assert parts_of(engine) == 1
    with reading(engine) as connection:
        after = set(connection.exec_driver_sql("SELECT relfilenode FROM pg_class").scalars())
    assert before <= after
    with writing(engine) as connection:
        add_entries(connection, [entry(2_500_001), entry(2_500_000 + ARTICLES)])
    with searching(engine) as connection:
        assert {2_500_000, 2_500_001, 2_500_000 + ARTICLES} <= set(find(connection, LIGHTHOUSE))
    assert parts_of(engine) == 2
    engine.dispose()
