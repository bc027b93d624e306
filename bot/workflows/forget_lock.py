"""The operator has a lock forgotten that its provider has no more: no list names it from then on. What was done with it
stays, and so does its row: should the provider have it again, it is the same lock."""

from dataclasses import replace

from bot.domain.refusals import Reason, Refusal
from bot.ports import Ports, Subject
from bot.ports.stale import retry_if_stale


@retry_if_stale
async def forget_lock(ports: Ports, lock_id: str, person: str) -> None:
    """Raises a Refusal while the provider has it, or stays hang on it. Safe to repeat."""
    now = ports.clock.now()
    async with ports.store() as uow:
        await uow.locks.for_update(lock_id)
        lock = await uow.locks.get(lock_id)
        if lock is None:
            raise Refusal(Reason.UNKNOWN_LOCK)
        if not lock.is_gone:
            raise Refusal(Reason.LOCK_IN_USE, {"lock": lock.name, "stays": "0"})
        stays = await uow.requests.at_lock(lock_id, now)
        if stays:
            raise Refusal(Reason.LOCK_IN_USE, {"lock": lock.name, "stays": str(len(stays))})
        await uow.locks.forget(lock_id, now)
        await uow.audit.note(now, person, "lock_forgotten", lock_id)
        for alert in await uow.alerts.open_of_lock(lock_id):
            await uow.alerts.save(replace(alert, due_at=now))
            uow.nudge(Subject.ALERT, alert.id)
