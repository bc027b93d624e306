"""Every statement of the house, explained by PostgreSQL with a long past behind it: what has ended grows for ever, and
nothing that is asked while somebody waits reads all of it."""

import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import Any

import asyncpg
import pytest

from bot.domain.refusals import Refusal
from bot.ports import Ports, Stale
from bot.workflows.erase import erase_guest, erase_old
from bot.workflows.find_stay import find_stay
from bot.workflows.list_stays import asked_by, everybodys, to_decide
from bot.workflows.show_home import show_home
from bot.workflows.tell_morning import tell_morning
from bot.workflows.withdraw import withdraw
from tests.statements_said import statements_said
from tests.workflows.busy_house import CLEO, BusyHouse, busy_house, undone

GROWS: Mapping[str, Mapping[str, str]] = {
    "guests": {},
    "access_requests": {
        "status": "'approved'",
        "short_id": "substr(md5(id || n), 1, 5)",
        "requester": "'U_' || n % 300",
    },
    "access_codes": {"status": "'ended'", "pin": "NULL"},
    "evidence": {},
    "messages": {"status": "'delivered'", "recipient": "'U_' || n % 300"},
    "sealed_words": {},
    "cards": {"shown": "wanted"},
    "alerts": {"solved_at": "since - interval '1000 days'"},
    "audit_entries": {},
    "deliveries": {},
    "reveals": {},
    "remote_commands": {},
    "source_stays": {},
    "guest_pages": {},
}
"""What a copy has otherwise than the row that it is of, so that it is over."""

NOBODY_WAITS = ("erase a guest", "erase what is over", "welcome_workspace")
"""Who may read all of a table: the operator, once for a guest; what is done at night; a workspace that is chosen."""

_COLUMNS = """SELECT column_name, data_type, is_nullable = 'YES' AS may_be_empty FROM information_schema.columns
WHERE table_schema = 'public' AND table_name = $1"""
_FIRST_ONES = (
    "INSERT INTO evidence (code_id, source, by, at) SELECT id, 'guest', 'G', starts_at FROM access_codes LIMIT 1",
    "INSERT INTO guest_pages (id, token, mark) SELECT id, 'x', 'y' FROM access_requests LIMIT 1",
)
"""Of what the busy house has none yet."""

_OWN = re.compile(r"(^|_)(id|key|mark|ref|token|link|place)$")
"""What no two rows share, and what points to such a row."""


def _copied(name: str, kind: str, may_be_empty: bool) -> str:
    """Of a column, in a copy: older, due no more, and pointing to copies."""
    if name == "due_at" and may_be_empty:
        return "NULL"
    if kind.startswith("timestamp"):
        return f"\"{name}\" - interval '200 days' - n * interval '1 minute'"
    if name == "id" and kind == "integer":
        return "- (row_number() OVER () + 10)"
    if kind == "character varying" and _OWN.search(name) and name != "lock_id":
        return f"""'00' || upper(substr(md5("{name}" || ':' || n), 1, 24))"""
    return f'"{name}"'


async def _give_a_past(connection: asyncpg.Connection, over: int) -> None:
    """So many rows in each table that grows with every stay."""
    for statement in _FIRST_ONES:
        await connection.execute(statement)
    await connection.execute("SET session_replication_role = replica")
    for table, otherwise in GROWS.items():
        columns = await connection.fetch(_COLUMNS, table)
        named = {name: otherwise.get(name) or _copied(name, kind, empty) for name, kind, empty in columns}
        rows = await connection.fetchval(f'SELECT count(*) FROM "{table}"')
        assert rows, f"nothing in {table}"
        names, values = ", ".join(f'"{name}"' for name in named), ", ".join(named.values())
        many = over // rows + 1
        await connection.execute(
            f'INSERT INTO "{table}" ({names}) SELECT {values} FROM "{table}", generate_series(1, {many}) n'
        )
    await connection.execute("SET session_replication_role = origin")
    await connection.execute("VACUUM ANALYZE")


@pytest.fixture(params=[5_000, pytest.param(100_000, marks=pytest.mark.deep)])
async def built(request: pytest.FixtureRequest, postgresql_url: str) -> AsyncIterator[BusyHouse]:
    async with busy_house(postgresql_url) as made:
        connection = await asyncpg.connect(postgresql_url)
        await _give_a_past(connection, request.param)
        await connection.close()
        yield made


def _shows(built: BusyHouse) -> dict[str, Callable[[Ports], Awaitable[Any]]]:
    """What only reads, and what comes by itself."""
    shared = built.stay("shared")
    return {
        "home": lambda p: show_home(p, "U_BEN"),
        "home of their own": lambda p: show_home(p, "U_ADA"),
        "list": lambda p: asked_by(p, "U_ADA"),
        "approvals": lambda p: to_decide(p, "U_BEN"),
        "list all": lambda p: everybodys(p, "U_BEN"),
        "show by name": lambda p: find_stay(p, "Cleo", "U_BEN"),
        "show by nobody's name": lambda p: find_stay(p, "Zora", "U_BEN"),
        "show by short id": lambda p: find_stay(p, shared[-5:], "U_BEN"),
        "morning": tell_morning,
        "sweep": _look_for_what_is_due,
        "erase a guest": lambda p: erase_guest(p, CLEO, withdraw),
        "erase what is over": lambda p: erase_old(p, timedelta(days=5_000)),
    }


async def _look_for_what_is_due(ports: Ports) -> None:
    async with ports.store() as uow:
        await uow.due(ports.clock.now(), 100)
        await uow.figures(ports.clock.now(), ports.clock.wall())


def _steps(plan: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield plan
    for below in plan.get("Plans", ()):
        yield from _steps(below)


async def test_nobody_waits_for_the_past_to_be_read(built: BusyHouse, postgresql_url: str) -> None:
    ports, found = replace(built.ports, store=undone(built.ports.store)), dict[str, str]()
    asked: dict[str, tuple[str, tuple[Any, ...]]] = {}
    for name, doing in {**built.actions(), **_shows(built)}.items():
        with statements_said() as said, suppress(Refusal, Stale):
            await doing(ports)
        asked |= {sql: (name, values) for sql, values in said}
    connection = await asyncpg.connect(postgresql_url)
    for sql, (name, values) in asked.items():
        if not re.match(r"\s*(SELECT|INSERT|UPDATE|DELETE|WITH)\b", sql) or "pgqueuer" in sql:
            continue
        async with connection.transaction():
            plan = json.loads(await connection.fetchval(f"EXPLAIN (FORMAT JSON) {sql}", *values))[0]["Plan"]
        whole = {step["Relation Name"] for step in _steps(plan) if step["Node Type"] == "Seq Scan"}
        if (read := whole & GROWS.keys()) and name not in NOBODY_WAITS:
            found[f"{name}: {', '.join(sorted(read))}"] = " ".join(sql.split())
    await connection.close()
    assert found == {}
