"""What readings of each template look like, and the pages whose readings are not believed.

A held page is in the frontier, in the state HELD, and here, with why and by which reader. It is let go when its fetch
comes to something else, and released to be fetched again when there is reason to believe its reader.
"""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, delete, select, update

from storage.database import among, reading, writing
from storage.frontier_records import FrontierState, HeldPage
from storage.frontier_tables import FrontierRow
from storage.identity import canonical_url, url_key
from storage.monitor_tables import BaselineRow, HeldPageRow
from storage.rows import insert_rows

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import ColumnElement, Connection, Engine


class Monitors:
    """The door to what is known of readings; `storage.store.Store.monitors` gives it.

    Every method may be called from any thread, is one transaction, and raises `StoreUnavailable` when the database
    cannot be reached, read or written.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def baselines(self, source: str) -> dict[str, dict[str, Any]]:
        """Return what was learnt of the templates of a source, by their names."""
        query = select(BaselineRow.template, BaselineRow.state).where(BaselineRow.source == source)
        with reading(self._engine) as connection:
            return {row.template: row.state for row in connection.execute(query.order_by(BaselineRow.template))}

    def sources(self) -> list[str]:
        """Return the sources of which something was learnt, by name."""
        query = select(BaselineRow.source).distinct().order_by(BaselineRow.source)
        with reading(self._engine) as connection:
            return list(connection.scalars(query))

    def keep(
        self,
        source: str,
        baselines: Mapping[str, Mapping[str, Any]],
        *,
        held: Sequence[HeldPage] = (),
        recovered: Iterable[str] = (),
        now: datetime,
    ) -> None:
        """Keep what a run has learnt; of two runs over one source at once that of the later one stays.

        Args:
            source: Which one.
            baselines: By template.
            held: Pages that are settled and are not believed any more.
            recovered: Templates whose readings are believed again: their held pages wait to be fetched.
            now: When this is written; aware.
        """
        rows = [
            {"source": source, "template": template, "state": dict(state), "updated_at": now}
            for template, state in baselines.items()
        ]
        with writing(self._engine) as connection:
            for row in rows:
                which = and_(BaselineRow.source == source, BaselineRow.template == row["template"])
                connection.execute(delete(BaselineRow).where(which))
            insert_rows(connection, BaselineRow, rows)
            _hold(connection, held)
            for template in recovered:
                _release(connection, and_(HeldPageRow.source == source, HeldPageRow.template == template), now=now)

    def forget(self, source: str, template: str | None = None, *, now: datetime) -> int:
        """Forget what was learnt of a source, or of one of its templates, and release its pages; return how many."""
        baseline, held = [BaselineRow.source == source], [HeldPageRow.source == source]
        if template is not None:
            baseline.append(BaselineRow.template == template)
            held.append(HeldPageRow.template == template)
        with writing(self._engine) as connection:
            connection.execute(delete(BaselineRow).where(*baseline))
            return _release(connection, and_(*held), now=now)

    def release_read_by_others(self, source: str, reader_version: str, *, now: datetime) -> int:
        """Release the pages of a source that another version of its reader did not understand; return how many."""
        is_other = and_(HeldPageRow.source == source, HeldPageRow.reader_version != reader_version)
        with reading(self._engine) as connection:
            if connection.scalar(select(HeldPageRow.url_key).where(is_other).limit(1)) is None:
                return 0
        with writing(self._engine) as connection:
            return _release(connection, is_other, now=now)

    def held(self, source: str | None = None) -> list[HeldPage]:
        """Return the pages that are held back, the latest first."""
        names = [field.name for field in fields(HeldPage)]
        query = select(*(getattr(HeldPageRow, name) for name in names))
        if source is not None:
            query = query.where(HeldPageRow.source == source)
        with reading(self._engine) as connection:
            rows = connection.execute(query.order_by(HeldPageRow.held_at.desc(), HeldPageRow.url)).mappings()
            return [HeldPage(**row) for row in rows]


def write_held(connection: Connection, held: Mapping[bytes, HeldPage]) -> None:
    """Note which pages are held back, by the keys of their URLs."""
    let_go(connection, list(held))
    rows = [
        {
            "url_key": key,
            "url": page.url,
            "source": page.source,
            "template": page.template,
            "reason": page.reason,
            "reader_version": page.reader_version,
            "run_id": page.run_id,
            "held_at": page.held_at,
        }
        for key, page in held.items()
    ]
    insert_rows(connection, HeldPageRow, rows)


def let_go(connection: Connection, keys: Sequence[bytes]) -> None:
    """Note that some pages are not held back: their fetch came to something."""
    # as a rule none is, and a look costs less than five hundred keys
    if keys and connection.scalar(select(HeldPageRow.url_key).limit(1)) is not None:
        condition = among(connection.dialect.name, HeldPageRow.url_key)
        connection.execute(delete(HeldPageRow).where(condition), {"values": list(keys)})


def _hold(connection: Connection, pages: Sequence[HeldPage]) -> None:
    """Hold back pages that were settled before; one that a run is fetching just now is left to it."""
    by_key = {url_key(canonical_url(page.url)): page for page in pages}
    free = FrontierRow.state != FrontierState.LEASED.value
    held: dict[bytes, HeldPage] = {}
    for key, page in by_key.items():
        statement = update(FrontierRow).where(FrontierRow.url_key == key, free)
        values = {"state": FrontierState.HELD.value, "reason": page.reason, "due_at": None}
        if connection.execute(statement.values(**values)).rowcount:
            held[key] = page
    write_held(connection, held)


def _release(connection: Connection, which: ColumnElement[bool], *, now: datetime) -> int:
    """Let held pages wait to be fetched."""
    keys = select(HeldPageRow.url_key).where(which)
    is_held = and_(FrontierRow.url_key.in_(keys), FrontierRow.state == FrontierState.HELD.value)
    connection.execute(
        update(FrontierRow)
        .where(is_held)
        .values(state=FrontierState.WAITING.value, due_at=now, attempts=0, reason=None)
    )
    return connection.execute(delete(HeldPageRow).where(which)).rowcount
