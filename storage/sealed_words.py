"""The repository of words under a seal, one text message each. Which messages have some is not known here."""

from sqlalchemy.ext.asyncio import AsyncSession

from storage.repository import Repository
from storage.seals import Seals
from storage.tables import SealedWordsRow


class SealedWordsRepository(Repository):
    def __init__(self, session: AsyncSession, seals: Seals) -> None:
        super().__init__(session)
        self._seals = seals

    async def keep(self, message_id: str, words: str) -> None:
        self._session.add(SealedWordsRow(id=message_id, words=self._seals.seal(words)))
        await self._session.flush()

    async def open(self, message_id: str) -> str | None:
        row = await self._session.get(SealedWordsRow, message_id)
        return self._seals.open(row.words) if row else None
