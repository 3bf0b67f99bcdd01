"""What went wrong, in one sentence on standard error, and the exit code that says of what kind it is."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import typer


def complain(sentence: str) -> None:
    """Print one sentence to standard error."""
    sys.stderr.write(f"newscrawl: {sentence}\n")


def complain_of_usage(error: typer.TyperException) -> None:
    """Print what is wrong with the arguments as one sentence; no message is a group without a command, and its help."""
    message = error.format_message().strip().rstrip(".")
    context = getattr(error, "ctx", None)
    if message:
        complain(f"{message[0].lower()}{message[1:]}; see {context.command_path if context else 'newscrawl'} --help")


def complain_of(error: Exception) -> int | None:
    """Print what an operator can mend, and return the exit code; None for what is a mistake in the program."""
    # none of them is at hand before a command is, and then they cost nothing: see crawler.cli.commands
    from crawler.errors import BadInput, NewsCrawlerError, UnknownSource  # noqa: PLC0415 -- see above
    from storage import StoreError  # noqa: PLC0415 -- see above

    if not isinstance(error, (NewsCrawlerError, StoreError)):
        return None
    complain(str(error))
    return 2 if isinstance(error, (BadInput, UnknownSource)) else 1
