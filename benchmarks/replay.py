"""Does a recorded crawl come out the same when it is crawled again, elsewhere, on another day, without a network?

    python benchmarks/replay.py [--quick] [--articles N]

The local site with a script (articles are edited, renamed, withdrawn, refused and cut short, others cannot be had at
first) is crawled twice and recorded: everything, and then the listings again. The recording is replayed twice into
empty databases, by processes whose clocks are days ahead, in other time zones and locales, which write down whom they
would speak to. The three databases are dumped and compared, the recording is checked by warcio, and every stored
revision is asked for its bytes. Ends with one line of name=value figures; exit code 1 when a dump differs, a socket was
opened to another machine, a replay took 60 s or more, warcio found a fault, or a revision does not know its bytes.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import json
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))  # so that it runs from a checkout

from benchmarks.stage.children import measure, start  # noqa: E402 -- after the path is set
from benchmarks.stage.seeds import write_seed_files  # noqa: E402 -- after the path is set
from crawler.archives.site import SeedSite  # noqa: E402 -- after the path is set
from crawler.archives.warc import payload_digest, read_capture  # noqa: E402 -- after the path is set
from storage import Store  # noqa: E402 -- after the path is set

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from benchmarks.stage.children import Measured

MOST_SECONDS = 60.0

# Days ahead, time zone and locale of each replay.
ELSEWHERE = ((40, "Asia/Shanghai", "C"), (400, "America/St_Johns", "tr_TR.UTF-8"))

SCRIPT = """
[[step]]
do = "edit"
article = "{edited}"
append = "灯塔守护人补充说，灯光将在冬季延长。"
after_requests = {half}

[[step]]
do = "rename"
article = "{renamed}"
to = "{renamed}-bis"

[[step]]
do = "withdraw"
article = "{withdrawn}"

[[step]]
do = "refuse"
pages = "{refused}"
until_visits = 2
retry_after_seconds = 1

[[step]]
do = "truncate"
pages = "{cut}"
after_bytes = 20000
until_visits = 1

[[step]]
do = "hang"
pages = "{silent}"
seconds = 3
until_visits = 1
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Replayed:
    """One replay of all recorded runs."""

    seconds: float
    """Of the longest run, start-up included."""
    sockets: list[str]
    """Whom it would have spoken to."""
    dump: str
    """Digest."""


def main() -> int:
    """Record, replay, compare; say by the exit code whether all came out the same."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="a smaller site")
    parser.add_argument("--articles", type=int, default=None)
    arguments = parser.parse_args()
    count = arguments.articles or (60 if arguments.quick else 500)
    with tempfile.TemporaryDirectory(prefix="newscrawl-replay-") as name:
        folder = Path(name)
        write_seed_files(folder / "seeds", count)
        recording, recorded_db = folder / "recording", f"sqlite:///{folder}/recorded.db"
        with scripted_site(folder) as base_url:
            crawl = ("-m", "crawler", "crawl", "rfi-cn", "--via", base_url, "--pages", "10000", "--db", recorded_db)
            settings = {"NEWSCRAWL_RETRY_SECONDS": "0.5", "NEWSCRAWL_FIRST_BYTE_SECONDS": "1.5"}
            runs = [done_well(measure(*crawl, "--record", recording, "--json", **settings)) for _ in range(2)]
        fetched = sum(json.loads(run.out)["counts"]["fetched"] for run in runs)
        dumps = [dump_of(recorded_db)]
        replays = [replay(folder, recording, place) for place in range(len(ELSEWHERE))]
        dumps += [one.dump for one in replays]
        warcio = subprocess.run(
            [sys.executable, "-m", "warcio.cli", "check", *sorted(recording.glob("*.warc.gz"))],
            capture_output=True,
            check=False,
        )
        stored, unknown = without_bytes(recorded_db)
    return report(
        fetched=fetched,
        record_seconds=runs[0].seconds,
        replays=replays,
        dumps=dumps,
        warcio=warcio.returncode,
        stored=stored,
        unknown=unknown,
    )


@contextlib.contextmanager
def scripted_site(folder: Path) -> Iterator[str]:
    """Serve the site of the seed files, with a script, while the block lasts."""
    urls = sorted(SeedSite([folder / "seeds"]).article_urls)
    paths = [unquote(urlsplit(url).path) for url in urls[:: len(urls) // 8]]
    names = ("edited", "renamed", "withdrawn", "refused", "cut", "silent")
    told = dict(zip(names, paths, strict=False)) | {"half": str(len(urls) // 2)}
    (folder / "script.toml").write_text(SCRIPT.format(**told), encoding="utf-8")
    child = start(
        "-m", "crawler", "replay", "serve", folder / "seeds", "--port", "0", "--script", folder / "script.toml"
    )
    assert child.stderr is not None
    try:
        line = child.stderr.readline().decode()
        url = next((word for word in line.split() if word.startswith("http://")), None)
        if url is None:
            raise RuntimeError(f"the site did not start: {line}")
        parts = urlsplit(url)
        yield f"{parts.scheme}://{parts.netloc}"
    finally:
        child.terminate()
        child.communicate()


def done_well(done: Measured) -> Measured:
    """Return what a child took.

    Raises:
        RuntimeError: It did not end well.
    """
    if done.code:
        raise RuntimeError(f"exit code {done.code}: {done.err[-500:]}")
    return done


def replay(folder: Path, recording: Path, place: int) -> Replayed:
    """Replay all recorded runs into an empty database, each by a process of its own."""
    days, zone, locale = ELSEWHERE[place]
    log, db = folder / f"sockets-{place}", f"sqlite:///{folder}/replayed-{place}.db"
    log.touch()
    listed = done_well(measure("-m", "crawler", "recordings", "list", recording, "--json"))
    seconds = []
    for run in (json.loads(line)["run"] for line in listed.out.splitlines()):
        command = ("replay", "crawl", recording, "rfi-cn", "--run", run, "--db", db)
        elsewhere = {"TZ": zone, "LC_ALL": locale, "LANG": locale}
        seconds.append(
            done_well(measure("-m", "benchmarks.stage.elsewhere", str(days), log, *command, **elsewhere)).seconds
        )
    return Replayed(seconds=max(seconds), sockets=log.read_text("utf-8").splitlines(), dump=dump_of(db))


def dump_of(db: str) -> str:
    """Return the digest of a database's dump."""
    dump = done_well(measure("-m", "crawler", "db", "dump", "--db", db)).out
    return hashlib.sha256(dump.encode()).hexdigest()


def without_bytes(db: str) -> tuple[int, int]:
    """Return how many revisions are stored, and how many of them do not lead to bytes with their digest."""
    stored = unknown = 0
    with Store.open(db) as store:
        for article in store.articles():
            url = article.article.canonical_url
            for revision in store.revisions(url):
                stored += 1
                capture_place = store.capture_place(url, revision.revision)
                if capture_place is None:
                    unknown += 1
                    continue
                file = f"{capture_place.recording}/{capture_place.file}"
                capture = read_capture(file, capture_place.offset, capture_place.length)
                unknown += payload_digest(capture.body) != capture_place.payload_digest
    return stored, unknown


def report(
    *,
    fetched: int,
    record_seconds: float,
    replays: Sequence[Replayed],
    dumps: Sequence[str],
    warcio: int,
    stored: int,
    unknown: int,
) -> int:
    """Print table and figures; return the exit code."""
    console = Console(width=120)
    shown = Table(title=f"{fetched} exchanges recorded in {record_seconds:.1f} s, {stored} revisions stored")
    for heading in ("", "seconds", "sockets elsewhere", "dump"):
        shown.add_column(heading)
    shown.add_row("recorded", f"{record_seconds:.1f}", "", dumps[0][:16])
    for (days, zone, locale), one in zip(ELSEWHERE, replays, strict=True):
        where = f"replayed {days} days later, {zone}, {locale}"
        shown.add_row(where, f"{one.seconds:.1f}", str(len(one.sockets)), one.dump[:16])
    console.print(shown)
    sockets, slowest = sum(len(one.sockets) for one in replays), max(one.seconds for one in replays)
    equal = dumps.count(dumps[0])
    console.print(
        f"exchanges={fetched} dumps_equal={equal}/{len(dumps)} sockets_elsewhere={sockets} replay_s={slowest:.1f} "
        f"warcio_exit={warcio} revisions={stored} revisions_without_bytes={unknown}",
        soft_wrap=True,
        highlight=False,
    )
    is_good = equal == len(dumps) and not sockets and slowest < MOST_SECONDS and warcio == 0 and stored and not unknown
    return 0 if is_good else 1


if __name__ == "__main__":
    sys.exit(main())
