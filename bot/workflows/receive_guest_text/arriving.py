"""A guest whose PIN is made on arrival is there: they say so, or staff see them. The PIN starts in this hour."""

from datetime import datetime

from bot.conversation.team.history import Event, reply
from bot.domain.refusals import Reason, Refusal
from bot.domain.stays.access_codes import AccessCode, CodeStatus
from bot.domain.stays.companions import companions
from bot.domain.stays.reserving import arrived
from bot.domain.stays.withdrawing import check_is_theirs
from bot.ports import Ports, Subject, UnitOfWork
from bot.ports.stale import retry_if_stale
from bot.ports.stay_approvers import stay_approvers
from bot.ports.wanted_cards import want_card


@retry_if_stale
async def guest_is_here(ports: Ports, code_id: str, person: str) -> None:
    """Staff see the guest. Raises a Refusal where it is not theirs to say, the stay does not run, the guest was there
    already, or the lock has no place left for a PIN that starts in this hour."""
    now, groups = ports.clock.now(), await ports.groups()
    async with ports.store() as uow:
        code = await uow.codes.get(code_id)
        request = await uow.requests.get(code.request_id) if code else None
        if code is None or request is None:
            raise Refusal(Reason.UNKNOWN_REQUEST)
        check_is_theirs(request, person, await stay_approvers(ports, uow, request, groups))
        if not code.window.contains(now):
            facts = {"starts_at": code.window.starts_at, "ends_at": code.window.ends_at}
            raise Refusal(Reason.STAY_DOES_NOT_RUN, facts)
        if not await arrive(ports, uow, code, person):
            raise Refusal(Reason.ALREADY_ARRIVED)


async def arrive(ports: Ports, uow: UnitOfWork, code: AccessCode, by: str) -> bool:
    """Has the PINs of all doors that wait for this guest made now; False where that has been done already. `by`: empty
    for the guest themselves. Raises a Refusal. The locks' rows are held, so that two who say so at once have each PIN
    made once."""
    now, channel = ports.clock.now(), ports.options.approvals_channel
    together = companions(code, await uow.codes.of_request(code.request_id))
    # The doors, then the stay: `arrived` may take another slot, and slots are counted behind the door's row.
    await uow.locks.for_update(*(each.lock_id for each in together))
    waiting = [await uow.codes.get(each.id, for_update=True) for each in together]
    here = [each for each in waiting if each and each.status is CodeStatus.RESERVED and each.on_arrival]
    # All of them before any is written: whoever catches the Refusal has changed nothing.
    for each in [await _arrived(uow, each, now) for each in here]:
        await uow.codes.save(each)
        await uow.audit.note(now, by or f"guest:{each.guest_id}", "arrived", each.id)
        uow.nudge(Subject.CODE, each.id)
    if not here:
        return False
    said = {"by": by} if by else {}
    await uow.enqueue(reply(ports.new_id(), f"arrived:{code.id}", Event.ARRIVED, code.request_id, channel, now, said))
    await want_card(ports, uow, code.request_id)
    return True


async def _arrived(uow: UnitOfWork, code: AccessCode, now: datetime) -> AccessCode:
    lock = await uow.locks.get(code.lock_id)
    if lock is None:
        raise Refusal(Reason.UNKNOWN_LOCK)
    held, seen_full = await uow.codes.holdings(lock.id, now), await uow.locks.seen_full(lock.id, now)
    return arrived(code, held, lock.zoneinfo, now, seen_full)
