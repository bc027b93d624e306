"""Reads the provider's locks and looks after its accounts: every quarter of an hour by the clock, and at once where a
nudge asks for it. Trouble is logged, and the next time comes."""

import asyncio
from dataclasses import dataclass, field
from weakref import WeakKeyDictionary

import structlog
from sqlalchemy.exc import SQLAlchemyError

from bot.ports import Ports, ProviderError, Stale, Store
from bot.processes.bugs import going_on
from bot.workflows.change_stay import follow_zones
from bot.workflows.sync_locks import sync_locks
from bot.workflows.watch_accounts import watch_accounts
from bot.workflows.watch_locks import watch_locks
from bot.workflows.watch_rules import watch_rules

log = structlog.get_logger()


async def read_locks(ports: Ports) -> bool:
    """Whether the locks could be read."""
    try:
        log.info("locks read", locks=await sync_locks(ports))
    except ProviderError as error:
        log.warning("the provider's locks could not be read", error=str(error))
        return False
    except (SQLAlchemyError, OSError, Stale) as error:
        log.warning("the database did not answer the sync", error=type(error).__name__)
        return False
    # A bug in one costs neither the locks, which are read, nor the other.
    with going_on("accounts"):
        await _watch(ports)
    with going_on("what follows from the locks"):
        await _after(ports)
    return True


async def read_locks_now(ports: Ports, _row_id: str) -> None:
    """Many at once, as when a house of locks is connected, are one: who comes while another waits is served by it."""
    turn = _LOCKS_READINGS.setdefault(ports.store, _LocksReading())
    if turn.awaited:
        return
    turn.awaited = True
    async with turn.lock:
        # Before the reading: whoever comes while it is under way may know of a lock that it misses.
        turn.awaited = False
        await read_locks(ports)


@dataclass(slots=True)
class _LocksReading:
    """`awaited`: somebody waits for the reading under way to end, and will read anew."""

    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    awaited: bool = False


_LOCKS_READINGS: WeakKeyDictionary[Store, _LocksReading] = WeakKeyDictionary()
"""One for each bot: several may run in one process, and none waits for another's locks."""


async def _after(ports: Ports) -> None:
    """What follows from what was read; also from what an earlier process was stopped at."""
    try:
        await follow_zones(ports)
        await watch_locks(ports)
        await watch_rules(ports)
    except (SQLAlchemyError, OSError, Stale) as error:
        log.warning("the database did not answer", error=type(error).__name__)


async def _watch(ports: Ports) -> None:
    try:
        await watch_accounts(ports)
    except ProviderError as error:
        log.warning("the provider's accounts could not be read", error=str(error))
    except (SQLAlchemyError, OSError, Stale) as error:
        log.warning("the database did not answer", error=type(error).__name__)
