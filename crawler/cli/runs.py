"""``newscrawl runs``: what was run, and how it ended."""

from __future__ import annotations

import sys
from datetime import UTC
from typing import TYPE_CHECKING, Annotated, Any

import typer

from crawler.cli.options import Db, Json, open_store
from crawler.cli.output import in_zone, print_json, print_table
from crawler.errors import BadInput
from storage import Outcome

if TYPE_CHECKING:
    from datetime import datetime

    from storage import CrawlRun

# The largest number that a database takes.
LARGEST = 2**63 - 1

app = typer.Typer(help="What was run, and how it ended.", no_args_is_help=True)


@app.command("list")
def list_runs(
    *,
    limit: Annotated[int, typer.Option("--limit", min=1, help="Show at most this many, newest first.")] = 20,
    json: Json = False,
    db: Db = None,
) -> None:
    """List runs, newest first."""
    with open_store(db, must_exist=True) as store:
        runs = store.runs(limit=limit)
    if json:
        for run in runs:
            print_json(run_as_json(run))
        return
    print_table(
        "Runs",
        ("run", "source", "schedule", "kind", "state", "planned", "started", "articles", "reason"),
        [
            (
                run.id,
                run.plan.source,
                run.schedule,
                run.plan.kind.value,
                run.state.value,
                in_zone(run.planned_at, run.plan.source),
                in_zone(run.started_at, run.plan.source),
                _outcomes(run),
                "; ".join(filter(None, (run.reason, "degraded" if run.degraded else None))) or None,
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
        run = store.run(run_id)
    if run is None:
        raise BadInput(f"there is no run {run_id}; `newscrawl runs list` shows those there are")
    if json:
        print_json(run_as_json(run))
        return
    print_run(run)
    if run.stack:
        sys.stdout.write(f"\nWhere it hung:\n{run.stack}")


def print_run(run: CrawlRun) -> None:
    """Print what one run did, every count under its reason."""
    began = in_zone(run.started_at or run.planned_at, run.plan.source)
    took = f", {(run.finished_at - run.started_at).total_seconds():.1f} s" if run.started_at and run.finished_at else ""
    print_table(
        f"Run {run.id}: {run.plan.source}, {run.plan.kind.value}, {run.state.value}"
        f"{f' ({run.reason})' if run.reason else ''}, {began}{took}",
        ("count", "of"),
        [(count, name) for name, count in run.counts.items()],
        right=("count",),
    )
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
        "planned_at": _utc(run.planned_at),
        "started_at": _utc(run.started_at),
        "finished_at": _utc(run.finished_at),
        "seeds": run.plan.seeds,
        "limit": run.plan.limit,
        "pages": run.plan.pages,
        "counts": run.counts,
        "degraded": list(run.degraded),
        "stack": run.stack,
    }


def _outcomes(run: CrawlRun) -> str:
    return ", ".join(f"{run.counts[name.value]} {name.value}" for name in Outcome if run.counts.get(name.value))


def _utc(instant: datetime | None) -> str | None:
    return instant.astimezone(UTC).isoformat().replace("+00:00", "Z") if instant else None
