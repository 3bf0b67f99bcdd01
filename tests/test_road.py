"""The whole road, as an operator walks it: a process of its own, the local site over HTTP, rows."""

from __future__ import annotations

import re
import signal
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from werkzeug import Response

from crawler import __version__
from crawler.archives.serve import running_server
from crawler.archives.site import SeedSite

if TYPE_CHECKING:
    from collections.abc import Callable

    from children import Child
    from conftest import Ended
    from pytest_httpserver import HTTPServer

SEEDS = Path(__file__).resolve().parent.parent / "seeds"

# What two roads must agree on.
SAME = ("title", "text", "published_at")

# A test does not wait as long for a server as an operator does.
IMPATIENT = {"NEWSCRAWL_RETRY_SECONDS": "0.05", "NEWSCRAWL_PATIENCE_SECONDS": "1"}


def articles(newscrawl: Callable[..., Ended], database: str) -> dict[str, dict[str, Any]]:
    """Return what a database holds, by canonical URL."""
    return {one["canonical_url"]: one for one in newscrawl("articles", "export", "--db", database).objects}


def counts(ended: Ended) -> dict[str, int]:
    """Return the counts of the run that was printed as JSON."""
    found: dict[str, int] = ended.objects[0]["counts"]
    return found


def differences(newscrawl: Callable[..., Ended], one: str, other: str) -> list[tuple[str, str, object, object]]:
    """Return where the articles of two databases differ: URL, field and both values.

    Of a story under two sections, printed some minutes apart, the page that came first is the article and the other an
    alias of it; it is found under both URLs, with one title and text.
    """
    here, there = articles(newscrawl, one), articles(newscrawl, other)
    both = here.keys() & there.keys()
    pairs = [(url, name, here[url], there[url]) for url in both for name in SAME]
    aliases = [(url, there, one) for url in there.keys() - both] + [(url, here, other) for url in here.keys() - both]
    for url, its, database in aliases:
        found = newscrawl("articles", "show", url, "--json", "--db", database).objects
        pairs += [(url, name, its[url], found[0] if found else {}) for name in ("title", "text")]
    different = [(url, name, a[name], b.get(name)) for url, name, a, b in pairs if a[name] != b.get(name)]
    print(f"\n{len(both)} articles match, {len(aliases)} by an alias, {len(different)} differ")
    return different


@pytest.fixture(scope="module")
def crawled(
    run_child: Callable[..., Ended], seed_site: SeedSite, tmp_path_factory: pytest.TempPathFactory
) -> tuple[str, Ended, Ended]:
    """Crawl the local site twice; return the database and how both runs ended."""
    database = f"sqlite:///{tmp_path_factory.mktemp('road') / 'news.db'}"
    with running_server(seed_site) as base_url:
        command = ("crawl", "rfi-cn", "--via", base_url, "--pages", "50", "--json", "--db", database)
        return database, run_child(*command, **IMPATIENT), run_child(*command, **IMPATIENT)


def test_a_crawl_stores_every_article_of_the_site(
    newscrawl: Callable[..., Ended], crawled: tuple[str, Ended, Ended], seed_site: SeedSite
) -> None:
    """The rows are the articles of the local site under their real URLs; the run says how many."""
    database, first, _ = crawled
    assert (first.code, first.err, first.objects[0]["state"]) == (0, "", "finished")
    rows = articles(newscrawl, database)
    assert counts(first)["new"] == len(rows)
    assert rows.keys() <= set(seed_site.article_urls)
    assert counts(first)["new"] + counts(first)["duplicate"] == len(seed_site.article_urls)
    assert {row["fetched_at"] is not None and row["observed_at"] is None for row in rows.values()} == {True}


def test_a_second_crawl_stores_nothing_new(newscrawl: Callable[..., Ended], crawled: tuple[str, Ended, Ended]) -> None:
    """0 new, 0 revised, exit code 0, and both runs are on record."""
    database, _, second = crawled
    assert (second.code, second.err) == (0, "")
    assert (counts(second)["new"], counts(second)["revised"]) == (0, 0)
    listed = newscrawl("runs", "list", "--json", "--db", database).objects
    assert [(run["id"], run["kind"], run["state"]) for run in listed] == [
        (2, "oneoff", "finished"),
        (1, "oneoff", "finished"),
    ]


def test_crawling_and_importing_meet(
    newscrawl: Callable[..., Ended], crawled: tuple[str, Ended, Ended], stored_seeds: str
) -> None:
    """An article that was crawled equals the one that was imported from its seed file."""
    assert differences(newscrawl, crawled[0], stored_seeds) == []


def rows(newscrawl: Callable[..., Ended], database: str, *without: str) -> dict[str, dict[str, Any]]:
    """Return the articles table by canonical URL, without what depends on when and from where an article came."""
    dumped = newscrawl("db", "dump", "--table", "articles", "--db", database).objects[1:]
    left_out = {"claims_digest", "first_seen_at", "last_seen_at", *without}
    return {row["canonical_url"]: {name: row[name] for name in row.keys() - left_out} for row in dumped}


@pytest.mark.long
def test_a_crawl_and_two_imports_make_the_same_articles_table(
    newscrawl: Callable[..., Ended], crawled: tuple[str, Ended, Ended], stored_seeds: str, recorded_site: Path
) -> None:
    """The same articles by crawl, by seed files and by a WARC file.

    Seed files know no ids of the site's, and one of them was collected before an edit, which no page shows any more.
    Of a story under two sections, the page that came first is the article: that is left out here.
    """
    by_warc = "sqlite:///warc.db"
    assert newscrawl("import", recorded_site, "--db", by_warc).code == 0
    for other, unknown in ((crawled[0], ()), (stored_seeds, ("content_id", "current_revision"))):
        here, there = rows(newscrawl, by_warc, *unknown), rows(newscrawl, other, *unknown)
        both = here.keys() & there.keys()
        assert (len(here), {url: here[url] for url in both}) == (len(there), {url: there[url] for url in both})
        assert len(here) - len(both) <= 1


@pytest.mark.long
def test_replay_needs_no_server_and_goes_on_where_a_limit_stopped_it(
    newscrawl: Callable[..., Ended], run_child: Callable[..., Ended], crawled: tuple[str, Ended, Ended], tmp_path: Path
) -> None:
    """--limit stops after so many articles; the next crawl of the folder stores the rest, as a crawl over HTTP did."""
    database = f"sqlite:///{tmp_path}/replay.db"
    command = ("replay", "crawl", SEEDS, "rfi-cn", "--json", "--db", database)
    limited = run_child(*command, "--limit", "3", **IMPATIENT)
    assert (limited.code, limited.err, counts(limited)["new"]) == (0, "", 3)
    ended = run_child(*command, **IMPATIENT)
    assert (ended.code, ended.err, ended.objects[0]["kind"]) == (0, "", "replay")
    assert differences(newscrawl, database, crawled[0]) == []


def test_the_site_sees_who_asks_and_for_whom(run_child: Callable[..., Ended], site: HTTPServer, tmp_path: Path) -> None:
    """--url asks for robots.txt and that page alone, names crawler and contact, and keeps the Host of the real site."""
    article = "/cn/亚洲/20240214-印度女邮差徒步送信三十年-退休当天收到四百封信"
    ended = run_child(
        *("crawl", "rfi-cn", "--via", site.url_for(""), "--url", f"https://www.rfi.fr{article}", "--json"),
        *("--db", f"sqlite:///{tmp_path}/news.db"),
        **IMPATIENT,
        NEWSCRAWL_CONTACT="desk@example.org",
    )
    assert (ended.code, counts(ended)["new"]) == (0, 1), ended.err
    asked = [request for request, _ in site.log]
    assert [request.path for request in asked] == ["/robots.txt", article]
    assert {request.headers["User-Agent"] for request in asked} == {f"newscrawl/{__version__} (+desk@example.org)"}
    assert {request.headers["Host"] for request in asked} == {"www.rfi.fr"}
    assert {"Cookie" in request.headers for request in asked} == {False}


def test_robots_txt_is_obeyed(run_child: Callable[..., Ended], site: HTTPServer, tmp_path: Path) -> None:
    """What it disallows is not asked for, and the run counts it under robots.txt."""
    site.expect_oneshot_request("/robots.txt").respond_with_data(
        "User-agent: *\nAllow: /cn/国际\nDisallow: /\n", content_type="text/plain; charset=utf-8"
    )
    ended = run_child(
        *("crawl", "rfi-cn", "--via", site.url_for(""), "--section", "国际", "--section", "中国", "--json"),
        *("--db", f"sqlite:///{tmp_path}/news.db"),
        **IMPATIENT,
    )
    asked = [request.path for request, _ in site.log]
    assert [path for path in asked if not path.startswith(("/cn/国际", "/robots.txt"))] == []
    assert any(path.startswith("/cn/国际/") for path in asked)
    assert any("robots.txt" in reason for reason in counts(ended)), ended


def test_sections_and_pages(run_child: Callable[..., Ended], site: HTTPServer, tmp_path: Path) -> None:
    """--section starts from that section alone, --pages follows its listing so far and no further."""
    ended = run_child(
        *("crawl", "rfi-cn", "--via", site.url_for(""), "--section", "中国", "--pages", "2", "--json"),
        *("--db", f"sqlite:///{tmp_path}/news.db"),
        **IMPATIENT,
    )
    assert ended.code == 0, ended.err
    listings = [path for path in (request.path for request, _ in site.log) if re.fullmatch(r"/cn/[^/]*/(\d+/)?", path)]
    assert [path.rstrip("/") for path in listings] == ["/cn/中国", "/cn/中国/2"][: counts(ended)["listings"]]
    assert counts(ended)["listings"] <= 2


@pytest.mark.long
def test_ctrl_c_stops_cleanly_and_the_same_command_goes_on(
    *,
    newscrawl: Callable[..., Ended],
    start_child: Callable[..., Child],
    run_child: Callable[..., Ended],
    wait_for: Callable[[Child], Ended],
    site: HTTPServer,
    tmp_path: Path,
) -> None:
    """Exit code 130, one sentence that says what is kept, whole rows; afterwards nothing is missing or twice."""
    database = f"sqlite:///{tmp_path}/news.db"
    command = ("crawl", "rfi-cn", "--via", site.url_for(""), "--pages", "50", "--json", "--db", database)
    with start_child(*command, "--delay", "0.03", **IMPATIENT) as child:
        deadline = time.monotonic() + 40
        while len(site.log) < 35 and time.monotonic() < deadline:
            time.sleep(0.02)
        child.send_signal(signal.SIGINT)
        stopped = wait_for(child)
    kept = articles(newscrawl, database)
    assert (stopped.code, stopped.objects[0]["state"]) == (130, "stopped")
    left = counts(stopped)["left waiting"]
    assert stopped.err == (
        f"newscrawl: stopped by hand; {len(kept)} articles are kept, {left} URLs left, the same command goes on\n"
    )
    assert 0 < len(kept) < 60
    assert all(article["title"] and article["text"] for article in kept.values())
    again = run_child(*command, **IMPATIENT)
    assert again.code == 0, again.err
    everything = articles(newscrawl, database)
    assert len(everything) == len(kept) + counts(again)["new"]
    assert {url: everything[url]["fetched_at"] for url in kept} == {url: one["fetched_at"] for url, one in kept.items()}


def test_a_site_that_only_fails_is_said_in_one_sentence(
    run_child: Callable[..., Ended], site: HTTPServer, tmp_path: Path
) -> None:
    """Exit code 1, the reason in the sentence and in the run's record; nothing is stored."""
    site.expect_ordered_request("/robots.txt").respond_with_data("User-agent: *\nAllow: /\n")
    site.clear()
    site.expect_request(re.compile(".*")).respond_with_handler(lambda _: Response("out of order", 404))
    ended = run_child(
        *("crawl", "rfi-cn", "--via", site.url_for(""), "--json", "--db", f"sqlite:///{tmp_path}/news.db"), **IMPATIENT
    )
    assert (ended.code, ended.err.count("\n"), ended.objects[0]["state"]) == (1, 1, "failed")
    assert "HTTP 404" in ended.err
    assert ended.err.endswith("0 articles are kept\n")


@pytest.fixture(scope="module")
def corpus(shared: Path) -> Path:
    """Return the folder of real seed files beside the project."""
    return shared / "corpus" / "rfi-cn"


@pytest.mark.long
@pytest.mark.shared
def test_the_roads_meet_over_the_corpus(
    newscrawl: Callable[..., Ended], run_child: Callable[..., Ended], corpus: Path, tmp_path: Path
) -> None:
    """Crawling the site that the corpus becomes gives the articles that importing the corpus gives."""
    crawled, imported = f"sqlite:///{tmp_path}/crawled.db", f"sqlite:///{tmp_path}/imported.db"
    with running_server(SeedSite([corpus])) as base_url:
        # one after the other: of sixteen at once one order in many has shown the monitor a break
        order = ("--pages", "500", "--delay", "0.002")
        ended = run_child("crawl", "rfi-cn", "--via", base_url, *order, "--db", crawled, **IMPATIENT)
    assert ended.code == 0, ended.err
    newscrawl("seeds", "import", corpus, "--db", imported)
    assert differences(newscrawl, crawled, imported) == []
