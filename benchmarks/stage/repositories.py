"""A bare git repository of invented seed files: 6 kB of text each, some edited later."""

from __future__ import annotations

import subprocess
from datetime import timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from pathlib import Path
    from typing import IO

    from benchmarks.stage.batches import Newsroom
    from storage import Article

# Of so many versions one is an edit of an earlier file.
EDITED_ONE_IN = 50

# Versions in one commit, as collectors commit now and then.
_IN_ONE_COMMIT = 100

# So many versions later comes an edit: in another commit, and never of an edit.
_EDITED_AFTER = 125

_PARIS = ZoneInfo("Europe/Paris")


def make_repository(folder: Path, newsroom: Newsroom, versions: int) -> int:
    """Make a bare repository with so many versions of seed files; return the bytes they have.

    Args:
        folder: Is made.
        newsroom: Says what stands in the files.
        versions: Files, edits of them included.
    """
    subprocess.run(["git", "init", "--quiet", "--bare", "--initial-branch=main", folder], check=True)
    command = ["git", f"--git-dir={folder}", "fast-import", "--quiet"]
    with subprocess.Popen(command, stdin=subprocess.PIPE) as child:
        assert child.stdin is not None
        size = _write(child.stdin, newsroom, versions)
    if child.returncode:
        raise SystemExit("git fast-import failed")
    return size


def _write(stream: IO[bytes], newsroom: Newsroom, versions: int) -> int:
    size = 0
    for number in range(versions):
        is_edit = number % EDITED_ONE_IN == EDITED_ONE_IN - 1 and number >= _EDITED_AFTER
        article = newsroom.article(number - _EDITED_AFTER if is_edit else number)
        content = seed_file(article, is_edit=is_edit)
        size += len(content)
        if number % _IN_ONE_COMMIT == 0:
            stamp = b"committer c <c@example.org> %d +0000\ndata 0\n" % (1_000_000_000 + number)
            stream.write(b"commit refs/heads/main\n" + stamp)
        path = f"{article.published_at:%Y/%m}/{article.canonical_url.rpartition('-')[2]}.md".encode()
        stream.write(b"M 100644 inline %s\ndata %d\n%s\n" % (path, len(content), content))
    return size


def seed_file(article: Article, *, is_edit: bool = False) -> bytes:
    """Return an article as a collector would have kept it an hour later, or a day later with an edit."""
    seen_at = article.published_at + timedelta(hours=24 if is_edit else 1)
    printed = article.published_at.astimezone(_PARIS)
    body = "".join(f"<p>{paragraph}</p>" for paragraph in (*article.paragraphs, *(["更正：日期有误。"] * is_edit)))
    return (
        f"<!--{int(seen_at.timestamp()) * 1000}-->\n[{article.title}]({article.canonical_url})\n------\n\n"
        f'<div>\n<div>{printed:%d/%m/%Y - %H:%M}</div><img src="{article.images[0].url}">'
        f"<p><strong>{article.lead}</strong></p><div>{body}</div>\n</div>\n"
    ).encode()
