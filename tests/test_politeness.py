"""Politeness as a site sees it: crawls in processes of their own, against a site that writes down every request."""

from __future__ import annotations

import gzip
import re
import signal
import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from scripted import Exchange, ScriptedSite, answer, path_of, serving

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from children import Child
    from conftest import Ended

NAMES = [f"n{number:02d}" for number in range(12)]
HASTY = {"NEWSCRAWL_RETRY_SECONDS": "0.05", "NEWSCRAWL_PATIENCE_SECONDS": "4", "NEWSCRAWL_FIRST_BYTE_SECONDS": "0.5"}


@pytest.fixture
def site() -> Iterator[ScriptedSite]:
    """Serve a site of twelve articles, without a robots.txt."""
    with serving(NAMES) as site:
        yield site


@pytest.fixture
def command(site: ScriptedSite, tmp_path: Path) -> tuple[str, ...]:
    """Return the arguments of a crawl of the site."""
    return site.crawl(tmp_path)


def gaps(site: ScriptedSite) -> list[float]:
    """Return the seconds between each two requests, robots.txt included."""
    return [later.at - earlier.at for earlier, later in pairwise(site.asked(with_robots=True))]


@pytest.mark.long
def test_the_delay_is_kept_between_two_processes(
    start_child: Callable[..., Child],
    wait_for: Callable[[Child], Ended],
    site: ScriptedSite,
    command: tuple[str, ...],
) -> None:
    """Two crawls on one database share one pace and the work: no gap is too small, no article is fetched twice."""
    site.articles = [f"n{number:03d}" for number in range(24)]
    # two crawls at once on a busy machine: an answer that takes its time is not what this is about
    patient = HASTY | {"NEWSCRAWL_FIRST_BYTE_SECONDS": "10"}
    children = [start_child(*command, "--delay", "0.1", **patient) for _ in range(2)]
    first, second = (wait_for(child) for child in children)
    assert (first.code, second.code) == (0, 0), (first, second)
    assert min(gaps(site)) >= 0.1
    articles = [path for path in site.paths() if path != "/cn/"]
    assert sorted(articles) == sorted(map(path_of, site.articles))


@pytest.mark.long
def test_crawl_delay_is_kept_from_the_robots_txt_that_asks_for_it(
    run_child: Callable[..., Ended], site: ScriptedSite, command: tuple[str, ...]
) -> None:
    """Every gap is as long as Crawl-delay says; a pace that is slow is no pause, and nothing is left."""
    site.script("/robots.txt", answer(200, "User-agent: *\nCrawl-delay: 0.25\n", Content_Type="text/plain"))
    ended = run_child(*command, **HASTY | {"NEWSCRAWL_PATIENCE_SECONDS": "0.5"})
    assert (ended.code, ended.objects[0]["counts"]["new"]) == (0, len(NAMES)), ended
    assert min(gaps(site)) >= 0.25


@pytest.mark.long
def test_pauses_are_kept(run_child: Callable[..., Ended], site: ScriptedSite, command: tuple[str, ...]) -> None:
    """After Retry-After in seconds or as a date nothing is asked before that; in a storm of 503 pauses double."""

    def ask_for_a_date(exchange: Exchange) -> None:
        exchange.reply(503, Retry_After=format_datetime(datetime.now(UTC) + timedelta(seconds=2), usegmt=True))

    def storm(exchange: Exchange) -> None:
        site.storm.extend([answer(503)] * 3)
        exchange.reply(503)

    site.script(path_of("n02"), answer(429, Retry_After="1"), None)
    site.script(path_of("n05"), ask_for_a_date, None)
    site.script(path_of("n08"), storm, None)
    ended = run_child(*command, "--delay", "0.02", **HASTY | {"NEWSCRAWL_RETRY_SECONDS": "0.2"})
    counts = ended.objects[0]["counts"]
    assert (ended.code, counts["new"]) == (0, len(NAMES)), ended
    assert (counts["paused: HTTP 429"], counts["paused: HTTP 503"]) == (1, 5)
    waits = [later.at - earlier.at for earlier, later in pairwise(site.asked()) if earlier.status in (429, 503)]
    least = (1, 1, 0.2, 0.4, 0.8, 1.6)  # a date has no fractions of a second
    assert [wait >= pause for wait, pause in zip(waits, least, strict=True)] == [True] * 6, waits


@pytest.mark.long
@pytest.mark.parametrize("failure", ["500", "silence", "refusal to redirect"])
def test_without_a_robots_txt_that_can_be_read_nothing_is_fetched(
    run_child: Callable[..., Ended], site: ScriptedSite, command: tuple[str, ...], failure: str
) -> None:
    """The run says so, what is left and until when, exits with 1, and the next one does not even ask."""
    scripts = {
        "500": answer(500),
        "silence": lambda _: time.sleep(1),
        "refusal to redirect": answer(301, Location="https://elsewhere.example/robots.txt"),
    }
    told = {"500": "HTTP 500", "silence": "no first byte in time", "refusal to redirect": "leads to another site"}
    site.script("/robots.txt", scripts[failure])
    ended = run_child(*command, **HASTY)
    assert (ended.code, ended.objects[0]["state"], site.paths()) == (1, "failed", []), ended
    assert f"cannot be had ({told[failure]}), so nothing is fetched from it before 20" in ended.err
    assert "; 1 URL is left for a later run; 0 articles are kept" in ended.err
    assert ended.err.count("\n") == 1
    if failure == "500":
        asked = len(site.log)
        again = run_child(*command, **HASTY)
        assert (again.code, len(site.log)) == (1, asked)
        assert "cannot be had (HTTP 500)" in again.err


@pytest.mark.long
def test_robots_txt_is_followed_over_redirects_and_kept_for_the_next_run(
    run_child: Callable[..., Ended], site: ScriptedSite, command: tuple[str, ...]
) -> None:
    """Its rules hold wherever it lies and whatever stands before them; the next run does not ask for it again."""
    rules = f"\ufeffUser-agent: newscrawl\nDisallow: {path_of('n0')}\n"
    site.script("/robots.txt", answer(301, Location="/one.txt"))
    site.script("/one.txt", answer(302, Location="/two.txt"))
    site.script("/two.txt", answer(200, rules, Content_Type="text/plain"))
    first, second = (run_child(*command, **HASTY) for _ in range(2))
    assert (first.code, first.objects[0]["counts"]["failed: robots.txt"]) == (0, 10), first
    articles = [path for path in site.paths() if path.startswith("/cn/国际")]
    assert sorted(articles) == [path_of("n10"), path_of("n11")]
    assert second.objects[0]["state"] == "finished"
    assert [asked.path for asked in site.log].count("/robots.txt") == 1


@pytest.mark.long
def test_a_site_that_refuses_us_is_left_alone(
    run_child: Callable[..., Ended], newscrawl: Callable[..., Ended], site: ScriptedSite, command: tuple[str, ...]
) -> None:
    """Five 403 in a row block the run, with what to check; a second run at once asks for nothing and says why."""
    for name in NAMES:
        site.script(path_of(name), answer(403, "no robots"))
    ended = run_child(*command, "--delay", "0.02", **HASTY)
    assert (ended.code, ended.objects[0]["state"]) == (1, "blocked"), ended
    refused = [asked for asked in site.asked() if asked.status == 403]
    assert len(refused) == 5
    assert ended.err.startswith("newscrawl: the run was blocked by the site: 127.0.0.1:")
    for words in (
        "5 requests in a row (HTTP 403)",
        "left alone for an hour",
        "Check in a browser",
        "ask its operators",
    ):
        assert words in ended.err
    assert "; 12 URLs are left for a later run; 0 articles are kept\n" in ended.err
    asked = len(site.log)
    again = run_child(*command, "--delay", "0.02", **HASTY)
    assert (again.code, again.objects[0]["state"], len(site.log)) == (1, "blocked", asked), again
    assert "is to be left alone until 20" in again.err
    assert "(it refused us); " in again.err
    assert [run["state"] for run in newscrawl("runs", "list", "--json", "--db", command[-1]).objects] == ["blocked"] * 2


def test_challenge_pages_are_refusals(
    run_child: Callable[..., Ended], site: ScriptedSite, command: tuple[str, ...]
) -> None:
    """A page that asks a browser to prove itself is known by what it says, even unasked, packed and with status 200."""
    page = gzip.compress(b"<html><title>Just a moment...</title><script>window._cf_chl_opt = {}</script></html>")
    for name in NAMES:
        site.script(path_of(name), answer(200, page, Content_Encoding="gzip"))
    ended = run_child(*command, "--delay", "0.02", **HASTY)
    assert (ended.code, ended.objects[0]["state"]) == (1, "blocked"), ended
    assert "(a challenge page)" in ended.err
    assert len(site.paths()) == 6


@pytest.mark.long
def test_a_long_pause_ends_the_run(
    run_child: Callable[..., Ended], site: ScriptedSite, command: tuple[str, ...]
) -> None:
    """A host that asks for more patience than we have ends the run with how much is left."""
    site.script(path_of("n03"), answer(503, Retry_After="3600"))
    ended = run_child(*command, "--delay", "0.02", **HASTY)
    assert (ended.code, ended.objects[0]["state"]) == (1, "failed"), ended
    told = re.search(r"\(HTTP 503\); (\d+) URLs are left for a later run; (\d+) articles are kept", ended.err)
    assert told is not None, ended.err
    # what was under way when the answer came is kept, and how much that is depends on the machine
    left, kept = map(int, told.groups())
    assert (left + kept, kept >= 3, left >= 2) == (12, True, True)


@pytest.mark.long
def test_ctrl_c_does_not_wait_for_a_pause(
    start_child: Callable[..., Child],
    wait_for: Callable[[Child], Ended],
    site: ScriptedSite,
    command: tuple[str, ...],
) -> None:
    """A run that waits for a host for half a minute stops at once, and says what is left."""
    site.script(path_of("n03"), answer(429, Retry_After="30"))
    with start_child(*command, "--delay", "0.02", **HASTY | {"NEWSCRAWL_PATIENCE_SECONDS": "60"}) as child:
        deadline = time.monotonic() + 30
        while path_of("n03") not in site.paths() and time.monotonic() < deadline:
            time.sleep(0.05)
        time.sleep(0.3)
        stopped_at = time.monotonic()
        child.send_signal(signal.SIGINT)
        ended = wait_for(child)
    assert (ended.code, ended.objects[0]["state"]) == (130, "stopped"), ended
    assert time.monotonic() - stopped_at < 10
    assert ended.objects[0]["counts"]["left waiting"] == 9
