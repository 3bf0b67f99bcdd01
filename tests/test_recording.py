"""Recordings: what a recorder writes, how it is found again, what crashes leave, what pruning may take."""

from __future__ import annotations

import asyncio
import gzip
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from scrapy import Request
from scrapy.http import Response
from warcio.checker import Checker

from crawler.archives.keeping import check, prune
from crawler.archives.recorder import Recorder
from crawler.archives.recording import Recording
from crawler.archives.run_facts import RunFacts
from crawler.archives.warc import payload_digest, read_capture, read_captures
from crawler.archives.warc_records import Damage, read_records
from crawler.exchange import Exchange
from crawler.middlewares.record import RecordMiddleware
from storage import CapturePlace, CrawlKind, CrawlPlan

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Ended

URL = "https://www.rfi.fr/cn/%E4%B8%AD%E5%9B%BD/a?b=2&a=1"
NOW = datetime(2026, 11, 26, 12, 0, 0, 123456, tzinfo=UTC)
PAGE = b"<p>" + bytes(range(256)) * 8


def exchange(
    url: str = URL, body: bytes = PAGE, status: int = 200, after: timedelta = timedelta(0), **facts: Any
) -> Exchange:
    """Return an exchange that took place so long after `NOW`."""
    headers = {"headers": (("Content-Type", "text/html; charset=utf-8"), ("ETag", '"1"'))} if status == 200 else {}
    asked = (("User-Agent", "newscrawl"), ("Accept-Encoding", "gzip, deflate"))
    made: dict[str, Any] = {"url": url, "body": body, "status": status, "request_headers": asked, **headers}
    return Exchange(**made | {"answered_at": NOW + after} | facts)


def record(recording: Recording, *exchanges: Exchange, name: str = "run-1", **options: Any) -> list[CapturePlace]:
    """Record exchanges and return where they stand."""
    recorder = Recorder(recording, name=name, facts={"software": "newscrawl"}, **options)
    places = [recorder.keep(one) for one in exchanges]
    recorder.close()
    return [place.result() for place in places]


def test_an_exchange_is_kept_as_request_and_response_with_its_place(tmp_path: Path) -> None:
    """The answer's record stands where its place says, to the microsecond and the byte."""
    (place,) = record(Recording(str(tmp_path)), exchange(address="192.0.2.1"))

    file = str(tmp_path / place.file)
    response = read_capture(file, place.offset, place.length)
    kinds = [(one.kind, one.url) for one in read_records(file)]
    assert kinds == [("warcinfo", ""), ("response", URL), ("request", URL)]
    assert (response.captured_at, response.body, response.header("etag")) == (NOW, PAGE, '"1"')
    assert (place.payload_digest, place.captured_at, place.url) == (payload_digest(PAGE), NOW, URL)
    request = list(read_records(file))[2]
    assert dict(request.headers) == {
        "Host": "www.rfi.fr",
        "User-Agent": "newscrawl",
        "Accept-Encoding": "gzip, deflate",
    }


def test_credentials_for_a_proxy_are_not_kept(tmp_path: Path) -> None:
    """They are the operator's, and recordings are handed on."""
    recorder = Recorder(Recording(str(tmp_path)), name="run-1", facts={"software": "newscrawl"})
    middleware = RecordMiddleware(recorder)
    request = Request(
        URL, headers={"Proxy-Authorization": "Basic YTpi", "Accept": "text/html"}, meta={"fetched_at": NOW}
    )
    middleware.process_request(request)
    asyncio.run(middleware.process_response(request, Response(URL, body=PAGE)))
    recorder.close()
    file = tmp_path / request.meta["recorded"].result().file
    assert [dict(one.headers) for one in read_records(str(file)) if one.kind == "request"] == [
        {"Host": "www.rfi.fr", "Accept": "text/html"}
    ]
    assert b"YTpi" not in gzip.decompress(file.read_bytes())


def test_a_body_that_came_packed_stays_packed(tmp_path: Path) -> None:
    """Nothing is unpacked or packed again, and the reader of a capture gets both."""
    packed = gzip.compress(PAGE, mtime=0)
    (place,) = record(Recording(str(tmp_path)), exchange(body=packed, headers=(("Content-Encoding", "gzip"),)))

    capture = read_capture(str(tmp_path / place.file), place.offset)

    assert (capture.body, capture.content) == (packed, PAGE)


def test_an_unchanged_body_is_kept_once(tmp_path: Path) -> None:
    """Within a run and over runs: a revisit record names the one before, and is read as the page."""
    first = record(Recording(str(tmp_path)), exchange(), exchange(after=timedelta(hours=1)))
    second = record(Recording(str(tmp_path)), exchange(after=timedelta(hours=2)), name="run-2")

    files = sorted({one.file for one in first + second})
    captures = list(read_captures([str(tmp_path / name) for name in files]))
    assert [(one.body, one.is_revisit) for one in captures] == [(PAGE, False), (PAGE, True), (PAGE, True)]
    lines = Recording(str(tmp_path)).captures_of(URL)
    assert [line.original for line in lines] == [
        None,
        (first[0].file, first[0].offset),
        (first[0].file, first[0].offset),
    ]
    assert [Recording(str(tmp_path)).capture(line).body for line in lines] == [PAGE] * 3


def test_a_body_is_kept_once_more_after_a_week(tmp_path: Path) -> None:
    """Else the file with the first copy could never go."""
    week = timedelta(days=7)
    record(Recording(str(tmp_path)), exchange(), exchange(after=week - timedelta(seconds=1)), exchange(after=week))

    lines = Recording(str(tmp_path)).captures_of(URL)

    assert [line.is_revisit for line in lines] == [False, True, False]


def test_not_modified_is_a_revisit_of_its_own_kind(tmp_path: Path) -> None:
    """A 304 is read as the 304 it was."""
    places = record(Recording(str(tmp_path)), exchange(), exchange(status=304, body=b"", after=timedelta(hours=1)))

    capture = read_capture(str(tmp_path / places[1].file), places[1].offset)
    raw = [one for one in read_records(str(tmp_path / places[1].file)) if one.kind == "revisit"]

    assert (capture.status, capture.body, capture.is_revisit) == (304, b"", True)
    assert raw[0].fields["warc-profile"].endswith("server-not-modified")
    assert raw[0].fields["warc-refers-to-target-uri"] == URL


def test_a_failure_is_kept_with_its_words(tmp_path: Path) -> None:
    """A request without an answer has a metadata record that says why; it is no capture."""
    (place,) = record(Recording(str(tmp_path)), exchange(status=None, body=b"", failure="connection refused"))

    kinds = {one.kind: one.body for one in read_records(str(tmp_path / place.file))}

    assert kinds["metadata"] == b"newscrawl-failure: connection refused\r\n"
    assert Recording(str(tmp_path)).captures_of(URL) == []


def test_files_are_closed_at_a_size_and_each_is_clean_and_complete(tmp_path: Path) -> None:
    """Each has a warcinfo record and an index, and warcio finds no fault in its digests."""
    pages = [exchange(url=f"{URL}&n={number}", body=PAGE + bytes([number])) for number in range(8)]
    record(Recording(str(tmp_path)), *pages, max_file_bytes=2000)

    files = sorted(tmp_path.glob("*.warc.gz"))
    assert len(files) > 2
    indexes = sorted(one.name for one in tmp_path.glob("*.cdxj"))
    assert [file.name.replace(".warc.gz", ".cdxj") for file in files] == indexes
    for file in files:
        assert next(read_records(str(file))).kind == "warcinfo"
    checker = Checker(type("Options", (), {"inputs": [str(file) for file in files], "verbose": False}))
    checker.process_all()
    assert checker.exit_value == 0
    found = check(Recording(str(tmp_path)))
    assert (found.files, found.captures, found.wrong, found.torn) == (len(files), 8, [], [])


def test_what_a_run_was_is_read_back_from_its_files(tmp_path: Path) -> None:
    """Plan, time, settings: all that a replay needs."""
    plan = CrawlPlan(source="rfi-cn", kind=CrawlKind.ONEOFF, seeds=("https://www.rfi.fr/cn/中国/",), limit=3)
    facts = RunFacts(name="a", run_id=7, started_at=NOW, plan=plan, stand_in="", settings={"retry_seconds": 5.0})
    recorder = Recorder(Recording(str(tmp_path)), name="a", facts=facts.as_warcinfo("newscrawl/0 (+desk@example.org)"))
    recorder.keep(exchange())
    recorder.close()

    record_ = next(read_records(str(next(tmp_path.glob("*.warc.gz")))))

    assert RunFacts.of(record_) == facts


def test_a_crash_leaves_a_readable_file_whose_index_is_made_at_the_next_opening(tmp_path: Path) -> None:
    """The torn tail is told and passed over; a file that is being written is left alone."""
    recording = Recording(str(tmp_path))
    recorder = Recorder(recording, name="alive", facts={})
    recorder.keep(exchange()).result()
    places = record(recording, exchange(), exchange(url=URL + "b", body=PAGE[1:]), name="dead")
    dead = tmp_path / places[0].file
    dead.write_bytes(dead.read_bytes()[: places[1].offset + 30])
    (tmp_path / "dead-00001.cdxj").unlink()
    damages: list[Damage] = []

    mended = Recording(str(tmp_path)).mend(damages.append)

    assert (mended, [str(one) for one in damages]) == (1, [f"{dead}: a torn record at byte {places[1].offset}"])
    assert not (tmp_path / "alive-00001.cdxj").exists()
    assert [line.filename for line in Recording(str(tmp_path)).captures_of(URL)] == ["dead-00001.warc.gz"]
    found = check(Recording(str(tmp_path)))
    assert (len(found.torn), found.wrong) == (1, [])
    recorder.close()


def test_a_check_finds_what_is_not_as_it_was_written(tmp_path: Path) -> None:
    """A body that another wrote, an index of another file, an original that is gone."""
    recording = Recording(str(tmp_path))
    places = record(recording, exchange(), exchange(after=timedelta(hours=1), url=URL + "c"))
    plain = gzip.decompress((tmp_path / places[0].file).read_bytes())
    (tmp_path / places[0].file).write_bytes(gzip.compress(plain.replace(b"<p>", b"<b>", 1)))

    found = check(Recording(str(tmp_path)))

    reasons = {one.reason for one in found.wrong}
    assert "a body that is not as its digest says" in reasons
    assert "an index line without a capture" in reasons


def test_a_recording_that_cannot_be_written_says_so_to_all_who_wait(tmp_path: Path) -> None:
    """No place is given out for what is not on disk."""
    failures: list[Exception] = []
    recorder = Recorder(Recording(str(tmp_path)), name="a", facts={}, on_failed=failures.append)
    (tmp_path / "a-00001.warc.gz").touch()

    place = recorder.keep(exchange())

    assert isinstance(place.exception(), FileExistsError)
    assert isinstance(recorder.keep(exchange()).exception(), FileExistsError)
    with pytest.raises(FileExistsError):
        recorder.close()
    assert len(failures) == 1


def test_pruning_takes_old_files_with_their_indexes_and_none_that_is_needed(tmp_path: Path) -> None:
    """By age and by size; a file whose body a later one repeats stays as long as that."""
    recording = Recording(str(tmp_path))
    record(recording, exchange(), name="a")
    record(Recording(str(tmp_path)), exchange(after=timedelta(days=1), url=URL + "b", body=PAGE[1:]), name="b")
    record(Recording(str(tmp_path)), exchange(after=timedelta(days=6)), name="c")
    old = NOW + timedelta(days=2)

    told = prune(Recording(str(tmp_path)), before=old, keep_bytes=None, dry_run=True)
    before = sorted(one.name for one in tmp_path.iterdir())
    pruned = prune(Recording(str(tmp_path)), before=old, keep_bytes=None, dry_run=False)

    assert told == pruned
    assert (pruned.removed, pruned.needed) == (("b-00001.warc.gz",), ("a-00001.warc.gz",))
    assert len(before) == 6
    assert sorted(one.name for one in tmp_path.iterdir()) == [one for one in before if not one.startswith("b")]
    assert check(Recording(str(tmp_path))).wrong == []
    everything = prune(Recording(str(tmp_path)), before=None, keep_bytes=0, dry_run=False)
    assert everything.removed == ("a-00001.warc.gz", "c-00001.warc.gz")
    assert list(tmp_path.iterdir()) == []


def test_an_object_store_takes_whole_files(tmp_path: Path) -> None:
    """What is being written stands in a spool folder; what a crash left there goes home at the next opening."""
    address = f"memory://{tmp_path.name}/recordings"
    recording = Recording(address, spool=tmp_path)
    (place,) = record(recording, exchange())
    left = recording.begin_file("dead-00001.warc.gz")
    left.write(Path(next(tmp_path.glob("*/dead*"))).read_bytes() or gzip.compress(b""))
    left.close()
    spooled = next(tmp_path.glob("*/dead*"))
    spooled.write_bytes(recording._files.cat_file(recording.path_of(place.file).removeprefix("memory:/")))

    assert Recording(address, spool=tmp_path).mend() == 1

    assert not spooled.exists()
    assert [one.name for one in Recording(address).files()] == ["dead-00001.warc.gz", "run-1-00001.warc.gz"]
    assert [Recording(address).capture(line).body for line in Recording(address).captures_of(URL)] == [PAGE] * 2
    assert read_capture(recording.path_of(place.file), place.offset, place.length).body == PAGE
    assert prune(Recording(address), before=None, keep_bytes=0, dry_run=False).kept_bytes == 0
    assert not Recording(address).exists()


def test_an_operator_lists_checks_and_prunes(tmp_path: Path, newscrawl: Callable[..., Ended]) -> None:
    """What the commands say is what is there."""
    plan = CrawlPlan(source="rfi-cn", kind=CrawlKind.ONEOFF)
    facts = RunFacts(name="a", run_id=7, started_at=NOW, plan=plan, stand_in="", settings={})
    recorder = Recorder(Recording(str(tmp_path / "r")), name="a", facts=facts.as_warcinfo("newscrawl"))
    recorder.keep(exchange())
    recorder.close()

    (listed,) = newscrawl("recordings", "list", "r", "--json").objects
    checked = newscrawl("recordings", "check", "r")
    pruned = newscrawl("recordings", "prune", "r", "--keep-bytes", "0")

    size = listed.pop("bytes")
    started = {"started_at": "2026-11-26T12:00:00.123456Z"}
    assert listed == {"run": "a", "source": "rfi-cn", "captures": 1, "files": 1} | started
    assert (checked.code, checked.out) == (0, "1 captures in 3 records of 1 files\n")
    assert pruned.out == f"1 files, {size:,} bytes, removed; 0 bytes stay\n"
    assert newscrawl("recordings", "list", "r").err == "newscrawl: nothing is recorded in r\n"
    assert newscrawl("recordings", "prune", "r").code == 2
