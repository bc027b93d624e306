"""The repository of words under a seal, one text message each. Which messages have some is not known here."""

from sqlalchemy import bindparam, select

from storage.repository import Repository, table
from storage.seals import Seals
from storage.tables import SealedWordsRow
from storage.transaction import Transaction

_T = table(SealedWordsRow).c
_WORDS = select(_T.words).where(_T.id == bindparam("of"))


class SealedWordsRepository(Repository):
    def __init__(self, transaction: Transaction, seals: Seals) -> None:
        super().__init__(transaction)
        self._seals = seals

    async def keep(self, message_id: str, words: str) -> None:
        await self._add(SealedWordsRow, {"id": message_id, "words": self._seals.seal(words)})

    async def open(self, message_id: str) -> str | None:
        sealed = await self._transaction.value(_WORDS, of=message_id)
        return self._seals.open(sealed) if sealed is not None else None
