"""A guest looks at their page: what their PINs do now, with the digits where they have some. Every look is written, and
so many within an hour are no person's."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.conversation.pages.guest_page import DoorShown, PageShown
from bot.domain.approvals.by_source import lock_for
from bot.domain.locks.lock import Lock, door_of
from bot.domain.messages.languages import Language
from bot.domain.stays.access_requests import AccessRequest, RequestStatus
from bot.domain.stays.advance import is_overdue
from bot.domain.stays.guests import Guest
from bot.domain.stays.standing import PinStanding, standing
from bot.ports import Ports, UnitOfWork
from bot.ports.stale import retry_if_stale

MOST_LOOKS, WITHIN = 60, timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class TooManyLooks:
    language: Language


@retry_if_stale
async def show_guest_page(ports: Ports, token: str, said: str = "") -> PageShown | TooManyLooks | None:
    """None: there is no such page, or its stay has ended, was given up or was never approved."""
    now = ports.clock.now()
    async with ports.store() as uow:
        found = await _stay(uow, token)
        if found is None:
            return None
        request, guest = found
        codes = await uow.codes.of_request(request.id)
        stands = standing(codes, await uow.codes.evidence_of([code.id for code in codes]), now)
        if not stands.on_page:
            return None
        actor = f"guest:{guest.id}"
        if await uow.audit.count(actor, "page_seen", now - WITHIN) >= MOST_LOOKS:
            return TooManyLooks(guest.language_choice.language)
        locks = await uow.locks.of_stay(request)
        # Of a stay that was moved away the PIN opens, too: but nobody is to come now.
        runs = request.granted.contains(now)
        pins = [one for pin in stands.on_page for one in (*(stands.meanwhile(pin) if runs else ()), pin)]
        here = [lock_for(ports.rules, request.requester, lock) for lock in locks]
        doors = [await _door(uow, pin, here, now) for pin in pins]
        shown = sum(door.digits is not None for door in doors)
        await uow.audit.note(now, actor, "page_seen", request.id, pins=str(shown))
        return PageShown(guest, doors, ports.options.contact, now, ports.new_id(), said)


async def _stay(uow: UnitOfWork, token: str) -> tuple[AccessRequest, Guest] | None:
    request_id = await uow.pages.stay_of(token)
    request = await uow.requests.get(request_id) if request_id else None
    guest = await uow.guests.of_stay(request.id) if request else None
    if request is None or guest is None or request.given_up or request.status is not RequestStatus.APPROVED:
        return None
    return request, guest


async def _door(uow: UnitOfWork, pin: PinStanding, locks: Sequence[Lock], now: datetime) -> DoorShown:
    digits = await uow.codes.pin(pin.code.id) if pin.may_open else None
    return DoorShown(door_of(locks, pin.code.lock_id), pin, digits, is_overdue(pin.code, now))
