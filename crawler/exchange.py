"""Exchange: one request to a server and what came of it, on its way to whoever records it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from concurrent.futures import Future
    from datetime import datetime

    from storage import CapturePlace


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """One request, and what came of it."""

    url: str
    method: str = "GET"
    request_headers: tuple[tuple[str, str], ...] = ()
    answered_at: datetime
    """When the answer was there, or it was clear that none comes; aware."""
    status: int | None = None
    """None: there was no answer."""
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    """As it came, without its chunks."""
    address: str | None = None
    """Of the server."""
    failure: str | None = None
    """Why there was no answer, in the words under which runs count it."""


class KeepsExchanges(Protocol):
    """Who records."""

    @property
    def is_full(self) -> bool:
        """Would `keep` block?"""

    def keep(self, exchange: Exchange) -> Future[CapturePlace]:
        """Take an exchange; the answer comes when it is on disk. Blocks while too many wait."""
