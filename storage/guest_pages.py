"""The repository of guests' pages: tokens under a seal, found by fingerprint."""

import secrets

from sqlalchemy import bindparam, delete, select

from storage.repository import Repository, table
from storage.seals import Seals
from storage.statements import any_of
from storage.tables import GuestPageRow
from storage.transaction import Transaction

TOKEN_BYTES = 16
_T = table(GuestPageRow).c
_TOKEN = select(_T.token).where(_T.id == bindparam("of"))
_OF_TOKEN = select(_T.id).where(any_of(_T.mark, "marks"))
_FORGET = delete(table(GuestPageRow)).where(_T.id == bindparam("of"))


class GuestPageRepository(Repository):
    def __init__(self, transaction: Transaction, seals: Seals) -> None:
        super().__init__(transaction)
        self._seals = seals

    async def token_of(self, request_id: str) -> str:
        found = await self._transaction.value(_TOKEN, of=request_id)
        if found is None:
            made = secrets.token_urlsafe(TOKEN_BYTES)
            new = {"id": request_id, "token": self._seals.seal(made), "mark": self._seals.fingerprint(made)}
            if await self._add_new(GuestPageRow, new):
                return made
            found = await self._transaction.value(_TOKEN, of=request_id)
        return self._seals.open(found)

    async def stay_of(self, token: str) -> str | None:
        found: str | None = await self._transaction.value(_OF_TOKEN, marks=self._seals.fingerprints(token))
        return found

    async def forget(self, request_id: str) -> None:
        await self._transaction.write(_FORGET, {"of": request_id})
