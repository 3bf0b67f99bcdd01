"""``newscrawl schedules``: on which rhythms sources are crawled."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from crawler.cli.complaints import complain
from crawler.cli.options import Db, Json, open_store
from crawler.cli.output import print_json, print_table
from crawler.cli.runs import run_as_json
from crawler.cli.schedule_add import add
from crawler.cli.schedule_words import next_in_words, schedule_as_json, trigger_in_words, what_in_words
from crawler.cli.zones import shown, zone_of

if TYPE_CHECKING:
    from storage import CrawlRun, Schedule, Store

app = typer.Typer(help="On which rhythms sources are crawled.", no_args_is_help=True)
app.command("add")(add)

Name = Annotated[str, typer.Argument(metavar="NAME", help="Name of the schedule, from `schedules list`.")]


@app.command("list")
def list_schedules(*, json: Json = False, db: Db = None) -> None:
    """List schedules with their next moment and their latest run."""
    now = datetime.now(UTC)
    with open_store(db, must_exist=True) as store:
        schedules = store.schedules.all()
        latest = {schedule.name: _latest(store, schedule) for schedule in schedules}
    if json:
        for schedule in schedules:
            print_json(schedule_as_json(schedule, now=now))
        return
    print_table(
        "Schedules",
        ("name", "source", "when", "next", "latest run", "what"),
        [
            (
                schedule.name,
                schedule.plan.source,
                trigger_in_words(schedule.trigger),
                next_in_words(schedule, now=now, count=1),
                _run_in_words(latest[schedule.name], schedule),
                what_in_words(schedule),
            )
            for schedule in schedules
        ],
    )


@app.command("pause")
def pause(name: Name, *, json: Json = False, db: Db = None) -> None:
    """Plan no runs until it is resumed; what waits is skipped, what runs goes on."""
    now = datetime.now(UTC)
    with open_store(db, must_exist=True) as store:
        schedule = store.schedules.pause(name, now=now)
    if json:
        print_json(schedule_as_json(schedule, now=now))
    else:
        typer.echo(f"paused {name}; `newscrawl schedules resume {name}` lets it go on")


@app.command("resume")
def resume(name: Name, *, json: Json = False, db: Db = None) -> None:
    """Plan runs again, from now on; moments that passed while it was paused are not made up for."""
    now = datetime.now(UTC)
    with open_store(db, must_exist=True) as store:
        schedule = store.schedules.resume(name, now=now)
    if json:
        print_json(schedule_as_json(schedule, now=now))
    else:
        typer.echo(f"resumed {name}; next: {next_in_words(schedule, now=now)}")


@app.command("run-now")
def run_now(name: Name, *, json: Json = False, db: Db = None) -> None:
    """Plan one run for now, paused or not; the service starts it when no other run of the schedule is under way."""
    with open_store(db, must_exist=True) as store:
        run = store.schedules.plan_now(name, now=datetime.now(UTC))
        leader = store.leadership.current()
    if json:
        print_json(run_as_json(run))
    else:
        typer.echo(f"run {run.id} of {name} is planned; `newscrawl runs show {run.id}` tells what becomes of it")
    if leader is None:
        complain("no service is running; it waits until one is started with: newscrawl serve")


@app.command("remove")
def remove(name: Name, *, db: Db = None) -> None:
    """Remove a schedule; what waits is skipped, what runs goes on, and its runs stay in the history."""
    with open_store(db, must_exist=True) as store:
        store.schedules.remove(name)
    typer.echo(f"removed {name}; `newscrawl runs list --schedule {name}` shows its runs")


def _latest(store: Store, schedule: Schedule) -> CrawlRun | None:
    return next(iter(store.runs.latest(limit=1, schedule=schedule.name)), None)


def _run_in_words(run: CrawlRun | None, schedule: Schedule) -> str:
    return "" if run is None else f"{run.state.value}, {shown(run.planned_at, zone_of(schedule))}"
