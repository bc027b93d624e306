"""Doubles as they stand in this transaction: other stays of a number at these doors in this time."""

from collections.abc import Collection
from datetime import datetime

from bot.domain.pins import Phone
from bot.domain.stays.doubles import Double, doubles
from bot.domain.windows import AccessWindow
from bot.ports.unit_of_work import UnitOfWork


async def doubles_of(
    uow: UnitOfWork, phone: Phone, lock_ids: Collection[str], window: AccessWindow, now: datetime
) -> tuple[Double, ...]:
    guest = await uow.guests.by_phone(phone)
    requests = await uow.requests.of_guest(guest.id) if guest else ()
    codes = await uow.codes.of_requests([request.id for request in requests])
    return doubles(window, lock_ids, [(request, codes.get(request.id, ())) for request in requests], now)
