"""What Alembic runs: with the connection of `storage.schema.upgrade`, or, for developers, with ``-x db=URL``.

A developer writes the next migration with ``alembic -x db=sqlite:///news.db revision --autogenerate -m "..."`` against
a database that is at the newest schema.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic import context

from storage.database import writing
from storage.engines import open_engine
from storage.schema import METADATA

if TYPE_CHECKING:
    from sqlalchemy import Connection


def run(connection: Connection) -> None:
    """Run what the command asked for, inside the caller's transaction: SQLite, too, takes a migration back whole."""
    context.configure(connection=connection, target_metadata=METADATA, transactional_ddl=True)
    context.run_migrations()


given: Connection | None = context.config.attributes.get("connection")
if given is not None:
    run(given)
else:
    engine = open_engine(context.get_x_argument(as_dictionary=True)["db"], must_exist=True)
    with writing(engine) as opened:
        run(opened)
    engine.dispose()
