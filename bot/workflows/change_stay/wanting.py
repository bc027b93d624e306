"""A change beyond what was approved is asked of those who may decide it, and settled by as many of them as the rules
want, or by one who says no. What is wanted stands in the facts of the question: it is planned anew from there, never
from a button."""

from dataclasses import dataclass, replace
from datetime import datetime

from bot.conversation.guest_texts.drafts import stay_facts
from bot.conversation.refusals.limit_alerts import alarmed, count_of_stay
from bot.conversation.team.amendments import (
    agreed_facts,
    answer_facts,
    booked_facts,
    change_facts,
    door_facts,
    wanted_changes,
    wanted_facts,
)
from bot.conversation.team.drafts import note_to
from bot.conversation.team.history import Event, reply
from bot.conversation.team.notices import NoticeKind
from bot.conversation.team.settled import taken_key
from bot.domain.approvals.amending import check_seen
from bot.domain.approvals.policy import asked_under
from bot.domain.approvals.wanted_changes import (
    TAKEN_BACK,
    WantedChange,
    change_lapses_at,
    check_may_decide_change,
    check_stands,
    overtaken,
    words_for,
)
from bot.domain.locks.lock import Lock
from bot.domain.messages.message import Message
from bot.domain.refusals import Reason, Refusal
from bot.domain.sources.names import from_source
from bot.domain.stays.access_requests import AccessRequest, AskedUnder
from bot.ports import Ports, UnitOfWork
from bot.ports.stale import retry_if_stale
from bot.ports.wanted_cards import want_card
from bot.workflows.change_stay.drafting import (
    Drafted,
    NewTime,
    Stay,
    Wanted,
    behind_doors,
    check_doors_stay,
    deciders_of_change,
    doors_wanted,
    draft,
)
from bot.workflows.change_stay.making import make


@dataclass(frozen=True, slots=True)
class AskedChange:
    """Who may decide it, how many of them it takes, and until when."""

    whom: tuple[str, ...]
    needed: int
    stay: Stay
    lapses_at: datetime


@alarmed
@retry_if_stale
async def want_change(ports: Ports, request_id: str, person: str, chosen: NewTime) -> AskedChange:
    """Raises a Refusal where nobody has to be asked, or too few in chat can decide it. The same once more is the
    same question; another takes the place of the one before."""
    now, groups = ports.clock.now(), await ports.groups()
    async with ports.store() as uow:
        first = await uow.deliveries.first("slack", chosen.delivery, now)
        if first:
            await count_of_stay(ports, uow, request_id, person, groups, ports.rules.limits.changes(request_id))
        stay = await behind_doors(ports, uow, request_id, person, groups, chosen.lock_ids)
        before = wanted_changes(await uow.messages.of_request(request_id))
        newest = before[-1] if before else None
        if first:
            check_seen(stay.request, chosen.seen)
        check_doors_stay(stay, chosen.lock_ids)
        drafted = await draft(ports, uow, stay, person, chosen.wanted, groups)
        if drafted.beyond is None:
            raise Refusal(Reason.CHANGE_OVERTAKEN, {"status": "yours"})
        if not drafted.asks:
            raise drafted.beyond
        wants = (person, chosen.window, drafted.after.lock_ids)
        if newest is not None and newest.same_as(*wants) and not overtaken(before, newest, stay.request, now):
            return AskedChange(drafted.asks, drafted.needed, stay, newest.lapses_at)
        lapses_at = change_lapses_at(stay.request, drafted.after.granted, now)
        known = [lock.known_as for lock in drafted.locks]
        said = asked_under(ports.rules, drafted.after, known, groups)
        await _ask(ports, uow, stay, drafted, person, chosen, lapses_at, len(before), said)
    return AskedChange(drafted.asks, drafted.needed, stay, lapses_at)


async def _ask(
    ports: Ports,
    uow: UnitOfWork,
    stay: Stay,
    drafted: Drafted,
    person: str,
    chosen: NewTime,
    lapses_at: datetime,
    count: int,
    said: tuple[AskedUnder, ...],
) -> None:
    now, channel, request, new_id = ports.clock.now(), ports.options.approvals_channel, stay.request, ports.new_id()
    change = WantedChange(
        new_id,
        person,
        chosen.window,
        drafted.after.granted,
        drafted.after.lock_ids,
        request.amendments,
        lapses_at,
        asked_under=said,
    )
    facts = stay_facts(stay.guest, stay.lock, request.granted)
    facts |= change_facts(replace(request, approvals=()), drafted.after, stay.lock.zone)
    facts |= door_facts(stay.lock, drafted.lock) | wanted_facts(change, drafted.asks, drafted.needed)
    if from_source(person):
        booked = chosen.booked or chosen.window
        facts |= booked_facts(booked, chosen.window, drafted.plan.granted, stay.lock.zoneinfo, now)
    if drafted.cost:
        facts |= {"opens_until": max(pin.code.window.ends_at for pin in drafted.cost).isoformat()}
    key = f"{request.id}:change_wanted:{count}"
    await uow.enqueue(note_to(new_id, key, NoticeKind.CHANGE_WANTED, channel, facts, request.id, None, now))
    thread = reply(ports.new_id(), f"change_wanted:{count}", Event.CHANGE_WANTED, request.id, channel, now, facts)
    await uow.enqueue(thread)
    # The clock looks again when it lapses.
    await uow.requests.save(replace(request, due_at=lapses_at))
    await want_card(ports, uow, request.id)
    wanted = {name: facts[name] for name in ("changed_from", "changed_to", "doors_from", "doors_to") if name in facts}
    await uow.audit.note(now, person, "change_wanted", request.id, change=new_id, **wanted)


@retry_if_stale
async def decide_change(ports: Ports, change_id: str, person: str, *, agreed: bool) -> None:
    """Raises a Refusal where this person may not, there is nothing to decide any more, or a lock has no place left."""
    now, groups = ports.clock.now(), await ports.groups()
    async with ports.store() as uow:
        message = await uow.messages.get(change_id)
        if message is None or message.phrase != NoticeKind.CHANGE_WANTED.value or message.request_id is None:
            raise Refusal(Reason.UNKNOWN_REQUEST)
        first = wanted_changes([message])[0]
        # Whoever may decide it is found out below; here the stay is only read.
        stay = await behind_doors(ports, uow, message.request_id, person, None, first.lock_ids)
        every = wanted_changes(await uow.messages.of_request(stay.request.id))
        wanted = next(one for one in every if one.id == change_id)
        who = deciders_of_change(ports, *await _would_be(uow, stay, wanted), groups, wanted.asked_under)
        check_may_decide_change(stay.request, wanted, person, who, agreed=agreed)
        check_stands(every, wanted, stay.request, stay.codes, now)
        words = words_for(stay.request, wanted, person, who)
        if agreed and len(words) < who.needed:
            await _agree(ports, uow, message, wanted, person, who.needed - len(words))
            return
        stay = replace(stay, request=replace(stay.request, due_at=None))
        if agreed:
            drafted = await draft(ports, uow, stay, person, Wanted(wanted.window, wanted.lock_ids), groups)
            # What the door grants now may be another time, which others decide.
            who = deciders_of_change(ports, drafted.after, drafted.locks, groups, wanted.asked_under)
            words = words_for(stay.request, wanted, person, who)
            if drafted.beyond is not None and len(words) < who.needed:
                raise drafted.beyond
            drafted = replace(drafted, word=drafted.word or ",".join(sorted(words)))
            await make(ports, uow, stay, drafted, person, known_to=wanted.by)
        else:
            await uow.requests.save(stay.request)
        await _settle(ports, uow, message, wanted, person, "yes" if agreed else "no")


@retry_if_stale
async def take_back_change(ports: Ports, request_id: str, person: str) -> None:
    """What they have asked for, and nobody has decided, they want no more. Nothing where nothing of theirs waits."""
    async with ports.store() as uow:
        request = await uow.requests.get(request_id, for_update=True)
        messages = await uow.messages.of_request(request_id)
        every = wanted_changes(messages)
        if request is None or not every or every[-1].by != person:
            return
        if overtaken(every, every[-1], request, ports.clock.now()):
            return
        question = next(one for one in messages if one.id == every[-1].id)
        await uow.requests.save(replace(request, due_at=None))
        await _settle(ports, uow, question, every[-1], person, TAKEN_BACK)


@retry_if_stale
async def change_that_waits(ports: Ports, request: AccessRequest, person: str) -> WantedChange | None:
    """What they have asked for of this stay, and nobody has decided."""
    async with ports.store() as uow:
        every = wanted_changes(await uow.messages.of_request(request.id))
    waits = every and every[-1].by == person and not overtaken(every, every[-1], request, ports.clock.now())
    return every[-1] if waits else None


async def _would_be(uow: UnitOfWork, stay: Stay, wanted: WantedChange) -> tuple[AccessRequest, tuple[Lock, ...]]:
    locks = await doors_wanted(uow, stay, wanted.lock_ids)
    first, *more = (lock.id for lock in locks)
    return replace(stay.request, granted=wanted.granted, lock_id=first, more_locks=tuple(more)), locks


async def _agree(
    ports: Ports, uow: UnitOfWork, question: Message, wanted: WantedChange, person: str, missing: int
) -> None:
    """One word of several: the question says so, and so does the thread."""
    now, channel, request_id = ports.clock.now(), ports.options.approvals_channel, question.request_id or ""
    facts = agreed_facts(question, wanted, person, missing)
    key = f"change_agreed:{wanted.id}:{person}"
    await uow.enqueue(reply(ports.new_id(), key, Event.CHANGE_AGREED, request_id, channel, now, facts))
    key, about = taken_key(question.id, len(wanted.agreed) + 1), facts | {"of": question.id}
    await uow.enqueue(note_to(ports.new_id(), key, NoticeKind.TAKEN, question.recipient, about, request_id, None, now))
    await uow.audit.note(now, person, "change_agreed", request_id, change=wanted.id, missing=str(missing))


_NOTED = {"yes": "change_agreed", "no": "change_denied", TAKEN_BACK: "change_taken_back"}


async def _settle(
    ports: Ports, uow: UnitOfWork, message: Message, wanted: WantedChange, person: str, outcome: str
) -> None:
    now, channel, request_id = ports.clock.now(), ports.options.approvals_channel, message.request_id or ""
    facts = answer_facts(message, outcome, person)
    key = f"change_settled:{wanted.id}"
    # One key for yes, no and lapsed: of two at once one settles it.
    thread = reply(ports.new_id(), key, Event.CHANGE_SETTLED, request_id, channel, now, facts)
    if not await uow.enqueue(thread):
        raise Refusal(Reason.CHANGE_OVERTAKEN, {"status": "decided"})
    kind = NoticeKind.CHANGE_ANSWERED
    await uow.enqueue(note_to(ports.new_id(), key, kind, wanted.by, facts, request_id, None, now))
    await want_card(ports, uow, request_id)
    await uow.audit.note(now, person, _NOTED[outcome], request_id, change=wanted.id)
