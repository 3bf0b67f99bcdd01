"""A static server in a process of its own, which costs little and writes down every request.

    python -m benchmarks.stage.server PAGES LOG        rendered pages, see benchmarks.stage.pages
    python -m benchmarks.stage.server small:20000 LOG  the pages of SmallSite, made on the fly
    python -m benchmarks.stage.server past:FOLDER LOG  the pages of PastSite, made on the fly

It prints its base URL when it listens. Each line of the log is one request: when it came, when its answer had left
(both seconds since 1970), its target.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import subprocess
import sys
import time
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import IO, TYPE_CHECKING

import psutil

from benchmarks.stage.pages import ORIGIN, SmallSite
from benchmarks.stage.past import PastSite

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from crawler.archives.base import Archive

ROOT = Path(__file__).resolve().parent.parent.parent


@dataclass(frozen=True, slots=True)
class Fetch:
    """One request as the server saw it."""

    began_at: float
    """Seconds since 1970."""
    ended_at: float
    target: str
    """Path and query."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunningServer:
    """A server process."""

    base_url: str
    log: Path
    process: psutil.Process

    def fetches(self, since: float = 0.0) -> list[Fetch]:
        """Return the requests that came at or after an instant, in order of arrival; robots.txt is left out."""
        rows = [line.split(" ", 2) for line in self.log.read_text("utf-8").splitlines()]
        fetches = [Fetch(float(began), float(ended), target) for began, ended, target in rows]
        wanted = (one for one in fetches if one.began_at >= since and one.target != "/robots.txt")
        return sorted(wanted, key=lambda one: one.began_at)

    def cpu_seconds(self) -> float:
        """Return the processor time that the server has taken so far."""
        times = self.process.cpu_times()
        return float(times.user + times.system)


@contextlib.contextmanager
def serving(pages: Path | str, log: Path) -> Iterator[RunningServer]:
    """Run a server while the block lasts.

    Args:
        pages: Folder of rendered pages, ``small:COUNT`` or ``past:FOLDER``.
        log: File for the requests.
    """
    command = [sys.executable, "-m", "benchmarks.stage.server", str(pages), str(log)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        try:
            base_url = child.stdout.readline().strip()
            yield RunningServer(base_url=base_url, log=log, process=psutil.Process(child.pid))
        finally:
            child.terminate()


Answer = tuple[bytes, "Callable[[], bytes]"]
"""Head of a response without validators' judgement, and what gives its body."""


class _Connection(asyncio.Protocol):
    """One keep-alive connection; requests come one after the other, as Scrapy sends them."""

    def __init__(self, look_up: Callable[[str], tuple[bytes, bytes]], log: IO[str]) -> None:
        self._look_up = look_up
        self._log = log
        self._unread = b""
        self._began_at = 0.0
        self._target = ""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        transport.set_write_buffer_limits(high=0)  # so that an answer that has left is heard of
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._unread += data
        while b"\r\n\r\n" in self._unread:
            head, _, self._unread = self._unread.partition(b"\r\n\r\n")
            self._began_at = time.time()
            self._target = head.split(b" ", 2)[1].decode("latin-1")
            self._transport.writelines(self._look_up(self._target))
            if not self._transport.get_write_buffer_size():
                self._note()

    def resume_writing(self) -> None:
        self._note()

    def connection_lost(self, exc: Exception | None) -> None:
        self._note()

    def _note(self) -> None:
        if self._target:
            self._log.write(f"{self._began_at:.6f} {time.time():.6f} {self._target}\n")
            self._log.flush()
            self._target = ""


def _from_folder(pages: Path) -> Callable[[str], tuple[bytes, bytes]]:
    index = json.loads((pages / "index.json").read_text("utf-8"))

    def look_up(target: str) -> tuple[bytes, bytes]:
        status, headers, name = index.get(target, (404, (), ""))
        body = (pages / name).read_bytes() if name else b""
        return _head(status, headers, len(body)), body

    return look_up


def _from_archive(site: Archive) -> Callable[[str], tuple[bytes, bytes]]:
    def look_up(target: str) -> tuple[bytes, bytes]:
        response = site.lookup(ORIGIN + target)
        assert response is not None, "it answers everything"
        return _head(response.status, response.headers, len(response.body)), response.body

    return look_up


def _head(status: int, headers: tuple[tuple[str, str], ...], length: int) -> bytes:
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers)
    return f"HTTP/1.1 {status} {HTTPStatus(status).phrase}\r\n{lines}Content-Length: {length}\r\n\r\n".encode("latin-1")


async def _serve(pages: str, log_path: str) -> None:
    kind, _, what = pages.partition(":")
    if kind == "small":
        look_up = _from_archive(SmallSite(int(what)))
    elif kind == "past":
        look_up = _from_archive(PastSite(Path(what)))
    else:
        look_up = _from_folder(Path(pages))
    with Path(log_path).open("a", encoding="utf-8") as log:
        loop = asyncio.get_running_loop()
        server = await loop.create_server(lambda: _Connection(look_up, log), "127.0.0.1", 0, backlog=256)
        print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
        await server.serve_forever()


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_serve(*sys.argv[1:]))
