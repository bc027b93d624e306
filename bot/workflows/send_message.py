"""Hands one message over: a text to a guest's phone, or a notice to chat.

Claimed by a guarded update and committed before the call. A call whose outcome is unknown is looked up at the vendor
before it is tried again, so the same thing is never said twice.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.conversation.notices import Word, notice
from bot.conversation.phrases import NEEDS_PIN, Phrase, sms
from bot.domain.access_codes import CodeStatus
from bot.domain.access_requests import RequestStatus
from bot.domain.messages import Medium, Message, MessageStatus
from bot.domain.pins import Phone, Pin
from bot.ports import (
    Misconfigured,
    OutcomeUnknown,
    Ports,
    ProviderError,
    Rejected,
    Stale,
    Subject,
    Text,
    Unavailable,
    UnitOfWork,
)

_BACK_OFF_SECONDS = (2, 5, 15, 30, 60, 120, 300)


@dataclass(frozen=True, slots=True)
class _Claim:
    """A message in our hands. `tried` says that an earlier attempt may have gone through."""

    message: Message
    tried: bool
    phone: Phone | None = None
    pin: Pin | None = None
    known: frozenset[str] = frozenset()


async def send_message(ports: Ports, message_id: str) -> None:
    """One attempt. Safe to repeat; a vendor's trouble only moves the next look."""
    claim = await _claim(ports, message_id)
    if claim is None:
        return
    try:
        ref = await (_text(ports, claim) if claim.message.medium is Medium.SMS else _post(ports, claim))
    except ProviderError as trouble:
        await _record_trouble(ports, claim, trouble)
    else:
        await _record(ports, message_id, ref)


async def _claim(ports: Ports, message_id: str) -> _Claim | None:
    now, wall = ports.clock.now(), ports.clock.wall()
    try:
        async with ports.store() as work:
            message = await work.messages.get(message_id)
            if message is None or not _may_go(message, now, wall):
                return None
            if not await _still_true(work, message, now):
                await work.messages.save(replace(message, status=MessageStatus.DROPPED, due_at=None))
                return None
            return await _take(ports, work, message)
    except Stale:
        return None


def _may_go(message: Message, now: datetime, wall: datetime) -> bool:
    if message.status not in (MessageStatus.QUEUED, MessageStatus.SENDING):
        return False
    return (message.due_at or now) <= now and (message.claimed_until or wall) <= wall


async def _still_true(work: UnitOfWork, message: Message, now: datetime) -> bool:
    """What has stopped being true is not sent: a PIN that is gone, a reminder for one who is in, or to decide."""
    if message.phrase == Word.APPROVAL_REMINDER.value and message.request_id:
        request = await work.requests.get(message.request_id)
        return request is not None and request.status is RequestStatus.PENDING
    if message.code_id is None or message.medium is not Medium.SMS:
        return True
    code = await work.codes.get(message.code_id)
    if code is None or message.phrase not in NEEDS_PIN:
        return code is not None
    opens = (CodeStatus.READY, CodeStatus.SHARED, CodeStatus.ACTIVE)
    waiting = (CodeStatus.READY, CodeStatus.SHARED)
    alive = code.status in (waiting if message.phrase == Phrase.REMINDER.value else opens)
    used = code.status is CodeStatus.ACTIVE
    return alive and now < (code.window.ends_at if used else code.deadline)


async def _take(ports: Ports, work: UnitOfWork, message: Message) -> _Claim:
    now = ports.clock.now()
    held = await work.messages.save(
        replace(
            message,
            status=MessageStatus.SENDING,
            attempts=message.attempts + 1,
            tried_at=message.tried_at or now,
            claimed_until=ports.clock.wall() + ports.house.lease,
            due_at=now + ports.house.lease,
        )
    )
    claim = _Claim(held, tried=message.status is MessageStatus.SENDING)
    if message.medium is not Medium.SMS:
        return claim
    guest = await work.guests.get(message.recipient)
    pin = await work.codes.pin(message.code_id) if message.code_id and message.phrase in NEEDS_PIN else None
    known = await work.messages.refs_to(message.recipient) if claim.tried else frozenset()
    return replace(claim, phone=guest.phone if guest else None, pin=pin, known=known)


async def _text(ports: Ports, claim: _Claim) -> str:
    message = claim.message
    if claim.phone is None or message.tried_at is None:
        raise Rejected("the guest's number has been erased")
    body = sms(Phrase(message.phrase), message.facts, claim.pin)
    text = Text(message.id, claim.phone, body, message.tried_at)
    found = await ports.texter.find(text, claim.known) if claim.tried else None
    return found or await ports.texter.send(text)


async def _post(ports: Ports, claim: _Claim) -> str:
    message = claim.message
    if claim.tried and message.tried_at is not None:
        found = await ports.chat.find(message.recipient, post_id=message.id, since=message.tried_at)
        if found is not None:
            return found.ts
    words = notice(Word(message.phrase), message.facts)
    return (await ports.chat.post(message.recipient, words, post_id=message.id)).ts


async def _record(ports: Ports, message_id: str, ref: str) -> None:
    async with ports.store() as work:
        message = await work.messages.get(message_id, hold=True)
        if message is None:
            return
        status = MessageStatus.SENT if message.status is MessageStatus.SENDING else message.status
        await work.messages.save(replace(message, status=status, vendor_ref=ref, claimed_until=None, due_at=None))
        await _touch(ports, work, message)


async def _touch(ports: Ports, work: UnitOfWork, message: Message) -> None:
    """A text changes what its code's card says, and the PIN's text moves the code along."""
    if message.medium is Medium.SMS and message.code_id and message.request_id:
        await work.cards.want(message.request_id, ports.house.approvals_channel, ports.clock.now())
        work.nudge(Subject.CODE, message.code_id)
        work.nudge(Subject.CARD, message.request_id)


async def _record_trouble(ports: Ports, claim: _Claim, trouble: ProviderError) -> None:
    now = ports.clock.now()
    async with ports.store() as work:
        message = await work.messages.get(claim.message.id, hold=True)
        if message is None or message.status is not MessageStatus.SENDING:
            return
        after = _after_trouble(ports, claim, message, trouble, now)
        await work.messages.save(after)
        await work.audit.note(now, "vendor", type(trouble).__name__, message.id, said=str(trouble))
        if after.status is MessageStatus.REFUSED:
            await _touch(ports, work, message)


def _after_trouble(ports: Ports, claim: _Claim, message: Message, trouble: ProviderError, now: datetime) -> Message:
    if isinstance(trouble, Rejected):
        return replace(message, status=MessageStatus.REFUSED, problem=str(trouble), due_at=None, claimed_until=None)
    if isinstance(trouble, OutcomeUnknown):
        return replace(message, due_at=now + ports.house.lease)
    wait: float = 300 if isinstance(trouble, Misconfigured) else _back_off(message, trouble)
    status = MessageStatus.SENDING if claim.tried else MessageStatus.QUEUED
    return replace(message, status=status, claimed_until=None, due_at=now + timedelta(seconds=wait))


def _back_off(message: Message, trouble: ProviderError) -> float:
    named = trouble.retry_after if isinstance(trouble, Unavailable) else None
    return named or _BACK_OFF_SECONDS[min(message.attempts, len(_BACK_OFF_SECONDS)) - 1]
