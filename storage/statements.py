"""Statements, compiled once and run on the driver: SQLAlchemy says what a statement is in each database's words and how
values and rows are written there; asked to run it, it takes several times as long as the database.

A statement that is made once (a constant, or behind `functools.cache`) is compiled once for each database and for each
set of values that it is given. One that is made anew is compiled anew, which costs about a millisecond.
"""

import asyncio
import re
from collections import namedtuple
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from operator import itemgetter
from typing import Any, Generic, TypeVar
from weakref import ReferenceType, ref

from sqlalchemy import (
    JSON,
    Boolean,
    DateTime,
    Dialect,
    Executable,
    Float,
    Insert,
    Integer,
    LargeBinary,
    Numeric,
    TextClause,
    Update,
    bindparam,
    literal,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql import ColumnElement
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.types import TypeEngine

from bot.domain.signs import REPLACED, fit
from storage.columns import Texts, UtcDateTime

T = TypeVar("T")
Values = Mapping[str, Any]
_Process = Callable[[Any], Any]

AT_A_TIME = 100
"""So many rows are read before the loop is let go: a house may have a thousand doors, and others wait meanwhile."""


@dataclass(frozen=True, slots=True)
class Compiled:
    """SQL in the words of one database, and how its values are written and its rows are read."""

    sql: str
    returns: bool
    """Whether it answers with rows."""

    _given: tuple[str, ...]
    """In the order of the placeholders: under which names values are given."""

    _always: tuple[tuple[int, Any], ...]
    """Where among them stand values that are always the same."""

    _texts: Callable[[Any], Iterable[Any]]
    """Takes those out that may be texts, or are nothing."""

    _written: tuple[tuple[int, _Process], ...]
    """Which of them the driver does not take as they are given."""

    _read: tuple[tuple[int, _Process], ...]
    """Which columns are not taken as the driver gives them."""

    _row: Any

    def values(self, given: Values) -> list[Any]:
        """As the driver wants them. Raises KeyError where one is missing."""
        bound = list(map(given.__getitem__, self._given))
        for at, value in self._always:
            bound.insert(at, value)
        for at, write in self._written:
            bound[at] = write(bound[at])
        # All at once: one look at what nearly always fits, instead of one at each.
        try:
            texts = "".join(filter(None, self._texts(bound)))
        except TypeError:  # of a type that says nothing of what it takes
            texts = REPLACED
        if texts.isascii() and texts.isprintable():
            return bound
        return [fit(value) if type(value) is str else value for value in bound]

    async def rows(self, raw: Sequence[Sequence[Any]]) -> list[Any]:
        """`named` of however many."""
        found: list[Any] = []
        for begin in range(0, len(raw), AT_A_TIME):
            found += self.named(raw[begin : begin + AT_A_TIME])
            await asyncio.sleep(0)
        return found

    def named(self, raw: Iterable[Sequence[Any]]) -> list[Any]:
        """Named tuples, under the names of the columns."""
        made, read = self._row._make, self._read
        if not read:
            return [made(row) for row in raw]
        found = []
        for row in raw:
            columns = list(row)
            for at, process in read:
                if columns[at] is not None:
                    columns[at] = process(columns[at])
            found.append(made(columns))
        return found


class Recall(Generic[T]):
    """What rows were made into, by the rows as the driver gave them: what is read again and again and seldom changes is
    made once. A row that differs in anything is another, so nothing has to be forgotten. The values are shared: nobody
    changes one."""

    def __init__(self, make: Callable[[Any], T], most: int) -> None:
        """`make`: of a named tuple. `most`: so many are remembered, those that were asked for last."""
        self._make, self._most = make, most
        self._of: dict[str, Callable[[tuple[Any, ...]], T]] = {}

    def reader(self, made: Compiled, dialect: Dialect) -> Callable[[tuple[Any, ...]], T]:
        """All statements that are read with it answer with the same columns."""
        if dialect.name not in self._of:
            self._of[dialect.name] = lru_cache(self._most)(lambda raw: self._make(made.named((raw,))[0]))
        return self._of[dialect.name]


_kept: dict[int, tuple[ReferenceType[Executable], dict[tuple[str, ...], Compiled]]] = {}
"""By the statement's identity, as long as it is there."""


def compiled(statement: Executable, dialect: Dialect, given: Values) -> Compiled:
    """The statement as this database takes it with values of these names."""
    kept = _kept.get(id(statement))
    if kept is None or kept[0]() is not statement:
        kept = _kept[id(statement)] = ref(statement, partial(_forget, id(statement))), {}
    key = (dialect.name, *given)
    found = kept[1].get(key)
    if found is None:
        found = kept[1][key] = _compile(statement, dialect, given)
    return found


def _forget(identity: int, gone: ReferenceType[Executable]) -> None:
    """Unless another statement has taken its place in memory meanwhile."""
    if identity in _kept and _kept[identity][0] is gone:
        del _kept[identity]


def _compile(statement: Any, dialect: Dialect, given: Values) -> Compiled:
    writes = isinstance(statement, Insert | Update)
    made: SQLCompiler = statement.compile(dialect=dialect, column_keys=[*given] if writes else None)
    if "POSTCOMPILE" in made.string:
        raise ValueError("a list of values is written with `any_of` or `one_of`: it must not change the statement")
    returned = [] if isinstance(statement, TextClause) else list(statement.exported_columns)
    names = [column.key or column.name for column in returned]
    read = [(at, _reader(column, dialect)) for at, column in enumerate(returned)]
    row: Any = namedtuple("Row", names, rename=True)  # type: ignore[misc]
    bound = [_bound(made, name, dialect, given) for name in made.positiontup or ()]
    return Compiled(
        made.string,
        bool(returned),
        tuple(name for name, _, _ in bound if name is not None),
        tuple((at, always) for at, (name, _, always) in enumerate(bound) if name is None),
        _taker([at for at, name in enumerate(made.positiontup or ()) if _may_be_text(made.binds[name].type)]),
        tuple((at, write) for at, (_, write, _) in enumerate(bound) if write is not None),
        tuple((at, process) for at, process in read if process is not None),
        row,
    )


_NO_TEXTS = (Boolean, DateTime, Numeric, Integer, LargeBinary, Texts)


def _may_be_text(kind: TypeEngine[Any]) -> bool:
    return not isinstance(kind.impl if isinstance(kind, UtcDateTime) else kind, _NO_TEXTS)


def _taker(places: Sequence[int]) -> Callable[[Any], Iterable[Any]]:
    if not places:
        return lambda _bound: ()
    # Of one alone it would give no tuple.
    return itemgetter(places[0], *places)


def _reader(column: Any, dialect: Dialect) -> Any:
    if isinstance(column.type, Float):
        return None  # both drivers give floats, and PostgreSQL's dialect would ask which kind of number it was
    read = column.type.dialect_impl(dialect).result_processor(dialect, None)
    return partial(_json, read) if read is not None and isinstance(column.type, JSON) else read


_EMPTY: dict[str, Callable[[], Any]] = {"[]": list, "{}": dict}


def _json(read: _Process, text: str) -> Any:
    """Most of what is kept as JSON is empty."""
    empty = _EMPTY.get(text)
    return read(text) if empty is None else empty()


def _bound(made: SQLCompiler, name: str, dialect: Dialect, given: Values) -> tuple[str | None, _Process | None, Any]:
    bind = made.binds[name]
    write: Any = bind.type.dialect_impl(dialect).bind_processor(dialect)
    if name in given:
        return name, write, None
    unsaid: Any = next((column.default for column in made.insert_prefetch if column.key == name), None)
    if unsaid is not None and unsaid.is_scalar:  # what the table says of a column that a new row says nothing of
        value = unsaid.arg
    elif unsaid is None and not bind.required:
        value = bind.effective_value
    else:
        raise TypeError(f"nothing was given for {name}")
    return None, None, value if write is None else write(value)


# --- several statements as one ---------------------------------------------------------------------------------------

_PLACE = re.compile(r"\$(\d+)")
_WITH = re.compile(r"\s*WITH\b")


@lru_cache(maxsize=500)
def as_one(statements: tuple[tuple[str, int], ...]) -> str:
    """Statements of PostgreSQL, each with how many values it is given: in one, which is given all of them, in this
    order. None sees what another writes, and they are not run in this order. Of those that begin with WITH one at most,
    the last."""
    *others, (last, _) = statements
    parts, before = [], 0
    for number, (sql, values) in enumerate(others):
        parts.append(f"soon_{number} AS ({_moved(sql, before)})")
        before += values
    if not parts:
        return last
    last, mark = _moved(last, before), _WITH.match(last)
    return f"WITH {', '.join(parts)}" + (f",{last[mark.end() :]}" if mark else f" {last}")


@lru_cache(maxsize=500)
def side_by_side(reads: tuple[tuple[str, int], ...]) -> str:
    """The same of statements that read. Each row is the number of the statement that it is of, and its columns as one
    value."""
    parts, before = [], 0
    for number, (sql, values) in enumerate(reads):
        named = f"read_{number}"
        parts.append(f"SELECT {number}, ROW({named}.*) FROM ({_moved(sql, before)}) {named}")  # noqa: S608 - ours
        before += values
    return " UNION ALL ".join(parts)


def _moved(sql: str, places: int) -> str:
    return _PLACE.sub(lambda found: f"${int(found[1]) + places}", sql)


def begins_with(sql: str) -> bool:
    """Whether it has parts of its own, and so can be no part of another."""
    return _WITH.match(sql) is not None


# --- lists of values --------------------------------------------------------------------------------------------------


class _AnyOf(ColumnElement[bool]):
    """The column is one of a list that comes as one value, so that the statement is the same however many there are."""

    inherit_cache = True
    type = Boolean()

    def __init__(self, column: Any, name: str) -> None:
        self.column, self.values = column, bindparam(name, type_=Texts())

    def self_group(self, against: Any = None) -> "_AnyOf":
        # SQLAlchemy would write `= 1` behind it for a database without booleans, and then no index is used.
        return self


@compiles(_AnyOf, "sqlite")
def _in_sqlite(element: _AnyOf, compiler: SQLCompiler, **kw: Any) -> str:
    column, values = compiler.process(element.column, **kw), compiler.process(element.values, **kw)
    return f"{column} IN (SELECT value FROM json_each({values}))"  # noqa: S608 -- both come from SQLAlchemy's compiler


@compiles(_AnyOf, "postgresql")
def _in_postgresql(element: _AnyOf, compiler: SQLCompiler, **kw: Any) -> str:
    return f"{compiler.process(element.column, **kw)} = ANY ({compiler.process(element.values, **kw)})"


def any_of(column: Any, name: str) -> Any:
    """The condition that a column of texts is among those that the statement is given under this name."""
    return _AnyOf(column, name)


def one_of(column: Any, values: Iterable[str]) -> Any:
    """The condition that a column is one of these texts, which are always the same."""
    return column.in_([literal(value) for value in values])
