"""The operator says what guests are told about a lock, and how a lock is called and asked for. Texts that are queued
already keep their words."""

from datetime import datetime

from bot.domain.locks.lock import GuestInfo, LockDefaults
from bot.ports import Ports, UnitOfWork
from bot.ports.stale import retry_if_stale


@retry_if_stale
async def set_up_lock(
    ports: Ports,
    lock_id: str,
    guest_info: GuestInfo,
    defaults: LockDefaults,
    person: str,
    zone: str | None = None,
    *,
    forget_names: bool = False,
) -> None:
    """Safe to repeat. `zone`: an IANA name; empty to go back to what was before, None to leave it. `forget_names`:
    from here on rules know it by the name alone that it has now."""
    now = ports.clock.now()
    async with ports.store() as uow:
        await uow.locks.for_update(lock_id)
        await uow.locks.set_up(lock_id, guest_info, defaults)
        if zone is not None:
            await uow.locks.set_zone(lock_id, zone, ports.options.zone, now)
        if forget_names:
            await _forget_names(uow, lock_id, person, now)
        await uow.audit.note(now, person, "lock_set_up", lock_id, **({} if zone is None else {"zone": zone}))


async def _forget_names(uow: UnitOfWork, lock_id: str, person: str, at: datetime) -> None:
    lock = await uow.locks.get(lock_id)
    if lock is not None and lock.also_known_as:
        await uow.locks.know_as(lock_id, (lock.name,))
        await uow.audit.note(at, person, "names_forgotten", lock_id, names="\n".join(lock.also_known_as))
