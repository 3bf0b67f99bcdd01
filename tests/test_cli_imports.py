"""``newscrawl import``: exports come back, from every format that can."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from crawler.imports.inputs import KNOWN

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from conftest import Ended

TABLES = ("--table", "articles", "--table", "revisions", "--table", "bodies", "--table", "aliases", "--table", "claims")


def counts(ended: Ended) -> dict[str, Any]:
    """Return the counts of the run that was printed as JSON, without zeros."""
    return {name: count for name, count in ended.objects[0]["counts"].items() if count}


def test_all_revisions_bring_the_same_dump(newscrawl: Callable[..., Ended], stored_seeds: str) -> None:
    """Articles, revisions, texts, aliases and claims are the very same; a second import changes nothing."""
    newscrawl("articles", "export", "--all-revisions", "--output", "all.jsonl", "--db", stored_seeds)
    first = newscrawl("import", "all.jsonl", "--json")
    dumped = newscrawl("db", "dump", *TABLES).out
    assert (first.code, first.err) == (0, "")
    assert dumped == newscrawl("db", "dump", *TABLES, "--db", stored_seeds).out
    again = newscrawl("import", "all.jsonl", "--json")
    assert (again.code, counts(again).keys()) == (0, {"unchanged"})
    assert newscrawl("db", "dump", *TABLES).out == dumped


@pytest.mark.long
@pytest.mark.parametrize(
    ("kind", "name"), [("jsonl", "out.jsonl"), ("csv", "out.csv"), ("parquet", "out")], ids=["jsonl", "csv", "parquet"]
)
def test_what_goes_out_comes_back(
    *, newscrawl: Callable[..., Ended], stored_seeds: str, tmp_path: Path, kind: str, name: str
) -> None:
    """The articles say the same, key by key, except for the number of their revision, which is counted anew."""
    newscrawl("articles", "export", "--format", kind, "--output", name, "--db", stored_seeds)
    ended = newscrawl("import", name, "--json")
    before, after = (
        newscrawl("articles", "export", "--db", db).objects for db in (stored_seeds, "sqlite:///newscrawl.db")
    )
    assert (ended.code, ended.err, counts(ended)) == (0, "", {"new": len(before)})
    assert sorted(map(without_revision, before)) == sorted(map(without_revision, after))


def without_revision(article: dict[str, Any]) -> list[tuple[str, str]]:
    """Return what an article says, comparable."""
    return [(name, str(value)) for name, value in article.items() if name != "revision"]


def test_from_standard_input(newscrawl: Callable[..., Ended], stored_seeds: str) -> None:
    """An export goes from one database to another without a file between them."""
    exported = newscrawl("articles", "export", "--limit", "5", "--db", stored_seeds).out
    assert counts(newscrawl("import", "-", "--json", stdin=exported.encode())) == {"new": 5}
    assert newscrawl("articles", "export").out == exported


def test_every_line_is_stored_or_refused(newscrawl: Callable[..., Ended], stored_seeds: str, tmp_path: Path) -> None:
    """Each refusal is one sentence that names file and line, and is counted under its reason."""
    good = newscrawl("articles", "export", "--limit", "2", "--db", stored_seeds).out.splitlines()
    elsewhere = good[0].replace('"source":"rfi-', '"source":"xyz-')
    lines = [good[0], "nonsense", "", good[1], elsewhere]
    (tmp_path / "a.jsonl").write_text("\n".join(lines), "utf-8")
    ended = newscrawl("import", "a.jsonl", "--json")
    assert counts(ended) == {"new": 2, "refused: no source is called so": 1, "refused: not an exported article": 1}
    second, fifth = ended.err.splitlines()
    assert second.startswith("newscrawl: a.jsonl, line 2: not an exported article: ")
    assert fifth.startswith("newscrawl: a.jsonl, line 5: no source is called 'xyz-")


def test_a_run_is_kept(newscrawl: Callable[..., Ended], stored_seeds: str) -> None:
    """As of every import."""
    newscrawl("articles", "export", "--limit", "2", "--output", "a.jsonl", "--db", stored_seeds)
    newscrawl("import", "a.jsonl")
    (run,) = newscrawl("runs", "list", "--json").objects
    assert (run["kind"], run["source"], run["state"], run["seeds"]) == (
        "import",
        "exported articles",
        "finished",
        ["a.jsonl"],
    )


@pytest.mark.parametrize(
    ("name", "content", "code", "sentence"),
    [
        ("missing.jsonl", None, 2, "missing.jsonl does not exist"),
        ("missing", None, 2, "missing does not exist"),
        ("a.xlsx", b"x", 2, f"a.xlsx is nothing to import; {KNOWN}"),
        ("empty.jsonl", b"", 1, "the import failed: there are no articles"),
        ("a.jsonl", b"nonsense\n", 1, "the import failed: none of the articles could be read"),
        ("a.csv", b'"a"\r\n"1"x\r\n', 1, "the import failed: none of the articles could be read"),
        ("a.csv", b"\xff\xfe", 1, "the import failed: none of the articles could be read"),
        ("a.parquet", b"PAR1", 1, "the import failed: none of the articles could be read"),
    ],
)
def test_what_cannot_be_imported(
    *, newscrawl: Callable[..., Ended], tmp_path: Path, name: str, content: bytes | None, code: int, sentence: str
) -> None:
    """One sentence at the end, never a traceback."""
    if content is not None:
        (tmp_path / name).write_bytes(content)
    ended = newscrawl("import", name)
    assert ended.code == code
    assert ended.err.splitlines()[-1] == f"newscrawl: {sentence}"


@pytest.mark.long
@pytest.mark.shared
def test_the_real_archive_comes_back(newscrawl: Callable[..., Ended], shared: Path) -> None:
    """Hundreds of real articles: the dump of the import of the export is the dump."""
    archive = "sqlite:///archive.db"
    newscrawl("seeds", "import", shared / "corpus" / "rfi-cn", shared / "corpus" / "rfi-cn-later", "--db", archive)
    newscrawl("articles", "export", "--all-revisions", "--output", "all.jsonl", "--db", archive)
    ended = newscrawl("import", "all.jsonl", "--json")
    assert (ended.code, ended.err, counts(ended)["new"] > 500) == (0, "", True)
    assert newscrawl("db", "dump", *TABLES).out == newscrawl("db", "dump", *TABLES, "--db", archive).out
