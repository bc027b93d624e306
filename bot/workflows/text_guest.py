"""Staff write to a guest: the one way in which something said in chat leaves it. The words travel under a seal; the
thread says who wrote what, without long numbers, and then how far the text has come."""

from dataclasses import dataclass

from bot.conversation.guest_texts.drafts import text_to_guest
from bot.conversation.guest_texts.gsm7 import segments
from bot.conversation.guest_texts.phrases import Phrase
from bot.conversation.refusals.limit_alerts import alarmed, count_of_stay
from bot.conversation.team.history import Event, reply
from bot.conversation.team.talk_words import MOST_SEGMENTS, as_texted, quote
from bot.domain.approvals.policy import Groups
from bot.domain.hiding import hide_digits, holds_pin, pins_in
from bot.domain.locks.lock import Lock
from bot.domain.refusals import Reason, Refusal
from bot.domain.stays.access_codes import AccessCode
from bot.domain.stays.access_requests import AccessRequest
from bot.domain.stays.guests import Guest
from bot.domain.stays.standing import standing
from bot.domain.stays.talking import check_can_write
from bot.domain.stays.withdrawing import check_is_theirs
from bot.ports import Ports, UnitOfWork
from bot.ports.own_pins import own_pins
from bot.ports.stale import retry_if_stale
from bot.ports.stay_approvers import stay_approvers


@dataclass(frozen=True, slots=True)
class Addressed:
    """The stay that a text is to be about."""

    request: AccessRequest
    guest: Guest
    lock: Lock
    code: AccessCode


@dataclass(frozen=True, slots=True)
class GuestText:
    """What somebody wrote, and how they signed. `delivery` is the vendor's id of this very form, sent once."""

    person: str
    signed: str
    words: str
    delivery: str


@retry_if_stale
async def address(ports: Ports, request_id: str, person: str) -> Addressed:
    """Whom a text would go to. Raises a Refusal where this person may not write, or nobody may."""
    groups = await ports.groups()
    async with ports.store() as uow:
        return await _address(ports, uow, request_id, person, groups)


@alarmed
@retry_if_stale
async def text_guest(ports: Ports, request_id: str, written: GuestText) -> None:
    """Raises a Refusal that says why nothing is sent; the same form once more sends nothing more."""
    now, groups, channel = ports.clock.now(), await ports.groups(), ports.options.approvals_channel
    async with ports.store() as uow:
        to = await _address(ports, uow, request_id, written.person, groups)
        # A Refusal below undoes this, too: the same form may be sent again with other words.
        if not await uow.deliveries.first("slack", f"text:{written.delivery}", now):
            return
        counted = ports.rules.limits.staff_texts(request_id)
        await count_of_stay(ports, uow, request_id, written.person, groups, counted)
        body = as_texted(written.signed, written.words)
        # All their PINs, not only this stay's: one from another stay may still open a door.
        count = segments(body)
        if count > MOST_SEGMENTS:
            raise Refusal(Reason.TEXT_TOO_LONG, {"segments": count})
        pins = await own_pins(uow, to.request.id, to.guest.id, now)
        typed = f"{written.signed}\n{written.words}"
        if holds_pin(typed, pins) or holds_pin(body, pins):
            raise Refusal(Reason.TEXT_HOLDS_PIN)
        # Somebody else's, copied from another card: this guest would have a key to that door.
        if await uow.codes.any_holds(pins_in(typed), now):
            raise Refusal(Reason.TEXT_HOLDS_PIN)
        shown = hide_digits(body, pins)
        key = f"staff:{written.delivery}"
        facts = {"by": written.person, "quote": quote(shown)}
        text = text_to_guest(ports.new_id(), key, Phrase.FROM_STAFF, to.guest, facts, to.code, now)
        if not await uow.enqueue(text):
            return
        # After the message's row, to which it points.
        await uow.words.keep(text.id, body)
        said = {"by": written.person, "words": shown}
        await uow.enqueue(reply(ports.new_id(), f"wrote:{text.id}", Event.WROTE, request_id, channel, now, said))
        await uow.audit.note(now, written.person, "wrote", to.code.id, message=text.id)


async def _address(ports: Ports, uow: UnitOfWork, request_id: str, person: str, groups: Groups) -> Addressed:
    request = await uow.requests.get(request_id)
    if request is None:
        raise Refusal(Reason.UNKNOWN_REQUEST)
    check_is_theirs(request, person, await stay_approvers(ports, uow, request, groups))
    guest, lock = await uow.guests.of_stay(request.id), await uow.locks.get(request.lock_id)
    if guest is None or lock is None:
        raise Refusal(Reason.UNKNOWN_REQUEST)
    codes, now = await uow.codes.of_request(request_id), ports.clock.now()
    main = standing(codes, (), now).main
    code = check_can_write(request, main.code if main else None, guest, now)
    return Addressed(request, guest, lock, code)
