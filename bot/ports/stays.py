"""Stays as they stand in this transaction, read set by set: however many they are, it is five statements."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from bot.domain.stays.access_requests import AccessRequest
from bot.domain.stays.standing import standing
from bot.domain.stays.stay_now import StayNow
from bot.ports.unit_of_work import UnitOfWork


async def stays_now(uow: UnitOfWork, requests: Iterable[AccessRequest], now: datetime) -> Mapping[str, StayNow]:
    """By their ids, in the order given; without those of which a door or the guest is not there."""
    of = {request.id: request for request in requests}
    guests = await uow.guests.of_stays(of.keys())
    locks = await uow.locks.get_many({lock_id for request in of.values() for lock_id in request.lock_ids})
    codes = await uow.codes.of_requests(of.keys())
    evidence = await uow.codes.evidence_of([code.id for several in codes.values() for code in several])
    messages = await uow.messages.of_requests(of.keys())
    return {
        key: StayNow(
            request,
            tuple(locks[each] for each in request.lock_ids),
            guests[key],
            standing(codes.get(key, ()), evidence, now, messages.get(key, ())),
        )
        for key, request in of.items()
        if key in guests and locks.keys() >= set(request.lock_ids)
    }
