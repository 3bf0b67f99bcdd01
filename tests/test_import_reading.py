"""Imports that are read in several processes, that are cut off, and that go on."""

from __future__ import annotations

import os
import shutil
import signal
import time
from typing import TYPE_CHECKING, Any

import psutil
import pytest

from storage import Store

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from conftest import Ended

# More than are read before other processes are started.
MANY = 500
RECORD = ("articles", "revisions", "bodies", "aliases", "claims", "seed_copies")
TABLES = tuple(part for name in RECORD for part in ("--table", name))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder of many small seed files: articles, edits of them, and one in fifty that is none."""
    made = tmp_path_factory.mktemp("many")
    for number in range(MANY):
        name = f"{number // 3:04}"
        text = (
            f"<!--{1690898400000 + number * 60000}-->\n[灯塔{name}](https://www.rfi.fr/cn/中国/20230801-{name})\n------\n\n"
            f"<div>01/08/2023 - 14:00</div><div><p>第{number % 3 // 2}次重新点亮。</p></div>\n"
        )
        (made / f"{number:04}.md").write_text("nonsense" if number % 50 == 7 else text, "utf-8")
    return made


@pytest.fixture(scope="module")
def expected(folder: Path, run_child: Callable[..., Ended], tmp_path_factory: pytest.TempPathFactory) -> Ended:
    """Return the dump of an import that was read in one process and not cut off."""
    url = f"sqlite:///{tmp_path_factory.mktemp('expected')}/news.db"
    assert run_child("seeds", "import", folder, "--processes", "0", "--db", url).code == 0
    return run_child("db", "dump", *TABLES, "--db", url)


def counts(ended: Ended) -> dict[str, int]:
    """Return the counts of the run that was printed as JSON, without zeros."""
    return {name: count for name, count in ended.objects[0]["counts"].items() if count}


@pytest.mark.long
@pytest.mark.parametrize("processes", [1, 3])
def test_the_number_of_processes_changes_nothing(
    folder: Path, expected: Ended, newscrawl: Callable[..., Ended], processes: int
) -> None:
    """The dump is the same, byte for byte, and refusals come in the order of the files."""
    ended = newscrawl("import", folder, "--processes", processes, "--json")
    assert newscrawl("db", "dump", *TABLES).out == expected.out
    assert ended.err.count("\n") == counts(ended)["refused: not a seed file"] == MANY // 50
    assert ended.err.splitlines() == sorted(ended.err.splitlines())


@pytest.fixture
def blocked(folder: Path, tmp_path: Path) -> Path:
    """Return a folder of which all but the last fifty files can be read: the one before them never ends."""
    copy = tmp_path / "kept"
    shutil.copytree(folder, copy)
    (copy / "0450.md").unlink()
    os.mkfifo(copy / "0450.md")
    return copy


def wait_until_blocked(url: str, folder: Path) -> None:
    """Wait until an import in another process has stored all that can be read."""
    until = time.monotonic() + 60
    with Store.open(url) as store:
        while store.import_place(f"seed files: {folder}") != {"file": "0449.md"}:
            assert time.monotonic() < until, "the import does not get there"
            time.sleep(0.05)


@pytest.mark.long
@pytest.mark.parametrize(
    ("victim", "number", "code", "sentence"),
    [
        ("command", signal.SIGKILL, -signal.SIGKILL, ""),
        ("command", signal.SIGINT, 130, "newscrawl: stopped by hand; what was read is kept, the same command goes on"),
        ("reader", signal.SIGKILL, 1, "newscrawl: the import failed: a process that read was killed, perhaps for want"),
    ],
    ids=["killed", "ctrl-c", "reader-killed"],
)
def test_an_import_that_was_cut_off_goes_on_where_it_was(
    *,
    blocked: Path,
    folder: Path,
    expected: Ended,
    newscrawl: Callable[..., Ended],
    start_child: Callable[..., Any],
    wait_for: Callable[..., Ended],
    tmp_path: Path,
    victim: str,
    number: signal.Signals,
    code: int,
    sentence: str,
) -> None:
    """Nothing is read twice and nothing is missing, and no process is left behind."""
    url = f"sqlite:///{tmp_path}/news.db"
    Store.open(url).close()
    child = start_child("import", blocked, "--db", url, "--processes", "1")
    wait_until_blocked(url, blocked)
    started = psutil.Process(child.pid).children(recursive=True)
    readers = [one for one in started if not one.children() and "resource_tracker" not in " ".join(one.cmdline())]
    os.kill(child.pid if victim == "command" else readers[-1].pid, number)
    ended = wait_for(child)
    assert (ended.code, ended.err.splitlines()[-1][: len(sentence)]) == (code, sentence)
    assert psutil.wait_procs(started, timeout=10)[1] == []
    (blocked / "0450.md").unlink()
    shutil.copy(folder / "0450.md", blocked)
    again = counts(newscrawl("import", blocked, "--db", url, "--json"))
    assert sum(again.values()) == MANY - 450
    assert newscrawl("db", "dump", *TABLES, "--db", url).out == expected.out
