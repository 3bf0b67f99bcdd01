"""The settings: can they be read, do they say who crawls, does the file keep its secrets?"""

from __future__ import annotations

import stat
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from crawler.config import load_config, unknown_variables
from crawler.doctor.diagnosis import Diagnosis, error, ok, warning
from crawler.errors import BadInput
from crawler.settings_file import settings_file

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from crawler.config import Config


def read_settings() -> tuple[Config | None, Diagnosis]:
    """Return the settings, None if they cannot be read, and what is to be said of where they stand."""
    file = settings_file()
    try:
        config = load_config()
    except BadInput as refused:
        return None, error("settings", str(refused), "mend it; docs/operations.md lists the settings")
    return config, ok("settings", f"read from {file}" if file else "from the environment alone; there is no file")


def check_settings(config: Config, *, is_live: bool) -> Iterator[Diagnosis]:
    """Look at what the settings say.

    Args:
        config: As they were read.
        is_live: Sites themselves are to be crawled, not a server in their stead.
    """
    for name, near in unknown_variables():
        hint = f"write {near}" if near else "remove it"
        yield warning("settings", f"the environment sets {name}, which is no setting", hint)
    if (file := settings_file()) is not None and _tells_all_a_password(config, file):
        yield warning("settings", f"every user of this machine can read the password in {file}", f"chmod 640 {file}")
    if config.contact:
        yield ok("contact", config.contact)
    elif is_live:
        yield error(
            "contact",
            "no address at which a site's operators reach you, so no live site is crawled",
            f"set contact in {file or 'newscrawl.toml (newscrawl init writes one)'}, or NEWSCRAWL_CONTACT",
        )


def _tells_all_a_password(config: Config, file: Path) -> bool:
    try:
        has_password = urlsplit(config.database_url).password is not None
    except ValueError:
        has_password = False
    return has_password and bool(file.stat().st_mode & stat.S_IROTH)
