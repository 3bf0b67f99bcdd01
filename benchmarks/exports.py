"""Do exports stay in bounded memory however large the database, and does an import give back what went out?

    python benchmarks/exports.py [--quick]

Exports a smaller and a larger database of generated articles (6 kB of text, 8 kB of HTML, some edited) in every
format, each in a process of its own, whose peak memory the kernel tells. Then imports the export of all revisions into
an empty database, and compares the dumps. Ends with one line of name=value figures; exit code 1 when a bound is missed.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))  # so that it runs from a checkout

from benchmarks.stage.batches import Newsroom  # noqa: E402 -- after the path is set
from crawler.normalize import fold  # noqa: E402 -- after the path is set
from crawler.safe_html import clean_html  # noqa: E402 -- after the path is set
from storage import Article, Store  # noqa: E402 -- after the path is set

NOW = datetime(2026, 1, 1, tzinfo=UTC)
BATCH = 500
# Runs a command as `python -m crawler` does, and tells its peak: what the kernel counts for a child (ru_maxrss) begins
# with the memory of the process that started it.
CHILD = """
import pathlib, resource, sys
from crawler.cli import main
code = main()
status = pathlib.Path("/proc/self/status")
if status.exists():
    peak = int(status.read_text().split("VmHWM:")[1].split()[0]) * 1024
else:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
sys.stderr.write(f"peak {peak}")
sys.exit(code)
"""

# One article in so many was edited, so that there are revisions beside the current ones.
EDITED_ONE_IN = 20

PEAK_AT_MOST = 200e6
GROWTH_AT_MOST = 1.2

ROAD = ("articles", "revisions", "bodies", "aliases", "claims")

EXPORTS = {
    "jsonl": ("--format", "jsonl"),
    "jsonl, all revisions": ("--format", "jsonl", "--all-revisions"),
    "csv": ("--format", "csv"),
    "parquet": ("--format", "parquet"),
    "seeds": ("--format", "seeds"),
    "rss": ("--format", "rss", "--source", "rfi-cn", "--limit", "10000000"),
    "atom": ("--format", "atom", "--source", "rfi-cn", "--limit", "10000000"),
    "jsonfeed": ("--format", "jsonfeed", "--source", "rfi-cn", "--limit", "10000000"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """What one command took."""

    seconds: float
    peak_bytes: int


def run(*arguments: str, output: Path | None = None) -> Ended:
    """Run a command to its end in a process of its own.

    Raises:
        SystemExit: It failed.
    """
    with open(os.devnull if output is None else output, "wb") as stream:  # noqa: PTH123 -- the name may be that of no file
        begun = time.perf_counter()
        child = subprocess.run(
            [sys.executable, "-c", CHILD, *arguments],
            stdout=stream,
            stderr=subprocess.PIPE,
            env=os.environ | {"PYTHONPATH": str(ROOT)},
            check=False,
        )
        seconds = time.perf_counter() - begun
    said, _, peak = child.stderr.decode().rpartition("peak ")
    if child.returncode:
        raise SystemExit(f"newscrawl {' '.join(arguments)} ended with {child.returncode}: {said}")
    return Ended(seconds=seconds, peak_bytes=int(peak))


def judged(article: Article) -> Article:
    """Return a generated article as the crawler would have judged it: words folded, HTML cleaned."""
    return replace(
        article,
        title=fold(article.title) or "无题",
        lead=fold(article.lead),
        paragraphs=tuple(folded for paragraph in article.paragraphs if (folded := fold(paragraph))),
        html=clean_html(article.html),
    )


def fill(db: str, newsroom: Newsroom, count: int) -> None:
    """Store generated articles, and a later state of some of them."""
    with Store.open(db) as store:
        for first in range(0, count, BATCH):
            articles = [judged(article) for article in newsroom.batch(first, min(BATCH, count - first))]
            store.save_batch(articles, now=NOW)
            later = [
                replace(
                    article,
                    title=f"更新：{article.title}",
                    modified_at=article.published_at + timedelta(hours=2),
                    fetched_at=article.published_at + timedelta(hours=3),
                )
                for article in articles[::EDITED_ONE_IN]
            ]
            store.save_batch(later, now=NOW)


def size_of(path: Path) -> int:
    """Return the bytes of a file, or of all files of a folder."""
    if path.is_file():
        return path.stat().st_size
    return sum(file.stat().st_size for file in path.rglob("*") if file.is_file())


def digest_of_dump(db: str, folder: Path) -> str:
    """Return a digest of what a database says of its articles."""
    tables = [word for table in ROAD for word in ("--table", table)]
    path = folder / "dump"
    run("db", "dump", *tables, "--db", db, output=path)
    with path.open("rb") as stream:
        digest = sha256()
        while block := stream.read(1 << 20):
            digest.update(block)
    path.unlink()
    return digest.hexdigest()


def remove(path: Path) -> None:
    """Remove a file or a folder, to make room for the next."""
    subprocess.run(["rm", "-rf", str(path)], check=True)


def main() -> int:
    """Run the benchmark; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="1,500 articles instead of 100,000")
    small, large = (500, 1_500) if parser.parse_args().quick else (10_000, 100_000)
    console = Console()
    figures: dict[str, float] = {}
    missed: list[str] = []
    newsroom = Newsroom()
    with tempfile.TemporaryDirectory(prefix="newscrawl-bench-exports-") as name:
        folder = Path(name)
        databases = {count: f"sqlite:///{folder / f'{count}.db'}" for count in (small, large)}
        for count, db in databases.items():
            begun = time.perf_counter()
            fill(db, newsroom, count)
            console.print(f"{count:,} articles stored in {time.perf_counter() - begun:.0f} s")
        table = Table(
            "export", "articles", "s", "MB", "MB/s", "peak MB", "growth", title="each in a process of its own"
        )
        out = folder / "out"
        for export, options in EXPORTS.items():
            peaks: dict[int, int] = {}
            for count, db in databases.items():
                ended = run("articles", "export", *options, "--output", str(out), "--db", db)
                peaks[count] = ended.peak_bytes
                megabytes = size_of(out) / 1e6
                growth = ended.peak_bytes / peaks[small]
                table.add_row(
                    export,
                    f"{count:,}",
                    f"{ended.seconds:.1f}",
                    f"{megabytes:.0f}",
                    f"{megabytes / ended.seconds:.0f}",
                    f"{ended.peak_bytes / 1e6:.0f}",
                    f"{growth:.2f}" if count == large else "",
                )
                if export == "jsonl, all revisions" and count == large:
                    out.rename(folder / "all.jsonl")
                remove(out)
            key = export.replace(", all revisions", "_all")
            figures |= {f"{key}_seconds": ended.seconds, f"{key}_peak_mb": ended.peak_bytes / 1e6}
            figures[f"{key}_growth"] = growth
            if ended.peak_bytes > PEAK_AT_MOST:
                missed.append(f"{export} takes {ended.peak_bytes / 1e6:.0f} MB")
            if growth > GROWTH_AT_MOST:
                missed.append(f"{export} takes {growth:.2f} times the memory for {large // small} times the articles")
        console.print(table)
        copy = f"sqlite:///{folder / 'copy.db'}"
        ended = run("import", str(folder / "all.jsonl"), "--db", copy)
        is_same = digest_of_dump(copy, folder) == digest_of_dump(databases[large], folder)
        console.print(
            f"import of all revisions: {ended.seconds:.0f} s, peak {ended.peak_bytes / 1e6:.0f} MB; "
            f"the dumps are {'equal' if is_same else 'different'}"
        )
        figures |= {"import_seconds": ended.seconds, "import_peak_mb": ended.peak_bytes / 1e6, "dumps_equal": is_same}
        if not is_same:
            missed.append("the import of the export gives another dump")
        if ended.peak_bytes > PEAK_AT_MOST:
            missed.append(f"the import takes {ended.peak_bytes / 1e6:.0f} MB")
    for sentence in missed:
        console.print(f"[red]missed:[/red] {sentence}")
    print(" ".join(f"{name}={value:.6g}" for name, value in figures.items()))
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
