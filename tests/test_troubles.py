"""What goes wrong between us and a site: each under its own reason, nothing stored by halves, nothing waited out."""

from __future__ import annotations

import gzip
import socket
import subprocess
import sys
import time
import zlib
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from scrapy.exceptions import ResponseDataLossError
from scripted import Exchange, answer, path_of, serving

from crawler.middlewares.compression import unpack
from crawler.middlewares.refusals import TooLarge, UnknownCompression

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Ended
    from scripted import Script

HASTY = {
    "NEWSCRAWL_RETRY_SECONDS": "0.05",
    "NEWSCRAWL_PATIENCE_SECONDS": "3",
    "NEWSCRAWL_FIRST_BYTE_SECONDS": "0.5",
    "NEWSCRAWL_CONNECT_SECONDS": "0.5",
    "NEWSCRAWL_TIMEOUT_SECONDS": "1",
    "NEWSCRAWL_MAX_BODY_BYTES": "200000",
}
LARGE = b"<p>" + b"x" * 300_000
PACKED = gzip.compress(b"<html>" + bytes(range(256)) * 400)


def never_ending(exchange: Exchange) -> None:
    """Send a little of a page now and then, for ever."""
    exchange.reply(200, "<html>", Content_Length="100000")
    for _ in range(100):
        exchange.wfile.write(b"<p>")
        exchange.wfile.flush()
        time.sleep(0.1)


def without_length(exchange: Exchange) -> None:
    """Send a page that only ends with its connection."""
    exchange.close_connection = True
    exchange.send_response(200)
    exchange.end_headers()
    exchange.wfile.write(LARGE)


def cut_short(exchange: Exchange) -> None:
    """Hang up before all is sent that was promised."""
    exchange.reply(200, "<html>half", Content_Length="1000")
    exchange.close_connection = True


def hang_up(exchange: Exchange) -> None:
    """Hang up without an answer."""
    exchange.connection.shutdown(socket.SHUT_RDWR)
    exchange.close_connection = True


def go_away(exchange: Exchange) -> None:
    """Answer for the last time."""
    exchange.server.server_close()
    exchange.reply(500, Connection="close")


# Name of an article, what is answered first (afterwards its page), and what the run counts for it.
PASSING: list[tuple[str, Script, str]] = [
    ("slow", lambda _: time.sleep(0.8), "no first byte in time"),
    ("endless", never_ending, "timeout"),
    ("short", cut_short, "body cut short"),
    ("short-gzip", answer(200, PACKED[:-40], Content_Encoding="gzip"), "body cut short"),
    ("bad-gzip", answer(200, b"not packed at all", Content_Encoding="gzip"), "broken compression"),
    ("hung-up", hang_up, "connection broken"),
    ("forbidden", answer(403), "HTTP 403"),
    ("broken", answer(502), "HTTP 502"),
]
LASTING: list[tuple[str, Script, str]] = [
    ("large", answer(200, LARGE), "failed: too large"),
    ("large-unannounced", without_length, "failed: too large"),
    ("bomb", answer(200, gzip.compress(bytes(30_000_000), 1), Content_Encoding="gzip"), "failed: too large"),
    ("double-bomb", answer(200, zlib.compress(PACKED * 900), Content_Encoding="gzip, deflate"), "failed: too large"),
    ("packed-otherwise", answer(200, b"\x0b", Content_Encoding="br"), "failed: unknown compression"),
    ("loop", answer(302, Location="?again"), "failed: too many redirects"),
    ("elsewhere", answer(301, Location="http://169.254.169.254/latest"), "failed: leads to another site"),
    ("no-scheme", answer(301, Location="ftp://www.rfi.fr/cn/"), "failed: HTTP 301"),
    ("teapot", answer(418), "failed: HTTP 418"),
    ("unasked", answer(304), "failed: HTTP 304 to a plain request"),
    ("withdrawn", answer(410), "gone: HTTP 410"),
    ("missing", answer(404), "gone: HTTP 404"),
    ("front", answer(302, Location="/cn/"), "gone: sent to the front page"),
    ("empty", answer(200, ""), "not understood: no title, text, published_at"),
]


@pytest.mark.long
def test_every_trouble_has_its_own_reason(run_child: Callable[..., Ended], tmp_path: Path) -> None:
    """What passes is tried again and stored, what lasts is not; the run counts each under what it was."""
    troubles = PASSING + LASTING
    with serving(["fine", "always-broken", *(name for name, _, _ in troubles)]) as site:
        for name, script, _ in PASSING:
            site.script(path_of(name), script, None)
        for name, script, _ in LASTING:
            site.script(path_of(name), script)
        site.script(path_of("loop") + "?again", answer(302, Location="?again"))
        site.script(path_of("always-broken"), answer(500))
        ended = run_child(*site.crawl(tmp_path), **HASTY)
    counts = ended.objects[0]["counts"]
    expected = {"failed: HTTP 500": 1, "to be tried again: HTTP 500": 5}
    for reason in [f"to be tried again: {words}" for _, _, words in PASSING] + [reason for _, _, reason in LASTING]:
        expected[reason] = expected.get(reason, 0) + 1
    told = ("failed", "gone", "not understood", "to be tried again")
    assert {name: count for name, count in counts.items() if name.startswith(told)} == expected
    assert (ended.code, counts["new"]) == (0, 1 + len(PASSING)), ended


@pytest.mark.long
def test_a_server_that_goes_away_ends_the_run(run_child: Callable[..., Ended], tmp_path: Path) -> None:
    """When connections are refused in mid-run the host is paused, and what is left waits for a later run."""
    names = [f"n{number:02d}" for number in range(40)]
    with serving(names) as site:
        site.script(path_of("n05"), go_away)
        ended = run_child(*site.crawl(tmp_path, "--delay", "0.02"), **HASTY | {"NEWSCRAWL_PATIENCE_SECONDS": "0.5"})
    counts = ended.objects[0]["counts"]
    assert (ended.code, counts["new"] + counts["left waiting"]) == (1, 40), ended
    assert "(no answer: connection refused)" in ended.err
    assert f"; {counts['left waiting']} URLs are left for a later run; {counts['new']} articles are kept" in ended.err


@pytest.mark.long
def test_a_connection_has_a_deadline_of_its_own(run_child: Callable[..., Ended], tmp_path: Path) -> None:
    """A server that lets nobody in is given up after the time for a connection, not after that for a response."""
    fillers: list[socket.socket] = []

    def close_the_door(exchange: Exchange) -> None:
        """Let no further connection in: fill the queue of those that wait to be accepted."""
        listening = exchange.server.socket
        exchange.server._BaseServer__shutdown_request = True  # type: ignore[attr-defined]  # accepts no more, at once
        listening.listen(0)
        time.sleep(0.1)
        for _ in range(4):
            filler = socket.socket()
            filler.setblocking(False)
            filler.connect_ex(listening.getsockname())
            fillers.append(filler)
        exchange.close_connection = True
        exchange.reply(404, Connection="close")

    with serving(["one"]) as site:
        site.script("/robots.txt", close_the_door)
        ended = run_child(
            *site.crawl(tmp_path), **HASTY | {"NEWSCRAWL_FIRST_BYTE_SECONDS": "30", "NEWSCRAWL_TIMEOUT_SECONDS": "30"}
        )
    for filler in fillers:
        filler.close()
    assert ended.objects[0]["counts"]["to be tried again: no connection in time"] >= 1, ended
    assert ended.code == 1


MISTAKEN = """
import dataclasses, sys
import crawler.runs
from crawler.cli import main
source = crawler.runs.source_named("rfi-cn")

def read_utf8(body, url):
    if "n3" in url:
        raise TypeError("a mistake of ours")
    return source.read_utf8(body, url)

crawler.runs.source_named = lambda name: dataclasses.replace(source, read_utf8=read_utf8)
sys.exit(main(sys.argv[1:]))
"""


def run_script(script: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the program with something of it changed by a script."""
    return subprocess.run(
        [sys.executable, "-c", script, *arguments],
        env={"PYTHONPATH": str(Path(__file__).resolve().parent.parent), "PATH": "", **HASTY},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


SLOW_DISK = """
import sys, time
from crawler.cli import main
from crawler.run_frontier import RunFrontier

write = RunFrontier._write

def slowly(self, batch):
    began = time.monotonic()
    time.sleep(1)
    written = write(self, batch)
    print("written", began, time.monotonic(), file=sys.stderr)
    return written

hand_out = RunFrontier.hand_out

def counted(self, lease):
    hand_out(self, lease)
    print("under way", self.being_fetched, file=sys.stderr)

RunFrontier._write, RunFrontier.hand_out = slowly, counted
sys.exit(main(sys.argv[1:]))
"""


@pytest.mark.long
def test_nothing_is_fetched_that_a_slow_disk_cannot_keep_up_with(tmp_path: Path) -> None:
    """Half a second of work is the most that a kill costs, also where a batch takes seconds to be written."""
    names = [f"n{number:03d}" for number in range(300)]
    with serving(names) as site:
        child = run_script(SLOW_DISK, *site.crawl(tmp_path))
    assert (child.returncode, '"new":300' in child.stdout) == (0, True), child
    writes = [tuple(map(float, line.split()[1:])) for line in child.stderr.splitlines() if line.startswith("written")]
    late = [asked.path for asked in site.log for began, ended in writes if began + 0.4 < asked.at < ended]
    assert len(writes) >= 3
    assert late == []
    # and small pages that have come wait to be read in no larger number than pages are fetched at once
    assert max(int(line.split()[2]) for line in child.stderr.splitlines() if line.startswith("under way")) == 16


@pytest.mark.long
def test_a_mistake_in_a_reader_costs_its_page_alone(tmp_path: Path) -> None:
    """The run goes on, ends as failed, and names the mistake; the page's lease is settled and nothing hangs."""
    with serving(["n1", "n2", "n3", "n4"]) as site:
        child = run_script(MISTAKEN, *site.crawl(tmp_path))
    assert child.returncode == 1
    assert '"new":3' in child.stdout
    assert '"failed: TypeError in the crawler itself":1' in child.stdout
    assert "left waiting" not in child.stdout
    assert "TypeError: a mistake of ours" in child.stderr
    assert "the run failed: an error in the crawler itself; see the messages above; 3 articles are kept" in child.stderr


@pytest.mark.parametrize(
    ("body", "coding"),
    [
        (gzip.compress(b"page", mtime=0), "gzip"),
        (gzip.compress(b"pa", mtime=0) + gzip.compress(b"ge", mtime=0), "x-gzip"),
        (gzip.compress(b"page", mtime=0) + b"\0" * 9, "gzip"),
        (zlib.compress(b"page"), "deflate"),
        (zlib.compress(b"page")[2:-4], "deflate"),
    ],
)
def test_unpacking(body: bytes, coding: str) -> None:
    """Read gzip in one or several members, padded; deflate with and without its frame."""
    assert unpack(body, coding, max_bytes=4) == b"page"
    with pytest.raises(TooLarge):
        unpack(body, coding, max_bytes=3)


def test_what_is_not_whole_is_not_unpacked() -> None:
    """A body that ends too early, is damaged or is of an unknown coding raises what it is."""
    with pytest.raises(ResponseDataLossError):
        unpack(PACKED[:-9], "gzip", max_bytes=10**6)
    with pytest.raises(zlib.error):
        unpack(PACKED[:-8] + bytes(8), "gzip", max_bytes=10**6)
    with pytest.raises(UnknownCompression):
        unpack(b"", "zstd", max_bytes=10)


@pytest.mark.shared
def test_packed_bodies_of_others(shared: Path) -> None:
    """Bombs stop at the limit, what is cut short is refused, and what others have packed is read."""
    folder = shared / "suites" / "http" / "compressed"
    for bomb, coding in (("bomb-gzip.bin", "gzip"), ("bomb-deflate.bin", "deflate")):
        with pytest.raises(TooLarge):
            unpack((folder / bomb).read_bytes(), coding, max_bytes=10 * 1024**2)
    for broken in ("truncated-crc-error-short.gz", "truncated-crc-error.gz", "unexpected-eof.gz"):
        with pytest.raises((ResponseDataLossError, zlib.error)):
            unpack((folder / broken).read_bytes(), "gzip", max_bytes=10 * 1024**2)
    pages = {
        unpack((folder / f"html-{name}.bin").read_bytes(), coding, max_bytes=10 * 1024**2)
        for name, coding in (("gzip", "gzip"), ("rawdeflate", "deflate"), ("zlibdeflate", "deflate"))
    }
    assert {len(page) > 1000 for page in pages} == {True}
