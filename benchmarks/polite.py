"""Does a crawl keep what it promises to servers, and what servers promise, only as far as it holds?

    python benchmarks/polite.py [--quick]

Crawls in processes of their own poll a small local site again and again, whose log says what was asked when:

- honest: its validators follow the pages; at least 90 % of the polls of what did not change are answered with 304;
- lying: every article is edited under the ETag it had; no edit is missed for more polls than lie between two audits,
  and the server is marked, so that the next poll sends no validators;
- waits: 429 with Retry-After in seconds, 503 with a date, a storm of 503; the log shows how long nothing was asked;
- robots.txt with 500: nothing else is asked for, by this run or the next.

Ends with one line of name=value figures; exit code 1 when a promise is broken.
"""

from __future__ import annotations

import argparse
import operator
import sqlite3
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]  # so that it runs from a checkout, with the site of the tests

from scripted import Exchange, ScriptedSite, answer, path_of, serving  # noqa: E402 -- after the path is set

from benchmarks.stage.children import measure  # noqa: E402 -- after the path is set
from crawler.frontier import AUDIT_EVERY  # noqa: E402 -- after the path is set

if TYPE_CHECKING:
    from collections.abc import Callable

NAMES = tuple(f"n{number:02d}" for number in range(24))
HASTY = {"NEWSCRAWL_RETRY_SECONDS": "0.2", "NEWSCRAWL_PATIENCE_SECONDS": "8"}
UNCHANGED_AT_LEAST = 0.9


@dataclass(frozen=True, slots=True, kw_only=True)
class Promise:
    """One promise, and how it was kept."""

    text: str
    bound: str
    kept: str
    figure: str
    is_kept: bool


class Poller:
    """Crawls one site into one database as often as it is told."""

    def __init__(self, site: ScriptedSite, folder: Path) -> None:
        self.site = site
        self._folder = folder

    def poll(self, *options: str, expected: int = 0) -> None:
        """Make every revisit due and crawl; the site's log holds this poll alone.

        Raises:
            SystemExit: The crawl ended with another exit code than was expected.
        """
        if (self._folder / "news.db").exists():
            self.change("UPDATE frontier SET due_at = 0 WHERE due_at IS NOT NULL")
        self.site.log.clear()
        done = measure("-m", "crawler", *self.site.crawl(self._folder, *options), **HASTY)
        if done.code != expected:
            raise SystemExit(f"a crawl ended with exit code {done.code}: {done.err[-500:]}")

    def change(self, statement: str) -> None:
        """Change rows of the database: a benchmark does not wait for hours."""
        with closing(sqlite3.connect(self._folder / "news.db")) as connection, connection:
            connection.execute(statement)

    def value(self, query: str) -> int:
        """Return the one number that a query gives."""
        with closing(sqlite3.connect(self._folder / "news.db")) as connection:
            return int(connection.execute(query).fetchone()[0])


def poll_honest(folder: Path) -> Promise:
    """Poll pages that do not change, from one audit to the next."""
    with serving(NAMES) as site:
        site.etag, site.published_at = "honest", datetime.now(UTC).isoformat(timespec="seconds")
        poller = Poller(site, folder)
        poller.poll("--delay", "0")
        statuses = []
        for _ in range(AUDIT_EVERY):
            poller.poll("--delay", "0")
            statuses += [asked.status for asked in site.asked()]
    share = statuses.count(304) / len(statuses)
    return Promise(
        text="honest server: polls of what did not change that are answered with 304",
        bound=f"at least {UNCHANGED_AT_LEAST:.0%}",
        kept=f"{share:.1%} of {len(statuses)}",
        figure=f"honest_304={share:.3f}",
        is_kept=share >= UNCHANGED_AT_LEAST,
    )


def poll_lying(folder: Path, *, unaudited: int) -> Promise:
    """Edit every article under an ETag that stays; poll until all edits are stored.

    Args:
        folder: For the database.
        unaudited: Conditional polls that are taken as done before the edit.
    """
    with serving(NAMES) as site:
        site.etag, site.published_at = '"for ever"', datetime.now(UTC).isoformat(timespec="seconds")
        site.texts.update(dict.fromkeys(NAMES, "补充：风未停。"))
        poller = Poller(site, folder)
        poller.poll("--delay", "0")
        poller.change(f"UPDATE pages SET unaudited_polls = {unaudited}")
        site.texts.update(dict.fromkeys(NAMES, "补充：风已停。"))  # no longer than before: no change of layout
        polls, edits = 0, 0
        while edits < len(NAMES) and polls < 2 * AUDIT_EVERY:
            poller.poll("--delay", "0")
            polls += 1
            edits = poller.value("SELECT count(*) FROM revisions WHERE number = 2")
        is_marked = bool(poller.value("SELECT max(is_liar) FROM hosts"))
        poller.poll("--delay", "0")
        trusting = sum(asked.status == 304 for asked in site.asked())
    return Promise(
        text="lying server: polls until every edit was stored; afterwards its validators are not used",
        bound=f"at most {AUDIT_EVERY - unaudited}; 0 answers with 304",
        kept=f"{polls} polls for {edits} edits, {'marked' if is_marked else 'NOT MARKED'}; {trusting} answers with 304",
        figure=f"lying_polls={polls} lying_edits_missed={len(NAMES) - edits} lying_304_when_marked={trusting}",
        is_kept=polls <= AUDIT_EVERY - unaudited and edits == len(NAMES) and is_marked and trusting == 0,
    )


def keep_waits(folder: Path) -> Promise:
    """Ask for pauses in every form, and look into the log for how long nothing came."""

    def ask_for_a_date(exchange: Exchange) -> None:
        exchange.reply(503, Retry_After=format_datetime(datetime.now(UTC) + timedelta(seconds=3), usegmt=True))

    with serving(NAMES) as site:

        def storm(exchange: Exchange) -> None:
            site.storm.extend([answer(503)] * 3)
            exchange.reply(503)

        site.script(path_of("n02"), answer(429, Retry_After="2"), None)
        site.script(path_of("n05"), ask_for_a_date, None)
        site.script(path_of("n08"), storm, None)
        Poller(site, folder).poll("--delay", "0.02")
        asked = site.asked()
    waits = [later.at - earlier.at for earlier, later in pairwise(asked) if earlier.status in (429, 503)]
    least = (2.0, 2.0, 0.2, 0.4, 0.8, 1.6)  # a date has no fractions of a second, so three seconds may be two
    return Promise(
        text="seconds without a request after 429 (2 s), 503 (a date 3 s ahead), a storm of four 503",
        bound=" ".join(f"{seconds:.1f}" for seconds in least),
        kept=" ".join(f"{wait:.1f}" for wait in waits),
        figure="waits=" + ",".join(f"{wait:.2f}" for wait in waits),
        is_kept=len(waits) == len(least) and all(wait >= seconds for wait, seconds in zip(waits, least, strict=True)),
    )


def obey_broken_robots(folder: Path) -> Promise:
    """Answer robots.txt with 500 to two runs."""
    with serving(NAMES) as site:
        site.script("/robots.txt", answer(500))
        poller = Poller(site, folder)
        pages, robots = 0, 0
        for _ in range(2):
            poller.poll(expected=1)
            pages += len(site.asked())
            robots += len(site.log) - len(site.asked())
    return Promise(
        text="robots.txt with 500, two runs that end with exit code 1: requests for it, and for pages",
        bound="1, 0",
        kept=f"{robots}, {pages}",
        figure=f"pages_with_broken_robots={pages}",
        is_kept=pages == 0 and robots == 1,
    )


def main() -> int:
    """Poll, print, and say by the exit code whether all promises were kept."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument(
        "--quick", action="store_true", help="two at once; the lying server is met two polls before an audit"
    )
    quick = parser.parse_args().quick
    with tempfile.TemporaryDirectory(prefix="newscrawl-polite-") as name:
        folders = [Path(name) / part for part in ("honest", "lying", "waits", "robots")]
        for folder in folders:
            folder.mkdir()
        ways: list[Callable[[], Promise]] = [
            partial(poll_honest, folders[0]),
            partial(poll_lying, folders[1], unaudited=AUDIT_EVERY - 2 if quick else 0),
            partial(keep_waits, folders[2]),
            partial(obey_broken_robots, folders[3]),
        ]
        if quick:  # each has a site and a database of its own
            with ThreadPoolExecutor(2) as pool:
                promises = list(pool.map(operator.call, ways))
        else:
            promises = [way() for way in ways]
    shown = Table(title=f"a site of {len(NAMES)} articles, an audit at every {AUDIT_EVERY}th poll")
    for heading in ("promise", "bound", "kept", ""):
        shown.add_column(heading)
    for one in promises:
        shown.add_row(one.text, one.bound, one.kept, "good" if one.is_kept else "BROKEN")
    console = Console(width=160)
    console.print(shown)
    console.print(" ".join(one.figure for one in promises), soft_wrap=True, highlight=False)
    return 0 if all(one.is_kept for one in promises) else 1


if __name__ == "__main__":
    sys.exit(main())
