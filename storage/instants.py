"""`UtcDateTime`: the only type for instants, in whichever database."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import BigInteger, DateTime
from sqlalchemy.types import TypeDecorator

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Dialect
    from sqlalchemy.types import TypeEngine

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class UtcDateTime(TypeDecorator[datetime]):
    """An instant, aware and in UTC, to the microsecond; naive values are refused both ways.

    PostgreSQL keeps ``timestamptz``; SQLite, which has no type for time, whole microseconds since 1970.
    """

    impl = BigInteger
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Choose the column's type."""
        return dialect.type_descriptor(DateTime(timezone=True) if dialect.name == "postgresql" else BigInteger())

    def bind_processor(self, dialect: Dialect) -> Callable[[datetime | None], Any] | None:
        """Return what turns a value into what the database keeps."""
        # SQLite takes whole numbers as they are: a function around ours would cost as much again
        return _in_microseconds if dialect.name == "sqlite" else super().bind_processor(dialect)

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], datetime | None] | None:
        """Return what turns what the database kept into a value."""
        return _from_microseconds if dialect.name == "sqlite" else super().result_processor(dialect, coltype)

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | int | None:
        """Turn an aware datetime of any zone into what the database keeps.

        Raises:
            ValueError: It is naive.
        """
        if dialect.name != "postgresql":
            return _in_microseconds(value)
        if value is not None and value.tzinfo is None:
            raise ValueError(f"a naive time cannot be stored: {value!r}")
        return value.astimezone(UTC) if value is not None else None

    def process_result_value(self, value: datetime | int | None, dialect: Dialect) -> datetime | None:
        """Turn what the database kept into an aware datetime in UTC.

        Raises:
            ValueError: The column held a naive time; somebody changed the table.
        """
        if isinstance(value, int):
            return _from_microseconds(value)
        if value is not None and value.tzinfo is None:
            raise ValueError(f"{dialect.name} returned a naive time: {value!r}")
        return value.astimezone(UTC) if value is not None else None


def _in_microseconds(value: datetime | None) -> int | None:
    if value is None:
        return None
    try:
        return (value - _EPOCH) // _MICROSECOND
    except TypeError:
        raise ValueError(f"a naive time cannot be stored: {value!r}") from None


def _from_microseconds(value: int | None) -> datetime | None:
    # microseconds; by name they take half as long again
    return None if value is None else _EPOCH + timedelta(0, 0, value)
