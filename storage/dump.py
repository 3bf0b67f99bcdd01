"""The whole database as canonical text: one JSON object a line, the same for the same record on every database.

Tables come by name, rows by the 16-byte keys of their addresses, members by name; values are as they were before they
were packed. What only says how and when a machine wrote the record is left out (`_LEFT_OUT`), and an instant that came
from a machine's clock is given as the run in which it lies, so that the same commands give the same lines on another
day. Derived tables (the search index) are not part of the record.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, cast

import orjson
from sqlalchemy import select
from zstandard import ZstdDecompressor

from storage.backfill_tables import BackfillRow, SliceRow
from storage.channel_tables import ChannelRow, ListedArticleRow, PollRow, SightingRow
from storage.exports import as_iso, json_line
from storage.frontier_tables import FrontierRow, HostRow, PageRow
from storage.rows import fetch_in
from storage.run_records import CrawlKind
from storage.schedule_tables import ScheduleRow
from storage.tables import AliasRow, ArticleRow, BodyRow, CaptureRow, ClaimRow, CrawlRunRow, RevisionRow, SeedCopyRow

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from sqlalchemy import Connection, Select, Table
    from sqlalchemy.orm import InstrumentedAttribute

    from storage.tables import Row

    Line = dict[str, Any]

# Rows read at once: about 3 MB of texts.
PAGE = 200

# Ids follow the order of writing; a row is known by the address, or the number, that the ids stand for.
_LEFT_OUT = frozenset({"id", "article_id", "revision_id", "channel_id", "url_key", "stored_at", "reader_version"})

# Which machine ran a run, and when, and what a host was promised: of no meaning elsewhere or later. Nor is how far
# schedules were judged, nor for which moments runs were planned.
_OF_THE_MOMENT = frozenset({"host", "pid", "started_at", "finished_at", "heartbeat_at", "next_allowed_at"}) | {
    *("claimed_until", "added_at", "judged_until", "paused_at", "resumed_at", "planned_at", "stack")
}

# Where the bytes of a run came from and went to: a replay of the same plan leads to the same rows.
_OF_THE_BYTES = frozenset({"kind", "via", "archive", "delay_seconds", "record", "recorded_run"})

# Where a record stands in which recording.
_PLACE = frozenset({"recording", "file", "offset", "length"})

# Instants that are stated by a source or a collector; all others may come from our clock.
_STATED = frozenset({"published_at", "modified_at", "observed_at", "stated_at", "since", "until"})

# Instants that are reckoned from the clock, to lie ahead of it.
_AHEAD = frozenset({"due_at", "leased_until"})


def dump(
    connection: Connection, *, schema: str, tables: Sequence[str] = (), with_times: bool = False
) -> Iterator[bytes]:
    """Yield the lines of a dump, in bounded memory.

    Args:
        connection: In a transaction that sees one state of the database.
        schema: Its number; stands in the first line.
        tables: Only these; empty means all of `DUMPED`.
        with_times: Give instants of the clock as they are, and what is of the moment.
    """
    clock = None if with_times else _Clock(connection)
    yield json_line({"schema": schema})
    for table in sorted(tables or DUMPED):
        for row in DUMPED[table](connection):
            yield _line(table, row, clock)


def _line(table: str, row: Mapping[str, Any], clock: _Clock | None) -> bytes:
    kept = {name: value for name, value in row.items() if name not in _LEFT_OUT}
    if clock is not None:
        moment = _OF_THE_MOMENT if table == CrawlRunRow.__tablename__ else _OF_THE_MOMENT - {"host"}
        if table == CaptureRow.__tablename__:
            moment |= _PLACE
        if "plan" in kept:
            kept["plan"] = {name: value for name, value in kept["plan"].items() if name not in _OF_THE_BYTES}
        kept = {name: clock.told(name, value) for name, value in kept.items() if name not in moment}
    return json_line({"table": table} | {name: _plain(kept[name]) for name in sorted(kept)})


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return as_iso(value)
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, dict | list):
        return orjson.loads(orjson.dumps(value, option=orjson.OPT_SORT_KEYS))
    return value


class _Clock:
    """Which run an instant of the machine's clock belongs to."""

    def __init__(self, connection: Connection) -> None:
        query = select(CrawlRunRow.id, CrawlRunRow.plan, CrawlRunRow.started_at, CrawlRunRow.finished_at)
        query = query.where(CrawlRunRow.started_at.is_not(None))
        runs = connection.execute(query.order_by(CrawlRunRow.id)).all()
        # what an import saw, it saw through the eyes of the collector: at times that its files state
        self._runs = [run for run in runs if run.plan["kind"] != CrawlKind.IMPORT.value]

    def told(self, name: str, value: Any) -> Any:
        """Return an instant of the clock as its run; anything else as it is."""
        if not isinstance(value, datetime) or name in _STATED:
            return value
        begun = [run for run in self._runs if run.started_at <= value]
        if not begun:
            return value
        if name in _AHEAD:
            return f"after the start of run {begun[-1].id}"
        within = [run.id for run in begun if run.finished_at is None or value <= run.finished_at]
        return f"run {within[-1]}" if within else value


def _all(row: type[Row]) -> Select[*tuple[Any, ...]]:
    return select(*cast("Table", row.__table__).c)


def _by_key(row: type[Row], key: InstrumentedAttribute[Any]) -> Callable[[Connection], Iterator[Line]]:
    """Return what yields the rows of a table in the order of a key of bytes."""

    def rows(connection: Connection) -> Iterator[Line]:
        query = _all(row).order_by(key).limit(PAGE)
        page = connection.execute(query).mappings().all()
        while page:
            yield from map(dict, page)
            page = connection.execute(query.where(key > page[-1][key.key])).mappings().all()

    return rows


def _pages_of_articles(connection: Connection) -> Iterator[dict[int, str]]:
    """Yield the canonical URLs of articles by id, a page at a time, in the order of their keys."""
    query = select(ArticleRow.id, ArticleRow.url_key, ArticleRow.canonical_url).order_by(ArticleRow.url_key).limit(PAGE)
    page = connection.execute(query).all()
    while page:
        yield {row.id: row.canonical_url for row in page}
        page = connection.execute(query.where(ArticleRow.url_key > page[-1].url_key)).all()


def _by_article(
    query: Select[*tuple[Any, ...]], owner: InstrumentedAttribute[int], *order: str
) -> Callable[[Connection], Iterator[Line]]:
    """Return what yields the rows that belong to articles: article by article, then by some columns."""

    def rows(connection: Connection) -> Iterator[Line]:
        for urls in _pages_of_articles(connection):
            place = {id_: number for number, id_ in enumerate(urls)}
            found = [dict(one._mapping) for one in fetch_in(connection, query, owner, urls)]
            found.sort(key=lambda one: (place[one["article_id"]], *(one[name] for name in order)))
            for one in found:
                yield one | {"article": urls[one["article_id"]]}

    return rows


def _bodies(connection: Connection) -> Iterator[Line]:
    decompress = ZstdDecompressor().decompress
    query = select(BodyRow.content, RevisionRow.article_id, RevisionRow.number)
    query = query.join(RevisionRow, RevisionRow.id == BodyRow.revision_id)
    for row in _by_article(query, RevisionRow.article_id, "number")(connection):
        paragraphs, html = orjson.loads(decompress(row.pop("content")))
        yield row | {"paragraphs": paragraphs, "html": html}


def _captures(connection: Connection) -> Iterator[Line]:
    query = select(*cast("Table", CaptureRow.__table__).c, RevisionRow.article_id, RevisionRow.number)
    query = query.join(RevisionRow, RevisionRow.id == CaptureRow.revision_id)
    yield from _by_article(query, RevisionRow.article_id, "number")(connection)


def _seed_copies(connection: Connection) -> Iterator[Line]:
    decompress = ZstdDecompressor().decompress
    for row in _by_article(_all(SeedCopyRow), SeedCopyRow.article_id, "name", "sha256")(connection):
        yield row | {"content": _as_text(decompress(row["content"]))}


def _hosts(connection: Connection) -> Iterator[Line]:
    rows = [dict(row) for row in connection.execute(_all(HostRow)).mappings()]
    for row in sorted(rows, key=lambda row: str(row["host"])):
        body = row["robots_body"]
        yield row | {"robots_body": None if body is None else _as_text(body)}


def _pages(connection: Connection) -> Iterator[Line]:
    # a page has no address of its own: its key is all there is
    for row in _by_key(PageRow, PageRow.url_key)(connection):
        yield row | {"key": row["url_key"]}


def _crawl_runs(connection: Connection) -> Iterator[Line]:
    for row in _by_key(CrawlRunRow, CrawlRunRow.id)(connection):
        yield row | {"run": row["id"]}


def _sightings(connection: Connection) -> Iterator[Line]:
    query = select(*cast("Table", SightingRow.__table__).c, ListedArticleRow.url)
    query = query.join(ListedArticleRow, ListedArticleRow.url_key == SightingRow.url_key)
    for channel_id, channel in _channels(connection):
        mine = query.where(SightingRow.channel_id == channel_id).order_by(SightingRow.url_key).limit(PAGE)
        page = connection.execute(mine).mappings().all()
        while page:
            yield from ({**row, "channel": channel} for row in page)
            page = connection.execute(mine.where(SightingRow.url_key > page[-1]["url_key"])).mappings().all()


def _polls(connection: Connection) -> Iterator[Line]:
    for channel_id, channel in _channels(connection):
        mine = _all(PollRow).where(PollRow.channel_id == channel_id).order_by(PollRow.id).limit(PAGE)
        page = connection.execute(mine).mappings().all()
        while page:
            yield from ({**row, "channel": channel} for row in page)
            page = connection.execute(mine.where(PollRow.id > page[-1]["id"])).mappings().all()


def _channels(connection: Connection) -> list[tuple[int, str]]:
    """Return ids and URLs of all channels, in the order of their keys."""
    rows = connection.execute(select(ChannelRow.id, ChannelRow.url).order_by(ChannelRow.url_key))
    return [(row.id, row.url) for row in rows]


def _schedules(connection: Connection) -> Iterator[Line]:
    rows = [dict(row) for row in connection.execute(_all(ScheduleRow)).mappings()]
    yield from sorted(rows, key=lambda row: str(row["name"]))


def _as_text(raw: bytes) -> str | dict[str, str]:
    """Return bytes as text, or, where they are none, as ``{"hex": …}``."""
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return {"hex": raw.hex()}


def _backfills(connection: Connection) -> Iterator[Line]:
    for row in _by_key(BackfillRow, BackfillRow.id)(connection):
        yield row | {"backfill": row["id"]}


def _slices(connection: Connection) -> Iterator[Line]:
    for row in _by_key(SliceRow, SliceRow.id)(connection):
        yield row | {"slice": row["id"]}


DUMPED: dict[str, Callable[[Connection], Iterator[Line]]] = {
    "aliases": _by_article(_all(AliasRow), AliasRow.article_id, "url"),
    "articles": _by_key(ArticleRow, ArticleRow.url_key),
    "backfills": _backfills,
    "bodies": _bodies,
    "captures": _captures,
    "channels": _by_key(ChannelRow, ChannelRow.url_key),
    "claims": _by_article(_all(ClaimRow), ClaimRow.article_id, "field", "origin", "value"),
    "crawl_runs": _crawl_runs,
    "frontier": _by_key(FrontierRow, FrontierRow.url_key),
    "hosts": _hosts,
    "listed_articles": _by_key(ListedArticleRow, ListedArticleRow.url_key),
    "pages": _pages,
    "polls": _polls,
    "revisions": _by_article(_all(RevisionRow), RevisionRow.article_id, "number"),
    "schedules": _schedules,
    "seed_copies": _seed_copies,
    "sightings": _sightings,
    "slices": _slices,
}
"""What yields the rows of each table that is part of the record."""

OF_THE_MOMENT = frozenset({"baselines", "earlier_readings", "held_pages", "import_positions", "leadership"})
"""Tables that are not: they say which process does something now, where an import is to go on, what readings look like
and which of them are not believed, and what a row said before it was read again."""
