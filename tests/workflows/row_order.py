"""Watches in which order transactions take rows on PostgreSQL, and says which of them goes back.

A row is taken by whatever makes others wait for it: an update, a deletion, an insert whose key others may insert, a
`SELECT … FOR UPDATE`. What skips rows that are taken waits for nobody. The order stands in `storage.repository`.
"""

import re
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest

from storage.transaction import PostgresqlTransaction

GATES = {
    "deliveries": 0,
    "inbox": 0,
    "limits": 1,
    "workspaces": 2,
    "admissions": 2,
    "members": 2,
    "locks": 3,
    "access_requests": 4,
    "guests": 5,
    "sms_codes": 6,
    "guest_pages": 6,
    "reveals": 6,
    "remote_commands": 6,
    "online_pins": 6,
    "accounts": 6,
    "account_links": 6,
    "booking_sources": 6,
    "bookings": 6,
    "listings": 6,
    "source_stays": 6,
    "series": 6,
    "api_tokens": 6,
    "feeds": 7,
    "rate_limit_buckets": 8,
    "rate_limit_permits": 9,
    "heartbeats": 10,
    "audit_head": 11,
}
"""Taken in this order. Of one gate, rows are taken by id where several may be."""

OF_A_STAY = {"access_codes": "id", "messages": "id", "alerts": "id", "cards": "request_id"}
"""Behind the gate of their stay; and what each is known by."""

OF_A_DOOR = ("full_slots",)
"""Behind the gate of their door."""

_BY_ID = ("locks", "access_requests")
_WRITES = re.compile(r"(?P<how>UPDATE|INSERT INTO|DELETE FROM) (?P<table>\w+)")
_HOLDS = re.compile(r"SELECT .*?\bFROM (?P<table>\w+)\b.* FOR (?:NO KEY )?UPDATE", re.DOTALL)
_STAY = "SELECT request_id FROM {} WHERE id = $1"


Ask = Callable[[str, tuple[Any, ...]], Awaitable[list[Any]]]
"""Looks something up in the same transaction; the first value of each row."""


@dataclass
class Transaction:
    """`statements`: all that took something, with their values."""

    statements: list[tuple[str, tuple[Any, ...]]] = field(default_factory=list)
    gates: list[tuple[int, str, str]] = field(default_factory=list)
    new: set[str] = field(default_factory=set)
    stays: set[str] = field(default_factory=set)
    codes: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    def pass_gate(self, table: str, key: str) -> None:
        step = (GATES[table], key if table in _BY_ID else "", table)
        if key in self.new or step in self.gates:
            return
        if not key and table in _BY_ID and any(gate == table for _, _, gate in self.gates):
            return  # many at once, held before
        if self.gates and step < max(self.gates):
            self.faults.append(f"{table} {key} after {max(self.gates)[2]} {max(self.gates)[1]}")
        self.gates.append(step)


class RowOrder:
    def __init__(self) -> None:
        self.done: list[Transaction] = []
        self._open: dict[int, Transaction] = {}

    @property
    def faults(self) -> list[str]:
        return [fault for one in (*self.done, *self._open.values()) for fault in one.faults]

    def forget(self) -> None:
        """What went wrong on purpose."""
        self.done.clear()
        self._open.clear()

    async def executes(self, ask: Ask, begun: object, sql: str, values: tuple[Any, ...]) -> None:
        writes, holds = _WRITES.match(sql), _HOLDS.match(sql)
        found = writes or holds
        if found is None or found["table"] not in {*GATES, *OF_A_STAY, *OF_A_DOOR}:
            return
        if "SKIP LOCKED" in sql:
            return
        table, inserts = found["table"], writes is not None and writes["how"] == "INSERT INTO"
        transaction = self._open.setdefault(id(begun), Transaction())
        transaction.statements.append((sql, values))
        if table in OF_A_DOOR:
            if not any(gate == "locks" for _, _, gate in transaction.gates):
                transaction.faults.append(f"{table} without its door")
            return
        if table in OF_A_STAY:
            named = _named(sql, values, OF_A_STAY[table], inserts=inserts)
            await self._behind_gate(ask, transaction, table, named, inserts=inserts)
            return
        for key in await self._keys(ask, sql, values, inserts=inserts, holds=holds is not None):
            if inserts and table == "access_requests":
                transaction.new.add(key)
            transaction.pass_gate(table, key)
            if table == "access_requests":
                transaction.stays.add(key)

    def ends(self, begun: object) -> None:
        transaction = self._open.pop(id(begun), None)
        if transaction is not None:
            self.done.append(transaction)

    async def _behind_gate(
        self, ask: Ask, transaction: Transaction, table: str, named: dict[str, Any], *, inserts: bool
    ) -> None:
        stay = named.get("request_id")
        key = named.get(OF_A_STAY[table])
        if stay is None and table != "cards" and key is not None:
            stay = next(iter(await ask(_STAY.format(table), (key,))), None)
        if stay is None:
            return  # a message that belongs to no stay
        if table == "access_codes" and key is not None and not inserts:  # a rotation of keys takes them by id, too
            if key < max(transaction.codes, default=""):
                transaction.faults.append(f"{table} {key} after {max(transaction.codes)}")
            transaction.codes.append(key)
        if stay not in transaction.stays:
            transaction.faults.append(f"{table} {key} without its stay {stay}")

    async def _keys(self, ask: Ask, sql: str, values: tuple[Any, ...], *, inserts: bool, holds: bool) -> list[str]:
        """In the order in which they are taken. What a statement holds, the same statement says without holding it."""
        where = sql.partition("\nWHERE ")[2] or sql
        if holds:
            return await ask(sql.partition(" FOR ")[0], values)
        if inserts:
            key = _named(sql, values, "id", inserts=True).get("id")
            return [str(key)] if key else [""]
        several = re.search(r"\.id = ANY \(\$(\d+)", where)
        if several is not None:
            return sorted(values[int(several[1]) - 1])
        one = re.search(r"\.id = \$(\d+)", where)
        return [values[int(one[1]) - 1]] if one else [""]


def _named(sql: str, values: tuple[Any, ...], key: str, *, inserts: bool) -> dict[str, Any]:
    """The row's own id, and for an insert its stay's."""
    if inserts:
        columns, _, rest = sql.partition("(")[2].partition(")")
        places = re.findall(r"\$(\d+)|NULL|DEFAULT", rest.partition("(")[2])
        names = [name.strip() for name in columns.split(",")]
        return {n: values[int(p) - 1] for n, p in zip(names, places, strict=False) if p and n in (key, "request_id")}
    found = re.search(rf"\.{key} = \$(\d+)", sql.partition("\nWHERE ")[2] or sql)
    return {key: values[int(found[1]) - 1]} if found else {}


@contextmanager
def watched() -> Iterator[RowOrder]:
    """Every transaction of this process on PostgreSQL."""
    order, of = RowOrder(), PostgresqlTransaction
    fetch, execute, execute_soon, commit, rollback = of.fetch, of.execute, of.execute_soon, of.commit, of.rollback

    def asking(begun: PostgresqlTransaction) -> Ask:
        async def ask(sql: str, values: tuple[Any, ...]) -> list[Any]:
            return [row[0] for row in await fetch(begun, sql, values)]

        return ask

    async def fetches(begun: PostgresqlTransaction, sql: str, values: Sequence[Any]) -> Sequence[Sequence[Any]]:
        await order.executes(asking(begun), begun, sql, tuple(values))
        return await fetch(begun, sql, values)

    async def executes(begun: PostgresqlTransaction, sql: str, values: Sequence[Any]) -> int:
        await order.executes(asking(begun), begun, sql, tuple(values))
        return await execute(begun, sql, values)

    async def executes_soon(begun: PostgresqlTransaction, sql: str, values: Sequence[Any]) -> None:
        await order.executes(asking(begun), begun, sql, tuple(values))
        await execute_soon(begun, sql, values)

    async def commits(begun: PostgresqlTransaction) -> None:
        await commit(begun)
        order.ends(begun)

    async def rolls_back(begun: PostgresqlTransaction) -> None:
        await rollback(begun)
        order.ends(begun)

    with pytest.MonkeyPatch.context() as patched:
        for name, instead in zip(
            ("fetch", "execute", "execute_soon", "commit", "rollback"),
            (fetches, executes, executes_soon, commits, rolls_back),
            strict=True,
        ):
            patched.setattr(of, name, instead)
        yield order
