"""Where does the time of a crawled page go?

    python benchmarks/time_spent.py [--quick]

Crawls article pages of the local site from a static server twice, each time in a process of its own: once alone, for
the CPU it takes, and once under py-spy, which looks at its stacks two hundred times a second. A stack belongs to the
innermost room of ours in it, to fetching where there is none, and to starting up while modules are imported; a room's
share of the stacks is its share of the CPU.
It is a picture and not a promise, so there is no bound; ends with one line of name=value figures. Exit code 1 when
nothing could be looked at, as in a container that forbids it (ptrace).
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))  # so that it runs from a checkout

from benchmarks.stage.children import measure  # noqa: E402 -- after the path is set
from benchmarks.stage.databases import sqlite_url  # noqa: E402 -- after the path is set
from benchmarks.stage.judge import is_article  # noqa: E402 -- after the path is set
from benchmarks.stage.pages import render_seed_site, targets_in  # noqa: E402 -- after the path is set
from benchmarks.stage.seeds import write_seed_files  # noqa: E402 -- after the path is set
from benchmarks.stage.server import serving  # noqa: E402 -- after the path is set

if TYPE_CHECKING:
    from collections.abc import Iterator

SAMPLES_A_SECOND = 200

# What happens to a page, and in which files. A stack is asked from its inside out, and each frame for the first that
# fits; libraries without a line here belong to whoever called them.
ROOMS = {
    "start: modules, schema": r"storage/(schema|migrations)|crawler/(config|settings|cli)",
    "read the page": r"crawler/(sources|decoding)",
    "judge, clean the HTML": r"crawler/(normalize|safe_html|verdict)|storage/identity",
    "search: tokens and index": r"storage/(search\w*|tokens|token_lines|indexing)",
    "frontier: find, lease, settle": r"storage/(frontier\w*|leases|settling|pages|hosts)|crawler/\w*frontier",
    "write articles": r"storage/",
    "politeness, compression": r"crawler/(middlewares/(?!web)|patience)",
    "spider and pipelines": r"crawler/(spiders|pipelines|runs|items|archives)",
    "fetching: Scrapy, aiohttp, asyncio": (
        r"crawler/middlewares/web|site-packages/(scrapy|twisted|aiohttp|yarl|multidict|propcache)|asyncio/|itemadapter|w3lib"
    ),
}
IMPORTING = "<frozen importlib"
ELSEWHERE = "elsewhere"
# Threads that wait for work, which py-spy does not always know as idle; and those without a stack of Python.
WAITING = re.compile(r"^$|(_worker|wait|_wait_for_tstate_lock|select) \([^;]*$")
_FRAME = re.compile(r"\(([^()]*?)(?::\d+)?\)$")


def main() -> int:
    """Measure and print; see the module."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="a smaller site; starting up weighs more")
    count = 300 if parser.parse_args().quick else 3000
    with tempfile.TemporaryDirectory(prefix="newscrawl-spent-") as name:
        folder = Path(name)
        write_seed_files(folder / "seeds", count)
        render_seed_site(folder / "seeds", folder / "pages")
        targets = [target for target in targets_in(folder / "pages") if is_article(target)]
        (folder / "targets").write_text("\n".join(targets), encoding="utf-8")
        with serving(folder / "pages", folder / "requests.log") as server:
            crawl = ("-m", "benchmarks.stage.contenders.ours", server.base_url, str(folder / "targets"))
            alone = measure(*crawl, sqlite_url(folder))
            if alone.code:
                raise SystemExit(f"the crawl ended with exit code {alone.code}: {alone.err[-500:]}")
            stacks = look_at([*crawl, sqlite_url(folder)], folder / "stacks")
    return report(shares(stacks), ms_a_page=1000 * alone.cpu_seconds / len(targets), pages=len(targets))


def look_at(crawl: list[str], output: Path) -> list[str]:
    """Run a crawl under py-spy; return its folded stacks, one a line with its count; none where it is forbidden."""
    options = ("--format", "raw", "--rate", str(SAMPLES_A_SECOND), "--full-filenames", "--output", str(output))
    command = [str(Path(sys.executable).with_name("py-spy")), "record", *options, "--", sys.executable, *crawl]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if not output.is_file():
        print(f"nothing could be looked at: {ended.stderr.strip()}", file=sys.stderr)
        return []
    return output.read_text("utf-8").splitlines()


def shares(stacks: list[str]) -> dict[str, float]:
    """Return each room's share of the stacks, the largest first."""
    counts: Counter[str] = Counter()
    for line in stacks:
        frames, _, count = line.rpartition(" ")
        if not WAITING.search(frames):
            counts[room_of(frames.split(";"))] += int(count)
    return {room: count / counts.total() for room, count in counts.most_common()}


def room_of(frames: list[str]) -> str:
    """Return whom a stack belongs to; the innermost frame is the last."""
    if any(IMPORTING in frame for frame in frames):
        return next(iter(ROOMS))
    for path in paths_of(reversed(frames)):
        for room, pattern in ROOMS.items():
            if re.search(pattern, path):
                return room
    return ELSEWHERE


def paths_of(frames: Iterator[str]) -> Iterator[str]:
    """Yield the files of frames such as ``read_article (/srv/crawler/sources/rfi.py:12)``."""
    for frame in frames:
        if found := _FRAME.search(frame):
            yield found[1].removeprefix(f"{ROOT}/")


def report(spent: dict[str, float], *, ms_a_page: float, pages: int) -> int:
    """Print table and figures; return the exit code."""
    shown = Table(title=f"{pages} pages, {ms_a_page:.2f} ms of CPU a page, start-up included")
    for heading in ("where", "share", "ms a page"):
        shown.add_column(heading, justify="left" if heading == "where" else "right")
    for room, share in spent.items():
        shown.add_row(room, f"{100 * share:.1f} %", f"{ms_a_page * share:.2f}")
    console = Console(width=100)
    console.print(shown)
    names = {room: re.sub(r"\W+", "_", room.partition(":")[0].partition(",")[0].lower()) for room in spent}
    figures = [f"pages={pages}", f"cpu_ms={ms_a_page:.2f}"]
    figures += [f"{names[room]}_ms={ms_a_page * share:.2f}" for room, share in spent.items()]
    console.print(" ".join(figures), soft_wrap=True, highlight=False)
    return 0 if spent else 1


if __name__ == "__main__":
    sys.exit(main())
