"""Files and folders that appear whole or not at all."""

from __future__ import annotations

import shutil
from contextlib import contextmanager
from pathlib import Path
from tempfile import NamedTemporaryFile, mkdtemp
from typing import IO, TYPE_CHECKING

from crawler.errors import BadInput

if TYPE_CHECKING:
    from collections.abc import Iterator


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


@contextmanager
def whole_folder(folder: Path) -> Iterator[Path]:
    """Give an empty folder whose files appear below the named one only when all are written.

    A folder that is not there yet appears in one step. Into one that is there the files are moved one after the
    other, each whole; those of the same names are replaced, others stay.

    Raises:
        BadInput: The folder cannot be written.
    """
    folder = folder.resolve()
    try:
        temporary = Path(mkdtemp(dir=folder.parent, prefix=f".{folder.name}."))
        temporary.chmod(0o755)
        try:
            yield temporary
            if not folder.exists():
                temporary.rename(folder)
                return
            for path in sorted(path for path in temporary.rglob("*") if path.is_file()):
                target = folder / path.relative_to(temporary)
                target.parent.mkdir(parents=True, exist_ok=True)
                path.replace(target)
        finally:
            shutil.rmtree(temporary, ignore_errors=True)
    except OSError as error:
        raise BadInput(f"{folder} cannot be written: {error.strerror}") from None
