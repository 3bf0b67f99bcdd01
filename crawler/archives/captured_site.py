"""CapturedSite: WARC files of any program as a website, each URL as it was captured last.

A crawl of it is answered with the captures of a URL in their order, one a request: see `CapturedSite.next_of`.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from fastwarc.warc import WarcRecordType

from crawler.archives.base import ArchivedResponse
from crawler.archives.cdxj import key_of
from crawler.archives.warc import payload_digest, read_capture
from crawler.archives.warc_records import ignore, is_same_payload, read_records, warc_files_in
from crawler.errors import BadInput

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from crawler.archives.warc import Capture
    from crawler.archives.warc_records import Damage, Record

_KINDS = WarcRecordType.response | WarcRecordType.revisit | WarcRecordType.resource

# Headers of the exchange, not of the page.
# Answers to a condition or for a moment, of which whoever asks here knows nothing.
_NO_PAGES = (304, 429, 503)

_OF_EXCHANGE = frozenset(
    {"content-length", "content-encoding", "transfer-encoding", "connection", "keep-alive", "date"}
)


@dataclass(frozen=True, slots=True)
class _Place:
    file: str
    offset: int
    length: int
    at: datetime
    original: tuple[str, int, int] | None


class CapturedSite:
    """What WARC files hold, as an archive.

    Answers to a condition (304) and pauses (429, 503) are left out.

    Args:
        address: A WARC or WACZ file, or a folder of them.
        on_damage: Told of what cannot be read.

    Raises:
        BadInput: There is no capture.
    """

    def __init__(self, address: str, *, on_damage: Callable[[Damage], None] = ignore) -> None:
        self._places: defaultdict[bytes, list[_Place]] = defaultdict(list)
        self._given: Counter[bytes] = Counter()
        hosts: Counter[str] = Counter()
        first: dict[str, str] = {}
        originals: dict[str, tuple[str, int, int]] = {}
        for file in warc_files_in([address]):
            for record in read_records(file, kinds=_KINDS, on_damage=on_damage):
                if record.length and record.url.startswith(("http://", "https://")):
                    self._note(record, originals)
                    parts = urlsplit(record.url)
                    hosts[parts.netloc] += 1
                    if record.status == 200 and "html" in dict(record.headers).get("Content-Type", ""):
                        first.setdefault(parts.netloc, parts.path or "/")
        if not self._places:
            raise BadInput(f"{address} holds no captures of web pages")
        for places in self._places.values():
            places.sort(key=lambda place: place.at)
        self.host = hosts.most_common(1)[0][0]
        """The host with the most captures."""
        self.home = first.get(self.host, "/")
        """Path of the page of that host that was captured first."""
        self.started_at = min(places[0].at for places in self._places.values())
        """When the first capture was made."""

    @property
    def count(self) -> int:
        """How many URLs are known."""
        return len(self._places)

    def lookup(self, url: str) -> ArchivedResponse | None:
        """Return what was captured last under a URL in any spelling; None if nothing was."""
        places = self._places.get(key_of(url))
        return as_page(self._read(places[-1])) if places else None

    def next_of(self, url: str) -> Capture | None:
        """Return the next capture of a URL, after its last the last once more; None if there is none."""
        key = key_of(url)
        places = self._places.get(key)
        if not places:
            return None
        number = min(self._given[key], len(places) - 1)
        self._given[key] += 1
        return self._read(places[number])

    def _read(self, place: _Place) -> Capture:
        original = read_capture(*place.original) if place.original is not None else None
        return read_capture(place.file, place.offset, place.length, original=original)

    def _note(self, record: Record, originals: dict[str, tuple[str, int, int]]) -> None:
        place = (record.file, record.offset, record.length)
        digest = record.fields.get("warc-payload-digest") or payload_digest(record.body)
        original = originals.get(digest) if is_same_payload(record) else None
        if record.kind != "revisit":
            originals[digest] = place
        elif original is None:
            return
        if record.status not in _NO_PAGES:
            self._places[key_of(record.url)].append(_Place(*place, record.date, original))


def as_page(capture: Capture) -> ArchivedResponse:
    """Return a capture as a page: unpacked, without what belongs to its exchange."""
    headers = tuple(pair for pair in capture.headers if pair[0].lower() not in _OF_EXCHANGE)
    return ArchivedResponse(url=capture.url, status=capture.status, headers=headers, body=capture.content)
