"""Articles out of the store as seed files: imported ones byte for byte, the others in the archive's form."""

from __future__ import annotations

import re
from hashlib import sha256
from html import escape
from typing import TYPE_CHECKING

from crawler.archives.seeds import new_seed
from crawler.errors import BadInput
from crawler.exports.files import whole_file
from crawler.sources import source_named
from storage.identity import slug, url_key

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

    from crawler.items import SeedFile
    from storage import ExportedRevision, StoredArticle

# Articles between two looks at the counts for whoever watches.
PROGRESS_EVERY_ARTICLES = 100

_NOT_IN_A_FILE_NAME = re.compile(r"[^\w.-]+")
_LONGEST_NAME = 80  # characters; a Chinese one takes three bytes of the 255 that file systems allow


def export_seed_files(
    revisions: Iterable[ExportedRevision],
    folder: Path,
    *,
    on_progress: Callable[[Mapping[str, int]], None] = lambda _: None,
) -> dict[str, int]:
    """Write articles as seed files: imported ones byte for byte, the others in the archive's form.

    No file is ever overwritten: where a name is taken by other bytes (two folders were imported that each had a
    ``1.md``), the file gets the start of its SHA-256 behind its name.

    Args:
        revisions: Of articles as they are now, with their seed copies.
        folder: Made if it is not there.
        on_progress: Called now and then with the counts so far.

    Returns:
        ``copied``: files that were imported; ``written``: articles that no imported file holds; ``pruned``: articles
        whose text is gone.

    Raises:
        BadInput: The folder cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BadInput(f"{folder} cannot be made: {error.strerror}") from None
    counts = {"copied": 0, "written": 0, "pruned": 0}
    for number, exported in enumerate(revisions, start=1):
        for copy in exported.seed_copies:
            _write_once(folder / copy.name, copy.raw)
        counts["copied"] += len(exported.seed_copies)
        if exported.stored.is_pruned and not exported.seed_copies:
            counts["pruned"] += 1
        elif not exported.seed_copies:
            seed = seed_of(exported.stored)
            _write_once(folder / seed.name, seed.raw)
            counts["written"] += 1
        if number % PROGRESS_EVERY_ARTICLES == 0:
            on_progress(counts)
    return counts


def seed_of(stored: StoredArticle) -> SeedFile:
    """Return an article as a seed file of the archive's form (variant E of docs/seed-files.md)."""
    article = stored.article
    zone = source_named(article.source).zone
    printed = article.published_at.astimezone(zone).strftime("%d/%m/%Y - %H:%M")
    images = "".join(f'<img src="{escape(image.url)}">' for image in article.images[:1])
    lead = f"<p><strong>{escape(article.lead, quote=False)}</strong></p>" if article.lead else ""
    body = "".join(f"<p>{escape(paragraph, quote=False)}</p>" for paragraph in article.paragraphs)
    copyright_line = (
        f'<p class="t-copyright">© {article.published_at.year} {escape(article.agency)}</p>' if article.agency else ""
    )
    title = f"{article.title} - {article.programme}" if article.programme else article.title
    return new_seed(
        name=_file_name(stored),
        title=title,
        url=article.canonical_url,
        observed_at=article.seen_at,
        fragment=f"<div>{printed}</div>{images}{lead}<div>{body}{copyright_line}</div>\n",
    )


def _file_name(stored: StoredArticle) -> str:
    """Return a name that one article has alone: when it was seen, what it is called, and its key."""
    article = stored.article
    readable = _NOT_IN_A_FILE_NAME.sub("-", slug(article.canonical_url))[:_LONGEST_NAME]
    key = url_key(article.canonical_url).hex()[:8]
    return f"{int(article.seen_at.timestamp() * 1000)}_{readable}_{key}.md"


def _write_once(path: Path, content: bytes) -> None:
    if _bytes_at(path) not in (None, content):
        path = path.with_stem(f"{path.stem}_{sha256(content).hexdigest()[:8]}")
    if _bytes_at(path) is None:
        with whole_file(path) as stream:
            stream.write(content)


def _bytes_at(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise BadInput(f"{path} cannot be read: {error.strerror}") from None
