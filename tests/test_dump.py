from __future__ import annotations

import hashlib
import json
import tracemalloc
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from storage import CrawlKind, CrawlPlan, RunState, SeedCopy, Store
from storage.dump import DUMPED, OF_THE_MOMENT
from storage.maintenance import Maintenance
from storage.schema import METADATA, NEWEST

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Ended
    from pytest_httpserver import HTTPServer

    from storage import Article

    MakeArticle = Callable[..., Article]

pytestmark = pytest.mark.usefixtures("tables")

SEEDS = Path(__file__).resolve().parent.parent / "seeds"
NOW = datetime(2026, 1, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)


def dump_of(url: str, *tables: str, with_times: bool = False) -> list[dict[str, Any]]:
    """Return the lines of a dump as objects."""
    with Maintenance.open(url) as maintenance:
        return [json.loads(line) for line in maintenance.dump(tables=tables, with_times=with_times)]


def digest_of(url: str) -> str:
    """Return a hash of a dump's bytes."""
    with Maintenance.open(url) as maintenance:
        return hashlib.sha256(b"".join(maintenance.dump())).hexdigest()


def test_every_table_is_dumped_but_those_made_from_the_others() -> None:
    """Who adds a table says what of it belongs to the record."""
    of_the_record = {name for name in METADATA.tables if not name.startswith("search_")} - OF_THE_MOMENT
    assert of_the_record == set(DUMPED)


@pytest.mark.long
def test_an_import_gives_the_same_dump_on_both_databases(
    newscrawl: Callable[..., Ended], database_url: str, stored_seeds: str
) -> None:
    """The same command gives the same bytes, whatever the database."""
    newscrawl("seeds", "import", SEEDS, "--db", database_url)
    dumps = [newscrawl("db", "dump", "--db", url) for url in (database_url, stored_seeds)]
    assert (dumps[0].out, dumps[0].code) == (dumps[1].out, 0)


@pytest.mark.long
def test_commands_that_fetch_give_the_same_dump_on_both_databases(
    run_child: Callable[..., Ended], tmp_path: Path, postgresql_url: str, site: HTTPServer
) -> None:
    """An import, a replay, and two crawls of a site give the same bytes, at whatever time they were run."""
    urls = [f"sqlite:///{tmp_path}/news.db", postgresql_url]
    for url in urls:
        for command in (
            ["seeds", "import", SEEDS / "000_0acb96c3eeef2d29.txt"],
            ["replay", "crawl", SEEDS, "rfi-cn"],
            ["crawl", "rfi-cn", "--via", site.url_for("")],
        ):
            ended = run_child(*command, "--db", url)
            assert (ended.code, ended.err) == (0, "")
    dumps = [run_child("db", "dump", "--db", url).out.splitlines() for url in urls]
    assert dumps[0] == dumps[1]


def test_the_order_of_writing_does_not_matter(tmp_path: Path, make_article: MakeArticle) -> None:
    """Articles that came in another order, in other batches, give the same dump."""
    articles = [
        make_article(canonical_url=f"https://www.rfi.fr/cn/20230801-{number}", title=f"第 {number} 条")
        for number in range(450)
    ]
    digests = []
    for name, size, order in (("a", 450, articles), ("b", 7, articles[::-1])):
        url = f"sqlite:///{tmp_path}/{name}.db"
        with Store.open(url) as store:
            for start in range(0, len(order), size):
                store.save_batch(order[start : start + size], now=NOW)
        digests.append(digest_of(url))
    assert digests[0] == digests[1]


def test_each_table_says_what_it_holds(database_url: str, make_article: MakeArticle) -> None:
    """Rows name the article and revision they belong to; texts are unpacked; ids are left out."""
    article = make_article(aliases=("https://www.rfi.fr/cn/20230801-a",))
    copy = SeedCopy(name="a.txt", raw=b"<!--1-->\xff", observed_at=NOW)
    with Store.open(database_url) as store:
        store.save_batch([article], now=NOW, seed_copies=[copy])
    head, alias, row, body, revision, seed = dump_of(database_url)
    assert head == {"schema": NEWEST}
    assert alias == {
        "table": "aliases",
        "article": article.canonical_url,
        "url": article.aliases[0],
        "why": "same page",
    }
    assert (row["table"], row["canonical_url"], row["title"]) == ("articles", article.canonical_url, article.title)
    assert body == {
        "table": "bodies",
        "article": article.canonical_url,
        "html": article.html,
        "number": 1,
        "paragraphs": list(article.paragraphs),
    }
    assert (revision["number"], revision["published_at"]) == (1, "2023-08-01T12:00:00Z")
    assert (seed["name"], seed["content"]) == ("a.txt", {"hex": "3c212d2d312d2d3eff"})
    assert [set(line) & {"id", "article_id", "revision_id", "stored_at"} for line in (row, body, revision, seed)] == [
        set()
    ] * 4


def test_members_and_tables_come_by_name(stored_seeds: str) -> None:
    """Any two dumps can be compared line by line."""
    lines = dump_of(stored_seeds)[1:]
    assert [line["table"] for line in lines] == sorted(line["table"] for line in lines)
    assert all(list(line)[1:] == sorted(list(line)[1:]) for line in lines)


def test_instants_of_the_clock_are_given_as_runs(database_url: str, make_article: MakeArticle) -> None:
    """What a run saw, it saw "in run 1"; what a source or a collector stated is given as stated; --times gives all."""
    with Store.open(database_url) as store:
        run = store.runs.start(CrawlPlan(source="rfi-cn", kind=CrawlKind.ONEOFF), now=NOW)
        store.save(make_article(fetched_at=NOW + HOUR), now=NOW + HOUR)
        store.runs.finish(run.id, state=RunState.FINISHED, reason=None, counts={"new": 1}, now=NOW + 2 * HOUR)
        store.save(
            make_article(canonical_url="https://www.rfi.fr/cn/b", title="b", observed_at=NOW), now=NOW + 3 * HOUR
        )
    by_title = {line["title"]: line for line in dump_of(database_url, "revisions")[1:]}
    marks = ("published_at", "fetched_at", "first_seen_at")
    assert [by_title["灯塔重新点亮"][mark] for mark in marks] == ["2023-08-01T12:00:00Z", "run 1", "run 1"]
    assert by_title["b"]["first_seen_at"] == "2023-08-01T13:00:00Z"
    told = {line["title"]: line for line in dump_of(database_url, "revisions", with_times=True)[1:]}
    assert told["灯塔重新点亮"]["fetched_at"] == "2026-01-01T01:00:00Z"
    runs = [dump_of(database_url, "crawl_runs", with_times=flag)[1] for flag in (False, True)]
    assert set(runs[1]) - set(runs[0]) == {
        *("host", "pid", "started_at", "finished_at", "heartbeat_at", "planned_at", "stack")
    }


def test_a_difference_shows(database_url: str, make_article: MakeArticle) -> None:
    """One character more in one text is another dump."""
    with Store.open(database_url) as store:
        store.save(make_article(), now=NOW)
        before = digest_of(database_url)
        edited = replace(make_article(), paragraphs=("另一段。",), fetched_at=NOW)
        store.save(edited, now=NOW)
    assert digest_of(database_url) != before


def test_an_unknown_table_is_named(newscrawl: Callable[..., Ended], stored_seeds: str) -> None:
    """A mistyped table is told with those that there are."""
    ended = newscrawl("db", "dump", "--table", "article", "--db", stored_seeds)
    assert (ended.code, ended.err.partition(";")[0]) == (2, "newscrawl: unknown table 'article'")


@pytest.mark.long
def test_a_dump_takes_bounded_memory(tmp_path: Path, make_article: MakeArticle) -> None:
    """A dump of five times as many articles takes no more memory."""
    peaks = []
    for count in (400, 2000):
        url = f"sqlite:///{tmp_path}/{count}.db"
        articles = [
            make_article(
                canonical_url=f"https://www.rfi.fr/cn/20230801-{number}",
                title=f"第 {number} 条",
                html=f"<p>{number}</p>" * 700,
            )
            for number in range(count)
        ]
        with Store.open(url) as store:
            store.save_batch(articles, now=NOW)
        tracemalloc.start()
        with Maintenance.open(url) as maintenance:
            size = sum(map(len, maintenance.dump()))
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        assert size > 7000 * count
    assert peaks[1] < 1.5 * peaks[0]
