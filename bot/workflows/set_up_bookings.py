"""The operator says which booking systems send us bookings, and which doors their listings are."""

from collections.abc import Sequence
from dataclasses import replace

from bot.domain.sources.booking_sources import BookingSource, Credentials
from bot.domain.sources.bookings import Unmet
from bot.ports import Ports, Subject
from bot.ports.stale import retry_if_stale

OPERATOR = "operator"


@retry_if_stale
async def set_up_source(ports: Ports, name: str, vendor: str, credentials: Credentials) -> bool:
    """Whether it is new. One that is known has these credentials from here on, and keeps its doors."""
    now = ports.clock.now()
    async with ports.store() as uow:
        known = next((one for one in await uow.booking_sources.all() if one.name == name), None)
        source = known or BookingSource(ports.new_id(), name, vendor, credentials, now)
        await uow.booking_sources.put(replace(source, vendor=vendor, credentials=credentials))
        await uow.audit.note(now, OPERATOR, "source_set_up", source.id, name=name, vendor=vendor)
    return known is None


@retry_if_stale
async def map_listing(ports: Ports, source: BookingSource, listing: str, lock_ids: Sequence[str]) -> int:
    """What is booked there is these doors from here on; how many bookings that have waited are looked at now."""
    now = ports.clock.now()
    async with ports.store() as uow:
        waiting = [one for one in await uow.bookings.waiting(source.id) if one.unmet in _FOR_A_DOOR]
        for kept in waiting:
            await uow.bookings.put(replace(kept, due_at=now))
            uow.nudge(Subject.BOOKING, kept.id)
        await uow.listings.map(source.id, listing, lock_ids)
        await uow.audit.note(now, OPERATOR, "listing_mapped", source.id, listing=listing, doors=",".join(lock_ids))
    return len(waiting)


_FOR_A_DOOR = (Unmet.UNMAPPED, Unmet.REFUSED)
"""A rule may have said no to the door that it was before."""


@retry_if_stale
async def remove_source(ports: Ports, source: BookingSource) -> None:
    """Nothing of it is heard any more. Stays that came by it stand; what waits is none, and is forgotten."""
    async with ports.store() as uow:
        await uow.booking_sources.remove(source.id)
        await uow.audit.note(ports.clock.now(), OPERATOR, "source_removed", source.id, name=source.name)
