"""An approver decides. Approval plans anew, takes a slot and reserves the code, all in one transaction."""

from dataclasses import replace

from bot.conversation.drafts import note_to, stay_facts
from bot.conversation.history import Event, reply
from bot.conversation.notices import Word
from bot.domain.access_requests import AccessRequest, Decision, RequestStatus, check_can_decide
from bot.domain.holdings import ledger
from bot.domain.planning import plan
from bot.domain.refusals import Reason, Refusal
from bot.domain.reserving import For, reserve
from bot.domain.windows import PinKind
from bot.ports import Ports, Subject, UnitOfWork


async def decide_request(
    ports: Ports, request_id: str, approver: str, *, approved: bool, reason: str | None = None
) -> AccessRequest:
    """The request as decided. Raises a Refusal when this person may not, or the lock has no place left.

    Two managers at once: the lock's row is held, so the second one reads what the first has decided.
    """
    now, approvers = ports.clock.now(), await ports.approvers()
    async with ports.store() as work:
        request = await _hold(work, request_id)
        check_can_decide(request, approver, approvers)
        if approved:
            request = await _reserve(ports, work, request)
        status = RequestStatus.APPROVED if approved else RequestStatus.DENIED
        decided = replace(request, status=status, decision=Decision(approver, approved, now, reason), due_at=None)
        saved = await work.requests.save(decided)
        await _tell(ports, work, saved, Word.APPROVED if approved else Word.DENIED)
        await work.audit.note(now, approver, status.value, request.id, reason=reason or "")
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
    taken = held.slots.get((planned.kind.value, planned.slot.key), frozenset())
    code = reserve(ports.new_id(), whom, planned, taken, now, ports.policy)
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
