"""The repositories that only grow: who did what, and which deliveries of vendors we have seen. How the lines of the
audit log hang together is `storage.audit_chain`."""

import secrets
from collections.abc import Collection, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import JSON, String, TextClause, bindparam, cast, func, select, text, update

from bot.domain.sources.hooks import HappenedLine
from storage.audit_chain import ERASED, as_ranges, begun_line, made_line, own_part
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
_NEWEST = (
    select(_T.actor, func.max(_T.at).label("at"))
    .where(_T.at > bindparam("since"), any_of(_T.actor, "actors"), _T.what == bindparam("did"))
    .group_by(_T.actor)
)
_AFTER = (
    select(_T.id, _T.at, _T.what, _T.subject, _T.facts)
    .where(_T.id > bindparam("after"))
    .order_by(_T.id)
    .limit(bindparam("most"))
)
_HEAD = select(table(AuditHeadRow).c.last, table(AuditHeadRow).c.chain)
_NEW_HEAD = update(table(AuditHeadRow))
_SAID = ("at", "actor", "what", "subject", "facts", "salt", "digest")


@cache
def _appended(count: int) -> TextClause:
    """Of so many lines, as `_append` below; the hash is `storage.audit_chain.chain_of`."""
    steps = ["line_0 AS (SELECT last AS id, chain FROM audit_head FOR NO KEY UPDATE)"]
    for n in range(1, count + 1):
        said = ", ".join(f":{name}_{n}" for name in _SAID)
        hashed = f"""'["' || chain || '",' || id + 1 || ',' || :own_part_{n}"""
        steps.append(
            f"line_{n} AS (INSERT INTO audit_entries (id, {', '.join(_SAID)}, previous, chain) "  # noqa: S608 -- our words
            f"SELECT id + 1, {said}, chain, encode(sha256(convert_to({hashed}, 'UTF8')), 'hex') "
            f"FROM line_{n - 1} RETURNING id, chain)"
        )
    head = f"UPDATE audit_head SET last = newest.id, chain = newest.chain FROM line_{count} AS newest"  # noqa: S608
    types: dict[str, Any] = {"at": UtcDateTime(), "facts": JSON()}
    typed = [bindparam(f"{name}_{n}", type_=types[name]) for name in types for n in range(1, count + 1)]
    return text(f"WITH {', '.join(steps)} {head}").bindparams(*typed)


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

    async def newest(self, actors: Collection[str], what: str, since: datetime) -> Mapping[str, datetime]:
        rows = await self._transaction.rows(_NEWEST, actors=list(actors), did=what, since=since)
        found: dict[str, datetime] = {row.actor: row.at for row in rows}
        for one in self._new:
            if one.actor in actors and one.what == what and one.at > max(since, found.get(one.actor, since)):
                found[one.actor] = one.at
        return found

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
        new = [(one.at, one.actor, one.what, one.subject, one.facts, secrets.token_hex(16)) for one in self._new]
        self._new.clear()
        if new:
            await (self._append_there(new) if self._transaction.on_postgresql else self._append(new))

    async def _append(self, new: Sequence[Any]) -> None:
        head = await self._transaction.first(_HEAD)
        if head is None:
            raise RuntimeError(_HEAD_IS_GONE)
        number, chain, lines = head.last, head.chain, []
        for said in new:
            line = made_line(number + 1, chain, *said)
            number, chain = line.id, line.chain
            lines.append({name: getattr(line, name) for name in ("id", *_SAID, "previous", "chain")})
        await self._add_all(AuditEntryRow, lines)
        await self._transaction.write(_NEW_HEAD, {"last": number, "chain": chain})

    async def _append_there(self, new: Sequence[Any]) -> None:
        """In one trip to the server, which makes the hashes itself: nobody waits for the way there and back."""
        given: dict[str, Any] = {}
        for n, said in enumerate(new, 1):
            begun = begun_line(*said)
            given |= {f"{name}_{n}": getattr(begun, name) for name in _SAID} | {f"own_part_{n}": own_part(begun)}
        if not await self._transaction.write(_appended(len(new)), given):
            raise RuntimeError(_HEAD_IS_GONE)


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
