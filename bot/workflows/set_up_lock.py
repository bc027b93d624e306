"""The operator says what guests are told about a lock, and how a lock is called and asked for. Texts that are queued
already keep their words."""

from bot.domain.locks.lock import GuestInfo, LockDefaults
from bot.ports import Ports
from bot.ports.stale import retry_if_stale


@retry_if_stale
async def set_up_lock(
    ports: Ports, lock_id: str, guest_info: GuestInfo, defaults: LockDefaults, person: str, zone: str | None = None
) -> None:
    """Safe to repeat. `zone`: an IANA name; empty to go back to what was before, None to leave it."""
    now = ports.clock.now()
    async with ports.store() as uow:
        await uow.locks.for_update(lock_id)
        await uow.locks.set_up(lock_id, guest_info, defaults)
        if zone is not None:
            await uow.locks.set_zone(lock_id, zone, ports.options.zone, now)
        await uow.audit.note(now, person, "lock_set_up", lock_id, **({} if zone is None else {"zone": zone}))
