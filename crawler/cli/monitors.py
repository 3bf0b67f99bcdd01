"""``newscrawl monitors``: how the pages of sources are read, what broke, and what is held back for it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from crawler.cli.options import Db, Json, open_store
from crawler.cli.output import in_zone, print_json, print_table
from crawler.errors import BadInput
from crawler.monitors.signs import told
from crawler.monitors.watch import ALL
from crawler.sources import source_named
from storage.exports import as_iso

app = typer.Typer(help="How pages are read, what broke, and what is held back for it.", no_args_is_help=True)

SourceName = Annotated[str | None, typer.Option("--source", help="Only this source, such as rfi-cn.")]


@app.command("list")
def list_monitors(*, source: SourceName = None, json: Json = False, db: Db = None) -> None:
    """List the templates that were learnt, and what broke."""
    with open_store(db, must_exist=True) as store:
        names = [source_named(source).name] if source is not None else store.monitors.sources()
        known = [
            (name, template, state) for name in names for template, state in store.monitors.baselines(name).items()
        ]
        held = store.monitors.held(source)
    templates = [
        {
            "source": name,
            "template": template,
            "learnt": state["learnt"],
            "broken": [told(sign) for sign in state["alarms"]],
            "held": sum((page.source, page.template) == (name, template) for page in held),
        }
        for name, template, state in known
        if template != ALL
    ]
    if json:
        for one in templates:
            print_json(one)
        return
    print_table(
        "Templates",
        ("source", "template", "learnt", "held back", "broken"),
        [(one["source"], one["template"], one["learnt"], one["held"], _words(one["broken"])) for one in templates],
        right=("learnt", "held back"),
    )


@app.command("held")
def list_held(*, source: SourceName = None, json: Json = False, db: Db = None) -> None:
    """List the pages that were fetched and are not believed."""
    with open_store(db, must_exist=True) as store:
        pages = store.monitors.held(source_named(source).name if source is not None else None)
    if json:
        for page in pages:
            print_json(
                {
                    "source": page.source,
                    "template": page.template,
                    "url": page.url,
                    "reason": page.reason,
                    "reader_version": page.reader_version,
                    "run": page.run_id,
                    "held_at": as_iso(page.held_at),
                }
            )
        return
    print_table(
        "Pages held back",
        ("held", "template", "reason", "url"),
        [(in_zone(page.held_at, page.source), page.template, page.reason, page.url) for page in pages],
    )


@app.command("forget")
def forget(
    source: Annotated[str, typer.Argument(help="Name of a source, such as rfi-cn.")],
    *,
    template: Annotated[
        str | None, typer.Option("--template", help="Only this template, from `monitors list`.")
    ] = None,
    db: Db = None,
) -> None:
    """Take what a source shows now for usual: learn it anew, and fetch what was held back."""
    name = source_named(source).name
    with open_store(db, must_exist=True) as store:
        if template is not None and template not in store.monitors.baselines(name):
            raise BadInput(f"nothing was learnt of a template {template!r} of {name}; see newscrawl monitors list")
        released = store.monitors.forget(name, template, now=datetime.now(UTC))
    typer.echo(f"{name} is learnt anew; {released} held pages wait to be fetched again")


def _words(broken: Any) -> str | None:
    return "; ".join(broken) or None
