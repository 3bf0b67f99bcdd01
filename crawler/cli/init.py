"""``newscrawl init``: a settings file to begin with."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from crawler.config import usable_contact
from crawler.config_template import config_template
from crawler.errors import BadInput
from crawler.settings_file import DEFAULT_FILE, settings_file
from storage.maintenance import Maintenance


def init(
    file: Annotated[
        Path | None, typer.Argument(help="The file to write. Default: newscrawl.toml, or what --config names.")
    ] = None,
    *,
    contact: Annotated[
        str | None, typer.Option("--contact", help="Mail address or page at which a site's operators reach you.")
    ] = None,
    db: Annotated[
        str | None, typer.Option("--db", metavar="URL", help="Database, such as sqlite:////var/lib/newscrawl/news.db.")
    ] = None,
) -> None:
    """Write a settings file in which every setting is explained; never over one that is there."""
    path = file or settings_file() or DEFAULT_FILE
    given = {name: value for name, value in (("database_url", db), ("contact", contact)) if value is not None}
    _check(contact=contact, db=db)
    try:
        with path.open("x", encoding="utf-8") as new:
            new.write(config_template(given))
    except FileExistsError:
        raise BadInput(
            f"{path} is there already, and is left as it is; name another file, or change it by hand"
        ) from None
    typer.echo(f"wrote {path}")
    doctor = "newscrawl doctor" if path == DEFAULT_FILE else f"newscrawl --config {path} doctor"
    typer.echo(f"next: {doctor}" if contact else f"next: set contact in it, then: {doctor}")


def _check(*, contact: str | None, db: str | None) -> None:
    """Refuse now what would be refused at the first crawl.

    Raises:
        BadInput: The user agent cannot carry the contact address.
        StoreUnavailable: What is named is no database, or its folder is not there.
    """
    if contact is not None:
        try:
            usable_contact(contact)
        except ValueError as error:
            raise BadInput(f"--contact {contact!r} cannot be used: {error}") from None
    if db is not None:
        Maintenance.open(db, must_exist=False).close()
