"""Every difference between SQLite and PostgreSQL, so that no other room knows which one it speaks to.

`storage.engines` makes an engine from a URL; `reading` and `writing` give transactions on it, `insert_many`,
`replace_many` and `execute_many` are how rows come in, instants as `storage.instants` has them. What a database
complains of leaves as `StoreError` (see `storage.complaints`).
"""

from __future__ import annotations

from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy import any_, bindparam
from sqlalchemy.dialects import postgresql, sqlite

from storage.complaints import in_plain_words
from storage.copying import copy_rows
from storage.handing import hand_over

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from contextlib import AbstractContextManager

    from sqlalchemy import ColumnElement, Connection, Delete, Engine, Insert, Select, Table, Update
    from sqlalchemy.orm import InstrumentedAttribute

    AnySelect = TypeVar("AnySelect", bound=Select[*tuple[Any, ...]])

# Values in one IN list: SQLite takes 32,766 parameters in a statement, and longer lists are no faster a value.
IN_LIST = 500

# One lock for all writers of a PostgreSQL database: "newscrwl" in ASCII.
_WRITER_LOCK = 0x6E65777363727770 & 0x7FFFFFFFFFFFFFFF

# The planner of PostgreSQL knows nothing of our tokens: it would read every row, or join the few that match with all
# articles. Without these settings answers are slow, not other ones.
_TRUST_THE_INDEX = "; ".join(
    f"SET LOCAL {setting}"
    for setting in (
        "enable_seqscan = off",
        "enable_hashjoin = off",
        "enable_mergejoin = off",
        "jit = off",
        "max_parallel_workers_per_gather = 0",
    )
)

# How transactions begin, by what they are for. In PostgreSQL each reading statement is a transaction of its own, so
# that it takes one round trip instead of three; a writer's lock comes with its beginning.
_BEGINNINGS: dict[str, dict[str, str | None]] = {
    "sqlite": {"reading": "BEGIN", "snapshot": "BEGIN", "searching": "BEGIN", "writing": "BEGIN IMMEDIATE"},
    "postgresql": {
        "reading": None,
        "snapshot": "BEGIN ISOLATION LEVEL REPEATABLE READ",
        "searching": f"BEGIN ISOLATION LEVEL REPEATABLE READ; {_TRUST_THE_INDEX}",
        "writing": f"BEGIN; SELECT pg_advisory_xact_lock({_WRITER_LOCK})",
    },
}


def execute_many(
    connection: Connection, statement: Insert | Update | Delete, rows: Sequence[Mapping[str, Any]]
) -> None:
    """Execute a statement, made once, with each of some rows, which have equal columns."""
    if connection.dialect.name == "sqlite":
        hand_over(connection, statement, rows)
    else:
        connection.execute(statement, rows)


def insert_or_ignore(connection: Connection, table: Table) -> Insert:
    """Return an INSERT that leaves rows alone whose key is already there."""
    return _insert_or_ignore(table, connection.dialect.name)


@cache
def _insert_or_ignore(table: Table, dialect: str) -> Insert:
    insert = postgresql.insert if dialect == "postgresql" else sqlite.insert
    return insert(table).on_conflict_do_nothing()


def insert_many(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows of equal columns, the columns in one order."""
    if connection.dialect.name == "postgresql" and len(rows) > 1:
        copy_rows(connection, table, rows)
    else:
        execute_many(connection, _insert(table), rows)


@cache
def _insert(table: Table) -> Insert:
    return table.insert()


def replace_many(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows of equal columns, each in place of the one that has its key, if any."""
    (key,) = table.primary_key.columns
    if connection.dialect.name == "sqlite":
        execute_many(connection, _upsert(table, tuple(rows[0])), rows)
        return
    deletion = table.delete().where(among(connection.dialect.name, key))
    connection.execute(deletion, {"values": [row[key.name] for row in rows]})
    insert_many(connection, table, rows)


@cache
def _upsert(table: Table, columns: tuple[str, ...]) -> Insert:
    insert = sqlite.insert(table)
    changed = {name: insert.excluded[name] for name in columns if not table.c[name].primary_key}
    return insert.on_conflict_do_update(index_elements=list(table.primary_key), set_=changed)


def among(dialect: str, column: ColumnElement[Any] | InstrumentedAttribute[Any]) -> ColumnElement[bool]:
    """Return the condition that a column has one of many values: of the list that is given as `values`.

    PostgreSQL takes it as one array: its driver would look through a list of places each time, 7 ms for five hundred.
    """
    if dialect == "postgresql":
        return column == any_(bindparam("values", type_=postgresql.ARRAY(column.type)))
    return column.in_(bindparam("values", type_=column.type, expanding=True))


def skip_locked(connection: Connection, query: AnySelect) -> AnySelect:
    """Return a query that takes its rows for itself and passes over those that another transaction has taken.

    SQLite has one writer at a time, and nothing to pass over.
    """
    return query.with_for_update(skip_locked=True) if connection.dialect.name == "postgresql" else query


def reading(engine: Engine) -> AbstractContextManager[Connection]:
    """Give a connection to read from: each query sees one state of the database; see `snapshot` for several.

    Raises:
        StoreUnavailable: The database cannot be reached or read.
    """
    return _transaction(engine, "reading")


def snapshot(engine: Engine) -> AbstractContextManager[Connection]:
    """Give a transaction in which every query sees the database as it was at the first, however long it takes.

    Raises:
        StoreUnavailable: The database cannot be reached or read.
    """
    return _transaction(engine, "snapshot")


def searching(engine: Engine) -> AbstractContextManager[Connection]:
    """Give a transaction like `snapshot` in which the search index is asked first.

    Raises:
        StoreUnavailable: The database cannot be reached or read.
    """
    return _transaction(engine, "searching")


def writing(engine: Engine) -> AbstractContextManager[Connection]:
    """Give the one writing transaction of the database: others wait until it has ended.

    What is read in it cannot be outdated when it writes: SQLite begins ``IMMEDIATE``, PostgreSQL takes an advisory
    lock for the length of the transaction. It commits at the end of the block and rolls back when the block raises.

    Raises:
        StoreUnavailable: The database cannot be reached or written, or another writer holds it for too long.
        WriteRefused: It cannot hold a value it was given.
    """
    return _transaction(engine, "writing")


@contextmanager
def _transaction(engine: Engine, purpose: str) -> Iterator[Connection]:
    """Give a transaction that begins as its purpose asks: the drivers would begin too late, and know no purpose."""
    statement = _BEGINNINGS[engine.dialect.name][purpose]
    with in_plain_words(engine.url), engine.connect() as connection, connection.begin():
        if statement is not None:
            connection.exec_driver_sql(statement)
        yield connection
