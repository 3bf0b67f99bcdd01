"""The history of a git repository of seed files: every version of every file, straight from the objects.

Two of git's own programs do the work: one lists what each commit changed, oldest first, another hands out contents.
Nothing is checked out, and nothing that the repository's configuration names is run.
"""

from __future__ import annotations

import subprocess
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple

from crawler.archives.seed_header import EARLIEST, LATEST
from crawler.archives.seeds import LARGEST_SEED, is_seed_file, parse_seed
from crawler.errors import BadInput, SeedFileError
from crawler.imports.pieces import Import, Listed, Refused
from crawler.imports.seed_files import read_seed
from storage import Claim

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path
    from typing import IO

# Plain files, of which some can be run; links and repositories within are none.
_FILES = frozenset({b"100644", b"100755", b"100664"})

_READ = 1 << 16

# Commits whose changes one program of git lists: it keeps every tree that it has looked at.
_COMMITS_AT_ONCE = 100

# What git may keep of its packs in memory, instead of whole packs and 96 MB of unpacked bases: to list the history of a
# hundred thousand files took it 200 MB, and was no faster for it.
_MODEST = (
    *("-c", "core.packedGitWindowSize=1m", "-c", "core.packedGitLimit=8m"),
    *("-c", "core.deltaBaseCacheLimit=4m"),
)


class Version(NamedTuple):
    """One version of one file."""

    commit: str
    blob: str
    path: str
    written_at: int
    """Seconds since 1970: when the commit was written."""


@dataclass(frozen=True, slots=True)
class GitHistory:
    """A bare repository, or the ``.git`` of another one."""

    path: Path

    @property
    def kind(self) -> str:
        """As runs show it."""
        return "git history"

    @property
    def pieces_are(self) -> str:
        """As a person calls them."""
        return "versions of seed files"

    def pieces(self, place: Mapping[str, Any] | None) -> Iterator[Listed | Refused]:
        """List the versions of all branches, parents before children.

        A place is how many versions were read of those that ``tips`` hold and ``since`` do not. Commits that came
        later are listed after them.
        """
        place = dict(place or {})
        if not self._has([*place.get("tips", ()), *place.get("since", ())]):
            place = {}  # history was rewritten
        since = place.get("since", [])
        if "tips" in place:
            yield from self._passage(place["tips"], since, already=place["done"])
            since = place["tips"]
        tips = sorted(self._git("rev-list", "--no-walk=unsorted", "--all").split())
        if tips and tips != since:
            yield from self._passage(tips, since, already=0)

    def read(self, raws: Sequence[Any]) -> list[Import | Refused]:
        """Read versions by their blobs."""
        with self._started("cat-file", "--batch", said="".join(f"{one.blob}\n" for one in raws)) as output:
            return [_read(one, _next_content(output)) for one in raws]

    def done(self, place: Mapping[str, Any] | None) -> dict[str, Any] | None:
        """Begin with the commits that are not there yet."""
        return {"since": place["tips"]} if place and "tips" in place else dict(place) if place else None

    def _passage(self, tips: list[str], since: list[str], *, already: int) -> Iterator[Listed | Refused]:
        """List what the commits of some tips changed, from the version after so many on."""
        number = 0
        for change in self._changes(tips, since):
            if isinstance(change, Version):
                number += 1
                if number > already:
                    yield Listed({"tips": tips, "since": since, "done": number}, change)
            elif number >= already:
                yield change

    def _changes(self, tips: list[str], since: list[str]) -> Iterator[Version | Refused]:
        revisions = "\n".join((*tips, *(f"^{one}" for one in since)))
        shown = ("-r", "-c", "--root", "-M100%", "--raw", "-z", "--no-abbrev", "--format=%H %at")
        with self._started("rev-list", "--topo-order", "--reverse", "--stdin", said=f"{revisions}\n") as listed:
            while commits := b"".join(islice(listed, _COMMITS_AT_ONCE)).decode():
                with self._started("diff-tree", "--stdin", *shown, said=commits) as output:
                    yield from _parse(_fields(output))

    def _has(self, commits: list[str]) -> bool:
        said = self._git("cat-file", "--batch-check", said="".join(f"{one}\n" for one in commits))
        return "missing" not in said

    def _git(self, *arguments: str, said: str = "") -> str:
        with self._started(*arguments, said=said) as output:
            return output.read().decode()

    @contextmanager
    def _started(self, *arguments: str, said: str = "") -> Iterator[IO[bytes]]:
        """Start a program of git, and give its output.

        Raises:
            BadInput: There is no git, or it cannot read the repository.
        """
        with tempfile.TemporaryFile() as complaints, tempfile.TemporaryFile() as told:
            told.write(said.encode())
            told.seek(0)
            try:
                child = subprocess.Popen(
                    ("git", *_MODEST, f"--git-dir={self.path}", *arguments),
                    stdin=told,
                    stdout=subprocess.PIPE,
                    stderr=complaints,
                )
            except FileNotFoundError:
                raise BadInput("reading a repository needs git; install it, or name a folder of its files") from None
            assert child.stdout is not None
            with child.stdout as output:
                try:
                    yield output
                except BaseException:
                    child.kill()
                    child.wait()
                    raise
            if child.wait():
                complaints.seek(0)
                words = complaints.read().decode(errors="replace").strip().splitlines() or ["it said nothing"]
                raise BadInput(f"git cannot read {self.path}: {words[0].removeprefix('fatal: ')}")


def is_repository(path: Path) -> bool:
    """Return whether a folder is a bare repository, or the ``.git`` of another one."""
    return (path / "HEAD").is_file() and (path / "objects").is_dir() and (path / "refs").is_dir()


def _fields(output: IO[bytes]) -> Iterator[bytes]:
    """Yield what stands between NUL characters."""
    rest = b""
    while block := output.read(_READ):
        *fields, rest = (rest + block).split(b"\0")
        yield from fields


def _parse(fields: Iterator[bytes]) -> Iterator[Version | Refused]:
    """Read what ``git diff-tree --raw -z`` prints: a commit, then each file that it changed."""
    commit, written_at = "", 0
    for field in fields:
        line = field.strip(b"\n")
        if not line.startswith(b":"):
            commit, _, seconds = line.decode().partition(" ")
            written_at = int(seconds or 0)
            continue
        # one colon a parent; modes of all parents and of the file, then their contents, then what was done
        parents = len(line) - len(line.lstrip(b":"))
        words = line[parents:].split(b" ")
        mode, blob, status = words[parents], words[2 * parents + 1], words[-1]
        names = list(islice(fields, 2 if status[:1] in b"RC" else 1))
        path = names[-1].decode("utf-8", "surrogateescape")
        if any(part.startswith(".") for part in path.split("/")[:-1]) or not is_seed_file(path.rpartition("/")[2]):
            continue
        if status[:1] == b"R":
            yield Refused("passed over: renamed and not changed")
        elif mode in _FILES:
            yield Version(commit, blob.decode(), path, written_at)
        elif status[:1] == b"D":
            yield Refused("passed over: removed")


def _next_content(output: IO[bytes]) -> bytes | None:
    """Return what ``git cat-file --batch`` prints next; None for what is missing or too large."""
    _, kind, *size = output.readline().split()
    if not size:
        return None
    left = int(size[0]) + 1  # a line end stands below each
    if kind == b"blob" and left <= LARGEST_SEED:
        return output.read(left)[:-1]
    while left:
        left -= len(output.read(min(left, _READ)))
    return None


def _read(version: Version, raw: bytes | None) -> Import | Refused:
    """Read one version; it was observed when it was committed, unless it says otherwise."""
    where = f"commit {version.commit[:12]}: "
    if raw is None:
        return Refused("refused: its content is missing or too large", f"{where}{version.path} has no such content")
    written_at = datetime.fromtimestamp(min(version.written_at, LATEST.timestamp()), UTC)
    is_plausible = EARLIEST <= written_at < LATEST
    try:
        seed = parse_seed(raw, version.path, otherwise_at=written_at if is_plausible else None)
    except SeedFileError as error:
        return Refused("refused: not a seed file", f"{where}{error}")
    read = read_seed(seed)
    if isinstance(read, Refused):
        return replace(read, sentence=where + read.sentence)
    if not is_plausible:
        return read
    claim = Claim(field="observed_at", value=written_at.isoformat(), origin="git-history")
    return replace(read, article=replace(read.article, claims=(*read.article.claims, claim)))
