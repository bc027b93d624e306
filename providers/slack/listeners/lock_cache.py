"""The locks as listeners need them while somebody waits: read every few seconds, not for every command.

A house may have a thousand doors and hear two hundred commands a second. Nothing is decided by what stands here: the
transaction that asks for a PIN reads the lock anew.
"""

import asyncio
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property

from bot.conversation.typed.lock_names import LockNames, lock_names
from bot.domain.locks.lock import Lock
from bot.ports import Ports

_FRESH = timedelta(seconds=2)
"""A new lock is known to commands this late at most, and while it is being read."""


@dataclass(frozen=True)
class LockSnapshot:
    """The locks as they were read, in order of name, and what follows from them."""

    locks: tuple[Lock, ...] = ()
    names: LockNames = field(default_factory=LockNames)
    """Of the usable ones."""
    read_at: datetime | None = None

    @cached_property
    def usable(self) -> tuple[Lock, ...]:
        return tuple(lock for lock in self.locks if lock.makes_offline_pins and not lock.is_gone)

    @cached_property
    def by_id(self) -> dict[str, Lock]:
        return {lock.id: lock for lock in self.usable}


class LockCache:
    def __init__(self, ports: Ports) -> None:
        self._ports = ports
        self._reading = asyncio.Lock()
        self._snapshot = LockSnapshot()

    async def seen(self) -> LockSnapshot:
        """All of it, for whoever needs several."""
        return await self._now()

    async def usable(self) -> tuple[Lock, ...]:
        """Those that can be given PINs."""
        return (await self._now()).usable

    async def names(self) -> LockNames:
        """What the usable ones are called."""
        return (await self._now()).names

    async def by_id(self) -> dict[str, Lock]:
        """The usable ones."""
        return (await self._now()).by_id

    async def _now(self) -> LockSnapshot:
        """One reads; whoever comes meanwhile gets what was known before, and waits only where nothing was."""
        if self._is_fresh() or (self._snapshot.locks and self._reading.locked()):
            return self._snapshot
        async with self._reading:
            if not self._is_fresh():
                async with self._ports.store() as uow:
                    locks = tuple(await uow.locks.all())
                names = lock_names(lock for lock in locks if lock.makes_offline_pins and not lock.is_gone)
                kept = self._snapshot.names  # what they are known by is worked out already
                self._snapshot = LockSnapshot(locks, kept if kept == names else names, self._ports.clock.wall())
        return self._snapshot

    def _is_fresh(self) -> bool:
        if not self._snapshot.locks or self._snapshot.read_at is None:
            return False
        # Machine time, and never from ahead of now: a clock that is set back must not keep it for hours.
        return timedelta() <= self._ports.clock.wall() - self._snapshot.read_at < _FRESH
