"""Seed files are read and written without losing a byte."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.archives.seeds import find_seed_files, new_seed, parse_seed, read_seeds, render_seed, write_seed
from crawler.errors import BadInput, SeedFileError
from crawler.items import SeedFile

if TYPE_CHECKING:
    from pathlib import Path

EPOCH = b"<!--1690892105000-->\n"
HEADER = "[海港重开](https://www.rfi.fr/cn/国际/20230801-海港重开)\n------\n\n".encode()
FRAGMENT = "<div>01/08/2023 - 14:00</div><p>第一段。</p>".encode()
FRONT_MATTER = """---
layout: post
title: "海港重开"
date: 2023-08-01T13:15:05+01:00
author: 法广
from: https://www.rfi.fr/cn/国际/20230801-海港重开
tags: [ 法广 ]
---
""".encode()

titles = st.text(st.characters(codec="utf-8"), min_size=1).filter(lambda title: title.strip() != "")
urls = st.builds(
    "{}://{}/{}".format,
    st.sampled_from(("http", "https", "HTTPS")),
    st.sampled_from(("www.rfi.fr", "例え.jp", "127.0.0.1:8000")),
    st.text(st.sampled_from("cn/中国()[]-&?=%.，“”")),
)
instants = st.datetimes(
    min_value=datetime(1990, 1, 1, 12),  # noqa: DTZ001 -- hypothesis wants naive bounds and adds the zone itself
    max_value=datetime(2099, 12, 31),  # noqa: DTZ001 -- likewise
    timezones=st.sampled_from((UTC, timezone(timedelta(hours=8)), timezone(-timedelta(hours=3, minutes=30)))),
)
front_matters = st.dictionaries(
    st.from_regex(r"[a-z_][a-z0-9_-]{0,9}", fullmatch=True), st.text(st.characters(codec="utf-8")), max_size=4
)
seeds = st.builds(
    new_seed,
    name=st.just("invented.md"),
    title=titles | st.text(st.sampled_from("[](http://)&quot;#1\r\n \"'<>\\"), min_size=1).filter(str.strip),
    url=urls,
    observed_at=instants,
    fragment=st.text(st.characters(codec="utf-8")) | st.text(st.sampled_from("\r\n<>- ")),
    front_matter=front_matters,
)


def refusal(raw: bytes) -> tuple[int, str]:
    """Return line and reason of the refusal of these bytes."""
    with pytest.raises(SeedFileError) as refused:
        parse_seed(raw, "folder/broken.md")
    assert refused.value.path == "folder/broken.md"
    return refused.value.line, refused.value.reason


def test_a_later_file_is_read() -> None:
    """Without front matter, epoch, title, URL and fragment are all there is."""
    assert parse_seed(EPOCH + HEADER + FRAGMENT, "seeds/1000008_20230801.md") == SeedFile(
        name="1000008_20230801.md",
        url="https://www.rfi.fr/cn/国际/20230801-海港重开",
        title="海港重开",
        observed_at=datetime(2023, 8, 1, 12, 15, 5, tzinfo=UTC),
        fragment=FRAGMENT.decode(),
        front_matter={},
        raw=EPOCH + HEADER + FRAGMENT,
    )


def test_front_matter_is_read_as_plain_strings() -> None:
    """Quotes around a value are not part of it; lists stay as they are written."""
    assert parse_seed(FRONT_MATTER + EPOCH + HEADER + FRAGMENT, "a.md").front_matter == {
        "layout": "post",
        "title": "海港重开",
        "date": "2023-08-01T13:15:05+01:00",
        "author": "法广",
        "from": "https://www.rfi.fr/cn/国际/20230801-海港重开",
        "tags": "[ 法广 ]",
    }


def test_front_matter_stands_in_for_epoch_and_title() -> None:
    """A file with front matter alone takes title, URL and instant from it, the offset counted."""
    seed = parse_seed(FRONT_MATTER + b"\n<article>text</article>\n", "a.md")
    assert (seed.title, seed.url, seed.observed_at, seed.fragment) == (
        "海港重开",
        "https://www.rfi.fr/cn/国际/20230801-海港重开",
        datetime(2023, 8, 1, 12, 15, 5, tzinfo=UTC),
        "<article>text</article>\n",
    )


def test_front_matter_date_stands_in_for_the_epoch_alone() -> None:
    """With front matter and title but no epoch, only the instant comes from the front matter."""
    raw = FRONT_MATTER + "[别的标题](http://example.org/)\n------\n\n".encode() + FRAGMENT
    seed = parse_seed(raw, "a.md")
    assert (seed.title, seed.url, seed.observed_at) == (
        "别的标题",
        "http://example.org/",
        datetime(2023, 8, 1, 12, 15, 5, tzinfo=UTC),
    )


@pytest.mark.parametrize(
    ("line", "title", "url"),
    [
        ("[[財經] 展館開幕](https://x.tw/1)", "[財經] 展館開幕", "https://x.tw/1"),
        ("[港口（续）(2)](http://x.fr//cn/港口_(2))", "港口（续）(2)", "http://x.fr//cn/港口_(2)"),
        ("[&quot;雾季 &quot;又到](https://x.fr/a)", '"雾季 "又到', "https://x.fr/a"),
        ("[ 两端有空白  ](https://x.fr/a)", " 两端有空白  ", "https://x.fr/a"),
        ("[甲](乙)](https://x.fr/a)", "甲](乙)", "https://x.fr/a"),
    ],
)
def test_titles_and_urls_may_hold_brackets(line: str, title: str, url: str) -> None:
    """The title ends before the first ``](http``, the URL with the line; entities are decoded in the title only."""
    seed = parse_seed(EPOCH + f"{line}\n------\n\n".encode() + FRAGMENT, "a.md")
    assert (seed.title, seed.url) == (title, url)


def test_other_line_ends_and_a_byte_order_mark_are_read_and_kept() -> None:
    """BOM and CRLF do not disturb the header, and stand in the bytes written back."""
    raw = b"\xef\xbb\xbf" + (FRONT_MATTER + EPOCH + HEADER + b"<p>1</p>\n<p>2</p>\n").replace(b"\n", b"\r\n")
    seed = parse_seed(raw, "a.md")
    assert (seed.title, seed.fragment) == ("海港重开", "<p>1</p>\r\n<p>2</p>\r\n")
    assert seed.front_matter["author"] == "法广"
    assert write_seed(seed) == raw


@pytest.mark.parametrize(
    ("raw", "line", "reason"),
    [
        (b"", 1, "the file is empty"),
        (b"\xef\xbb\xbf\r\n", 1, "the file is empty"),
        (HEADER + FRAGMENT, 1, "expected an epoch comment such as <!--1596300992000-->"),
        (EPOCH + HEADER + b"<p>\xb8\xdb</p>", 5, "not UTF-8 at byte 99"),
        (b"<!--today-->\n" + HEADER, 1, "epoch is not a number of milliseconds: today"),
        (FRONT_MATTER + b"<!--1690892105-->\n" + HEADER, 9, "epoch is not between 1990 and 2100: 1690892105"),
        (b"<!---5-->\n" + HEADER, 1, "epoch is not between 1990 and 2100: -5"),
        (b"<!--" + b"9" * 5000 + b"-->\n" + HEADER, 1, "epoch is not a number of milliseconds: " + "9" * 20),
        (EPOCH, 2, "expected [title](url)"),
        (EPOCH + b"<p>text</p>", 2, "expected [title](url)"),
        (EPOCH + b"[t](ftp://x.fr/)\n------\n", 2, "the URL is not http or https"),
        (EPOCH + b"[t](http:///a)\n------\n", 2, "the URL is not an http or https address"),
        (EPOCH + b"[t](http://x.fr/a b)\n------\n", 2, "the URL is not an http or https address"),
        (EPOCH + b"[ ](http://x.fr/)\n------\n", 2, "the title is empty"),
        (
            EPOCH + b"[&#" + b"1" * 5000 + b";](http://x.fr/)\n------\n",
            2,
            "the title has an impossible character reference",
        ),
        (EPOCH + b"[t](http://x.fr/)\n<p>text</p>\n", 3, "expected ------"),
        (b"---\nlayout post\n---\n", 2, "expected `key: value` or the closing --- of the front matter"),
        (b"---\nlayout: post\n", 3, "expected `key: value` or the closing --- of the front matter"),
        (b"---\na: 1\na: 2\n---\n", 3, "the front matter has a twice"),
        (b"---\na: 1\n---\n<p>text</p>", 4, "no epoch comment, and the front matter has no date"),
        (b"---\ndate: today\n---\n", 4, "no epoch comment, and the front matter's date is not ISO 8601"),
        (
            b"---\ndate: 2023-08-01\n---\n",
            4,
            "no epoch comment, and the front matter's date has no offset from UTC",
        ),
        (
            b"---\ndate: 0001-01-01T00:00:00+01:00\n---\n",
            4,
            "no epoch comment, and the front matter's date is not ISO 8601",
        ),
        (
            b"---\ndate: 1989-12-31T23:59:59Z\n---\n",
            4,
            "no epoch comment, and the front matter's date is not between 1990 and 2100",
        ),
        (
            b"---\ntitle: t\ndate: 2023-08-01T00:00:00Z\n---\n",
            5,
            "expected [title](url), for the front matter has no from",
        ),
    ],
)
def test_broken_files_are_refused_with_line_and_reason(raw: bytes, line: int, reason: str) -> None:
    """What breaks the format is named by its line and in a few words; nothing is guessed."""
    assert refusal(raw) == (line, reason)


@given(
    st.binary()
    | st.lists(
        st.sampled_from(
            (EPOCH, HEADER, FRAGMENT, FRONT_MATTER, b"---\n", b"date: ", b"\n", b"\r\n", b"[&#x", b"](http://", b"\xff")
        )
        | st.binary(max_size=8),
        max_size=8,
    ).map(b"".join)
)
def test_any_bytes_give_a_seed_or_a_seed_file_error(raw: bytes) -> None:
    """Parsing raises SeedFileError and nothing else; what it accepts is written back byte for byte."""
    try:
        seed = parse_seed(raw, "any.md")
    except SeedFileError as error:
        line = error.line
    else:
        line = 1
        assert write_seed(seed) == raw
    assert 1 <= line <= raw.count(b"\n") + 2  # the line after the last is named when it is missing


@given(seeds)
def test_made_seeds_are_read_back_the_same(seed: SeedFile) -> None:
    """Whatever title, URL, instant, fragment and front matter: writing and reading changes nothing."""
    assert parse_seed(write_seed(seed), seed.name) == seed


@given(seeds)
def test_made_seeds_are_spelled_from_their_fields(seed: SeedFile) -> None:
    """The bytes of a made seed follow from its fields; its raw bytes add nothing."""
    assert render_seed(replace(seed, raw=b"")) == seed.raw


def test_a_changed_seed_is_written_with_the_change() -> None:
    """Fields win over the bytes that a seed was once read from."""
    seed = parse_seed(EPOCH + HEADER + FRAGMENT, "a.md")
    changed = replace(seed, title="海港\n[又] 关闭", fragment="<p>改了。</p>")
    assert write_seed(changed) == (
        EPOCH + "[海港&#10;[又] 关闭](https://www.rfi.fr/cn/国际/20230801-海港重开)\n------\n\n<p>改了。</p>".encode()
    )


@pytest.mark.parametrize(
    "change",
    [
        {"title": " "},
        {"title": "\ud800"},
        {"url": "ftp://x.fr/"},
        {"url": "http://x.fr/a\nb"},
        {"observed_at": datetime(2023, 8, 1)},  # noqa: DTZ001 -- naive on purpose
        {"observed_at": datetime.min.replace(tzinfo=timezone(timedelta(hours=14)))},
        {"front_matter": {"two words": "x"}},
        {"name": "folder/a.md"},
    ],
)
def test_what_the_format_cannot_hold_is_refused(change: dict[str, object]) -> None:
    """A seed that could not be read back is not made."""
    fields: dict[str, object] = {
        "name": "a.md",
        "title": "海港重开",
        "url": "https://www.rfi.fr/cn/海港重开",
        "observed_at": datetime(2023, 8, 1, tzinfo=UTC),
        "fragment": "<p>第一段。</p>",
    }
    with pytest.raises(ValueError, match=r"seed file|observed_at|surrogates"):
        new_seed(**(fields | change))  # type: ignore[arg-type]  # fields of every kind, wrong ones among them


def test_made_seeds_keep_milliseconds() -> None:
    """An instant finer than the epoch comment can say is cut to the millisecond."""
    seed = new_seed(
        name="a.md",
        title="海港重开",
        url="https://www.rfi.fr/cn/海港重开",
        observed_at=datetime(2023, 8, 1, 12, 0, 0, 123_999, tzinfo=UTC),
        fragment="",
    )
    assert seed.observed_at == datetime(2023, 8, 1, 12, 0, 0, 123_000, tzinfo=UTC)


def test_seed_files_are_found_in_order_and_depth(tmp_path: Path) -> None:
    """Folders are searched at any depth, by name; hidden files, READMEs and other suffixes are passed over."""
    for name in ("b.md", "a/z.TXT", "a/.hidden/c.md", ".x.md", "README.md", "a/readme.txt", "page.html", "c.txt"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"")
    (tmp_path / "a" / "loop").symlink_to(tmp_path, target_is_directory=True)
    found = [path.relative_to(tmp_path).as_posix() for path in find_seed_files([tmp_path, tmp_path / "page.html"])]
    assert found == ["a/z.TXT", "b.md", "c.txt", "page.html"]


def test_a_missing_path_is_bad_input_at_once(tmp_path: Path) -> None:
    """A path that is not there is told before any file is read."""
    with pytest.raises(BadInput, match=r"^no such file or folder: .*nowhere$"):
        find_seed_files([tmp_path, tmp_path / "nowhere"])


def test_broken_files_are_answered_among_the_others(tmp_path: Path) -> None:
    """Reading many files goes on after a broken one, which is answered as its error."""
    (tmp_path / "1.md").write_bytes(EPOCH + HEADER + FRAGMENT)
    (tmp_path / "2.md").write_bytes(b"no seed")
    (tmp_path / "3.md").symlink_to(tmp_path / "gone.md")
    (tmp_path / "4.md").write_bytes(EPOCH + HEADER + FRAGMENT)
    answers = [
        answer.name if isinstance(answer, SeedFile) else (answer.line, answer.reason)
        for answer in read_seeds([tmp_path])
    ]
    assert answers == [
        "1.md",
        (1, "expected an epoch comment such as <!--1596300992000-->"),
        (1, "cannot be read: No such file or directory"),
        "4.md",
    ]


@pytest.mark.shared
def test_the_whole_corpus_is_read_and_written_back(shared: Path) -> None:
    """All 774 files of the corpus parse and round-trip; all but the four without header follow from their fields."""
    answers = list(read_seeds([shared / "corpus"]))
    read = [answer for answer in answers if isinstance(answer, SeedFile)]
    counts = Counter(
        parsed=len(read),
        refused=len(answers) - len(read),
        written_back=sum(write_seed(seed) == seed.raw for seed in read),
        spelled_from_fields=sum(render_seed(seed) == seed.raw for seed in read),
        with_front_matter=sum(bool(seed.front_matter) for seed in read),
    )
    assert counts == {
        "parsed": 774,
        "refused": 0,
        "written_back": 774,
        "spelled_from_fields": 770,
        "with_front_matter": 765,
    }
