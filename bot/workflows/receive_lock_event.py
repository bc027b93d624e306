"""The lock's provider tells of an event: a PIN has been made, a door was opened with one, or a wrong one was typed."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.conversation.team.history import Event, reply
from bot.domain.pins import Pin
from bot.domain.stays.access_codes import PAST_DEADLINE, AccessCode, CodeStatus
from bot.domain.stays.evidence import OPENED_UNNAMED, WRONG_PIN, Evidence
from bot.domain.stays.replying import KEYPAD_LOCKED, WRONG_TRIES
from bot.domain.stays.withdrawing import CLOCKS_DIFFER
from bot.ports import Ports, Subject, UnitOfWork
from bot.ports.stale import retry_if_stale
from bot.ports.wanted_cards import want_card


@dataclass(frozen=True, slots=True)
class LockEvent:
    """`kind` is `pin_made`, `opened` or `denied`; `delivery` is the provider's id of this very event. `typed`: the door
    was opened at its keypad for certain, and nobody says with which digits."""

    delivery: str
    kind: str
    at: datetime
    lock_ref: str | None = None
    code_ref: str | None = None
    pin: Pin | None = None
    typed: bool = False


@retry_if_stale
async def receive_lock_event(ports: Ports, event: LockEvent) -> None:
    now = ports.clock.now()
    async with ports.store() as uow:
        if not await uow.deliveries.first("lock", event.delivery, now):
            return
        if event.kind == "denied":
            await _denied(ports, uow, event)
            return
        code, source = await _code(uow, event)
        if code is None:
            await _unnamed(uow, event, now)
            return
        if event.kind == "pin_made" and code.status is CodeStatus.MINTING and not code.has_pin:
            # Only brought forward: the digits are fetched by the mint, which keeps and tells a PIN in one place.
            held = await uow.codes.get(code.id, for_update=True) or code
            await uow.codes.save(replace(held, due_at=now))
            uow.nudge(Subject.MINT, code.id)
        elif event.kind == "opened" and await _is_news(uow, code, event):
            await uow.codes.add_evidence(Evidence(code.id, source, _when(code, event, now), event.lock_ref or ""))
            await uow.audit.note(now, "lock", "used", code.id, source=source)
            await want_card(ports, uow, code.request_id)
            await uow.schedule_now(code.id, now)


async def _unnamed(uow: UnitOfWork, event: LockEvent, now: datetime) -> None:
    """Opened, and nobody knows with which of several PINs: no evidence for any, but no silence of the lock's either."""
    lock = await uow.locks.by_ref(event.lock_ref) if event.lock_ref else None
    named = event.code_ref is not None or event.pin is not None
    if lock is not None and event.kind == "opened" and event.typed and not named:
        await uow.audit.note(now, f"lock:{lock.id}", OPENED_UNNAMED, lock.id)


async def _denied(ports: Ports, uow: UnitOfWork, event: LockEvent) -> None:
    """Wrong PINs, one after the other, lock a keypad for a while: whoever looks after a stay there should know."""
    now, channel = ports.clock.now(), ports.options.approvals_channel
    lock = await uow.locks.by_ref(event.lock_ref) if event.lock_ref else None
    if lock is None:
        return
    actor = f"lock:{lock.id}"
    await uow.audit.note(now, actor, WRONG_PIN, lock.id)
    # At this very count: told once for each time a keypad may have locked itself.
    if await uow.audit.count(actor, WRONG_PIN, now - KEYPAD_LOCKED) != WRONG_TRIES:
        return
    able = await uow.codes.could_open(lock.id, now)
    # By id, before any of their replies: this writes into several stays.
    await uow.requests.for_update({code.request_id for code in able})
    for code in able:
        key = f"wrong_tries:{event.delivery}"
        await uow.enqueue(reply(ports.new_id(), key, Event.WRONG_TRIES, code.request_id, channel, now))


async def _code(uow: UnitOfWork, event: LockEvent) -> tuple[AccessCode | None, str]:
    """By the provider's own reference; else by the digits typed at that lock (Seam gives no id for igloohome); else by
    the time, where only one PIN of ours could have opened it. The source of such evidence says so."""
    if event.code_ref is not None:
        return await uow.codes.by_ref(event.code_ref), "lock"
    lock = await uow.locks.by_ref(event.lock_ref) if event.lock_ref else None
    if lock is None:
        return None, "lock"
    if event.pin is not None:
        # The digits are ours, so it was this PIN; where they came again for another window, the nearer one.
        return min(await uow.codes.by_pin(lock.id, event.pin), key=lambda c: _away(c, event.at), default=None), "lock"
    able = (
        await uow.codes.could_open(lock.id, event.at, CLOCKS_DIFFER) if event.kind == "opened" and event.typed else ()
    )
    return (able[0] if len(able) == 1 else None), "lock_time"


def _away(code: AccessCode, at: datetime) -> timedelta:
    """How far outside the code's window a moment lies: the lock's clock, the vendor's and ours differ a little."""
    return max(code.window.starts_at - at, at - code.window.ends_at, timedelta())


def _when(code: AccessCode, event: LockEvent, now: datetime) -> datetime:
    """When it was used. That it was is certain where the PIN is named; a lock that lost its clock, and a vendor that is
    wrong, name a moment before the PIN was made, or one that is still to come."""
    possible = code.mint_at - CLOCKS_DIFFER <= event.at <= now + CLOCKS_DIFFER
    return event.at if possible else now


async def _is_news(uow: UnitOfWork, code: AccessCode, event: LockEvent) -> bool:
    """The first opening with a PIN of ours; with a withdrawn one, too: it still opens, and staff want to know."""
    named = event.code_ref is not None or event.pin is not None
    if not named and _away(code, event.at) > CLOCKS_DIFFER:
        return False
    if code.status is CodeStatus.WITHDRAWN:
        return not await uow.codes.evidence(code.id)
    return code.status in (CodeStatus.READY, CodeStatus.SHARED, *PAST_DEADLINE)
