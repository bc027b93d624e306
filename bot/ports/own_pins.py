"""The PINs that must not stand in what people say about a stay: its own, and those that its guest has besides."""

from collections.abc import Iterable
from datetime import datetime

from bot.domain.pins import Pin
from bot.domain.stays.access_codes import AccessCode
from bot.ports.unit_of_work import UnitOfWork


async def own_pins(uow: UnitOfWork, request_id: str | None, guest_id: str | None, now: datetime) -> tuple[Pin, ...]:
    """All that its stay ever had, and what the guest's number has that has not ended: opened to be compared, and for
    nothing else."""
    of_stay = await uow.codes.of_request(request_id) if request_id else ()
    of_guest = await uow.codes.of_guest(guest_id, now) if guest_id and not uow.guests.made_here(guest_id) else ()
    return await pins_of(uow, (*of_stay, *of_guest))


async def pins_of(uow: UnitOfWork, codes: Iterable[AccessCode]) -> tuple[Pin, ...]:
    ids = dict.fromkeys(code.id for code in codes if code.has_pin)
    return tuple([pin for each in ids if (pin := await uow.codes.pin(each)) is not None])
