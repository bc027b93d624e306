"""The repositories that only grow: who did what, and which deliveries of vendors we have seen. How the lines of the
audit log hang together is `storage.audit_chain`."""

import secrets
from collections.abc import Collection, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, String, bindparam, cast, func, select, text, update

from bot.domain.sources.hooks import HappenedLine
from storage.audit_chain import ERASED, AuditLine, as_ranges, begun_line, made_line, own_part
from storage.audit_tables import IS_CORRECTION, AuditEntryRow, AuditHeadRow
from storage.columns import UtcDateTime
from storage.engine import Database
from storage.repository import Repository, table
from storage.statements import any_of
from storage.tables import DeliveryRow
from storage.transaction import Transaction, transaction

_T = table(AuditEntryRow).c
_SEEN = select(table(DeliveryRow).c.key).where(
    table(DeliveryRow).c.source == bindparam("source"), table(DeliveryRow).c.key == bindparam("key")
)
_WHOLE_LINE = select(_T.id, _T.at, _T.actor, _T.what, _T.facts).where(_T.salt.is_not(None)).order_by(_T.id)
_ABOUT = _WHOLE_LINE.where(any_of(_T.subject, "subjects"))
_CORRECTED = (
    select(_T.subject, _T.at).where(IS_CORRECTION, cast(_T.facts, String).like(bindparam("like"))).order_by(_T.id)
)
_EMPTIED = update(table(AuditEntryRow)).where(_T.id == bindparam("of")).values(facts={}, salt=None)
_NOBODYS = "approver because by change change_before count kind lock missing order outcome person requests rule rung"
_NAMES_NOBODY = frozenset(f"{_NOBODYS} kind said source status stays to workspace workspace_name".split())
"""Facts that hold ids, numbers and our own words. All others go with the person whom they are about."""

_COUNT = (
    select(func.count())
    .select_from(table(AuditEntryRow))
    .where(_T.at > bindparam("since"), _T.actor == bindparam("who"), _T.what == bindparam("did"))
)
_AFTER = (
    select(_T.id, _T.at, _T.what, _T.subject, _T.facts)
    .where(_T.id > bindparam("after"))
    .order_by(_T.id)
    .limit(bindparam("most"))
)
_HEAD = select(table(AuditHeadRow).c.last, table(AuditHeadRow).c.chain)
_NEW_HEAD = update(table(AuditHeadRow))
_APPENDED = text(
    """
    WITH head AS (SELECT last + 1 AS number, chain FROM audit_head FOR NO KEY UPDATE),
    line AS (
        INSERT INTO audit_entries (id, at, actor, what, subject, facts, salt, digest, previous, chain)
        SELECT number, :at, :actor, :what, :subject, :facts, :salt, :digest, chain,
               encode(sha256(convert_to('["' || chain || '",' || number || ',' || :own_part, 'UTF8')), 'hex')
        FROM head RETURNING id, chain
    )
    UPDATE audit_head SET last = line.id, chain = line.chain FROM line
    """
).bindparams(bindparam("at", type_=UtcDateTime()), bindparam("facts", type_=JSON()))
"""As `_append` below; the hash is `storage.audit_chain.chain_of`."""


@dataclass(frozen=True, slots=True)
class _Entry:
    at: datetime
    actor: str
    what: str
    subject: str
    facts: Mapping[str, str]


class AuditRepository(Repository):
    """Lines are written when the transaction ends: each hangs on the one before, whoever wrote that, so that only one
    transaction at a time can add some, and must not keep the others waiting for longer than that takes."""

    def __init__(self, transaction: Transaction) -> None:
        super().__init__(transaction)
        self._new: list[_Entry] = []

    async def note(self, at: datetime, actor: str, what: str, subject: str, **facts: str) -> None:
        self._new.append(_Entry(at, actor, what, subject, facts))

    async def count(self, actor: str, what: str, since: datetime) -> int:
        own = sum(one.actor == actor and one.what == what and one.at > since for one in self._new)
        return own + int(await self._transaction.value(_COUNT, who=actor, did=what, since=since))

    async def erase(self, subjects: Collection[str], at: datetime, by: str, about: str) -> None:
        found = await self._transaction.rows(_ABOUT, subjects=list(subjects))
        numbers = [line.id for line in found if line.what != ERASED and not line.facts.keys() <= _NAMES_NOBODY]
        for number in numbers:
            await self._transaction.write(_EMPTIED, {"of": number})
        await self.note(at, by, ERASED, about, **({"lines": as_ranges(numbers)} if numbers else {}))

    async def corrected_from(self, guest_id: str) -> Mapping[str, datetime]:
        return {row.subject: row.at for row in await self._transaction.rows(_CORRECTED, like=f"%{guest_id}%")}

    async def last(self) -> int:
        head = await self._transaction.first(_HEAD)
        return int(head.last) if head else 0

    async def after(self, number: int, limit: int) -> Sequence[HappenedLine]:
        found = await self._transaction.rows(_AFTER, after=number, most=limit)
        return [HappenedLine(line.id, line.at, line.what, line.subject, dict(line.facts or {})) for line in found]

    async def about(self, subjects: Collection[str]) -> Sequence[dict[str, Any]]:
        found = await self._transaction.rows(_ABOUT, subjects=list(subjects))
        return [
            {"at": line.at.isoformat(), "actor": line.actor, "what": line.what, "facts": dict(line.facts)}
            for line in found
        ]

    async def write(self) -> None:
        """The last that a transaction does."""
        for one in self._new:
            said = (one.at, one.actor, one.what, one.subject, one.facts, secrets.token_hex(16))
            await (self._append_there(*said) if self._transaction.on_postgresql else self._append(*said))
        self._new.clear()

    async def _append(self, *said: Any) -> None:
        head = await self._transaction.first(_HEAD)
        if head is None:
            raise RuntimeError(_HEAD_IS_GONE)
        line = made_line(head.last + 1, head.chain, *said)
        await self._add(AuditEntryRow, _columns(line))
        await self._transaction.write(_NEW_HEAD, {"last": line.id, "chain": line.chain})

    async def _append_there(self, *said: Any) -> None:
        """In one trip to the server, which makes the hash itself: nobody waits for the way there and back."""
        begun = begun_line(*said)
        given = {name: value for name, value in _columns(begun).items() if name not in ("id", "previous", "chain")}
        if not await self._transaction.write(_APPENDED, {**given, "own_part": own_part(begun)}):
            raise RuntimeError(_HEAD_IS_GONE)


_COLUMNS = tuple(one.name for one in fields(AuditLine))


def _columns(line: AuditLine) -> dict[str, Any]:
    return {name: getattr(line, name) for name in _COLUMNS}


_HEAD_IS_GONE = "the head of the audit log is gone from its table: `nightporter audit verify` says more"


async def add_line(
    database: Database, at: datetime, actor: str, what: str, subject: str, facts: Mapping[str, str]
) -> None:
    """One line in a transaction of its own."""
    async with database.turnstile or nullcontext(), transaction(database) as begun:
        audit = AuditRepository(begun)
        await audit.note(at, actor, what, subject, **facts)
        await audit.write()


class DeliveryRepository(Repository):
    async def first(self, source: str, key: str, at: datetime) -> bool:
        return await self._add_new(DeliveryRow, {"source": source, "key": key, "at": at})

    async def seen(self, source: str, key: str) -> bool:
        return await self._transaction.first(_SEEN, source=source, key=key) is not None
