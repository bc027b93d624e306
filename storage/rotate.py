"""Key rotation: every sealed value opened with whichever key fits and sealed again with the newest."""

from sqlalchemy import select, update
from sqlmodel import col

from storage.engine import Database
from storage.seals import Seals
from storage.tables import AccessCodeRow, GuestRow, SealedWordsRow

BATCH = 500


async def rotate(database: Database, seals: Seals) -> int:
    """Seals everything anew; returns how many values. Safe to interrupt and to run again. Raises UnknownSeal."""
    guests = await _rotate(database, seals, GuestRow, "phone", "phone_mark")
    words = await _rotate(database, seals, SealedWordsRow, "words", None)
    return guests + words + await _rotate(database, seals, AccessCodeRow, "pin", "pin_mark")


async def _rotate(
    database: Database,
    seals: Seals,
    row: type[GuestRow] | type[AccessCodeRow] | type[SealedWordsRow],
    value: str,
    mark: str | None,
) -> int:
    """`mark`: where the fingerprint stands, for a value that has one."""
    done, after = 0, ""
    while True:
        async with database.engine.begin() as connection:
            sealed = getattr(row, value)
            found = (
                await connection.execute(
                    select(col(row.id), sealed)
                    .where(col(row.id) > after, col(sealed).is_not(None))
                    .order_by(col(row.id))
                    .limit(BATCH)
                )
            ).all()
            for row_id, old in found:
                text = seals.open(old)
                new: dict[str, object] = {value: seals.seal(text)}
                new |= {mark: seals.fingerprint(text)} if mark else {}
                await connection.execute(update(row).where(col(row.id) == row_id).values(**new))
        if not found:
            return done
        done, after = done + len(found), found[-1][0]
