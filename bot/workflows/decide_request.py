"""An approver decides. The last approval needed plans anew, takes a slot for every
PIN of the stay and reserves its codes, in one transaction.

An approver may change the window and approve it in the same step; the audit entry and the word to the requester say
what was changed. Where the rules let them, somebody approves their own request in an emergency; others are then asked
to review it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

from bot.conversation.guest_texts.approver_texts import ToApprover, question
from bot.conversation.guest_texts.drafts import stay_facts
from bot.conversation.team.amendments import amended_facts, change_facts
from bot.conversation.team.drafts import note_to
from bot.conversation.team.history import Event, reply
from bot.conversation.team.notices import NoticeKind
from bot.domain.approvals.advance_request import advance_request, backup_called
from bot.domain.approvals.amending import (
    amended,
    asked_anew,
    check_can_amend,
    check_may_grant,
    check_seen,
    deciders_amended,
)
from bot.domain.approvals.by_source import policy_for
from bot.domain.approvals.deciding import check_can_decide, counting, settles
from bot.domain.approvals.policy import Deciders, Groups, deciders_of_all, texted
from bot.domain.approvals.sms_approvers import in_chat
from bot.domain.hiding import hide_digits
from bot.domain.locks.known_as import KnownAs
from bot.domain.locks.lock import Lock, together
from bot.domain.planning.stay_plan import plan_stay
from bot.domain.refusals import Reason, Refusal, on_clock_of
from bot.domain.stays.access_codes import AccessCode
from bot.domain.stays.access_requests import AccessRequest, Decision, RequestStatus
from bot.domain.stays.guests import Guest
from bot.domain.stays.reserving import reserve_all
from bot.domain.windows import AccessWindow, PinKind
from bot.ports import Ports, Subject, UnitOfWork
from bot.ports.house import check_admitted
from bot.ports.new_codes import add_codes
from bot.ports.own_pins import own_pins
from bot.ports.planned_doors import planned_doors
from bot.ports.stale import retry_if_stale
from bot.ports.wanted_cards import want_card


@dataclass(frozen=True, slots=True)
class Chosen:
    """The window that an approver chose instead, having looked at a request that had been amended `seen` times.
    `delivery` is the vendor's id of this very step, so that a retry decides once."""

    window: AccessWindow
    delivery: str
    one_time: bool = False
    seen: int = 0


@retry_if_stale
async def decide_request(
    ports: Ports,
    request_id: str,
    approver: str,
    *,
    approved: bool,
    reason: str | None = None,
    emergency: bool = False,
    seen: int = 0,
) -> AccessRequest:
    """The request as it stands then. Raises a Refusal when this person may not, or the lock has no place left.

    `seen`: how often its window had been changed when they looked; nobody approves one that they have not seen.
    Two managers at once: the lock's row is held, so the second one reads what the first has decided.
    """
    said = Decision(approver, approved, ports.clock.now(), reason or None, emergency)
    groups = await ports.groups()
    async with ports.store() as uow:
        request = await _for_update(uow, request_id)
        locks = await _locks(uow, request)
        who = _deciders(ports, request, locks, groups)
        # Authority before anything about the window: whoever may not decide learns nothing of the request.
        with on_clock_of(together(locks).zoneinfo):
            check_can_decide(request, approver, who, approved=approved, emergency=emergency)
        if approved:
            # By text message, too: nobody approves for a workspace that was taken back meanwhile.
            await check_admitted(ports, uow, request.workspace)
            check_seen(request, seen)
        return await _record(ports, uow, request, said, who)


@dataclass(frozen=True, slots=True)
class ToDeny:
    """What a denial is about, before it is written."""

    request: AccessRequest
    guest: Guest
    lock: Lock


@retry_if_stale
async def preview_denial(ports: Ports, request_id: str, person: str) -> ToDeny:
    """Reads only. Raises a Refusal where this person may not decide it, or it was decided."""
    groups = await ports.groups()
    async with ports.store() as uow:
        request = await uow.requests.get(request_id)
        guest = await uow.guests.of_stay(request_id) if request else None
        if request is None or guest is None:
            raise Refusal(Reason.UNKNOWN_REQUEST)
        locks = await _locks(uow, request)
        with on_clock_of(together(locks).zoneinfo):
            check_can_decide(request, person, _deciders(ports, request, locks, groups), approved=False)
        return ToDeny(request, guest, together(locks))


@retry_if_stale
async def amend_request(
    ports: Ports, request_id: str, approver: str, chosen: Chosen, words: str | None = None
) -> AccessRequest:
    """Changes the window and approves it: settled, or one of two approvals; the request as it stands then.

    Approvals of the window before it no longer count. A window that is the granted one already is a plain approval.
    Raises a Refusal, with offers where the lock would not accept it.
    """
    now, groups = ports.clock.now(), await ports.groups()
    said = Decision(approver, approved=True, at=now, reason=words or None)
    async with ports.store() as uow:
        # Counted before the door is taken, acted upon after it: a retry waits for the first and reads its result.
        first = await uow.deliveries.first("slack", chosen.delivery, now)
        request = await _for_update(uow, request_id)
        if not first:
            return request
        locks = await _locks(uow, request)
        who = _deciders(ports, request, locks, groups)
        with on_clock_of(together(locks).zoneinfo):
            check_can_amend(request, approver, who)
        await check_admitted(ports, uow, request.workspace)
        check_seen(request, chosen.seen)
        doors, _ = await planned_doors(uow, locks, now)
        planned = plan_stay(chosen.window, doors, now=now, one_time=chosen.one_time, chain=request.chain)
        changed = amended(request, approver, planned.whole, now)
        if changed is request:
            check_can_decide(request, approver, who)
            return await _record(ports, uow, request, said, who)
        called, known = backup_called(request, now, ports.rules.reminders), _known(locks)
        changed = asked_anew(ports.rules, request, changed, known, known, groups)
        after = deciders_amended(ports.rules, changed, known, groups, who, backup_called=called)
        check_may_grant(approver, after)
        # Another window lapses at another moment, so the reminders are laid out anew.
        changed = replace(changed, due_at=advance_request(changed, now, ports.rules.reminders).due_at)
        changes = change_facts(request, changed, locks[0].zone)
        await uow.audit.note(now, approver, "amended", request.id, **changes)
        return await _record(ports, uow, changed, said, after, changes)


async def _record(
    ports: Ports,
    uow: UnitOfWork,
    request: AccessRequest,
    said: Decision,
    who: Deciders,
    changes: Mapping[str, str] = MappingProxyType({}),
) -> AccessRequest:
    """`changes`: what this step has made of the window; empty for a plain decision."""
    if said.reason:
        theirs = await own_pins(uow, request.id, request.guest_id, said.at)
        said = replace(said, reason=hide_digits(said.reason, theirs))
    if settles(request, said, who):
        return await _settle(ports, uow, request, said, who, changes)
    channel = ports.options.approvals_channel
    saved = await uow.requests.save(replace(request, approvals=(*request.approvals, said)))
    if changes:
        key, facts = f"amended:{saved.amendments}", {**changes, "reason": said.reason or ""}
        await uow.enqueue(reply(ports.new_id(), key, Event.AMENDED, request.id, channel, said.at, facts))
        await _ask_by_text(ports, uow, saved, who)
    await want_card(ports, uow, request.id)
    count = f"{len(counting(saved, who))} of {who.needed}"
    await uow.audit.note(said.at, said.approver, "approval", request.id, count=count)
    return saved


async def _ask_by_text(ports: Ports, uow: UnitOfWork, request: AccessRequest, who: Deciders) -> None:
    """Approvers without chat are asked about the new window; the code they have is for the one before."""
    now, lock = ports.clock.now(), together(await _locks(uow, request))
    guest = await uow.guests.of_stay(request.id)
    asked = who.approvers - {request.requester, *(said.approver for said in request.approvals)}
    if guest is None:
        return
    for approver in texted(ports.rules, asked):
        anew = question(ports.new_id(), ToApprover.CHANGED, approver, request, guest, lock, now, ports.policy.quiet)
        if await uow.enqueue(anew):
            await uow.words.keep(anew.id, await uow.sms_codes.issue(request.id, approver.id, request.granted, now))


def _deciders(ports: Ports, request: AccessRequest, locks: Sequence[Lock], groups: Groups) -> Deciders:
    called = backup_called(request, ports.clock.now(), ports.rules.reminders)
    return deciders_of_all(ports.rules, request, _known(locks), groups, backup_called=called)


def _known(locks: Sequence[Lock]) -> list[KnownAs]:
    return [lock.known_as for lock in locks]


async def _locks(uow: UnitOfWork, request: AccessRequest) -> tuple[Lock, ...]:
    found = await uow.locks.of_stay(request)
    if not found:
        raise Refusal(Reason.UNKNOWN_LOCK)
    return found


async def _settle(
    ports: Ports,
    uow: UnitOfWork,
    request: AccessRequest,
    said: Decision,
    who: Deciders,
    changes: Mapping[str, str],
) -> AccessRequest:
    now, status = ports.clock.now(), RequestStatus.APPROVED if said.approved else RequestStatus.DENIED
    what = "break_glass" if said.emergency else status.value
    await uow.audit.note(said.at, said.approver, what, request.id, reason=said.reason or "")
    codes = list[AccessCode]()
    if said.approved:
        # From `wanted`, and behind the doors' rows: since the ask its start may have passed, and a slot may be taken.
        locks = await _locks(uow, request)
        doors, held = await planned_doors(uow, locks, now)
        policy = policy_for(ports.rules, ports.policy, request.requester, locks[0])
        one_time = request.kind is PinKind.ONE_TIME
        planned = plan_stay(request.wanted, doors, now=now, one_time=one_time, chain=request.chain)
        codes = reserve_all(request, planned, held, ports.new_id, now, policy)
        request = replace(request, granted=planned.whole.granted, kind=planned.whole.kind)
    saved = await uow.requests.save(replace(request, status=status, decision=said, due_at=None))
    await add_codes(uow, codes, now)
    if said.approved and (series := await uow.series.get(saved.id) if saved.series_id else None):
        zone = together(await _locks(uow, saved)).zoneinfo
        await uow.series.put(series.begun(zone, ports.policy.mint_lead))
        uow.nudge(Subject.SERIES, series.id)
    await _tell(ports, uow, saved, NoticeKind.APPROVED if said.approved else NoticeKind.DENIED, changes)
    if said.emergency:
        await _ask_for_review(ports, uow, saved, who)
    return saved


async def _for_update(uow: UnitOfWork, request_id: str) -> AccessRequest:
    request = await uow.requests.get(request_id)
    if request is None:
        raise Refusal(Reason.UNKNOWN_REQUEST)
    await uow.locks.for_update(*request.lock_ids)
    # Read again behind the doors: whoever held it before may have decided.
    return await uow.requests.get(request_id) or request


async def _tell(
    ports: Ports, uow: UnitOfWork, request: AccessRequest, word: NoticeKind, changes: Mapping[str, str]
) -> None:
    now = ports.clock.now()
    guest, locks = await uow.guests.of_stay(request.id), await uow.locks.of_stay(request)
    if guest is None or not locks or request.decision is None:
        return
    facts = stay_facts(guest, together(locks), request.granted)
    facts |= {"approver": request.decision.approver, "reason": request.decision.reason or ""}
    facts |= amended_facts(request) | ({"on_arrival": "yes"} if request.on_arrival else {})
    facts |= {"repeats": "yes"} if request.series_id else {}
    message = note_to(ports.new_id(), f"{request.id}:decided", word, request.requester, facts, request.id, None, now)
    said = {**facts, **changes, "approved": "yes" if request.decision.approved else "no"}
    channel = ports.options.approvals_channel
    await uow.enqueue_all([message, reply(ports.new_id(), "decided", Event.DECIDED, request.id, channel, now, said)])
    await want_card(ports, uow, request.id)


async def _ask_for_review(ports: Ports, uow: UnitOfWork, request: AccessRequest, who: Deciders) -> None:
    now, channel = ports.clock.now(), ports.options.approvals_channel
    guest, locks = await uow.guests.of_stay(request.id), await uow.locks.of_stay(request)
    if guest is None or not locks:
        return
    whom = ",".join(sorted(in_chat(who.approvers - {request.requester})))
    facts = stay_facts(guest, together(locks), request.granted)
    facts |= {"whom": whom, "requester": request.requester, "request": request.id}
    key = f"{request.id}:review"
    message = note_to(ports.new_id(), key, NoticeKind.EMERGENCY_REVIEW, channel, facts, request.id, None, now)
    await uow.messages.queue(message)
    uow.nudge(Subject.MESSAGE, message.id)
