"""Seed files: archived articles walk the road without a fetch."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from crawler.archives.seeds import find_seed_files, read_seed_file
from crawler.errors import ArticleRejected, PageNotUnderstood, SeedFileError
from crawler.imports.pieces import Import, Listed, Refused
from crawler.normalize import normalize
from crawler.sources import source_of
from storage import SeedCopy

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from crawler.items import SeedFile


@dataclass(frozen=True, slots=True)
class SeedFiles:
    """A folder of seed files, or one of them."""

    path: Path

    @property
    def kind(self) -> str:
        """As runs show it."""
        return "seed files"

    @property
    def pieces_are(self) -> str:
        """As a person calls them."""
        return "seed files"

    def pieces(self, place: Mapping[str, Any] | None) -> Iterator[Listed | Refused]:
        """List the files in the order of their names; the place of each is its own."""
        last = (self.path / place["file"]).parts if place else ()
        for path in find_seed_files([self.path]):
            if path.parts > last:
                yield Listed({"file": str(path.relative_to(self.path))}, str(path))

    def read(self, raws: Sequence[Any]) -> list[Import | Refused]:
        """Read files by their paths."""
        return [read_seed(read_seed_file(Path(path))) for path in raws]

    def done(self, place: Mapping[str, Any] | None) -> dict[str, Any] | None:
        """Begin at the beginning: a file that comes later may have any name."""


def read_seed(seed: SeedFile | SeedFileError) -> Import | Refused:
    """Read and judge what a seed file holds."""
    if isinstance(seed, SeedFileError):
        return Refused("refused: not a seed file", str(seed))
    source = source_of(seed.url)
    if source is None:
        return Refused("refused: no source reads its host", f"{seed.name}: no source reads {seed.url}")
    try:
        article = normalize(source.read_seed(seed), source)
    except PageNotUnderstood as error:
        return Refused(f"not understood: no {', '.join(error.missing)}", f"{seed.name}: {error}")
    except ArticleRejected as error:
        return Refused(f"rejected: {error.reason}", f"{seed.name}: {error}")
    return Import(article, SeedCopy(name=seed.name, raw=seed.raw, observed_at=seed.observed_at))
