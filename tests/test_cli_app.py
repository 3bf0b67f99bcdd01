"""The program as a whole: help, wrong usage, closed pipes, plain terminals."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from crawler import __version__

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Ended


def test_version(newscrawl: Callable[..., Ended]) -> None:
    """--version prints the name and the version."""
    ended = newscrawl("--version")
    assert (ended.code, ended.out, ended.err) == (0, f"newscrawl {__version__}\n", "")


@pytest.mark.parametrize("group", [(), ("articles",), ("seeds",), ("runs",), ("replay",), ("inspect",)])
def test_a_group_alone_shows_its_help(newscrawl: Callable[..., Ended], group: tuple[str, ...]) -> None:
    """Nothing was done, so the exit code is 2; the help says what could be."""
    ended = newscrawl(*group)
    assert ended.code == 2
    assert "--help" in ended.out + ended.err


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("frobnicate",), "no such command 'frobnicate'; see newscrawl --help"),
        (("--frobnicate",), "no such option: --frobnicate; see newscrawl --help"),
        (("articles", "list", "all"), "got unexpected extra argument(s) (all); see newscrawl articles list --help"),
        (("crawl",), "missing argument 'source'; see newscrawl crawl --help"),
        (("articles", "list", "--limit", "few"), "invalid value for '--limit': "),
        (("articles", "list", "--limit", "0"), "invalid value for '--limit': "),
        (("runs", "show", "first"), "invalid value for 'RUN': "),
    ],
)
def test_wrong_usage_is_one_sentence(
    newscrawl: Callable[..., Ended], arguments: tuple[str, ...], sentence: str
) -> None:
    """It names what is wrong and where help is, on standard error, with exit code 2."""
    ended = newscrawl(*arguments)
    assert (ended.code, ended.out, ended.err.count("\n")) == (2, "", 1)
    assert ended.err.startswith(f"newscrawl: {sentence}")
    assert ended.err.endswith("--help\n")


CLEARING_UP = """
import os, signal, sys
from crawler.__main__ import main

class Late:
    def __del__(self, kill=os.kill, pid=os.getpid(), number=signal.{name}):
        kill(pid, number)

sys.late = Late()
sys.exit(main())
"""


HANGING = """
import os, signal, sys, threading, time
from concurrent.futures import ThreadPoolExecutor
from crawler.__main__ import main

def hang():
    while signal.getsignal(signal.{name}) in (signal.SIG_DFL, signal.default_int_handler):
        time.sleep(0.1)
    time.sleep(0.5)
    os.kill(os.getpid(), signal.{name})
    time.sleep(60)

ThreadPoolExecutor().submit(hang)
sys.exit(main())
"""


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM"])
def test_a_signal_ends_a_program_that_only_waits_for_a_thread(name: str) -> None:
    """All was told, and the exit code is that of what was done."""
    command = [sys.executable, "-c", HANGING.format(name=name), "sources"]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert "rfi-cn" in ended.stdout


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM"])
def test_a_signal_after_the_end_does_not_change_how_it_ended(name: str) -> None:
    """The work is done and told; the interpreter only clears up."""
    script = CLEARING_UP.format(name=name)
    ended = subprocess.run([sys.executable, "-c", script, "sources"], capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert "rfi-cn" in ended.stdout


@pytest.mark.parametrize(
    ("database", "sentence"),
    [
        ("sqlite:///nowhere.db", "there is no database at nowhere.db; check the name, or crawl first"),
        ("news.db", "'news.db' is not a database URL; write sqlite:///news.db or postgresql://user@host/name"),
        (
            "mysql://localhost/news",
            "'mysql' is no database this program knows; it keeps articles in sqlite or postgres",
        ),
        ("sqlite:///letter.txt", "the database letter.txt is not an SQLite database; check the name"),
        ("sqlite:////", "the database / cannot be opened"),
        ("postgresql://127.0.0.1:9/news", "the database postgresql://127.0.0.1:9/news cannot be reached; check that"),
    ],
)
@pytest.mark.parametrize("command", [("articles", "list"), ("runs", "list"), ("articles", "export")])
def test_what_is_no_database_is_named(
    newscrawl: Callable[..., Ended], command: tuple[str, ...], database: str, sentence: str
) -> None:
    """A reading command makes no database of a mistyped name."""
    with open("letter.txt", "w", encoding="utf-8") as letter:  # noqa: PTH123 -- newscrawl chose the current folder
        letter.write("Dear reader, this is no database, though it is long enough to be taken for one." * 20)
    ended = newscrawl(*command, "--db", database)
    assert (ended.code, ended.out, ended.err.count("\n")) == (1, "", 1)
    assert ended.err.startswith(f"newscrawl: {sentence}")


def test_a_database_in_a_folder_that_is_not_there_is_named(newscrawl: Callable[..., Ended]) -> None:
    """A writing command says so before it begins."""
    ended = newscrawl("seeds", "import", ".", "--db", "sqlite:////nowhere/news.db")
    assert (ended.code, ended.out) == (1, "")
    assert ended.err == "newscrawl: the database /nowhere/news.db cannot be made: there is no folder /nowhere\n"


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("NEWSCRAWL_DELAY_SECONDS", "soon", "NEWSCRAWL_DELAY_SECONDS is 'soon': "),
        ("NEWSCRAWL_MAX_BODY_BYTES", "-1", "NEWSCRAWL_MAX_BODY_BYTES is '-1': "),
    ],
)
def test_an_unusable_setting_is_named(
    newscrawl: Callable[..., Ended], monkeypatch: pytest.MonkeyPatch, name: str, value: str, sentence: str
) -> None:
    """The sentence says which one and why."""
    monkeypatch.setenv(name, value)
    ended = newscrawl("articles", "list")
    assert (ended.code, ended.out, ended.err.count("\n")) == (2, "", 1)
    assert ended.err.startswith(f"newscrawl: {sentence}")


def test_the_database_may_be_set_for_good(
    newscrawl: Callable[..., Ended], monkeypatch: pytest.MonkeyPatch, stored_seeds: str
) -> None:
    """NEWSCRAWL_DATABASE_URL stands in for --db."""
    monkeypatch.setenv("NEWSCRAWL_DATABASE_URL", stored_seeds)
    assert len(newscrawl("articles", "list", "--json", "--limit", "3").objects) == 3


@pytest.mark.long
def test_a_reader_that_has_had_enough_is_no_error(stored_seeds: str) -> None:
    """``newscrawl articles export | head -1`` prints one whole line and no complaint."""
    command = f"{sys.executable} -m crawler articles export --db {stored_seeds} | head -1"
    ended = subprocess.run(["bash", "-c", command], capture_output=True, check=True)
    assert (ended.stdout.count(b"\n"), ended.stderr) == (1, b"")


@pytest.mark.long
@pytest.mark.skipif(not Path("/dev/full").is_char_device(), reason="this system has no device that is always full")
@pytest.mark.parametrize(
    ("redirection", "code", "complaint"),
    [
        ("> /dev/full", 1, b"newscrawl: the output cannot be written or read: No space left on device\n"),
        (">&-", 0, b""),
    ],
)
def test_output_that_cannot_be_written(stored_seeds: str, redirection: str, code: int, complaint: bytes) -> None:
    """A full disk is one sentence; who closes standard output wants none."""
    command = f"{sys.executable} -m crawler articles list --json --db {stored_seeds} {redirection}"
    ended = subprocess.run(["bash", "-c", command], capture_output=True, check=False)
    assert (ended.returncode, ended.stderr) == (code, complaint)


@pytest.mark.long
def test_a_terminal_without_chinese_shows_tables_all_the_same(
    run_child: Callable[..., Ended], stored_seeds: str
) -> None:
    """What cannot be shown is shown by its number; JSON is UTF-8 always."""
    table = run_child("articles", "list", "--db", stored_seeds, PYTHONIOENCODING="ascii")
    assert (table.code, table.err, "\\u" in table.out) == (0, "", True)
    lines = run_child("articles", "list", "--json", "--limit", "2", "--db", stored_seeds, PYTHONIOENCODING="ascii")
    assert (lines.code, len(lines.objects)) == (0, 2)
