"""``newscrawl import`` of a bare git repository: every version of every seed file, without a checkout."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from conftest import Ended

SEEDS = Path(__file__).resolve().parent.parent / "seeds"
ARTICLE = "https://www.rfi.fr/cn/中国/20230801-{name}"
# 1 August 2023, 14:00 in Paris, and how many seconds later each commit is written
PRINTED = 1690891200
HOUR = 3600

Commit = dict[str, bytes | None]


def seed(name: str, text: str = "渔民说，他们又能看见回家的路。", *, epoch: bool = True) -> bytes:
    """Return a small seed file, with or without its epoch."""
    header = f"[{name}]({ARTICLE.format(name=name)})\n------\n\n<div>01/08/2023 - 14:00</div><div><p>{text}</p></div>\n"
    return (f"<!--{(PRINTED + HOUR) * 1000}-->\n{header}" if epoch else header).encode()


def commit_all(repository: Path, commits: Iterable[Commit], *, first_at: int = PRINTED + 2 * HOUR) -> None:
    """Add commits, one an hour, each of which writes or (None) removes files; make the repository if it is not there.

    Renames are commits that remove one path and write its content to another.
    """
    has_begun = repository.exists()
    if not has_begun:
        subprocess.run(["git", "init", "--quiet", "--bare", "--initial-branch=main", repository], check=True)
    stream = b""
    for number, files in enumerate(commits):
        parent = b"from refs/heads/main^0\n" if has_begun and not number else b""
        stream += b"commit refs/heads/main\ncommitter c <c@example.org> %d +0000\ndata 0\n" % (first_at + number * HOUR)
        stream += parent
        for path, content in files.items():
            name = path.encode()
            stream += b"D %s\n" % name if content is None else b"M 100644 inline %s\ndata %d\n" % (name, len(content))
            stream += b"" if content is None else content + b"\n"
    subprocess.run(["git", f"--git-dir={repository}", "fast-import", "--quiet"], input=stream, check=True)


@pytest.fixture
def repository(tmp_path: Path) -> Callable[..., str]:
    """Return a function that makes a bare repository of some commits, or adds to it, and returns its name."""

    def make(*commits: Commit, first_at: int = PRINTED + 2 * HOUR) -> str:
        commit_all(tmp_path / "kept.git", commits, first_at=first_at)
        return "kept.git"

    return make


def counts(ended: Ended) -> dict[str, Any]:
    """Return the counts of the run that was printed as JSON, without zeros."""
    return {name: count for name, count in ended.objects[0]["counts"].items() if count}


def claims(newscrawl: Callable[..., Ended], name: str) -> list[tuple[str, str, str]]:
    """Return what was claimed of when an article was seen: origin and time."""
    dumped = newscrawl("db", "dump", "--table", "claims").objects
    ours = [one for one in dumped if one.get("field") == "observed_at" and one["article"].endswith(name)]
    return [(one["origin"], one["value"]) for one in ours]


def test_every_version_is_read(newscrawl: Callable[..., Ended], repository: Callable[..., str]) -> None:
    """An edit is a revision, whatever became of the file; what is no seed file is passed over."""
    edited = seed("dengta", "渔民说，灯塔又灭了。")
    kept = repository(
        {"a.md": seed("dengta"), "README.md": b"x", "b/c.md": seed("gangkou"), "logo.png": b"x", ".x/d.md": b"x"},
        {"a.md": edited},
        {"a.md": None, "moved.md": edited, "b/c.md": None, "bad.md": b"nonsense"},
    )
    ended = newscrawl("import", kept, "--json")
    assert (ended.code, counts(ended)) == (
        0,
        {
            "new": 2,
            "revised": 1,
            "refused: not a seed file": 1,
            "passed over: removed": 1,
            "passed over: renamed and not changed": 1,
        },
    )
    (complaint,) = ended.err.splitlines()
    assert complaint.startswith("newscrawl: commit ")
    assert complaint.endswith(": bad.md, line 1: expected [title](url)")
    shown = newscrawl("articles", "show", ARTICLE.format(name="dengta"), "--json").objects[0]
    assert (shown["revision"], shown["text"]) == (2, "渔民说，灯塔又灭了。")


def test_history_says_when_a_file_without_an_epoch_was_seen(
    newscrawl: Callable[..., Ended], repository: Callable[..., str]
) -> None:
    """The commit's time stands in for the epoch; with an epoch it is one claim more."""
    newscrawl("import", repository({"a.md": seed("dengta", epoch=False), "b.md": seed("gangkou")}))
    seen = {one["title"]: one["observed_at"] for one in newscrawl("articles", "export").objects}
    assert seen == {"dengta": "2023-08-01T14:00:00Z", "gangkou": "2023-08-01T13:00:00Z"}
    assert ("git-history", "2023-08-01T14:00:00+00:00") in claims(newscrawl, "gangkou")
    assert ("seed-epoch", "2023-08-01T13:00:00+00:00") in claims(newscrawl, "gangkou")


def test_a_repository_and_a_folder_of_the_same_files_give_the_same_rows(
    newscrawl: Callable[..., Ended], repository: Callable[..., str], stored_seeds: str
) -> None:
    """Articles, revisions, texts and the files themselves are equal; only claims tell where an article came from."""
    files = sorted(path for path in SEEDS.iterdir() if path.name != "README.md")
    ended = newscrawl("import", repository({path.name: path.read_bytes() for path in files}), "--json")
    assert (ended.code, ended.err) == (0, "")
    tables = [part for name in ("revisions", "bodies", "aliases", "seed_copies") for part in ("--table", name)]
    assert newscrawl("db", "dump", *tables).out == newscrawl("db", "dump", *tables, "--db", stored_seeds).out
    assert newscrawl("articles", "export").out == newscrawl("articles", "export", "--db", stored_seeds).out


def test_the_next_import_reads_what_was_committed_since(
    newscrawl: Callable[..., Ended], repository: Callable[..., str]
) -> None:
    """The same command reads new commits only; with nothing new it says so, and --from-start reads all again."""
    newscrawl("import", repository({"a.md": seed("dengta")}))
    unchanged = newscrawl("import", "kept.git", "--json")
    assert (unchanged.code, counts(unchanged)) == (0, {})
    repository({"b.md": seed("gangkou")}, first_at=PRINTED + 9 * HOUR)
    assert counts(newscrawl("import", "kept.git", "--json")) == {"new": 1}
    assert counts(newscrawl("import", "kept.git", "--from-start", "--json")) == {"unchanged": 2}


def test_all_branches_are_read_and_merges_too(newscrawl: Callable[..., Ended], tmp_path: Path) -> None:
    """What only a merge wrote is read; what it brought together is read once."""

    def git(*arguments: str) -> None:
        who = ("-c", "user.name=c", "-c", "user.email=c@example.org")
        subprocess.run(["git", "-C", tmp_path / "work", *who, *arguments], check=True, capture_output=True)

    def write(files: Mapping[str, bytes]) -> None:
        for name, content in files.items():
            (tmp_path / "work" / name).write_bytes(content)
        git("add", ".")

    (tmp_path / "work").mkdir()
    git("init", "--initial-branch=main")
    write({"a.md": seed("dengta")})
    git("commit", "-m", "one")
    git("checkout", "-b", "side")
    write({"b.md": seed("gangkou")})
    git("commit", "-m", "two")
    git("checkout", "main")
    write({"c.md": seed("haibian")})
    git("commit", "-m", "three")
    git("merge", "--no-commit", "side")
    write({"d.md": seed("dukou")})
    git("commit", "-m", "four")
    git("checkout", "-b", "left")
    write({"e.md": seed("yanchang")})
    git("commit", "-m", "five")
    assert counts(newscrawl("import", "work/.git", "--json")) == {"new": 5}


def test_history_that_was_rewritten_is_read_anew(newscrawl: Callable[..., Ended], tmp_path: Path) -> None:
    """A repository that lost the commits that were read begins at its beginning."""
    commit_all(tmp_path / "kept.git", [{"a.md": seed("dengta")}])
    newscrawl("import", "kept.git")
    subprocess.run(["rm", "-r", tmp_path / "kept.git"], check=True)
    commit_all(tmp_path / "kept.git", [{"a.md": seed("dengta"), "b.md": seed("gangkou")}], first_at=PRINTED + 5 * HOUR)
    assert counts(newscrawl("import", "kept.git", "--json")) == {"new": 1, "unchanged": 1}


def test_a_repository_that_git_cannot_read(newscrawl: Callable[..., Ended], repository: Callable[..., str]) -> None:
    """Ends the import with git's own words, in one sentence."""
    kept = Path(repository({"a.md": seed("dengta")}))
    for pack in (kept / "objects").rglob("*"):
        if pack.is_file():
            pack.unlink()
    ended = newscrawl("import", kept)
    assert (ended.code, len(ended.err.splitlines())) == (2, 1)
    assert ended.err.startswith("newscrawl: git cannot read kept.git: ")


def test_an_empty_repository(newscrawl: Callable[..., Ended], repository: Callable[..., str]) -> None:
    """Holds nothing, and that is said."""
    ended = newscrawl("import", repository())
    assert (ended.code, ended.err) == (1, "newscrawl: the import failed: there are no versions of seed files\n")
