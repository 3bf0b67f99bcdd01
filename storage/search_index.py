"""The search index: entries in, article ids out. All in which FTS5 and PostgreSQL's text search differ stands here.

What an entry holds says `storage.search_entries`; `Match` says what to look for.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, cast, column, delete, literal_column, select, table, text
from sqlalchemy.dialects.postgresql import TSQUERY

from storage.copying import copy_values
from storage.search_entries import TITLE, Entry, as_fts5_row, as_tsvector_row
from storage.search_parts import begin_anew, make_room

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from concurrent.futures import Future

    from sqlalchemy import Connection, Select

# Entries in one statement.
_TOGETHER = 50

_INDEX = table("search_index", column("rowid"), column("article_id"), column("tokens"))


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
            replace(phrase, tokens=tuple(TITLE + token for token in phrase.tokens)) for phrase in self.all_of
        )
        return replace(self, all_of=marked)

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
    groups = [ordered[start : start + _TOGETHER] for start in range(0, len(ordered), _TOGETHER)]
    as_row = as_fts5_row if connection.dialect.name == "sqlite" else as_tsvector_row

    if ordered and connection.dialect.name == "postgresql":
        make_room(connection, ordered[-1].article_id)

    def rows_of(group: list[Entry]) -> list[dict[str, object]]:
        return [as_row(entry) for entry in group]

    for rows in map(rows_of, groups) if len(groups) < 2 else _made_ahead(rows_of, groups):
        if connection.dialect.name == "postgresql":
            copy_values(connection, _INDEX.name, list(rows[0]), (list(row.values()) for row in rows))
        else:
            values = {f"{name}{number}": value for number, row in enumerate(rows) for name, value in row.items()}
            connection.execute(text(_insertion(len(rows))), values)


def _made_ahead(
    make: Callable[[list[Entry]], list[dict[str, object]]], groups: Iterable[list[Entry]]
) -> Iterator[list[dict[str, object]]]:
    """Yield what is made of each group; the next is made while the database, which lets go of Python, takes one."""
    with ThreadPoolExecutor(1, "tokens") as pool:
        made: Future[list[dict[str, object]]] | None = None
        for group in groups:
            ahead = pool.submit(make, group)
            if made is not None:
                yield made.result()
            made = ahead
        if made is not None:
            yield made.result()


@cache
def _insertion(count: int) -> str:
    """Return the statement that inserts so many entries at once into FTS5."""
    places = (f"(:article_id{number}, :tokens{number})" for number in range(count))
    return f"INSERT INTO search_index (rowid, tokens) VALUES {', '.join(places)}"


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
        connection.execute(text(statement), [as_fts5_row(entry) for entry in ordered])
    else:
        ids = [entry.article_id for entry in ordered]
        connection.execute(delete(_INDEX).where(_INDEX.c.article_id.in_(ids)))


def merge(connection: Connection, *, pages: int) -> None:
    """Merge segments of FTS5 where some level has several, until about so many pages are written."""
    connection.execute(text("INSERT INTO search_index (search_index, rank) VALUES ('merge', :pages)"), {"pages": pages})


def clear(connection: Connection) -> None:
    """Take everything out of the index."""
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("INSERT INTO search_index (search_index) VALUES ('delete-all')")
    else:
        begin_anew(connection)


def find(connection: Connection, match: Match, *, limit: int | None = None) -> list[int]:
    """Return the ids of articles whose entries match, in any order.

    Args:
        connection: Of `storage.database.searching`.
        match: With one phrase at least.
        limit: At most so many, whichever come first.
    """
    dialect = connection.dialect.name
    if limit is None:
        return list(connection.scalars(matching(dialect), {"match": written(match, dialect)}))
    return list(connection.scalars(_first(dialect), {"match": written(match, dialect), "most": limit}))


@cache
def matching(dialect: str) -> Select[int]:
    """Return the query for the ids of articles whose entries match what is given as `match`, see `written`."""
    if dialect == "sqlite":
        return select(_INDEX.c.rowid).where(literal_column("search_index").op("MATCH")(bindparam("match")))
    return select(_INDEX.c.article_id).where(_INDEX.c.tokens.op("@@")(cast(bindparam("match"), TSQUERY)))


@cache
def _first(dialect: str) -> Select[int]:
    return matching(dialect).limit(bindparam("most"))


def written(match: Match, dialect: str) -> str:
    """Return what to look for as the index of a database reads it."""
    return _as_fts5(match) if dialect == "sqlite" else _as_tsquery(match)


def _as_fts5(match: Match) -> str:
    def phrase_of(phrase: Phrase) -> str:
        return f'"{" ".join(phrase.tokens)}"{" *" if phrase.is_prefix else ""}'

    wanted = [*map(phrase_of, match.all_of)]
    wanted += (f"({' OR '.join(chr(34) + mark + chr(34) for mark in marks)})" for marks in match.one_of)
    unwanted = " OR ".join(map(phrase_of, match.none_of))
    return " AND ".join(wanted) if not unwanted else f"({' AND '.join(wanted)}) NOT ({unwanted})"


def _as_tsquery(match: Match) -> str:
    def phrase_of(phrase: Phrase) -> str:
        return f"({' <-> '.join(phrase.tokens)}{':*' if phrase.is_prefix else ''})"

    groups = (f"({' | '.join(marks)})" for marks in match.one_of)
    return " & ".join((*map(phrase_of, match.all_of), *groups, *(f"!{phrase_of(phrase)}" for phrase in match.none_of)))
