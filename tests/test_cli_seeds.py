"""``newscrawl seeds``: import and export."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Ended

SEEDS = Path(__file__).resolve().parent.parent / "seeds"
FILES = {path.name: path.read_bytes() for path in SEEDS.iterdir() if path.name != "README.md"}

LIGHTHOUSE = """<!--1690898400000-->
[{title}]({url})
------

<div>01/08/2023 - 14:00</div><p><strong>海边的灯塔在停用三年后重新点亮。</strong></p>
<div><p>渔民说，他们又能看见回家的路。</p></div>
"""
URL = "https://www.rfi.fr/cn/中国/20230801-灯塔重新点亮"


def seed(*, title: str = "灯塔重新点亮", url: str = URL) -> bytes:
    """Return a small seed file."""
    return LIGHTHOUSE.format(title=title, url=url).encode()


def counts(ended: Ended) -> dict[str, Any]:
    """Return the counts of the run that was printed as JSON, without zeros."""
    return {name: count for name, count in ended.objects[0]["counts"].items() if count}


def test_every_file_is_stored(newscrawl: Callable[..., Ended]) -> None:
    """The counts of the project's own seed files add up to their number, and nothing is refused."""
    ended = newscrawl("seeds", "import", SEEDS, "--json")
    run = ended.objects[0]
    assert (ended.code, ended.err, run["kind"], run["state"]) == (0, "", "import", "finished")
    assert sum(run["counts"][name] for name in ("new", "revised", "unchanged", "duplicate")) == len(FILES)


def test_a_second_import_changes_nothing(newscrawl: Callable[..., Ended]) -> None:
    """0 new, 0 revised, and the rows stay as they were."""
    newscrawl("seeds", "import", SEEDS)
    before = newscrawl("articles", "export").out
    again = counts(newscrawl("seeds", "import", SEEDS, "--json"))
    assert again.keys() <= {"unchanged", "duplicate"}
    assert newscrawl("articles", "export").out == before


def test_export_gives_back_the_very_files(newscrawl: Callable[..., Ended], stored_seeds: str, tmp_path: Path) -> None:
    """Names and bytes are those that were imported; importing them again gives the same rows."""
    ended = newscrawl("seeds", "export", "out", "--json", "--db", stored_seeds)
    assert ended.objects == [{"copied": len(FILES), "written": 0, "pruned": 0}]
    assert {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()} == FILES
    newscrawl("seeds", "import", "out")
    assert newscrawl("articles", "export").out == newscrawl("articles", "export", "--db", stored_seeds).out


def test_export_twice_into_one_folder_is_export_once(
    newscrawl: Callable[..., Ended], stored_seeds: str, tmp_path: Path
) -> None:
    """What is there already is left alone."""
    newscrawl("seeds", "export", "out", "--db", stored_seeds)
    assert newscrawl("seeds", "export", "out", "--db", stored_seeds).code == 0
    assert len(list((tmp_path / "out").iterdir())) == len(FILES)


def test_two_files_of_one_name_are_both_exported(newscrawl: Callable[..., Ended], tmp_path: Path) -> None:
    """Two folders may each hold a 1.md; neither overwrites the other."""
    one, other = seed(), seed(title="雾笛重新响起", url=URL.replace("灯塔重新点亮", "雾笛重新响起"))
    for name, content in (("a", one), ("b", other)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "1.md").write_bytes(content)
    assert counts(newscrawl("seeds", "import", "a", "b", "--json")) == {"new": 2}
    newscrawl("seeds", "export", "out")
    newscrawl("seeds", "export", "out")
    assert sorted(path.read_bytes() for path in (tmp_path / "out").iterdir()) == sorted([one, other])


def test_one_file_may_be_named(newscrawl: Callable[..., Ended], tmp_path: Path) -> None:
    """Files count as well as folders; the printed time is Paris time, the epoch is when it was observed."""
    (tmp_path / "1.md").write_bytes(seed())
    assert counts(newscrawl("seeds", "import", "1.md", "--json")) == {"new": 1}
    article = newscrawl("articles", "show", URL, "--json").objects[0]
    assert article["published_at"] == "2023-08-01T12:00:00Z"
    assert article["observed_at"] == "2023-08-01T14:00:00Z"
    assert article["fetched_at"] is None
    assert (article["lead"], article["paragraphs"]) == (
        "海边的灯塔在停用三年后重新点亮。",
        ["渔民说，他们又能看见回家的路。"],
    )


def test_what_is_refused_is_named_and_the_rest_is_stored(newscrawl: Callable[..., Ended], tmp_path: Path) -> None:
    """Each refusal is one sentence that names the file, and is counted under its reason."""
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "good.md").write_bytes(seed())
    (tmp_path / "in" / "letter.txt").write_text("Dear reader,", "utf-8")
    (tmp_path / "in" / "other.md").write_bytes(seed(url="https://example.org/20230801-lighthouse"))
    (tmp_path / "in" / "empty.md").write_bytes(b"")
    (tmp_path / "in" / "latin.md").write_bytes(b"\xe9\xe8")
    (tmp_path / "in" / "bare.md").write_bytes(seed().split(b"<div>")[0])
    ended = newscrawl("seeds", "import", "in", "--json")
    assert ended.code == 0
    assert counts(ended) == {
        "new": 1,
        "refused: not a seed file": 3,
        "refused: no source reads its host": 1,
        "not understood: no text, published_at": 1,
    }
    assert sorted(ended.err.splitlines()) == [
        f"newscrawl: bare.md: page not understood, missing text, published_at: {URL}",
        "newscrawl: in/empty.md, line 1: the file is empty",
        "newscrawl: in/latin.md, line 1: not UTF-8 at byte 0",
        "newscrawl: in/letter.txt, line 1: expected an epoch comment such as <!--1596300992000-->",
        "newscrawl: other.md: no source reads https://example.org/20230801-lighthouse",
    ]


@pytest.mark.parametrize(
    ("path", "code", "sentence"),
    [
        ("nowhere", 2, "no such file or folder: nowhere"),
        ("empty", 1, "the import failed: there are no seed files"),
        ("letter.txt", 1, "the import failed: none of the seed files could be read"),
    ],
)
def test_an_import_of_nothing_fails(
    newscrawl: Callable[..., Ended], tmp_path: Path, path: str, code: int, sentence: str
) -> None:
    """Nothing was stored, so the exit code is not 0, and the last line says why."""
    (tmp_path / "empty").mkdir()
    (tmp_path / "letter.txt").write_text("Dear reader,", "utf-8")
    ended = newscrawl("seeds", "import", path)
    assert (ended.code, ended.err.splitlines()[-1]) == (code, f"newscrawl: {sentence}")


@pytest.mark.parametrize(
    ("folder", "sentence"),
    [("letter.txt", "letter.txt cannot be made: File exists"), ("/proc/none", "/proc/none cannot be made: ")],
)
def test_an_export_into_no_folder_is_one_sentence(
    newscrawl: Callable[..., Ended], stored_seeds: str, tmp_path: Path, folder: str, sentence: str
) -> None:
    """A folder that cannot be is named."""
    (tmp_path / "letter.txt").write_text("Dear reader,", "utf-8")
    ended = newscrawl("seeds", "export", folder, "--db", stored_seeds)
    assert (ended.code, ended.out, ended.err.count("\n")) == (2, "", 1)
    assert ended.err.startswith(f"newscrawl: {sentence}")
