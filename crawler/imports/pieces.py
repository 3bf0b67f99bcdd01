"""What imports are made of: inputs, which list their pieces and read them, and what a piece becomes.

An input is listed in one process and read in others: it, and what it lists, can be pickled.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from storage import Article, Returning, SeedCopy


@dataclass(frozen=True, slots=True)
class Import:
    """An article that was read and judged, on its way to the writer."""

    article: Article
    seed_copy: SeedCopy | None = None
    """The seed file it came from; None if it came from elsewhere."""


@dataclass(frozen=True, slots=True)
class Refused:
    """A piece that cannot be stored."""

    reason: str
    """As it is counted."""
    sentence: str = ""
    """For a person: which piece, and why; empty for what is passed over by the thousand."""


class Listed(NamedTuple):
    """A piece that was found and not yet read."""

    place: dict[str, Any] | None
    """JSON: where to go on when this piece, and all before it, are done; None where that is not possible."""
    raw: Any
    """What its input reads it by."""
    size: int = 0
    """Bytes that `raw` brings along; 0 for a name."""


class Input(Protocol):
    """One folder, repository or file that is imported."""

    @property
    def path(self) -> Path:
        """What the operator named."""

    @property
    def kind(self) -> str:
        """What it is, as runs show it, such as ``seed files``."""

    @property
    def pieces_are(self) -> str:
        """What a person calls its pieces, such as ``files``."""

    def pieces(self, place: Mapping[str, Any] | None) -> Iterator[Listed | Refused]:
        """List its pieces in their order, from a place on; None is the beginning.

        A refusal stands for something that could not even be listed.

        Raises:
            BadInput: It cannot be listed.
        """

    def read(self, raws: Sequence[Any]) -> Sequence[Import | Returning | Refused]:
        """Read some pieces, one answer for each; called in any process."""

    def done(self, place: Mapping[str, Any] | None) -> dict[str, Any] | None:
        """Return the place to begin at next time, when all was read up to a place; None for the beginning."""


def name_of(given: Input) -> str:
    """Return what the store knows an input by."""
    return f"{given.kind}: {given.path.absolute()}"
