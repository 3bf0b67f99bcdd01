"""How far imports have come: written in the transaction of the batch that brought them there.

An import that was cut off goes on from there; what its place means, only the reader of that kind of input knows.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

from sqlalchemy import JSON, LargeBinary, delete, select
from sqlalchemy.orm import Mapped, mapped_column

from storage.rows import insert_rows
from storage.tables import Row

if TYPE_CHECKING:
    from sqlalchemy import Connection


class ImportPositionRow(Row):
    """How far one input was read."""

    __tablename__ = "import_positions"

    input_key: Mapped[bytes] = mapped_column(LargeBinary(16), primary_key=True)
    """Digest of the input's name: a folder, a repository, a file."""
    place: Mapped[dict[str, Any]] = mapped_column(JSON)


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """How far one input was read."""

    input: str
    """What it is called: kind and absolute path."""
    place: dict[str, Any]
    """JSON; everything before it is stored or refused."""

    @property
    def key(self) -> bytes:
        """What the table knows the input by."""
        return key_of(self.input)


def key_of(input_name: str) -> bytes:
    """Return the key of an input's name, which may hold bytes of a file name that are no UTF-8."""
    return blake2b(input_name.encode("utf-8", "surrogateescape"), digest_size=16).digest()


def read_position(connection: Connection, input_name: str) -> dict[str, Any] | None:
    """Return the place at which an input is to be gone on with; None for its beginning."""
    query = select(ImportPositionRow.place).where(ImportPositionRow.input_key == key_of(input_name))
    return connection.scalar(query)


def keep_position(connection: Connection, position: Position) -> None:
    """Write how far an input was read."""
    forget_position(connection, position.input)
    insert_rows(connection, ImportPositionRow, [{"input_key": position.key, "place": position.place}])


def forget_position(connection: Connection, input_name: str) -> None:
    """Let the next import of an input begin at its beginning."""
    connection.execute(delete(ImportPositionRow).where(ImportPositionRow.input_key == key_of(input_name)))
