"""The guest's name, language or number is corrected, from the ask to the end of the stay: at once, since none of it
widens what was asked for or approved. A PIN that is out and opens is texted to the new number; the old one gets nothing
more."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from bot.conversation.guest_texts.drafts import pin_facts, text_to_guest
from bot.conversation.guest_texts.phrases import Phrase
from bot.conversation.refusals.limit_alerts import alarmed, count_of_stay
from bot.conversation.team.history import Event, reply
from bot.conversation.typed.languages import language_choice_for
from bot.domain.guest_names import as_called
from bot.domain.hiding import hide_digits, hide_in_name
from bot.domain.messages.languages import ChosenBy, Language, LanguageChoice
from bot.domain.messages.message import Medium, Message, MessageStatus
from bot.domain.pins import Phone
from bot.domain.refusals import Reason, Refusal
from bot.domain.stays.access_codes import AccessCode, CodeStatus
from bot.domain.stays.access_requests import AccessRequest
from bot.domain.stays.changing import check_can_correct, codes_left
from bot.domain.stays.companions import companions
from bot.domain.stays.guests import Guest
from bot.domain.stays.standing import standing
from bot.domain.stays.withdrawing import check_is_theirs
from bot.ports import Ports, UnitOfWork
from bot.ports.links import link_in_text
from bot.ports.own_pins import own_pins
from bot.ports.stale import retry_if_stale
from bot.ports.stay_approvers import stay_approvers
from bot.ports.wanted_cards import want_card

_OPENS = (CodeStatus.READY, CodeStatus.SHARED, CodeStatus.ACTIVE)
_OF = {True: Phrase.ON_ARRIVAL, False: Phrase.PIN}


@dataclass(frozen=True, slots=True)
class Correction:
    """What stands in the form. `phone` is None where the number stays; `language` where it goes by the number; `note`,
    why it was asked for, where that stays. `delivery` is the vendor's id of this very step."""

    name: str
    phone: Phone | None
    language: Language | None
    delivery: str
    note: str | None = None

    def changes(self, guest: Guest) -> bool:
        """Whether any of it is not so already."""
        chosen = guest.language_choice
        language = chosen.language if chosen.chosen_by is ChosenBy.REQUEST else None
        other_phone = self.phone is not None and self.phone != guest.phone
        return other_phone or self.name != guest.name or self.language is not language


@alarmed
@retry_if_stale
async def correct_guest(ports: Ports, request_id: str, person: str, corrected: Correction) -> Guest:
    """The guest as they stand then. Raises a Refusal where the stay is over, or this person may not."""
    now, groups = ports.clock.now(), await ports.groups()
    async with ports.store() as uow:
        first = await uow.deliveries.first("slack", corrected.delivery, now)
        if first:
            await count_of_stay(ports, uow, request_id, person, groups, ports.rules.limits.changes(request_id))
        after_it = await _for_update(uow, request_id)
        request = await uow.requests.get(request_id)
        before = await uow.guests.of_stay(request_id)
        if request is None or before is None:
            raise Refusal(Reason.UNKNOWN_REQUEST)
        check_is_theirs(request, person, await stay_approvers(ports, uow, request, groups))
        codes = await uow.codes.of_request(request_id)
        if not first:
            return before
        check_can_correct(request, codes, now)
        # By id, as every transaction takes stays and their codes.
        every = sorted([request, *await _later_visits(uow, request, after_it, now)], key=lambda one: one.id)
        theirs = await own_pins(uow, request_id, before.id, now)
        name = hide_in_name(as_called(corrected.name), theirs, before.phone, corrected.phone or before.phone)
        after = await _guest(ports, uow, before, replace(corrected, name=name))
        note = request.note if corrected.note is None else hide_digits(corrected.note, theirs) or None
        for each in every:
            await _keep(ports, uow, each, (before, after), note, person, corrected)
        if after.id != before.id:
            # Behind the old address there would be the PIN, for whoever has the old number.
            for each in every:
                await uow.pages.forget(each.id)
    return after


async def _for_update(uow: UnitOfWork, request_id: str) -> Sequence[str]:
    """The visits after it that are stays already, of a wish that repeats, and their rows held with its own."""
    request = await uow.requests.get(request_id)
    visits = await uow.series.stays_of(request.series_id) if request and request.series_id else [request_id]
    ids = visits[visits.index(request_id) :]
    await uow.requests.for_update(ids)
    return ids[1:]


async def _later_visits(
    uow: UnitOfWork, request: AccessRequest, ids: Sequence[str], now: datetime
) -> list[AccessRequest]:
    """Whoever a visit is for comes to those after it, too; to the newest even if it was given up, since from it the
    next has whom it is for."""
    series = await uow.series.get(request.series_id) if request.series_id else None
    named = series.newest_id if series and series.due_at is not None else ""
    later, codes = await uow.requests.get_many(ids), await uow.codes.of_requests(ids)
    stand = [each for each in ids if each in later and (each == named or codes_left(codes.get(each, ()), now))]
    return [later[each] for each in stand if later[each].guest_id == request.guest_id]


async def _keep(
    ports: Ports,
    uow: UnitOfWork,
    request: AccessRequest,
    guests: tuple[Guest, Guest],
    note: str | None,
    person: str,
    corrected: Correction,
) -> None:
    """`guests`: as they were, and as they are."""
    (before, after), now, channel = guests, ports.clock.now(), ports.options.approvals_channel
    saved = await uow.requests.save(
        replace(request, guest_id=after.id, guest_name=after.name, language_choice=after.language_choice, note=note)
    )
    facts = _facts(before, after) | {"by": person} | ({} if note == request.note else {"note": note or ""})
    if after.id != before.id:
        codes = await uow.codes.of_request(request.id)
        moved = [await uow.codes.save(replace(code, guest_id=after.id)) for code in codes]
        await _to_the_new_number(ports, uow, saved, before, after, moved)
    key = f"corrected:{corrected.delivery}"
    await uow.enqueue(reply(ports.new_id(), key, Event.CORRECTED, request.id, channel, now, facts))
    if request.visit <= 1 or await uow.cards.get(request.id) is not None:
        await want_card(ports, uow, request.id)
    await uow.audit.note(now, person, "guest_corrected", request.id, **_facts(before, after))


@retry_if_stale
async def guest_to_correct(ports: Ports, request_id: str, person: str) -> Guest:
    """Reads only. Raises a Refusal as `correct_guest` does."""
    now, groups = ports.clock.now(), await ports.groups()
    async with ports.store() as uow:
        request, guest = await uow.requests.get(request_id), await uow.guests.of_stay(request_id)
        if request is None or guest is None:
            raise Refusal(Reason.UNKNOWN_REQUEST)
        check_is_theirs(request, person, await stay_approvers(ports, uow, request, groups))
        check_can_correct(request, await uow.codes.of_request(request_id), now)
        return guest


async def _guest(ports: Ports, uow: UnitOfWork, before: Guest, corrected: Correction) -> Guest:
    phone = corrected.phone or before.phone
    choice = _language(ports, before, corrected, phone)
    if phone == before.phone:
        return replace(before, name=corrected.name, language_choice=choice)
    number = await uow.guests.get_or_create(corrected.name, phone, ports.clock.now())
    return replace(number, language_choice=choice)


def _language(ports: Ports, before: Guest, corrected: Correction, phone: Phone) -> LanguageChoice:
    """By its own choice, else by the number's country; a number that stays gives no reason for another."""
    kept = corrected.language is None and before.language_choice.chosen_by is not ChosenBy.REQUEST
    if kept and phone == before.phone:
        return before.language_choice
    return language_choice_for(corrected.language, phone, ports.options.guest_language)


def _facts(before: Guest, after: Guest) -> dict[str, str]:
    """What is another now, without any number in the clear."""
    facts = {"name": after.name, "name_before": before.name} if after.name != before.name else {}
    if after.language_choice.language is not before.language_choice.language:
        facts["language"] = after.language_choice.language.value
    if after.id != before.id:
        facts |= {"number": after.phone.masked(), "number_before": before.phone.masked(), "guest_before": before.id}
    return facts


async def _to_the_new_number(
    ports: Ports, uow: UnitOfWork, request: AccessRequest, before: Guest, after: Guest, codes: Sequence[AccessCode]
) -> None:
    now, messages = ports.clock.now(), await uow.messages.of_request(request.id)
    theirs = [m for m in messages if m.medium is Medium.SMS and m.recipient == before.id]
    for message in theirs:
        if message.status is MessageStatus.QUEUED:
            await uow.messages.save(replace(message, status=MessageStatus.DROPPED, due_at=None))
    pins = standing(codes, await uow.codes.evidence_of([code.id for code in codes]), now)
    locks, done = await uow.locks.get_many(request.lock_ids), set[str]()
    for pin in pins.guests:
        code, phrase = pin.code, _OF[pin.code.on_arrival]
        # What is not yet due to be texted comes by itself, to the number that the stay has then.
        if code.id in done or not _was_said(theirs, phrase, code) or not _to_be_said(code):
            continue
        along = [each for each in companions(code, codes) if _to_be_said(each) and _was_said(theirs, phrase, each)]
        done |= {each.id for each in along}
        link = await link_in_text(uow, code, codes, request)
        facts = pin_facts(after, [locks[each.lock_id] for each in along], along, link)
        # This number has had no PIN before.
        facts.pop("replaces", None)
        key = f"{code.id}:number:{after.id}:{request.version}"
        await uow.enqueue(text_to_guest(ports.new_id(), key, phrase, after, facts, code, now))


def _was_said(messages: Sequence[Message], phrase: Phrase, code: AccessCode) -> bool:
    return any(m.phrase == phrase.value and code.id in m.code_ids for m in messages)


def _to_be_said(code: AccessCode) -> bool:
    if code.on_arrival:
        return code.status is CodeStatus.RESERVED
    return code.has_pin and code.status in _OPENS
