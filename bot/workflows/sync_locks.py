"""Reads the provider's locks and keeps ours like them."""

from dataclasses import replace

from bot.ports import Ports


async def sync_locks(ports: Ports) -> int:
    """How many locks the provider has. Raises ProviderError."""
    asked_at = ports.clock.now()
    seen = await ports.locks.locks()
    async with ports.store() as work:
        for lock in seen:
            told = replace(lock, health=replace(lock.health, seen_at=asked_at))
            await work.locks.put(told, lock.zone or ports.house.zone)
    return len(seen)
