"""What a program says of a stay and does not wait for: written down, in one short transaction, and taken by a worker as
a booking system's word is."""

from dataclasses import replace

from bot.domain.sources.booking_sources import HEARD_KEPT, PROGRAMS, BookingSource, Credentials, programs_id
from bot.domain.sources.bookings import BookedListing, Booking, BookingState, KeptBooking, Unmet, over_after
from bot.domain.sources.source_stays import SourceKey, StayWords
from bot.ports import Ports, Stale, Subject, UnitOfWork
from bot.ports.stale import retry_if_stale


@retry_if_stale
async def write_down(ports: Ports, key: SourceKey, words: StayWords | None, token: str) -> bool:
    """Whether it is: not where the source's name is a booking system's. `words`: None for a stay that was cancelled.
    Safe to repeat; of what was written before and not taken yet nothing is left."""
    now = ports.clock.now()
    booking = _booking(key, words, token)
    async with ports.store() as uow:
        source = await _source(ports, uow, key.source)
        if source is None:
            return False
        if source.heard_at is None or now - source.heard_at >= HEARD_KEPT:
            await uow.booking_sources.heard(source.id, now)
        kept = await uow.bookings.by_id_there(source.id, key.external_id)
        kept = kept or KeptBooking(ports.new_id(), source.id, key.external_id, now, over_after(booking, now))
        kept = await uow.bookings.put(kept.heard(booking, now))
        uow.nudge(Subject.BOOKING, kept.id)
    return True


async def _source(ports: Ports, uow: UnitOfWork, name: str) -> BookingSource | None:
    """None where a booking system is called so. Of many first words at once the others see the row only now."""
    known = await uow.booking_sources.get(programs_id(name))
    known = known or next((one for one in await uow.booking_sources.all() if one.name == name), None)
    if known is None:
        known = BookingSource(programs_id(name), name, PROGRAMS, Credentials(), ports.clock.now())
        await uow.booking_sources.put(known)
    return known if known.vendor == PROGRAMS else None


def _booking(key: SourceKey, words: StayWords | None, token: str) -> Booking:
    if words is None:
        return Booking(key.external_id, BookingState.GONE, token=token)
    return Booking(
        key.external_id,
        BookingState.STANDS,
        listings=tuple(BookedListing(door) for door in words.doors),
        starts_at=words.starts_at,
        ends_at=words.ends_at,
        guest_name=words.guest_name,
        phones=(words.phone,) if words.phone else (),
        email=words.email or "",
        language=words.language,
        note=words.note or "",
        token=token,
    )


def as_words(booking: Booking) -> StayWords | None:
    """What was written down; None for a stay that was cancelled."""
    if booking.starts_at is None or booking.ends_at is None:
        return None
    return StayWords(
        guest_name=booking.guest_name,
        phone=booking.phones[0] if booking.phones else None,
        doors=tuple(one.id for one in booking.listings),
        starts_at=booking.starts_at,
        ends_at=booking.ends_at,
        email=booking.email or None,
        language=booking.language,
        note=booking.note or None,
    )


async def overtake(ports: Ports, uow: UnitOfWork, key: SourceKey) -> None:
    """The program says something newer now, and waits for it: what was written down before is not taken any more.
    Raises Stale while a worker has it in hand."""
    kept = await uow.bookings.by_id_there(programs_id(key.source), key.external_id)
    if kept is None or kept.words is None:
        return
    if kept.claimed_until is not None and kept.claimed_until > ports.clock.wall():
        raise Stale(kept.id)
    await uow.bookings.put(replace(kept.done(), claimed_until=None))


@retry_if_stale
async def what_waits(ports: Ports, key: SourceKey) -> Unmet | str | None:
    """Of a stay that nobody knows yet: why it is none, "" where nobody has looked so far, None where nothing waits."""
    async with ports.store() as uow:
        kept = await uow.bookings.by_id_there(programs_id(key.source), key.external_id)
    return None if kept is None or kept.words is None else kept.unmet or ""
