"""Revisions as Parquet: typed, times in UTC, one folder a source and month as DuckDB, Spark and pandas know them.

``source=rfi-cn/month=2023-08/part-0.parquet``; the number is where the export began, so that the next one
(``--after``) lays its files beside those that are there. ``source`` and ``month`` stand in the path alone. Only this
module knows pyarrow, which is an extra.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq

from crawler.errors import BadInput
from crawler.exports.files import whole_folder

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from crawler.exports.counting import Counted
    from storage import ExportedRevision, Exports, Selection

# A row group: what is in memory at once while writing, and the least that a reader has to load.
ROW_GROUP_ROWS = 1_000
ROW_GROUP_CHARACTERS = 500_000

# Columns whose values repeat; to look for repeated texts would only cost memory.
REPEATING = ["programme", "agency", "section", "language"]

# Rows read at once.
PAGE = 200

_TIME = pa.timestamp("us", tz="UTC")
_TEXTS = pa.list_(pa.string())
SCHEMA = pa.schema([
    pa.field("revision_id", pa.int64(), nullable=False),
    pa.field("canonical_url", pa.string(), nullable=False),
    pa.field("title", pa.string(), nullable=False),
    pa.field("programme", pa.string()),
    pa.field("agency", pa.string()),
    pa.field("lead", pa.string()),
    pa.field("paragraphs", _TEXTS, nullable=False),
    pa.field("text", pa.string()),
    pa.field("html", pa.string()),
    pa.field("published_at", _TIME, nullable=False),
    pa.field("modified_at", _TIME),
    pa.field("observed_at", _TIME),
    pa.field("fetched_at", _TIME),
    pa.field("first_seen_at", _TIME, nullable=False),
    pa.field("last_seen_at", _TIME, nullable=False),
    pa.field("authors", _TEXTS, nullable=False),
    pa.field("section", pa.string()),
    pa.field("tags", _TEXTS, nullable=False),
    pa.field("language", pa.string()),
    pa.field("images", pa.list_(pa.struct([("url", pa.string()), ("caption", pa.string()), ("credit", pa.string())]))),
    pa.field("media", pa.list_(pa.struct([("url", pa.string()), ("type", pa.string())]))),
    pa.field("alternates", pa.map_(pa.string(), pa.string())),
    pa.field("content_id", pa.string()),
    pa.field("revision", pa.int32(), nullable=False),
    pa.field("is_current", pa.bool_(), nullable=False),
    pa.field("is_silent", pa.bool_(), nullable=False),
    pa.field("fingerprint", pa.string(), nullable=False),
])  # fmt: skip


def export_parquet(exports: Exports, selection: Selection, folder: Path, *, counted: Counted) -> None:
    """Write revisions into a folder, which appears, or gets its new files, only when all are written.

    Args:
        exports: Where from.
        selection: What.
        folder: Made if it is not there.
        counted: Takes the count.

    Raises:
        BadInput: The folder cannot be written, or holds an export already and this one begins anew.
    """
    if selection.after == 0 and folder.exists() and any(folder.rglob("*.parquet")):
        raise BadInput(
            f"{folder} holds an export already; go on from it with --after ID (said when it was made), "
            "or name another folder"
        )
    with whole_folder(folder) as temporary:
        for partition, ids in exports.partitions(selection).items():
            path = temporary / f"source={partition.source}" / f"month={partition.month}"
            path.mkdir(parents=True)
            revisions = counted.through(exports.load(ids, selection))
            _write_file(path / f"part-{selection.after}.parquet", revisions)


def _write_file(path: Path, revisions: Iterable[ExportedRevision]) -> None:
    with pq.ParquetWriter(path, SCHEMA, compression="zstd", use_dictionary=REPEATING) as writer:
        for rows in _row_groups(revisions):
            writer.write_batch(pa.RecordBatch.from_pylist(rows, schema=SCHEMA))


def _row_groups(revisions: Iterable[ExportedRevision]) -> Iterator[list[dict[str, Any]]]:
    rows: list[dict[str, Any]] = []
    characters = 0
    for exported in revisions:
        row = _as_row(exported)
        rows.append(row)
        characters += len(row["html"] or "") + 2 * len(row["text"] or "")
        if len(rows) >= ROW_GROUP_ROWS or characters >= ROW_GROUP_CHARACTERS:
            yield rows
            rows, characters = [], 0
    if rows:
        yield rows


def _as_row(exported: ExportedRevision) -> dict[str, Any]:
    stored, article = exported.stored, exported.stored.article
    return {
        "revision_id": exported.id,
        "canonical_url": article.canonical_url,
        "title": article.title,
        "programme": article.programme,
        "agency": article.agency,
        "lead": article.lead,
        "paragraphs": article.paragraphs,
        "text": None if stored.is_pruned else article.text,
        "html": None if stored.is_pruned else article.html,
        "published_at": article.published_at,
        "modified_at": article.modified_at,
        "observed_at": article.observed_at,
        "fetched_at": article.fetched_at,
        "first_seen_at": stored.first_seen_at,
        "last_seen_at": stored.last_seen_at,
        "authors": article.authors,
        "section": article.section,
        "tags": article.tags,
        "language": article.language,
        "images": [{"url": one.url, "caption": one.caption, "credit": one.credit} for one in article.images],
        "media": [{"url": one.url, "type": one.type} for one in article.media],
        "alternates": article.alternates,
        "content_id": article.content_id,
        "revision": stored.revision,
        "is_current": exported.marks is None or exported.marks.is_current,
        "is_silent": stored.is_silent,
        "fingerprint": stored.fingerprint,
    }


def read_parquet(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the rows of a file, or of a folder with all its exports, each with where it stood, as JSON objects.

    Exports come one after the other as they were made, so that of an article the newest revision is read last.

    Raises:
        ValueError: A file is no Parquet, or does not lie in a folder that names its source.
    """
    files = [path] if path.is_file() else sorted(path.rglob("*.parquet"), key=_place_of)
    for file in files:
        source = next((part.removeprefix("source=") for part in file.parts if part.startswith("source=")), None)
        if source is None:
            raise ValueError(f"{file} does not lie in a folder that names its source, such as source=rfi-cn")
        number = 0
        with pq.ParquetFile(file) as opened:
            for batch in opened.iter_batches(batch_size=PAGE):
                for row in batch.to_pylist():
                    number += 1
                    known = {name: value for name, value in row.items() if value is not None}
                    yield f"{file}, row {number}", known | {"source": source, "alternates": dict(row["alternates"])}


def _place_of(file: Path) -> tuple[int, str]:
    """Return where a file's export began, and its path."""
    number = file.stem.rpartition("-")[2]
    return int(number) if number.isdecimal() else 0, str(file)
