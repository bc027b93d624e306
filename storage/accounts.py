"""The repositories of accounts at the locks' provider, and of links by which their owners connect them."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import bindparam, delete

from bot.domain.locks.accounts import Account, AccountLink, LinkStatus
from storage.repository import Repository, all_columns, table
from storage.statements import any_of
from storage.tables import AccountLinkRow, AccountRow

L = AccountLinkRow
_T, _L = table(AccountRow).c, table(L).c
_ALL = all_columns(AccountRow).order_by(_T.name)
_HELD = all_columns(AccountRow).order_by(_T.ref).with_for_update()  # some are deleted
_GONE = delete(table(AccountRow)).where(any_of(_T.ref, "refs"))
_IN = all_columns(L).where(_L.status == bindparam("status")).order_by(_L.id)


class AccountRepository(Repository):
    async def all(self) -> Sequence[Account]:
        rows = await self._transaction.rows(_ALL)
        return [Account(row.ref, row.name, row.lost_at) for row in rows]

    async def keep(self, accounts: Sequence[Account]) -> Sequence[Account]:
        known = {row.ref: row for row in await self._transaction.rows(_HELD)}
        lost = []
        for seen in accounts:
            row = known.pop(seen.ref, None)
            before = row.lost_at if row else None
            # The first moment stays: it is in the key of the notice, and a new one would tell of the same loss again.
            since = before or seen.lost_at if seen.lost_at else None
            if since is not None and before is None:
                lost.append(replace(seen, lost_at=since))
            await self._put(AccountRow, {"ref": seen.ref, "name": seen.name, "lost_at": since})
        await self._transaction.write(_GONE, {"refs": list(known)})
        return lost


class LinkRepository(Repository):
    async def add(self, link: AccountLink) -> None:
        await self._add(L, {"id": link.id, "version": 0, **_values(link)})

    async def get(self, link_id: str) -> AccountLink | None:
        row = await self._read(L, link_id)
        return _link(row) if row else None

    async def save(self, link: AccountLink) -> AccountLink:
        await self._guarded(L, link.id, link.version, _values(link))
        return replace(link, version=link.version + 1)

    async def open(self) -> Sequence[AccountLink]:
        return await self._in(LinkStatus.OPEN)

    async def authorized(self) -> Sequence[AccountLink]:
        return await self._in(LinkStatus.AUTHORIZED)

    async def _in(self, status: LinkStatus) -> list[AccountLink]:
        return [_link(row) for row in await self._transaction.rows(_IN, status=status.value)]


def _values(link: AccountLink) -> dict[str, Any]:
    return {
        "person": link.person,
        "asked_at": link.asked_at,
        "status": link.status.value,
        "ref": link.ref,
        "account_ref": link.account_ref,
        "workspace": link.workspace,
        "due_at": link.due_at,
        "claimed_until": link.claimed_until,
    }


def _link(row: AccountLinkRow) -> AccountLink:
    return AccountLink(
        id=row.id,
        person=row.person,
        asked_at=row.asked_at,
        status=LinkStatus(row.status),
        ref=row.ref,
        account_ref=row.account_ref,
        workspace=row.workspace,
        due_at=row.due_at,
        claimed_until=row.claimed_until,
        version=row.version,
    )
