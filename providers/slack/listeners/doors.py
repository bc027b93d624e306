"""The locks as listeners need them while somebody waits: read every few seconds, not for every command.

A house may have a thousand doors and hear two hundred commands a second. Nothing is decided by what stands here: the
transaction that asks for a PIN reads the lock anew.
"""

import asyncio
from datetime import datetime, timedelta

from bot.conversation.lock_names import LockName
from bot.domain.locks import Lock
from bot.ports import Ports

_FRESH = timedelta(seconds=2)
"""A new lock is known to commands this late at most."""


class Doors:
    def __init__(self, ports: Ports) -> None:
        self._ports = ports
        self._reading = asyncio.Lock()
        self._read_at: datetime | None = None
        self._locks: tuple[Lock, ...] = ()
        self._names: tuple[LockName, ...] = ()

    async def all(self) -> tuple[Lock, ...]:
        """In order of name. Where many ask at once, one reads."""
        if not self._is_fresh():
            async with self._reading:
                if not self._is_fresh():
                    async with self._ports.store() as work:
                        self._locks = tuple(await work.locks.all())
                    self._names = tuple(LockName(lock.id, lock.name, lock.zone) for lock in self._usable())
                    self._read_at = self._ports.clock.wall()
        return self._locks

    async def usable(self) -> list[Lock]:
        """Those that can be given PINs."""
        await self.all()
        return self._usable()

    async def names(self) -> tuple[LockName, ...]:
        """What the usable ones are called."""
        await self.all()
        return self._names

    def _usable(self) -> list[Lock]:
        return [lock for lock in self._locks if lock.makes_offline_pins]

    def _is_fresh(self) -> bool:
        if not self._locks or self._read_at is None:
            return False
        return timedelta() <= self._ports.clock.wall() - self._read_at < _FRESH
