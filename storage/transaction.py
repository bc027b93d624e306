"""One transaction, begun and ended by us on the driver's own connection, which SQLAlchemy's pool lends.

The pool, the dialect, the tables and their migrations are SQLAlchemy's; what runs between BEGIN and COMMIT is compiled
by `storage.statements`. Errors are SQLAlchemy's too, so that nobody above has to know which driver there is.
"""

import asyncio
import sqlite3
from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy import Dialect, Executable
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError
from sqlalchemy.pool import PoolProxiedConnection
from sqlalchemy.util import greenlet_spawn

from storage.engine import Database
from storage.errors import sqlstate
from storage.sqlite_dialect import begin_immediate_on
from storage.statements import AT_A_TIME, Recall, Values, as_one, begins_with, compiled, side_by_side

if TYPE_CHECKING:
    import asyncpg

T = TypeVar("T")
_TRIES = 40
"""More than the pool lends: after a restart of the server each connection that it kept is found dead once."""


class Transaction(ABC):
    """Use `transaction(database)`. Every method raises SQLAlchemy's DBAPIError, with the driver's own as `orig`."""

    on_postgresql: bool

    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect
        self.held_stays: set[str] = set()
        """The stays whose rows this transaction holds, known to all its repositories."""
        self.made_stays: set[str] = set()
        """Those of them that it has made: nothing stands of them that it has not written."""
        self.guests: dict[str, Any] = {}
        """Rows of guests, by the stay that they were read with; see `storage.guests`."""
        self.cards: dict[str, Any] = {}
        """Rows of cards, by the stay that they were read with; see `storage.messages`."""
        self.without_alert: set[str] = set()
        """The stays that were read with no open alert; see `storage.alerts`."""
        self.full_slots: dict[str, list[tuple[str, str, datetime]]] = {}
        """Kind, key and since when, by the door whose places they were read with; see `storage.locks`."""

    async def rows(self, statement: Executable, **given: Any) -> list[Any]:
        """Named tuples."""
        made = compiled(statement, self._dialect, given)
        raw = await self.fetch(made.sql, made.values(given))
        return made.named(raw) if len(raw) <= AT_A_TIME else await made.rows(raw)

    async def recalled(self, statement: Executable, recall: Recall[T], **given: Any) -> list[T]:
        """What its rows were made into, by whomever."""
        made, found = compiled(statement, self._dialect, given), list[T]()
        raw, read = await self.fetch(made.sql, made.values(given)), recall.reader(made, self._dialect)
        for begin in range(0, len(raw), AT_A_TIME):
            if begin:
                await asyncio.sleep(0)
            found += [read(tuple(row)) for row in raw[begin : begin + AT_A_TIME]]
        return found

    async def first(self, statement: Executable, **given: Any) -> Any:
        """The first row, or None."""
        found = await self.rows(statement, **given)
        return found[0] if found else None

    async def column(self, statement: Executable, **given: Any) -> list[Any]:
        """The first value of each row."""
        return [row[0] for row in await self.rows(statement, **given)]

    async def value(self, statement: Executable, **given: Any) -> Any:
        """The first value of the first row, or None."""
        row = await self.first(statement, **given)
        return row[0] if row is not None else None

    @abstractmethod
    async def read_ahead(self, reads: Iterable[tuple[Executable, Values]]) -> None:
        """What is read next, in one trip where each costs one: whoever asks for it before anything is written or held
        has it already."""

    async def write(self, statement: Executable, given: Values) -> int:
        """How many rows were written."""
        made = compiled(statement, self._dialect, given)
        return await self.execute(made.sql, made.values(given))

    async def write_soon(self, statement: Executable, given: Values) -> None:
        """A new row that nobody else waits for: written before the next that is read or written here, and at the latest
        before the commit."""
        made = compiled(statement, self._dialect, given)
        await self.execute_soon(made.sql, made.values(given))

    async def write_many(self, statement: Executable, many: Iterable[Values]) -> None:
        for given in many:
            await self.write(statement, given)

    @abstractmethod
    async def fetch(self, sql: str, values: Sequence[Any]) -> Sequence[Sequence[Any]]:
        """The rows as the driver gives them."""

    @abstractmethod
    async def execute(self, sql: str, values: Sequence[Any]) -> int:
        """How many rows were written."""

    @abstractmethod
    async def execute_soon(self, sql: str, values: Sequence[Any]) -> None:
        """The same, of which nobody asks how many: see `write_soon`."""

    @abstractmethod
    async def commit(self) -> None: ...

    @abstractmethod
    async def rollback(self) -> None: ...


class SqliteTransaction(Transaction):
    """Nothing here waits: see `storage.sqlite_dialect`."""

    on_postgresql = False

    def __init__(self, dialect: Dialect, connection: sqlite3.Connection) -> None:
        super().__init__(dialect)
        self._connection = connection

    async def read_ahead(self, reads: Iterable[tuple[Executable, Values]]) -> None:
        """Nothing is far."""

    async def fetch(self, sql: str, values: Sequence[Any]) -> Sequence[Sequence[Any]]:
        return self._run(sql, values).fetchall()

    async def execute(self, sql: str, values: Sequence[Any]) -> int:
        return self._run(sql, values).rowcount

    async def execute_soon(self, sql: str, values: Sequence[Any]) -> None:
        self._run(sql, values)

    async def commit(self) -> None:
        self._run("COMMIT", ())

    async def rollback(self) -> None:
        if self._connection.in_transaction:
            self._run("ROLLBACK", ())

    def _run(self, sql: str, values: Sequence[Any]) -> sqlite3.Cursor:
        try:
            return self._connection.execute(sql, values)
        except sqlite3.Error as error:
            raise _of_sqlite(error) from error


class PostgresqlTransaction(Transaction):
    """Each statement is a trip to the server. What can wait for the next goes along in one."""

    on_postgresql = True

    def __init__(self, dialect: Dialect, connection: "asyncpg.Connection") -> None:
        super().__init__(dialect)
        self._connection = connection
        self._soon: dict[str, Sequence[Any]] = {}
        self._ahead: list[tuple[str, Sequence[Any], list[Sequence[Any]]]] = []
        """What was read ahead: the statement, its values, its rows."""

    async def read_ahead(self, reads: Iterable[tuple[Executable, Values]]) -> None:
        made = [(compiled(statement, self._dialect, given), given) for statement, given in reads]
        said = [(one.sql, one.values(given)) for one, given in made]
        together = side_by_side(tuple([(sql, len(values)) for sql, values in said]))
        ahead: list[tuple[str, Sequence[Any], list[Sequence[Any]]]] = [(*each, []) for each in said]
        for number, row in await self.fetch(together, [value for _, values in said for value in values]):
            ahead[number][2].append(row)
        self._ahead = ahead

    async def fetch(self, sql: str, values: Sequence[Any]) -> Sequence[Sequence[Any]]:
        for number, (read, of, rows) in enumerate(self._ahead):
            if read == sql and of == values:
                del self._ahead[number]
                return rows
        if sql.endswith("UPDATE"):  # whose rows are held from here on may have been another's till now
            self._ahead.clear()
        if self._soon:
            await self._write_now()
        try:
            found: Sequence[Sequence[Any]] = await self._connection.fetch(sql, *values)
        except Exception as error:
            raise _of_postgresql(error, self._connection) from error
        return found

    async def execute(self, sql: str, values: Sequence[Any]) -> int:
        self._ahead.clear()
        if self._soon:
            await self._write_now()
        done = await self._run(sql, values)
        count = done.rpartition(" ")[2]
        return int(count) if count.isdigit() else 0

    async def execute_soon(self, sql: str, values: Sequence[Any]) -> None:
        self._ahead.clear()
        # Two that write one row would not see each other.
        if sql in self._soon:
            await self._write_now()
        self._soon[sql] = values
        if begins_with(sql):
            await self._write_now()

    async def _write_now(self) -> None:
        soon, self._soon = self._soon, {}
        together = as_one(tuple([(sql, len(values)) for sql, values in soon.items()]))
        await self._run(together, [value for values in soon.values() for value in values])

    async def _run(self, sql: str, values: Sequence[Any]) -> str:
        try:
            done: str = await self._connection.execute(sql, *values)
        except Exception as error:
            raise _of_postgresql(error, self._connection) from error
        return done

    async def commit(self) -> None:
        if self._soon:
            await self._write_now()
        done = await self._run("COMMIT", ())
        if done != "COMMIT":  # PostgreSQL's answer where a statement has failed before
            raise OperationalError("COMMIT", None, RuntimeError(done), hide_parameters=True)

    async def rollback(self) -> None:
        if self._connection.is_in_transaction():
            await self._run("ROLLBACK", ())


def transaction(database: Database) -> AbstractAsyncContextManager[Transaction]:
    """Leaving it commits; an exception rolls everything back."""
    return _Bounds(database)


class _Bounds(AbstractAsyncContextManager[Transaction]):
    """No generator: each costs as much as a small statement."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def __aenter__(self) -> Transaction:
        begin = _begin_on_postgresql if self._database.is_postgresql else _begin_on_sqlite
        self._lent, self._begun = await begin(self._database)
        return self._begun

    async def __aexit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        lent = self._lent
        if error is not None:
            # Whoever is cancelled here a second time leaves the end to the loop.
            await asyncio.shield(_undo(lent, self._begun))
            return
        try:
            await self._begun.commit()
        except BaseException:
            await asyncio.shield(_undo(lent, self._begun))
            raise
        # What goes back into the pool waits for nobody; only one that it has no place for is closed.
        pool: Any = self._database.engine.pool
        if self._database.is_postgresql and pool.overflow() > 0:
            await greenlet_spawn(lent.close)
        else:
            lent.close()


async def _undo(lent: PoolProxiedConnection, begun: Transaction) -> None:
    try:
        await begun.rollback()
    except (DBAPIError, OSError):
        await greenlet_spawn(lent.invalidate)
    await greenlet_spawn(lent.close)


async def _begin_on_sqlite(database: Database) -> tuple[PoolProxiedConnection, Transaction]:
    try:
        pool: Any = database.engine.pool
        # One that lies in the pool is not waited for, and to be able to wait costs as much as a small statement.
        free = pool.checkedin() > 0
        lent = database.engine.sync_engine.raw_connection() if free else await database.engine.raw_connection()
        try:
            driver: Any = lent.driver_connection
            await begin_immediate_on(driver)
        except BaseException:
            lent.close()
            raise
    except sqlite3.Error as error:
        raise _of_sqlite(error) from error
    return lent, SqliteTransaction(database.engine.sync_engine.dialect, driver)


async def _begin_on_postgresql(database: Database) -> tuple[PoolProxiedConnection, Transaction]:
    """BEGIN is also how a connection is found dead that the pool has kept; one more trip for asking would cost as much
    as a small statement."""
    for left in reversed(range(_TRIES)):
        driver: Any = None
        try:
            lent = await database.engine.raw_connection()
            driver = lent.driver_connection
            await driver.execute("BEGIN")
            break
        except BaseException as error:
            if driver is not None:
                await greenlet_spawn(lent.invalidate)
            if not isinstance(error, Exception):
                raise
            if driver is None or not left or not driver.is_closed():
                raise _of_postgresql(error, driver) from error
    return lent, PostgresqlTransaction(database.engine.sync_engine.dialect, driver)


def _of_sqlite(error: sqlite3.Error) -> Exception:
    said: Exception = DBAPIError.instance(None, None, error, sqlite3.Error, hide_parameters=True)
    return said


def _of_postgresql(error: Exception, connection: "asyncpg.Connection | None") -> Exception:
    """The error as SQLAlchemy would say it; what is none of the driver's stays as it is."""
    import asyncpg

    if isinstance(error, asyncpg.IntegrityConstraintViolationError):
        return IntegrityError(None, None, error, hide_parameters=True)
    closed = connection is not None and connection.is_closed()
    if closed or isinstance(error, asyncpg.PostgresConnectionError | asyncpg.OperatorInterventionError):
        return OperationalError(None, None, error, hide_parameters=True, connection_invalidated=closed)
    # What the pool meets when it connects is said by SQLAlchemy's adapter in its own class, with the driver's letters.
    theirs = asyncpg.PostgresError | asyncpg.InterfaceError | asyncpg.InternalClientError
    if isinstance(error, theirs) or (sqlstate(error) and not isinstance(error, DBAPIError)):
        return DBAPIError(None, None, error, hide_parameters=True)
    return error
