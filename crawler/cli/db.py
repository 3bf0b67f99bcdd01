"""``newscrawl db``: the database itself, its schema, its health, its canonical text."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from crawler.cli.options import Db, Json
from crawler.cli.output import print_json, print_table
from crawler.config import load_config
from crawler.errors import BadInput
from storage.dump import DUMPED
from storage.maintenance import Maintenance
from storage.schema import NEWEST

if TYPE_CHECKING:
    from storage.checking import Finding

app = typer.Typer(help="The database: its schema, its health, its canonical text.", no_args_is_help=True)


@app.command("upgrade")
def upgrade(*, db: Db = None) -> None:
    """Bring the database to the schema that this program needs; make it if it is not there."""
    with _open(db, must_exist=False) as maintenance:
        before, after = maintenance.upgrade()
    if before == after:
        typer.echo(f"already at {after}")
    else:
        typer.echo(f"upgraded from {before} to {after}" if before else f"made a new database at {after}")


@app.command("current")
def current(*, json: Json = False, db: Db = None) -> None:
    """Show the number of the database's schema, and of the one that this program needs."""
    with _open(db) as maintenance:
        schema = maintenance.schema()
    if json:
        print_json({"schema": schema, "needed": NEWEST})
    else:
        print_table("Schema", (), [("of the database", schema or "none: it is empty"), ("needed", NEWEST)])


@app.command("check")
def check(
    *,
    is_full: Annotated[bool, typer.Option("--all", help="Read the texts of all articles, not of a sample.")] = False,
    json: Json = False,
    db: Db = None,
) -> None:
    """Check that what is stored is whole; exit code 1 if it is not."""
    findings: list[Finding] = []
    with _open(db) as maintenance:
        for finding in maintenance.check(is_full=is_full):
            findings.append(finding)
            if json:
                print_json(
                    {
                        "check": finding.check,
                        "wrong": finding.wrong,
                        "looked_at": finding.looked_at,
                        "examples": finding.examples,
                        "remedy": finding.remedy,
                    }
                )
    if not json:
        print_table(
            "What may be wrong",
            ("found", "what", "such as", "what to do"),
            [(one.wrong, _what(one), "\n".join(one.examples), one.remedy) for one in findings],
            right=("found",),
        )
    if any(finding.wrong for finding in findings):
        raise typer.Exit(1)


@app.command("dump")
def dump(
    *,
    tables: Annotated[
        list[str] | None, typer.Option("--table", metavar="NAME", help="Only this table; may be repeated.")
    ] = None,
    with_times: Annotated[
        bool, typer.Option("--times", help="Give instants of the clock as they are, and not as the run they lie in.")
    ] = False,
    db: Db = None,
) -> None:
    """Print the whole database as canonical text: the same record gives the same bytes on every database."""
    if unknown := sorted(set(tables or ()) - DUMPED.keys()):
        raise BadInput(f"unknown table {unknown[0]!r}; known: {', '.join(DUMPED)}")
    with _open(db) as maintenance:
        for line in maintenance.dump(tables=tables or (), with_times=with_times):
            sys.stdout.buffer.write(line)


def _open(db: str | None, *, must_exist: bool = True) -> Maintenance:
    return Maintenance.open(db or load_config().database_url, must_exist=must_exist)


def _what(finding: Finding) -> str:
    looked_at = "" if finding.looked_at is None else f", among {finding.looked_at:,}"
    return f"{finding.check}{looked_at}"
