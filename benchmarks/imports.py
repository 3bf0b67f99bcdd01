"""What does it cost to import an archive, and does it cost the same when the archive is large?

    python benchmarks/imports.py [--quick]

Imports a smaller and a larger bare git repository of invented seed files into SQLite. Beside it stands what nobody can
do without: git's own `cat-file --batch` of the same bytes, and the floor, which is a bare lxml parse of the same bytes
and a bare batched upsert of the same rows with the same search tokens, made beforehand (see benchmarks/store.py). CPU
is that of the command and all its children, as the kernel counts it. Cores are CPU seconds by seconds that passed: on
a machine that does nothing else, more than 1 says that both were used. Memory is that of all processes together,
shared pages counted once.

Then the same articles are crawled by the sitemaps of a local site, imported as seed files, and imported as a WARC file
of the site's pages, and the articles tables compared. Ends with one line of name=value figures; exit code 1 when a
bound is missed.
"""

from __future__ import annotations

import argparse
import io
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import orjson
from lxml import html
from rich.console import Console
from rich.table import Table
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))  # so that it runs from a checkout

from benchmarks.stage.batches import Newsroom  # noqa: E402 -- after the path is set
from benchmarks.stage.families import Family, measure_family  # noqa: E402 -- after the path is set
from benchmarks.stage.repositories import make_repository, seed_file  # noqa: E402 -- after the path is set
from benchmarks.store import Floor  # noqa: E402 -- after the path is set
from crawler.archives.seeds import parse_seed  # noqa: E402 -- after the path is set
from crawler.archives.serve import running_server  # noqa: E402 -- after the path is set
from crawler.archives.site import SeedSite  # noqa: E402 -- after the path is set
from crawler.imports.pieces import Import  # noqa: E402 -- after the path is set
from crawler.imports.seed_files import read_seed  # noqa: E402 -- after the path is set
from storage.maintenance import Maintenance  # noqa: E402 -- after the path is set

BATCH = 200
RATIO_AT_MOST = 4.0
CORES_AT_LEAST = 1.2
PEAK_MB_AT_MOST = 200.0
GROWTH_AT_MOST = 1.3


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How much of everything."""

    small: int
    large: int
    """Versions of seed files in the repositories."""
    same: int
    """Articles that come by three ways."""


FULL = Size(small=10_000, large=100_000, same=5000)
QUICK = Size(small=1000, large=3000, same=100)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bare:
    """CPU milliseconds a file of what nobody can do without."""

    git: float
    parse: float
    write: float

    @property
    def floor(self) -> float:
        """What the import is held against."""
        return self.parse + self.write


def measure_bare(folder: Path, repository: Path, newsroom: Newsroom, count: int) -> Bare:
    """Measure git, the parse and the upsert, each alone."""
    spent = {"parse": 0.0, "write": 0.0}
    floor = Floor(f"sqlite:///{folder}/floor.db")
    for first in range(0, count, BATCH):
        raws = [seed_file(article) for article in newsroom.batch(first, min(BATCH, count - first))]
        began = time.process_time()
        for raw in raws:
            html.document_fromstring(raw)
        spent["parse"] += time.process_time() - began
        read = [read_seed(parse_seed(raw, "a.md")) for raw in raws]
        rows = floor.rows([one.article for one in read if isinstance(one, Import)], first + 1)
        assert len(rows[0]) == len(raws)
        began = time.process_time()
        floor.write(*rows)
        spent["write"] += time.process_time() - began
    floor.close()
    git = _cpu_of_git(repository)
    return Bare(git=git / count * 1000, **{name: seconds / count * 1000 for name, seconds in spent.items()})


def _cpu_of_git(repository: Path) -> float:
    """Return the CPU seconds in which git hands out every blob."""
    git = ("git", f"--git-dir={repository}", "cat-file")
    listed = subprocess.run([*git, "--batch-all-objects", "--batch-check"], capture_output=True, check=True).stdout
    blobs = b"".join(line.split()[0] + b"\n" for line in listed.splitlines() if line.split()[1] == b"blob")
    before = os.times()
    subprocess.run([*git, "--batch"], input=blobs, stdout=subprocess.DEVNULL, check=True)
    after = os.times()
    return after.children_user + after.children_system - before.children_user - before.children_system


def import_all(given: Path, db: Path, expected: int) -> Family:
    """Import something into a new database; every version must be stored."""
    ended = measure_family("import", given, "--db", f"sqlite:///{db}", "--json")
    counts = orjson.loads(ended.out)["counts"] if ended.out else {}
    if ended.code or counts["new"] + counts["revised"] != expected:
        raise SystemExit(f"the import of {given} ended with {ended.code}: {counts}")
    return ended


def compare_ways(folder: Path, newsroom: Newsroom, count: int) -> tuple[int, int]:
    """Bring the same articles in by three ways; return how many rows there are and how many differ."""
    (folder / "seeds").mkdir()
    articles = newsroom.batch(0, count)
    for number, article in enumerate(articles):
        (folder / "seeds" / f"{number:06}.md").write_bytes(seed_file(article))
    site = SeedSite([folder / "seeds"])
    write_warc(folder / "site.warc.gz", site)
    window = ("--since", f"{articles[0].published_at:%Y-%m-%d}")
    window += ("--until", f"{articles[-1].published_at + timedelta(days=2):%Y-%m-%d}")
    with running_server(site) as base_url:
        way = ("--channel", "sitemap", "--via", base_url)
        crawl = measure_family("backfill", "rfi-cn", *window, *way, "--db", f"sqlite:///{folder}/crawl.db")
    if crawl.code:
        raise SystemExit(f"the crawl of the sitemaps failed: {crawl.out}")
    for given, name in ((folder / "seeds", "seeds"), (folder / "site.warc.gz", "warc")):
        import_all(given, folder / f"{name}.db", count)
    crawled, seeds, warc = (articles_table(folder / f"{name}.db") for name in ("crawl", "seeds", "warc"))
    different = sum(row != warc.get(url) for url, row in crawled.items())
    # a seed file does not know the site's own id of a story
    different += sum(row | {"content_id": None} != seeds.get(url) for url, row in crawled.items())
    return len(crawled), different + abs(len(warc) - len(crawled)) + abs(len(seeds) - len(crawled))


def write_warc(path: Path, site: SeedSite) -> None:
    """Write the articles of a site into a WARC file, as others write them."""
    with path.open("wb") as stream:
        writer = WARCWriter(stream, gzip=True, warc_version="1.1")
        for url in site.article_urls:
            found = site.lookup(url)
            assert found is not None
            head = StatusAndHeaders("200 OK", list(found.headers), protocol="HTTP/1.1")
            body, said = io.BytesIO(found.body), {"WARC-Date": "2026-01-01T00:00:00Z"}
            writer.write_record(
                writer.create_warc_record(
                    url, "response", body, len(found.body), http_headers=head, warc_headers_dict=said
                )
            )


def articles_table(path: Path) -> dict[str, dict[str, Any]]:
    """Return the articles table by canonical URL, without what depends on when and whence an article came."""
    with Maintenance.open(f"sqlite:///{path}") as maintenance:
        rows = [orjson.loads(line) for line in maintenance.dump(tables=("articles",))][1:]
    left_out = ("claims_digest", "first_seen_at", "last_seen_at")
    return {row["canonical_url"]: {name: row[name] for name in row if name not in left_out} for row in rows}


def table(bare: Bare, small: Family, large: Family, size: Size, learnt_from: str) -> Table:
    """Return what was measured."""
    shown = Table(title=f"CPU a file, SQLite (text as in {learnt_from})")
    for heading in ("what", "ms", "against the floor", "cores", "MB"):
        shown.add_column(heading, justify="left" if heading == "what" else "right")
    for what, ms in (
        ("git cat-file --batch", bare.git),
        ("bare lxml parse", bare.parse),
        ("bare upsert and tokens", bare.write),
        ("floor: parse, upsert, tokens", bare.floor),
    ):
        shown.add_row(what, f"{ms:.3f}", f"{ms / bare.floor:.2f}", "", "")
    for what, ended, count in (("import", small, size.small), ("import", large, size.large)):
        ms = ended.cpu_seconds / count * 1000
        cores = f"{ended.cpu_seconds / ended.seconds:.2f}"
        shown.add_row(f"{what} of {count:,}", f"{ms:.3f}", f"{ms / bare.floor:.2f}", cores, f"{ended.peak_mb:.0f}")
    return shown


def main() -> int:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="a smaller size, under a minute")
    size = QUICK if parser.parse_args().quick else FULL
    newsroom = Newsroom()
    console = Console(width=120)
    with tempfile.TemporaryDirectory(prefix="newscrawl-imports-") as name:
        folder = Path(name)
        for label, count in (("small", size.small), ("large", size.large)):
            make_repository(folder / f"{label}.git", newsroom, count)
        bare = measure_bare(folder, folder / "small.git", newsroom, size.small)
        small = import_all(folder / "small.git", folder / "small.db", size.small)
        large = import_all(folder / "large.git", folder / "large.db", size.large)
        rows, different = compare_ways(folder, newsroom, size.same)
    console.print(table(bare, small, large, size, newsroom.learnt_from))
    console.print(f"{rows} articles by sitemap, seed files and WARC: {different} rows differ")
    small_ms, large_ms = small.cpu_seconds / size.small * 1000, large.cpu_seconds / size.large * 1000
    figures = {
        "cpu_ratio": large_ms / bare.floor,
        "cores": large.cpu_seconds / large.seconds,
        "peak_mb": large.peak_mb,
        "growth": large_ms / small_ms,
        "rows_that_differ": different,
    }
    console.print(" ".join(f"{name}={value:.3g}" for name, value in figures.items()), soft_wrap=True, highlight=False)
    is_good = (
        figures["cpu_ratio"] <= RATIO_AT_MOST
        and figures["cores"] >= CORES_AT_LEAST
        and large.peak_mb <= PEAK_MB_AT_MOST
        and figures["growth"] <= GROWTH_AT_MOST
        and (rows, different) == (size.same, 0)
    )
    return 0 if is_good else 1


if __name__ == "__main__":
    sys.exit(main())
