"""Staff replace a PIN that was not used in time, as far as we know, or could not be made; or give another one where the
keypad takes none of it. A new one from this hour to the same end, on the same approver's word, in a slot of its own;
the one before opens as it did, and is given up, so that it can be deleted at the lock."""

from dataclasses import replace

from bot.conversation.guest_texts.drafts import stay_facts
from bot.conversation.refusals.limit_alerts import alarmed, count_of_stay
from bot.conversation.refusals.sentences import sentence
from bot.conversation.team.drafts import note_to
from bot.conversation.team.history import Event, reply
from bot.conversation.team.notices import NoticeKind
from bot.domain.approvals.by_source import policy_for
from bot.domain.approvals.limits import check_automatic
from bot.domain.approvals.policy import BY_THE_RULES, Groups, may_replace_alone
from bot.domain.planning.holdings import ledger
from bot.domain.planning.plan import Plan, plan
from bot.domain.refusals import Reason, Refusal
from bot.domain.stays.access_codes import DOOR_LEFT, PAST_DEADLINE, AccessCode, CodeStatus
from bot.domain.stays.access_requests import AccessRequest
from bot.domain.stays.advance import ANOTHER_WANTED, REPLACED_ALONE
from bot.domain.stays.given_up import GivenUp
from bot.domain.stays.reserving import For, reserve
from bot.domain.stays.standing import newest_like
from bot.domain.stays.withdrawing import give_up
from bot.domain.windows import AccessWindow, PinKind
from bot.ports import Ports, Subject, UnitOfWork
from bot.ports.stale import retry_if_stale
from bot.ports.stay_approvers import stay_approvers
from bot.ports.wanted_cards import want_card

_REPLACEABLE = (*PAST_DEADLINE, CodeStatus.FAILED)
_OPENS = (CodeStatus.READY, CodeStatus.SHARED, CodeStatus.ACTIVE)


@alarmed
@retry_if_stale
async def replace_pin(ports: Ports, code_id: str, staff: str, window: AccessWindow | None = None) -> AccessCode:
    """The new code, for the rest of the stay or for the window that was offered.

    Raises a Refusal when it was replaced already, there is nothing to replace, or the lock has no place left.
    """
    now, groups = ports.clock.now(), await ports.groups()
    async with ports.store() as uow:
        await _count(ports, uow, code_id, staff, groups)
        old, request = await _replaceable(ports, uow, code_id, staff, groups)
        by_rules = request.decision is not None and request.decision.approver == BY_THE_RULES
        if by_rules and staff not in await stay_approvers(ports, uow, request, groups):
            alive = await uow.codes.alive_by_rules(request.requester, [old.lock_id], now)
            check_automatic(ports.rules.limits, alive, 1, staff, request.workspace)
        new = await _reserve(ports, uow, old, request, window)
        if old.status in _OPENS and (given_up := give_up(old, GivenUp(staff, now), used=True)) is not None:
            await uow.codes.save(given_up)
        await uow.codes.add(new)
        channel, said = ports.options.approvals_channel, {"by": staff}
        await uow.enqueue(reply(ports.new_id(), f"replaced:{old.id}", Event.REPLACED, request.id, channel, now, said))
        await want_card(ports, uow, request.id)
        await uow.audit.note(now, staff, "replaced", old.id, by=new.id)
        uow.nudge(Subject.CODE, new.id)
    return new


@retry_if_stale
async def replace_alone(ports: Ports, code_id: str) -> None:
    """A guest has said after the deadline that the PIN does not open: by the rules it is replaced at once, on the word
    of the approver who decided the request; staff hear what came of it. Safe to run any number of times."""
    now, channel = ports.clock.now(), ports.options.approvals_channel
    async with ports.store() as uow:
        old = await _wanted(ports, uow, code_id)
        request = await uow.requests.get(old.request_id) if old else None
        guest, lock = (
            (await uow.guests.of_stay(old.request_id), await uow.locks.get(old.lock_id)) if old else (None, None)
        )
        if old is None or request is None or guest is None or lock is None:
            return
        facts = stay_facts(guest, lock, old.window) | {"code": old.id, "phone": guest.phone.masked()}
        try:
            new = await _reserve(ports, uow, old, request, None)
        # Caught inside: `_reserve` has written nothing, and what staff hear belongs into the same transaction.
        except Refusal as refusal:
            facts |= {"why": sentence(refusal, zone=lock.zoneinfo)}
        else:
            await uow.codes.add(new)
            said = {"by": BY_THE_RULES}
            await uow.enqueue(
                reply(ports.new_id(), f"replaced:{old.id}", Event.REPLACED, request.id, channel, now, said)
            )
            word = request.decision.approver if request.decision else BY_THE_RULES
            await uow.audit.note(now, BY_THE_RULES, "replaced", old.id, by=new.id, approver=word)
            uow.nudge(Subject.CODE, new.id)
        # The key that `advance` looks for: once this is queued, the code does not ask to be replaced again.
        key = f"{old.id}:{REPLACED_ALONE}"
        await uow.enqueue(
            note_to(ports.new_id(), key, NoticeKind.REPLACED_ALONE, channel, facts, request.id, old.id, now)
        )
        await uow.codes.save(replace(old, due_at=old.window.ends_at if old.status is CodeStatus.UNCONFIRMED else None))
        await want_card(ports, uow, request.id)


async def _count(ports: Ports, uow: UnitOfWork, code_id: str, staff: str, groups: Groups) -> None:
    code = await uow.codes.get(code_id)
    if code is not None:
        counted = ports.rules.limits.changes(code.request_id)
        await count_of_stay(ports, uow, code.request_id, staff, groups, counted)


async def _wanted(ports: Ports, uow: UnitOfWork, code_id: str) -> AccessCode | None:
    """The code, if its guest waits for the rules to replace it; its lock's row is held from here on."""
    found = await uow.codes.get(code_id)
    if found is None:
        return None
    await uow.locks.for_update(found.lock_id)
    siblings = await uow.codes.of_request(found.request_id)
    code = next((c for c in siblings if c.id == code_id), found)
    sent = await uow.codes.already_sent(code_id)
    waits = ANOTHER_WANTED in sent and REPLACED_ALONE not in sent and not await uow.codes.evidence(code_id)
    able = code.status in PAST_DEADLINE and may_replace_alone(siblings, code_id, ports.rules)
    return code if waits and able else None


async def _replaceable(
    ports: Ports, uow: UnitOfWork, code_id: str, staff: str, groups: Groups
) -> tuple[AccessCode, AccessRequest]:
    old = await uow.codes.get(code_id)
    if old is None:
        raise Refusal(Reason.NOTHING_TO_REPLACE)
    await uow.locks.for_update(old.lock_id)
    # Behind the door's row: of two who press at once, the second finds the code that the first has made.
    siblings = await uow.codes.of_request(old.request_id)
    request = await uow.requests.get(old.request_id)
    old = next((c for c in siblings if c.id == code_id), old)
    if request is None:
        raise Refusal(Reason.NOTHING_TO_REPLACE)
    # Whether they may comes first: nobody else learns how far a stay has come.
    if staff != request.requester and staff not in await stay_approvers(ports, uow, request, groups):
        raise Refusal(Reason.NOT_AN_APPROVER)
    # Replaced already is said before anything else: the one before was given up by that.
    if old.part == DOOR_LEFT or newest_like(siblings, old).id != old.id:
        raise Refusal(Reason.ALREADY_REPLACED)
    if old.status not in (*_REPLACEABLE, *_OPENS):
        raise Refusal(Reason.NOTHING_TO_REPLACE, {"status": old.status.value})
    return old, request


async def _reserve(
    ports: Ports, uow: UnitOfWork, old: AccessCode, request: AccessRequest, window: AccessWindow | None
) -> AccessCode:
    now = ports.clock.now()
    lock = await uow.locks.get(old.lock_id)
    if lock is None:
        raise Refusal(Reason.UNKNOWN_LOCK)
    held = await uow.codes.holdings(lock.id, now)
    known = ledger(held, await uow.locks.seen_full(lock.id, now))

    def planned_for(wanted: AccessWindow) -> Plan:
        one_time = old.kind is PinKind.ONE_TIME
        return plan(wanted, zone=lock.zoneinfo, now=now, one_time=one_time, ledger=known)

    rest = AccessWindow(max(now, old.window.starts_at), old.window.ends_at)
    try:
        planned = planned_for(rest)
    except Refusal as refusal:
        # What comes back from a button is a claim: only what is offered now, or lies inside the stay, is granted.
        offered = [AccessWindow(offer.starts_at, offer.ends_at) for offer in refusal.offers if not offer.then]
        inside = window is not None and rest.starts_at <= window.starts_at and window.ends_at <= rest.ends_at
        if window is None or not (window in offered or inside):
            raise
        planned = planned_for(window)
    taken = held.slots.get((planned.kind.value, planned.slot.key), frozenset())
    whom = For(request.id, lock.id, old.guest_id, replaces=old.id, part=old.part)
    policy = policy_for(ports.rules, ports.policy, request.requester, lock)
    return reserve(ports.new_id(), whom, planned, taken, now, policy)
