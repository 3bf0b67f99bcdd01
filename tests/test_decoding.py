"""From bytes to page."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import webencodings

from crawler.decoding import as_utf8, decode_page

if TYPE_CHECKING:
    from pathlib import Path

TEXT = "<p>法广报道：今天的要闻。</p>" * 20


@pytest.mark.parametrize("label", ["gb2312", "GBK", "gb18030", "big5", "utf-8", "utf-16"])
def test_the_charset_of_the_header_is_used(label: str) -> None:
    """A charset in the Content-Type header decides, and GB 2312 is read as GB 18030."""
    body = TEXT.replace("广报", "").encode(label, "ignore")
    assert decode_page(body, f"text/html; charset={label}") == body.decode(label)


def test_the_charset_of_the_page_is_used_where_the_header_names_none() -> None:
    """A meta tag decides where the header is silent."""
    page = f'<html><head><meta charset="gbk"></head>{TEXT}'
    assert decode_page(page.encode("gb18030"), "text/html") == page


def test_a_byte_order_mark_wins_over_a_wrong_header() -> None:
    """The first bytes know best."""
    assert decode_page(b"\xef\xbb\xbf" + TEXT.encode(), "text/html; charset=gbk") == TEXT


def test_a_page_that_says_nothing_is_read_as_utf8_if_it_is() -> None:
    """UTF-8 needs no announcement."""
    assert decode_page(TEXT.encode()) == TEXT


def test_a_page_that_says_nothing_and_is_not_utf8_is_guessed_from_its_bytes() -> None:
    """An old Chinese page without any announcement is still read."""
    assert decode_page(TEXT.encode("gb18030")) == TEXT


def test_one_damaged_character_does_not_lose_the_page() -> None:
    """A byte that does not fit becomes U+FFFD; the rest is read."""
    page = '<meta charset="utf-8">' + TEXT
    damaged = page.encode()[:-5] + b"\xff" + page.encode()[-4:]
    assert decode_page(damaged).startswith(page[:-6])


def test_a_charset_nobody_knows_is_passed_over() -> None:
    """A label outside the standard is as good as none."""
    assert decode_page(TEXT.encode(), "text/html; charset=klingon") == TEXT


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (TEXT.encode(), "text/html; charset=UTF-8"),
        (b"\xef\xbb\xbf" + TEXT.encode(), ""),
        (f'<meta charset="utf-8">{TEXT}'.encode() + b"\xff", ""),
    ],
    ids=["header", "mark", "page"],
)
def test_a_page_that_says_that_it_is_utf8_can_be_decoded_in_parts(body: bytes, content_type: str) -> None:
    """Its bytes, but for the mark, are what the whole page is decoded from."""
    plain = as_utf8(body, content_type)
    assert plain is not None
    assert plain.decode("utf-8", "replace") == decode_page(body, content_type)


@pytest.mark.parametrize("content_type", ["", "text/html; charset=gbk", "text/html; charset=klingon"])
@pytest.mark.parametrize("head", [b"", b'<meta charset="gbk">', b"\xff\xfe"], ids=["silent", "gbk", "UTF-16"])
def test_a_page_that_does_not_say_that_it_is_utf8_is_decoded_as_a_whole(head: bytes, content_type: str) -> None:
    """A part of it does not tell what it is in."""
    assert as_utf8(head + TEXT.encode(), content_type) is None


@pytest.mark.shared
def test_pages_of_the_encoding_suite_are_read_by_the_charset_their_name_states(shared: Path) -> None:
    """Every page of the suite that announces its charset decodes as browsers decode it."""
    suite = shared / "suites" / "encoding" / "jsdom_sniffer"
    pages = sorted([*suite.glob("normal/*.html"), *suite.glob("utf/*.html"), *suite.glob("bom/*.html")])
    wrong = []
    for page in pages:
        label = page.stem.rpartition("_")[2] if page.parent.name != "utf" else "utf-8"
        expected = page.read_bytes().decode(webencodings.lookup(label).codec_info.name, "replace").lstrip("\ufeff")
        if decode_page(page.read_bytes()) != expected:
            wrong.append(page.name)
    assert (len(pages), wrong) == (14, [])
