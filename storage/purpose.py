"""What a database is for: a house, or the sandbox's make-believe. Whoever comes first says so, and the other kind never
opens it: a guest who is made up must not stand among real ones, nor a real one in a world that anybody may drive."""

from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite

from storage.engine import Database
from storage.repository import table
from storage.tables import PurposeRow

_T = table(PurposeRow)
_SAID = select(_T.c.purpose).where(_T.c.id == 1)


class Purpose(StrEnum):
    HOUSE = "house"
    SANDBOX = "sandbox"


class OtherPurpose(Exception):
    """The database is for something else; the words are for the operator."""


async def claim(database: Database, purpose: Purpose) -> None:
    """Says what a migrated database is for, unless that was said before. Raises OtherPurpose where it was otherwise."""
    if await check(database, purpose):
        return
    insert = postgresql.insert if database.is_postgresql else sqlite.insert
    async with database.engine.begin() as connection:
        # Of several processes that start at once one says it, and the others read what it said.
        await connection.execute(insert(_T).values(id=1, purpose=purpose.value).on_conflict_do_nothing())
    await check(database, purpose)


async def check(database: Database, purpose: Purpose) -> bool:
    """Whether it was said to be for this. Raises OtherPurpose where it was said to be for something else. Writes
    nothing."""
    async with database.engine.connect() as connection:
        found = await connection.scalar(_SAID)
    if found not in (None, purpose.value):
        raise OtherPurpose(_SENTENCES[purpose])
    return found is not None


_SENTENCES = {
    Purpose.HOUSE: "This database was filled by the sandbox, whose guests are made up: set DATABASE_URL to another.",
    Purpose.SANDBOX: "This database belongs to a house, and the sandbox never opens it: set DATABASE_URL to another.",
}
