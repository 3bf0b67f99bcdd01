"""Which version of the readers read a page: it changes with every change of what reading a page depends on."""

from __future__ import annotations

from functools import cache
from hashlib import blake2b
from pathlib import Path

from crawler import __version__

_CRAWLER = Path(__file__).resolve().parent.parent

# What stands between the bytes of a page and an article.
_READ_WITH = (
    "sources/**/*.py",
    "sources/**/*.json",
    "sources/**/*.toml",
    "decoding.py",
    "normalize.py",
    "safe_html.py",
)


@cache
def reader_version() -> str:
    """Return the version of the program and a digest of its readers, such as ``0.1.0+3f2a9c01``.

    A comment counts as a change: what it costs is that held pages are looked at once more.
    """
    digest = blake2b(digest_size=4)
    for path in sorted(path for pattern in _READ_WITH for path in _CRAWLER.glob(pattern)):
        digest.update(path.relative_to(_CRAWLER).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return f"{__version__}+{digest.hexdigest()}"
