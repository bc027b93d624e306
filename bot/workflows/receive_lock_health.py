"""The lock's provider tells how a lock is: its battery, or its line to us. Kept, so that every screen says it."""

from dataclasses import dataclass

from bot.domain.locks.health import HealthNews
from bot.ports import LockInfo, Ports
from bot.ports.stale import retry_if_stale


@dataclass(frozen=True, slots=True)
class HealthEvent:
    """`delivery` is the provider's id of this very event."""

    delivery: str
    lock_ref: str
    news: HealthNews


@retry_if_stale
async def receive_lock_health(ports: Ports, event: HealthEvent) -> None:
    """Events come late and out of order: what is older than what we know changes nothing."""
    async with ports.store() as uow:
        if not await uow.deliveries.first("lock", event.delivery, ports.clock.now()):
            return
        lock = await uow.locks.by_ref(event.lock_ref)
        if lock is None:
            return
        health = event.news.applied_to(lock.health)
        can = lock.makes_offline_pins, lock.has_bridge
        seen = LockInfo(lock.provider_ref, lock.name, None, *can, health, lock.bridge_ref)
        await uow.locks.put(seen, ports.options.zone)
