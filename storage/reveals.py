"""The repository of looks at PINs and numbers: what still stands open on somebody's screen, and until when."""

from dataclasses import replace
from typing import Any

from sqlalchemy import bindparam

from bot.domain.approvals.revealing import Reveal
from storage.repository import Repository, all_columns, table
from storage.tables import RevealRow

R = RevealRow
_AT_PLACE = all_columns(R).where(table(R).c.place == bindparam("place"))


class RevealRepository(Repository):
    async def add(self, reveal: Reveal) -> None:
        await self._add(R, {"id": reveal.id, "version": 0, **_values(reveal)})

    async def get(self, reveal_id: str) -> Reveal | None:
        row = await self._read(R, reveal_id)
        return _reveal(row) if row else None

    async def at_place(self, place: str) -> Reveal | None:
        row = await self._transaction.first(_AT_PLACE, place=place)
        return _reveal(row) if row else None

    async def save(self, reveal: Reveal) -> Reveal:
        await self._guarded(R, reveal.id, reveal.version, _values(reveal))
        return replace(reveal, version=reveal.version + 1)


def _values(reveal: Reveal) -> dict[str, Any]:
    return {
        "request_id": reveal.request_id,
        "code_id": reveal.code_id,
        "person": reveal.person,
        "place": reveal.place,
        "at": reveal.at,
        "due_at": reveal.due_at,
        "hidden_at": reveal.hidden_at,
        "attempts": reveal.attempts,
        "claimed_until": reveal.claimed_until,
    }


def _reveal(row: RevealRow) -> Reveal:
    return Reveal(
        id=row.id,
        request_id=row.request_id,
        code_id=row.code_id,
        person=row.person,
        place=row.place,
        at=row.at,
        due_at=row.due_at,
        hidden_at=row.hidden_at,
        attempts=row.attempts,
        claimed_until=row.claimed_until,
        version=row.version,
    )
