"""A requester asks: the plan is settled, the request stands, its card is on the way. Where the rules approve it by
themselves, its code is reserved in the same transaction."""

from dataclasses import dataclass, field, replace
from datetime import datetime

from bot.conversation.guest_texts.approver_texts import ToApprover, question
from bot.conversation.team.notices import hide_digits
from bot.conversation.typed.languages import language_choice_for
from bot.domain.approvals.advance_request import advance_request
from bot.domain.approvals.policy import BY_THE_RULES, Groups, Rule, check_may_ask, deciders, stay_of, texted
from bot.domain.locks.lock import Lock
from bot.domain.messages.languages import Language, LanguageChoice
from bot.domain.pins import Phone
from bot.domain.planning.holdings import Holdings, ledger
from bot.domain.planning.plan import Plan, plan
from bot.domain.refusals import Reason, Refusal
from bot.domain.stays.access_requests import AccessRequest, Decision, RequestStatus
from bot.domain.stays.guests import Guest
from bot.domain.stays.reserving import For, reserve_in
from bot.domain.windows import AccessWindow
from bot.ports import Ports, Subject, UnitOfWork
from bot.ports.stale import retry_if_stale


@dataclass(frozen=True, slots=True)
class PinRequest:
    """What somebody asks for. `delivery` is the vendor's id of this very ask, so that a retry asks once."""

    requester: str
    lock_id: str
    guest_name: str
    phone: Phone
    window: AccessWindow
    delivery: str
    note: str | None = None
    one_time: bool = False
    on_arrival: bool = False
    workspace: str = ""
    language: Language | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """`plan` is None when this delivery was seen before; `approved` says that the rules approved it by themselves."""

    plan: Plan | None
    approved: bool = False
    language_choice: LanguageChoice = field(default_factory=LanguageChoice)


@retry_if_stale
async def ask_for_pin(ports: Ports, wanted: PinRequest) -> Asked:
    """Raises a Refusal, with offers, when the lock would not accept it or this person may not ask."""
    # Before the transaction: the chat may have to be asked for the groups, and no row is held over a vendor's call.
    now, groups = ports.clock.now(), await ports.groups()
    check_may_ask(ports.rules, wanted.requester, groups)
    async with ports.store() as uow:
        # In the ask's own transaction: a Refusal below undoes this as well, so the same form may be sent once more.
        if not await uow.deliveries.first("slack", wanted.delivery, now):
            return Asked(None)
        lock = await _lock(ports, uow, wanted)
        held = await uow.codes.holdings(lock.id, now)
        planned = plan(
            wanted.window,
            zone=lock.zoneinfo,
            now=now,
            one_time=wanted.one_time,
            ledger=ledger(held, await uow.locks.seen_full(lock.id, now)),
        )
        language_choice = language_choice_for(wanted.language, wanted.phone, ports.options.guest_language)
        guest = await uow.guests.get_or_create(wanted.guest_name, wanted.phone, language_choice)
        request = _request(ports, wanted, planned, guest.id, now)
        rule = ports.rules.rule_for(stay_of(lock.called, planned.granted, wanted.requester), groups)
        if rule.automatic:
            said = Decision(BY_THE_RULES, approved=True, at=now)
            request = replace(request, status=RequestStatus.APPROVED, decision=said, due_at=None)
        # The request's row first: its card, its code and its messages point to it.
        await uow.requests.add(request)
        await uow.cards.want(request.id, ports.options.approvals_channel, now)
        await uow.audit.note(now, wanted.requester, "asked", request.id, lock=lock.id, kind=planned.kind.value)
        if rule.automatic:
            await _reserve(ports, uow, request, planned, held, rule)
        else:
            await _ask_by_text(ports, uow, request, lock, guest, groups)
        uow.nudge(Subject.CARD, request.id)
    return Asked(planned, rule.automatic, guest.language_choice)


async def _lock(ports: Ports, uow: UnitOfWork, wanted: PinRequest) -> Lock:
    """The lock asked for. It is held where the rules may approve at once, so that nobody takes the slot in between."""
    lock = await uow.locks.get(wanted.lock_id)
    if lock is None:
        raise Refusal(Reason.UNKNOWN_LOCK)
    if not lock.makes_offline_pins:
        raise Refusal(Reason.LOCK_MAKES_NO_PINS, {"lock": lock.name})
    if ports.rules.any_automatic:
        await uow.locks.for_update(lock.id)
    return lock


def _request(ports: Ports, wanted: PinRequest, planned: Plan, guest_id: str, now: datetime) -> AccessRequest:
    request = AccessRequest(
        id=ports.new_id(),
        lock_id=wanted.lock_id,
        guest_id=guest_id,
        requester=wanted.requester,
        asked=wanted.window,
        granted=planned.granted,
        kind=planned.kind,
        created_at=now,
        note=hide_digits(wanted.note) if wanted.note else None,
        workspace=wanted.workspace,
        on_arrival=wanted.on_arrival,
    )
    return replace(request, due_at=advance_request(request, now, ports.rules.reminders).due_at)


async def _ask_by_text(
    ports: Ports, uow: UnitOfWork, request: AccessRequest, lock: Lock, guest: Guest, groups: Groups
) -> None:
    """Approvers without chat get a text of their own, each with a code of their own."""
    now, who = ports.clock.now(), deciders(ports.rules, request, lock.called, groups, backup_called=False)
    for approver in texted(ports.rules, who.approvers):
        ask = question(ports.new_id(), ToApprover.ASK, approver, request, guest, lock, now, ports.policy.quiet)
        # Only for a new message: the sealed code points to its row, and a text that is queued already has its own code.
        if await uow.enqueue(ask):
            await uow.words.keep(ask.id, await uow.sms_codes.issue(request.id, approver.id, request.granted, now))


async def _reserve(
    ports: Ports, uow: UnitOfWork, request: AccessRequest, planned: Plan, held: Holdings, rule: Rule
) -> None:
    now, whom = ports.clock.now(), For(request.id, request.lock_id, request.guest_id, on_arrival=request.on_arrival)
    code = reserve_in(held, ports.new_id(), whom, planned, now, ports.policy)
    await uow.codes.add(code)
    await uow.audit.note(now, BY_THE_RULES, RequestStatus.APPROVED.value, request.id, rule=rule.name)
    if code.mint_at <= now:
        uow.nudge(Subject.CODE, code.id)
