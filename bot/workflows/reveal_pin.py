"""Somebody wants to see a PIN, or the guest's number: whether they may, why they say they have to, and the digits, for
a minute. Both go one way.

That they look is written, with the reason, before they see anything; a refused wish is written too. The digits are
opened for the answer alone: no row, no message and no audit entry ever holds them.
"""

from dataclasses import dataclass, replace
from datetime import datetime

from bot.conversation.team.history import Event, reply
from bot.domain.approvals.policy import Groups
from bot.domain.approvals.revealing import (
    LONGEST_REASON,
    SHOWN_FOR,
    WITHIN,
    Reveal,
    Secret,
    check_can_reveal,
    check_can_show_number,
    check_looks,
    check_may_reveal,
)
from bot.domain.hiding import hide_digits
from bot.domain.locks.lock import Lock, together
from bot.domain.pins import Pin
from bot.domain.refusals import Reason, Refusal
from bot.domain.stays.access_codes import AccessCode
from bot.domain.stays.access_requests import AccessRequest
from bot.domain.stays.guests import Guest
from bot.domain.stays.standing import standing
from bot.domain.windows import AccessWindow
from bot.ports import Ports, UnitOfWork
from bot.ports.doors_left import doors_left
from bot.ports.own_pins import own_pins
from bot.ports.stale import retry_if_stale


@dataclass(frozen=True, slots=True)
class Sight:
    """The stay whose PIN, or whose guest's number, may be seen. `code` is None where nobody has approved one yet."""

    request: AccessRequest
    guest: Guest
    lock: Lock
    code: AccessCode | None
    used: bool

    @property
    def window(self) -> AccessWindow:
        return self.code.window if self.code else self.request.granted


@dataclass(frozen=True, slots=True)
class RevealRequest:
    """Who wants to see it, why, and in which window. `place` is the vendor's id of that window, used once."""

    person: str
    reason: str
    place: str
    secret: Secret = Secret.PIN

    async def as_kept(self, uow: UnitOfWork, sight: "Sight", now: datetime) -> "RevealRequest":
        """With the reason as it is kept and told: whoever types a PIN into it must not spread it."""
        theirs = await own_pins(uow, sight.request.id, sight.guest.id, now)
        return replace(self, reason=hide_digits(self.reason, theirs)[:LONGEST_REASON])


@dataclass(frozen=True, slots=True)
class Revealed:
    """`pin` is None where it is the number of the sight's guest that may be seen."""

    sight: Sight
    pin: Pin | None
    said: str


@retry_if_stale
async def ask_to_reveal(ports: Ports, named: str, person: str, secret: Secret = Secret.PIN) -> Sight:
    """Before the reason is asked for. `named`: a request, for its newest PIN, or one of its codes. Raises a Refusal,
    which is written down."""
    now, groups = ports.clock.now(), await ports.groups()
    async with ports.store() as uow:
        found = await _sight_or_refusal(ports, uow, named, person, groups, secret)
        if isinstance(found, Refusal):
            await _note_refused(uow, now, person, named, found, secret)
    # Raised outside the transaction: inside, it would undo the very entry that tells of it.
    if isinstance(found, Refusal):
        raise found
    return found


@retry_if_stale
async def reveal_pin(ports: Ports, named: str, wanted: RevealRequest) -> Revealed | None:
    """The digits, to be shown at once and for a minute; None where this window has had its minute.

    A repeated delivery of the same wish shows the same for what is left of the minute, and is written once. Raises a
    Refusal, which is written down.
    """
    now, groups = ports.clock.now(), await ports.groups()
    async with ports.store() as uow:
        await uow.limits.for_update(wanted.person, now)  # who looks twice at once is counted twice
        # The earlier delivery's look, if there was one: two at once wait for each other at the lock's row.
        if (request := await _request(uow, named)) is not None:
            await uow.locks.for_update(request.lock_id)
        earlier = await uow.reveals.at_place(wanted.place)
        if earlier is not None and not (
            earlier.person == wanted.person and earlier.hidden_at is None and now < earlier.at + SHOWN_FOR
        ):
            return None
        again = earlier is not None
        found = await _sight_or_refusal(ports, uow, named, wanted.person, groups, wanted.secret, again=again)
        if isinstance(found, Refusal):
            await _note_refused(uow, now, wanted.person, named, found, wanted.secret)
            pin = None
        else:
            wanted = await wanted.as_kept(uow, found, now)
            reveal = _reveal(ports, found, wanted, now)
            if earlier is None:
                await _keep(ports, uow, reveal, wanted)
            elif earlier.subject != reveal.subject:
                return None  # replaced meanwhile: another PIN is another look
            pin = await uow.codes.pin(reveal.code_id) if reveal.code_id else None
    # As above: a refused look must stay written.
    if isinstance(found, Refusal):
        raise found
    if pin is None and wanted.secret is Secret.PIN:
        raise Refusal(Reason.NOTHING_TO_REVEAL)
    return Revealed(found, pin, wanted.reason)


def _reveal(ports: Ports, sight: Sight, wanted: RevealRequest, now: datetime) -> Reveal:
    code_id = sight.code.id if sight.code and wanted.secret is Secret.PIN else None
    return Reveal(ports.new_id(), sight.request.id, code_id, wanted.person, wanted.place, now, now + SHOWN_FOR)


async def _keep(ports: Ports, uow: UnitOfWork, reveal: Reveal, wanted: RevealRequest) -> None:
    """That they look is told in the thread, and written."""
    await uow.audit.note(reveal.at, reveal.person, "revealed", reveal.subject, why=wanted.reason, **_of(reveal.secret))
    facts, channel = (
        {"by": reveal.person, "reason": wanted.reason, **_of(reveal.secret)},
        ports.options.approvals_channel,
    )
    key = f"{Event.REVEALED.value}:{reveal.id}"
    await uow.enqueue(reply(ports.new_id(), key, Event.REVEALED, reveal.request_id, channel, reveal.at, facts))
    await uow.reveals.add(reveal)


def _of(secret: Secret) -> dict[str, str]:
    """Said of what is no PIN."""
    return {} if secret is Secret.PIN else {"of": secret.value}


@retry_if_stale
async def note_unknown(ports: Ports, person: str, refusal: Refusal, secret: Secret = Secret.PIN) -> None:
    """Somebody named a stay that they do not get to see, or that there is none of."""
    async with ports.store() as uow:
        await _note_refused(uow, ports.clock.now(), person, "unknown", refusal, secret)


async def _request(uow: UnitOfWork, named: str) -> AccessRequest | None:
    """The request of this id, or the one whose code it is."""
    request = await uow.requests.get(named)
    code = await uow.codes.get(named) if request is None else None
    return await uow.requests.get(code.request_id) if code else request


async def _sight_or_refusal(
    ports: Ports, uow: UnitOfWork, named: str, person: str, groups: Groups, secret: Secret, *, again: bool = False
) -> Sight | Refusal:
    try:
        # Whether they may comes first: nobody else learns how far a stay has come.
        now, request = ports.clock.now(), await _request(uow, named)
        guest = await uow.guests.of_stay(request.id) if request else None
        locks = await uow.locks.of_stay(request) if request else ()
        if request is None or guest is None or not locks:
            raise Refusal(Reason.UNKNOWN_REQUEST)
        codes = await uow.codes.of_request(request.id)
        pins = standing(codes, await uow.codes.evidence_of([code.id for code in codes]), now)
        pin = pins.of(named) or pins.main
        # A PIN opens one door, whose rules count; a number belongs to the whole stay.
        every = (*locks, *await doors_left(uow, request, codes))
        doors = [one for one in every if secret is Secret.PIN and pin and one.id == pin.code.lock_id] or locks
        for door in doors:
            check_may_reveal(ports.rules, request, door.known_as, groups, person, secret)
        if secret is Secret.PIN:
            check_can_reveal(request, pin)
        else:
            check_can_show_number(request, codes, now)
        # A repeated delivery is the same look, and was counted the first time.
        if not again:
            check_looks(await uow.audit.count(person, "revealed", now - WITHIN))
        return Sight(request, guest, together(doors), pin.code if pin else None, pin is not None and pin.used)
    except Refusal as refusal:
        return refusal


async def _note_refused(
    uow: UnitOfWork, at: datetime, person: str, subject: str, refusal: Refusal, secret: Secret
) -> None:
    await uow.audit.note(at, person, "reveal_refused", subject, because=refusal.reason.value, **_of(secret))
