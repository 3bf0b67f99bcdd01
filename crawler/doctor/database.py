"""The database: is it there, of the right schema, and can it be written?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from crawler.doctor.diagnosis import Diagnosis, error, ok, warning
from crawler.doctor.words import size_in_words
from storage import StoreError, StoreUnavailable
from storage.maintenance import Maintenance
from storage.schema import NEWEST

if TYPE_CHECKING:
    from collections.abc import Iterator

    from storage.condition import Condition


class DatabaseCheck:
    """Looks at one database; iterate, then see what is known of it.

    Args:
        url: As in the settings.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self.is_usable = False
        """A store can be opened on it."""
        self.condition: Condition | None = None
        """None if it could not be asked."""

    def __iter__(self) -> Iterator[Diagnosis]:
        """Look at it, and yield what was found."""
        try:
            Maintenance.open(self.url, must_exist=False).close()
        except StoreError as refused:
            yield error("database", str(refused), "mend database_url, or --db")
            return
        try:
            with Maintenance.open(self.url) as maintenance:
                yield from self._look(maintenance)
        except StoreUnavailable as refused:
            if "there is no database" in str(refused):
                yield warning("database", str(refused), "make it with: newscrawl db upgrade")
            else:
                yield error("database", str(refused), "see the sentence beside; crawls wait or fail until then")

    def _look(self, maintenance: Maintenance) -> Iterator[Diagnosis]:
        schema = maintenance.schema()
        self.condition = maintenance.condition()
        size = "" if self.condition.size_bytes is None else f", {size_in_words(self.condition.size_bytes)}"
        yield ok("database", f"{maintenance.name}, {self.condition.version}{size}")
        if schema is None:
            yield warning("schema", f"the database {maintenance.name} is empty", "newscrawl db upgrade")
            return
        if schema < NEWEST:
            yield error(
                "schema", f"{schema}, and the program needs {NEWEST}", "make a backup, then: newscrawl db upgrade"
            )
            return
        if schema > NEWEST:
            yield error("schema", f"{schema}, and this program knows {NEWEST}", "update the program")
            return
        yield ok("schema", schema)
        self.is_usable = True
        try:
            maintenance.try_writing()
        except StoreUnavailable as refused:
            yield error("writing", str(refused), "crawls need a database that they can write")
        else:
            yield ok("writing", "the database can be written")
