"""Commands in processes of their own that need not import the program first.

More than half of what a crawl of twenty pages costs is importing. So one process imports the program, and forks a
child for every command; from there on the child is what the console script would be. `Child` has the part of
`subprocess.Popen` that tests use.
"""

from __future__ import annotations

import io
import multiprocessing
import os
import random
import signal
import subprocess
import sys
import time
from threading import Thread
from typing import IO, TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Sequence
    from multiprocessing.connection import Connection

_CONTEXT = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload(
    ["crawler.cli.crawl", "crawler.cli.replay", "crawler.runs", "alembic.command", "scrapy.extensions.throttle"]
)


class Child:
    """A command in a process of its own."""

    def __init__(self, arguments: Sequence[str], environment: dict[str, str]) -> None:
        (out, out_end), (err, err_end) = (_CONTEXT.Pipe(duplex=False) for _ in range(2))
        given = (list(arguments), environment, os.getcwd(), out_end, err_end)  # noqa: PTH109 -- as text
        self._process = _CONTEXT.Process(target=_run, args=given)
        self._process.start()
        out_end.close()
        err_end.close()
        self.stdout, self.stderr = _as_file(out), _as_file(err)

    @property
    def pid(self) -> int:
        """Number of the process."""
        assert self._process.pid is not None
        return self._process.pid

    @property
    def returncode(self) -> int | None:
        """Exit code, or minus the number of the signal that ended it; None while it runs."""
        return self._process.exitcode

    def poll(self) -> int | None:
        """Return the exit code, or None while it runs."""
        return self._process.exitcode

    def wait(self, timeout: float | None = None) -> int:
        """Wait for the end and return the exit code.

        Raises:
            subprocess.TimeoutExpired: It still runs.
        """
        self._process.join(timeout)
        if self._process.exitcode is None:
            raise subprocess.TimeoutExpired(str(self.pid), timeout or 0)
        return self._process.exitcode

    def communicate(self, timeout: float | None = None) -> tuple[bytes, bytes]:
        """Read standard output and error to their ends, wait for the child's end, and return them.

        Raises:
            subprocess.TimeoutExpired: It still runs.
        """
        until = None if timeout is None else time.monotonic() + timeout
        read: dict[IO[bytes], bytes] = {}
        readers = [Thread(target=_read, args=(file, read), daemon=True) for file in (self.stdout, self.stderr)]
        for reader in readers:
            reader.start()
        for reader in readers:
            reader.join(None if until is None else max(0, until - time.monotonic()))
        self.wait(None if until is None else max(0, until - time.monotonic()))
        return read.get(self.stdout, b""), read.get(self.stderr, b"")

    def send_signal(self, number: int) -> None:
        """Send a signal, unless it has ended."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        """Ask it to end, unless it has ended."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """End it by force, unless it has ended."""
        self.send_signal(signal.SIGKILL)

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(self, *error: object) -> None:
        """Wait for its end, and let go of what it wrote."""
        self.wait()
        self.stdout.close()
        self.stderr.close()


def _as_file(end: Connection) -> IO[bytes]:
    file = os.fdopen(os.dup(end.fileno()), "rb")
    end.close()
    return file


def _read(file: IO[bytes], into: dict[IO[bytes], bytes]) -> None:
    if not file.closed:  # a second call, after the end, finds nothing more
        with file:
            into[file] = file.read()


def _run(arguments: list[str], environment: dict[str, str], folder: str, out: Connection, err: Connection) -> None:
    """Be the console script."""
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    for number, source in ((0, os.open(os.devnull, os.O_RDONLY)), (1, out.fileno()), (2, err.fileno())):
        os.dup2(source, number)
    out.close()
    err.close()
    sys.stdout = io.TextIOWrapper(open(1, "wb", closefd=False))  # noqa: SIM115 -- to the end
    sys.stderr = io.TextIOWrapper(open(2, "wb", 0, closefd=False), write_through=True)  # noqa: SIM115
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background job would not hear of it
    random.seed()  # or every child would throw the same dice

    from crawler.cli import main  # noqa: PLC0415 -- it is there already

    sys.exit(main(arguments))
