"""``newscrawl articles export``: every format, where it goes, and how it goes on."""

from __future__ import annotations

import csv
import json
import os
import re
import signal
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from children import Child
    from conftest import Ended


def test_export_into_a_file_is_what_goes_to_standard_output(
    newscrawl: Callable[..., Ended], stored_seeds: str, tmp_path: Path
) -> None:
    """The file is written whole, and the count is said on standard error."""
    printed = newscrawl("articles", "export", "--db", stored_seeds)
    written = newscrawl("articles", "export", "--format", "jsonl", "--output", "a.jsonl", "--db", stored_seeds)
    assert (written.code, written.out) == (0, "")
    count, last_id = len(printed.objects), re.search(r"--after (\d+)\n", printed.err)[1]
    assert written.err == f"{count} articles in a.jsonl; the next export goes on with --after {last_id}\n"
    assert printed.err == f"{count} articles; the next export goes on with --after {last_id}\n"
    assert (tmp_path / "a.jsonl").read_text("utf-8") == printed.out
    assert [path.name for path in tmp_path.iterdir()] == ["a.jsonl"]


def test_export_into_a_pipe_or_a_link(newscrawl: Callable[..., Ended], stored_seeds: str, tmp_path: Path) -> None:
    """A device is written to and stays a device; of a link the target is replaced; - is standard output."""
    printed = newscrawl("articles", "export", "--db", stored_seeds).out
    assert newscrawl("articles", "export", "--output", "-", "--db", stored_seeds).out == printed
    os.mkfifo(tmp_path / "pipe")
    with ThreadPoolExecutor() as pool:
        reader = pool.submit((tmp_path / "pipe").read_text, "utf-8")
        newscrawl("articles", "export", "--output", "pipe", "--db", stored_seeds)
        assert reader.result(timeout=20) == printed
    assert (tmp_path / "pipe").is_fifo()
    (tmp_path / "target").write_text("old", "utf-8")
    (tmp_path / "link").symlink_to("target")
    newscrawl("articles", "export", "--output", "link", "--db", stored_seeds)
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "target").read_text("utf-8") == printed


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--format", "xlsx"), "unknown format 'xlsx'; known: "),
        (("--output", "nowhere/a.jsonl"), "nowhere/a.jsonl cannot be written: No such file or directory"),
        (("--output", "/"), "/ cannot be written: "),
    ],
)
def test_an_export_that_cannot_be_written(
    newscrawl: Callable[..., Ended], stored_seeds: str, arguments: tuple[str, ...], sentence: str
) -> None:
    """One sentence, and nothing is left behind."""
    ended = newscrawl("articles", "export", *arguments, "--db", stored_seeds)
    assert (ended.code, ended.out, ended.err.count("\n")) == (2, "", 1)
    assert ended.err.startswith(f"newscrawl: {sentence}")


@pytest.mark.parametrize("kind", ["jsonl", "csv", "parquet", "seeds", "rss", "atom", "jsonfeed"])
def test_every_format_says_what_was_exported(
    *, newscrawl: Callable[..., Ended], stored_seeds: str, tmp_path: Path, kind: str
) -> None:
    """One JSON object on standard output; only feeds, which always begin anew, have no place to go on from."""
    arguments = ("--format", kind, "--output", "out", "--source", "rfi-cn", "--json", "--db", stored_seeds)
    ended = newscrawl("articles", "export", *arguments)
    said = ended.objects[0]
    assert (ended.code, ended.err, said["format"], said["output"]) == (0, "", kind, "out")
    assert said["count"] > 0
    assert (said["last_id"] is None) == (kind in ("rss", "atom", "jsonfeed"))
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_what_was_exported_is_said_beside_the_articles(newscrawl: Callable[..., Ended], stored_seeds: str) -> None:
    """Where the articles go to standard output, the object about them goes to standard error."""
    ended = newscrawl("articles", "export", "--limit", "3", "--json", "--db", stored_seeds)
    said = json.loads(ended.err)
    assert len(ended.objects) == 3
    assert said == {"format": "jsonl", "output": None, "count": 3, "last_id": said["last_id"]}


def test_exports_go_on_where_the_last_one_ended(newscrawl: Callable[..., Ended], stored_seeds: str) -> None:
    """Pieces of ten, each after the last id of the one before, are the whole export; then nothing is left."""
    whole = newscrawl("articles", "export", "--db", stored_seeds)
    pieces: list[str] = []
    after = 0
    while True:
        piece = newscrawl("articles", "export", "--limit", "10", "--after", str(after), "--json", "--db", stored_seeds)
        said = json.loads(piece.err)
        if not said["count"]:
            break
        pieces.append(piece.out)
        after = said["last_id"]
    assert "".join(pieces) == whole.out
    assert said["last_id"] == after


def test_csv_has_a_column_for_each_key(newscrawl: Callable[..., Ended], stored_seeds: str, tmp_path: Path) -> None:
    """The columns are the keys of the JSON object, lists are JSON in their cell."""
    articles = newscrawl("articles", "export", "--db", stored_seeds).objects
    newscrawl("articles", "export", "--format", "csv", "--output", "a.csv", "--db", stored_seeds)
    with (tmp_path / "a.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert [list(row) for row in rows[:1]] == [list(articles[0])]
    assert [row["canonical_url"] for row in rows] == [article["canonical_url"] for article in articles]
    assert [json.loads(row["paragraphs"]) for row in rows] == [article["paragraphs"] for article in articles]


def test_seed_files_of_a_section(newscrawl: Callable[..., Ended], stored_seeds: str, tmp_path: Path) -> None:
    """Only its articles are written, byte for byte as they came."""
    ended = newscrawl(
        "articles", "export", "--format", "seeds", "--section", "中国", "--output", "out", "--db", stored_seeds
    )
    newscrawl("seeds", "export", "all", "--db", stored_seeds)
    everything = {path.name: path.read_bytes() for path in (tmp_path / "all").iterdir()}
    chosen = {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()}
    assert ended.code == 0
    assert 0 < len(chosen) < len(everything)
    assert chosen.items() <= everything.items()


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--format", "rss"), "a feed is of one source; name it with --source"),
        (("--format", "atom", "--source", "rfi-cn", "--after", "3"), "a feed holds the newest articles"),
        (("--format", "jsonfeed", "--source", "rfi-cn", "--all-revisions"), "a feed holds the newest articles"),
        (("--format", "seeds", "--output", "out", "--all-revisions"), "a seed file holds an article and no revisions"),
        (("--format", "parquet"), "parquet is written into a folder; name it with --output FOLDER"),
        (("--format", "seeds", "--output", "-"), "seeds is written into a folder; name it with --output FOLDER"),
        (("--source", "rfi-nc"), "unknown source 'rfi-nc'"),
        (("--after", "-1"), "invalid value for '--after'"),
    ],
)
def test_what_a_format_cannot_do_is_said(
    *, newscrawl: Callable[..., Ended], stored_seeds: str, tmp_path: Path, arguments: tuple[str, ...], sentence: str
) -> None:
    """One sentence, and nothing is written."""
    ended = newscrawl("articles", "export", *arguments, "--db", stored_seeds)
    assert (ended.code, ended.out, ended.err.count("\n"), list(tmp_path.iterdir())) == (2, "", 1, [])
    assert ended.err.startswith(f"newscrawl: {sentence}")


def test_a_second_parquet_export_goes_beside_the_first(
    newscrawl: Callable[..., Ended], stored_seeds: str, tmp_path: Path
) -> None:
    """A whole export does not mix with one that is there; one that goes on does."""
    arguments = ("articles", "export", "--format", "parquet", "--output", "out", "--json", "--db", stored_seeds)
    first = newscrawl(*arguments, "--limit", "20").objects[0]
    again = newscrawl(*arguments)
    assert (again.code, again.err.startswith("newscrawl: out holds an export already; go on")) == (2, True)
    rest: dict[str, Any] = newscrawl(*arguments, "--after", str(first["last_id"])).objects[0]
    names = {path.name for path in (tmp_path / "out").rglob("*.parquet")}
    assert (names, first["count"]) == ({"part-0.parquet", f"part-{first['last_id']}.parquet"}, 20)
    assert first["count"] + rest["count"] == len(newscrawl("articles", "export", "--db", stored_seeds).objects)


@pytest.mark.parametrize(
    "command", [("articles", "export", "--format", "parquet", "--output", "out"), ("import", "out")]
)
def test_parquet_without_its_library(
    *,
    newscrawl: Callable[..., Ended],
    stored_seeds: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    command: tuple[str, ...],
) -> None:
    """It is an extra; where it is missing, one sentence says how to get it."""
    (tmp_path / "out").mkdir()
    is_import = command[0] == "import"
    if is_import:
        (tmp_path / "out" / "part.parquet").touch()
    monkeypatch.delitem(sys.modules, "crawler.exports.parquet", raising=False)
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    ended = newscrawl(*command, "--db", "sqlite:///news.db" if is_import else stored_seeds)
    assert (ended.code, ended.out) == (2, "")
    assert ended.err == "newscrawl: Parquet needs pyarrow; install it with: pip install 'newscrawl[parquet]'\n"


@pytest.mark.long
def test_an_export_that_is_stopped_by_hand(
    *,
    start_child: Callable[..., Child],
    wait_for: Callable[..., Ended],
    stored_seeds: str,
    tmp_path: Path,
) -> None:
    """Says where the next one goes on; the exit code is that of Ctrl-C."""
    os.mkfifo(tmp_path / "pipe")
    child = start_child("articles", "export", "--output", tmp_path / "pipe", "--db", stored_seeds)
    with (tmp_path / "pipe").open("rb") as reader:
        reader.read(1)  # it has begun, and waits for us to read on
        child.send_signal(signal.SIGINT)
        ended = wait_for(child)
    assert (ended.code, ended.out) == (130, "")
    assert re.fullmatch(r"newscrawl: stopped by hand after \d+ articles; go on with --after \d+\n", ended.err)
