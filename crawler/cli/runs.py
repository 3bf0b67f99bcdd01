"""``newscrawl runs``: what was run, and how it ended."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from crawler.cli import run_log
from crawler.cli.options import Db, Json, open_store
from crawler.cli.output import print_json, print_table, utc
from crawler.cli.zones import RunZones, retold, shown, shown_in_full
from crawler.errors import BadInput
from storage import Outcome, RunState

if TYPE_CHECKING:
    from collections.abc import Sequence
    from zoneinfo import ZoneInfo

    from storage import CrawlRun

# The largest number that a database takes.
LARGEST = 2**63 - 1

app = typer.Typer(help="What was run, and how it ended.", no_args_is_help=True)
app.command("log")(run_log.log)


@app.command("list")
def list_runs(
    *,
    schedule: Annotated[str | None, typer.Option("--schedule", help="Only runs that this schedule planned.")] = None,
    state: Annotated[
        list[str] | None, typer.Option("--state", help="Only runs in this state, such as failed; may be repeated.")
    ] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, help="Show at most this many, newest first.")] = 20,
    json: Json = False,
    db: Db = None,
) -> None:
    """List runs, newest first: planned, skipped and missed ones, too."""
    states = _states(state or ())
    with open_store(db, must_exist=True) as store:
        runs = store.runs.latest(limit=limit, schedule=schedule, states=states)
        zones = RunZones(store.schedules.all())
        if schedule is not None and not runs and not store.schedules.tally(schedule):
            store.schedules.named(schedule)
    if json:
        for run in runs:
            print_json(run_as_json(run))
        return
    print_table(
        "Runs",
        ("run", "source", "schedule", "kind", "state", "planned", "started", "zone", "articles", "reason"),
        [
            (
                run.id,
                run.plan.source,
                run.schedule,
                run.plan.kind.value,
                run.state.value,
                shown(run.planned_at, zones.of(run)),
                shown(run.started_at, zones.of(run)),
                zones.of(run).key,
                _outcomes(run),
                "; ".join(filter(None, (retold(run.reason, zones.of(run)), "degraded" if run.degraded else None)))
                or None,
            )
            for run in runs
        ],
        right=("run",),
    )


@app.command("show")
def show_run(
    run_id: Annotated[int, typer.Argument(metavar="RUN", max=LARGEST, help="Number of the run, from `runs list`.")],
    *,
    json: Json = False,
    db: Db = None,
) -> None:
    """Show one run with every count."""
    with open_store(db, must_exist=True) as store:
        run = store.runs.get(run_id)
        zones = RunZones(store.schedules.all())
    if run is None:
        raise BadInput(f"there is no run {run_id}; `newscrawl runs list` shows those there are")
    if json:
        print_json(run_as_json(run))
        return
    print_run(run, zones.of(run))
    if run.stack:
        sys.stdout.write(f"\nWhere it hung:\n{run.stack}")


def print_run(run: CrawlRun, zone: ZoneInfo | None = None) -> None:
    """Print what one run did, every count under its reason.

    Args:
        run: It.
        zone: In which its times are shown; None for that of its source.
    """
    zone = zone or RunZones(()).of(run)
    took = f", {(run.finished_at - run.started_at).total_seconds():.1f} s" if run.started_at and run.finished_at else ""
    lines = [f"Run {run.id}: {run.plan.source}, {run.plan.kind.value}, {run.state.value}{took}"]
    lines += [f"reason: {retold(run.reason, zone)}"] if run.reason else []
    lines += [f"schedule: {run.schedule}"] if run.schedule else []
    times = (("planned", run.planned_at), ("started", run.started_at), ("ended", run.finished_at))
    lines += [f"{what}: {shown_in_full(instant, zone)}" for what, instant in times if instant]
    title, rows = "\n".join(lines), [(count, name) for name, count in run.counts.items()]
    if rows:
        print_table(title, ("count", "of"), rows, right=("count",))
    else:
        sys.stdout.write(f"{title}\n")
    if run.degraded:
        print_table("Degraded: what it read is not to be trusted", ("why",), [(reason,) for reason in run.degraded])


def run_as_json(run: CrawlRun) -> dict[str, Any]:
    """Return a run as one JSON object; times in UTC."""
    return {
        "id": run.id,
        "source": run.plan.source,
        "kind": run.plan.kind.value,
        "state": run.state.value,
        "reason": run.reason,
        "schedule": run.schedule,
        "planned_at": utc(run.planned_at),
        "started_at": utc(run.started_at),
        "finished_at": utc(run.finished_at),
        "seeds": run.plan.seeds,
        "limit": run.plan.limit,
        "pages": run.plan.pages,
        "counts": run.counts,
        "degraded": list(run.degraded),
        "stack": run.stack,
    }


def _states(names: Sequence[str]) -> tuple[RunState, ...]:
    """Return the states of some names.

    Raises:
        BadInput: There is no such state.
    """
    known = {state.value: state for state in RunState}
    if unknown := [name for name in names if name not in known]:
        raise BadInput(f"--state {unknown[0]!r} is none; write one of {', '.join(known)}")
    return tuple(known[name] for name in names)


def _outcomes(run: CrawlRun) -> str:
    return ", ".join(f"{run.counts[name.value]} {name.value}" for name in Outcome if run.counts.get(name.value))
