"""Which schema a database has, which one this program needs, and the way from one to the other.

`make_or_check` is what opening a store does; `upgrade` is what an operator asks for. Tables are made by the migrations
alone (``storage/migrations``), in one transaction: a database is at one schema or at the next, never between.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import inspect, text

from storage import (
    backfill_tables,
    channel_tables,
    frontier_tables,
    monitor_tables,
    positions,
    schedule_tables,
    search_tables,
)
from storage.database import reading, writing
from storage.errors import StoreUnavailable, WrongSchema
from storage.tables import ArticleRow, Row

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

MIGRATIONS = Path(__file__).parent / "migrations"

# Four digits at the start of each migration's file name; reading them is a hundred times faster than importing Alembic.
SCHEMAS = sorted(path.name[:4] for path in MIGRATIONS.glob("versions/[0-9]*.py"))
NEWEST = SCHEMAS[-1]

METADATA = Row.metadata
"""All tables; the modules that define them are imported here."""
assert channel_tables.ChannelRow.metadata is METADATA
assert backfill_tables.SliceRow.metadata is METADATA
assert frontier_tables.FrontierRow.metadata is METADATA
assert schedule_tables.ScheduleRow.metadata is METADATA
assert monitor_tables.BaselineRow.metadata is METADATA
assert search_tables.SearchStateRow.metadata is METADATA
assert positions.ImportPositionRow.metadata is METADATA


def schema_of(connection: Connection) -> str | None:
    """Return the number of a database's schema, such as ``0002``; None if it holds nothing of ours.

    Raises:
        WrongSchema: It holds our tables without a number: it is older than the first numbered schema.
    """
    inspector = inspect(connection)
    if inspector.has_table("alembic_version"):
        number: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
        if number is not None:
            return number
    if inspector.has_table(ArticleRow.__tablename__):
        raise WrongSchema(
            f"the database {_name(connection)} is older than the first numbered schema; export its articles with the"
            " program that made it, and import them into a new one"
        )
    return None


def make_or_check(engine: Engine, *, must_exist: bool) -> str:
    """Make the tables of an empty database; check that those of another one are what this program needs.

    Returns the schema's number.

    Args:
        engine: Of the database.
        must_exist: Refuse an empty database instead.

    Raises:
        StoreUnavailable: It is empty and must not be.
        WrongSchema: It is older or newer than this program.
    """
    with reading(engine) as connection:
        found = schema_of(connection)
        if found is None and must_exist:
            raise StoreUnavailable(
                f"the database {_name(connection)} holds no articles; check the name, or crawl first"
            )
        if found is not None:
            _check(connection, found)
    if found is None:
        upgrade(engine)
    return NEWEST


def upgrade(engine: Engine) -> tuple[str | None, str]:
    """Bring a database to the newest schema, in one transaction; return where it was, and where it is.

    Raises:
        WrongSchema: It is newer than this program.
    """
    with writing(engine) as connection:
        found = schema_of(connection)
        if found is None or (found in SCHEMAS and found != NEWEST):
            _migrate(connection)
        elif found != NEWEST:
            _check(connection, found)
    return found, NEWEST


def _check(connection: Connection, found: str) -> None:
    name = _name(connection)
    if found not in SCHEMAS:
        raise WrongSchema(
            f"the database {name} was written by a newer newscrawl (schema {found}; this one knows {NEWEST}): update"
            " the program"
        )
    if found != NEWEST:
        raise WrongSchema(f"the database {name} is at {found}, the program needs {NEWEST}: run newscrawl db upgrade")


def _migrate(connection: Connection) -> None:
    # only a database that is made or upgraded needs Alembic, and it takes a tenth of a second to import
    from alembic.command import upgrade as run_migrations  # noqa: PLC0415 -- see above
    from alembic.config import Config  # noqa: PLC0415 -- see above

    config = Config()
    config.set_main_option("script_location", MIGRATIONS.as_posix().replace("%", "%%"))
    config.attributes["connection"] = connection
    run_migrations(config, "head")


def _name(connection: Connection) -> str:
    return connection.engine.url.database or "in memory"
