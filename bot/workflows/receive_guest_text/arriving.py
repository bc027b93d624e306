"""A guest whose PIN is made on arrival is there: they say so, or staff see them. The PIN starts in this hour."""

from bot.conversation.team.history import Event, reply
from bot.domain.locks.lock import Lock
from bot.domain.refusals import Reason, Refusal
from bot.domain.stays.access_codes import AccessCode, CodeStatus
from bot.domain.stays.reserving import arrived
from bot.domain.stays.withdrawing import check_is_theirs
from bot.ports import Ports, Subject, UnitOfWork
from bot.ports.stale import retry_if_stale


@retry_if_stale
async def guest_is_here(ports: Ports, code_id: str, person: str) -> None:
    """Staff see the guest. Raises a Refusal where it is not theirs to say, the stay does not run, the guest was there
    already, or the lock has no place left for a PIN that starts in this hour."""
    now, approvers = ports.clock.now(), await ports.approvers()
    async with ports.store() as uow:
        code = await uow.codes.get(code_id)
        request = await uow.requests.get(code.request_id) if code else None
        lock = await uow.locks.get(code.lock_id) if code else None
        if code is None or request is None or lock is None:
            raise Refusal(Reason.UNKNOWN_REQUEST)
        check_is_theirs(request, person, approvers)
        if not code.window.contains(now):
            facts = {"starts_at": code.window.starts_at, "ends_at": code.window.ends_at}
            raise Refusal(Reason.STAY_DOES_NOT_RUN, facts)
        if not await arrive(ports, uow, code, lock, person):
            raise Refusal(Reason.ALREADY_ARRIVED)


async def arrive(ports: Ports, uow: UnitOfWork, code: AccessCode, lock: Lock, by: str) -> bool:
    """Has the PIN made now; False where that has been done already. `by`: empty for the guest themselves. Raises a
    Refusal. The lock's row is held, so that two who say so at once have one PIN made."""
    now, channel = ports.clock.now(), ports.options.approvals_channel
    await uow.locks.for_update(lock.id)
    # The door, then the stay: `arrived` may take another slot, and slots are counted behind the door's row.
    waits = await uow.codes.get(code.id, for_update=True)
    if waits is None or waits.status is not CodeStatus.RESERVED or not waits.on_arrival:
        return False
    held, seen_full = await uow.codes.holdings(lock.id, now), await uow.locks.seen_full(lock.id, now)
    await uow.codes.save(arrived(waits, held, lock.zoneinfo, now, seen_full))
    await uow.audit.note(now, by or f"guest:{code.guest_id}", "arrived", code.id)
    said = {"by": by} if by else {}
    await uow.enqueue(reply(ports.new_id(), f"arrived:{code.id}", Event.ARRIVED, code.request_id, channel, now, said))
    await uow.cards.want(code.request_id, channel, now)
    uow.nudge(Subject.CODE, code.id)
    uow.nudge(Subject.CARD, code.request_id)
    return True
