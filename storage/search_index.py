"""The search index: entries in, article ids out. All in which FTS5 and PostgreSQL's text search differ stands here.

The entry of an article is a row of tokens (see `storage.tokens`): title and text as they read; the title once more,
marked, for a search of titles alone; then what is asked without its place: single characters, and marks for source,
section, language and day, so that the index answers with what a filter leaves. `Match` says what to look for.
"""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass, replace
from datetime import UTC, date, timedelta
from itertools import chain, cycle
from typing import TYPE_CHECKING

from sqlalchemy import cast, column, delete, literal_column, select, table, text
from sqlalchemy.dialects.postgresql import TSQUERY

from storage.token_lines import token_line
from storage.tokens import characters, fold, tokens

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from sqlalchemy import Connection

# What is indexed of one article, in folded characters: 30 long articles. PostgreSQL refuses a megabyte of tokens.
LONGEST_TEXT = 60_000
LONGEST_TITLE = 1_000

# Private-use characters, which no folded text holds: before each token of a title, and before a mark.
_TITLE = "\ue001"
_MARK = "\ue002"

# PostgreSQL numbers tokens up to here; counting on from 1 keeps neighbours neighbours, but for one pair.
_POSITIONS = 16_383
_NUMBERS = [str(number) for number in range(1, _POSITIONS + 1)]

_DAY = timedelta(days=1)

_INDEX = table("search_index", column("rowid"), column("article_id"), column("tokens"))


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Phrase:
    """Tokens in a row."""

    tokens: tuple[str, ...]
    is_prefix: bool = False
    """The last one may be the beginning of a word."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """What an entry must hold."""

    all_of: tuple[Phrase, ...]
    none_of: tuple[Phrase, ...] = ()
    one_of: tuple[tuple[str, ...], ...] = ()
    """Of each of these groups of marks one at least."""

    def in_titles(self) -> Match:
        """Return the same, with all phrases in the title."""
        marked = tuple(
            replace(phrase, tokens=tuple(_TITLE + token for token in phrase.tokens)) for phrase in self.all_of
        )
        return replace(self, all_of=marked)

    def loosened(self) -> Match:
        """Return the same without order and without exclusions: what is found by looking up tokens, and no text."""
        single = tuple(
            Phrase(tokens=(token,), is_prefix=phrase.is_prefix and number == len(phrase.tokens))
            for phrase in self.all_of
            for number, token in enumerate(phrase.tokens, 1)
        )
        return replace(self, all_of=single, none_of=())

    def among(self, *marks: str) -> Match:
        """Return the same, limited to entries that have one of these marks."""
        return replace(self, one_of=(*self.one_of, marks))


def add_entries(connection: Connection, entries: Iterable[Entry]) -> None:
    """Put articles into the index that are not in it.

    Raises:
        WriteRefused: One is in it already (PostgreSQL).
    """
    # FTS5 keeps what comes in order in memory, and writes it out before a smaller id
    ordered = sorted(entries, key=lambda entry: entry.article_id)
    if not ordered:
        return
    if connection.dialect.name == "sqlite":
        statement = text("INSERT INTO search_index (rowid, tokens) VALUES (:article_id, :tokens)")
        connection.execute(statement, [_as_fts5_row(entry) for entry in ordered])
    else:
        statement = text(
            "INSERT INTO search_index (article_id, tokens) VALUES (:article_id, CAST(:tokens AS tsvector))"
        )
        connection.execute(statement, [_as_tsvector_row(entry) for entry in ordered])


def remove_entries(connection: Connection, entries: Iterable[Entry]) -> None:
    """Take articles out of the index.

    Args:
        connection: In a transaction of `storage.database.writing`.
        entries: As they were added: FTS5 keeps no text, and must be told what to forget.
    """
    ordered = sorted(entries, key=lambda entry: entry.article_id)
    if not ordered:
        return
    if connection.dialect.name == "sqlite":
        statement = "INSERT INTO search_index (search_index, rowid, tokens) VALUES ('delete', :article_id, :tokens)"
        connection.execute(text(statement), [_as_fts5_row(entry) for entry in ordered])
    else:
        ids = [entry.article_id for entry in ordered]
        connection.execute(delete(_INDEX).where(_INDEX.c.article_id.in_(ids)))


def clear(connection: Connection) -> None:
    """Take everything out of the index."""
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("INSERT INTO search_index (search_index) VALUES ('delete-all')")
    else:
        connection.exec_driver_sql("TRUNCATE search_index")


def find(connection: Connection, match: Match, *, limit: int | None = None) -> list[int]:
    """Return the ids of articles whose entries match, in any order.

    Args:
        connection: Of `storage.database.reading`.
        match: With one phrase at least.
        limit: At most so many, whichever come first.
    """
    if connection.dialect.name == "sqlite":
        query = select(_INDEX.c.rowid).where(literal_column("search_index").op("MATCH")(_as_fts5(match)))
    else:
        # the planner knows nothing of our tokens, and would read every row rather than trust the index
        connection.exec_driver_sql(
            "SELECT set_config('enable_seqscan', 'off', true), set_config('jit', 'off', true),"
            " set_config('max_parallel_workers_per_gather', '0', true)"
        )
        query = select(_INDEX.c.article_id).where(_INDEX.c.tokens.op("@@")(cast(_as_tsquery(match), TSQUERY)))
    return list(connection.scalars(query.limit(limit)))


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


def _folded(entry: Entry) -> tuple[str, str]:
    return fold(entry.title)[:LONGEST_TITLE], fold(entry.text)[:LONGEST_TEXT]


def _loose_tokens(entry: Entry, title: str, body: str) -> Iterator[str]:
    """Yield the tokens whose place does not count."""
    yield from characters(f"{title} {body}")
    yield from (_TITLE + one for one in characters(title))
    yield from _marks_of(entry)


def _as_fts5_row(entry: Entry) -> dict[str, object]:
    title, body = _folded(entry)
    title_line = token_line(title)
    marked = (_TITLE + token for token in title_line.split())
    written = (title_line, token_line(body), *marked, *_loose_tokens(entry, title, body))
    return {"article_id": entry.article_id, "tokens": " ".join(written)}


def _as_tsvector_row(entry: Entry) -> dict[str, object]:
    title, body = _folded(entry)
    title_tokens = tokens(title)
    placed = chain(title_tokens, tokens(body), (_TITLE + token for token in title_tokens))
    lexemes: dict[str, str] = {}
    for token, number in zip(placed, cycle(_NUMBERS), strict=False):
        lexemes[token] = f"{lexemes[token]},{number}" if token in lexemes else f"{token}:{number}"
    loose = (token for token in _loose_tokens(entry, title, body) if token not in lexemes)
    written = (*lexemes.values(), *loose)
    return {"article_id": entry.article_id, "tokens": " ".join(written)}


def _as_fts5(match: Match) -> str:
    def written(phrase: Phrase) -> str:
        return f'"{" ".join(phrase.tokens)}"{" *" if phrase.is_prefix else ""}'

    wanted = [*map(written, match.all_of)]
    wanted += (f"({' OR '.join(chr(34) + mark + chr(34) for mark in marks)})" for marks in match.one_of)
    unwanted = " OR ".join(map(written, match.none_of))
    return " AND ".join(wanted) if not unwanted else f"({' AND '.join(wanted)}) NOT ({unwanted})"


def _as_tsquery(match: Match) -> str:
    def written(phrase: Phrase) -> str:
        return f"({' <-> '.join(phrase.tokens)}{':*' if phrase.is_prefix else ''})"

    groups = (f"({' | '.join(marks)})" for marks in match.one_of)
    return " & ".join((*map(written, match.all_of), *groups, *(f"!{written(phrase)}" for phrase in match.none_of)))
