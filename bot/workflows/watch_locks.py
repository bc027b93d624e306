"""Looks how the locks are, whenever they have been read: a battery that is low, or a bridge that is offline while
somebody arrives, is an alert, once as long as it lasts, and ends by itself."""

from dataclasses import replace

from bot.conversation.team.drafts import note_to, of_lock
from bot.conversation.team.lock_health import unwell_facts
from bot.conversation.team.notices import NoticeKind
from bot.domain.locks.health import ARRIVES_WITHIN
from bot.domain.locks.lock import Lock
from bot.domain.stays.alerts import OF_LOCKS, AlertKind, still
from bot.ports import Ports, Subject, UnitOfWork
from bot.ports.stale import retry_if_stale

_KINDS = (AlertKind.LOCK_BATTERY, AlertKind.BRIDGE_OFFLINE)


@retry_if_stale
async def watch_locks(ports: Ports) -> None:
    """Safe to repeat."""
    async with ports.store() as uow:
        unwell = [(lock, kind) for lock in await uow.locks.all() for kind in _KINDS if _wrong(kind, lock)]
        # By id, and held: of two that look at once the second finds what the first has raised.
        await uow.locks.for_update(*sorted({lock.id for lock, _ in unwell}))
        for lock, kind in unwell:
            await _raise(ports, uow, lock, kind)
        for alert in await uow.alerts.of_locks():
            of = await uow.locks.get(alert.lock_id or "")
            if alert.kind in OF_LOCKS and (of is None or not still(alert.kind, of)):
                await uow.alerts.save(replace(alert, due_at=ports.clock.now()))
                uow.nudge(Subject.ALERT, alert.id)


def _wrong(kind: AlertKind, lock: Lock) -> bool:
    return not lock.is_gone and still(kind, lock)


async def _raise(ports: Ports, uow: UnitOfWork, lock: Lock, kind: AlertKind) -> None:
    now = ports.clock.now()
    if any(alert.kind is kind for alert in await uow.alerts.open_of_lock(lock.id)):
        return
    stays = await uow.requests.at_lock(lock.id, now)
    near = [stay for stay in stays if stay.granted.starts_at <= now + ARRIVES_WITHIN]
    if kind is AlertKind.BRIDGE_OFFLINE and not near:
        return
    key, channel = f"{kind.value}:{lock.id}:{now.isoformat()}", ports.options.approvals_channel
    facts = unwell_facts(lock, now, len(near))
    notice = note_to(ports.new_id(), key, NoticeKind.LOCK_UNWELL, channel, facts, None, None, now)
    await uow.raise_alert(*of_lock(kind, notice, lock, now, ports.new_id))
