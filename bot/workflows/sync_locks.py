"""Reads the provider's locks and keeps ours like them."""

from bot.ports import Ports


async def sync_locks(ports: Ports) -> int:
    """How many locks the provider has. Raises ProviderError."""
    seen = await ports.locks.locks()
    async with ports.store() as work:
        for lock in seen:
            await work.locks.put(lock, lock.zone or ports.house.zone)
    return len(seen)
