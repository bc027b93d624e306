"""Somebody knows whose text it was that came from a number without a stay: its words, and those of the other texts that
came from this number and wait with it, then stand in that stay's thread, and nobody is called for them any more. No
number changes by it, and nothing is texted."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from bot.conversation.team.drafts import note_to
from bot.conversation.team.help_notices import sender_named
from bot.conversation.team.history import Event, reply
from bot.conversation.team.notices import NoticeKind
from bot.conversation.team.settled import settling_key
from bot.domain.locks.lock import Lock
from bot.domain.messages.message import Message
from bot.domain.refusals import Reason, Refusal
from bot.domain.stays.access_requests import AccessRequest, RequestStatus
from bot.domain.stays.guests import Guest
from bot.domain.stays.talking import MOST_NEAR, near_start
from bot.domain.stays.withdrawing import is_theirs
from bot.ports import Ports, Subject, UnitOfWork
from bot.ports.stale import retry_if_stale
from bot.ports.stay_approvers import stay_approvers


@dataclass(frozen=True, slots=True)
class Sender:
    """A stay whose guest may have written."""

    request: AccessRequest
    guest: Guest
    lock: Lock


@dataclass(frozen=True, slots=True)
class Unnamed:
    """A text without a sender, and who it may be, the soonest stay first."""

    text: Message
    senders: tuple[Sender, ...]


@retry_if_stale
async def ask_who_it_is(ports: Ports, text_id: str, person: str) -> Unnamed:
    """Raises a Refusal for whoever may see none of the stays that are near, and where it was named already."""
    now, groups = ports.clock.now(), await ports.groups()
    async with ports.store() as uow:
        text = await _text(uow, text_id)
        near = near_start(await uow.codes.awaited(now, None, MOST_NEAR), now)
        requests = await uow.requests.get_many([code.request_id for code in near])
        # In the order of the codes, which is that of the starts.
        found = [requests[one] for one in dict.fromkeys(code.request_id for code in near) if one in requests]
        there = [r for r in found if r.workspace == text.facts["workspace"]]
        theirs = [r for r in there if is_theirs(r, person, await stay_approvers(ports, uow, r, groups))]
        if not theirs:
            raise Refusal(Reason.NOT_YOURS_TO_NAME)
        await _check_unnamed(uow, text)
        return Unnamed(text, tuple([one for r in theirs if (one := await _sender(uow, r)) is not None]))


@retry_if_stale
async def name_sender(ports: Ports, text_id: str, request_id: str, person: str) -> Sender:
    """Once for every text. Raises a Refusal where this person may not see that stay, or somebody was faster. Naming one
    names all that came from the same number and wait."""
    now, groups = ports.clock.now(), await ports.groups()
    async with ports.store() as uow:
        text = await _text(uow, text_id)
        # Counted before the stay is taken: of two who name at once the second waits here. A Refusal undoes it.
        waited = {one.id: one for one in sorted([text, *await _beside(uow, text)], key=lambda one: one.id)}
        unnamed = [one for one in waited.values() if await uow.deliveries.first("sender", one.id, now)]
        request = await uow.requests.get(request_id, for_update=True)
        if request is None or request.workspace != text.facts["workspace"]:
            raise Refusal(Reason.UNKNOWN_REQUEST)
        if not is_theirs(request, person, await stay_approvers(ports, uow, request, groups)):
            raise Refusal(Reason.NOT_YOURS_TO_NAME)
        sender = await _sender(uow, request)
        if request.status is not RequestStatus.APPROVED or sender is None:
            raise Refusal(Reason.UNKNOWN_REQUEST)
        if text not in unnamed:
            raise Refusal(Reason.SENDER_NAMED)
        for one in unnamed:
            await _tell(ports, uow, one, sender, person)
            await uow.audit.note(now, person, "sender_named", request.id, text=one.id)
        await _solve(ports, uow, text)
        return sender


async def _beside(uow: UnitOfWork, text: Message) -> Sequence[Message]:
    """The other texts of this number that wait, as long as its alert does."""
    alert = await uow.alerts.get(text.facts.get("alert", ""))
    if alert is None or not alert.is_open or text.id not in alert.notices:
        return []
    notices = [m for one in alert.notices if (m := await uow.messages.get(one)) is not None]
    return [m for m in notices if m.phrase == NoticeKind.UNKNOWN_TEXT.value and m.facts["text"] == m.id != text.id]


async def _solve(ports: Ports, uow: UnitOfWork, text: Message) -> None:
    """Nobody needs to take it any more: `process_alert` says so wherever it stands."""
    alert = await uow.alerts.get(text.facts.get("alert", ""), for_update=True)
    if alert is not None and alert.is_open:
        await uow.alerts.save(replace(alert, due_at=ports.clock.now()))
        uow.nudge(Subject.ALERT, alert.id)


async def _tell(ports: Ports, uow: UnitOfWork, text: Message, sender: Sender, person: str) -> None:
    """The words in the thread, and under them in the channel who has said whose they are."""
    now, request, channel = ports.clock.now(), sender.request, ports.options.approvals_channel
    kept = {name: text.facts[name] for name in ("words", "phone", "media", "link") if name in text.facts}
    facts = {**kept, "by": person, "request": request.id}
    said = reply(ports.new_id(), f"says:{text.id}", Event.SAID_ELSEWHERE, request.id, channel, now, facts)
    await uow.enqueue(said)
    answer = {
        "of": text.id,
        "answer": sender_named(person, sender.guest, sender.lock),
        "workspace": request.workspace,
    }
    key = settling_key(text.id)
    await uow.enqueue(note_to(ports.new_id(), key, NoticeKind.SETTLED, text.recipient, answer, None, None, now))


async def _text(uow: UnitOfWork, text_id: str) -> Message:
    """What a button carries is a claim: only a text that waits for its sender will do."""
    text = await uow.messages.get(text_id)
    if text is None or text.phrase != NoticeKind.UNKNOWN_TEXT.value:
        raise Refusal(Reason.UNKNOWN_REQUEST)
    return text


async def _check_unnamed(uow: UnitOfWork, text: Message) -> None:
    if await uow.deliveries.seen("sender", text.id):
        raise Refusal(Reason.SENDER_NAMED)


async def _sender(uow: UnitOfWork, request: AccessRequest) -> Sender | None:
    guest, lock = await uow.guests.of_stay(request.id), await uow.locks.get(request.lock_id)
    return Sender(request, guest, lock) if guest and lock else None
