"""Where an operator's settings file is; `crawler.config` reads it."""

from __future__ import annotations

import os
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

# With which the name of every setting begins in the environment.
PREFIX = "NEWSCRAWL_"

# Says where the file is; beside the settings, because it cannot stand in the file itself.
FILE_VARIABLE = f"{PREFIX}CONFIG"

# The file that is read where none is named: in the folder in which the program runs.
DEFAULT_FILE = Path("newscrawl.toml")


def settings_file() -> Path | None:
    """Return the file that settings are read from; None if none is named, and none is in this folder."""
    if named := os.environ.get(FILE_VARIABLE):
        return Path(named)
    return DEFAULT_FILE if DEFAULT_FILE.exists() else None


@contextmanager
def read_from(file: Path) -> Iterator[None]:
    """Let settings be read from a file inside the block, by child processes too."""
    before = os.environ.get(FILE_VARIABLE)
    os.environ[FILE_VARIABLE] = str(file.absolute())
    try:
        yield
    finally:
        if before is None:
            del os.environ[FILE_VARIABLE]
        else:
            os.environ[FILE_VARIABLE] = before
