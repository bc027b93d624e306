"""A person's data is taken away: on request, by their number, or when it was kept long enough. What counts for a lock's
ledger stays, and so does who did what when; nobody is named in it any more.

A stay that goes on is given up first (`withdraw`, which whoever calls hands in: workflows do not know each other). A
PIN that still opens goes on opening: its row keeps its place and its digits until it ends.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.domain.pins import Phone
from bot.domain.refusals import Refusal
from bot.domain.stays.access_codes import AccessCode
from bot.domain.stays.standing import standing
from bot.domain.stays.withdrawing import OPERATOR
from bot.ports import Ports
from bot.ports.stale import retry_if_stale
from bot.ports.wanted_cards import want_card

AT_ONCE = 50
"""So many stays, numbers and rows of one kind are looked at in one go: the rest is there the next time."""

PINS_KEPT = timedelta(days=1)
"""After its end a PIN opens nothing; what a guest may still write of it is hidden for so long."""

DELIVERIES_KEPT = timedelta(days=30)
"""Vendors repeat themselves for days, not for weeks."""

Withdraw = Callable[[Ports, str, str], Awaitable[object]]


@dataclass(frozen=True, slots=True)
class Erased:
    """`known`: whether there was anything. `opens`: codes whose PINs still open, or may, with their doors' names."""

    known: bool
    stays: tuple[str, ...] = ()
    opens: tuple[tuple[AccessCode, str], ...] = ()


async def erase_guest(ports: Ports, phone: Phone, withdraw: Withdraw) -> Erased:
    """All that is known of a number. Safe to repeat; whatever stops it halfway is done by the next."""
    guest_id, stays, corrected = await _known_of(ports, phone)
    opens: list[tuple[AccessCode, str]] = []
    for request_id in stays:
        with suppress(Refusal):  # where nothing is left to give up
            await withdraw(ports, request_id, OPERATOR)
        opens += await _erase_stay(ports, request_id, OPERATOR)
    for request_id, at in corrected.items():
        if request_id not in stays:
            await _forget_former(ports, request_id, at, OPERATOR)
    await _erase_traces(ports, phone, guest_id)
    waited = await _forget_bookings(ports, phone)
    if guest_id is not None:
        await _erase_number(ports, guest_id, OPERATOR)
    return Erased(guest_id is not None or waited > 0, stays, tuple(opens))


async def erase_old(ports: Ports, keep: timedelta) -> int:
    """What is over for so long, the oldest first; how many stays and numbers that were. PINs go a day after they
    opened anything."""
    before = ports.clock.now() - keep
    stays = await _forget_old(ports, before)
    for request_id in stays:
        await _erase_stay(ports, request_id, "clock")
    numbers = await _unused_numbers(ports, before)
    for guest_id in numbers:
        await _erase_number(ports, guest_id, "clock")
    return len(stays) + len(numbers)


@retry_if_stale
async def _known_of(ports: Ports, phone: Phone) -> tuple[str | None, tuple[str, ...], Mapping[str, datetime]]:
    """The number's id, its stays, and those that were its until somebody corrected them."""
    async with ports.store() as uow:
        guest = await uow.guests.by_phone(phone)
        if guest is None:
            return None, (), {}
        # First: from here on no further visit comes, and those that are stays are read below.
        await uow.series.end_of_guest(guest.id, OPERATOR, ports.clock.now())
        stays = tuple(await uow.erasure.stays_of(guest.id))
        return guest.id, stays, await uow.audit.corrected_from(guest.id)


@retry_if_stale
async def _erase_traces(ports: Ports, phone: Phone, guest_id: str | None) -> None:
    async with ports.store() as uow:
        await uow.erasure.erase_traces(phone, guest_id)


@retry_if_stale
async def _forget_bookings(ports: Ports, phone: Phone) -> int:
    """Those that are no stays yet."""
    async with ports.store() as uow:
        return await uow.bookings.forget_number(phone)


@retry_if_stale
async def _forget_old(ports: Ports, before: datetime) -> Sequence[str]:
    """The stays whose time has come; what belongs to none is gone already."""
    now = ports.clock.now()
    async with ports.store() as uow:
        await uow.erasure.forget_pins(now - PINS_KEPT)
        await uow.erasure.forget_old(min(before, now - DELIVERIES_KEPT), AT_ONCE)
        return await uow.erasure.over(before, AT_ONCE)


@retry_if_stale
async def _unused_numbers(ports: Ports, before: datetime) -> Sequence[str]:
    async with ports.store() as uow:
        return await uow.erasure.unused_numbers(before, AT_ONCE)


@retry_if_stale
async def _erase_stay(ports: Ports, request_id: str, by: str) -> list[tuple[AccessCode, str]]:
    now = ports.clock.now()
    async with ports.store() as uow:
        request = await uow.requests.get(request_id, for_update=True)
        if request is None:
            return []
        codes = await uow.codes.of_request(request_id)
        pins = standing(codes, await uow.codes.evidence_of([code.id for code in codes]), now)
        still = [pin.code for pin in pins.open]
        if request.erased_at is None:
            subjects = await uow.erasure.ids_of_stay(request_id)
            await uow.audit.erase(subjects, now, by, request_id)
            await uow.erasure.erase_stay(request_id, [code.id for code in still], now)
            card = await uow.cards.get(request_id)
            if card is not None and card.ts is not None:
                await want_card(ports, uow, request_id)
        doors = await uow.locks.get_many([code.lock_id for code in still])
    return [(code, doors[code.lock_id].name) for code in still if code.lock_id in doors]


@retry_if_stale
async def _forget_former(ports: Ports, request_id: str, at: datetime, by: str) -> None:
    """The stay is somebody else's by now, and was this one's until then."""
    async with ports.store() as uow:
        subjects = await uow.erasure.ids_of_stay(request_id)
        await uow.erasure.forget_before(request_id, at)
        await uow.audit.erase(subjects, ports.clock.now(), by, request_id)


@retry_if_stale
async def _erase_number(ports: Ports, guest_id: str, by: str) -> None:
    now = ports.clock.now()
    async with ports.store() as uow:
        await uow.erasure.erase_number(guest_id, now)
        await uow.audit.erase([guest_id], now, by, guest_id)
