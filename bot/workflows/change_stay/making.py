"""A change that was drafted is made: codes given up and reserved, and everybody told who has to know."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from bot.conversation.guest_texts.drafts import stay_facts, text_to_guest
from bot.conversation.guest_texts.phrases import Phrase
from bot.conversation.team.amendments import change_facts, door_facts
from bot.conversation.team.drafts import note_to
from bot.conversation.team.history import Event, reply
from bot.conversation.team.notices import NoticeKind
from bot.domain.approvals.by_source import policy_for
from bot.domain.messages.message import Medium, MessageStatus
from bot.domain.stays.access_codes import DOOR_LEFT, AccessCode
from bot.domain.stays.access_requests import AccessRequest
from bot.domain.stays.changing import Exchange
from bot.domain.stays.given_up import GivenUp
from bot.domain.stays.reserving import LINK_LEAD, For, reserve_in
from bot.domain.stays.withdrawing import give_up
from bot.domain.windows import PinKind
from bot.ports import Ports, Subject, UnitOfWork
from bot.ports.wanted_cards import want_card
from bot.workflows.change_stay.drafting import Drafted, Stay


async def make(
    ports: Ports, uow: UnitOfWork, stay: Stay, drafted: Drafted, person: str, known_to: str = ""
) -> AccessRequest:
    """The doors' rows are held. `known_to`: who hears of it otherwise."""
    now, channel, request = ports.clock.now(), ports.options.approvals_channel, drafted.after
    heard = await has_heard(uow, stay)
    for code in given_up_codes(ports, stay, drafted, person):
        await uow.codes.save(code)
    new = await reserve_new(ports, uow, stay, drafted, known=heard)
    saved = await uow.requests.save(request)
    if heard:
        await tell_guest(ports, uow, stay, drafted, new)
    # Approvals stay: what was approved is only changed.
    changes = change_facts(replace(stay.request, approvals=()), saved, stay.lock.zone)
    changes |= door_facts(stay.lock, drafted.lock)
    facts = stay_facts(stay.guest, drafted.lock, saved.granted) | changes
    key = f"changed:{saved.amendments}"
    await uow.enqueue(reply(ports.new_id(), key, Event.CHANGED, saved.id, channel, now, facts))
    if saved.requester not in (person, known_to):
        to, kind = saved.requester, NoticeKind.CHANGED
        await uow.enqueue(note_to(ports.new_id(), f"{saved.id}:{key}", kind, to, facts, saved.id, None, now))
    await want_card(ports, uow, saved.id)
    await uow.audit.note(now, person, "changed", saved.id, **{**changes, "approver": drafted.word})
    return saved


async def reserve_new(
    ports: Ports, uow: UnitOfWork, stay: Stay, drafted: Drafted, *, known: bool
) -> Sequence[AccessCode]:
    """The new codes, each with its place at its door. `known`: the guest has heard of the stay."""
    new = [_reserved(ports, stay, drafted, one, known=known) for one in drafted.exchanges.made]
    for code in new:
        await uow.codes.add(code)
        if code.mint_at <= ports.clock.now():
            uow.nudge(Subject.CODE, code.id)
    return new


def given_up_codes(ports: Ports, stay: Stay, drafted: Drafted, person: str) -> Sequence[AccessCode]:
    """The codes whose place others take, as they are to be saved, by id."""
    found = list[AccessCode]()
    used = {pin.code.id: pin.used for pin in stay.pins.pins}
    left = {code.id for code in drafted.exchanges.left}
    for code in drafted.exchanges.given_up:
        gone = give_up(code, GivenUp(person, ports.clock.now()), used=used[code.id]) or code
        gone = replace(gone, part=DOOR_LEFT) if code.id in left else gone
        if gone != code:
            found.append(gone)
    return found


def _reserved(ports: Ports, stay: Stay, drafted: Drafted, one: Exchange, *, known: bool) -> AccessCode:
    now, old, part, request = ports.clock.now(), one.old, one.planned, drafted.after
    on_arrival = old.on_arrival if old is not None else _waits(stay, one)
    # `replaces` tells the guest which PIN to forget; where none was made there is none, or that of the code before.
    before = (old.id if old.has_pin else old.replaces) if old else None
    # "The PIN sent before" would be those of the doors that stay, too.
    if old is not None and old.lock_id != part.lock_id and _kept(stay, drafted):
        before = None
    whom = For(request.id, part.lock_id, request.guest_id, replaces=before, on_arrival=on_arrival, part=part.part)
    policy = policy_for(ports.rules, ports.policy, request.requester, drafted.locks[0])
    policy = replace(policy, mint_lead=min(policy.mint_lead, LINK_LEAD)) if part.link else policy
    code = reserve_in(drafted.held[part.lock_id], ports.new_id(), whom, part.plan, now, policy)
    # Of a PIN on arrival this is when its guest is told: whoever knows the old time hears of the new one at once.
    return replace(code, mint_at=now, due_at=now) if on_arrival and known else code


def _waits(stay: Stay, one: Exchange) -> bool:
    """At a further door: as long as the guest was not there at the others, it waits for them, too."""
    waits = stay.request.on_arrival and all(pin.code.on_arrival for pin in stay.pins.current)
    return waits and one.planned.plan.kind is not PinKind.ONE_TIME and one.planned.links == 1


def _kept(stay: Stay, drafted: Drafted) -> list[AccessCode]:
    """The codes whose PINs are the guest's as before."""
    gone = {code.id for code in drafted.exchanges.given_up}
    return [pin.code for pin in stay.pins.current if pin.code.id not in gone and pin.may_open]


async def has_heard(uow: UnitOfWork, stay: Stay) -> bool:
    """Whether any text about the stay has left us, or may have: nobody else is told that it is another one now."""
    texts = [m for m in await uow.messages.of_request(stay.request.id) if m.medium is Medium.SMS]
    return any(m.recipient == stay.guest.id and (m.left_us or m.status is MessageStatus.SENDING) for m in texts)


async def tell_guest(ports: Ports, uow: UnitOfWork, stay: Stay, drafted: Drafted, new: Sequence[AccessCode]) -> None:
    """Where no text with a new PIN is about to say it."""
    now, first = ports.clock.now(), min(new, key=_start, default=None)
    if first is not None and (first.mint_at <= now or first.on_arrival):
        return
    kept = _kept(stay, drafted)
    # With another door beside one that stays, "the same PIN" and "only the newest counts" would both be untrue.
    if kept and new and set(drafted.after.lock_ids) != set(stay.request.lock_ids):
        return
    about = kept[0] if kept else first
    if about is None:
        return
    phrase = Phrase.MOVED_SAME_PIN if kept else Phrase.MOVED_NEW_PIN
    facts = stay_facts(stay.guest, drafted.lock, drafted.after.granted)
    key = f"{stay.request.id}:moved:{drafted.after.amendments}"
    await uow.enqueue(text_to_guest(ports.new_id(), key, phrase, stay.guest, facts, about, now))


def _start(code: AccessCode) -> datetime:
    return code.window.starts_at
