"""Many rows to SQLite at once: a statement is compiled once, and the rows go to its driver as they are.

SQLAlchemy would make a dictionary of each row, and a list of that: more work than SQLite has with the row. To everyone
else this is its `execute`.
"""

from __future__ import annotations

from functools import lru_cache
from operator import itemgetter
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy.exc import StatementError
from sqlalchemy.sql.compiler import SQLCompiler

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from sqlalchemy import Connection, Delete, Dialect, Insert, Update


class _Prepared(NamedTuple):
    """A statement as the driver takes it."""

    sql: str
    names: tuple[str, ...]
    """Of its values, in their order; a name may come twice."""
    processors: tuple[Callable[[Any], Any] | None, ...]
    """What makes of each value what the driver takes; None: it does as it is."""
    constants: Mapping[str, Any]
    """Values that stand in the statement, not in the rows."""


def hand_over(connection: Connection, statement: Insert | Update | Delete, rows: Sequence[Mapping[str, Any]]) -> None:
    """Execute a statement with each of some rows, which have equal columns.

    Args:
        connection: Of SQLite.
        statement: Made once, for it is remembered how it is written.
        rows: One at least.

    Raises:
        StatementError: A value cannot be stored, or the database refuses a row.
    """
    prepared = _prepare(statement, tuple(rows[0]), connection.dialect)
    constants = prepared.constants
    whole = [{**constants, **row} for row in rows] if constants else rows
    try:
        columns = [
            _processed(processor, map(itemgetter(name), whole))
            for name, processor in zip(prepared.names, prepared.processors, strict=True)
        ]
    except (TypeError, ValueError) as error:
        raise StatementError(str(error), prepared.sql, None, error) from error
    connection.exec_driver_sql(prepared.sql, list(zip(*columns, strict=True)))


@lru_cache(64)
def _prepare(statement: Insert | Update | Delete, given: tuple[str, ...], dialect: Dialect) -> _Prepared:
    compiled = statement.compile(dialect=dialect, column_keys=list(given), for_executemany=True)
    assert isinstance(compiled, SQLCompiler)
    assert not compiled.insert_prefetch, "SQLAlchemy would fill in a default, which no column has"
    names = tuple(compiled.positiontup or ())
    types = (compiled.binds[name].type.dialect_impl(dialect) for name in names)
    constants = {name: compiled.params[name] for name in names if name not in given}
    return _Prepared(str(compiled), names, tuple(type_.bind_processor(dialect) for type_ in types), constants)


def _processed(processor: Callable[[Any], Any] | None, values: Iterable[Any]) -> Iterable[Any]:
    return values if processor is None else [processor(value) for value in values]
