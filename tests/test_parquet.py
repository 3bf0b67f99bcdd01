"""Articles as Parquet: types, folders, row groups, and other programs that read them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from crawler.errors import BadInput
from crawler.exports import Counted, parquet
from crawler.exports.parquet import SCHEMA, export_parquet, read_parquet
from storage import Article, Image, Media, Selection, Store

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

NOW = datetime(2026, 1, 1, tzinfo=UTC)
PUBLISHED = datetime(2023, 8, 31, 23, 30, 0, 123456, tzinfo=UTC)


@pytest.fixture
def filled(store: Store, make_article: Callable[..., Article]) -> Store:
    """Return a store with articles of two sources and months."""
    full = make_article(
        published_at=PUBLISHED,
        images=(Image(url="i", caption="图", credit=None),),
        media=(Media(url="m", type="audio"),),
        alternates=(("fr", "f"), ("en", "e")),
        authors=("甲", "乙"),
    )
    others = [
        make_article(
            canonical_url=f"https://www.rfi.fr/fr/{number}", source="rfi-fr", title=f"{number}", published_at=at
        )
        for number, at in enumerate((PUBLISHED, PUBLISHED + timedelta(hours=1), PUBLISHED + timedelta(hours=2)))
    ]
    store.save_batch([full, *others], now=NOW)
    return store


def exported(store: Store, folder: Path, **selection: Any) -> Counted:
    """Export into a folder, and return the count."""
    counted = Counted(after=selection.get("after", 0))
    export_parquet(store.exports, Selection(**selection), folder, counted=counted)
    return counted


def test_a_folder_for_each_source_and_month(filled: Store, tmp_path: Path) -> None:
    """Months are those of UTC; the file says where the export began."""
    counted = exported(filled, tmp_path / "out")
    assert counted.count == 4
    assert sorted(path.relative_to(tmp_path / "out").as_posix() for path in tmp_path.rglob("*.parquet")) == [
        "source=rfi-cn/month=2023-08/part-0.parquet",
        "source=rfi-fr/month=2023-08/part-0.parquet",
        "source=rfi-fr/month=2023-09/part-0.parquet",
    ]


def test_values_keep_their_types(filled: Store, tmp_path: Path) -> None:
    """Instants to the microsecond in UTC, lists, structures and maps."""
    exported(filled, tmp_path / "out", source="rfi-cn")
    with pq.ParquetFile(tmp_path / "out/source=rfi-cn/month=2023-08/part-0.parquet") as file:
        assert file.schema_arrow.equals(SCHEMA)
        (row,) = file.read().to_pylist()
    assert row["published_at"] == PUBLISHED
    assert row["modified_at"] is None
    assert row["authors"] == ["甲", "乙"]
    assert row["images"] == [{"url": "i", "caption": "图", "credit": None}]
    assert row["media"] == [{"url": "m", "type": "audio"}]
    assert row["alternates"] == [("fr", "f"), ("en", "e")]
    assert (row["revision"], row["is_current"], row["is_silent"]) == (1, True, False)
    assert SCHEMA.field("published_at").type == pa.timestamp("us", tz="UTC")


def test_duckdb_reads_source_and_month_from_the_path(filled: Store, tmp_path: Path) -> None:
    """As columns like the others."""
    exported(filled, tmp_path / "out")
    query = """
        SELECT source, month, count(*), min(published_at) FROM read_parquet(?, hive_partitioning = true)
        GROUP BY ALL ORDER BY ALL
    """
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        rows = connection.execute(query, [f"{tmp_path}/out/*/*/*.parquet"]).fetchall()
    assert [(source, str(month), count) for source, month, count, _ in rows] == [
        ("rfi-cn", "2023-08", 1),
        ("rfi-fr", "2023-08", 1),
        ("rfi-fr", "2023-09", 2),
    ]


def test_pyarrow_reads_the_folder_as_one_table(filled: Store, tmp_path: Path) -> None:
    """No column stands both in the path and in the files."""
    exported(filled, tmp_path / "out")
    table = pq.read_table(tmp_path / "out")
    assert (table.num_rows, sorted(set(table.column_names) - set(SCHEMA.names))) == (4, ["month", "source"])


def test_row_groups_are_bounded(filled: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is in memory at once while writing is a row group, whatever the size of the file."""
    monkeypatch.setattr(parquet, "ROW_GROUP_ROWS", 1)
    exported(filled, tmp_path / "out", source="rfi-fr")
    with pq.ParquetFile(tmp_path / "out/source=rfi-fr/month=2023-09/part-0.parquet") as file:
        assert [file.metadata.row_group(number).num_rows for number in range(file.num_row_groups)] == [1, 1]


def test_going_on_lays_files_beside_those_that_are_there(
    filled: Store, make_article: Callable[..., Article], tmp_path: Path
) -> None:
    """The new revision of an article is another row; the newest has the greatest revision_id."""
    first = exported(filled, tmp_path / "out")
    filled.save(make_article(title="新", published_at=PUBLISHED, fetched_at=NOW), now=NOW)
    second = exported(filled, tmp_path / "out", after=first.last_id)
    rows = sorted(pq.read_table(tmp_path / "out/source=rfi-cn").to_pylist(), key=lambda row: row["revision_id"])
    assert [(row["title"], row["revision"]) for row in rows] == [("灯塔重新点亮", 1), ("新", 2)]
    assert (second.count, second.last_id) == (1, rows[-1]["revision_id"])
    assert [row["title"] for _, row in read_parquet(tmp_path / "out") if row["source"] == "rfi-cn"] == [
        "灯塔重新点亮",
        "新",
    ]


def test_a_whole_export_does_not_mix_with_another(filled: Store, tmp_path: Path) -> None:
    """It would hold articles twice."""
    exported(filled, tmp_path / "out")
    with pytest.raises(BadInput, match="holds an export already; go on from it with --after"):
        exported(filled, tmp_path / "out")


def test_an_export_that_fails_leaves_nothing(filled: Store, tmp_path: Path) -> None:
    """Neither the folder, nor half of it beside it."""

    def stop(_: object) -> None:
        raise KeyboardInterrupt

    (tmp_path / "exports").mkdir()
    counted = Counted(on_progress=stop, count=98)
    with pytest.raises(KeyboardInterrupt):
        export_parquet(filled.exports, Selection(), tmp_path / "exports" / "out", counted=counted)
    assert list((tmp_path / "exports").iterdir()) == []


def test_a_folder_that_cannot_be_written_is_named(filled: Store, tmp_path: Path) -> None:
    """One sentence."""
    with pytest.raises(BadInput, match="nowhere/out cannot be written: No such file or directory"):
        exported(filled, tmp_path / "nowhere" / "out")


def test_what_is_pruned_is_null(filled: Store, tmp_path: Path) -> None:
    """Text and HTML are absent, the fingerprint is not."""
    filled.retention.prune(keep_bytes=0)
    exported(filled, tmp_path / "out", source="rfi-cn")
    (row,) = pq.read_table(tmp_path / "out").to_pylist()
    assert (row["text"], row["html"], row["paragraphs"], len(row["fingerprint"])) == (None, None, [], 32)
