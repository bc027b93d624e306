"""Transactions on the driver's own connection: what is kept, what is undone, and what becomes of a connection."""

import ast
import asyncio
import gc
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from sqlalchemy import Select, bindparam, func, select, text, update
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError

import storage
from storage import statements
from storage.engine import Database, open_database
from storage.repository import all_columns, insert_of, table
from storage.statements import AT_A_TIME, any_of, as_one, one_of
from storage.tables import AccountRow, BucketRow, LockRow
from storage.transaction import PostgresqlTransaction, SqliteTransaction, Transaction, transaction

A = table(AccountRow)
ALL = all_columns(AccountRow).order_by(A.c.ref)
COUNT = select(func.count()).select_from(A)
AMONG = select(A.c.ref).where(any_of(A.c.ref, "refs")).order_by(A.c.ref)
NOON = datetime(2026, 12, 1, 12, 0, 0, 250_000, UTC)


async def add(begun: Transaction, *refs: str) -> None:
    await begun.write_many(insert_of(AccountRow), [{"ref": ref, "name": f"n {ref}", "lost_at": None} for ref in refs])


async def count(database: Database) -> int:
    async with transaction(database) as begun:
        return int(await begun.value(COUNT))


async def test_what_is_left_is_kept_and_an_exception_undoes_it(database: Database) -> None:
    async with transaction(database) as begun:
        await add(begun, "a")
    with pytest.raises(LookupError):
        async with transaction(database) as begun:
            await add(begun, "b")
            raise LookupError
    assert await count(database) == 1


async def test_whoever_is_cancelled_leaves_nothing_and_no_connection(database: Database) -> None:
    reached = asyncio.Event()

    async def forever() -> None:
        async with transaction(database) as begun:
            await add(begun, "a")
            reached.set()
            await asyncio.Event().wait()

    for _ in range(40):  # more than the pool lends
        reached.clear()
        task = asyncio.create_task(forever())
        await reached.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert await count(database) == 0
    gc.collect()  # a connection that was forgotten would be warned of


async def test_rows_have_names_and_values_are_written_as_the_columns_say(database: Database) -> None:
    east = NOON.astimezone(timezone(timedelta(hours=5, minutes=45)))
    async with transaction(database) as begun:
        await begun.write(insert_of(AccountRow), {"ref": "a", "name": "half \ud800 a sign", "lost_at": east})
        (row,) = await begun.rows(ALL)
        assert (row.ref, row.name, row.lost_at, row.lost_at.tzinfo) == ("a", "half � a sign", NOON, UTC)
        with pytest.raises(ValueError, match="zone"):
            await add_lost(begun, datetime(2026, 12, 1))  # noqa: DTZ001


async def add_lost(begun: Transaction, at: datetime) -> None:
    await begun.write(insert_of(AccountRow), {"ref": "z", "name": "z", "lost_at": at})


async def test_a_column_of_which_nothing_is_said_has_what_its_table_says(database: Database) -> None:
    new = {"id": "L", "provider_ref": "P", "name": "Door", "zone": "UTC", "names": ["Door", "Tür"]}
    async with transaction(database) as begun:
        await begun.write(insert_of(LockRow), new)
        row = await begun.first(all_columns(LockRow))
    assert (row.makes_offline_pins, row.has_bridge, row.names, row.missed_lists) == (True, False, ["Door", "Tür"], 0)
    assert (row.battery_level, row.seen_at) == (None, None)


async def test_many_rows_let_the_loop_go(database: Database) -> None:
    async with transaction(database) as begun:
        await add(begun, *(f"{n:04d}" for n in range(3 * AT_A_TIME + 1)))
        rounds = 0

        async def others() -> None:
            nonlocal rounds
            while True:
                await asyncio.sleep(0)
                rounds += 1

        task = asyncio.create_task(others())
        rows = await begun.rows(ALL)
        task.cancel()
    assert [row.ref for row in rows] == [f"{n:04d}" for n in range(3 * AT_A_TIME + 1)]
    assert rounds >= 3


@pytest.mark.parametrize("refs", [[], ["b"], ["c", "a"], [f"{n}" for n in range(40_000)], ['"', "\\", "ü", "a'b"]])
async def test_a_list_of_any_length_is_one_statement(database: Database, refs: list[str]) -> None:
    async with transaction(database) as begun:
        await add(begun, "a", "b", "c", '"', "ü")
        found = await begun.column(AMONG, refs=refs)
    assert sorted(found) == sorted({"a", "b", "c", '"', "ü"} & set(refs))


async def test_how_many_rows_were_written(database: Database) -> None:
    renamed = update(A).where(one_of(A.c.ref, ["a", "b", "x"]))
    async with transaction(database) as begun:
        await add(begun, "a", "b", "c")
        assert await begun.write(renamed, {"name": "new"}) == 2
        assert await begun.write(renamed.where(A.c.ref == bindparam("of")), {"name": "newer", "of": "c"}) == 0
        assert [row.name for row in await begun.rows(ALL)] == ["new", "new", "n c"]


async def test_what_is_written_soon_is_there_for_whoever_looks_next_and_at_the_end(database: Database) -> None:
    bucket = {"name": "a", "in_step": NOON, "failures": 0}
    async with transaction(database) as begun:
        await begun.write_soon(insert_of(AccountRow), {"ref": "a", "name": "n a", "lost_at": NOON})
        await begun.write_soon(insert_of(BucketRow), bucket)
        await begun.write_soon(insert_of(AccountRow), {"ref": "b", "name": "n b", "lost_at": None})
        assert [(row.ref, row.lost_at) for row in await begun.rows(ALL)] == [("a", NOON), ("b", None)]
        await begun.write_soon(insert_of(AccountRow), {"ref": "c", "name": "n c", "lost_at": None})
        assert await begun.write(update(A).where(A.c.ref == "c"), {"name": "new"}) == 1
        await begun.write_soon(insert_of(AccountRow), {"ref": "d", "name": "n d", "lost_at": None})
    async with transaction(database) as begun:
        assert [(row.ref, row.name) for row in await begun.rows(ALL)] == [
            ("a", "n a"),
            ("b", "n b"),
            ("c", "new"),
            ("d", "n d"),
        ]
        assert await begun.value(select(table(BucketRow).c.in_step)) == NOON


async def test_what_is_written_soon_and_breaks_a_rule_undoes_all_of_it(database: Database) -> None:
    with pytest.raises(IntegrityError):
        async with transaction(database) as begun:
            await add(begun, "a")
            await begun.write_soon(insert_of(AccountRow), {"ref": "a", "name": "n a", "lost_at": None})
    with pytest.raises(LookupError):
        async with transaction(database) as begun:
            await begun.write_soon(insert_of(AccountRow), {"ref": "b", "name": "n b", "lost_at": None})
            raise LookupError
    assert await count(database) == 0


async def test_new_rows_go_to_the_server_in_one_trip(server: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    trips = list[str]()
    run = PostgresqlTransaction._run

    async def counted(begun: PostgresqlTransaction, sql: str, values: Sequence[Any]) -> str:
        trips.append(sql)
        return await run(begun, sql, values)

    monkeypatch.setattr(PostgresqlTransaction, "_run", counted)
    async with transaction(server) as begun:
        await begun.write_soon(insert_of(AccountRow), {"ref": "a", "name": "n a", "lost_at": NOON})
        await begun.write_soon(insert_of(BucketRow), {"name": "a", "in_step": NOON, "failures": 0})
    assert len(trips) == 2
    assert trips[1] == "COMMIT"
    await server.engine.dispose()


async def test_what_was_read_ahead_is_what_would_be_read(database: Database) -> None:
    doors, door = all_columns(LockRow).order_by(table(LockRow).c.id), {"provider_ref": "P", "zone": "UTC"}
    reads: list[tuple[Select[Any], dict[str, Any]]] = [
        (doors, {}),
        (AMONG, {"refs": ["b", "a", "x"]}),
        (AMONG, {"refs": ["c"]}),
        (AMONG, {"refs": []}),
        (select(func.count(), func.min(A.c.lost_at)), {}),
    ]
    async with transaction(database) as begun:
        await add(begun, "a", "b", "c")
        await add_lost(begun, NOON)
        for number, names in enumerate((["Door", "Tür"], [])):
            new = {**door, "id": f"L{number}", "provider_ref": f"P{number}", "name": "Door", "names": names}
            await begun.write(insert_of(LockRow), new)
        usual = [await begun.rows(statement, **given) for statement, given in reads]
        await begun.read_ahead(reads)
        assert [await begun.rows(statement, **given) for statement, given in reversed(reads)] == usual[::-1]
    assert usual[1:4] == [[("a",), ("b",)], [("c",)], []]
    assert usual[4] == [(4, NOON)]


async def test_what_was_read_ahead_is_read_anew_once_something_is_written(database: Database) -> None:
    async with transaction(database) as begun:
        await begun.read_ahead([(ALL, {})])
        await begun.write_soon(insert_of(AccountRow), {"ref": "a", "name": "n a", "lost_at": None})
        assert len(await begun.rows(ALL)) == 1
        await begun.read_ahead([(ALL, {})])
        await add(begun, "b")
        assert len(await begun.rows(ALL)) == 2


async def test_what_was_read_ahead_is_no_trip_to_the_server(server: Database) -> None:
    async with transaction(server) as begun:
        await begun.read_ahead([(ALL, {}), (COUNT, {})])
        async with transaction(server) as other:
            await add(other, "a")
        assert await begun.value(COUNT) == 0  # as it was when it was read
        assert await begun.value(COUNT) == 1
    await server.engine.dispose()


def test_statements_as_one_keep_their_values() -> None:
    one, two = ("INSERT INTO a VALUES ($1, $2)", 2), ("INSERT INTO b VALUES ($1, $1)", 1)
    own = ("\n WITH x AS (SELECT $2) INSERT INTO c SELECT $1 FROM x", 2)
    assert as_one((one,)) == one[0]
    assert as_one((one, two)) == "WITH soon_0 AS (INSERT INTO a VALUES ($1, $2)) INSERT INTO b VALUES ($3, $3)"
    assert as_one((one, own)) == (
        "WITH soon_0 AS (INSERT INTO a VALUES ($1, $2)), x AS (SELECT $4) INSERT INTO c SELECT $3 FROM x"
    )


async def test_what_breaks_a_rule_of_the_tables_is_said_as_sqlalchemy_says_it(database: Database) -> None:
    async with transaction(database) as begun:
        await add(begun, "a")
    with pytest.raises(IntegrityError) as caught:
        async with transaction(database) as begun:
            await add(begun, "a")
    assert "n a" not in str(caught.value.args), "values of rows are in no error"
    with pytest.raises(DBAPIError):
        async with transaction(database) as begun:
            await begun.rows(text("SELECT nothing FROM nowhere"))
    assert await count(database) == 1


async def test_a_value_that_is_missing_is_a_mistake_of_ours_and_not_of_the_database(database: Database) -> None:
    async with transaction(database) as begun:
        with pytest.raises(TypeError, match="nothing was given for refs"):
            await begun.rows(select(A.c.name).where(any_of(A.c.ref, "refs")))
        with pytest.raises(ValueError, match="must not change the statement"):
            await begun.rows(select(A.c.name).where(A.c.ref.in_(["a", "b"])))


async def test_a_statement_is_compiled_once_for_each_database(
    sqlite_url: str, postgresql_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    compiled: list[Any] = []
    real = statements._compile
    monkeypatch.setattr(statements, "_compile", lambda *given: (compiled.append(given[0]), real(*given))[1])
    statement = select(A.c.name).where(A.c.ref == bindparam("of"))
    for url in (sqlite_url, postgresql_url) * 3:
        database = open_database(url)
        for ref in "abc":
            async with transaction(database) as begun:
                await begun.rows(statement, of=ref)
        await database.engine.dispose()
    assert len(compiled) == 2


async def test_a_statement_that_is_gone_is_forgotten_and_another_in_its_place_is_not_taken_for_it(
    server: Database,
) -> None:
    dialect = server.engine.dialect
    before = len(statements._kept)
    for number in range(50):  # each takes the place in memory of one before
        made = select(A.c.name).limit(number)
        assert statements.compiled(made, dialect, {}).values({}) == [number]
    many = [select(A.c.name).limit(number) for number in range(50)]
    for each in many:
        statements.compiled(each, dialect, {})
    assert len(statements._kept) >= before + 50
    del made, many, each
    gc.collect()
    assert len(statements._kept) <= before


async def test_it_is_the_transaction_of_its_database(sqlite_url: str, postgresql_url: str) -> None:
    for url, kind in ((sqlite_url, SqliteTransaction), (postgresql_url, PostgresqlTransaction)):
        database = open_database(url)
        async with transaction(database) as begun:
            assert isinstance(begun, kind)
        await database.engine.dispose()


# --- PostgreSQL -------------------------------------------------------------------------------------------------------


@pytest.fixture
def server(postgresql_url: str) -> Database:
    return open_database(postgresql_url)


async def test_connections_that_the_server_has_closed_are_not_used_again(server: Database, postgresql_url: str) -> None:
    """As after a restart: the pool keeps a dozen, and the very next transaction goes through."""
    held, leave = asyncio.Barrier(13), asyncio.Event()

    async def stay_in_one() -> None:
        async with transaction(server):
            await held.wait()
            await leave.wait()

    holding = [asyncio.create_task(stay_in_one()) for _ in range(12)]
    await held.wait()
    leave.set()
    await asyncio.gather(*holding)
    admin = await asyncpg.connect(postgresql_url)
    ended = await admin.fetch(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() "
        "AND datname = current_database()"
    )
    await admin.close()
    assert len(ended) >= 12
    assert await count(server) == 0
    await server.engine.dispose()


async def test_more_at_once_than_the_pool_keeps_go_through_and_leave_no_connection_open(
    server: Database, caplog: pytest.LogCaptureFixture
) -> None:
    pool: Any = server.engine.pool
    many = pool.size() + 5
    together = asyncio.Barrier(many)

    async def one(ref: str) -> None:
        async with transaction(server) as begun:
            await add(begun, ref)
            await together.wait()

    await asyncio.gather(*[one(f"r{number}") for number in range(many)])
    assert await count(server) == many
    assert pool.checkedout() == 0
    assert pool.checkedin() == pool.size()
    assert not caplog.records  # of those that it has no place for, closed by whoever may wait


async def test_a_connection_that_breaks_in_the_middle_is_a_database_that_is_away(
    server: Database, postgresql_url: str
) -> None:
    admin = await asyncpg.connect(postgresql_url)
    with pytest.raises(OperationalError) as caught:
        async with transaction(server) as begun:
            (pid,) = (await begun.fetch("SELECT pg_backend_pid()", ()))[0]
            await admin.execute("SELECT pg_terminate_backend($1)", pid)
            await begun.value(COUNT)
    assert caught.value.connection_invalidated
    await admin.close()
    assert await count(server) == 0
    await server.engine.dispose()


async def test_what_the_server_has_undone_is_never_taken_for_kept(server: Database) -> None:
    """Whoever goes on after an error would read COMMIT, and find nothing."""
    with pytest.raises(OperationalError):
        async with transaction(server) as begun:
            await add(begun, "a")
            with pytest.raises(DBAPIError):
                await add(begun, "a")
    assert await count(server) == 0
    await server.engine.dispose()


async def test_a_table_that_was_changed_meanwhile_is_passing_trouble(server: Database, postgresql_url: str) -> None:
    from storage.errors import is_undone

    everything = select(table(BucketRow))
    async with transaction(server) as begun:
        await begun.rows(everything)
    admin = await asyncpg.connect(postgresql_url)
    await admin.execute("ALTER TABLE rate_limit_buckets ALTER COLUMN name TYPE varchar(300)")
    with pytest.raises(DBAPIError) as caught:
        async with transaction(server) as begun:
            await begun.rows(everything)
    assert is_undone(caught.value)
    async with transaction(server) as begun:
        assert await begun.rows(everything) == []
    await admin.close()
    await server.engine.dispose()


async def test_two_that_write_the_same_row_wait_for_each_other(server: Database) -> None:
    async with transaction(server) as begun:
        await add(begun, "a")
    renamed = update(A).where(A.c.ref == "a")

    async def rename(name: str) -> None:
        async with transaction(server) as begun:
            await begun.write(renamed, {"name": name})

    async with transaction(server) as first:
        await first.write(renamed, {"name": "first"})
        second = asyncio.create_task(rename("second"))
        done, _ = await asyncio.wait([second], timeout=0.05)
        assert not done
    await second
    async with transaction(server) as begun:
        assert [row.name for row in await begun.rows(ALL)] == ["second"]
    await server.engine.dispose()


MAKES = {
    "select",
    "insert",
    "update",
    "delete",
    "union_all",
    "exists",
    "text",
    "all_columns",
    "where",
    "order_by",
    "limit",
}


def test_no_repository_makes_a_statement_when_it_is_asked() -> None:
    """One that is made anew at each call is compiled anew, which costs far more than running it."""
    made = []
    for file in sorted(Path(storage.__file__).parent.glob("*.py")):
        for kind in (one for one in ast.parse(file.read_text()).body if isinstance(one, ast.ClassDef)):
            if not any(isinstance(base, ast.Name) and base.id == "Repository" for base in kind.bases):
                continue
            calls = [one.func for one in ast.walk(kind) if isinstance(one, ast.Call)]
            names = {one.id if isinstance(one, ast.Name) else getattr(one, "attr", "") for one in calls}
            made += [f"{file.name} {kind.name} {name}" for name in sorted(names & MAKES)]
    assert made == []
    assert insert_of(AccountRow) is insert_of(AccountRow)
