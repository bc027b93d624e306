"""Connections to PostgreSQL that outlast a test, for the next one at the same database.

A server's process that is new learns the tables, and plans every statement, once more: that is two thirds of what
PostgreSQL does for a test. So engines and queues that are closed leave their pools here, and the next that is opened at
this database has them.
"""

import asyncio
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from weakref import WeakSet

import asyncpg
import pytest
from sqlalchemy import Engine, Pool
from sqlalchemy.engine import URL, make_url
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from storage import engine as engines

_FEW = 4
"""Of an engine that a test opened more for at once nothing is kept."""

_homes: WeakSet[asyncio.AbstractEventLoop] = WeakSet()
_names: set[str] = set()
_engines: dict[str, list[Engine]] = defaultdict(list)
_queues: dict[str, list["_KeptQueue"]] = defaultdict(list)
_new_pool = asyncpg.create_pool


def keep(address: str) -> None:
    """Whatever is connected to the database at this address from now on."""
    _names.add(_name(address))


def _name(address: str) -> str:
    return str(make_url(address).database)


@contextmanager
def lent() -> Iterator[None]:
    """While this lasts, what is opened in the running loop may be what was closed before."""
    _homes.add(asyncio.get_running_loop())
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(engines, "create_async_engine", _lend_engine)
        patched.setattr(asyncpg, "create_pool", _lend_pool)
        yield


def _is_kept(name: str | None) -> bool:
    """A command that a test types has a loop of its own, and can use no connection of another."""
    return name in _names and asyncio._get_running_loop() in _homes


async def let_go(address: str) -> None:
    """Closes what is kept of the database at this address."""
    name = _name(address)
    _names.discard(name)
    for kept in _engines.pop(name, []):
        await AsyncEngine(kept).dispose()
    for pool in _queues.pop(name, []):
        await asyncpg.Pool.close(pool)


# --- engines ----------------------------------------------------------------------------------------------------------


class _KeptEngine(AsyncEngine):
    __slots__ = ()

    async def dispose(self, close: bool = True) -> None:
        pool: Pool = self.sync_engine.pool
        kept = _engines[str(self.url.database)]
        if self.sync_engine in kept:
            return
        if pool.checkedout() or pool.checkedin() > _FEW or not _is_kept(self.url.database):  # type: ignore[attr-defined]
            await super().dispose(close)
        else:
            kept.append(self.sync_engine)


def _lend_engine(url: URL, **how: Any) -> AsyncEngine:
    """A new one, which hears nothing of what listened to the one before, with the pool of that."""
    name = str(url.database)
    if url.get_backend_name() != "postgresql" or not _is_kept(name):
        return create_async_engine(url, **how)
    if kept := _engines[name]:
        before = kept.pop()
        return _KeptEngine(Engine(before.pool, before.dialect, url, hide_parameters=True))
    return _KeptEngine(create_async_engine(url, **how).sync_engine)


# --- queues -----------------------------------------------------------------------------------------------------------


class _KeptQueue(asyncpg.Pool):
    __slots__ = ("name",)

    async def close(self) -> None:
        kept = _queues[self.name]
        if self in kept:
            return
        if self.get_idle_size() < self.get_size() or not _is_kept(self.name):
            await super().close()
        else:
            kept.append(self)


async def _lend_pool(dsn: str, **how: Any) -> asyncpg.Pool:
    name = _name(dsn)
    if not _is_kept(name):
        return await _new_pool(dsn, **how)
    if kept := _queues[name]:
        return kept.pop()
    defaults = {"max_queries": 50_000, "max_inactive_connection_lifetime": 0.0, "loop": None}
    classes = {"connection_class": asyncpg.Connection, "record_class": asyncpg.Record}
    pool = _KeptQueue(dsn, **{**defaults, **classes, **how})
    pool.name = name
    return await pool
