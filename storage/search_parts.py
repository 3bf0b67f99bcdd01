"""Parts of PostgreSQL's search index: a table of articles with consecutive ids, and an index of its own.

What a batch adds to a GIN index touches a page for nearly every word there is, and the more articles it holds, the more
pages those are: at 50,000 articles an entry took 1.9 times what it took at 10,000. A part holds no more than so many;
what came before is not touched again, and a query asks each part.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import text

if TYPE_CHECKING:
    from sqlalchemy import Connection

# Articles in a part: a query of a million asks eight.
ARTICLES = 125_000

# The first id beyond the parts that there are.
_READ_END = text(
    "SELECT coalesce(max(substring(pg_get_expr(c.relpartbound, c.oid) FROM $$TO \\('?(\\d+)'?\\)$$)::bigint), 0)"
    " FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid WHERE i.inhparent = 'search_index'::regclass"
)

_PARTS = text("SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'search_index'::regclass")

# GIN keeps what is new in a list that every query reads through, until the list is 16 MB long: 5 ms a query.
_PLACE_WAITING = text(
    "SELECT gin_clean_pending_list(c.oid) FROM pg_inherits p JOIN pg_index i ON i.indrelid = p.inhrelid"
    " JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_am a ON a.oid = c.relam"
    " WHERE p.inhparent = 'search_index'::regclass AND a.amname = 'gin'"
)

_MAY_MAKE_ROOM = text(
    "SELECT pg_has_role(relowner, 'USAGE') AND has_schema_privilege(relnamespace, 'CREATE')"
    " FROM pg_class WHERE oid = 'search_index'::regclass"
)


def may_make_room(connection: Connection) -> bool:
    """Return whether this user may make parts: a right of the tables' owner, which would be missed late."""
    return bool(connection.scalar(_MAY_MAKE_ROOM))


def place_waiting(connection: Connection) -> None:
    """Put what waits in lists beside the index into it; takes a second or two where a list is full."""
    connection.execute(_PLACE_WAITING)


def make_room(connection: Connection, highest: int) -> None:
    """Make the parts that are missing for articles up to an id.

    Args:
        connection: In a transaction of `storage.database.writing`: one program at a time. Who searches does not wait.
        highest: The id.
    """
    ends: int = connection.scalar(_READ_END)
    if ends <= highest:
        place_waiting(connection)  # into the part that is full: few will come to it any more
    while ends <= highest:
        _make_part(connection, f"search_index_{ends}", f"FROM ({ends}) TO ({ends + ARTICLES})")
        ends += ARTICLES


def begin_anew(connection: Connection) -> None:
    """Empty the index: one part is left, of the usual size, whatever there was; who searches waits for the commit."""
    for part in connection.scalars(_PARTS).all():
        connection.exec_driver_sql(f"DROP TABLE {part}")
    _make_part(connection, "search_index_0", f"FROM (MINVALUE) TO ({ARTICLES})")


def _make_part(connection: Connection, name: str, bounds: str) -> None:
    # beside the table at first: to make it a part at once would lock out all who read
    connection.exec_driver_sql(f"CREATE TABLE {name} (LIKE search_index INCLUDING ALL)")
    connection.exec_driver_sql(f"ALTER TABLE search_index ATTACH PARTITION {name} FOR VALUES {bounds}")
