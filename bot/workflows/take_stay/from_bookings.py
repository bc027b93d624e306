"""Bookings of other people's systems become stays. What came is written down first, and its system hears that it came;
then a worker makes the stay of it, as if the system had said so by the API.

Nothing that came is lost: a booking of a listing that is no door yet, one that a rule says no to, and one whose system
does not answer wait where they are, and the team is told of each once.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from bot.conversation.refusals.sentences import sentence
from bot.conversation.team.drafts import note_to, raise_waiting
from bot.conversation.team.notices import NoticeKind
from bot.domain.locks.lock import Lock
from bot.domain.messages.message import Message
from bot.domain.refusals import Reason, Refusal
from bot.domain.sources.booking_sources import HEARD_KEPT, PROGRAMS, BookingSource
from bot.domain.sources.bookings import (
    BookedListing,
    Booking,
    BookingState,
    KeptBooking,
    Unmet,
    begins_about,
    over_after,
    over_anywhere,
)
from bot.domain.sources.source_stays import Moment, SourceKey, StayWords, looks_so_far, next_look
from bot.domain.stays.alerts import AlertKind
from bot.ports import Ports, ProviderError, Subject, UnitOfWork
from bot.ports.errors import seconds_to_wait
from bot.ports.house import house
from bot.ports.stale import retry_if_stale
from bot.workflows.take_stay import cancel_stay, take_stay
from bot.workflows.take_stay.contact import look_at_alert
from bot.workflows.take_stay.understanding import known_stay, phone_at
from bot.workflows.take_stay.written import as_words

NOBODY = "Guest"
"""Who comes, where nobody has said so."""

NO_LISTING = BookedListing("-", "something that it does not name")
"""Of a booking that does not say what was booked: a house with one door says which by this."""

REFUSED_AGAIN = timedelta(hours=6)
"""A slot may be free by then, or a door be back."""

JUST = timedelta(hours=1)
CLOCKS_APART = timedelta(days=1)
"""So far ahead of ours a system's clock may be, in whatever zone it thinks it is."""

_MINUTES = (1, 5, 15, 60)
"""After each time that a system did not answer; then every hour."""

SAID_AFTER = 4
"""So often a system has not answered when the team is told."""


async def receive_bookings(ports: Ports, source: BookingSource, bookings: Sequence[Booking]) -> None:
    """Keeps what came until it is done. Safe to repeat, in any order."""
    now = ports.clock.now()
    if source.heard_at is None or now - source.heard_at >= HEARD_KEPT:
        await _note_heard(ports, source, now)
    for booking in bookings:
        await _receive(ports, source, booking)


@retry_if_stale
async def _note_heard(ports: Ports, source: BookingSource, now: datetime) -> None:
    async with ports.store() as uow:
        await uow.booking_sources.heard(source.id, now)


@retry_if_stale
async def _receive(ports: Ports, source: BookingSource, booking: Booking) -> None:
    now = ports.clock.now()
    if booking.changed_at is not None and booking.changed_at > now + CLOCKS_APART:
        # A date of next year would make everything that is said until then old news, a cancellation among it.
        booking = replace(booking, changed_at=None)
    async with ports.store() as uow:
        known = await uow.bookings.by_id_there(source.id, booking.external_id)
        root = await _root_of(uow, known)
        if booking.moved_from:
            root = await _moved(ports, uow, source, booking, known, root)
            if root is None:
                return
        elif known is not None and root is not None and known.id != (root.spoken_by or root.id):
            return  # said of it before it moved to the id that it has now
        root = root or _new(ports, source, booking.external_id, booking, now)
        after = root.heard(booking, now)
        if after is not root:
            await uow.bookings.put(after)
            uow.nudge(Subject.BOOKING, root.id)


def _new(ports: Ports, source: BookingSource, external_id: str, booking: Booking, now: datetime) -> KeptBooking:
    return KeptBooking(ports.new_id(), source.id, external_id, now, over_after(booking, now))


async def _root_of(uow: UnitOfWork, known: KeptBooking | None) -> KeptBooking | None:
    """The row that the stay is known by; where that was forgotten, this one is from now on."""
    if known is None or known.root_id is None:
        return known
    return await uow.bookings.get(known.root_id) or replace(known, root_id=None)


async def _moved(
    ports: Ports,
    uow: UnitOfWork,
    source: BookingSource,
    booking: Booking,
    known: KeptBooking | None,
    root: KeptBooking | None,
) -> KeptBooking | None:
    """Its system has given it another id. The row that this is said of; None where it has moved on since."""
    now = ports.clock.now()
    before = await uow.bookings.by_id_there(source.id, booking.moved_from)
    there = await _root_of(uow, before)
    if there is None:
        root = root or await uow.bookings.put(_new(ports, source, booking.external_id, booking, now))
        former = _new(ports, source, booking.moved_from, booking, now)
        await uow.bookings.put(replace(former, root_id=root.id))
    elif root is None:
        alias = replace(_new(ports, source, booking.external_id, booking, now), root_id=there.id)
        return replace(there, spoken_by=(await uow.bookings.put(alias)).id)
    elif there.id != root.id:
        # Both were taken for bookings of their own, as when the later of two moves comes first.
        gone = Booking(there.external_id, BookingState.GONE, changed_at=booking.changed_at)
        await uow.bookings.put(replace(there.heard(gone, now), spoken_by=root.id))
        uow.nudge(Subject.BOOKING, there.id)
    return root if known is None or known.id == (root.spoken_by or root.id) else None


async def process_booking(ports: Ports, booking_id: str) -> None:
    """One step of one booking. Safe to repeat."""
    claimed = await _claim(ports, booking_id)
    if claimed is None:
        return
    kept, source, news = claimed
    try:
        asks = ports.ask_booking if source.vendor != PROGRAMS else None
        booking = await asks(source, news) if asks else news
    except ProviderError as error:
        await _wait_for_system(ports, kept, source, error)
        return
    if booking is None:
        await _record(ports, kept, source, kept.done())
        return
    kept = replace(kept, over_at=max(kept.over_at, over_after(booking, ports.clock.now())))
    try:
        unmet = await _take(ports, kept, source, booking)
    except Refusal as refusal:
        await _wait_for_room(ports, kept, source, booking, refusal)
    else:
        if unmet is None:
            await _record(ports, kept, source, kept.done())
        else:
            await _wait_for_door(ports, kept, source, booking)


@retry_if_stale
async def _claim(ports: Ports, booking_id: str) -> tuple[KeptBooking, BookingSource, Booking] | None:
    """In our hands for a while; None where there is nothing to do, or somebody else is at it."""
    now, wall, lease = ports.clock.now(), ports.clock.wall(), ports.options.lease
    async with ports.store() as uow:
        kept = await uow.bookings.get(booking_id)
        if kept is None or kept.words is None or kept.due_at is None or kept.due_at > now:
            return None
        if kept.claimed_until is not None and kept.claimed_until > wall:
            return None
        source = await uow.booking_sources.get(kept.source_id)
        if source is None:
            return None
        held = replace(kept, due_at=now + lease, claimed_until=wall + lease)
        return await uow.bookings.put(held), source, kept.words


async def _take(ports: Ports, kept: KeptBooking, source: BookingSource, booking: Booking) -> Unmet | None:
    """Why there is no stay of it yet, and people have to do something. Raises a Refusal."""
    key, now = SourceKey(source.name, kept.external_id), ports.clock.now()
    by = booking.token or source.vendor
    if booking.state is BookingState.GONE:
        await _cancel_known(ports, key, by)
        return None
    if booking.starts_at is None or booking.ends_at is None:
        return None
    if over_after(booking, now) <= now:
        await _end(ports, key, by, booking.ends_at)
        return None
    words = as_words(booking)
    if words is not None and source.vendor != PROGRAMS:
        words = await _at_our_doors(ports, source, booking, words)
    if words is None:
        return Unmet.UNMAPPED
    try:
        await take_stay(ports, key, words, by, may_differ=True)
    except Refusal as refusal:
        if refusal.reason is not Reason.ALREADY_OVER:
            raise
        await _end(ports, key, by, booking.ends_at)
    return None


async def _at_our_doors(ports: Ports, source: BookingSource, booking: Booking, words: StayWords) -> StayWords | None:
    """None where nobody has said which those are."""
    doors, first = await _doors(ports, source, booking)
    if not doors:
        return None
    phone = _phone(ports, booking, first) if first else None
    return replace(words, guest_name=words.guest_name or NOBODY, phone=phone, doors=doors)


async def _cancel_known(ports: Ports, key: SourceKey, by: str) -> None:
    try:
        await cancel_stay(ports, key, by)
    except Refusal as refusal:
        if refusal.reason is not Reason.UNKNOWN_STAY:
            raise


async def _end(ports: Ports, key: SourceKey, by: str, ended_at: Moment) -> None:
    """What was over before we heard of it is nobody's business. A stay that was to last longer, and whose guest has
    left by now, is given up."""
    stay = await known_stay(ports, key)
    if stay is None or not stay.said.confirmed or stay.said.ends_at == ended_at:
        return
    if over_anywhere(stay.said.ends_at) > ports.clock.now():
        await _cancel_known(ports, key, by)


@retry_if_stale
async def _doors(ports: Ports, source: BookingSource, booking: Booking) -> tuple[tuple[str, ...], Lock | None]:
    """The ids of those that were booked, as far as somebody has said so, and the first of them. The team is told of a
    listing that is new, once."""
    listings = booking.listings or (NO_LISTING,)
    async with ports.store() as uow:
        await uow.listings.seen(source.id, listings, ports.clock.now())
        mapped = {one.listing: one for one in await uow.listings.of(source.id)}
        booked = [mapped[one.id] for one in listings]
        ids = tuple(dict.fromkeys(each for one in booked for each in one.lock_ids))
        found = await uow.locks.get_many(ids)
        for one in (listing for listing in booked if not listing.lock_ids):
            facts = {"listing": one.listing, "listing_name": one.name}
            key = _listing_key(source, one.listing)
            await uow.enqueue(await _notice(ports, uow, key, source, Unmet.UNMAPPED, facts))
    return ids, next((found[each] for each in ids if each in found), None)


def _phone(ports: Ports, booking: Booking, lock: Lock) -> str | None:
    """The first that is a number at this door. What is none is as good as nothing: people are asked whom to text."""
    for written in booking.phones:
        try:
            if phone_at(ports, written, lock):
                return written
        except Refusal:
            continue
    return None


async def _wait_for_system(ports: Ports, kept: KeptBooking, source: BookingSource, error: ProviderError) -> None:
    """Until it answers, or what it would say is over."""
    attempts = kept.attempts + 1
    pause = timedelta(minutes=_MINUTES[min(attempts, len(_MINUTES)) - 1])
    due_at = ports.clock.now() + timedelta(seconds=seconds_to_wait(error, pause.total_seconds()))
    after = replace(kept, attempts=attempts, due_at=due_at, unmet=Unmet.UNREAD)
    facts = {"why": str(error)} if attempts >= SAID_AFTER else None
    await _record(ports, kept, source, after, facts)


async def _wait_for_door(ports: Ports, kept: KeptBooking, source: BookingSource, booking: Booking) -> None:
    """Until somebody says which it is. That there is such a listing the team has read; of somebody who arrives soon it
    reads as of a stay without a number."""
    now, begins = ports.clock.now(), begins_about(booking, ports.clock.now())
    after = replace(kept, due_at=next_look(begins, now), unmet=Unmet.UNMAPPED)
    one = next(iter(booking.listings), NO_LISTING)
    facts = {"listing": one.id, "listing_name": one.name, "starts_at": begins.isoformat()}
    soon = looks_so_far(begins, now) and not await _just_read(ports, _listing_key(source, one.id))
    await _record(ports, kept, source, after, facts if soon else None, begins)


@retry_if_stale
async def _just_read(ports: Ports, key: str) -> bool:
    """Whether the team was told of the listing a moment ago, as by this very booking."""
    async with ports.store() as uow:
        before = await uow.messages.by_key(key)
    return before is not None and ports.clock.now() - before.created_at < JUST


def _listing_key(source: BookingSource, listing: str) -> str:
    return f"listing:{source.id}:{listing}"


async def _wait_for_room(
    ports: Ports, kept: KeptBooking, source: BookingSource, booking: Booking, refusal: Refusal
) -> None:
    """Until the rule says yes, or it is over. What is asked too often is only asked later."""
    now, again, begins = ports.clock.now(), refusal.facts.get("at"), begins_about(booking, ports.clock.now())
    late = refusal.reason is Reason.TOO_MANY
    due_at = again if late and isinstance(again, datetime) and again > now else now + REFUSED_AGAIN
    after = replace(kept, due_at=min(due_at, next_look(begins, now) or due_at), unmet=Unmet.REFUSED)
    what, words = ", ".join(one.name or one.id for one in booking.listings), kept.words.digest if kept.words else ""
    about = f"{refusal.reason.value}:{words[:16]}"
    facts = {"listing": what, "starts_at": begins.isoformat(), "why": sentence(refusal), "about": about}
    await _record(ports, kept, source, after, None if late else facts, begins)


@retry_if_stale
async def _record(
    ports: Ports,
    held: KeptBooking,
    source: BookingSource,
    after: KeptBooking,
    said: Mapping[str, str] | None = None,
    begins: datetime | None = None,
) -> None:
    """Unless something newer has come meanwhile, which is due by itself. `said`: what the team is told, once, and once
    more as the stay comes near."""
    now = ports.clock.now()
    async with ports.store() as uow:
        known = await uow.bookings.get(held.id)
        if known is None or known.claimed_until != held.claimed_until:
            return  # it took longer than our claim, and somebody else has taken it over
        if known.version != held.version:
            await uow.bookings.put(replace(known, claimed_until=None))
            uow.nudge(Subject.BOOKING, known.id)
            return
        await uow.bookings.put(replace(after, claimed_until=None))
        if said is not None and after.unmet is not None:
            near = looks_so_far(begins, now) if begins else 0
            key = f"booking:{held.id}:{after.unmet.value}:{said.get('about', '')}:{near}"
            stay = await uow.source_stays.by_key(SourceKey(source.name, held.external_id))
            stands = {"stands": "yes"} if stay is not None and stay.said.confirmed else {}
            notice = await _notice(ports, uow, key, source, after.unmet, {**said, **stands})
            if near:
                what = f"A booking from {source.name}, {said['listing'][:40]}"
                await raise_waiting(uow, f"{AlertKind.BOOKING_WAITS.value}:{held.id}", notice, what, ports.new_id)
            else:
                await uow.enqueue(notice)
    if said is None or begins is None or not looks_so_far(begins, now):
        await look_at_alert(ports, f"{AlertKind.BOOKING_WAITS.value}:{held.id}")


async def _notice(
    ports: Ports, uow: UnitOfWork, key: str, source: BookingSource, unmet: Unmet, said: Mapping[str, str]
) -> Message:
    # In the house's own workspace, where there are several.
    home = next((one.id for one in await house(ports, uow)), "")
    facts = {"source": source.name, "vendor": source.vendor, "unmet": unmet.value, "workspace": home, **said}
    facts["zone"] = ports.options.zone
    kind, channel, now = NoticeKind.BOOKING_WAITS, ports.options.approvals_channel, ports.clock.now()
    return note_to(ports.new_id(), key, kind, channel, facts, None, None, now)
