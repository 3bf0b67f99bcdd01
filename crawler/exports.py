"""Articles out of the store and into files, whole or not at all."""

from __future__ import annotations

import re
from contextlib import contextmanager
from hashlib import sha256
from html import escape
from tempfile import NamedTemporaryFile
from typing import IO, TYPE_CHECKING

from crawler.archives.seeds import new_seed
from crawler.errors import BadInput
from crawler.sources import source_named
from storage.exports import write_jsonl
from storage.identity import slug, url_key

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from pathlib import Path

    from crawler.items import SeedFile
    from storage import Store, StoredArticle

# Articles between two looks at the counts for whoever watches.
PROGRESS_EVERY_ARTICLES = 100

_NOT_IN_A_FILE_NAME = re.compile(r"[^\w.-]+")
_LONGEST_NAME = 80  # characters; a Chinese one takes three bytes of the 255 that file systems allow


@contextmanager
def whole_file(path: Path) -> Iterator[IO[bytes]]:
    """Give a stream whose file appears under its name only when all is written.

    What is no file but takes bytes, such as ``/dev/stdout`` or a named pipe, is written to as it is; of a link the
    target is replaced, not the link.

    Raises:
        BadInput: The file cannot be written.
    """
    try:
        if path.exists() and not path.is_file():
            with path.open("wb") as pipe:
                yield pipe
            return
        target = path.resolve()
        with NamedTemporaryFile(dir=target.parent, prefix=f".{target.name}.", delete=False) as stream:
            temporary = target.parent / stream.name
            try:
                yield stream.file
            except BaseException:
                temporary.unlink()
                raise
        temporary.chmod(0o644)
        temporary.replace(target)
    except OSError as error:
        raise BadInput(f"{path} cannot be written: {error.strerror}") from None


def export_jsonl(articles: Iterable[StoredArticle], path: Path) -> int:
    """Write articles as JSON Lines and return how many they were.

    Raises:
        BadInput: The file cannot be written.
    """
    with whole_file(path) as stream:
        return write_jsonl(articles, stream)


def export_seed_files(
    store: Store, folder: Path, *, on_progress: Callable[[Mapping[str, int]], None]
) -> dict[str, int]:
    """Write every article as a seed file: imported ones byte for byte, the others in the archive's form.

    No file is ever overwritten: where a name is taken by other bytes (two folders were imported that each had a
    ``1.md``), the file gets the start of its SHA-256 behind its name.

    Args:
        store: Where from.
        folder: Made if it is not there.
        on_progress: Called now and then with the counts so far.

    Returns:
        ``copied``: files that were imported; ``written``: articles that no imported file holds.

    Raises:
        BadInput: The folder cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BadInput(f"{folder} cannot be made: {error.strerror}") from None
    counts = {"copied": 0, "written": 0}
    imported: set[str] = set()
    for kept in store.seed_copies():
        imported.add(kept.canonical_url)
        _write_once(folder / kept.copy.name, kept.copy.raw)
        counts["copied"] += 1
        if counts["copied"] % PROGRESS_EVERY_ARTICLES == 0:
            on_progress(counts)
    for stored in store.articles(newest_first=False):
        if stored.article.canonical_url in imported:
            continue
        seed = seed_of(stored)
        _write_once(folder / seed.name, seed.raw)
        counts["written"] += 1
        if counts["written"] % PROGRESS_EVERY_ARTICLES == 0:
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
