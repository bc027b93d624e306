"""Brings a database to the newest revision: our tables by Alembic, the queue's by PgQueuer itself.

Alembic is loaded where there is something to do. Every process looks at its start, finds nearly always that there is
not, and loading it is a third of the start.
"""

import functools
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, inspect, text

from storage.engine import Database
from storage.nudges import install_queue
from storage.schema import METADATA

if TYPE_CHECKING:
    from alembic.config import Config

_REVISIONS = Path(__file__).parent / "migrations"
_ONE_AT_A_TIME = 7_361_250
"""A PostgreSQL advisory lock: several processes start at once, and whatever a first start makes is made under it."""


Applied = Callable[[str], None]
"""Called with each revision that was applied, in a few words."""


def _config(connection: Connection | None = None, applied: Applied | None = None) -> "Config":
    from alembic.config import Config

    config = Config()
    config.attributes["applied"] = applied
    config.set_main_option("script_location", str(_REVISIONS))
    config.attributes["connection"] = connection
    return config


class NewerDatabase(Exception):
    """A newer program has been here. The words are for the operator."""

    def __init__(self, revision: str) -> None:
        super().__init__(
            f"The database is at revision {revision}, which this version of Night Porter does not know: a newer one "
            "has been at work here. Start that again, or restore a backup from before it; nothing was changed."
        )


async def migrate(database: Database, applied: Applied | None = None) -> str:
    """Upgrades to the newest revision and returns its id. Safe to run twice and from several machines. Raises
    NewerDatabase."""
    async with database.engine.begin() as connection:
        if database.is_postgresql:
            await connection.execute(text("SELECT pg_advisory_xact_lock(:n)"), {"n": _ONE_AT_A_TIME})
        at = await connection.run_sync(_revision)
        if at is not None and at not in revisions():
            raise NewerDatabase(at)
        if at != newest_revision():
            from alembic import command

            await connection.run_sync(lambda sync: command.upgrade(_config(sync, applied), "head"))
        if database.is_postgresql:
            await install_queue(database.engine)  # on its own connection, while this one holds the lock
    return newest_revision()


@functools.cache
def revisions() -> frozenset[str]:
    """By the names of the files, which begin with the revision: to know them, Alembic loads every one there is."""
    return frozenset(file.name.partition("_")[0] for file in (_REVISIONS / "versions").glob("[0-9]*_*.py"))


def newest_revision() -> str:
    return max(revisions())


async def current_revision(database: Database) -> str | None:
    """What the database is at; None before the first migration."""
    async with database.engine.connect() as connection:
        return await connection.run_sync(_revision)


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    found: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return found


async def differences(database: Database) -> list[object]:
    """How the database differs from the tables in code; empty when the revisions tell the whole story."""
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    async with database.engine.connect() as connection:
        return await connection.run_sync(lambda sync: compare_metadata(MigrationContext.configure(sync), METADATA))


async def draft(database: Database, message: str, revision: str) -> None:
    """Writes a new revision from what differs (for developers)."""
    from alembic import command

    async with database.engine.begin() as connection:
        await connection.run_sync(
            lambda sync: command.revision(_config(sync), message, autogenerate=True, rev_id=revision)
        )
