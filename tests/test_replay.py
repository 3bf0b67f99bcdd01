"""Recorded runs are crawled again to the same rows: under the recorded clock, without a server."""

from __future__ import annotations

import signal
import time
import urllib.request
from typing import TYPE_CHECKING
from urllib.error import HTTPError
from urllib.parse import quote

import pytest
from scripted import answer, path_of, serving
from test_troubles import cut_short, hang_up
from test_warc import warc

from crawler.archives.captured_site import CapturedSite
from crawler.archives.serve import running_server
from crawler.archives.warc import read_captures
from crawler.archives.warc_records import warc_files_in

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from subprocess import Popen

    from conftest import Ended
    from scripted import ScriptedSite

NAMES = [f"d{number:02}" for number in range(12)]


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory, run_child: Callable[..., Ended]) -> Path:
    """Return a folder with two recorded runs (recording) and what they stored (news.db): a site with many troubles."""
    folder = tmp_path_factory.mktemp("recorded")
    with serving(NAMES) as site:
        site.etag = "honest"
        site.script(path_of("d01"), answer(503), answer(503), None)
        site.script(path_of("d02"), answer(301, Location=quote(path_of("d03"))))
        site.script(path_of("d04"), hang_up, None)
        site.script(path_of("d05"), cut_short, None)
        site.script(path_of("d06"), answer(404, "gone"))
        options = ("--record", str(folder / "recording"))
        first = run_child(*site.crawl(folder, *options), NEWSCRAWL_RETRY_SECONDS="0.3")
        site.texts["d07"] = "改了。"
        second = run_child(*_again(site, folder, *options))
    assert (first.code, second.code) == (0, 0), first.err + second.err
    return folder


def _again(site: ScriptedSite, folder: Path, *options: str) -> tuple[str, ...]:
    """Return the arguments of a crawl of the front page and of one article that was edited."""
    url = "https://www.rfi.fr" + path_of("d07")
    return (*site.crawl(folder, *options), "--url", url)


@pytest.mark.long
def test_a_replay_of_recorded_runs_gives_the_same_rows(
    recorded: Path, run_child: Callable[..., Ended], newscrawl: Callable[..., Ended], tmp_path: Path
) -> None:
    """Redirects, refusals, broken connections, 304s, edits: the dumps are the same to the byte, at another hour."""
    files = (recorded / "news.db", tmp_path / "again.db")

    replayed = run_child(
        *("replay", "crawl", recorded / "recording", "rfi-cn", "--db", f"sqlite:///{files[1]}", "--json"),
        TZ="Asia/Shanghai",
        LC_ALL="C",
    )

    assert replayed.code == 0, replayed.err
    assert [run["kind"] for run in replayed.objects] == ["replay", "replay"]
    assert [run["counts"].get("revised") for run in replayed.objects] == [0, 1]
    first, second = (newscrawl("db", "dump", "--db", f"sqlite:///{file}") for file in files)
    assert second.out == first.out
    runs = [newscrawl("runs", "list", "--json", "--db", f"sqlite:///{file}").objects for file in files]
    assert [run["started_at"] for run in runs[0]] == [run["started_at"] for run in runs[1]]


@pytest.mark.long
def test_every_revision_knows_the_bytes_it_was_read_from(recorded: Path, newscrawl: Callable[..., Ended]) -> None:
    """One command leads from an article to the recorded page, headers and place included."""
    database = f"sqlite:///{recorded}/news.db"
    url = "https://www.rfi.fr" + path_of("d07")

    old = newscrawl("articles", "source", url, "--revision", "1", "--db", database)
    new = newscrawl("articles", "source", url, "--db", database)
    (facts,) = newscrawl("articles", "source", url, "--json", "--db", database).objects
    head = newscrawl("articles", "source", url, "--headers", "--db", database)

    assert "灯光正常。</p>" in old.out
    assert "改了。</p>" in new.out
    assert facts["recording"] == str(recorded / "recording")
    captures = list(read_captures(warc_files_in([recorded / "recording"])))
    file = f"{recorded}/recording/{facts['file']}"
    (capture,) = [one for one in captures if (one.file, one.offset) == (file, facts["offset"])]
    assert (capture.content.decode(), capture.payload_digest) == (new.out, facts["payload_digest"])
    assert f"at byte {facts['offset']}" in head.out
    assert "HTTP 200" in head.out


def test_what_was_not_recorded_says_so(newscrawl: Callable[..., Ended], stored_seeds: str) -> None:
    """An article that was imported has no recorded page."""
    (first, *_) = newscrawl("articles", "list", "--json", "--db", stored_seeds).objects

    ended = newscrawl("articles", "source", first["canonical_url"], "--db", stored_seeds)

    assert (ended.code, "was not recorded" in ended.err) == (2, True)


@pytest.mark.long
def test_a_recording_is_a_website(recorded: Path) -> None:
    """Each URL answers as it was captured last; what was not captured is not there."""
    site = CapturedSite(str(recorded / "recording"))

    with running_server(site) as base_url:
        with urllib.request.urlopen(base_url + quote(path_of("d07"))) as response:
            page = response.read().decode()
        with pytest.raises(HTTPError, match="404"):
            urllib.request.urlopen(f"{base_url}/cn/none")

    assert "改了。</p>" in page
    assert (site.host, site.home) == ("www.rfi.fr", "/cn/")


def test_a_warc_file_of_another_program_is_crawled(
    recorded: Path, tmp_path: Path, run_child: Callable[..., Ended], newscrawl: Callable[..., Ended]
) -> None:
    """Articles come from it as of the time at which they were captured."""
    captures = list(read_captures(warc_files_in([recorded / "recording"])))
    pages = {one.url: one.content for one in captures if one.status == 200 and not one.url.endswith("robots.txt")}
    html = {"Content-Type": "text/html; charset=utf-8"}
    (tmp_path / "foreign.warc.gz").write_bytes(warc(*((url, body, html) for url, body in pages.items())))
    database = f"sqlite:///{tmp_path}/news.db"

    ended = run_child("replay", "crawl", tmp_path / "foreign.warc.gz", "rfi-cn", "--json", "--db", database)

    assert ended.code == 0, ended.err
    assert ended.objects[0]["counts"]["new"] == len(pages) - 1
    url = "https://www.rfi.fr" + path_of("d08")
    (shown,) = newscrawl("articles", "show", url, "--json", "--db", database).objects
    assert shown["fetched_at"].startswith("2026-11-26T12:00:")


@pytest.mark.long
def test_a_killed_run_leaves_a_recording_that_holds_all_that_was_stored(
    tmp_path: Path,
    start_child: Callable[..., Popen[bytes]],
    wait_for: Callable[[Popen[bytes]], Ended],
    newscrawl: Callable[..., Ended],
) -> None:
    """Whatever a row names is on disk; the next opening makes the index."""
    with serving([f"k{number:03}" for number in range(400)]) as site:
        options = ("--record", str(tmp_path / "recording"))
        child = start_child(*site.crawl(tmp_path, *options), NEWSCRAWL_BATCH_SECONDS="0.05")
        while len(site.log) < 100 and child.poll() is None:
            time.sleep(0.01)
        child.send_signal(signal.SIGKILL)
        wait_for(child)

    database = f"sqlite:///{tmp_path}/news.db"
    checked = newscrawl("recordings", "check", "recording", "--json")
    stored = newscrawl("articles", "list", "--limit", "1000", "--json", "--db", database).objects
    sources = [newscrawl("articles", "source", one["canonical_url"], "--db", database).code for one in stored]

    assert (checked.code, checked.objects[0]["wrong"]) == (0, [])
    assert len(list((tmp_path / "recording").glob("*.cdxj"))) == 1
    assert len(stored) > 0
    assert set(sources) == {0}


@pytest.mark.long
def test_a_run_that_is_not_in_a_recording_is_refused(recorded: Path, newscrawl: Callable[..., Ended]) -> None:
    """Neither another source's, nor one of another name."""
    other = newscrawl("replay", "crawl", recorded / "recording", "rfi-fr")
    unknown = newscrawl("replay", "crawl", recorded / "recording", "rfi-cn", "--run", "x")

    assert (other.code, "holds no run over rfi-fr" in other.err) == (2, True)
    assert (unknown.code, "holds no run x" in unknown.err) == (2, True)
