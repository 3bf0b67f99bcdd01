"""PostgreSQL's search index in parts: made in time, by one transaction, in nobody's way."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import psycopg
import pytest
from sqlalchemy import make_url
from test_migrations import load

from storage import CrawlKind, CrawlPlan, RunState, Store, StoreUnavailable
from storage.database import reading, searching, writing
from storage.engines import open_engine
from storage.maintenance import Maintenance
from storage.merging import MANY
from storage.schema import upgrade
from storage.search_entries import Entry
from storage.search_index import Match, Phrase, add_entries, find, remove_entries
from storage.search_parts import ARTICLES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy import Engine

    from storage import Article

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
    engine = open_engine(database_url)
    waiting = {}
    for brought in (MANY - 1, MANY):  # a run that brought little leaves it to the next
        run = store.runs.start(CrawlPlan(source="rfi-cn", kind=CrawlKind.ONEOFF), now=now)
        store.save(make_article(canonical_url=f"https://www.rfi.fr/cn/中国/20230801-{brought}"), now=now)
        store.runs.finish(run.id, state=RunState.FINISHED, reason=None, counts={"new": brought}, now=now)
        waiting[brought] = pages_waiting(engine, "search_index_0")
    assert waiting == {MANY - 1: 1, MANY: 0}
    engine.dispose()


def test_a_rebuild_from_scratch_makes_parts_of_a_large_one(database_url: str) -> None:
    """An index of an older schema is one part, however large; made anew it is like that of a new database."""
    load(database_url, "0011")
    with psycopg.connect(database_url) as session:
        session.execute("INSERT INTO search_index VALUES (2500000, '灯塔:1')")
    engine = open_engine(database_url)
    upgrade(engine)
    with Store.open(database_url) as store:
        store.search.rebuild(from_scratch=True)
        assert [hit.stored.article.title for hit in store.search.find("灯塔").hits] == ["灯塔重新点亮"]
    with writing(engine) as connection:
        add_entries(connection, [entry(ARTICLES)])
    assert parts_of(engine) == 2
    engine.dispose()


def test_who_could_read_the_index_of_an_older_schema_still_can(database_url: str) -> None:
    """Rights are given for a table: the new one around the old one has the same."""
    load(database_url, "0011")
    role = f"reader_{uuid.uuid4().hex}"
    with psycopg.connect(database_url) as session:
        session.execute(f"CREATE ROLE {role}")
        session.execute(f"GRANT SELECT ON search_index TO {role}")
    engine = open_engine(database_url)
    upgrade(engine)
    with writing(engine) as connection:
        add_entries(connection, [entry(1)])
    engine.dispose()
    with psycopg.connect(database_url) as session:
        session.execute(f"SET ROLE {role}")
        found = session.execute("SELECT article_id FROM search_index WHERE tokens @@ '灯塔'").fetchall()
        session.execute(f"RESET ROLE; DROP OWNED BY {role}; DROP ROLE {role}")
    assert (1,) in found


def test_a_user_who_could_make_no_part_is_told_before_it_is_needed(engine: Engine, database_url: str) -> None:
    """The doctor tries to write as a crawl does, which once in 125,000 articles makes a table."""
    role = f"writer_{uuid.uuid4().hex}"
    with psycopg.connect(database_url) as session:
        session.execute(f"CREATE ROLE {role} LOGIN")
        session.execute(f"GRANT ALL ON ALL TABLES IN SCHEMA public TO {role}")
    other = make_url(database_url).set(username=role).render_as_string(hide_password=False)
    with Maintenance.open(other) as maintenance, pytest.raises(StoreUnavailable, match="does not own the tables"):
        maintenance.try_writing()
    with psycopg.connect(database_url) as session:
        session.execute(f"DROP OWNED BY {role}; DROP ROLE {role}")


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
