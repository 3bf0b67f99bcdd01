"""How far an export is, and where the next one goes on."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from storage import ExportedRevision, StoredArticle

# Revisions between two looks at the count for whoever watches.
PROGRESS_EVERY = 100


@dataclass(slots=True, kw_only=True)
class Counted:
    """What went out so far."""

    after: int = 0
    """Where the export began."""
    count: int = 0
    on_progress: Callable[[Mapping[str, int]], None] = field(default=lambda _: None)
    _greatest: int = 0

    @property
    def last_id(self) -> int:
        """Id after which the next export goes on."""
        return max(self.after, self._greatest)

    def through(self, revisions: Iterable[ExportedRevision]) -> Iterator[ExportedRevision]:
        """Yield revisions; one counts when the next is asked for, that is when it has been written."""
        for exported in revisions:
            yield exported
            self.count += 1
            self._greatest = max(self._greatest, exported.id)
            if self.count % PROGRESS_EVERY == 0:
                self.on_progress({"written": self.count})

    def each(self, articles: Iterable[StoredArticle]) -> Iterator[StoredArticle]:
        """Yield articles of an export that is never gone on with, and count them likewise."""
        for stored in articles:
            yield stored
            self.count += 1
