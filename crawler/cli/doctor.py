"""``newscrawl doctor``: is everything as it must be, and if not, what to do."""

from __future__ import annotations

from typing import Annotated

import typer

from crawler.cli.crawl import server_address
from crawler.cli.options import Db, Json
from crawler.cli.output import print_json, print_table
from crawler.doctor.diagnosis import Diagnosis, Verdict


def doctor(
    sources: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[SOURCE]...", help="Sources whose sites are asked. Default: those that have a schedule."
        ),
    ] = None,
    *,
    via: Annotated[
        str | None, typer.Option("--via", help="Ask this server in the sites' stead, such as http://127.0.0.1:8000.")
    ] = None,
    is_offline: Annotated[bool, typer.Option("--offline", help="Ask no site.")] = False,
    json: Json = False,
    db: Db = None,
) -> None:
    """Check settings, database, clock, disk, robots.txt and services; exit code 1 if anything will fail."""
    # the clock's library takes a tenth of a second to import, and most commands do without
    from crawler.doctor.examination import Patient, examine  # noqa: PLC0415 -- see above

    if via is not None:
        server_address(via)
    patient = Patient(database_url=db, sources=tuple(sources or ()), via=via, is_offline=is_offline)
    diagnoses: list[Diagnosis] = []
    for one in examine(patient):
        diagnoses.append(one)
        if json:
            print_json({"check": one.check, "verdict": one.verdict.value, "found": one.found, "remedy": one.remedy})
    if not json:
        print_table(
            _in_short(diagnoses),
            ("", "check", "found", "what to do"),
            [(_MARKS[one.verdict], one.check, one.found, one.remedy) for one in diagnoses],
        )
    if any(one.verdict is Verdict.ERROR for one in diagnoses):
        raise typer.Exit(1)


_MARKS = {Verdict.OK: "ok", Verdict.WARNING: "warning", Verdict.ERROR: "ERROR"}


def _in_short(diagnoses: list[Diagnosis]) -> str:
    counted = {verdict: sum(one.verdict is verdict for one in diagnoses) for verdict in Verdict}
    told = [
        f"{counted[verdict]} {verdict.value}{'s' if counted[verdict] > 1 else ''}"
        for verdict in (Verdict.ERROR, Verdict.WARNING)
        if counted[verdict]
    ]
    return ", ".join(told) or "Everything is as it must be"
