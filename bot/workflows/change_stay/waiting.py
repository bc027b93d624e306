"""The time or the doors of a stay that waits for its decision are changed by whoever asked for it: it is asked anew, on
the same card. Approvals of what it was count no more, and nobody approves what they have not seen."""

from dataclasses import replace

from bot.conversation.guest_texts.approver_texts import ToApprover, question
from bot.conversation.refusals.limit_alerts import alarmed, count_of_stay
from bot.conversation.team.amendments import change_facts, door_facts
from bot.conversation.team.history import Event, reply
from bot.domain.approvals.advance_request import advance_request, backup_called
from bot.domain.approvals.amending import amended, asked_anew, asked_for
from bot.domain.approvals.deciding import check_can_be_decided
from bot.domain.approvals.policy import deciders_of_all, texted
from bot.domain.locks.lock import Lock, together
from bot.domain.planning.stay_plan import plan_stay
from bot.domain.refusals import Reason, Refusal
from bot.domain.stays.access_requests import AccessRequest, RequestStatus
from bot.domain.windows import PinKind
from bot.ports import Ports, Stale, UnitOfWork
from bot.ports.planned_doors import planned_doors
from bot.ports.stale import retry_if_stale
from bot.ports.wanted_cards import want_card
from bot.workflows.change_stay.drafting import Wanted


@alarmed
@retry_if_stale
async def change_waiting(ports: Ports, request_id: str, requester: str, wanted: Wanted) -> AccessRequest:
    """The request as it stands then; as it was where it is so already. Raises a Refusal where a lock would not accept
    it, it is not theirs, or it waits no more."""
    now, groups = ports.clock.now(), await ports.groups()
    async with ports.store() as uow:
        await count_of_stay(ports, uow, request_id, requester, groups, ports.rules.limits.changes(request_id))
        before, locks = await _behind_doors(uow, request_id, requester, wanted.lock_ids)
        doors, _ = await planned_doors(uow, locks, now)
        once = before.kind is PinKind.ONE_TIME
        planned = plan_stay(
            wanted.window, doors, now=now, one_time=once, chain=before.chain, noticed=wanted.noticed
        ).whole
        after = amended(before, requester, planned, now, wanted.lock_ids)
        if after is before:
            after = replace(asked_for(before, wanted.window), booked=wanted.booked)
            return before if after == before else await _keep(ports, uow, after)
        after = replace(after, booked=wanted.booked)
        was = await uow.locks.of_stay(before)
        known = [lock.known_as for lock in was], [lock.known_as for lock in locks]
        after = asked_anew(ports.rules, before, after, *known, groups)
        called = backup_called(after, now, ports.rules.reminders)
        who = deciders_of_all(ports.rules, after, known[1], groups, backup_called=called)
        check_can_be_decided(after, who)
        saved = await uow.requests.save(
            # Another time lapses at another moment, so the reminders are laid out anew.
            _due(ports, after)
        )
        facts = change_facts(before, saved, locks[0].zone) | door_facts(together(was), together(locks))
        channel = ports.options.approvals_channel
        key = f"changed:{saved.amendments}"
        await uow.enqueue(reply(ports.new_id(), key, Event.CHANGED, saved.id, channel, now, facts))
        await _ask_by_text(ports, uow, saved, locks, who.approvers - {requester})
        await want_card(ports, uow, saved.id)
        await uow.audit.note(now, requester, "changed", saved.id, **facts)
    return saved


async def _behind_doors(
    uow: UnitOfWork, request_id: str, requester: str, lock_ids: tuple[str, ...]
) -> tuple[AccessRequest, tuple[Lock, ...]]:
    """The request that waits, and the doors that it shall have."""
    request = await uow.requests.get(request_id)
    if request is None:
        raise Refusal(Reason.UNKNOWN_REQUEST)
    await uow.locks.for_update(*request.lock_ids, *lock_ids)
    # Read behind the doors: whoever held them before may have decided, or changed it.
    held = await uow.requests.get(request_id, for_update=True)
    if held is None or not set(held.lock_ids) <= {*request.lock_ids, *lock_ids}:
        raise Stale(request_id)
    if held.requester != requester:
        raise Refusal(Reason.NOT_YOURS)
    if held.status is not RequestStatus.PENDING:
        raise Refusal(Reason.CHANGED_MEANWHILE, {"who": held.decision.approver if held.decision else ""})
    found = await uow.locks.get_many(lock_ids or held.lock_ids)
    if len(found) < len(lock_ids or held.lock_ids):
        raise Refusal(Reason.UNKNOWN_LOCK)
    return held, tuple(found[each] for each in lock_ids or held.lock_ids)


async def _keep(ports: Ports, uow: UnitOfWork, after: AccessRequest) -> AccessRequest:
    """Another booking of which the lock makes the same."""
    await want_card(ports, uow, after.id)
    return await uow.requests.save(after)


def _due(ports: Ports, request: AccessRequest) -> AccessRequest:
    return replace(request, due_at=advance_request(request, ports.clock.now(), ports.rules.reminders).due_at)


async def _ask_by_text(
    ports: Ports, uow: UnitOfWork, request: AccessRequest, locks: tuple[Lock, ...], approvers: frozenset[str]
) -> None:
    """Approvers without chat are asked about what it is now; the code they have is for what it was."""
    now, guest = ports.clock.now(), await uow.guests.of_stay(request.id)
    for approver in texted(ports.rules, approvers) if guest else ():
        assert guest is not None
        door = together(locks)
        anew = question(ports.new_id(), ToApprover.CHANGED, approver, request, guest, door, now, ports.policy.quiet)
        if await uow.enqueue(anew):
            await uow.words.keep(anew.id, await uow.sms_codes.issue(request.id, approver.id, request.granted, now))
