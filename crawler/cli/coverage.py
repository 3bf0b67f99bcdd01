"""``newscrawl coverage``: what is known to exist of a window, what of it is stored, and what would fill the gaps."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import unquote

import typer
from rich.console import Console

from crawler.backfills.gaps import Asked, Gap, find_gaps
from crawler.backfills.planner import days_of
from crawler.cli.calendar import calendar
from crawler.cli.options import Db, Json, SectionOption, open_store, parse_when
from crawler.cli.output import print_json, print_table
from crawler.errors import BadInput
from crawler.exports.calendar_picture import write_picture
from crawler.sources import source_named
from storage import CLAIMED, SliceState, Standing, Window, cells_of, find_silences

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from crawler.sources.base import Source
    from storage import CoverageCell, KnownArticle, Slice


def coverage(
    source: Annotated[str, typer.Argument(help="Name of a source, such as rfi-cn; see `newscrawl sources`.")],
    *,
    since: Annotated[str, typer.Option("--since", help="First day, 2020-07-20 or 20/07/2020, in the source's zone.")],
    until: Annotated[str, typer.Option("--until", help="Day after the last; the day itself is not included.")],
    section: SectionOption = None,
    picture: Annotated[
        Path | None, typer.Option("--picture", help="Draw a calendar into this file, .png or .svg.")
    ] = None,
    gaps: Annotated[
        bool, typer.Option("--gaps", help="List what is missing, each with the command that would fill it.")
    ] = False,
    articles: Annotated[
        bool, typer.Option("--articles", help="List every article known, with what became of it and who has shown it.")
    ] = False,
    json: Json = False,
    db: Db = None,
) -> None:
    """Show what is known to exist of a window, by section and day, against what is stored."""
    site = source_named(source)
    window = _window(site, since, until)
    days = list(days_of(window, site.zone))
    with open_store(db, must_exist=True) as store:
        known = store.coverage.known(site.name, window, site.zone)
        slices = store.backfills.latest_slices(site.name)
        failed = _failed_of(slices, window)
    if section is not None:
        known = [one for one in known if one.section == section]
        failed = [one for one in failed if one.channel != "section" or one.name == section]
    if picture is not None:
        title = f"{site.name}{f', {section}' if section else ''}: {days[0]} to {days[-1]}"
        write_picture(picture, title, _by_day(known), days)
    if gaps:
        asked = Asked(source=site.name, first=days[0], last=days[-1], zone=site.zone, db=db)
        _print_gaps(find_gaps(asked, known, find_silences(_per_section(known), days), failed), json=json)
    elif articles:
        _print_articles(known, json=json)
    elif json:
        for cell in cells_of(known):
            print_json(asdict(cell))
    else:
        claimed = {one.name: one.counts[CLAIMED] for one in slices if CLAIMED in one.counts}
        _print_overview(site, known, days, len(failed), claimed)


def _window(site: Source, since: str, until: str) -> Window:
    begin, end = parse_when(since, site.zone), parse_when(until, site.zone)
    assert begin is not None
    assert end is not None
    if begin >= end:
        raise BadInput(f"--since {since} is not before --until {until}")
    return Window(since=begin, until=end)


def _failed_of(slices: Sequence[Slice], window: Window) -> list[Slice]:
    """Return the slices that failed on days of the window."""
    return [
        one
        for one in slices
        if one.state is SliceState.FAILED and one.since < window.until and one.until > window.since
    ]


def _by_day(known: list[KnownArticle]) -> dict[date, CoverageCell]:
    return {cell.day: cell for cell in cells_of(known, by_section=False) if cell.day is not None}


def _per_section(known: Sequence[KnownArticle]) -> dict[str | None, dict[date, int]]:
    counts: dict[str | None, Counter[date]] = {}
    for one in known:
        if one.day is not None:
            counts.setdefault(one.section, Counter())[one.day] += 1
    return {section: dict(found) for section, found in counts.items()}


def _print_overview(
    site: Source, known: list[KnownArticle], days: Sequence[date], failed: int, claimed: Mapping[str, int]
) -> None:
    sections: dict[str | None, list[KnownArticle]] = {}
    for one in known:
        sections.setdefault(one.section, []).append(one)
    silences = find_silences(_per_section(known), days)
    silent: Counter[str | None] = Counter()
    for silence in silences:
        silent[silence.section] += silence.days
    ordered = sorted(sections.items(), key=lambda item: (-len(item[1]), item[0] or ""))
    rows = [_row(section or "(none)", found, silent[section]) for section, found in ordered]
    print_table(
        f"{site.name}, {days[0]} to {days[-1]} ({site.zone.key})",
        ("section", "known", "stored", "waiting", "refused", "failed", "unexplained", "silent days", "shown by"),
        [*rows, _row("all", known, sum(silent.values()))],
        right=("known", "stored", "waiting", "refused", "failed", "unexplained", "silent days"),
    )
    console = Console(markup=False, emoji=False, highlight=False)
    for line in calendar(_by_day(known), days):
        console.print(line, soft_wrap=True)
    reasons = Counter(one.reason for one in known if one.standing in (Standing.REFUSED, Standing.FAILED))
    if reasons:
        print_table(
            "Not stored", ("articles", "why"), [(n, why) for why, n in reasons.most_common()], right=("articles",)
        )
    for section, count in claimed.items():
        console.print(f"the listing of {section} says that it has {count} articles of all times", soft_wrap=True)
    if failed:
        console.print(f"{failed} slices of backfills failed; --gaps names them", soft_wrap=True)


def _row(name: str, found: Sequence[KnownArticle], silent: int) -> tuple[object, ...]:
    standings = Counter(one.standing for one in found)
    channels = Counter(kind for one in found for kind in one.channels)
    alone = Counter(kind for one in found if len(one.channels) == 1 for kind in one.channels)
    shown = ", ".join(
        f"{kind} {count}{f' ({alone[kind]} alone)' if alone[kind] else ''}" for kind, count in channels.most_common()
    )
    counts = (standings[one] for one in Standing)
    return (name, len(found), *counts, silent, shown)


def _print_gaps(gaps: Sequence[Gap], *, json: bool) -> None:
    if json:
        for gap in gaps:
            print_json(asdict(gap))
        return
    print_table(
        "Gaps",
        ("what", "section", "first", "last", "articles", "why", "command"),
        [(gap.kind, gap.section, gap.first, gap.last, gap.articles, gap.why, gap.command) for gap in gaps],
        right=("articles",),
    )


def _print_articles(known: Sequence[KnownArticle], *, json: bool) -> None:
    if json:
        for one in known:
            print_json(_as_json(one))
        return
    print_table(
        "Articles known",
        ("day", "section", "standing", "why", "shown by", "url"),
        [
            (one.day, one.section, one.standing.value, one.reason, ", ".join(sorted(one.channels)), unquote(one.url))
            for one in known
        ],
    )


def _as_json(one: KnownArticle) -> dict[str, Any]:
    return {
        "url": one.url,
        "section": one.section,
        "day": one.day,
        "standing": one.standing.value,
        "reason": one.reason,
        "channels": sorted(one.channels),
    }
