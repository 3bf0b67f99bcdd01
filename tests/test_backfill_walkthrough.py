"""docs/backfill.md is walked through word for word, on the local site."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from crawler.archives.serve import running_server

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Ended

    from crawler.archives.site import SeedSite

ROOT = Path(__file__).resolve().parent.parent
COMMANDS = [
    shlex.split(line.removeprefix("$ newscrawl "))
    for block in re.findall(r"^```console\n(.*?)^```", (ROOT / "docs/backfill.md").read_text("utf-8"), re.M | re.S)
    for line in block.splitlines()
]


@pytest.fixture
def walked(
    newscrawl: Callable[..., Ended], run_child: Callable[..., Ended], seed_site: SeedSite, tmp_path: Path
) -> list[tuple[list[str], Ended]]:
    """Return every command of the document, in its order, with how it ended."""
    ended = []
    with running_server(seed_site) as base_url:
        for command in COMMANDS:
            words = [base_url if word == "http://127.0.0.1:8000" else word for word in command]
            fetches = words[0] == "backfill" and "--dry-run" not in words
            run = run_child if fetches else newscrawl
            ended.append((command, run(*words, "--db", f"sqlite:///{tmp_path}/news.db")))
    return ended


@pytest.mark.long
def test_the_walk_through_works_word_for_word(walked: list[tuple[list[str], Ended]], tmp_path: Path) -> None:
    """Planned, begun, gone on with, and complete: every article of the window is stored and nothing is unexplained."""
    assert [(words, one.code, one.err) for words, one in walked if one.code] == []
    dry, begun, resumed, overview, gaps, listed, _, lost = [one for _, one in walked]
    assert "archive │     73" in dry.out
    assert "limit of 5 articles reached" in begun.out
    assert "the same command goes on" in begun.err
    assert "done" in resumed.out
    assert "2020-08" in overview.out
    articles: list[dict[str, Any]] = listed.objects
    assert {one["standing"] for one in articles} == {"stored"}
    assert len(articles) == 12
    assert gaps.out.startswith("Gaps")
    assert "wayback │      3" in lost.out
    assert (tmp_path / "coverage.png").read_bytes().startswith(b"\x89PNG")
