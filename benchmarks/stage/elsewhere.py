"""One command of ours on another day, by a process that writes down whom it would speak to.

    python -m benchmarks.stage.elsewhere DAYS LOG COMMAND...

The clock of the process is so many days ahead. LOG gets one line for each address it connects to, or asks for, that is
not this machine.
"""

from __future__ import annotations

import sys
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import time_machine

from crawler.cli import main

_EVENTS = {
    "socket.connect": 1,
    "socket.sendto": 1,
    "socket.bind": 1,
    "socket.getaddrinfo": 0,
    "socket.gethostbyname": 0,
}
"""What Python tells of sockets, and which argument says with whom."""


def watch(log: Path) -> None:
    """Write down every address that is not loopback, from now to the end of the process."""

    def note(event: str, arguments: tuple[Any, ...]) -> None:
        place = _EVENTS.get(event)
        if place is None or _is_here(arguments[place]):
            return
        with log.open("a", encoding="utf-8") as lines:
            lines.write(f"{event} {arguments[place]!r}\n")

    sys.addaudithook(note)


def _is_here(address: Any) -> bool:
    """Is it this machine, or no address of a network at all?"""
    if isinstance(address, str | bytes) and not isinstance(address, tuple):
        name = address.decode() if isinstance(address, bytes) else address
        if name.startswith("/") or not name:  # a socket of the file system
            return True
    else:
        name = str(address[0]) if isinstance(address, tuple) and address else ""
    try:
        return ip_address(name).is_loopback
    except ValueError:
        return name in ("localhost", "")


if __name__ == "__main__":
    watch(Path(sys.argv[2]))
    with time_machine.travel(datetime.now(UTC) + timedelta(days=int(sys.argv[1])), tick=True):
        code = main(sys.argv[3:])
    sys.exit(code)
