"""Captures of WARC and WACZ files, ours and other programs', whole and damaged."""

from __future__ import annotations

import gzip
import io
import zipfile
import zlib
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import brotli
import fsspec
import pytest
import zstandard
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from crawler.archives.warc import payload_digest, read_capture, read_captures
from crawler.archives.warc_records import Damage, read_records, warc_files_in
from crawler.errors import BadInput

if TYPE_CHECKING:
    from pathlib import Path

URL = "https://www.rfi.fr/cn/a"
PAGE = "<p>灯塔</p>".encode() * 50


def warc(*pages: tuple[str, bytes, dict[str, str]], is_packed: bool = True) -> bytes:
    """Return a WARC file as warcio writes it: warcinfo, then one response a page."""
    out = io.BytesIO()
    writer = WARCWriter(out, gzip=is_packed, warc_version="1.1")
    writer.write_record(writer.create_warcinfo_record("a.warc.gz", {"software": "warcio"}))
    for number, (url, body, headers) in enumerate(pages):
        head = StatusAndHeaders("200 OK", [("Content-Type", "text/html"), *headers.items()], protocol="HTTP/1.1")
        date = {"WARC-Date": f"2026-11-26T12:00:{number:02}.5Z"}
        writer.write_record(
            writer.create_warc_record(
                url, "response", io.BytesIO(body), len(body), http_headers=head, warc_headers_dict=date
            )
        )
    return out.getvalue()


def revisit(of: bytes, url: str = URL, date: str = "2026-11-26T12:00:00.5Z") -> bytes:
    """Return a record that says that a page was as before."""
    out = io.BytesIO()
    writer = WARCWriter(out, gzip=True, warc_version="1.1")
    head = StatusAndHeaders("200 OK", [("ETag", '"2"')], protocol="HTTP/1.1")
    writer.write_record(
        writer.create_revisit_record(url, payload_digest(of), refers_to_uri=URL, refers_to_date=date, http_headers=head)
    )
    return out.getvalue()


def kept(folder: Path, content: bytes, name: str = "a.warc.gz") -> str:
    """Write a file and return its name."""
    (folder / name).write_bytes(content)
    return str(folder / name)


@pytest.mark.parametrize("is_packed", [True, False])
def test_a_capture_says_what_a_url_answered_and_where_that_stands(tmp_path: Path, is_packed: bool) -> None:
    """Address, time, head and body are as recorded; its place leads back to it."""
    file = kept(tmp_path, warc((URL, PAGE, {}), (URL + "b", b"", {}), is_packed=is_packed), "a.warc")

    captures = list(read_captures([file]))

    assert [(one.url, one.status, one.body) for one in captures] == [(URL, 200, PAGE), (URL + "b", 200, b"")]
    assert captures[0].captured_at == datetime(2026, 11, 26, 12, 0, 0, 500_000, tzinfo=UTC)
    assert captures[0].header("content-TYPE") == "text/html"
    assert captures[0].payload_digest == payload_digest(PAGE)
    assert [read_capture(file, one.offset, one.length) for one in captures] == captures
    assert read_capture(file, captures[0].offset).body == PAGE


@pytest.mark.parametrize(
    ("coding", "packed"),
    [
        ("gzip", gzip.compress(PAGE)),
        ("deflate", zlib.compress(PAGE)),
        ("deflate", zlib.compress(PAGE)[2:-4]),
        ("br", brotli.compress(PAGE)),
        ("zstd", zstandard.compress(PAGE)),
        ("gzip", PAGE),
        ("identity", PAGE),
    ],
    ids=["gzip", "deflate", "bare deflate", "brotli", "zstd", "said to be packed", "plain"],
)
def test_a_body_is_kept_as_it_came_and_unpacked_on_demand(tmp_path: Path, coding: str, packed: bytes) -> None:
    """`body` is what the server sent, `content` the page."""
    (capture,) = read_captures([kept(tmp_path, warc((URL, packed, {"Content-Encoding": coding})))])

    assert (capture.body, capture.content) == (packed, PAGE)


@pytest.mark.parametrize("coding", ["gzip", "compress"])
def test_a_body_that_cannot_be_unpacked_says_so(tmp_path: Path, coding: str) -> None:
    """Half a page never passes for one."""
    half = gzip.compress(PAGE)[:-20]
    (capture,) = read_captures([kept(tmp_path, warc((URL, half, {"Content-Encoding": coding})))])

    with pytest.raises(BadInput, match=r"is damaged|is not known"):
        _ = capture.content


def test_a_revisit_brings_the_page_it_speaks_of(tmp_path: Path) -> None:
    """The head is its own, the body that of the record before, in another file too."""
    files = [kept(tmp_path, warc((URL, PAGE, {})), "a.warc.gz"), kept(tmp_path, revisit(PAGE), "b.warc.gz")]

    first, second = read_captures(files)

    assert (second.body, second.headers, second.is_revisit) == (PAGE, (("ETag", '"2"'),), True)
    assert (second.file, second.payload_digest) == (files[1], first.payload_digest)
    assert read_capture(files[1], second.offset, original=first) == second


def test_a_revisit_of_what_is_not_here_is_reported(tmp_path: Path) -> None:
    """It is passed over: nobody knows the page."""
    damages: list[Damage] = []
    file = kept(tmp_path, revisit(PAGE))

    assert list(read_captures([file], on_damage=damages.append)) == []
    assert [str(one) for one in damages] == [f"{file}: a revisit of {URL} whose page is not here at byte 0"]
    with pytest.raises(BadInput, match="whose page is not here"):
        read_capture(file, 0)


@pytest.mark.parametrize("is_packed", [True, False])
def test_a_torn_tail_is_reported_and_all_before_it_is_read(tmp_path: Path, is_packed: bool) -> None:
    """Wherever a crash cut the file, whole records come and the torn one does not."""
    whole = warc((URL, PAGE, {}), (URL + "b", PAGE, {}), is_packed=is_packed)
    name = "a.warc.gz" if is_packed else "a.warc"
    last = list(read_records(kept(tmp_path, whole, name)))[-1]
    for cut in range(last.offset + 1, len(whole) - 30, 17):
        damages: list[Damage] = []
        captures = list(read_captures([kept(tmp_path, whole[:cut], name)], on_damage=damages.append))
        assert [one.url for one in captures] == [URL]
        assert [(one.file, one.offset) for one in damages] == [(str(tmp_path / name), last.offset)]


def test_zeros_after_a_power_cut_are_reported(tmp_path: Path) -> None:
    """A file system may have grown the file before it wrote the bytes."""
    damages: list[Damage] = []
    file = kept(tmp_path, warc((URL, PAGE, {})) + bytes(4096))

    assert [one.body for one in read_captures([file], on_damage=damages.append)] == [PAGE]
    assert len(damages) == 1


def test_a_wacz_file_is_read_as_the_warc_files_in_it(tmp_path: Path) -> None:
    """Places lead into it; its pages and indexes are passed over."""
    with zipfile.ZipFile(tmp_path / "a.wacz", "w") as folder:
        folder.writestr("archive/data.warc.gz", warc((URL, PAGE, {})))
        folder.writestr("indexes/index.cdx", "no WARC file")
    files = list(warc_files_in([tmp_path]))

    (capture,) = read_captures(files)

    assert files == [f"zip://archive/data.warc.gz::file://{tmp_path}/a.wacz"]
    assert read_capture(capture.file, capture.offset, capture.length) == capture


def test_files_are_read_from_any_store_that_fsspec_knows() -> None:
    """A memory store stands for S3 here."""
    with fsspec.open("memory://captures/a.warc.gz", "wb") as stream:
        stream.write(warc((URL, PAGE, {})))
    files = list(warc_files_in(["memory://captures"]))

    (capture,) = read_captures(files)

    assert capture.body == PAGE
    assert read_capture(capture.file, capture.offset, capture.length) == capture


def test_what_is_no_warc_file_is_refused(tmp_path: Path) -> None:
    """Neither another file, nor one that is not there, nor a broken WACZ file."""
    (tmp_path / "a.txt").touch()
    (tmp_path / "a.wacz").write_bytes(b"no zip")

    for path, words in ((tmp_path / "a.txt", "is no WARC"), (tmp_path / "b", "is no WARC"), (tmp_path, "no WACZ file")):
        with pytest.raises(BadInput, match=words):
            list(warc_files_in([path]))


@pytest.mark.shared
def test_files_of_other_programs_are_read(shared: Path) -> None:
    """Those of wget, warcio and others, odd ones included: what is whole comes, the rest is reported."""
    damages: list[Damage] = []
    files = list(warc_files_in([shared / "suites" / "warc"]))

    captures = list(read_captures(files, on_damage=damages.append))

    assert {one.file.rsplit("/", 1)[1]: one.url for one in captures} == {
        "example-bad-non-chunked.warc.gz": "http://example.com/",
        "example-iana.org-chunked.warc": "http://www.iana.org/",
        "example-resource.warc.gz": "http://example.com/",
        "example-trunc.warc": "http://example.com/",
        "example-wget-bad-target-uri.warc.gz": "http://example.com/",
        "example-wrong-chunks.warc.gz": "http://example.com/",
        "example.warc": "http://example.com/",
        "example.warc.gz": "http://example.com/",
        "post-test.warc.gz": "http://httpbin.org/post?foo=bar",
    }
    assert {one.file.rsplit("/", 1)[1] for one in damages} == {"example-bad-non-chunked.warc.gz", "example-trunc.warc"}
    chunked = next(one for one in captures if "chunked.warc" in one.file and "iana" in one.url)
    assert chunked.body.startswith(b"<!doctype html>")
