"""How far the search index reaches; the index itself is another on each database, see `storage.search_index`."""

from __future__ import annotations

from sqlalchemy.orm import Mapped, mapped_column

from storage.tables import Row


class SearchStateRow(Row):
    """One row, written with the first article or by a rebuild."""

    __tablename__ = "search_state"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    """Always 1."""
    format: Mapped[int]
    """`storage.search_index.FORMAT` of the program that made the index."""
    unindexed_below: Mapped[int]
    """Articles with smaller ids are not in the index; a rebuild goes down to 1."""
