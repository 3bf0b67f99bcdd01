"""``newscrawl backfill``: collect a past window of a source, slice by slice."""

from __future__ import annotations

import os
import time
from collections import Counter
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any

import typer

from crawler.backfills.estimate import Estimate, estimate
from crawler.backfills.planner import OWN_WAYS, Way, plan_slices
from crawler.cli.complaints import complain
from crawler.cli.crawl import Delay, Limit, Via, check_server, delay_of, judge
from crawler.cli.options import Db, Json, open_store, parse_when
from crawler.cli.output import in_zone, print_json, print_table
from crawler.cli.progress import watch_words
from crawler.cli.runs import print_run, run_as_json
from crawler.config import load_config
from crawler.errors import BadInput
from crawler.sources import source_named
from storage import CrawlKind, CrawlPlan, SliceState, StoreUnavailable, Window, WrongSchema
from storage.exports import as_iso

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from crawler.sources.base import Source
    from storage import Backfill, PlannedSlice, Slice, Store

# Seconds between two looks at the slices; the counts come oftener.
LOOK_EVERY_SECONDS = 2.0

# How far a backfill steps back for the processor, in the system's own measure (0 to 19): crawls that a schedule starts
# beside it come first there as they do in the budget of a host.
NICENESS = 10

# What an estimate takes the source's usual number of articles a day from, on either side of the window.
AROUND = timedelta(days=60)

Channels = Annotated[
    list[Way] | None,
    typer.Option("--channel", help="Go this way into the past only; may be repeated. Default: all of the site itself."),
]


def backfill(
    source: Annotated[str, typer.Argument(help="Name of a source, such as rfi-cn; see `newscrawl sources`.")],
    *,
    since: Annotated[
        str | None, typer.Option("--since", help="First day, 2020-07-20 or 20/07/2020, in the source's zone.")
    ] = None,
    until: Annotated[
        str | None, typer.Option("--until", help="Day after the last; the day itself is not included.")
    ] = None,
    channel: Channels = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with the latest backfill that is not finished, or complain.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show slices, requests and the time they take; fetch nothing.")
    ] = False,
    limit: Limit = None,
    via: Via = None,
    delay: Delay = None,
    json: Json = False,
    db: Db = None,
) -> None:
    """Collect what a source published in a past window; the same command goes on after any end."""
    config = load_config()
    site = source_named(source)
    ways = tuple(way for way in Way if way in (channel or OWN_WAYS))
    window = _window(site, since, until, is_needed=not resume)
    pace = delay_of(delay, via, config)
    if dry_run:
        _show_plan(site, window, ways if channel or not resume else None, pace=pace, json=json, db=db)
        return
    if via is not None:
        check_server(via)
    with open_store(db) as store:
        task = store.backfills.unfinished(site.name, window=window, channels=_names(ways, channel, resume=resume))
        if task is None:
            task = _plan(site, window, ways, store, resume=resume)
        plan = CrawlPlan(
            source=site.name,
            kind=CrawlKind.BACKFILL,
            limit=limit,
            via=via,
            delay_seconds=pace,
            backfill=task.id,
        )
        code = _work_off(plan, task, store, json=json)
    raise typer.Exit(code)


def _window(site: Source, since: str | None, until: str | None, *, is_needed: bool) -> Window | None:
    begin, end = parse_when(since, site.zone), parse_when(until, site.zone)
    if begin is None or end is None:
        if is_needed or begin is not end:
            raise BadInput("a backfill needs --since and --until, such as --since 2020-07-20 --until 2021-01-23")
        return None
    if begin >= end:
        raise BadInput(f"--since {since} is not before --until {until}")
    return Window(since=begin, until=end)


def _names(ways: Sequence[Way], channel: list[Way] | None, *, resume: bool) -> list[str] | None:
    """Return the channels that a backfill to go on with must have; None for any, with --resume alone."""
    return None if resume and channel is None else [way.value for way in ways]


def _plan(site: Source, window: Window | None, ways: Sequence[Way], store: Store, *, resume: bool) -> Backfill:
    if resume or window is None:
        raise BadInput(f"there is no unfinished backfill of {site.name} like this; leave --resume out to begin one")
    slices = plan_slices(site, window, ways)
    if not slices:
        named = ", ".join(way.value for way in ways)
        raise BadInput(f"{site.name} has no way into that window by {named}")
    return store.backfills.plan(
        site.name,
        window=window,
        channels=[way.value for way in ways],
        slices=slices,
        now=datetime.now(UTC),
    )


def _work_off(plan: CrawlPlan, task: Backfill, store: Store, *, json: bool) -> int:
    """Run a backfill under the eyes of the operator, and return the exit code."""
    # Scrapy takes half a second to import, and most commands do without
    from crawler.runs import run_crawl  # noqa: PLC0415 -- see above

    if hasattr(os, "nice"):
        os.nice(NICENESS)
    with _watch(task, store) as on_progress:
        run = run_crawl(plan, load_config(), store, on_progress=on_progress)
    task = store.backfills.read(task.id)
    if json:
        print_json(run_as_json(run) | {"backfill": _as_json(task)})
    else:
        print_run(run)
        _print_slices(task)
    code = judge(run)
    failed = [one for one in task.slices if one.state is SliceState.FAILED]
    if failed and not code:
        complain(f"{len(failed)} of {len(task.slices)} slices failed: {_tell_failed(failed)}")
    elif not task.is_finished and not code:
        complain("the window is not finished; the same command goes on")
    return code or int(bool(failed))


@contextmanager
def _watch(task: Backfill, store: Store) -> Iterator[Callable[[Mapping[str, int]], None]]:
    """Show the slices as they are worked off, with rate and time left."""
    began, looked = time.monotonic(), 0.0
    first = store.backfills.progress(task.id)
    with watch_words(f"backfilling {task.source}", total=first.slices) as tell:

        def look(_: Mapping[str, int]) -> None:
            nonlocal looked
            if time.monotonic() - looked < LOOK_EVERY_SECONDS:
                return
            looked = time.monotonic()
            now = store.backfills.progress(task.id)
            rate = (now.requests - first.requests) / (looked - began)
            usual = now.requests_of_ended / now.ended if now.ended else 0.0
            left = now.waiting + now.unbegun * usual
            ahead = f", about {timedelta(seconds=round(left / rate))} left" if rate and now.ended else ""
            place = f" ({now.current})" if now.current else ""
            words = f"{now.ended} of {now.slices} slices{place}, {now.waiting} URLs wait, {rate:.1f} a second{ahead}"
            tell(now.ended, words)

        yield look


def _show_plan(
    site: Source, window: Window | None, ways: Sequence[Way] | None, *, pace: float, json: bool, db: str | None
) -> None:
    """Print the slices that are still to be worked off, and what they will take."""
    slices: Sequence[PlannedSlice] = ()
    known = []
    try:
        with open_store(db, must_exist=True) as store:
            names = None if ways is None else [way.value for way in ways]
            task = store.backfills.unfinished(site.name, window=window, channels=names)
            window = task.window if task is not None else window
            if task is not None:
                slices = [one for one in task.slices if one.state in (SliceState.WAITING, SliceState.RUNNING)]
            if window is not None:
                around = Window(since=window.since - AROUND, until=window.until + AROUND)
                known = store.coverage.known(site.name, around, site.zone)
    except WrongSchema:
        raise
    except StoreUnavailable:
        pass  # nothing is stored yet, and a dry run makes no database
    if window is None:
        raise BadInput(f"there is no unfinished backfill of {site.name}; name a window with --since and --until")
    slices = slices or plan_slices(site, window, ways or OWN_WAYS)
    ahead = estimate(slices, known, window, site.zone)
    if json:
        for one in slices:
            print_json(_slice_as_json(one))
        print_json(
            {
                "slices": len(slices),
                "requests": ahead.requests,
                "listings": ahead.listings,
                "articles_known": ahead.known_missing,
                "articles_expected": ahead.expected,
                "seconds": ahead.requests * pace,
            }
        )
        return
    _print_plan(site, window, slices, ahead, pace)


def _print_plan(site: Source, window: Window, slices: Sequence[PlannedSlice], ahead: Estimate, pace: float) -> None:
    groups: dict[str, list[PlannedSlice]] = {}
    for one in slices:
        groups.setdefault(one.channel, []).append(one)
    print_table(
        f"{site.name}, {in_zone(window.since, site.name)} to {in_zone(window.until, site.name)}",
        ("channel", "slices", "first", "last"),
        [(channel, len(group), group[0].name, group[-1].name) for channel, group in groups.items()],
        right=("slices",),
    )
    expected = "nobody knows how many" if ahead.expected is None else f"about {ahead.expected}"
    print_table(
        "Requests",
        (),
        [
            ("listings", f"{ahead.listings}{', and further pages of sections' if 'section' in groups else ''}"),
            ("articles known and not stored", ahead.known_missing),
            ("articles on days of which nothing is known", expected),
            ("time at this pace", f"{ahead.duration(pace)} ({pace:g} s a request)"),
        ],
    )


def _print_slices(task: Backfill) -> None:
    """Print the slices by channel, and each that failed."""
    rows = []
    for channel in dict.fromkeys(one.channel for one in task.slices):
        mine = [one for one in task.slices if one.channel == channel]
        states = Counter(one.state for one in mine)
        counts: Counter[str] = Counter()
        for one in mine:
            counts.update(one.counts)
        told = ", ".join(f"{count} {name}" for name, count in sorted(counts.items()))
        rows.append((channel, *(states[state] for state in SliceState), sum(one.requests for one in mine), told))
    print_table(
        f"Backfill {task.id}: {in_zone(task.window.since, task.source)} to {in_zone(task.window.until, task.source)}",
        ("channel", *(state.value for state in SliceState), "requests", "what they came to"),
        rows,
        right=(*(state.value for state in SliceState), "requests"),
    )


def _tell_failed(failed: Sequence[Slice]) -> str:
    told = [f"{one.channel} {one.name} ({one.reason})" for one in failed[:3]]
    return ", ".join(told) + (" and others" if len(failed) > len(told) else "")


def _as_json(task: Backfill) -> dict[str, Any]:
    states = Counter(one.state for one in task.slices)
    return {
        "id": task.id,
        "since": as_iso(task.window.since),
        "until": as_iso(task.window.until),
        "channels": task.channels,
        "slices": {state.value: states[state] for state in SliceState},
        "failed": [
            _slice_as_json(one) | {"reason": one.reason} for one in task.slices if one.state is SliceState.FAILED
        ],
    }


def _slice_as_json(one: PlannedSlice) -> dict[str, Any]:
    return {
        "channel": one.channel,
        "name": one.name,
        "since": as_iso(one.since),
        "until": as_iso(one.until),
        "url": one.url,
    }
