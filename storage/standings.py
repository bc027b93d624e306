"""How every stay of a database stands, read as people are told of it: to compare two databases with each other."""

from collections.abc import AsyncIterator
from datetime import datetime

from sqlalchemy import select

from bot.domain.stays.standing import standing
from storage.access_codes import CodeRepository
from storage.engine import Database
from storage.repository import table
from storage.seals import Seals
from storage.tables import AccessRequestRow
from storage.transaction import transaction

AT_A_TIME = 200
_R = table(AccessRequestRow).c


async def standings(database: Database, seals: Seals, now: datetime) -> AsyncIterator[tuple[str, str]]:
    """By stay: what each of its PINs does, from when until when, and whether its digits can be read. Raises
    UnknownSeal."""
    after = ""
    while True:
        async with database.engine.connect() as connection:
            asked = select(_R.id, _R.status).where(_R.id > after).order_by(_R.id).limit(AT_A_TIME)
            stays = (await connection.execute(asked)).all()
        if not stays:
            return
        async with transaction(database) as begun:
            repository = CodeRepository(begun, seals)
            codes = await repository.of_requests([one.id for one in stays])
            for one in stays:
                theirs = codes.get(one.id, ())
                evidence = await repository.evidence_of([code.id for code in theirs])
                stands = standing(theirs, evidence, now)
                windows = [f"{code.window.starts_at.isoformat()}/{code.window.ends_at.isoformat()}" for code in theirs]
                readable = [str(await repository.pin(code.id) is not None) for code in theirs]
                yield one.id, " ".join([one.status, stands.as_shown, *windows, *readable])
        after = stays[-1].id
