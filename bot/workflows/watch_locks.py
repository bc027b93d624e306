"""How the locks are: whenever all have been read, and when the provider tells of one by itself. A battery that is low,
or a bridge that is offline while somebody arrives, is an alert at once, one as long as it lasts, and ends by itself."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from bot.conversation.team.drafts import note_to, of_lock
from bot.conversation.team.lock_health import unwell_facts
from bot.conversation.team.notices import NoticeKind
from bot.domain.locks.health import ARRIVES_WITHIN, HealthNews
from bot.domain.locks.lock import Lock
from bot.domain.locks.presence import heard
from bot.domain.stays.alerts import OF_LOCKS, Alert, AlertKind, still
from bot.ports import LockInfo, Ports, Subject, UnitOfWork
from bot.ports.stale import retry_if_stale

_KINDS = (AlertKind.LOCK_BATTERY, AlertKind.BRIDGE_OFFLINE)
_ONCE_IN_MINUTES = 15


@dataclass(frozen=True, slots=True)
class HealthEvent:
    """`delivery` is the provider's id of this very event."""

    delivery: str
    lock_ref: str
    news: HealthNews


@retry_if_stale
async def receive_lock_health(ports: Ports, event: HealthEvent) -> None:
    """Events come late and out of order: what is older than what we know changes nothing. One of a time to come counts
    as of now, or nothing that is true would be news before then."""
    now = ports.clock.now()
    news = replace(event.news, at=min(event.news.at, now))
    async with ports.store() as uow:
        if not await uow.deliveries.first("lock", event.delivery, now):
            return
        lock = await uow.locks.by_ref(event.lock_ref)
        if lock is None:
            return
        # Held before it is read: of two events at once the second adds to what the first has told.
        await uow.locks.for_update(lock.id)
        lock = await uow.locks.get(lock.id) or lock
        health = news.applied_to(lock.health)
        can = lock.makes_offline_pins, lock.has_bridge
        seen = LockInfo(lock.provider_ref, lock.name, None, *can, health, lock.bridge_ref)
        await uow.locks.put(seen, ports.options.zone)
        after = replace(lock, health=health, presence=heard(lock.presence, health.seen_at or news.at))
        await _watch(ports, uow, {lock.id: after}, await uow.alerts.open_of_lock(lock.id))


@retry_if_stale
async def watch_locks(ports: Ports) -> None:
    """Safe to repeat."""
    async with ports.store() as uow:
        known = await uow.alerts.of_locks()
        unwell = {lock.id for lock in await uow.locks.all() if any(_wrong(kind, lock) for kind in _KINDS)}
        of = unwell | {alert.lock_id for alert in known if alert.lock_id}
        # By id, and held: of two that look at once the second finds what the first has raised.
        await uow.locks.for_update(*sorted(of))
        await _watch(ports, uow, await uow.locks.get_many(of), known)


async def _watch(ports: Ports, uow: UnitOfWork, locks: Mapping[str, Lock], known: Iterable[Alert]) -> None:
    """`locks` are held; `known`: alerts about them that may be over."""
    for lock in locks.values():
        for kind in _KINDS:
            if _wrong(kind, lock):
                await _raise(ports, uow, lock, kind)
    for alert in known:
        of = locks.get(alert.lock_id or "")
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
    # A bridge that comes and goes is told of once in so long; where it stays away, the next reading tells.
    since = now.replace(minute=now.minute - now.minute % _ONCE_IN_MINUTES, second=0, microsecond=0)
    key, channel = f"{kind.value}:{lock.id}:{since.isoformat()}", ports.options.approvals_channel
    facts = unwell_facts(lock, now, len(near))
    notice = note_to(ports.new_id(), key, NoticeKind.LOCK_UNWELL, channel, facts, None, None, now)
    await uow.raise_alert(*of_lock(kind, notice, lock, since, ports.new_id))
