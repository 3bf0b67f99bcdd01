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
    "SELECT max(substring(pg_get_expr(c.relpartbound, c.oid) FROM $$TO \\('?(\\d+)'?\\)$$)::bigint)"
    " FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid WHERE i.inhparent = 'search_index'::regclass"
)

# GIN keeps what is new in a list that every query reads through, until the list is 4 MB long: a millisecond a query.
_PLACE_WAITING = text(
    "SELECT gin_clean_pending_list(c.oid) FROM pg_inherits p JOIN pg_index i ON i.indrelid = p.inhrelid"
    " JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_am a ON a.oid = c.relam"
    " WHERE p.inhparent = 'search_index'::regclass AND a.amname = 'gin'"
)


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
        part = f"search_index_{ends}"
        # beside the table at first: to make it a part at once would lock out all who read
        connection.exec_driver_sql(f"CREATE TABLE {part} (LIKE search_index INCLUDING ALL)")
        bounds = f"FROM ({ends}) TO ({ends + ARTICLES})"
        connection.exec_driver_sql(f"ALTER TABLE search_index ATTACH PARTITION {part} FOR VALUES {bounds}")
        ends += ARTICLES
