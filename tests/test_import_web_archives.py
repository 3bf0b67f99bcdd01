"""``newscrawl import`` of WARC and WACZ files: their articles, read as a crawl reads them."""

from __future__ import annotations

import zipfile
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from conftest import Ended

    from crawler.archives.site import SeedSite


def counts(ended: Ended) -> dict[str, Any]:
    """Return the counts of the run that was printed as JSON, without zeros."""
    return {name: count for name, count in ended.objects[0]["counts"].items() if count}


@pytest.mark.long
def test_every_capture_is_stored_or_counted_under_a_reason(
    newscrawl: Callable[..., Ended], recorded_site: Path, seed_site: SeedSite
) -> None:
    """Articles are read as of their capture; listings, answers without a page and other files are passed over."""
    ended = newscrawl("import", recorded_site, "--json")
    done = counts(ended)
    assert (ended.code, ended.err) == (0, "")
    assert done.pop("new") + done.pop("duplicate") == len(seed_site.article_urls)
    assert done == {
        "passed over: no page": 1,
        "passed over: not answered with 200": 1,
        "passed over: not the address of an article": 1,
    }
    seen = {(one["observed_at"], one["fetched_at"]) for one in newscrawl("articles", "export").objects}
    assert seen == {("2026-11-26T12:00:00Z", None)}


@pytest.mark.long
def test_a_wacz_file_and_a_folder_of_warc_files(
    newscrawl: Callable[..., Ended], recorded_site: Path, tmp_path: Path
) -> None:
    """Are read like the WARC file itself: what is in it is known."""
    assert newscrawl("import", recorded_site).code == 0
    with zipfile.ZipFile(tmp_path / "a.wacz", "w") as folder:
        folder.write(recorded_site, "archive/site.warc.gz")
    for name in ("a.wacz", recorded_site.parent):
        assert counts(newscrawl("import", name, "--json")).keys() & {"new", "revised", "unchanged"} == {"unchanged"}


def test_a_torn_file_gives_what_is_whole(newscrawl: Callable[..., Ended], recorded_site: Path, tmp_path: Path) -> None:
    """What stands before the tear is imported; the tear is named."""
    whole = recorded_site.read_bytes()
    (tmp_path / "torn.warc.gz").write_bytes(whole[: len(whole) * 2 // 3])
    ended = newscrawl("import", "torn.warc.gz", "--json")
    done = counts(ended)
    assert (ended.code, done["refused: a record cannot be read"]) == (0, 1)
    assert done["new"] > 5
    assert ended.err.count("\n") == 1
    assert "torn.warc.gz" in ended.err


def test_an_article_from_three_places_is_one_article_with_three_claims(
    newscrawl: Callable[..., Ended], stored_seeds: str, recorded_site: Path
) -> None:
    """A seed file, a capture and an export of it: one row, one text, and who saw it when."""
    newscrawl("articles", "export", "--output", "kept.jsonl", "--db", stored_seeds)
    first = newscrawl("articles", "export", "--limit", "1", "--db", stored_seeds).objects[0]
    newscrawl("seeds", "export", "seeds", "--db", stored_seeds)
    assert newscrawl("import", "seeds", recorded_site, "kept.jsonl").code == 0
    (row,) = [one for one in newscrawl("articles", "export").objects if one["canonical_url"] == first["canonical_url"]]
    assert (row["revision"], row["text"]) == (1, first["text"])
    dumped = newscrawl("db", "dump", "--table", "claims").objects[1:]
    ours = [one for one in dumped if one["article"] == row["canonical_url"] and one["field"] == "observed_at"]
    assert sorted(one["origin"] for one in ours if one["origin"] != "front-matter") == [
        "export",
        "seed-epoch",
        "warc-date",
    ]
