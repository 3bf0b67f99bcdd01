"""Maintenance: the door for those who look after a database rather than use it. It opens one of any schema."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from storage.checking import check
from storage.complaints import name_of
from storage.condition import Condition, condition_of, try_writing
from storage.database import reading, snapshot, writing
from storage.dump import dump
from storage.engines import open_engine
from storage.schema import make_or_check, schema_of, upgrade

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from types import TracebackType

    from sqlalchemy import Engine

    from storage.checking import Finding


class Maintenance:
    """What `newscrawl db` does; open with `Maintenance.open`.

    All methods raise `StoreUnavailable` when the database cannot be reached, read or written.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    @classmethod
    def open(cls, url: str, *, must_exist: bool = True) -> Self:
        """Open a database of any schema; see `storage.engines.open_engine`."""
        return cls(open_engine(url, must_exist=must_exist))

    def close(self) -> None:
        """Give all connections back."""
        self._engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def name(self) -> str:
        """What people call the database: its file, or its address without the password."""
        return name_of(self._engine.url)

    def condition(self) -> Condition:
        """Return what its server, or SQLite, says of itself."""
        with reading(self._engine) as connection:
            return condition_of(connection)

    def try_writing(self) -> None:
        """Write to it, and take it back; a database that cannot be written raises."""
        with writing(self._engine) as connection:
            try_writing(connection)

    def schema(self) -> str | None:
        """Return the number of the database's schema, such as ``0002``; None if nothing of ours is in it.

        Raises:
            WrongSchema: It is older than the first numbered one.
        """
        with reading(self._engine) as connection:
            return schema_of(connection)

    def upgrade(self) -> tuple[str | None, str]:
        """Bring the database to the newest schema, all or nothing; return where it was, and where it is.

        Raises:
            WrongSchema: It is newer than this program, or older than the first numbered one.
        """
        return upgrade(self._engine)

    def check(self, *, is_full: bool = False) -> Iterator[Finding]:
        """Yield what each check of the database found; see `storage.checking`.

        Raises:
            WrongSchema: It is older or newer than this program.
        """
        make_or_check(self._engine, must_exist=True)
        with snapshot(self._engine) as connection:
            yield from check(connection, is_full=is_full)

    def dump(self, *, tables: Sequence[str] = (), with_times: bool = False) -> Iterator[bytes]:
        """Yield the lines of the database's canonical text, in bounded memory; see `storage.dump`.

        Raises:
            WrongSchema: It is older or newer than this program.
        """
        schema = make_or_check(self._engine, must_exist=True)
        with snapshot(self._engine) as connection:
            yield from dump(connection, schema=schema, tables=tables, with_times=with_times)
