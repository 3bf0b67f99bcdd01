"""Recorded runs: what a recording says of them, and their exchanges in the order in which they took place."""

from __future__ import annotations

import posixpath
from collections import defaultdict, deque
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from fastwarc.warc import WarcRecordType

from crawler.archives.exchanges import FAILURE
from crawler.archives.run_facts import RunFacts
from crawler.archives.warc import payload_digest, read_capture
from crawler.archives.warc_records import ignore, is_same_payload, read_records, warc_files_in
from crawler.errors import BadInput
from crawler.exchange import Exchange
from storage import CapturePlace

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

    from crawler.archives.warc_records import Damage, Record

_KINDS = WarcRecordType.response | WarcRecordType.revisit | WarcRecordType.metadata


def runs_in(files: Iterable[str]) -> list[tuple[RunFacts, list[str]]]:
    """Return the runs of ours that files hold, in the order in which they began, each with its files."""
    found: dict[str, tuple[RunFacts, list[str]]] = {}
    for file in files:
        first = next(read_records(file, kinds=WarcRecordType.warcinfo), None)
        facts = RunFacts.of(first) if first is not None and first.kind == "warcinfo" else None
        if facts is not None:
            found.setdefault(facts.name, (facts, []))[1].append(file)
    return sorted(found.values(), key=lambda run: (run[0].started_at, run[0].name))


@dataclass(frozen=True, slots=True)
class _Kept:
    """Where an exchange stands, and when it took place."""

    place: CapturePlace
    original: tuple[str, int, int] | None
    failure: str | None


class RecordedRun:
    """The exchanges of one run, by number.

    Args:
        archive: The recording, a file or a folder.
        name: Of the run, as `RunFacts` has it.
        on_damage: Told of what cannot be read.

    Raises:
        BadInput: It holds no such run.
    """

    def __init__(self, archive: str, name: str, *, on_damage: Callable[[Damage], None] = ignore) -> None:
        files = list(warc_files_in([archive]))
        runs = {facts.name: (facts, own) for facts, own in runs_in(files)}
        if name not in runs:
            raise BadInput(f"{archive} holds no run {name}")
        self.facts, own = runs[name]
        self.started_at = self.facts.started_at
        self._exchanges: list[_Kept] = []
        self._by_url: defaultdict[str, deque[int]] = defaultdict(deque)
        originals: dict[str, tuple[str, int, int]] = {}
        # a revisit record may speak of a file of an earlier run
        for file in files[: files.index(own[-1]) + 1]:
            for record in read_records(file, kinds=_KINDS, on_damage=on_damage):
                self._note(record, originals, is_own=file in own)

    def take(self, url: str) -> int | None:
        """Return the number of the next exchange with a URL, and count it as asked for; None if there is none."""
        waiting = self._by_url.get(url)
        return waiting.popleft() if waiting else None

    def answered_at(self, number: int) -> datetime | None:
        """Return when an exchange took place; None after the last."""
        return self._exchanges[number].place.captured_at if number < len(self._exchanges) else None

    def load(self, number: int) -> tuple[Exchange, CapturePlace]:
        """Return an exchange whole.

        Raises:
            BadInput: Its record cannot be read.
        """
        kept = self._exchanges[number]
        place = kept.place
        exchange = Exchange(url=place.url, answered_at=place.captured_at, failure=kept.failure)
        if kept.failure is not None:
            return exchange, place
        original = read_capture(*kept.original) if kept.original is not None else None
        file = posixpath.join(place.recording, place.file)
        capture = read_capture(file, place.offset, place.length, original=original)
        return replace(exchange, status=capture.status, headers=capture.headers, body=capture.body), place

    def _note(self, record: Record, originals: dict[str, tuple[str, int, int]], *, is_own: bool) -> None:
        fields = record.fields
        digest = fields.get("warc-payload-digest") or payload_digest(record.body)
        if record.kind == "response":
            originals[digest] = (record.file, record.offset, record.length)
        failure = None
        if record.kind == "metadata":
            name, _, failure = record.body.decode("utf-8", "replace").strip().partition(": ")
            if name != FAILURE:
                return
        if not is_own:
            return
        folder, name = posixpath.split(record.file)
        place = CapturePlace(
            recording=folder,
            file=name,
            offset=record.offset,
            length=record.length,
            payload_digest=digest,
            url=record.url,
            captured_at=record.date,
        )
        original = originals.get(digest) if is_same_payload(record) else None
        self._by_url[record.url].append(len(self._exchanges))
        self._exchanges.append(_Kept(place, original, failure))
