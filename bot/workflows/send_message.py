"""Hands one message over: a text to a guest's phone, or a notice to chat.

Claimed by a guarded update and committed before the call. A call whose outcome is unknown is looked up at the vendor
before it is tried again, so the same thing is never said twice.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.conversation.approver_texts import NAMED, QUESTIONS, ToApprover, is_to_approver, to_approver
from bot.conversation.drafts import not_delivered
from bot.conversation.history import Event, history, quoted, reply, told_in_thread
from bot.conversation.notices import Word, notice
from bot.conversation.phrases import NEEDS_PIN, SEALED, Phrase, sms
from bot.domain.access_codes import CodeStatus
from bot.domain.access_requests import RequestStatus
from bot.domain.messages import Medium, Message, MessageStatus
from bot.domain.pins import Phone, Pin
from bot.domain.policy import BY_THE_RULES
from bot.domain.sms_approvers import in_chat
from bot.ports import (
    Misconfigured,
    OutcomeUnknown,
    Ports,
    Posted,
    ProviderError,
    Rejected,
    Stale,
    Subject,
    Text,
    Unavailable,
    UnitOfWork,
)

_BACK_OFF_SECONDS = (2, 5, 15, 30, 60, 120, 300)
_THREAD_WAIT = timedelta(seconds=5)
"""A reply whose turn has not come looks again after this, should the nudge of the one before it be lost."""

_TRIES_IN_THREAD = 3
_WHILE_PENDING = frozenset({Word.APPROVAL_REMINDER.value, *QUESTIONS})


@dataclass(frozen=True, slots=True)
class _Claim:
    """A message in our hands. `tried` says that an earlier attempt may have gone through. `under`: the card whose
    thread it belongs to. `sealed`: words that belong into it and lay under a seal."""

    message: Message
    tried: bool
    phone: Phone | None = None
    pin: Pin | None = None
    sealed: str | None = None
    known: frozenset[str] = frozenset()
    under: Posted | None = None


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
            under = await _thread(work, message)
            if message.in_thread and under is None:
                await work.messages.save(replace(message, due_at=now + _THREAD_WAIT))
                return None
            return replace(await _take(ports, work, message), under=under)
    except Stale:
        return None


def _may_go(message: Message, now: datetime, wall: datetime) -> bool:
    if message.status not in (MessageStatus.QUEUED, MessageStatus.SENDING):
        return False
    return (message.due_at or now) <= now and (message.claimed_until or wall) <= wall


async def _thread(work: UnitOfWork, message: Message) -> Posted | None:
    """The card to reply to; None while it is not posted, or an older reply is still to come."""
    if not message.in_thread or message.request_id is None:
        return None
    card, first = await work.cards.get(message.request_id), await work.messages.next_in_thread(message.request_id)
    if card is None or card.ts is None or first is None or first.id != message.id:
        return None
    return Posted(card.channel, card.ts)


async def _still_true(work: UnitOfWork, message: Message, now: datetime) -> bool:
    """What has stopped being true is not sent: a PIN that is gone, a reminder for one who is in, or to decide."""
    if message.phrase in _WHILE_PENDING and message.request_id:
        request = await work.requests.get(message.request_id)
        if request is None or request.status is not RequestStatus.PENDING:
            return False
        return not any(said.approver == message.recipient for said in request.approvals)
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
    sealed = await work.words.open(message.id)
    phone = guest.phone if guest else _phone_of_approver(ports, message)
    return replace(claim, phone=phone, pin=pin, sealed=sealed, known=known)


def _phone_of_approver(ports: Ports, message: Message) -> Phone | None:
    """It stands in the operator's rules alone; None for somebody whom they name no more."""
    return next((one.phone for one in ports.rules.sms_approvers if one.id == message.recipient), None)


async def _text(ports: Ports, claim: _Claim) -> str:
    message = claim.message
    if claim.phone is None or message.tried_at is None:
        raise Rejected("there is no number to text any more")
    body = _words(message, claim, await _names(ports, message))
    text = Text(message.id, claim.phone, body, message.tried_at)
    found = await ports.texter.find(text, claim.known) if claim.tried else None
    return found or await ports.texter.send(text)


async def _names(ports: Ports, message: Message) -> dict[str, str]:
    """How the chat calls the people in a text to an approver. A chat that does not answer now is asked again later."""
    if not is_to_approver(message.phrase):
        return {}
    people = {person for fact in NAMED if (person := message.facts.get(fact)) and person != BY_THE_RULES}
    names = {}
    for person in sorted(in_chat(people)):
        try:
            names[person] = await ports.chat.name(person)
        except (Misconfigured, Rejected):
            names[person] = ""
    return names


def _words(message: Message, claim: _Claim, names: Mapping[str, str]) -> str:
    if is_to_approver(message.phrase):
        return to_approver(ToApprover(message.phrase), message.facts, claim.sealed, names)
    phrase = Phrase(message.phrase)
    if phrase not in SEALED:
        return sms(phrase, message.facts, claim.pin)
    if claim.sealed is None:
        raise Rejected("the words have been erased")
    return claim.sealed


async def _post(ports: Ports, claim: _Claim) -> str:
    message, under = claim.message, claim.under
    where, thread = (under.channel, under.ts) if under else (message.recipient, None)
    if claim.tried and message.tried_at is not None:
        found = await ports.chat.find(where, post_id=message.id, since=message.tried_at, thread=thread)
        if found is not None:
            return found.ts
    words = history(Event(message.phrase), message.facts) if under else notice(Word(message.phrase), message.facts)
    return (await ports.chat.post(where, words, post_id=message.id, thread=thread)).ts


async def _record(ports: Ports, message_id: str, ref: str) -> None:
    async with ports.store() as work:
        message = await work.messages.get(message_id, hold=True)
        if message is None:
            return
        status = MessageStatus.SENT if message.status is MessageStatus.SENDING else message.status
        await work.messages.save(replace(message, status=status, vendor_ref=ref, claimed_until=None, due_at=None))
        await _keep_history(ports, work, message)
        await _touch(ports, work, message)


async def _touch(ports: Ports, work: UnitOfWork, message: Message) -> None:
    """A text changes what its code's card says, and the PIN's text moves the code along; a reply lets the next go."""
    if message.in_thread:
        await _free_next(ports, work, message)
    if message.medium is Medium.SMS and message.code_id and message.request_id:
        await work.cards.want(message.request_id, ports.house.approvals_channel, ports.clock.now())
        work.nudge(Subject.CODE, message.code_id)
        work.nudge(Subject.CARD, message.request_id)


async def _free_next(ports: Ports, work: UnitOfWork, message: Message) -> None:
    following = await work.messages.next_in_thread(message.request_id or "")
    if following is not None and following.status is MessageStatus.QUEUED:
        await work.messages.save(replace(following, due_at=ports.clock.now()))
        work.nudge(Subject.MESSAGE, following.id)


async def _keep_history(ports: Ports, work: UnitOfWork, message: Message, event: Event = Event.TEXTED) -> None:
    if message.medium is not Medium.SMS or message.request_id is None or not told_in_thread(message.phrase):
        return
    key, channel = f"{event.value}:{message.id}", ports.house.approvals_channel
    facts, now = {"phrase": message.phrase, "problem": message.problem or "", **quoted(message)}, ports.clock.now()
    await work.say(reply(ports.new_id(), key, event, message.request_id, channel, now, facts))


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
            await _keep_history(ports, work, after, Event.UNDELIVERED)
            await _alarm(ports, work, after)
        elif isinstance(trouble, Rejected) and message.in_thread and message.request_id is not None:
            # the card may be gone: shown again, it is posted anew where it is
            await work.cards.want(message.request_id, ports.house.approvals_channel, now)
            work.nudge(Subject.CARD, message.request_id)


async def _alarm(ports: Ports, work: UnitOfWork, message: Message) -> None:
    """A text that no vendor will ever take: staff hear of it at once."""
    code = await work.codes.get(message.code_id) if message.code_id else None
    guest = await work.guests.get(message.recipient) if message.medium is Medium.SMS else None
    lock = await work.locks.get(code.lock_id) if code else None
    if code is None or guest is None or lock is None:
        return
    now, channel = ports.clock.now(), ports.house.approvals_channel
    alarm = not_delivered(ports.new_id(), message, guest, lock, code, channel, message.problem or "", now)
    if await work.messages.queue(alarm):
        work.nudge(Subject.MESSAGE, alarm.id)


def _after_trouble(ports: Ports, claim: _Claim, message: Message, trouble: ProviderError, now: datetime) -> Message:
    if isinstance(trouble, Rejected) and message.in_thread and message.attempts < _TRIES_IN_THREAD:
        return replace(message, status=MessageStatus.QUEUED, due_at=now + _THREAD_WAIT, claimed_until=None)
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
