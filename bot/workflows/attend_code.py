"""Looks at one code: applies `advance`, queues what is to be said, and says when to look again."""

from dataclasses import dataclass, replace

from bot.conversation.drafts import note_to, stay_facts, text_to_guest
from bot.conversation.notices import Word, text_state
from bot.conversation.phrases import Phrase
from bot.domain.access_codes import AccessCode, CodeStatus
from bot.domain.access_requests import AccessRequest
from bot.domain.advance import Facts, Telling, Topic, advance
from bot.domain.locks import Guest, Lock
from bot.domain.messages import TAKEN, Message
from bot.ports import Ports, Stale, Subject, UnitOfWork

_TO_GUEST = {Topic.PIN: Phrase.PIN, Topic.REMINDER: Phrase.REMINDER, Topic.MISSED_GUEST: Phrase.MISSED}
_TO_REQUESTER = {Topic.SHARED: Word.SHARED, Topic.USED: Word.USED}
_TO_CHANNEL = {
    Topic.DANGER: Word.DANGER,
    Topic.MISSED_STAFF: Word.MISSED_STAFF,
    Topic.FAILED: Word.FAILED,
    Topic.NEVER_MINTED: Word.NEVER_MINTED,
}


@dataclass(frozen=True, slots=True)
class _Case:
    code: AccessCode
    request: AccessRequest
    guest: Guest
    lock: Lock
    messages: tuple[Message, ...]


async def attend_code(ports: Ports, code_id: str) -> None:
    """Safe to run at any time and any number of times; if another worker was faster, nothing happens."""
    try:
        async with ports.store() as work:
            case = await _case(work, code_id)
            if case is not None:
                await _attend(ports, work, case)
    except Stale:
        return


async def _case(work: UnitOfWork, code_id: str) -> _Case | None:
    code = await work.codes.get(code_id)
    request = await work.requests.get(code.request_id) if code else None
    guest = await work.guests.get(code.guest_id) if code else None
    lock = await work.locks.get(code.lock_id) if code else None
    if code is None or request is None or guest is None or lock is None:
        return None
    messages = tuple(m for m in await work.messages.of_request(code.request_id) if m.code_id == code_id)
    return _Case(code, request, guest, lock, messages)


async def _attend(ports: Ports, work: UnitOfWork, case: _Case) -> None:
    now = ports.clock.now()
    step = advance(case.code, await _facts(work, case), now, ports.policy, case.lock.zoneinfo)
    if step.path or step.due_at != case.code.due_at:
        await work.codes.save(replace(case.code, status=step.status, due_at=step.due_at))
    if step.path:
        await work.cards.want(case.request.id, ports.house.approvals_channel, now)
        await work.audit.note(now, "clock", step.status.value, case.code.id)
        work.nudge(Subject.CARD, case.request.id)
    for telling in step.tell:
        await _tell(ports, work, case, telling)
    if step.status is CodeStatus.MINTING:
        work.nudge(Subject.MINT, case.code.id)


async def _facts(work: UnitOfWork, case: _Case) -> Facts:
    told = frozenset(m.key.removeprefix(f"{case.code.id}:") for m in case.messages)
    texted = any(m.phrase == Phrase.PIN.value and m.status in TAKEN for m in case.messages)
    return Facts(told, texted, bool(await work.codes.evidence(case.code.id)))


async def _tell(ports: Ports, work: UnitOfWork, case: _Case, telling: Telling) -> None:
    message = _message(ports, case, telling)
    if await work.messages.queue(message):
        work.nudge(Subject.MESSAGE, message.id)


def _message(ports: Ports, case: _Case, telling: Telling) -> Message:
    now, code = ports.clock.now(), case.code
    key = f"{code.id}:{telling.key}"
    facts = stay_facts(case.guest, case.lock, code.window)
    if telling.topic in _TO_GUEST:
        facts |= {"replaces": code.replaces} if code.replaces else {}
        return text_to_guest(ports.new_id(), key, _TO_GUEST[telling.topic], case.guest, facts, code, now)
    facts |= {"code": code.id, "phone": case.guest.phone.masked()}
    facts["text"] = text_state(case.messages, code.id) or "Text with the PIN: none yet"
    word = _TO_REQUESTER.get(telling.topic) or _TO_CHANNEL[telling.topic]
    address = case.request.requester if telling.topic in _TO_REQUESTER else ports.house.approvals_channel
    return note_to(ports.new_id(), key, word, address, facts, code.request_id, code.id, now)
