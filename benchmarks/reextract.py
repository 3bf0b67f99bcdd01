"""How fast is what was recorded read again, against bare decompression and the bare reader, and is it safe to cut off?

    python benchmarks/reextract.py [--quick]

Pages of the local site, 10,000 articles of their own, are recorded in files of 250 (quick: 600 in files of 100) and
stored as an older reader would have: one text in twenty was cut, one page in fifty was held back. Two ways take turns
over them in two processes each: ours (a dry run of `newscrawl reextract`: read, judge, hold against the database,
report), and the bare one (records out of their gzip, bytes to page, the source's reader; nothing kept). Then the
command is run with --apply on two copies of the database, on one of them killed with SIGKILL in the middle and given
again: both must end with equal dumps, and say the same. Connections that any process opens are counted by an audit
hook. Ends with one line of name=value figures; exit code 1 when ours reaches less than 0.7 of the bare way's pages a
second, when a connection was opened, when the two ends differ, or when what was wrong was not corrected.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from io import BytesIO
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from fastwarc.warc import ArchiveIterator, WarcRecordType
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))  # so that it runs from a checkout

from benchmarks.stage.seeds import write_seed_files  # noqa: E402 -- after the path is set
from crawler.archives.site import SeedSite  # noqa: E402 -- after the path is set
from crawler.normalize import normalize  # noqa: E402 -- after the path is set
from crawler.sources import source_named  # noqa: E402 -- after the path is set
from storage import Store  # noqa: E402 -- after the path is set
from storage.maintenance import Maintenance  # noqa: E402 -- after the path is set

CN = source_named("rfi-cn")
NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
PROCESSES = 2
LEAST = 0.7

# What every Python process of ours runs first: it writes down connections that leave this process.
HOOK = """
import os, sys

def note(event, arguments):
    if event == "socket.connect":
        with open(os.environ["CONNECTIONS"], "a") as file:
            file.write(repr(arguments[1]) + "\\n")

sys.addaudithook(note)
"""


def main() -> int:
    """Record, read again in both ways, cut off, print, and say by the exit code whether all held."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="few pages, fewer rounds; start-up is taken off")
    quick = parser.parse_args().quick
    pages, in_file, rounds = (600, 100, 2) if quick else (10_000, 250, 3)
    folder = Path(tempfile.mkdtemp(prefix="newscrawl-reextract-"))
    try:
        database, files = record(folder, pages, in_file)
        (folder / "hook").mkdir()
        (folder / "hook" / "sitecustomize.py").write_text(HOOK, encoding="utf-8")
        said, seconds = read_both_ways(folder, database, files, rounds)
        timed = pages
        if quick:  # what takes minutes in full takes as long to start as to read here
            _, starting = read_both_ways(folder, database, files[:PROCESSES], rounds)
            timed -= in_file * PROCESSES
            seconds = seconds[0] - starting[0], seconds[1] - starting[1]
        ours, plain = (timed / one for one in seconds)
        ratio = ours / plain
        one, other = (folder / name for name in ("one.db", "other.db"))
        shutil.copy(database, one)
        shutil.copy(database, other)
        whole = json.loads(command(folder, one, "--apply").stdout)
        cuts = cut_off(folder, other)
        ended = json.loads(command(folder, other, "--apply").stdout)
        is_same = dump_of(one) == dump_of(other) and whole == ended
        connections = folder / "connections"
        opened = len(connections.read_text().splitlines()) if connections.exists() else 0
        left = json.loads(command(folder, one, "--dry-run").stdout)
        is_mended = (left["corrected"], left["appearing"]) == (0, 0) and said["corrected"] > 0 < said["appearing"]
        print(
            f"pages={said['pages']} processes={PROCESSES} ours_pages_a_second={ours:.0f}"
            f" bare_pages_a_second={plain:.0f} ours_over_bare={ratio:.2f} corrected={whole['corrected']}"
            f" appearing={whole['appearing']} connections={opened} cut_off={cuts} same_result={int(is_same)}"
            f" mended={int(is_mended)}"
        )
        return 0 if ratio >= LEAST and not opened and is_same and is_mended and cuts and said["pages"] == pages else 1
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def read_both_ways(
    folder: Path, database: Path, files: list[str], rounds: int
) -> tuple[dict[str, Any], tuple[float, float]]:
    """Read some files our way and the bare way by turns; return what ours said, and the least seconds of each."""
    ours, plain, said = [], [], {}
    for _ in range(rounds):
        began = time.perf_counter()
        said = json.loads(command(folder, database, "--dry-run", files).stdout)
        ours.append(time.perf_counter() - began)
        plain.append(bare(files))
    return said, (min(ours), min(plain))


def record(folder: Path, count: int, in_file: int) -> tuple[Path, list[str]]:
    """Record the pages of a site, and store them as an older reader would have; return the database and the files."""
    write_seed_files(folder / "seeds", count)
    (folder / "recording").mkdir()
    site = SeedSite([folder / "seeds"])
    database = folder / "news.db"
    files = []
    with Store.open(f"sqlite:///{database}") as store:
        urls = sorted(site.article_urls)
        for start in range(0, count, in_file):
            file = folder / "recording" / f"{start // in_file:04}.warc.gz"
            files.append(str(file))
            articles = []
            with file.open("wb") as out:
                writer = WARCWriter(out, gzip=True, warc_version="1.1")
                for number, url in enumerate(urls[start : start + in_file], start):
                    page = site.lookup(url)
                    assert page is not None, "it is a page of the site"
                    at = NOW + timedelta(seconds=number)
                    head = StatusAndHeaders("200 OK", list(page.headers), protocol="HTTP/1.1")
                    when = {"WARC-Date": f"{at:%Y-%m-%dT%H:%M:%SZ}"}
                    writer.write_record(
                        writer.create_warc_record(
                            url, "response", BytesIO(page.body), http_headers=head, warc_headers_dict=when
                        )
                    )
                    scraped = CN.read_page(page.body, "", url)
                    article = normalize(replace(scraped, fetched_at=at), CN)
                    if number % 20 == 0:
                        article = replace(article, paragraphs=article.paragraphs[:1], reader_version="an older one")
                    if number % 50 != 1:
                        articles.append(article)
            store.save_batch(articles, now=NOW)
    return database, files


def start(folder: Path, database: Path, option: str, files: list[str] | None = None) -> subprocess.Popen[bytes]:
    """Start the command, on some files or on all."""
    return subprocess.Popen(
        [
            *(sys.executable, "-m", "crawler", "reextract", *(files or [folder / "recording"]), option, "--json"),
            *("--processes", str(PROCESSES), "--db", f"sqlite:///{database}"),
        ],
        env={"PATH": os.environ["PATH"], "CONNECTIONS": str(folder / "connections")}
        | {"PYTHONPATH": os.pathsep.join((str(folder / "hook"), str(ROOT)))},
        stdout=subprocess.PIPE,
        start_new_session=True,
    )


def command(
    folder: Path, database: Path, option: str, files: list[str] | None = None
) -> subprocess.CompletedProcess[bytes]:
    """Run the command to its end."""
    child = start(folder, database, option, files)
    out, _ = child.communicate()
    if child.returncode:
        raise SystemExit(f"newscrawl reextract {option} ended with {child.returncode}")
    return subprocess.CompletedProcess(child.args, child.returncode, out)


def cut_off(folder: Path, database: Path) -> int:
    """Kill the command, with all its processes, as soon as it has written something; return how often it was cut."""
    child = start(folder, database, "--apply")
    with Store.open(f"sqlite:///{database}") as store:
        before = store.count_articles()
        while child.poll() is None and store.count_articles() == before:
            time.sleep(0.01)
    is_alive = child.poll() is None
    if is_alive:
        os.killpg(child.pid, signal.SIGKILL)
    child.communicate()
    return int(is_alive)


def bare(files: list[str]) -> float:
    """Return the seconds that the bare way takes."""
    began = time.perf_counter()
    with ProcessPoolExecutor(PROCESSES, mp_context=get_context("spawn")) as pool:
        list(pool.map(read_bare, files))
    return time.perf_counter() - began


def read_bare(file: str) -> int:
    """Decompress the records of a file and read their pages; keep nothing."""
    with Path(file).open("rb") as stream:
        for record in ArchiveIterator(stream, record_types=WarcRecordType.response, parse_http=True):
            body = record.reader.read()
            CN.read_page(body, record.http_headers.get("Content-Type") or "", record.headers["WARC-Target-URI"])
    return 1


def dump_of(database: Path) -> str:
    """Return a hash of a database's record, the times of its writing left out."""
    with Maintenance.open(f"sqlite:///{database}") as maintenance:
        return hashlib.sha256(b"".join(maintenance.dump())).hexdigest()


if __name__ == "__main__":
    sys.exit(main())
