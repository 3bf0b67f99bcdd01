"""The real seed files and pages beside the project: what importing and reading them must show."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections import Counter
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from conftest import Ended

pytestmark = pytest.mark.shared

PARIS = ZoneInfo("Europe/Paris")
PRINTED = re.compile(rb"<div\s*>\s*(\d\d)/(\d\d)/(\d{4}) - (\d\d):(\d\d)\s*</div>")
ADDRESS = re.compile(rb"\]\((https?://[^\s]+)\)\r?\n-{3,}")
LEAD = re.compile(rb"<p[^>]*><strong>\s*([^<\s][^<]*)")
JUNK = (
    "分享 :",
    "分享：",
    "获取更多RSS",
    "继续浏览后续",
    "广告 ",
    "下载RFI",
    "facebook.com/dialog",
    "function(",
    '"mediaId"',
)
STORED = ("new", "revised", "unchanged", "duplicate")


@pytest.fixture(scope="module")
def folders(shared: Path) -> tuple[Path, ...]:
    """Return the folders of RFI's seed files."""
    return (shared / "corpus" / "rfi-cn", shared / "corpus" / "rfi-cn-later")


@pytest.fixture(scope="module")
def files(folders: tuple[Path, ...]) -> dict[str, bytes]:
    """Return the seed files by name."""
    return {path.name: path.read_bytes() for folder in folders for path in folder.iterdir() if path.is_file()}


@pytest.fixture(scope="module")
def database(
    run_child: Callable[..., Ended], folders: tuple[Path, ...], tmp_path_factory: pytest.TempPathFactory
) -> str:
    """Import the corpus once for all tests; return the database."""
    url = f"sqlite:///{tmp_path_factory.mktemp('corpus') / 'news.db'}"
    ended = run_child("seeds", "import", *folders, "--db", url)
    assert ended.code == 0, ended.err
    return url


@pytest.fixture
def articles(newscrawl: Callable[..., Ended], database: str) -> list[dict[str, Any]]:
    """Return the stored articles."""
    return newscrawl("articles", "export", "--db", database).objects


def test_every_file_is_stored_or_refused_with_a_reason(
    newscrawl: Callable[..., Ended], database: str, files: dict[str, bytes]
) -> None:
    """The counts of the import add up to the number of files, and at most one in a hundred is refused."""
    counts = newscrawl("runs", "show", "1", "--json", "--db", database).objects[0]["counts"]
    print("\nimported", len(files), "files:", {name: count for name, count in counts.items() if count})
    assert sum(counts.values()) == len(files)
    assert sum(counts[name] for name in STORED) >= len(files) * 0.99


def test_a_second_import_changes_nothing(
    newscrawl: Callable[..., Ended], database: str, folders: tuple[Path, ...], articles: list[dict[str, Any]]
) -> None:
    """0 new, 0 revised, and every row stays as it was."""
    counts = newscrawl("seeds", "import", *folders, "--json", "--db", database).objects[0]["counts"]
    assert (counts["new"], counts["revised"]) == (0, 0)
    assert newscrawl("articles", "export", "--db", database).objects == articles


@pytest.mark.long
def test_export_and_import_again(
    newscrawl: Callable[..., Ended],
    database: str,
    files: dict[str, bytes],
    articles: list[dict[str, Any]],
    tmp_path: Path,
) -> None:
    """The files come back byte for byte, and importing them, now from one folder, gives identical rows."""
    newscrawl("seeds", "export", "out", "--db", database)
    exported = {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()}
    refused = files.keys() - exported.keys()
    print("\nexported", len(exported), "of", len(files), "files; refused at import:", sorted(refused))
    assert exported.items() <= files.items()
    assert len(refused) <= len(files) * 0.01
    newscrawl("seeds", "import", "out", "--db", "sqlite:///again.db")
    again = newscrawl("articles", "export", "--db", "sqlite:///again.db").objects
    # Two folders are read one after the other, so the order of arrival is theirs; the rows are the same.
    assert sorted(again, key=_canonical) == sorted(articles, key=_canonical)


def test_published_at_is_the_printed_paris_time(
    newscrawl: Callable[..., Ended], database: str, files: dict[str, bytes]
) -> None:
    """Of every file that prints a time, no article has another; the file names its article."""
    wrong, checked = [], 0
    answers = newscrawl("inspect", "url", "-", stdin=b"\n".join(_address(raw) for raw in files.values()))
    published = {
        one["canonical_url"]: one["published_at"] for one in newscrawl("articles", "export", "--db", database).objects
    }
    for (name, raw), answer in zip(files.items(), answers.objects, strict=True):
        printed = PRINTED.search(raw)
        found = published.get(answer["canonical_url"])
        if printed is None or found is None:
            continue
        day, month, year, hour, minute = (int(part) for part in printed.groups())
        checked += 1
        if datetime.fromisoformat(found) != datetime(year, month, day, hour, minute, tzinfo=PARIS).astimezone(UTC):
            wrong.append((name, printed[0], found))
    print(f"\n{checked} printed times, {len(wrong)} mismatches")
    assert (wrong, checked >= len(files) * 0.98) == ([], True)


def _canonical(article: dict[str, Any]) -> str:
    return str(article["canonical_url"])


def _address(raw: bytes) -> bytes:
    found = ADDRESS.search(raw)
    return found[1] if found else b""


def test_nothing_but_the_article_is_in_lead_text_and_pictures(articles: list[dict[str, Any]]) -> None:
    """No share labels, promotion, footers or scripts; no default picture, and none called Array."""
    junk = Counter(word for one in articles for word in JUNK if word in one["text"] or word in (one["lead"] or ""))
    pictures = [image["url"] for one in articles for image in one["images"]]
    told = f"{len(articles)} texts with {sum(junk.values())} pieces of junk, {len(pictures)} pictures"
    bad = [url for url in pictures if "meta_og_twcards" in url or url == "Array" or not url.startswith("https://")]
    print(f"\n{told}, {len(bad)} of them bad")
    assert (junk, bad) == ({}, [])


def test_leads_and_agencies(newscrawl: Callable[..., Ended], folders: tuple[Path, ...]) -> None:
    """A lead that a file prints is the article's; a file with AFP's copyright is a story of AFP."""
    leads = filled = wires = marked = 0
    for path in sorted(folders[0].iterdir())[::6]:
        raw = path.read_bytes()
        ended = newscrawl("inspect", "seed", path, "--json")
        if ended.code:
            continue
        if b"t-copyright" in raw and b"AFP</p>" in raw:
            wires += 1
            marked += ended.objects[0]["agency"] == "AFP"
        elif LEAD.search(raw.split(b"t-content__body")[0]):
            leads += 1
            filled += bool(ended.objects[0]["lead"])
    print(f"\nleads {filled} of {leads}, AFP {marked} of {wires}")
    assert (leads > 20, filled, wires > 20, marked) == (True, leads, True, wires)


def test_the_corpus_agrees_with_an_independent_reading(
    newscrawl: Callable[..., Ended], database: str, shared: Path, folders: tuple[Path, ...]
) -> None:
    """The checker beside the project finds articles, times, leads, texts and titles as it reads them itself."""
    newscrawl("articles", "export", "--output", "articles.jsonl", "--db", database)
    assert_agrees(shared / "tools" / "check_corpus.py", "articles.jsonl", *map(str, folders))


@pytest.mark.long
def test_the_pages_agree_with_gold(shared: Path) -> None:
    """The checker beside the project finds title, lead, text, time, authors and tags of every page as in its gold."""
    assert_agrees(shared / "tools" / "check_pages.py", f"{sys.executable} -m crawler", str(shared / "pages"))


def assert_agrees(checker: Path, *arguments: str) -> None:
    """Run a checker and show what it found."""
    # it starts the program once for each page, and compiled modules halve that
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    command = [sys.executable, str(checker), *arguments]
    ended = subprocess.run(command, capture_output=True, check=False, text=True, timeout=120, env=environment)
    print(f"\n{ended.stdout}{ended.stderr}")
    assert ended.returncode == 0, ended.stdout
