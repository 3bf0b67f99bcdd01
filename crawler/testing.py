"""pytest fixtures for whoever reads news sites with newscrawl; see docs/testing-your-source.md.

They are there wherever newscrawl is installed (entry point ``pytest11``), and cost a test session nothing until they
are asked for.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from storage import StoredArticle


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedRun:
    """What a crawl of kept bytes came to."""

    state: str
    """``finished`` if it ended as planned."""
    counts: dict[str, int]
    """By glossary word: ``new``, ``not understood: no text``, ``fetched`` …"""
    degraded: tuple[str, ...]
    articles: tuple[StoredArticle, ...]
    """What is stored now, oldest first."""
    database: str
    """URL of the database, for `storage.Store.open`."""

    @property
    def titles(self) -> list[str]:
        """Titles of the articles, oldest first."""
        return [one.article.title for one in self.articles]

    def article(self, title: str) -> StoredArticle:
        """Return the article of this title.

        Raises:
            LookupError: There is none; the error lists the titles there are.
        """
        for one in self.articles:
            if one.article.title == title:
                return one
        raise LookupError(f"no article {title!r} among {self.titles}")


class RunRecorded(Protocol):
    """Crawls kept bytes with a source, in a process of its own; see `recorded_run`."""

    def __call__(self, archive: str | Path, source: str, *options: str) -> RecordedRun:
        """Return what the crawl came to; options are those of ``newscrawl replay crawl``."""


class ServeReplay(Protocol):
    """Serves a folder of seed files as a website; see `replay_site`."""

    def __call__(self, folder: str | Path, script: str | None = None) -> str:
        """Return the base URL, for ``--via``; a script is TOML, as in docs/scripted-sites.md."""


@pytest.fixture
def recorded_run(tmp_path: Path) -> RunRecorded:
    """Return a function that crawls kept bytes with a source: no network, the same road as live.

    A second call in the same test goes on with the same database, as a second run would.
    """
    from storage import Store  # noqa: PLC0415 -- loaded by the tests that need it, not by every session

    database = f"sqlite:///{tmp_path / 'recorded-run.db'}"

    def run(archive: str | Path, source: str, *options: str) -> RecordedRun:
        command = [sys.executable, "-m", "crawler", "replay", "crawl", str(archive), source]
        ended = subprocess.run(
            [*command, "--json", "--db", database, *options], env=_environment(), capture_output=True, check=False
        )
        lines = ended.stdout.decode().splitlines()
        if not lines:
            pytest.fail(f"the replay did not run: {ended.stderr.decode().strip()}", pytrace=False)
        said: dict[str, Any] = json.loads(lines[-1])
        with Store.open(database) as store:
            articles = tuple(store.article(one.article.canonical_url) for one in store.articles(newest_first=False))
        return RecordedRun(
            state=said["state"],
            counts=said["counts"],
            degraded=tuple(said["degraded"]),
            articles=articles,
            database=database,
        )

    return run


@pytest.fixture
def replay_site() -> Iterator[ServeReplay]:
    """Return a function that serves a folder of seed files, with or without a script, until the test is over."""
    import time  # noqa: PLC0415 -- as below
    from pathlib import Path  # noqa: PLC0415 -- as below

    from crawler.archives.scripted_site import ScriptedSite  # noqa: PLC0415 -- loaded by the tests that need it
    from crawler.archives.serve import running_server  # noqa: PLC0415 -- the same
    from crawler.archives.site import SeedSite  # noqa: PLC0415 -- the same
    from crawler.archives.site_script import parse_script  # noqa: PLC0415 -- the same

    with contextlib.ExitStack() as servers:

        def serve(folder: str | Path, script: str | None = None) -> str:
            site = SeedSite([Path(folder)])
            if script is None:
                return servers.enter_context(running_server(site))
            scripted = ScriptedSite(site, parse_script(script, "the script"), clock=time.monotonic)
            return servers.enter_context(running_server(scripted))

        yield serve


def _environment() -> dict[str, str]:
    """Return the environment without an operator's settings; what this process imports, its child imports too."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("NEWSCRAWL_")}
    return kept | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
