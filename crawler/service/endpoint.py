"""Health over HTTP, for whoever watches a service: ``/healthz`` for supervisors, ``/metrics`` for Prometheus.

It answers in threads of its own and only reads, so that it can neither hold up a service nor be held up by it.
"""

from __future__ import annotations

import json
import logging
import shutil
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest

from crawler import __version__
from crawler.errors import BadInput
from crawler.service.health import look
from crawler.service.metrics import HealthCollector
from storage import StoreError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from crawler.service.health import Health
    from storage import Store

logger = logging.getLogger(__name__)

# Longest wait for a request once somebody is connected.
REQUEST_SECONDS = 10

# Below this nothing can be counted on to be written.
FULL_BELOW_BYTES = 100 * 10**6


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """What an endpoint tells of."""

    store: Store
    heartbeat_seconds: float
    folder: Path
    """Where logs, and with SQLite the database, are written: its disk must not be full."""

    def health(self, *, now: datetime) -> Health:
        """Return how scheduled crawls stand."""
        return look(self.store, heartbeat_seconds=self.heartbeat_seconds, now=now)

    def free_bytes(self) -> int:
        """Return what is free on the disk."""
        existing = next(one for one in (self.folder.absolute(), *self.folder.absolute().parents) if one.is_dir())
        return shutil.disk_usage(existing).free


@contextmanager
def answering(watched: Watched, *, host: str, port: int) -> Iterator[str]:
    """Answer on an address as long as the block lasts, and give the URL to which health is answered.

    Args:
        watched: What to tell of.
        host: Address to listen on, such as ``127.0.0.1``.
        port: 0 takes a free one.

    Raises:
        BadInput: The address is not ours, or taken.
    """
    try:
        server = _Server((host, port), watched)
    except OSError as error:
        raise BadInput(
            f"health cannot be answered on {host}:{port}: {error.strerror or error}; choose another --health-port"
        ) from None
    url = f"http://{host}:{server.server_address[1]}/healthz"
    thread = threading.Thread(target=server.serve_forever, name="health", daemon=True)
    thread.start()
    logger.info("health is answered at %s", url)
    try:
        yield url
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, address: tuple[str, int], watched: Watched) -> None:
        super().__init__(address, _Answer)
        self.watched = watched
        self.metrics = CollectorRegistry(auto_describe=False)
        self.metrics.register(HealthCollector(watched.health, watched.free_bytes))


class _Answer(BaseHTTPRequestHandler):
    server: _Server
    server_version = f"newscrawl/{__version__}"
    sys_version = ""
    timeout = REQUEST_SECONDS

    def do_GET(self) -> None:
        """Answer with health, with metrics, or that there is no such page."""
        path = self.path.partition("?")[0]
        try:
            if path == "/healthz":
                told = health_as_json(self.server.watched, now=datetime.now(UTC))
                self._reply(503 if told["troubles"] else 200, "application/json", json.dumps(told).encode() + b"\n")
            elif path == "/metrics":
                self._reply(200, CONTENT_TYPE_LATEST, generate_latest(self.server.metrics))
            else:
                self._reply(404, "text/plain; charset=utf-8", b"there are /healthz and /metrics\n")
        except StoreError as error:
            told = {"status": "failing", "troubles": [str(error)]}
            self._reply(503, "application/json", json.dumps(told).encode() + b"\n")

    do_HEAD = do_GET

    def _reply(self, status: int, kind: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 -- the base class calls it so
        """Keep requests out of the service's log, where they would be most of it."""
        logger.debug(format, *args)


def health_as_json(watched: Watched, *, now: datetime) -> dict[str, Any]:
    """Return what ``/healthz`` answers; times in UTC."""
    health = watched.health(now=now)
    free = watched.free_bytes()
    troubles = health.troubles()
    if free < FULL_BELOW_BYTES:
        troubles.append(f"the disk of {watched.folder} is full: {free} bytes are free")
    age = health.heartbeat_age
    return {
        "status": "failing" if troubles else "ok",
        "role": "leader" if health.is_ours else "standby",
        "leader": health.leader.holder if health.leader else None,
        "heartbeat_at": _utc(health.leader.heartbeat_at) if health.leader else None,
        "heartbeat_age_seconds": round(age.total_seconds(), 3) if age is not None else None,
        "schedules": len(health.schedules),
        "paused": health.paused,
        "runs": {state.value: count for state, count in health.runs.items()},
        "overdue": [{"schedule": one.schedule, "planned_at": _utc(one.planned_at)} for one in health.overdue],
        "disk_free_bytes": free,
        "troubles": troubles,
    }


def _utc(instant: datetime) -> str:
    return instant.astimezone(UTC).isoformat().replace("+00:00", "Z")
