"""Articles as CSV: readable by everybody, run by nobody."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.exports.csv_file import COLUMNS, as_cell, read_csv, write_csv
from storage import Article, ExportedRevision, Image, StoredArticle
from storage.exports import as_json

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

AT = datetime(2023, 8, 1, 13, tzinfo=UTC)
RUN_BY_SPREADSHEETS = "=+-@\t\r\n＝＋－＠"


def exported(article: Article) -> ExportedRevision:
    """Return an article as the store's export gives it."""
    stored = StoredArticle(article=article, revision=2, fingerprint="0" * 32, first_seen_at=AT, last_seen_at=AT)
    return ExportedRevision(id=7, stored=stored, seed_copies=(), marks=None)


def written(*articles: Article) -> bytes:
    """Return the file of some articles."""
    stream = io.BytesIO()
    write_csv(map(exported, articles), stream)
    return stream.getvalue()


def test_a_table_by_the_book(make_article: Callable[..., Article]) -> None:
    """RFC 4180: a line of names, CRLF, quotes doubled, line breaks kept inside cells; UTF-8."""
    raw = written(make_article(title='他说"好"，走了', paragraphs=("一\n二", "三")))
    rows = list(csv.reader(io.StringIO(raw.decode("utf-8"), newline=""), strict=True))
    assert rows[0] == list(COLUMNS)
    assert rows[1][COLUMNS.index("title")] == '他说"好"，走了'
    assert json.loads(rows[1][COLUMNS.index("paragraphs")]) == ["一\n二", "三"]
    assert (raw.endswith(b'"\r\n'), len(rows)) == (True, 2)


def test_no_articles_are_a_table_without_rows() -> None:
    """The names of the columns are there all the same."""
    assert written().decode() == ",".join(f'"{column}"' for column in COLUMNS) + "\r\n"


def test_reading_back_gives_the_same_objects(make_article: Callable[..., Article]) -> None:
    """Every value of the JSON object, lists included; an absent value is None."""
    article = make_article(
        title="=1+1", images=(Image(url="u", caption="-c"),), tags=("'=x",), alternates=(("fr", "f"),)
    )
    rows = [row for _, row in read_csv(io.StringIO(written(article).decode(), newline=""))]
    one = exported(article)
    assert rows == [as_json(one.stored.article, stored=one.stored)]


@pytest.mark.parametrize("first", RUN_BY_SPREADSHEETS)
@pytest.mark.parametrize("before", ["", " ", "\ufeff", "\xa0 "])
def test_a_cell_that_would_run_begins_with_an_apostrophe(first: str, before: str) -> None:
    """Also behind blanks, which some programs cut, and in the full-width forms."""
    assert as_cell(f"{before}{first}cmd|'/C calc'!A0").startswith("'")


@pytest.mark.parametrize("text", ["灯塔", "a=b", "3-4", "'80s", "", "[1]", "“=”"])
def test_other_cells_are_left_as_they_are(text: str) -> None:
    """An apostrophe only where it is needed."""
    assert as_cell(text) == text


@given(st.text(alphabet=st.one_of(st.sampled_from(RUN_BY_SPREADSHEETS + "'\" ,;\ufeff"), st.characters(codec="utf-8"))))
def test_any_text_comes_back(text: str) -> None:
    """Whatever it begins with, and however often it was escaped already."""
    line = io.StringIO(newline="")
    csv.writer(line, quoting=csv.QUOTE_ALL, lineterminator="\r\n").writerows([["title"], [as_cell(text)]])
    (row,) = (row for _, row in read_csv(io.StringIO(line.getvalue(), newline="")))
    assert row == {"title": text or None}


@pytest.mark.parametrize("text", ['"a"\r\n"1","2"\r\n', '"a","b"\r\n"1"\r\n', '"a"\r\n"1"x\r\n'])
def test_a_table_that_is_broken_says_so(text: str) -> None:
    """Rows of another length and stray quotes are no rows."""
    with pytest.raises(ValueError, match=r"another length|not CSV"):
        list(read_csv(io.StringIO(text, newline="")))


def payloads(shared: Path) -> list[str]:
    """Return texts that others collected to make spreadsheets run them, or programs stumble."""
    folder = shared / "suites" / "csv"
    strings: list[Any] = json.loads((folder / "blns.json").read_text("utf-8"))
    return [*(folder / "patt_csv.txt").read_text("utf-8").splitlines(), *strings]


@pytest.mark.shared
def test_payloads_of_others(shared: Path, make_article: Callable[..., Article]) -> None:
    """No cell of a table of them begins as a formula does, and every one is read back."""
    texts = [text for text in payloads(shared) if text]
    raw = written(*(make_article(title=text, section=text, tags=(text,)) for text in texts)).decode()
    rows = list(csv.reader(io.StringIO(raw, newline=""), strict=True))
    running = [
        cell for row in rows for cell in row if cell.lstrip(" \xa0\ufeff\u3000").startswith(tuple(RUN_BY_SPREADSHEETS))
    ]
    assert (len(rows) - 1, running) == (len(texts), [])
    assert [row["title"] for _, row in read_csv(io.StringIO(raw, newline=""))] == texts
