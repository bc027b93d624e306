"""Doors as the planner sees them: what each holds, as it is in this transaction."""

from collections.abc import Sequence
from datetime import datetime

from bot.domain.locks.lock import Lock
from bot.domain.planning.holdings import Holdings, ledger, without
from bot.domain.planning.stay_plan import PlannedDoor
from bot.domain.refusals import Reason, Refusal
from bot.domain.stays.access_codes import AccessCode
from bot.ports.unit_of_work import UnitOfWork


async def planned_doors(
    uow: UnitOfWork, locks: Sequence[Lock], now: datetime, freed: Sequence[AccessCode] = ()
) -> tuple[list[PlannedDoor], dict[str, Holdings]]:
    """The doors, and what each of them holds, less codes that are to be `freed`. Raises a Refusal for a lock that is
    not there, or makes no PINs."""
    if not locks:
        raise Refusal(Reason.UNKNOWN_LOCK)
    if bare := next((lock for lock in locks if not lock.makes_offline_pins), None):
        raise Refusal(Reason.LOCK_MAKES_NO_PINS, {"lock": bare.name})
    if gone := next((lock for lock in locks if lock.is_gone), None):
        raise Refusal(Reason.LOCK_GONE, {"lock": gone.name})
    held = {lock.id: await uow.codes.holdings(lock.id, now) for lock in locks}
    for code in freed:
        held[code.lock_id] = without(held[code.lock_id], code.kind, code.slot.key, code.slot.index)
    seen_full = {lock.id: await uow.locks.seen_full(lock.id, now) for lock in locks}
    doors = [
        PlannedDoor(lock.id, lock.name, lock.zoneinfo, ledger(held[lock.id], seen_full[lock.id])) for lock in locks
    ]
    return doors, held
