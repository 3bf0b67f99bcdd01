"""Polite polls: what has not changed is not sent again, and a server that lies about it is found out."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from scripted import ScriptedSite, answer, path_of, serving

from crawler.frontier import AUDIT_EVERY, conditions_of
from storage import KeptPage, LeasedUrl

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from conftest import Ended

NAMES = [f"n{number:02d}" for number in range(12)]
HASTY = {"NEWSCRAWL_RETRY_SECONDS": "0.05", "NEWSCRAWL_PATIENCE_SECONDS": "3"}


@pytest.fixture
def site() -> Iterator[ScriptedSite]:
    """Serve a site of twelve articles of today, which the source's rhythm revisits."""
    with serving(NAMES) as site:
        site.published_at = datetime.now(UTC).isoformat(timespec="seconds")
        yield site


@pytest.fixture
def change(tmp_path: Path) -> Callable[[str], None]:
    """Return a function that changes rows of the crawl's database: tests do not wait for hours."""

    def change(statement: str) -> None:
        with sqlite3.connect(tmp_path / "news.db") as connection:
            connection.execute(statement)
        connection.close()

    return change


@pytest.fixture
def let_be_due(change: Callable[[str], None]) -> Callable[[], None]:
    """Return a function that makes every revisit due."""
    return lambda: change("UPDATE frontier SET due_at = 0 WHERE due_at IS NOT NULL")


def stored(newscrawl: Callable[..., Ended], folder: Path, name: str) -> dict[str, Any]:
    """Return an article as it is stored."""
    url = f"https://www.rfi.fr{path_of(name)}"
    found: dict[str, Any] = newscrawl("articles", "show", url, "--json", "--db", f"sqlite:///{folder}/news.db").objects[
        0
    ]
    return found


@pytest.mark.long
def test_an_honest_server_sends_what_is_new(
    run_child: Callable[..., Ended],
    newscrawl: Callable[..., Ended],
    site: ScriptedSite,
    let_be_due: Callable[[], None],
    tmp_path: Path,
) -> None:
    """Unchanged polls are 304, an edit is a revision, what is withdrawn is gone and kept, links live on in a 304."""
    site.etag = "honest"
    site.script(path_of("n11"), answer(418), None)
    first = run_child(*site.crawl(tmp_path), **HASTY)
    assert (first.code, first.objects[0]["counts"]["new"]) == (0, 11), first
    seen_at = stored(newscrawl, tmp_path, "n01")["last_seen_at"]
    let_be_due()
    site.log.clear()
    site.script(path_of("n03"), answer(410))
    site.script(path_of("n04"), answer(302, Location="/cn/"))
    site.texts["n05"] = "补充：风已停。"
    second = run_child(*site.crawl(tmp_path), **HASTY)
    counts = second.objects[0]["counts"]
    assert (second.code, counts["revised"], counts["unchanged"]) == (0, 1, 8), second
    # the front page was not sent, and still led to the article that had failed
    assert (counts["new"], counts["not modified"], counts.get("listings")) == (1, 9, None)
    assert (counts["gone: HTTP 410"], counts["gone: sent to the front page"]) == (1, 1)
    unchanged = [asked.status for asked in site.asked() if asked.path not in map(path_of, ("n03", "n04", "n05", "n11"))]
    assert unchanged.count(304) >= 0.9 * len(unchanged)
    assert stored(newscrawl, tmp_path, "n01")["last_seen_at"] > seen_at
    assert stored(newscrawl, tmp_path, "n05")["revision"] == 2
    assert stored(newscrawl, tmp_path, "n03")["text"].startswith("n03 的摘要。")
    let_be_due()
    site.log.clear()
    site.articles = [name for name in NAMES if name not in ("n03", "n04")]
    third = run_child(*site.crawl(tmp_path), **HASTY)
    # what brought a 304 is revisited on the same rhythm; what is gone is not, unless a listing shows it again
    assert third.objects[0]["counts"]["not modified"] == 10, third
    assert {path_of("n03"), path_of("n04")} & set(site.paths()) == set()


def test_every_tenth_poll_ignores_the_validators() -> None:
    """Nine in a row take the server at its word, the next one asks for the page."""
    pages = [
        KeptPage(etag='"1"', last_modified="then", content=bytes(16), unaudited_polls=polls, links=None)
        for polls in range(AUDIT_EVERY)
    ]
    leases = [LeasedUrl(url="https://www.rfi.fr/cn/", is_listing=True, page=1, attempts=0, kept=page) for page in pages]
    asked = {"If-None-Match": '"1"', "If-Modified-Since": "then"}
    assert [conditions_of(lease) for lease in leases] == [asked] * 9 + [{}]


@pytest.mark.parametrize("etag", ['"a\x01b"', '"\x7f"', '"é"', ""])
def test_a_validator_that_cannot_be_sent_back_as_it_came_is_not_sent(etag: str) -> None:
    """The page is asked for without it."""
    page = KeptPage(etag=etag, last_modified="then", content=bytes(16), unaudited_polls=0, links=None)
    lease = LeasedUrl(url="https://www.rfi.fr/cn/", is_listing=True, page=1, attempts=0, kept=page)
    assert conditions_of(lease) == {"If-Modified-Since": "then"}


@pytest.mark.long
def test_a_lying_server_is_found_out(
    *,
    run_child: Callable[..., Ended],
    newscrawl: Callable[..., Ended],
    site: ScriptedSite,
    let_be_due: Callable[[], None],
    change: Callable[[str], None],
    tmp_path: Path,
) -> None:
    """The poll that asks for the whole page brings the edit, and the server's word is not taken any more."""
    site.etag = '"for ever"'
    run_child(*site.crawl(tmp_path), **HASTY)
    site.texts["n05"] = "补充：风已停。"
    let_be_due()
    change(f"UPDATE pages SET unaudited_polls = {AUDIT_EVERY - 1}")
    audit = run_child(*site.crawl(tmp_path), **HASTY)
    assert audit.objects[0]["counts"]["revised"] == 1, audit
    assert stored(newscrawl, tmp_path, "n05")["text"].endswith("补充：风已停。")
    let_be_due()
    site.log.clear()
    run_child(*site.crawl(tmp_path), **HASTY)
    assert (len(site.paths()), {asked.status for asked in site.asked()}) == (13, {200})
