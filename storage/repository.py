"""What every repository has: the session it works in, and the one order in which rows are taken. Queries of one table
stand in that table's own file.

Two transactions that take the same rows in another order wait for each other until the database ends one. So whoever
writes a row of a stay (its codes, messages, alerts, card) first holds the stay's own row, and the repositories see to
that themselves: behind it, one stay is written by one transaction at a time, in whatever order its workflow likes. What
is left is the order among the gates: deliveries -> limits -> workspaces -> doors, by id -> stays, by id -> guests ->
what belongs to none of them (looks, orders, codes of approvers) -> buckets of chat and texts, which all share and so
are taken last.
`tests/workflows/test_row_order.py` watches over it.

A row is held FOR NO KEY UPDATE, as an update takes it: FOR UPDATE would also keep out whoever inserts a row that only
points to it.
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any, TypeVar, cast

from sqlalchemy import (
    ColumnElement,
    CursorResult,
    Executable,
    Insert,
    Select,
    Table,
    Update,
    bindparam,
    delete,
    insert,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession
from sqlmodel import col

from bot.ports import Stale
from storage.tables import AccessRequestRow

AnyRow = TypeVar("AnyRow")


class Repository:
    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    def _insert(self, row: Any) -> postgresql.Insert | sqlite.Insert:
        return insert_into(row, self._on_postgresql)

    @property
    def _on_postgresql(self) -> bool:
        return self._session.get_bind().dialect.name == "postgresql"

    async def _execute(self, statement: Executable, values: Mapping[str, Any] | None = None) -> CursorResult[Any]:
        """On the transaction's own connection: the session keeps books about objects, which cost more than a small
        statement, and of plain columns there is nothing to keep."""
        connection: AsyncConnection | None = self._session.info.get("connection")
        if connection is None:
            connection = self._session.info["connection"] = await self._session.connection()
        return await connection.execute(statement, values)

    @property
    def _held_stays(self) -> set[str]:
        """The stays that this transaction holds, known to all its repositories."""
        held: set[str] = self._session.info.setdefault("stays", set())
        return held

    async def _lock_stays(self, request_ids: Iterable[str | None]) -> None:
        """From here to the end nobody else writes anything of these stays; those that we hold cost nothing. SQLite has
        one writer at a time anyway."""
        new = {one for one in request_ids if one is not None} - self._held_stays
        if new:
            await self._lock_stays_by(_THE_STAYS, ids=sorted(new))
        self._held_stays.update(new)

    async def _lock_stay_of(self, row: Any, key: str) -> None:
        """The stay that the row of this key belongs to, if it belongs to one."""
        await self._lock_stays_by(_stay_of(row), of=key)

    async def _lock_stays_by(self, stays: Select[Any], **values: Any) -> None:
        """`stays`: of `stays_where`."""
        if self._on_postgresql:
            self._held_stays.update((await self._execute(stays, values)).scalars())

    async def _sweep_up(self, row: Any, keys: Select[Any]) -> None:
        """Deletes leftovers. What another transaction has in hand is left to it, or two that tidy up at once might wait
        for each other."""
        key = keys.selected_columns[0]
        free = keys.with_for_update(skip_locked=True)
        await self._session.execute(delete(row).where(key.in_(free)).execution_options(synchronize_session=False))

    async def _read(self, row: type[AnyRow], key: str, *, for_update: bool = False) -> AnyRow | None:
        """The row of this key as it stands in the database: plain columns, under the names that `row` gives them.
        `for_update`: nobody else writes it until the transaction ends."""
        of: Any = row
        found = await self._execute(_by_key(of, for_update=for_update), {"of": key})
        return cast("AnyRow | None", found.first())

    async def _rows(self, statement: Select[Any], **values: Any) -> Sequence[Any]:
        """Plain rows, of a statement that begins with `all_columns`; `values` of what it leaves open."""
        return list(await self._execute(statement, values))

    async def _first(self, statement: Select[Any], **values: Any) -> Any:
        """The first of such rows, or None."""
        return (await self._execute(statement, values)).first()

    async def _add(self, row: Any, values: Mapping[str, Any]) -> None:
        await self._execute(_insert(row), values)

    async def _add_new(self, row: Any, values: Mapping[str, Any]) -> bool:
        """Adds it where there is none of its keys; whether there was none. Of two at once the second waits until the
        first has committed, and finds it."""
        return (await self._execute(_insert_new(row, self._on_postgresql), values)).first() is not None

    async def _guarded(self, row: Any, row_id: str, version: int, values: dict[str, Any]) -> None:
        """Changes one row if it is still as it was read. Raises Stale otherwise."""
        seen = {"was_id": row_id, "was_version": version}
        done = await self._execute(_if_unchanged(row), {**values, "version": version + 1, **seen})
        # A worker that froze beyond its lease is kept out by this guard alone, never by the queue (facts/queue.md).
        if done.rowcount != 1:
            raise Stale(f"{row.__tablename__} {row_id}")


# Made once: most of what a small statement costs is making it, and telling it from others.


def table(row: Any) -> Table:
    """The table of such rows."""
    found: Table = row.__table__
    return found


@cache
def all_columns(row: Any) -> Select[Any]:
    """A select of a table's columns. An object that keeps track of its own changes, as the ORM makes of a row, costs
    much more to read."""
    return select(*table(row).columns)


def stays_where(which: ColumnElement[bool]) -> Select[Any]:
    """A select that takes the rows of these stays, by id."""
    ids = table(AccessRequestRow).c.id
    return select(ids).where(which).order_by(ids).with_for_update(key_share=True)


def any_of(name: str) -> Any:
    """A value that a statement leaves open: a list."""
    return bindparam(name, expanding=True)


@cache
def _insert(row: Any) -> Insert:
    return insert(table(row))


def insert_into(row: Any, on_postgresql: bool) -> postgresql.Insert | sqlite.Insert:
    """An insert that knows `on_conflict_…`, which each database spells for itself."""
    return postgresql.insert(table(row)) if on_postgresql else sqlite.insert(table(row))


@cache
def _insert_new(row: Any, on_postgresql: bool) -> Executable:
    return insert_into(row, on_postgresql).on_conflict_do_nothing().returning(*table(row).primary_key)


@cache
def _by_key(row: Any, *, for_update: bool) -> Select[Any]:
    (key,) = row.__table__.primary_key
    found = all_columns(row).where(key == bindparam("of"))
    return found.with_for_update(key_share=True) if for_update else found


@cache
def _if_unchanged(row: Any) -> Update:
    of = table(row).c
    return update(table(row)).where(of.id == bindparam("was_id"), of.version == bindparam("was_version"))


@cache
def _stay_of(row: Any) -> Select[Any]:
    of = table(row).c
    named = select(of.request_id).where(of.id == bindparam("of")).scalar_subquery()
    return stays_where(table(AccessRequestRow).c.id == named)


_THE_STAYS = stays_where(col(AccessRequestRow.id).in_(any_of("ids")))
