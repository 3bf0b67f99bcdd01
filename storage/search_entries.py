"""Entries of the search index: what of an article goes in, as FTS5 takes it and as PostgreSQL does.

An entry is a row of tokens (see `storage.tokens`): title and text as they read; the title once more, marked, for a
search of titles alone; then what is asked without its place: single characters, and marks for source, section,
language and day, so that the index answers with what a filter leaves.
"""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, date, timedelta
from typing import TYPE_CHECKING

from storage.token_lines import fold_and_list, numbered_token_line, token_line
from storage.tokens import characters

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from datetime import datetime

# What is indexed of one article, in folded characters: 30 long articles. PostgreSQL refuses a megabyte of tokens.
LONGEST_TEXT = 60_000
LONGEST_TITLE = 1_000

# Private-use characters, which no folded text holds: before each token of a title, and before a mark.
TITLE = "\ue001"
_MARK = "\ue002"

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What is found of one article."""

    article_id: int
    title: str
    text: str
    source: str
    section: str | None
    language: str | None
    published_at: datetime


def source_mark(source: str) -> str:
    """Return the mark of a source's articles."""
    return _mark("s", source)


def section_mark(section: str) -> str:
    """Return the mark of a section's articles."""
    return _mark("c", section)


def language_mark(language: str) -> str:
    """Return the mark of articles in a language: of ``zh`` also those in ``zh-Hans``."""
    return _mark("l", language.lower())


def day_marks(first: date, last: date) -> tuple[str, ...]:
    """Return marks of which just the articles published from one day to another (UTC) have one: years, months, days.

    >>> [mark[1:] for mark in day_marks(date(2022, 12, 31), date(2024, 2, 1))]
    ['d20221231', 'y2023', 'm202401', 'd20240201']
    """
    marks, day = [], first
    while day <= last:
        year_ends, month_ends = date(day.year, 12, 31), _month_end(day)
        if (day.month, day.day) == (1, 1) and year_ends <= last:
            marks.append(_mark("y", f"{day:%Y}"))
            ends = year_ends
        elif day.day == 1 and month_ends <= last:
            marks.append(_mark("m", f"{day:%Y%m}"))
            ends = month_ends
        else:
            marks.append(_mark("d", f"{day:%Y%m%d}"))
            ends = day
        if ends == date.max:
            break
        day = ends + _DAY
    return tuple(marks)


def _month_end(day: date) -> date:
    return day.replace(day=monthrange(day.year, day.month)[1])


def _mark(kind: str, value: str) -> str:
    """Return a mark; what the tokenizer would part at is written as a number."""
    plain = (
        character if character.isalnum() or character > "\x7f" else f"{_MARK}{ord(character):x}" for character in value
    )
    return _MARK + kind + "".join(plain)


def _marks_of(entry: Entry) -> Iterator[str]:
    day = entry.published_at.astimezone(UTC).date()
    yield from (_mark("y", f"{day:%Y}"), _mark("m", f"{day:%Y%m}"), _mark("d", f"{day:%Y%m%d}"))
    yield source_mark(entry.source)
    if entry.section:
        yield section_mark(entry.section)
    if entry.language:
        parts = entry.language.split("-")
        yield from (language_mark("-".join(parts[:end])) for end in range(1, len(parts) + 1))


def _read(text: str, longest: int) -> tuple[str, Collection[str]]:
    """Return a text folded, and its single characters."""
    folded, listed = fold_and_list(text)
    return (folded, listed) if len(folded) <= longest else (folded[:longest], characters(folded[:longest]))


def _loose_tokens(entry: Entry, title: Collection[str], body: Collection[str]) -> Iterator[str]:
    """Yield the tokens whose place does not count."""
    yield from {*title, *body}
    yield from (TITLE + one for one in title)
    yield from _marks_of(entry)


def as_fts5_row(entry: Entry) -> dict[str, object]:
    """Return an entry as SQLite takes it: ``article_id``, and ``tokens`` in a line."""
    title, title_characters = _read(entry.title, LONGEST_TITLE)
    body, body_characters = _read(entry.text, LONGEST_TEXT)
    title_line = token_line(title)
    marked = (TITLE + token for token in title_line.split())
    written = (title_line, token_line(body), *marked, *_loose_tokens(entry, title_characters, body_characters))
    return {"article_id": entry.article_id, "tokens": " ".join(written)}


def as_tsvector_row(entry: Entry) -> dict[str, object]:
    """Return an entry as PostgreSQL takes it: ``article_id``, and ``tokens`` with their places."""
    title, title_characters = _read(entry.title, LONGEST_TITLE)
    body, body_characters = _read(entry.text, LONGEST_TEXT)
    title_line, after = numbered_token_line(title, 1)
    # at the same places: a phrase is looked for among marked tokens alone, or among plain ones
    marked = (TITLE + token for token in title_line.split())
    body_line, _ = numbered_token_line(body, after)
    # the server gathers the places of a token, and leaves one that has none with those that it has elsewhere
    written = (title_line, body_line, *marked, *_loose_tokens(entry, title_characters, body_characters))
    return {"article_id": entry.article_id, "tokens": " ".join(written)}
