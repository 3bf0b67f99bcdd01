"""Does another program read what we record?

    python benchmarks/pywb.py [--quick] [--wayback PROGRAM]

The local site is crawled and recorded, and pywb serves the recording, with the indexes that we wrote. Fifty of the
captures, chosen by chance that always falls the same way, are asked for as they were recorded, and compared byte by
byte. pywb is the program ``wayback``: the one named, else the one on the path, else one that is installed into a
virtual environment for this once. Ends with one line of name=value figures; exit code 1 when a capture differs.
"""

from __future__ import annotations

import argparse
import contextlib
import random
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))  # so that it runs from a checkout

from benchmarks.stage.children import crawl_command, measure  # noqa: E402 -- after the path is set
from benchmarks.stage.seeds import write_seed_files  # noqa: E402 -- after the path is set
from crawler.archives.serve import running_server  # noqa: E402 -- after the path is set
from crawler.archives.site import SeedSite  # noqa: E402 -- after the path is set
from crawler.archives.warc import read_captures  # noqa: E402 -- after the path is set
from crawler.archives.warc_records import warc_files_in  # noqa: E402 -- after the path is set

if TYPE_CHECKING:
    from collections.abc import Iterator

    from crawler.archives.warc import Capture

SAMPLE = 50
START_SECONDS = 60.0


def main() -> int:
    """Record, have pywb serve it, compare; say by the exit code whether all is the same."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="a smaller site; the sample stays")
    parser.add_argument("--wayback", default=shutil.which("wayback"), help="pywb's program")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="newscrawl-pywb-") as name:
        folder = Path(name)
        wayback = arguments.wayback or installed(folder / "venv")
        write_seed_files(folder / "seeds", 60 if arguments.quick else 500)
        with running_server(SeedSite([folder / "seeds"]), compress=True) as base_url:
            crawl = crawl_command(base_url, f"sqlite:///{folder}/news.db", "--record", str(folder / "recording"))
            done = measure(*crawl)
        if done.code:
            raise RuntimeError(f"exit code {done.code}: {done.err[-500:]}")
        captures = [one for one in read_captures(warc_files_in([folder / "recording"])) if one.status == 200]
        sample = random.Random(SAMPLE).sample(captures, SAMPLE)
        with serving(folder, wayback) as url:
            same = sum(fetched(url, capture) == capture.body for capture in sample)
    packed = sum(capture.header("Content-Encoding") is not None for capture in sample)
    Console(width=120).print(f"captures={len(captures)} pywb_same={same}/{SAMPLE} packed={packed}", highlight=False)
    return 0 if same == SAMPLE else 1


def installed(folder: Path) -> str:
    """Install pywb into a virtual environment and return its program."""
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    subprocess.run([folder / "bin" / "pip", "install", "--quiet", "pywb"], check=True)
    return str(folder / "bin" / "wayback")


@contextlib.contextmanager
def serving(folder: Path, wayback: str) -> Iterator[str]:
    """Let pywb serve the recording of a folder while the block lasts; give the address of the collection.

    Raises:
        RuntimeError: It does not start.
    """
    paths = f"{{index_paths: {folder}/recording/, archive_paths: {folder}/recording/}}"
    (folder / "config.yaml").write_text(f"collections:\n  recorded: {paths}\n", encoding="utf-8")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [wayback, "--port", str(port), "--bind", "127.0.0.1"]
    with (folder / "pywb.log").open("wb") as log:
        child = subprocess.Popen(command, cwd=folder, stdout=log, stderr=log)
        try:
            give_up_at = time.monotonic() + START_SECONDS
            while not accepts(port):
                if child.poll() is not None or time.monotonic() > give_up_at:
                    raise RuntimeError(f"pywb does not start: {(folder / 'pywb.log').read_text()[-500:]}")
                time.sleep(0.1)
            yield f"http://127.0.0.1:{port}/recorded"
        finally:
            child.terminate()
            child.wait()


def accepts(port: int) -> bool:
    """Tell whether somebody listens."""
    with contextlib.suppress(OSError):
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
        return True
    return False


def fetched(url: str, capture: Capture) -> bytes:
    """Return what pywb answers for a capture: as it was recorded, without its own additions (``id_``)."""
    address = f"{url}/{capture.captured_at:%Y%m%d%H%M%S}id_/{capture.url}"
    request = urllib.request.Request(address, headers={"Accept-Encoding": "gzip"})
    with urllib.request.urlopen(request, timeout=60) as response:
        body: bytes = response.read()
    return body


if __name__ == "__main__":
    sys.exit(main())
