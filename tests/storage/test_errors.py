"""What a database means by its errors, asked of real ones."""

from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from bot.ports import Stale
from storage.engine import Room, open_database
from storage.errors import has_no_room, is_away, is_undone, kind
from storage.migrate import migrate
from storage.nudges import Queue
from storage.seals import Seals, new_key
from storage.unit_of_work import open_store


async def error_of(url: str, statement: str) -> Exception:
    database = open_database(url)
    try:
        async with database.engine.begin() as connection:
            await connection.execute(text(statement))
    except Exception as error:
        return error
    finally:
        await database.engine.dispose()
    raise AssertionError("nothing went wrong")


def raising(sqlstate: str) -> str:
    return f"DO $$ BEGIN RAISE 'for +33639981234' USING ERRCODE = '{sqlstate}'; END $$"


@pytest.mark.parametrize(
    ("sqlstate", "undone", "away", "said"),
    [
        ("40P01", True, False, "DeadlockDetectedError, 40P01"),
        ("40001", True, False, "SerializationError, 40001"),
        ("23505", False, False, "UniqueViolationError, 23505"),
        ("42P01", False, False, "UndefinedTableError, 42P01"),
        ("57P01", False, True, "AdminShutdownError, 57P01"),
        ("28P01", False, True, "InvalidPasswordError, 28P01"),
        ("3D000", False, True, "InvalidCatalogNameError, 3D000"),
    ],
)
async def test_postgresql_says_what_it_means(
    postgresql_url: str, sqlstate: str, undone: bool, away: bool, said: str
) -> None:
    error = await error_of(postgresql_url, raising(sqlstate))
    assert (is_undone(error), is_away(error), kind(error)) == (undone, away, said)


@pytest.mark.parametrize(("sqlstate", "full"), [("53100", True), ("53200", False), ("53300", False), ("57P01", False)])
async def test_postgresql_says_that_its_disk_is_full(postgresql_url: str, sqlstate: str, full: bool) -> None:
    error = await error_of(postgresql_url, raising(sqlstate))
    assert has_no_room(error) == full
    room = Room()
    assert (room.saw(error), room.is_full) == (full, full)


async def test_who_does_not_answer_is_away(tmp_path: Path) -> None:
    nobody = await error_of("postgresql://a:b@127.0.0.1:9/none", "SELECT 1")
    folder = await error_of(f"sqlite+aiosqlite:///{tmp_path}", "SELECT 1")
    wrong = await error_of(f"sqlite+aiosqlite:///{tmp_path / 'new.db'}", "SELECT * FROM nothing")
    assert [is_away(one) for one in (nobody, folder, wrong)] == [True, True, False]
    assert kind(wrong) == "OperationalError, SQLITE_ERROR"


PLAINLY = {"40P01": Stale, "40001": Stale, "57P01": ConnectionError, "53300": ConnectionError}


@pytest.mark.parametrize(("sqlstate", "seen"), PLAINLY.items())
async def test_a_unit_of_work_says_it_plainly(postgresql_url: str, sqlstate: str, seen: type[Exception]) -> None:
    database = open_database(postgresql_url)
    store = open_store(database, Seals([new_key()]), Queue.in_memory())
    with pytest.raises(seen) as caught:
        async with store() as uow:
            await uow.locks._transaction.execute(raising(sqlstate), [])  # type: ignore[attr-defined]
    assert isinstance(caught.value.__cause__, DBAPIError)
    await database.engine.dispose()


async def test_a_file_that_becomes_no_database_is_told_as_one_that_is_away(tmp_path: Path) -> None:
    """Whoever lives on without a database catches that, and no driver's error; `doctor` says what it is."""
    file = tmp_path / "nightporter.db"
    database = open_database(f"sqlite+aiosqlite:///{file}")
    await migrate(database)
    store = open_store(database, Seals([new_key()]), Queue.in_memory())
    for each in (file, Path(f"{file}-wal"), Path(f"{file}-shm")):
        each.write_bytes(b"no database " * 5000)
    for _ in range(2):  # on the connection that was there, and on a new one
        with pytest.raises((SQLAlchemyError, OSError)):
            async with store() as uow:
                await uow.alerts.count_open()
    await database.engine.dispose()
