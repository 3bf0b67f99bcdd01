"""From bytes to page."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import webencodings

from crawler.decoding import decode_page

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
