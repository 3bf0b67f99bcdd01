"""``newscrawl backfill``: plans, complaints, and what a killed one goes on with."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

import pytest

from storage import SliceState, Store

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from children import Child
    from conftest import Ended
    from pytest_httpserver import HTTPServer

WINDOW = ("--since", "2020-07-20", "--until", "2020-09-01")


def test_a_dry_run_shows_slices_and_makes_no_database(newscrawl: Callable[..., Ended], tmp_path: Path) -> None:
    """One object for each slice, then the sum; the window is that of the source's days."""
    ended = newscrawl("backfill", "rfi-cn", *WINDOW, "--dry-run", "--delay", "2", "--json")
    assert ended.code == 0, ended.err
    *slices, total = ended.objects
    assert slices[0] == {
        "channel": "sitemap",
        "name": "2020-07",
        "since": "2020-07-19T22:00:00Z",
        "until": "2020-07-31T22:00:00Z",
        "url": "https://www.rfi.fr/sitemaps/cn/contents_202007.xml",
    }
    assert total == {
        "slices": len(slices),
        "requests": len(slices),
        "listings": len(slices),
        "articles_known": 0,
        "articles_expected": None,
        "seconds": 2.0 * len(slices),
    }
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ((), "a backfill needs --since and --until"),
        (("--since", "2020-07-20"), "a backfill needs --since and --until"),
        (("--since", "2020-07-20", "--until", "2020-07-20"), "is not before --until"),
        (("--resume",), "there is no unfinished backfill of rfi-cn"),
        (("--resume", "--dry-run"), "there is no unfinished backfill of rfi-cn"),
        (("--since", "yesterday", "--until", "2020-07-20"), "'yesterday' is not a date"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_sentence(
    newscrawl: Callable[..., Ended], arguments: tuple[str, ...], complaint: str
) -> None:
    """Exit code 2, nothing fetched."""
    ended = newscrawl("backfill", "rfi-cn", *arguments)
    assert (ended.code, ended.out, ended.err.count("\n")) == (2, "", 1)
    assert complaint in ended.err


@pytest.mark.long
def test_a_killed_backfill_goes_on_with_the_same_command(
    *,
    start_child: Callable[..., Child],
    run_child: Callable[..., Ended],
    site: HTTPServer,
    tmp_path: Path,
) -> None:
    """What was settled is not asked for again, and at the end every slice has ended and every article is there."""
    database = f"sqlite:///{tmp_path}/news.db"
    command = ("backfill", "rfi-cn", *WINDOW, "--channel", "archive", "--channel", "section")
    command = (*command, "--via", site.url_for(""), "--json", "--db", database)
    with start_child(*command, "--delay", "0.05") as child:
        deadline = time.monotonic() + 40
        while len(site.log) < 30 and time.monotonic() < deadline:
            time.sleep(0.02)
        # scheduled crawls come first, for the processor as for the host
        assert os.getpriority(os.PRIO_PROCESS, child.pid) >= os.getpriority(os.PRIO_PROCESS, 0) + 10
        child.kill()
    before = len(site.log)
    ended = run_child(*command)
    assert ended.code == 0, ended.err
    assert ended.objects[0]["backfill"]["slices"] == {"waiting": 0, "running": 0, "done": 56, "failed": 0}
    with Store.open(database) as store:
        (task,) = [store.backfills.read(1)]
        assert {one.state for one in task.slices} == {SliceState.DONE}
        assert store.count_articles() == 7
    asked = [request.path for request, _ in site.log if request.path != "/robots.txt"]
    assert len(asked) - len(set(asked)) <= 16
    assert len(site.log) - before < 60


@pytest.mark.long
def test_the_sitemap_road_meets_the_import(
    newscrawl: Callable[..., Ended],
    run_child: Callable[..., Ended],
    site: HTTPServer,
    stored_seeds: str,
    tmp_path: Path,
) -> None:
    """Monthly sitemaps alone lead to every article of the site, and each is what its seed file says."""
    database = f"sqlite:///{tmp_path}/news.db"
    years = ("--since", "2020-07-01", "--until", "2024-03-01")
    ended = run_child(
        *("backfill", "rfi-cn", *years, "--channel", "sitemap", "--via", site.url_for(""), "--json", "--db", database)
    )
    assert ended.code == 0, ended.err
    fields = ("title", "text", "published_at", "section", "authors")
    crawled, imported = (
        {
            one["canonical_url"]: [one[name] for name in fields]
            for one in newscrawl("articles", "export", "--source", "rfi-cn", "--db", database).objects
        }
        for database in (database, stored_seeds)
    )
    # one story under two sections is filed under the page that came first
    assert {url: said for url, said in crawled.items() if imported.get(url, said) != said} == {}
    assert len(crawled) == len(imported)
    assert len(crawled.keys() & imported.keys()) >= len(imported) - 2
    asked = [request.path for request, _ in site.log]
    assert len([path for path in asked if path.startswith("/sitemaps/")]) == 44
