"""Who plans and starts runs: one process of all that serve a database, until its heartbeat stops."""

from __future__ import annotations

import os
import socket
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, bindparam, insert, select, update

from storage.database import reading, writing
from storage.errors import LeadershipLost
from storage.run_rows import is_alive
from storage.schedule_records import Leadership
from storage.schedule_tables import LeadershipRow

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection, Engine
    from sqlalchemy import Row as ResultRow

_THE_ROW = 1

# made once: a leader leaves signs of life for months, and who waits looks several times a heartbeat
_IS_OF = and_(LeadershipRow.term == bindparam("of_term"), LeadershipRow.holder == bindparam("of_holder"))
_LEADER = select(*LeadershipRow.__table__.c)
_LEADS = select(LeadershipRow.id).where(_IS_OF)
_BEAT = update(LeadershipRow).where(_IS_OF).returning(*LeadershipRow.__table__.c)
_GIVE_UP = update(LeadershipRow).where(_IS_OF)


class Leaderships:
    """The door to the lease of the one leader; `storage.store.Store.leadership` gives it.

    A leader leaves a sign of life every heartbeat. Who waits looks at it, and takes over when it has not changed for
    too long by its own clock. What a leader writes is written only while it still leads: in the same transaction
    its term is held against the row (see `check_leads`).
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def current(self) -> Leadership | None:
        """Return who leads; None if nobody ever did, or the last one gave it up."""
        with reading(self._engine) as connection:
            return _read(connection)

    def take(self, holder: str, *, instead_of: Leadership | None, now: datetime) -> Leadership | None:
        """Become the leader, unless another has moved first; return the new leadership, or None.

        Args:
            holder: Which process, for people.
            instead_of: The leader that was seen and has been silent since; None if nobody led.
            now: When; aware.
        """
        with writing(self._engine) as connection:
            found = _read(connection)
            if found is not None and found != instead_of:
                return None
            term = connection.scalar(select(LeadershipRow.term))
            taken = {
                "holder": holder,
                "term": (term or 0) + 1,
                "beats": 0,
                "heartbeat_at": now,
                "host": socket.gethostname(),
                "pid": os.getpid(),
            }
            if term is None:
                connection.execute(insert(LeadershipRow), {"id": _THE_ROW} | taken)
            else:
                connection.execute(update(LeadershipRow), taken)
            return _read(connection)

    def beat(self, leadership: Leadership, *, now: datetime) -> Leadership:
        """Leave a sign of life.

        Raises:
            LeadershipLost: Another has taken over.
        """
        with writing(self._engine) as connection:
            sign = {"beats": leadership.beats + 1, "heartbeat_at": now}
            row = connection.execute(_BEAT, _of(leadership) | sign).one_or_none()
        if row is None:
            raise LeadershipLost(leadership.holder)
        return _leadership(row)

    def give_up(self, leadership: Leadership) -> None:
        """Let another lead at once; nothing happens if one does already."""
        with writing(self._engine) as connection:
            connection.execute(_GIVE_UP, _of(leadership) | {"holder": None})

    @staticmethod
    def is_known_dead(leadership: Leadership) -> bool:
        """Is it the leadership of a process of this machine that is gone? Then nobody need wait."""
        return leadership.host == socket.gethostname() and not is_alive(leadership.pid, leadership.heartbeat_at)


def check_leads(connection: Connection, leadership: Leadership) -> None:
    """Refuse to go on in a writing transaction for whoever no longer leads.

    Raises:
        LeadershipLost: Another has taken over.
    """
    if connection.scalar(_LEADS, _of(leadership)) is None:
        raise LeadershipLost(leadership.holder)


def _of(leadership: Leadership) -> dict[str, Any]:
    return {"of_term": leadership.term, "of_holder": leadership.holder}


def _read(connection: Connection) -> Leadership | None:
    row = connection.execute(_LEADER).one_or_none()
    return None if row is None or row.holder is None else _leadership(row)


def _leadership(row: ResultRow[Any]) -> Leadership:
    return Leadership(
        holder=row.holder,
        term=row.term,
        heartbeat_at=row.heartbeat_at,
        beats=row.beats,
        host=row.host,
        pid=row.pid,
    )
