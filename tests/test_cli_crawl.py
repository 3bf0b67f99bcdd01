"""``newscrawl crawl`` and ``newscrawl replay``: what is refused before a run begins, and the server for people.

What crawls do stands in test_road.py.
"""

from __future__ import annotations

import re
import signal
import socket
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.request import urlopen

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from children import Child
    from conftest import Ended

SEEDS = Path(__file__).resolve().parent.parent / "seeds"
NOBODY = "http://127.0.0.1:9"


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        (("crawl", "rfi-xx", "--via", NOBODY), 2, "unknown source 'rfi-xx'; known sources: rfi-fr, "),
        (("crawl", "rfi-cn", "--via", "nobody"), 2, "--via 'nobody' is not the address of a server; write http://127"),
        (("crawl", "rfi-cn", "--via", "http://[1"), 2, "--via 'http://[1' is not the address of a server; write http"),
        (("crawl", "rfi-cn", "--via", "http://a:b"), 2, "--via 'http://a:b' is not the address of a server; write ht"),
        (("crawl", "rfi-cn", "--via", NOBODY), 1, f"the server {NOBODY} cannot be reached: Connection refused; start "),
        (("crawl", "rfi-cn"), 2, "a crawl of a live site needs a contact address for the site's operators; set NEWSC"),
        (("replay", "crawl", "nowhere", "rfi-cn"), 2, "nowhere is not a folder of seed files"),
        (("replay", "crawl", "empty", "rfi-cn"), 2, "there are no seed files in empty"),
        (("replay", "crawl", SEEDS, "rfi-xx"), 2, "unknown source 'rfi-xx'; known sources: rfi-fr, "),
        (("replay", "crawl", SEEDS, "rfi-cn", "--url", "x"), 2, "'x' is not a web address: Invalid URL"),
        (("replay", "crawl", SEEDS, "rfi-cn", "--url", "https://example.org/"), 2, "https://example.org/ is not a pag"),
        (("replay", "serve", "nowhere"), 2, "nowhere is not a folder of seed files"),
        (("replay", "serve", "empty"), 2, "there are no seed files in empty"),
        (("replay", "serve", "letters"), 2, "no seed files of RFI in letters"),
    ],
)
def test_what_cannot_be_crawled_is_refused_before_a_run_begins(
    newscrawl: Callable[..., Ended], tmp_path: Path, arguments: tuple[str | Path, ...], code: int, sentence: str
) -> None:
    """One sentence, and no run is left behind in the database."""
    (tmp_path / "empty").mkdir()
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters" / "letter.txt").write_text("Dear reader,", "utf-8")
    ended = newscrawl(*arguments)
    assert (ended.code, ended.out, ended.err.count("\n")) == (code, "", 1)
    assert ended.err.startswith(f"newscrawl: {sentence}")
    if (tmp_path / "newscrawl.db").exists():
        assert newscrawl("runs", "list", "--json").out == ""


@pytest.mark.long
def test_serving_for_a_person(start_child: Callable[..., Child]) -> None:
    """The server says where it is, answers, and ends on Ctrl-C with exit code 0."""
    with start_child("replay", "serve", SEEDS, "--port", "0") as child:
        assert child.stderr is not None
        told = child.stderr.readline().decode()
        address = re.fullmatch(r"serving \d+ articles at (http://127\.0\.0\.1:\d+/cn/) until Ctrl-C\n", told)
        assert address is not None, told
        with urlopen(address[1]) as response:
            assert response.status == 200
        child.send_signal(signal.SIGINT)
        assert child.wait(timeout=20) == 0


def test_a_port_that_is_taken_is_named(newscrawl: Callable[..., Ended]) -> None:
    """The sentence says which and what to do."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ended = newscrawl("replay", "serve", SEEDS, "--port", str(port))
    assert (ended.code, ended.out) == (2, "")
    assert ended.err == (
        f"newscrawl: cannot serve on 127.0.0.1:{port}: Address already in use; choose another with --port\n"
    )
