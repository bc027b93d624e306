"""A pending request whose time has come: its approvers are reminded, or it lapses and its requester is told. And of an
approved one a change that was asked, and that nobody has decided in time."""

from dataclasses import replace

from bot.conversation.guest_texts.approver_texts import ToApprover, question
from bot.conversation.guest_texts.drafts import stay_facts
from bot.conversation.team.amendments import WANTED, amended_facts, answer_facts, wanted_changes
from bot.conversation.team.drafts import note_to
from bot.conversation.team.history import Event, reply
from bot.conversation.team.notices import NoticeKind
from bot.domain.approvals.advance_request import Call, advance_request
from bot.domain.approvals.policy import Groups, deciders_of_all, people, texted
from bot.domain.approvals.sms_approvers import in_chat
from bot.domain.locks.lock import Lock, together
from bot.domain.stays.access_requests import AccessRequest, RequestStatus
from bot.domain.stays.guests import Guest
from bot.domain.stays.standing import newest_of_parts
from bot.ports import Ports, Subject, UnitOfWork
from bot.ports.links import visits_of
from bot.ports.stale import retry_if_stale
from bot.ports.wanted_cards import want_card


@retry_if_stale
async def process_request(ports: Ports, request_id: str) -> None:
    now, groups = ports.clock.now(), await ports.groups()
    async with ports.store() as uow:
        request = await uow.requests.get(request_id, for_update=True)
        if request is None or request.due_at is None or request.due_at > now:
            return
        if request.status is not RequestStatus.PENDING:
            await _lapse_change(ports, uow, await uow.requests.save(replace(request, due_at=None)))
            return
        step = advance_request(request, now, ports.rules.reminders)
        saved = await uow.requests.save(replace(request, status=step.status, due_at=step.due_at))
        if step.call is not None:
            await _remind(ports, uow, saved, step.call, groups)
        if step.status is RequestStatus.LAPSED:
            await _lapse(ports, uow, saved)


async def _remind(ports: Ports, uow: UnitOfWork, request: AccessRequest, call: Call, groups: Groups) -> None:
    """Approvers are called by name, apart from who asked and who has approved; the last time, the backup."""
    guest, locks = await uow.guests.of_stay(request.id), await uow.locks.of_stay(request)
    if guest is None or not locks:
        return
    lock, called = together(locks), [one.known_as for one in locks]
    now, backup = ports.clock.now(), people(ports.rules.reminders.backup, groups) if call.last else frozenset()
    now_or_later = deciders_of_all(ports.rules, request, called, groups, backup_called=True).approvers
    approvers = deciders_of_all(ports.rules, request, called, groups, backup_called=False).approvers
    backup &= now_or_later
    whom = (backup | approvers if call.only else backup) or approvers
    done = {request.requester, *(said.approver for said in request.approvals)}
    if call.last:
        await _remind_by_text(ports, uow, request, guest, lock, now_or_later - done)
    whom = in_chat(whom - done)
    facts = stay_facts(guest, lock, request.granted)
    facts |= {"whom": ",".join(sorted(whom)), "requester": request.requester}
    facts |= {"lapses_at": request.lapses_at.isoformat()}
    facts |= {"backup": "yes"} if backup and not call.only else {}
    key, channel = f"{request.id}:remind:{call.number}", ports.options.approvals_channel
    message = note_to(ports.new_id(), key, NoticeKind.APPROVAL_REMINDER, channel, facts, request.id, None, now)
    if await uow.messages.queue(message):
        await uow.audit.note(now, "clock", "reminded", request.id, number=str(call.number))
        uow.nudge(Subject.MESSAGE, message.id)


async def _remind_by_text(
    ports: Ports, uow: UnitOfWork, request: AccessRequest, guest: Guest, lock: Lock, whom: frozenset[str]
) -> None:
    """Once, at the last call: nobody's phone is to be filled with questions. Only the fresh code counts from then."""
    now, about = ports.clock.now(), (request, guest, lock)
    visits = await visits_of(uow, request)
    for approver in texted(ports.rules, whom):
        again = question(ports.new_id(), ToApprover.REMIND, approver, *about, now, ports.policy.quiet, visits)
        if await uow.enqueue(again):
            await uow.words.keep(again.id, await uow.sms_codes.issue(request.id, approver.id, request.granted, now))


async def _lapse(ports: Ports, uow: UnitOfWork, request: AccessRequest) -> None:
    now = ports.clock.now()
    guest, locks = await uow.guests.of_stay(request.id), await uow.locks.of_stay(request)
    if guest is not None and locks:
        facts = stay_facts(guest, together(locks), request.granted) | amended_facts(request)
        # The key of a decision: its requester hears of one outcome, whichever came first.
        key = f"{request.id}:decided"
        message = note_to(ports.new_id(), key, NoticeKind.LAPSED, request.requester, facts, request.id, None, now)
        await uow.messages.queue(message)
        uow.nudge(Subject.MESSAGE, message.id)
    channel = ports.options.approvals_channel
    await uow.enqueue(reply(ports.new_id(), "lapsed", Event.LAPSED, request.id, channel, now))
    await want_card(ports, uow, request.id)
    await uow.audit.note(now, "clock", "lapsed", request.id)


async def _lapse_change(ports: Ports, uow: UnitOfWork, request: AccessRequest) -> None:
    """What was overtaken is left alone: its question says so."""
    now, messages = ports.clock.now(), await uow.messages.of_request(request.id)
    every = wanted_changes(messages)
    codes = await uow.codes.of_request(request.id)
    if not every or every[-1].outcome or every[-1].seen != request.amendments:
        return
    if any(code.given_up for code in codes) and all(code.given_up for code in newest_of_parts(codes).values()):
        return
    wanted, channel = every[-1], ports.options.approvals_channel
    question = next(m for m in messages if m.phrase == WANTED and m.facts["change"] == wanted.id)
    facts, key = answer_facts(question, "lapsed"), f"change_settled:{wanted.id}"
    # The key of a decision, as above.
    if await uow.enqueue(reply(ports.new_id(), key, Event.CHANGE_SETTLED, request.id, channel, now, facts)):
        kind = NoticeKind.CHANGE_ANSWERED
        await uow.enqueue(note_to(ports.new_id(), key, kind, wanted.by, facts, request.id, None, now))
        await uow.audit.note(now, "clock", "change_lapsed", request.id, change=wanted.id)
        await want_card(ports, uow, request.id)
