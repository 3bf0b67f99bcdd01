"""What becomes of recordings: checked, and pruned by age and size.

A file goes with its index, the index first, so that no index is ever without its file. A file whose bodies later files
repeat stays as long as they do.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from crawler.archives.warc import payload_digest
from crawler.archives.warc_records import TORN, Damage, is_same_payload, read_records

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from crawler.archives.recording import RecordedFile, Recording


@dataclass(slots=True, kw_only=True)
class Checked:
    """What a check found."""

    files: int = 0
    records: int = 0
    captures: int = 0
    torn: list[Damage] = field(default_factory=list)
    """Tails that a crash has torn: nothing of them was ever stored."""
    wrong: list[Damage] = field(default_factory=list)
    """Whatever else is not as it was written."""


def check(recording: Recording) -> Checked:
    """Read every record of a recording, and hold bodies against their digests and indexes against the records."""
    found = Checked()

    def note(damage: Damage) -> None:
        (found.torn if damage.reason == TORN else found.wrong).append(damage)

    bodies: set[str] = set()
    for file in recording.files():
        found.files += 1
        path = recording.path_of(file.name)
        indexed = {line.offset: line for line in file.lines}
        for record in read_records(path, on_damage=note):
            found.records += 1
            line = indexed.pop(record.offset, None)
            digest = record.fields.get("warc-payload-digest", "")
            if record.kind == "response":
                found.captures += 1
                bodies.add(digest)
                if digest.startswith("sha1:") and payload_digest(record.body) != digest:
                    note(Damage(file=path, offset=record.offset, reason="a body that is not as its digest says"))
            elif record.kind == "revisit":
                found.captures += 1
                if is_same_payload(record) and digest not in bodies:
                    note(Damage(file=path, offset=record.offset, reason="a revisit of a body that is not here"))
            if line is None and record.kind in ("response", "revisit") and file.lines:
                note(Damage(file=path, offset=record.offset, reason="a capture that its index does not know"))
        for offset in indexed:
            note(Damage(file=path, offset=offset, reason="an index line without a capture"))
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class PrunedFiles:
    """What pruning removed, or would remove."""

    removed: tuple[str, ...]
    removed_bytes: int
    kept_bytes: int
    needed: tuple[str, ...]
    """Files that were to go and stay, for later ones repeat bodies of theirs."""


def prune(recording: Recording, *, before: datetime | None, keep_bytes: int | None, dry_run: bool) -> PrunedFiles:
    """Remove old files.

    Args:
        recording: Completed by `Recording.mend`.
        before: Those whose last capture is older than this.
        keep_bytes: The oldest, until the rest is no larger than this.
        dry_run: Only say what would go.
    """
    files = sorted((file for file in recording.files() if file.lines), key=_last_of)
    unwanted = {file.name for file in files if before is not None and _last_of(file) < before}
    size = sum(file.size for file in files if file.name not in unwanted)
    for file in files:
        if keep_bytes is not None and size > keep_bytes and file.name not in unwanted:
            unwanted.add(file.name)
            size -= file.size
    needed = _needed(files, unwanted)
    removed = [file for file in files if file.name in unwanted - needed]
    if not dry_run:
        for file in removed:
            recording.remove(file.name)
    return PrunedFiles(
        removed=tuple(file.name for file in removed),
        removed_bytes=sum(file.size for file in removed),
        kept_bytes=sum(file.size for file in files if file not in removed),
        needed=tuple(sorted(needed)),
    )


def _needed(files: Sequence[RecordedFile], unwanted: set[str]) -> set[str]:
    """Return those of the unwanted files that one which stays repeats bodies of, directly."""
    kept = [file for file in files if file.name not in unwanted]
    return {line.original[0] for file in kept for line in file.lines if line.original is not None} & unwanted


def _last_of(file: RecordedFile) -> datetime:
    return max(line.captured_at for line in file.lines)
