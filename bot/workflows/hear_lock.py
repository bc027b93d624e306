"""The lock's provider tells of an event: a PIN has been made, or a door was opened with one."""

from dataclasses import dataclass, replace
from datetime import datetime

from bot.domain.access_codes import AccessCode, CodeStatus
from bot.domain.pins import Pin
from bot.ports import Evidence, Ports, Subject, UnitOfWork


@dataclass(frozen=True, slots=True)
class LockEvent:
    """`kind` is `pin_made` or `opened`; `delivery` is the provider's id of this very event."""

    delivery: str
    kind: str
    at: datetime
    lock_ref: str | None = None
    code_ref: str | None = None
    pin: Pin | None = None


async def hear_lock(ports: Ports, event: LockEvent) -> None:
    now = ports.clock.now()
    async with ports.store() as work:
        if not await work.deliveries.first("lock", event.delivery, now):
            return
        code = await _code(work, event)
        if code is None:
            return
        if event.kind == "pin_made" and code.status is CodeStatus.MINTING and not code.has_pin:
            held = await work.codes.get(code.id, hold=True) or code
            await work.codes.save(replace(held, due_at=now))
            work.nudge(Subject.MINT, code.id)
        elif event.kind == "opened" and await _is_news(work, code, event):
            await work.codes.add_evidence(Evidence(code.id, "lock", event.at, event.lock_ref or ""))
            await work.audit.note(now, "lock", "used", code.id, source="lock")
            await work.cards.want(code.request_id, ports.house.approvals_channel, now)
            work.nudge(Subject.CODE, code.id)
            work.nudge(Subject.CARD, code.request_id)


async def _code(work: UnitOfWork, event: LockEvent) -> AccessCode | None:
    """By the provider's own reference, else by the digits typed at that lock (Seam gives no id for igloohome)."""
    if event.code_ref is not None:
        return await work.codes.by_ref(event.code_ref)
    lock = await work.locks.by_ref(event.lock_ref) if event.lock_ref else None
    if lock is None or event.pin is None:
        return None
    fitting = [c for c in await work.codes.by_pin(lock.id, event.pin) if c.window.contains(event.at)]
    return fitting[0] if fitting else None


async def _is_news(work: UnitOfWork, code: AccessCode, event: LockEvent) -> bool:
    """The first opening with a PIN of ours; with a withdrawn one, too: it still opens, and staff want to know."""
    if not code.window.contains(event.at):
        return False
    if code.status is CodeStatus.WITHDRAWN:
        return not await work.codes.evidence(code.id)
    return code.status in (CodeStatus.READY, CodeStatus.SHARED, CodeStatus.MISSED)
