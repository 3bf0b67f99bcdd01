"""Recorder: exchanges come in from a crawl's thread and are written by one of its own, a record at a time.

Compression, digests and the disk cost the crawl's thread nothing. A place is given out when its record is on disk:
who stores it stores nothing that a crash can take away.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from concurrent.futures import Future
from datetime import timedelta
from typing import TYPE_CHECKING

from crawler.archives.cdxj import IndexLine
from crawler.archives.exchanges import (
    Original,
    failure_record,
    new_id,
    request_record,
    response_record,
    warcinfo_record,
)
from crawler.archives.warc import payload_digest
from storage import CapturePlace

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from crawler.archives.recording import FileInWork, Recording
    from crawler.exchange import Exchange

logger = logging.getLogger(__name__)

MAX_FILE_BYTES = 1_000_000_000
"""A file that has grown so large is closed, and the next begun: what the IIPC recommends."""

# Exchanges that wait to be written before the crawl waits too: bounds the memory.
_MAX_PENDING = 64

# A body that was seen so long ago is kept once more, so that old files need not be kept for new ones for ever.
_REPEATED_AFTER = timedelta(days=7)

# Records remembered that later ones may speak of: about 100 MB.
_MAX_REMEMBERED = 200_000

# Bodies smaller than a revisit record's own fields are kept as they are.
_SMALLEST_REPEATED = 200


class Recorder:
    """Writes the exchanges of one run into a recording.

    Args:
        recording: Where to.
        name: How the names of its files begin; no other run's do.
        facts: What its warcinfo records say.
        max_file_bytes: Size from which on a file is closed.
        on_failed: Called from the recorder's thread when it stops for an error; nothing is recorded after that.
    """

    def __init__(
        self,
        recording: Recording,
        *,
        name: str,
        facts: Mapping[str, str],
        max_file_bytes: int = MAX_FILE_BYTES,
        on_failed: Callable[[Exception], None] | None = None,
    ) -> None:
        self._recording = recording
        self._name = name
        self._facts = facts
        self._max_file_bytes = max_file_bytes
        self._on_failed = on_failed
        self._originals = recording.originals()
        self._file: FileInWork | None = None
        self._lines: list[IndexLine] = []
        self._serial = 0
        self._waiting: deque[tuple[Exchange, Future[CapturePlace]]] = deque()
        self._lock = threading.Lock()
        self._has_work = threading.Condition(self._lock)
        self._has_room = threading.Condition(self._lock)
        self._is_closing = False
        self._error: Exception | None = None
        self._thread = threading.Thread(target=self._run, name="recorder", daemon=True)
        self._thread.start()

    @property
    def is_full(self) -> bool:
        """Would `keep` block?"""
        return len(self._waiting) >= _MAX_PENDING

    def keep(self, exchange: Exchange) -> Future[CapturePlace]:
        """Take an exchange; the answer comes when it is on disk. Blocks while too many wait."""
        place: Future[CapturePlace] = Future()
        with self._lock:
            while len(self._waiting) >= _MAX_PENDING and self._error is None:
                self._has_room.wait()
            if self._error is not None:
                place.set_exception(self._error)
                return place
            self._waiting.append((exchange, place))
            self._has_work.notify()
        return place

    def close(self) -> None:
        """Write what waits, close the file with its index, and end the thread.

        Raises:
            OSError: Not all could be written.
        """
        with self._lock:
            self._is_closing = True
            self._has_work.notify()
        self._thread.join()
        if self._error is not None:
            raise self._error

    def _run(self) -> None:
        batch: list[tuple[Exchange, Future[CapturePlace]]] = []
        try:
            while batch := self._next_batch():
                self._write(batch)
            self._end_file()
        except Exception as error:  # the thread's edge: kept here, answered to all who wait
            if self._file is not None:
                self._file.close()
            with self._lock:
                self._error = error
                batch += self._waiting
                self._waiting.clear()
                self._has_room.notify_all()
            for _, place in batch:
                if not place.done():
                    place.set_exception(error)
            if self._on_failed is not None:
                self._on_failed(error)

    def _next_batch(self) -> list[tuple[Exchange, Future[CapturePlace]]]:
        with self._lock:
            while not self._waiting and not self._is_closing:
                self._has_work.wait()
            batch = list(self._waiting)
            self._waiting.clear()
            self._has_room.notify_all()
            return batch

    def _write(self, batch: list[tuple[Exchange, Future[CapturePlace]]]) -> None:
        """Write a batch, and answer once all of it is on disk."""
        written = []
        for exchange, place in batch:
            if self._file is not None and self._file.size >= self._max_file_bytes:
                self._end_file()
            file = self._file or self._begin_file(exchange)
            written.append((place, self._write_exchange(file, exchange)))
        if self._file is not None:
            self._file.sync()
        for place, where in written:
            place.set_result(where)

    def _begin_file(self, exchange: Exchange) -> FileInWork:
        self._serial += 1
        self._file = self._recording.begin_file(f"{self._name}-{self._serial:05}.warc.gz")
        self._file.write(warcinfo_record(self._file.name, self._facts, exchange.answered_at))
        return self._file

    def _end_file(self) -> None:
        if self._file is not None:
            file, self._file = self._file, None
            file.finish(self._lines)
            self._lines = []

    def _write_exchange(self, file: FileInWork, exchange: Exchange) -> CapturePlace:
        """Write an exchange's records: the answer, then what was asked."""
        id_ = new_id()
        digest, original = payload_digest(exchange.body), None
        offset = file.size
        if exchange.failure is not None:
            file.write(failure_record(exchange, id_))
        else:
            original = self._original(exchange, digest)
            file.write(response_record(exchange, digest, id_, original))
        length = file.size - offset
        file.write(request_record(exchange, id_))
        place = CapturePlace(
            recording=self._recording.address,
            file=file.name,
            offset=offset,
            length=length,
            payload_digest=digest,
            url=exchange.url,
            captured_at=exchange.answered_at,
        )
        if exchange.failure is None:
            self._lines.append(_line(exchange, place, original))
            if original is None and exchange.status != 304:
                self._remember(place)
        return place

    def _original(self, exchange: Exchange, digest: str) -> Original | None:
        """Return the record that had the same body a short while ago, or the page that a 304 speaks of."""
        if exchange.status == 304:
            return self._originals.get(exchange.url)
        original = self._originals.get(digest)
        if original is None or len(exchange.body) < _SMALLEST_REPEATED:
            return None
        return original if exchange.answered_at - original.at < _REPEATED_AFTER else None

    def _remember(self, place: CapturePlace) -> None:
        original = Original(url=place.url, at=place.captured_at, filename=place.file, offset=place.offset)
        self._originals[place.payload_digest] = self._originals[place.url] = original
        while len(self._originals) > _MAX_REMEMBERED:
            del self._originals[next(iter(self._originals))]


def _line(exchange: Exchange, place: CapturePlace, original: Original | None) -> IndexLine:
    stated = next((value for name, value in exchange.headers if name.lower() == "content-type"), "")
    return IndexLine(
        url=exchange.url,
        captured_at=exchange.answered_at,
        status=exchange.status or 0,
        mime=stated.split(";")[0].strip().lower() or "unk",
        digest=place.payload_digest,
        filename=place.file,
        offset=place.offset,
        length=place.length,
        is_revisit=original is not None or exchange.status == 304,
        # a 304 has no body to look for
        original=None if original is None or exchange.status == 304 else (original.filename, original.offset),
    )
