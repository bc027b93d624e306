"""The repositories of accounts at the locks' provider, and of links by which their owners connect them."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import delete, select
from sqlmodel import col

from bot.domain.locks.accounts import Account, AccountLink, LinkStatus
from storage.repository import Repository
from storage.tables import AccountLinkRow, AccountRow

L = AccountLinkRow


class AccountRepository(Repository):
    async def all(self) -> Sequence[Account]:
        rows = await self._session.scalars(select(AccountRow).order_by(col(AccountRow.name)))
        return [Account(row.ref, row.name, row.lost_at) for row in rows]

    async def keep(self, accounts: Sequence[Account]) -> Sequence[Account]:
        held = select(AccountRow).order_by(col(AccountRow.ref)).with_for_update()  # some are deleted below
        known = {row.ref: row for row in await self._session.scalars(held)}
        lost = []
        for seen in accounts:
            row = known.pop(seen.ref, None) or AccountRow(ref=seen.ref, name=seen.name)
            # The first moment stays: it is in the key of the notice, and a new one would tell of the same loss again.
            since = row.lost_at or seen.lost_at if seen.lost_at else None
            if since is not None and row.lost_at is None:
                lost.append(replace(seen, lost_at=since))
            row.name, row.lost_at = seen.name, since
            self._session.add(row)
        await self._session.execute(delete(AccountRow).where(col(AccountRow.ref).in_(list(known))))
        await self._session.flush()
        return lost


class LinkRepository(Repository):
    async def add(self, link: AccountLink) -> None:
        self._session.add(L(id=link.id, **_values(link)))
        await self._session.flush()

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
        rows = await self._session.scalars(select(L).where(col(L.status) == status.value).order_by(col(L.id)))
        return [_link(row) for row in rows]


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
