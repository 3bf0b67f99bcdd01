"""``newscrawl articles export``: articles into files and feeds."""

from __future__ import annotations

import sys
from contextlib import contextmanager, nullcontext
from enum import StrEnum
from itertools import islice
from pathlib import Path
from typing import IO, TYPE_CHECKING, Annotated

import typer

from crawler.cli.complaints import complain
from crawler.cli.options import (
    Db,
    SectionOption,
    SinceOption,
    SourceOption,
    UntilOption,
    known_source,
    open_store,
    parse_when,
)
from crawler.cli.progress import watch
from crawler.errors import BadInput
from crawler.exports import (
    Channel,
    Counted,
    export_seed_files,
    whole_file,
    write_atom,
    write_csv,
    write_json_feed,
    write_jsonl,
    write_rss,
)
from crawler.sources import source_named
from storage import Selection
from storage.exports import json_line

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from storage import Store


class Format(StrEnum):
    """What articles are written as."""

    JSONL = "jsonl"
    CSV = "csv"
    PARQUET = "parquet"
    SEEDS = "seeds"
    RSS = "rss"
    ATOM = "atom"
    JSONFEED = "jsonfeed"


_STREAMS = {Format.JSONL: write_jsonl, Format.CSV: write_csv}
_FEEDS = {Format.RSS: write_rss, Format.ATOM: write_atom, Format.JSONFEED: write_json_feed}

# Entries of a feed, unless more are asked for: what a reader who comes once a day has not seen yet.
FEED_ENTRIES = 50


def export_articles(
    *,
    source: SourceOption = None,
    section: SectionOption = None,
    since: SinceOption = None,
    until: UntilOption = None,
    format: Annotated[str, typer.Option("--format", help="One of jsonl, csv, parquet, seeds, rss, atom, jsonfeed.")] = (  # noqa: A002 -- the option's name
        "jsonl"
    ),
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", help="File, or for parquet and seeds folder, to write; - or nothing: standard output."
        ),
    ] = None,
    after: Annotated[
        int, typer.Option("--after", min=0, metavar="ID", help="Only what was stored after this revision id.")
    ] = 0,
    all_revisions: Annotated[
        bool, typer.Option("--all-revisions", help="Every revision, with all that `newscrawl import` can take back.")
    ] = False,
    limit: Annotated[int | None, typer.Option("--limit", min=1, help="At most this many.")] = None,
    json: Annotated[bool, typer.Option("--json", help="Say what was exported as one JSON object.")] = False,
    db: Db = None,
) -> None:
    """Export articles, in the order in which they were stored; feeds: the newest first."""
    kind = _format_named(format)
    known_source(source)
    selection = Selection(
        source=source,
        section=section,
        since=parse_when(since),
        until=parse_when(until),
        after=after,
        all_revisions=all_revisions,
        limit=limit,
        with_seed_copies=kind is Format.SEEDS,
    )
    target = None if output is None or str(output) == "-" else output
    _check(kind, selection, target)
    counted = Counted(after=after)
    try:
        with open_store(db, must_exist=True) as store:
            _export(store, kind, selection, target, counted)
    except KeyboardInterrupt:
        complain(_stopped(kind, target, counted))
        raise typer.Exit(130) from None
    _report(kind, target, counted, json=json)


def _format_named(name: str) -> Format:
    try:
        return Format(name)
    except ValueError:
        raise BadInput(f"unknown format {name!r}; known: {', '.join(Format)}") from None


def _check(kind: Format, selection: Selection, target: Path | None) -> None:
    """Refuse what a format cannot do, before anything is opened."""
    if kind in _FEEDS and selection.source is None:
        raise BadInput(f"a feed is of one source; name it with --source, such as --format {kind} --source rfi-cn")
    if kind in _FEEDS and (selection.after or selection.all_revisions):
        raise BadInput("a feed holds the newest articles as they are now; it takes neither --after nor --all-revisions")
    if kind is Format.SEEDS and selection.all_revisions:
        raise BadInput("a seed file holds an article and no revisions; leave out --all-revisions")
    if kind in (Format.PARQUET, Format.SEEDS) and target is None:
        raise BadInput(f"{kind} is written into a folder; name it with --output FOLDER")


def _export(store: Store, kind: Format, selection: Selection, target: Path | None, counted: Counted) -> None:
    if kind in _FEEDS:
        newest = store.articles(
            source=selection.source, section=selection.section, since=selection.since, until=selection.until
        )
        entries = islice((stored for stored in newest if not stored.is_pruned), selection.limit or FEED_ENTRIES)
        with _opened(target) as stream:
            _FEEDS[kind](_channel(selection), counted.each(entries), stream)
        return
    # articles that run over a terminal are progress enough
    with watch("exporting") if target or not sys.stdout.isatty() else nullcontext(_unwatched) as on_progress:
        counted.on_progress = on_progress
        if kind in _STREAMS:
            with _opened(target) as stream:
                _STREAMS[kind](counted.through(store.exports.revisions(selection)), stream)
        elif target is not None and kind is Format.PARQUET:
            _load_parquet()(store.exports, selection, target, counted=counted)
        elif target is not None:
            export_seed_files(counted.through(store.exports.revisions(selection)), target)


def _unwatched(_: Mapping[str, int]) -> None:
    """Show nothing."""


def _load_parquet() -> Callable[..., None]:
    """Return the exporter, which needs a library that is not everybody's."""
    try:
        from crawler.exports.parquet import export_parquet  # noqa: PLC0415 -- an extra, and slow to load
    except ModuleNotFoundError as error:
        raise BadInput("Parquet needs pyarrow; install it with: pip install 'newscrawl[parquet]'") from error
    return export_parquet


def _channel(selection: Selection) -> Channel:
    source = source_named(str(selection.source))
    title = f"{source.title} – {selection.section}" if selection.section else source.title
    return Channel(
        title=title, home_url=source.home_url, language=source.language, description=f"The newest articles of {title}"
    )


@contextmanager
def _opened(target: Path | None) -> Iterator[IO[bytes]]:
    with nullcontext(sys.stdout.buffer) if target is None else whole_file(target) as stream:
        yield stream


def _stopped(kind: Format, target: Path | None, counted: Counted) -> str:
    """Say what Ctrl-C left behind."""
    if kind is Format.SEEDS:
        return f"stopped by hand; every file in {target} is whole, go on with --after {counted.last_id}"
    is_stream = target is None or (target.exists() and not target.is_file() and not target.is_dir())
    if is_stream and kind in _FEEDS:
        return "stopped by hand; what was written is half a feed"
    if is_stream:
        return f"stopped by hand after {counted.count} articles; go on with --after {counted.last_id}"
    return f"stopped by hand; {target} was not touched"


def _report(kind: Format, target: Path | None, counted: Counted, *, json: bool) -> None:
    """Say what was exported, and where the next export goes on: on standard error if the articles went out there."""
    last_id = None if kind in _FEEDS else counted.last_id
    if json:
        stream = sys.stderr.buffer if target is None else sys.stdout.buffer
        where = None if target is None else str(target)
        stream.write(json_line({"format": kind, "output": where, "count": counted.count, "last_id": last_id}))
        return
    where = "" if target is None else f" in {target}"
    further = "" if last_id is None else f"; the next export goes on with --after {last_id}"
    sys.stderr.write(f"{counted.count} articles{where}{further}\n")
