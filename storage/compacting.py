"""After something was erased: nothing of it is left in the free space of the database's files either."""

import sqlite3
from contextlib import closing

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from storage.engine import Database
from storage.sqlite_dialect import PATIENCE
from storage.tables import AccessRequestRow, GuestRow, MessageRow, SealedWordsRow

_ERASED_FROM = (GuestRow, AccessRequestRow, MessageRow, SealedWordsRow)


async def compact(database: Database) -> bool:
    """Whether it could be: others may be in the way. SQLite's file is written anew and its log emptied; PostgreSQL
    gives the space to whatever is written next."""
    if database.is_postgresql:
        return await _vacuumed(database)
    file = database.engine.url.database or ":memory:"
    if file == ":memory:":
        return True
    try:
        with closing(sqlite3.connect(file, isolation_level=None, timeout=PATIENCE)) as connection:
            connection.execute("VACUUM")
            busy, _, _ = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            return not busy
    except sqlite3.Error:
        return False


async def _vacuumed(database: Database) -> bool:
    names = ", ".join(str(row.__tablename__) for row in _ERASED_FROM)
    try:
        async with database.engine.connect() as connection:
            alone = await connection.execution_options(isolation_level="AUTOCOMMIT")
            await alone.execute(text(f"VACUUM {names}, audit_entries"))
    except SQLAlchemyError:
        return False
    return True
