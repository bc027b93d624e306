"""Doors that a stay has left, where PINs of it may open all the same."""

from collections.abc import Iterable

from bot.domain.locks.lock import Lock
from bot.domain.stays.access_codes import AccessCode
from bot.domain.stays.access_requests import AccessRequest
from bot.ports.unit_of_work import UnitOfWork


async def doors_left(uow: UnitOfWork, request: AccessRequest, codes: Iterable[AccessCode]) -> tuple[Lock, ...]:
    """Every door of the codes that is none of the stay's any more."""
    ids = {code.lock_id for code in codes} - set(request.lock_ids)
    found = await uow.locks.get_many(ids) if ids else {}
    return tuple(found[each] for each in sorted(found))
