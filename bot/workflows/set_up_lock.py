"""The operator says what guests are told about a lock, and how a lock is called and asked for. Texts that are queued
already keep their words."""

from bot.domain.locks.lock import GuestInfo, LockDefaults
from bot.ports import Ports
from bot.ports.stale import retry_if_stale


@retry_if_stale
async def set_up_lock(ports: Ports, lock_id: str, guest_info: GuestInfo, defaults: LockDefaults, person: str) -> None:
    """Safe to repeat."""
    async with ports.store() as uow:
        await uow.locks.set_up(lock_id, guest_info, defaults)
        await uow.audit.note(ports.clock.now(), person, "lock_set_up", lock_id)
