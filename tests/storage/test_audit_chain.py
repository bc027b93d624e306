"""The audit log hangs together: whatever is done to a line behind our back is found and named, and whoever writes at
the same time makes one chain."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from bot.ports import Store
from storage.audit_chain import NOTHING_BEFORE, AuditLine, Verifier, as_ranges, made_line
from storage.audit_export import NoSuchLine, audit_entries, verified
from storage.engine import Database, open_database
from storage.nudges import Queue
from storage.seals import Seals, new_key
from storage.unit_of_work import open_store

NOON = datetime(2026, 12, 1, 12, tzinfo=UTC)


@pytest.fixture
async def house(database_url: str) -> AsyncIterator[tuple[Database, Store]]:
    database = open_database(database_url)
    yield database, open_store(database, Seals([new_key()]), Queue.in_memory())
    await database.engine.dispose()


async def filled(store: Store, lines: int = 6) -> None:
    for number in range(1, lines + 1):
        async with store() as uow:
            await uow.audit.note(NOON + timedelta(minutes=number), "U_ADA", "did", f"S{number}", why=f"reason {number}")


async def by_hand(database: Database, *statements: str) -> None:
    async with database.engine.begin() as connection:
        for statement in statements:
            await connection.execute(text(statement))


async def test_what_was_written_stands(house: tuple[Database, Store]) -> None:
    database, store = house
    empty = await verified(database)
    assert (empty.faults, empty.count, empty.chain) == ([], 0, NOTHING_BEFORE)
    await filled(store)
    whole = await verified(database)
    assert (whole.faults, whole.count, whole.last) == ([], 6, 6)
    entries = [entry async for entry in audit_entries(database)]
    assert [entry["previous"] for entry in entries[1:]] == [entry["chain"] for entry in entries[:-1]]
    assert len({str(entry["salt"]) for entry in entries}) == 6


async def test_a_transaction_that_is_undone_leaves_no_line_and_no_gap(house: tuple[Database, Store]) -> None:
    database, store = house
    await filled(store, 2)
    with pytest.raises(LookupError):
        async with store() as uow:
            await uow.audit.note(NOON, "U_ADA", "undone", "S")
            raise LookupError
    await filled(store, 2)
    whole = await verified(database)
    assert (whole.faults, whole.count, whole.last) == ([], 4, 4)


async def test_lines_of_the_same_transaction_are_counted_before_they_are_written(house: tuple[Database, Store]) -> None:
    _, store = house
    await filled(store, 2)
    async with store() as uow:
        await uow.audit.note(NOON + timedelta(hours=1), "U_ADA", "did", "S")
        await uow.audit.note(NOON + timedelta(hours=1), "U_BEN", "did", "S")
        assert await uow.audit.count("U_ADA", "did", NOON) == 3
        assert await uow.audit.count("U_ADA", "did", NOON + timedelta(minutes=30)) == 1


MOVED = "UPDATE audit_entries SET {} WHERE id = {}"
ALL = "at, actor, what, subject, facts, salt, digest, previous, chain"


def changed(column: str, value: str, number: int = 3) -> tuple[str, ...]:
    return (MOVED.format(f"{column} = {value}", number),)


PLANTED: dict[str, tuple[tuple[str, ...], str]] = {
    "moment": (changed("at", "'2026-12-01 12:03:01'"), "line 3 was changed"),
    "actor": (changed("actor", "'U_BEN'"), "line 3 was changed"),
    "what": (changed("what", "'looked'"), "line 3 was changed"),
    "subject": (changed("subject", "'S4'"), "line 3 was changed"),
    "facts": (changed("facts", """'{"why": "other"}'"""), "the facts of line 3 were changed"),
    "a fact more": (changed("facts", """'{"why": "reason 3", "by": "U"}'"""), "the facts of line 3 were changed"),
    "facts gone": (changed("facts", "'{}'"), "the facts of line 3 were changed"),
    "emptied": (changed("facts", "'{}', salt = NULL"), "no line says that the facts of 3 were erased"),
    "salt": (changed("salt", "'00'"), "the facts of line 3 were changed"),
    "salt gone": (changed("salt", "NULL"), "the facts of line 3 were changed"),
    "digest": (changed("digest", "'00'"), "line 3 was changed"),
    "previous": (changed("previous", "'00'"), "between line 2 and line 3"),
    "chain": (changed("chain", "'00'"), "line 3 was changed"),
    "number": (changed("id", "30"), "line 30 was changed"),
    "first changed": (changed("actor", "'U_BEN'", 1), "line 1 was changed"),
    "last changed": (changed("actor", "'U_BEN'", 6), "line 6 was changed"),
    "first out": (("DELETE FROM audit_entries WHERE id = 1",), "between line 0 and line 2"),
    "one out": (("DELETE FROM audit_entries WHERE id = 3",), "between line 2 and line 4"),
    "two out": (("DELETE FROM audit_entries WHERE id IN (3, 4)",), "between line 2 and line 5"),
    "last out": (("DELETE FROM audit_entries WHERE id = 6",), "the last line is 5, and it was 6"),
    "all out": (("DELETE FROM audit_entries",), "the last line is 0, and it was 6"),
    "last out, head moved": (
        (
            "DELETE FROM audit_entries WHERE id = 6",
            "UPDATE audit_head SET last = 5",
        ),
        "the last line is 5, and it was 5",
    ),
    "head gone": (("DELETE FROM audit_head",), "the last line is 6, and it was 0"),
    "one put in": (
        (
            "UPDATE audit_entries SET id = id + 10 WHERE id > 3",
            f"INSERT INTO audit_entries (id, {ALL}) SELECT 4, {ALL} FROM audit_entries WHERE id = 3",
        ),
        "line 4 was changed",
    ),
    "one put at the end": (
        (f"INSERT INTO audit_entries (id, {ALL}) SELECT 7, {ALL} FROM audit_entries WHERE id = 6",),
        "line 7 was changed",
    ),
    "two swapped": (
        tuple(MOVED.format(f"id = {to}", number) for number, to in ((3, 30), (4, 3), (30, 4))),
        "between line 2 and line 3",
    ),
    "first and last swapped": (
        tuple(MOVED.format(f"id = {to}", number) for number, to in ((1, 30), (6, 1), (30, 6))),
        "line 1 was changed",
    ),
}


@pytest.mark.parametrize("planted", PLANTED)
async def test_whatever_is_planted_is_found_and_named(house: tuple[Database, Store], planted: str) -> None:
    database, store = house
    await filled(store)
    statements, named = PLANTED[planted]
    await by_hand(database, *statements)
    found = await verified(database)
    assert any(named in fault for fault in found.faults), found.faults


async def test_since_a_moment_and_since_a_chain(house: tuple[Database, Store]) -> None:
    database, store = house
    await filled(store)
    kept = (await verified(database)).chain
    later = await verified(database, NOON + timedelta(minutes=4))
    assert (later.faults, later.count) == ([], 3)
    assert (await verified(database, NOON + timedelta(days=1))).faults == []
    await filled(store, 2)
    since = await verified(database, kept)
    assert (since.faults, since.count) == ([], 8), "all that stands before the line that was kept, too"
    await by_hand(database, *changed("actor", "'U_BEN'", 2))
    assert (await verified(database, NOON + timedelta(minutes=4))).faults == []
    await by_hand(database, "DELETE FROM audit_entries WHERE id = 4")
    assert "between line 3 and line 5" in (await verified(database, NOON + timedelta(minutes=5))).faults[0]
    with pytest.raises(NoSuchLine):
        await verified(database, "0" * 64)


async def test_a_log_that_was_made_anew_is_found_by_the_chain_that_was_kept(house: tuple[Database, Store]) -> None:
    database, store = house
    await filled(store)
    kept = (await verified(database)).chain
    await by_hand(database, "DELETE FROM audit_entries", f"UPDATE audit_head SET last = 0, chain = '{NOTHING_BEFORE}'")
    await filled(store)
    assert (await verified(database)).faults == [], "by itself it is whole"
    with pytest.raises(NoSuchLine):
        await verified(database, kept)


async def test_many_writers_make_one_chain(database_url: str) -> None:
    """As many processes with connections of their own: nobody's line hangs on the same one as another's, and nobody
    waits for somebody who waits for them, in whatever order they take what else they need."""
    keys = [new_key()]
    async with AsyncExitStack() as stack:
        stores, databases = [], []
        for _ in range(4):
            database = open_database(database_url)
            stack.push_async_callback(database.engine.dispose)
            databases.append(database)
            stores.append(open_store(database, Seals(keys), Queue.in_memory()))

        async def writes(worker: int) -> None:
            for number in range(15):
                async with stores[worker % 4]() as uow:
                    await uow.audit.note(NOON, f"W{worker}", "did", f"{number}")
                    await uow.heartbeats.newest()
                    await uow.limits.for_update(f"of {(worker + number) % 3}", NOON)
                    await uow.audit.note(NOON, f"W{worker}", "and", f"{number}")

        async with asyncio.timeout(60):
            await asyncio.gather(*(writes(worker) for worker in range(12)))
        found = await verified(databases[0])
        assert (found.faults, found.count, found.last) == ([], 360, 360)
        entries = [entry async for entry in audit_entries(databases[0])]
        for first, second in zip(entries[::2], entries[1::2], strict=True):
            assert (first["actor"], first["subject"]) == (second["actor"], second["subject"])


LINES = st.lists(
    st.tuples(
        st.datetimes(timezones=st.just(UTC)),
        st.text(max_size=8),
        st.text(max_size=8),
        st.text(max_size=8),
        st.dictionaries(st.text(max_size=4), st.text(max_size=8), max_size=3),
    ),
    min_size=2,
    max_size=8,
)


def chained(written: list[tuple[Any, ...]]) -> list[AuditLine]:
    found: list[AuditLine] = []
    for number, (at, actor, what, subject, facts) in enumerate(written, 1):
        chain = found[-1].chain if found else NOTHING_BEFORE
        found.append(made_line(number, chain, at, actor, what, subject, facts, f"{number:032x}"))
    return found


def faults(lines: list[AuditLine], head: AuditLine) -> list[str]:
    verifier = Verifier()
    for line in lines:
        verifier.take(line)
    verifier.end((head.id, head.chain))
    return verifier.faults


@given(LINES, st.data())
def test_no_order_but_the_one_and_no_fewer(written: list[tuple[Any, ...]], data: st.DataObject) -> None:
    lines = chained(written)
    assert faults(lines, lines[-1]) == []
    # As an export is read back.
    read: Callable[[AuditLine], Any] = lambda line: json.loads(json.dumps(dict(line.facts)))  # noqa: E731
    assert all(read(line) == line.facts for line in lines)
    other = data.draw(st.permutations(lines))
    if other != lines:
        assert faults(list(other), lines[-1])
    kept = data.draw(
        st.lists(st.sampled_from(lines), unique_by=lambda line: line.id).map(lambda x: sorted(x, key=id_of))
    )
    if kept != lines:
        assert faults(kept, lines[-1])


def id_of(line: AuditLine) -> int:
    return line.id


@given(st.sets(st.integers(1, 60)))
def test_ranges_say_which_numbers(numbers: set[int]) -> None:
    said = as_ranges(list(numbers))
    found = set()
    for one in filter(None, said.split(",")):
        first, _, last = one.partition("-")
        found |= set(range(int(first), int(last or first) + 1))
    assert found == numbers
