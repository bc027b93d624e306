"""What every repository has: the transaction it works in, and the one order in which rows are taken. Statements about
one table stand in that table's own file.

Two transactions that take the same rows in another order wait for each other until the database ends one. So whoever
writes a row of a stay (its codes, messages, alerts, card) first holds the stay's own row, and the repositories see to
that themselves: behind it, one stay is written by one transaction at a time, in whatever order its workflow likes. What
is left is the order among the gates: deliveries -> limits -> workspaces -> doors, by id -> stays, by id -> guests ->
what belongs to none of them (looks, orders, codes of approvers) -> calendars -> buckets of chat and texts, which all
share and so are taken last -> the head of the audit log, taken when nothing is left to do but to commit.
`tests/workflows/test_row_order.py` watches over it.

A row is held FOR NO KEY UPDATE, as an update takes it: FOR UPDATE would also keep out whoever inserts a row that only
points to it.
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any, TypeVar, cast

from sqlalchemy import (
    ColumnElement,
    Delete,
    Executable,
    Insert,
    Select,
    Table,
    Update,
    bindparam,
    delete,
    insert,
    literal_column,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

from bot.ports import Stale
from storage.statements import any_of
from storage.tables import AccessRequestRow
from storage.transaction import Transaction

AnyRow = TypeVar("AnyRow")
Read = tuple[Select[Any], Mapping[str, Any]]
"""A statement that reads, and what it is given: for `Transaction.read_ahead`."""


class Repository:
    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    async def _lock_stays(self, request_ids: Iterable[str | None]) -> None:
        """From here to the end nobody else writes anything of these stays; those that we hold cost nothing. SQLite has
        one writer at a time anyway."""
        held = self._transaction.held_stays
        new = {one for one in request_ids if one is not None} - held
        if new:
            await self._lock_stays_by(_THE_STAYS, ids=sorted(new))
        held.update(new)

    async def _lock_stay_of(self, row: Any, key: str) -> None:
        """The stay that the row of this key belongs to, if it belongs to one."""
        await self._lock_stays_by(_stay_of(row), of=key)

    async def _lock_stays_by(self, stays: Select[Any], **values: Any) -> None:
        """`stays`: of `stays_where`."""
        if self._transaction.on_postgresql:
            self._transaction.held_stays.update(await self._transaction.column(stays, **values))

    async def _sweep_up(self, row: Any, keys: Select[Any], **values: Any) -> None:
        """Deletes leftovers. What another transaction has in hand is left to it, or two that tidy up at once might wait
        for each other."""
        await self._transaction.write(_leftovers(row, keys), values)

    async def _read(self, row: type[AnyRow], key: str, *, for_update: bool = False) -> AnyRow | None:
        """The row of this key as it stands in the database: plain columns, under the names that `row` gives them.
        `for_update`: nobody else writes it until the transaction ends."""
        of: Any = row
        return cast("AnyRow | None", await self._transaction.first(_by_key(of, for_update=for_update), of=key))

    async def _add(self, row: Any, values: Mapping[str, Any]) -> None:
        await self._transaction.write(insert_of(row), values)

    async def _add_all(self, row: Any, many: Sequence[Mapping[str, Any]]) -> None:
        """Adds several, of which the same is said, in one statement."""
        if len(many) == 1:
            await self._add(row, many[0])
        elif many:
            await self._transaction.write(_insert_many(row, tuple(many[0]), len(many)), numbered(many))

    async def _add_new(self, row: Any, values: Mapping[str, Any]) -> bool:
        """Adds it where there is none of its keys; whether there was none. Of two at once the second waits until the
        first has committed, and finds it."""
        new = _insert_new(row, self._transaction.on_postgresql)
        return await self._transaction.write(new, values) == 1

    async def _put(self, row: Any, values: Mapping[str, Any]) -> None:
        """Adds it, or writes these values over what stands under its keys."""
        await self._transaction.write(_upsert(row, self._transaction.on_postgresql, tuple(values)), values)

    async def _put_all(self, row: Any, many: Sequence[Mapping[str, Any]]) -> None:
        """The same for several, of which the same is said, in one statement."""
        if many:
            put = _upsert_many(row, self._transaction.on_postgresql, tuple(many[0]), len(many))
            await self._transaction.write(put, numbered(many))

    async def _guarded_all(self, row: Any, many: Sequence[Mapping[str, Any]]) -> None:
        """Changes several rows that this transaction has read for update, if all are still as they were read: their
        `version` is the next one. Raises Stale otherwise."""
        change = _upsert_many(row, self._transaction.on_postgresql, tuple(many[0]), len(many), guarded=True)
        if await self._transaction.write(change, numbered(many)) != len(many):
            raise Stale(row.__tablename__)

    async def _guarded(self, row: Any, row_id: str, version: int, values: dict[str, Any]) -> None:
        """Changes one row if it is still as it was read. Raises Stale otherwise."""
        seen = {"was_id": row_id, "was_version": version}
        done = await self._transaction.write(_if_unchanged(row), {**values, "version": version + 1, **seen})
        # A worker that froze beyond its lease is kept out by this guard alone, never by the queue (facts/queue.md).
        if done != 1:
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


@cache
def insert_of(row: Any) -> Insert:
    """An insert of one row; what it is not given the table knows, or the database."""
    return insert(table(row)).inline()


def rows_of(row: Any, names: Iterable[str], count: int) -> list[dict[str, Any]]:
    """What an insert of so many rows leaves open: `numbered` gives it."""
    of = table(row).c
    return [{name: bindparam(f"of{number}_{name}", type_=of[name].type) for name in names} for number in range(count)]


def numbered(many: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    return {f"of{number}_{name}": value for number, values in enumerate(many) for name, value in values.items()}


@cache
def _insert_many(row: Any, names: tuple[str, ...], count: int) -> Insert:
    return insert(table(row)).values(rows_of(row, names, count))


def insert_into(row: Any, on_postgresql: bool) -> postgresql.Insert | sqlite.Insert:
    """An insert that knows `on_conflict_…`, which each database spells for itself."""
    return postgresql.insert(table(row)) if on_postgresql else sqlite.insert(table(row))


@cache
def _insert_new(row: Any, on_postgresql: bool) -> Executable:
    return insert_into(row, on_postgresql).inline().on_conflict_do_nothing()


@cache
def _upsert(row: Any, on_postgresql: bool, names: tuple[str, ...]) -> Executable:
    new, keys = insert_into(row, on_postgresql).inline(), table(row).primary_key
    anew = {name: new.excluded[name] for name in names if name not in keys.columns}
    return new.on_conflict_do_update(index_elements=list(keys), set_=anew)


@cache
def _upsert_many(
    row: Any, on_postgresql: bool, names: tuple[str, ...], count: int, *, guarded: bool = False
) -> Executable:
    new, keys = insert_into(row, on_postgresql).values(rows_of(row, names, count)), table(row).primary_key
    anew = {name: new.excluded[name] for name in names if name not in keys.columns}
    unchanged = table(row).c.version == new.excluded.version - literal_column("1") if guarded else None
    return new.on_conflict_do_update(index_elements=list(keys), set_=anew, where=unchanged)


@cache
def _by_key(row: Any, *, for_update: bool) -> Select[Any]:
    (key,) = row.__table__.primary_key
    found = all_columns(row).where(key == bindparam("of"))
    return found.with_for_update(key_share=True) if for_update else found


@cache
def _leftovers(row: Any, keys: Select[Any]) -> Delete:
    key = keys.selected_columns[0]
    return delete(table(row)).where(key.in_(keys.with_for_update(skip_locked=True)))


@cache
def _if_unchanged(row: Any) -> Update:
    of = table(row).c
    return update(table(row)).where(of.id == bindparam("was_id"), of.version == bindparam("was_version"))


@cache
def _stay_of(row: Any) -> Select[Any]:
    of = table(row).c
    named = select(of.request_id).where(of.id == bindparam("of")).scalar_subquery()
    return stays_where(table(AccessRequestRow).c.id == named)


_THE_STAYS = stays_where(any_of(table(AccessRequestRow).c.id, "ids"))
