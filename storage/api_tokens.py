"""The repository of the tokens that let other programs in. A token itself is never here."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, update

from bot.domain.approvals.api_tokens import ApiToken, Scope
from storage.programs import ApiTokenRow
from storage.repository import Repository, all_columns, table

A = ApiTokenRow
_T = table(A).c
_ALL = all_columns(A).order_by(_T.id)
_BY_DIGEST = all_columns(A).where(_T.digest == bindparam("of"))
_USED = update(table(A)).where(_T.id == bindparam("of"))
_REVOKED = _USED.where(_T.revoked_at.is_(None))


class ApiTokenRepository(Repository):
    async def add(self, token: ApiToken, digest: str) -> None:
        scopes = sorted(scope.value for scope in token.scopes)
        kept = {"id": token.id, "name": token.name, "scopes": scopes, "digest": digest}
        await self._add(A, {**kept, "created_at": token.created_at})

    async def all(self) -> Sequence[ApiToken]:
        return [_token(row) for row in await self._transaction.rows(_ALL)]

    async def by_digest(self, digest: str) -> ApiToken | None:
        row = await self._transaction.first(_BY_DIGEST, of=digest)
        return _token(row) if row else None

    async def used(self, token_id: str, at: datetime) -> None:
        await self._transaction.write(_USED, {"of": token_id, "last_used_at": at})

    async def revoke(self, token_id: str, at: datetime) -> None:
        await self._transaction.write(_REVOKED, {"of": token_id, "revoked_at": at})


def _token(row: Any) -> ApiToken:
    scopes = frozenset(Scope(one) for one in row.scopes if one in set(Scope))
    return ApiToken(row.id, row.name, scopes, row.created_at, row.last_used_at, row.revoked_at)
