"""``newscrawl schedules add``: a schedule as an operator states it, refused where it could not be meant."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from crawler.cli.amounts import parse_span
from crawler.cli.complaints import complain
from crawler.cli.crawl import Delay, Limit, Pages, Sections, Urls, Via, delay_of, server_address, starts
from crawler.cli.options import Db, Json, open_store
from crawler.cli.output import print_json
from crawler.cli.prune import parse_size
from crawler.cli.schedule_words import next_in_words, schedule_as_json, trigger_in_words
from crawler.cli.zones import stated_zone
from crawler.config import load_config
from crawler.errors import BadInput
from crawler.sources import source_named
from storage import Adaptive, CatchUp, CrawlKind, CrawlPlan, Cron, Interval, NewSchedule, Overlap

if TYPE_CHECKING:
    from storage import Trigger

# A name stands in file names, tables and commands.
_NAME = re.compile(r"\w[\w.-]{0,99}")

# Words on the command line have no spaces.
_OVERLAPS = {overlap.value.replace(" ", "-"): overlap for overlap in Overlap}

Span = str | None
Policy = TypeVar("Policy", Overlap, CatchUp)


def add(
    name: Annotated[str, typer.Argument(help="A name for it, such as hourly.")],
    source: Annotated[str, typer.Argument(help="Name of a source, such as rfi-cn; see `newscrawl sources`.")],
    *,
    cron: Annotated[
        str | None,
        typer.Option("--cron", metavar="FIELDS", help="By the calendar: minute, hour, day, month, day of week."),
    ] = None,
    zone: Annotated[
        str | None, typer.Option("--zone", help="Zone of --cron, such as Asia/Shanghai. Default: the source's.")
    ] = None,
    every: Annotated[Span, typer.Option("--every", metavar="SPAN", help="By elapsed time: 90s, 15m, 2h, 1d.")] = None,
    jitter: Annotated[
        Span, typer.Option("--jitter", metavar="SPAN", help="With --every: each moment is up to so much later.")
    ] = None,
    adaptive: Annotated[
        int | None,
        typer.Option("--adaptive", metavar="N", min=1, help="When news is likely, by at most N polls a day."),
    ] = None,
    overlap: Annotated[
        str, typer.Option("--overlap", metavar="POLICY", help="While a run is under way: skip, queue-one, supersede.")
    ] = "skip",
    catch_up: Annotated[
        str, typer.Option("--catch-up", metavar="POLICY", help="Of moments that nobody was there for: once, all, none.")
    ] = "once",
    time_limit: Annotated[
        Span, typer.Option("--time-limit", metavar="SPAN", help="Longest time that a run may take.")
    ] = None,
    silence_limit: Annotated[
        Span, typer.Option("--silence-limit", metavar="SPAN", help="Longest time without progress.")
    ] = None,
    memory_limit: Annotated[
        str | None, typer.Option("--memory-limit", metavar="SIZE", help="Most memory that a run may hold: 500MB.")
    ] = None,
    url: Urls = None,
    section: Sections = None,
    limit: Limit = None,
    pages: Pages = 1,
    via: Via = None,
    delay: Delay = None,
    json: Json = False,
    db: Db = None,
) -> None:
    """Add a schedule: its runs begin with the next planned moment, while `newscrawl serve` runs."""
    # the clock's library takes a tenth of a second to import, and most commands do without
    from crawler.service.triggers import check_trigger  # noqa: PLC0415 -- see above

    _check_name(name)
    config = load_config()
    plan = CrawlPlan(
        source=source,
        kind=CrawlKind.SCHEDULED,
        seeds=starts(source, url, section),
        limit=limit,
        pages=pages,
        via=via,
        delay_seconds=delay_of(delay, via, config),
    )
    if via is not None:
        server_address(via)
    trigger = _trigger(source, cron=cron, zone=zone, every=every, jitter=jitter, adaptive=adaptive)
    now = datetime.now(UTC)
    check_trigger(trigger, now=now)
    new = NewSchedule(
        name=name,
        plan=plan,
        trigger=trigger,
        overlap=_one_of(_OVERLAPS, overlap, "--overlap"),
        catch_up=_one_of({policy.value: policy for policy in CatchUp}, catch_up, "--catch-up"),
        time_limit_seconds=_seconds(time_limit, "--time-limit"),
        silence_limit_seconds=_seconds(silence_limit, "--silence-limit"),
        memory_limit_bytes=None if memory_limit is None else parse_size(memory_limit),
    )
    with open_store(db) as store:
        added = store.schedules.add(new, now=now)
        leader = store.leadership.current()
    if json:
        print_json(schedule_as_json(added, now=now))
    else:
        typer.echo(f"added {name}: {source}, {trigger_in_words(added.trigger)}")
        typer.echo(f"next: {next_in_words(added, now=now)}")
    if via is None and not config.contact:
        complain("no contact address is set, so its runs will fail; newscrawl doctor says what to do")
    if leader is None:
        complain("no service is running; start one with: newscrawl serve")


def _check_name(name: str) -> None:
    if not _NAME.fullmatch(name):
        raise BadInput(f"{name!r} is no name for a schedule; write letters, digits, points, dashes, a hundred at most")


def _trigger(
    source: str,
    *,
    cron: str | None,
    zone: str | None,
    every: str | None,
    jitter: str | None,
    adaptive: int | None,
) -> Trigger:
    """Return the one trigger that was stated.

    Raises:
        BadInput: None was, or several, or one that cannot be read.
    """
    if sum(one is not None for one in (cron, every, adaptive)) != 1:
        raise BadInput("say when it is to run: one of --cron '0 * * * *', --every 15m, --adaptive 400")
    if zone is not None and cron is None:
        raise BadInput("--zone belongs to --cron; elapsed time is the same in every zone")
    if jitter is not None and every is None:
        raise BadInput("--jitter belongs to --every")
    trigger: Trigger
    if cron is not None:
        key = source_named(source).zone.key if zone is None else stated_zone(zone).key
        trigger = Cron(expression=" ".join(cron.split()), zone=key)
    elif every is not None:
        span = parse_span(every, "--every")
        late = timedelta(0) if jitter is None else parse_span(jitter, "--jitter")
        trigger = Interval(every_seconds=span.total_seconds(), jitter_seconds=late.total_seconds())
    else:
        assert adaptive is not None, "one of them was stated"
        trigger = Adaptive(requests_a_day=adaptive)
    return trigger


def _one_of(known: dict[str, Policy], given: str, option: str) -> Policy:
    if given not in known:
        raise BadInput(f"{option} {given!r} is none; write one of {', '.join(known)}")
    return known[given]


def _seconds(text: str | None, option: str) -> float | None:
    return None if text is None else parse_span(text, option).total_seconds()
