"""Connections to PostgreSQL that broke while nobody used them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import make_url

from storage import idle_connections
from storage.database import reading, writing
from storage.engines import open_engine

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Engine

pytestmark = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    """Give an engine with a connection that is idle."""
    engine = open_engine(database_url)
    with reading(engine) as connection:
        connection.exec_driver_sql("SELECT 1")
    yield engine
    engine.dispose()


def _end_sessions(database_url: str) -> None:
    other = open_engine(database_url)
    with reading(other) as connection:
        connection.exec_driver_sql(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
            f" WHERE datname = '{make_url(database_url).database}' AND pid <> pg_backend_pid()"
        )
    other.dispose()


def test_a_connection_that_the_server_ended_is_made_anew(engine: Engine, database_url: str) -> None:
    """Who reads or writes next hears nothing of a session that was ended meanwhile."""
    _end_sessions(database_url)
    with reading(engine) as connection:
        assert connection.exec_driver_sql("SELECT 1").scalar() == 1
    _end_sessions(database_url)
    with writing(engine) as connection:
        assert connection.exec_driver_sql("SELECT 1").scalar() == 1


def test_a_connection_that_was_idle_for_long_is_asked_whether_it_is_one(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One of which nothing was heard is used after it has answered; it stays the same connection."""
    query = "SELECT pg_backend_pid()"
    with reading(engine) as connection:
        before = connection.exec_driver_sql(query).scalar()
    monkeypatch.setattr(idle_connections, "IDLE_SECONDS", -1)
    with reading(engine) as connection:
        assert connection.exec_driver_sql(query).scalar() == before


def test_reading_takes_no_transaction_and_writing_takes_one(engine: Engine) -> None:
    """A single query costs no round trips for a beginning and an end; what is written stands or falls together."""
    query = "SELECT transaction_timestamp()"
    with reading(engine) as connection:
        assert connection.exec_driver_sql(query).scalar() != connection.exec_driver_sql(query).scalar()
    with writing(engine) as connection:
        assert connection.exec_driver_sql(query).scalar() == connection.exec_driver_sql(query).scalar()
