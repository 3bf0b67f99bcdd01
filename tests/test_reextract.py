"""Reading again: today's readers over what was kept."""

from __future__ import annotations

import dataclasses
import gzip
import hashlib
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text

from crawler.normalize import normalize
from crawler.rereading.running import reread
from crawler.rereading.units import Choice, Unit, find_units
from crawler.sources import source_named
from crawler.sources.version import reader_version
from storage import CrawlKind, CrawlPlan, HeldPage, RunState, Store
from storage.database import reading
from storage.engines import open_engine
from storage.maintenance import Maintenance

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from conftest import Ended

    from crawler.archives.site import SeedSite
    from storage import Article

SEEDS = Path(__file__).resolve().parent.parent / "seeds"
CN = source_named("rfi-cn")
NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
PAGES = 12


def captured_at(number: int) -> datetime:
    """Return when a page was captured."""
    return NOW + timedelta(minutes=number)


@pytest.fixture(scope="session")
def pages(seed_site: SeedSite) -> list[tuple[str, bytes]]:
    """Return some article pages with a lead."""
    found = [seed_site.lookup(url) for url in sorted(seed_site.article_urls) if url.startswith(CN.home_url)]
    return [
        (page.url, page.body) for page in found if page is not None and b'<p class="t-content__chapo">' in page.body
    ][:PAGES]


@pytest.fixture
def recording(tmp_path: Path, pages: list[tuple[str, bytes]]) -> Path:
    """Return a recording of these pages in three files, in the order of their capture."""
    folder = tmp_path / "recording"
    folder.mkdir()
    for part in range(3):
        records = b""
        for number in range(part * 4, part * 4 + 4):
            url, body = pages[number]
            head = f"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: {len(body)}\r\n\r\n"
            http = head.encode() + body
            fields = (
                f"WARC/1.1\r\nWARC-Type: response\r\nWARC-Target-URI: {url}\r\n"
                f"WARC-Date: {captured_at(number):%Y-%m-%dT%H:%M:%SZ}\r\nWARC-Record-ID: <urn:uuid:{number:032x}>\r\n"
                f"Content-Type: application/http; msgtype=response\r\nContent-Length: {len(http)}\r\n\r\n"
            )
            records += gzip.compress(fields.encode() + http + b"\r\n\r\n", 1)
        (folder / f"{part}.warc.gz").write_bytes(records)
    return folder


def read(url: str, body: bytes, number: int) -> Article:
    """Return what today's reader makes of a page."""
    scraped = CN.read_article(body.decode(), url)
    return normalize(dataclasses.replace(scraped, fetched_at=captured_at(number)), CN)


@pytest.fixture
def database(database_url: str, pages: list[tuple[str, bytes]]) -> str:
    """Return a database of the time when leads were not read, and one page was held back; once on each kind."""
    with Store.open(database_url) as store:
        for number, (url, body) in enumerate(pages[:-1]):
            article = read(url, body, number)
            if number % 2:
                article = dataclasses.replace(article, lead=None, reader_version="0.0.1+old")
            store.save(article, now=captured_at(number))
        url = pages[-1][0]
        held = HeldPage(
            url=url, source="rfi-cn", template="", reason="", reader_version="0.0.1+old", run_id=None, held_at=NOW
        )
        store.monitors.keep("rfi-cn", {}, now=NOW)
        with store.writing() as connection:
            from storage.identity import url_key  # noqa: PLC0415 -- the same
            from storage.monitors import write_held  # noqa: PLC0415 -- a door of the store's own

            write_held(connection, {url_key(url): held})
    return database_url


def test_a_dry_run_says_what_would_change_and_changes_nothing(
    newscrawl: Callable[..., Ended], database: str, recording: Path, tmp_path: Path, pages: list[tuple[str, bytes]]
) -> None:
    """Fields filled before and after, a sample of each kind of change, what would appear."""
    before = digest_of(database)
    report = tmp_path / "report.json"
    told = newscrawl("reextract", recording, "--json", "--processes", "1", "--report", report, "--db", database)
    assert (told.code, told.err) == (0, "")
    said = told.objects[0]
    assert [said[name] for name in ("pages", "unchanged", "corrected", "appearing", "is_applied")] == [
        12,
        6,
        5,
        1,
        False,
    ]
    assert (said["filled"]["lead"], said["filled"]["title"]) == ([6, 11], [11, 11])
    assert said["changes"] == {"lead filled": 5}
    assert [(one["url"], one["before"]) for one in said["samples"]["lead filled"]] == [
        (pages[number][0], None) for number in (1, 3, 5)
    ]
    assert digest_of(database) == before
    assert report.is_file()


@pytest.mark.long
def test_corrected_rows_keep_what_they_said(
    newscrawl: Callable[..., Ended], database: str, recording: Path, pages: list[tuple[str, bytes]]
) -> None:
    """Revisions keep their number and gain their lead; the old reading stands beside them, marked by its reader."""
    assert newscrawl("reextract", recording, "--apply", "--processes", "1", "--db", database).code == 0
    with Store.open(database) as store:
        for number, (url, body) in enumerate(pages):
            (stored,) = store.revisions(url)
            expected = read(url, body, number)
            assert (stored.article.lead, stored.article.text, stored.revision) == (expected.lead, expected.text, 1)
            assert store.article(url).article.title == expected.title
        assert store.monitors.held() == []
        lead = read(*pages[1], 1).lead
        assert lead is not None
        assert newscrawl("search", lead[:6], "--json", "--db", database).objects != []
    engine = open_engine(database)
    with reading(engine) as connection:
        earlier = connection.execute(text("SELECT number, reader_version FROM earlier_readings")).all()
        versions = set(connection.execute(text("SELECT reader_version FROM revisions")).scalars())
    engine.dispose()
    assert [tuple(row) for row in earlier] == [(1, "0.0.1+old")] * 5
    assert versions == {reader_version()}
    again = newscrawl("reextract", recording, "--apply", "--json", "--processes", "1", "--db", database).objects[0]
    assert (again["unchanged"] + again["seen"], again["corrected"], again["appearing"]) == (12, 0, 0)


class Stopped(Exception):
    """The reading was cut off."""


@pytest.fixture
def opened(database: str) -> Iterator[Store]:
    """Return the store of that time."""
    with Store.open(database) as store:
        yield store


@pytest.mark.long
def test_a_reading_that_was_cut_off_ends_with_the_same_result(
    opened: Store, recording: Path, tmp_path: Path, pages: list[tuple[str, bytes]]
) -> None:
    """After every piece: the rest is read, and rows and report are those of a reading that was not cut off."""
    units = find_units([recording], opened, with_seeds=True)
    assert [unit.name.rpartition("/")[2] for unit in units] == ["0.warc.gz", "1.warc.gz", "2.warc.gz"]
    with Store.open(f"sqlite:///{tmp_path}/whole.db") as whole:
        for stored in opened.articles(newest_first=False):
            whole.save(stored.article, now=NOW)
        one = reread(units, Choice(), whole, processes=1, is_applied=True, now=lambda: NOW)
        expected = [(s.article.canonical_url, s.article.lead, s.fingerprint) for s in whole.articles()]

    def stop(done: int, *_: object) -> None:
        raise Stopped(done)

    for done in (1, 2, 3):
        with pytest.raises(Stopped, match=str(done)):
            reread(units, Choice(), opened, processes=1, is_applied=True, now=lambda: NOW, on_progress=stop)
    other = reread(units, Choice(), opened, processes=1, is_applied=True, now=lambda: NOW)
    assert other == one
    assert [(s.article.canonical_url, s.article.lead, s.fingerprint) for s in opened.articles()] == expected


@pytest.mark.long
def test_several_processes_give_what_one_gives(opened: Store, recording: Path) -> None:
    """In the same order."""
    units = [Unit(file=str(path)) for path in sorted(recording.iterdir())]
    reports = [reread(units, Choice(), opened, processes=count, is_applied=False, now=lambda: NOW) for count in (1, 2)]
    assert reports[0] == reports[1]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_pages_are_chosen_by_source_and_time(newscrawl: Callable[..., Ended], database: str, recording: Path) -> None:
    """What is outside is not read."""
    counts = [
        newscrawl("reextract", recording, *options, "--json", "--processes", "1", "--db", database).objects[0]["pages"]
        for options in (("--source", "rfi-fr"), ("--until", "2026-11-26"), ("--since", "2026-11-26"), ())
    ]
    assert counts == [0, 0, 12, 12]


def test_the_recordings_of_the_databases_own_runs_need_no_name(
    newscrawl: Callable[..., Ended], opened: Store, database: str, recording: Path, tmp_path: Path
) -> None:
    """All that are still there are read; of one that is gone a sentence says so."""
    gone = tmp_path / "gone"
    for folder in (recording, recording, gone, None):
        plan = CrawlPlan(source="rfi-cn", kind=CrawlKind.ONEOFF, record=str(folder) if folder is not None else None)
        opened.runs.finish(
            opened.runs.start(plan, now=NOW).id, state=RunState.FINISHED, reason=None, counts={}, now=NOW
        )
    assert opened.rereading.recordings() == sorted([str(gone), str(recording)])
    told = newscrawl("reextract", "--json", "--processes", "1", "--db", database)
    assert (told.code, told.objects[0]["pages"]) == (0, 12)
    assert told.err == f"newscrawl: passed over: the recording {gone} is not there any more\n"


def test_seed_files_that_are_kept_are_read_again(newscrawl: Callable[..., Ended], tmp_path: Path) -> None:
    """Without a recording; read by the readers of the day of their import, they say what is stored."""
    database = f"sqlite:///{tmp_path}/news.db"
    assert newscrawl("seeds", "import", SEEDS, "--db", database).code == 0
    said = newscrawl("reextract", "--json", "--processes", "1", "--db", database).objects[0]
    assert (said["corrected"], said["appearing"], said["refused"]) == (0, 0, {})
    assert said["unchanged"] > 60  # a story that was archived twice is seen, and no revision was made of it


def test_nothing_to_read_is_one_sentence(newscrawl: Callable[..., Ended], tmp_path: Path) -> None:
    """An operator learns what to name."""
    database = f"sqlite:///{tmp_path}/news.db"
    Store.open(database).close()
    ended = newscrawl("reextract", "--db", database)
    assert ended.code != 0
    assert (
        "there is nothing to read again: no run of this database was recorded, and no seed files are kept" in ended.err
    )


def digest_of(url: str) -> str:
    """Return a hash of a dump's bytes."""
    with Maintenance.open(url) as maintenance:
        return hashlib.sha256(b"".join(maintenance.dump(with_times=True))).hexdigest()
