"""An approver decides. The last approval needed plans anew, takes a slot and reserves the code, in one transaction.

Where the rules let them, somebody approves their own request in an emergency; others are then asked to review it.
"""

from dataclasses import replace

from bot.conversation.drafts import note_to, stay_facts
from bot.conversation.history import Event, reply
from bot.conversation.notices import Word
from bot.domain.access_requests import AccessRequest, Decision, RequestStatus
from bot.domain.advance_request import backup_called
from bot.domain.holdings import ledger
from bot.domain.planning import plan
from bot.domain.policy import Deciders, Groups, check_can_decide, deciders, settles
from bot.domain.refusals import Reason, Refusal
from bot.domain.reserving import For, reserve_in
from bot.domain.sms_approvers import in_chat
from bot.domain.windows import PinKind
from bot.ports import Ports, Subject, UnitOfWork


async def decide_request(
    ports: Ports,
    request_id: str,
    approver: str,
    *,
    approved: bool,
    reason: str | None = None,
    emergency: bool = False,
) -> AccessRequest:
    """The request as it stands then. Raises a Refusal when this person may not, or the lock has no place left.

    Two managers at once: the lock's row is held, so the second one reads what the first has decided.
    """
    said = Decision(approver, approved, ports.clock.now(), reason, emergency)
    groups = await ports.groups()
    async with ports.store() as work:
        request = await _hold(work, request_id)
        who = await _deciders(ports, work, request, groups)
        check_can_decide(request, approver, who, approved=approved, emergency=emergency)
        if settles(request, said, who):
            return await _settle(ports, work, request, said, who)
        saved = await work.requests.save(replace(request, approvals=(*request.approvals, said)))
        await work.cards.want(request.id, ports.house.approvals_channel, said.at)
        count = f"{len(saved.approvals)} of {who.needed}"
        await work.audit.note(said.at, approver, "approval", request.id, count=count)
        work.nudge(Subject.CARD, request.id)
        return saved


async def _deciders(ports: Ports, work: UnitOfWork, request: AccessRequest, groups: Groups) -> Deciders:
    lock = await work.locks.get(request.lock_id)
    if lock is None:
        raise Refusal(Reason.UNKNOWN_LOCK)
    called = backup_called(request, ports.clock.now(), ports.rules.reminders)
    return deciders(ports.rules, request, lock.name, groups, backup_called=called)


async def _settle(
    ports: Ports, work: UnitOfWork, request: AccessRequest, said: Decision, who: Deciders
) -> AccessRequest:
    if said.approved:
        request = await _reserve(ports, work, request)
    status = RequestStatus.APPROVED if said.approved else RequestStatus.DENIED
    saved = await work.requests.save(replace(request, status=status, decision=said, due_at=None))
    await _tell(ports, work, saved, Word.APPROVED if said.approved else Word.DENIED)
    if said.emergency:
        await _ask_for_review(ports, work, saved, who)
    what = "break_glass" if said.emergency else status.value
    await work.audit.note(said.at, said.approver, what, request.id, reason=said.reason or "")
    return saved


async def _hold(work: UnitOfWork, request_id: str) -> AccessRequest:
    request = await work.requests.get(request_id)
    if request is None:
        raise Refusal(Reason.UNKNOWN_REQUEST)
    await work.locks.hold(request.lock_id)
    return await work.requests.get(request_id) or request


async def _reserve(ports: Ports, work: UnitOfWork, request: AccessRequest) -> AccessRequest:
    now = ports.clock.now()
    lock = await work.locks.get(request.lock_id)
    if lock is None:
        raise Refusal(Reason.UNKNOWN_LOCK)
    held = await work.codes.holdings(lock.id, now)
    planned = plan(
        request.asked,
        zone=lock.zoneinfo,
        now=now,
        one_time=request.kind is PinKind.ONE_TIME,
        ledger=ledger(held, await work.locks.seen_full(lock.id, now)),
    )
    whom = For(request.id, lock.id, request.guest_id)
    code = reserve_in(held, ports.new_id(), whom, planned, now, ports.policy)
    await work.codes.add(code)
    if code.mint_at <= now:
        work.nudge(Subject.CODE, code.id)
    return replace(request, granted=planned.granted, kind=planned.kind)


async def _tell(ports: Ports, work: UnitOfWork, request: AccessRequest, word: Word) -> None:
    now = ports.clock.now()
    guest, lock = await work.guests.get(request.guest_id), await work.locks.get(request.lock_id)
    if guest is None or lock is None or request.decision is None:
        return
    facts = stay_facts(guest, lock, request.granted)
    facts |= {"approver": request.decision.approver, "reason": request.decision.reason or ""}
    message = note_to(ports.new_id(), f"{request.id}:decided", word, request.requester, facts, request.id, None, now)
    await work.say(message)
    said = {**facts, "approved": "yes" if request.decision.approved else "no"}
    channel = ports.house.approvals_channel
    await work.say(reply(ports.new_id(), "decided", Event.DECIDED, request.id, channel, now, said))
    await work.cards.want(request.id, channel, now)
    work.nudge(Subject.CARD, request.id)


async def _ask_for_review(ports: Ports, work: UnitOfWork, request: AccessRequest, who: Deciders) -> None:
    now, channel = ports.clock.now(), ports.house.approvals_channel
    guest, lock = await work.guests.get(request.guest_id), await work.locks.get(request.lock_id)
    if guest is None or lock is None:
        return
    whom = ",".join(sorted(in_chat(who.approvers - {request.requester})))
    facts = stay_facts(guest, lock, request.granted)
    facts |= {"whom": whom, "requester": request.requester, "request": request.id}
    key = f"{request.id}:review"
    message = note_to(ports.new_id(), key, Word.EMERGENCY_REVIEW, channel, facts, request.id, None, now)
    await work.messages.queue(message)
    work.nudge(Subject.MESSAGE, message.id)
