"""Web archives: captures of articles, in WARC and WACZ files, are read as a crawl reads pages."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from crawler.archives.warc import read_captures
from crawler.archives.warc_records import SUFFIXES, warc_files_in
from crawler.errors import ArticleRejected, BadInput, PageNotUnderstood
from crawler.imports.pieces import Import, Listed, Refused
from crawler.normalize import normalize
from crawler.sources import source_of
from storage import Claim
from storage.identity import canonical_url

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from crawler.archives.warc import Capture
    from crawler.archives.warc_records import Damage

_HTML = ("text/html", "application/xhtml+xml")


@dataclass(frozen=True, slots=True)
class WebArchive:
    """A WARC or WACZ file, or a folder of them."""

    path: Path

    @property
    def kind(self) -> str:
        """As runs show it."""
        return "web archives"

    @property
    def pieces_are(self) -> str:
        """As a person calls them."""
        return "articles"

    def pieces(self, place: Mapping[str, Any] | None) -> Iterator[Listed | Refused]:
        """List the captures; the place of each is its number.

        Those before a place are gone through again, for later ones may say that a page was as in one of them.
        """
        damaged: list[Damage] = []
        captures = read_captures(warc_files_in([self.path]), on_damage=damaged.append)
        already = place["captures"] if place else 0
        for number, capture in enumerate(captures, start=1):
            if number > already:
                yield from map(_refused, damaged)
                why = _why_passed_over(capture)
                if why is None:
                    yield Listed({"captures": number}, capture, len(capture.body))
                else:
                    yield Refused(f"passed over: {why}")
            damaged.clear()
        yield from map(_refused, damaged)

    def read(self, raws: Sequence[Any]) -> list[Import | Refused]:
        """Read captures."""
        return [_read(capture) for capture in raws]

    def done(self, place: Mapping[str, Any] | None) -> dict[str, Any] | None:
        """Begin at the beginning: who records adds to files and to the folder."""


def is_web_archive(path: Path) -> bool:
    """Return whether a file is named like a web archive."""
    return path.name.endswith(SUFFIXES)


def _refused(damage: Damage) -> Refused:
    return Refused("refused: a record cannot be read", str(damage))


def _why_passed_over(capture: Capture) -> str | None:
    """Return why a capture is no article for all we know without reading it; None if it may be one."""
    if capture.status != 200:
        return "not answered with 200"
    if not (capture.header("Content-Type") or "").lower().lstrip().startswith(_HTML):
        return "no page"
    source = source_of(capture.url)
    if source is None:
        return "no source reads its host"
    return None if source.is_article(canonical_url(capture.url)) else "not the address of an article"


def _read(capture: Capture) -> Import | Refused:
    """Read and judge a capture, as seen when it was captured."""
    source = source_of(capture.url)
    assert source is not None, "listed for its source"
    if capture.is_truncated:
        return Refused(
            "refused: the capture is cut short", f"{capture.file}: the capture of {capture.url} is cut short"
        )
    try:
        said = source.read_page(capture.content, capture.header("Content-Type") or "", capture.url)
        claim = Claim(field="observed_at", value=capture.captured_at.isoformat(), origin="warc-date")
        seen = replace(said, observed_at=capture.captured_at, claims=(*said.claims, claim))
        return Import(normalize(seen, source))
    except BadInput as error:
        return Refused("refused: a record cannot be read", str(error))
    except PageNotUnderstood as error:
        return Refused(f"not understood: no {', '.join(error.missing)}", str(error))
    except ArticleRejected as error:
        return Refused(f"rejected: {error.reason}", str(error))
