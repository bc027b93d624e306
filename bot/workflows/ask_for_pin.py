"""A requester asks: the plan is settled, the request stands, its card is on the way. Where the rules approve it by
themselves, its codes are reserved in the same transaction."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial

from bot.conversation.guest_texts.approver_texts import ToApprover, question
from bot.conversation.refusals.limit_alerts import alarmed, stay_within
from bot.conversation.team.stay_words import double_words
from bot.conversation.typed.languages import language_choice_for
from bot.domain.approvals.advance_request import advance_request
from bot.domain.approvals.by_source import policy_for
from bot.domain.approvals.deciding import check_can_be_decided, is_undecidable
from bot.domain.approvals.limits import check_automatic, check_open
from bot.domain.approvals.policy import (
    BY_THE_RULES,
    Groups,
    Rule,
    asked_under,
    automatic,
    check_may_ask,
    deciders_of_all,
    texted,
)
from bot.domain.guest_names import as_called
from bot.domain.hiding import hide_digits, hide_in_name
from bot.domain.locks.known_as import KnownAs
from bot.domain.locks.lock import Lock, together
from bot.domain.messages.languages import Language, LanguageChoice
from bot.domain.messages.reminders import Policy
from bot.domain.pins import Phone, Pin
from bot.domain.planning.holdings import Holdings
from bot.domain.planning.otherwise import as_booked
from bot.domain.planning.stay_plan import StayPlan, plan_stay
from bot.domain.planning.visits import Visits
from bot.domain.refusals import Reason, Refusal, on_clock_of
from bot.domain.sources.names import from_source
from bot.domain.sources.series import Series
from bot.domain.sources.source_stays import SourceStay
from bot.domain.stays.access_requests import AccessRequest, Decision, RequestStatus
from bot.domain.stays.guests import Guest
from bot.domain.stays.reserving import reserve_all
from bot.domain.stays.withdrawing import is_theirs
from bot.domain.windows import AccessWindow
from bot.ports import Ports, UnitOfWork
from bot.ports.doubles import doubles_of
from bot.ports.house import check_admitted, workspace_name
from bot.ports.new_codes import add_codes
from bot.ports.own_pins import own_pins
from bot.ports.planned_doors import planned_doors
from bot.ports.stale import retry_if_stale
from bot.ports.wanted_cards import want_card


@dataclass(frozen=True, slots=True)
class PinRequest:
    """What somebody asks for: `lock_ids` are the doors, the one named first first. `delivery` is the vendor's id of
    this very ask, so that a retry asks once. `chain`: a new PIN for every 24 hours."""

    requester: str
    lock_ids: tuple[str, ...]
    guest_name: str
    phone: Phone
    window: AccessWindow
    delivery: str
    note: str | None = None
    one_time: bool = False
    on_arrival: bool = False
    chain: bool = False
    workspace: str = ""
    language: Language | None = None
    noticed: Collection[str] = ()
    """What was odd about reading the window's times (`dst_gap`, `dst_fold`)."""
    known: frozenset[str] | None = None
    """Stays of the same number that whoever asks has been told of; None where nobody looks for them."""
    of_source: SourceStay | None = None
    """What a source calls this stay, where it came by itself: kept with the request, or neither is."""
    asks_people: bool = False
    """No rule alone says yes to it."""
    booked: AccessWindow | None = None
    """What its source has booked, where no lock takes that and the window stands in its place."""
    visits: Visits | None = None
    """It repeats: `window` is the first of these."""


@dataclass(frozen=True, slots=True)
class Asked:
    """`plan` is None when this delivery was seen before; `approved` says that the rules approved it by themselves."""

    plan: StayPlan | None
    approved: bool = False
    language_choice: LanguageChoice = field(default_factory=LanguageChoice)
    request_id: str = ""
    undecidable: bool = False
    """Too few may decide it, since nobody decides their own."""


@alarmed
@retry_if_stale
async def ask_for_pin(ports: Ports, wanted: PinRequest) -> Asked:
    """Raises a Refusal, with offers, when the lock would not accept it or this person may not ask."""
    # Before the transaction: the chat may have to be asked for the groups, and no row is held over a vendor's call.
    now, groups, approvers = ports.clock.now(), await ports.groups(), await ports.approvers()
    check_may_ask(ports.rules, wanted.requester, groups)
    async with ports.store() as uow:
        await check_admitted(ports, uow, wanted.workspace)
        # In the ask's own transaction: a Refusal below undoes this as well, so the same form may be sent once more.
        if not await uow.deliveries.first("slack", wanted.delivery, now):
            return Asked(None)
        limits = ports.rules.limits
        counted = (limits.asks(wanted.requester), limits.number(uow.guests.mark(wanted.phone)))
        await stay_within(ports, uow, wanted.requester, wanted.workspace, wanted.lock_ids[:1], counted, wanted.phone)
        locks = await _locks(ports, uow, wanted, now)
        doors, held = await planned_doors(uow, locks, now)
        planned = plan_stay(
            wanted.window, doors, now=now, one_time=wanted.one_time, chain=wanted.chain, noticed=wanted.noticed
        )
        await _check_doubles(uow, wanted, locks, approvers, now)
        # Before the first row is written: those go to the database together.
        waiting = await uow.requests.open_of(wanted.requester)
        guest, theirs = await _guest(ports, uow, wanted, now)
        known = [lock.known_as for lock in locks]
        request = _request(ports, wanted, planned, guest, now, theirs, (known, groups))
        rule = None if _asks_people(wanted, request, now) else automatic(ports.rules, request, known, groups)
        with on_clock_of(locks[0].zoneinfo):
            await _check_limits(ports, uow, request, planned, None if rule is not None else waiting)
        if rule is not None:
            said = Decision(BY_THE_RULES, approved=True, at=now)
            request = replace(request, status=RequestStatus.APPROVED, decision=said, due_at=None)
        # The request's row first: its card, its code and its messages point to it.
        await uow.requests.add(request)
        await want_card(ports, uow, request.id)
        named = ",".join(lock.id for lock in locks)
        asked = {"lock": named, "kind": request.kind.value, **await _where(ports, uow, request)}
        await uow.audit.note(now, wanted.requester, "asked", request.id, **asked)
        undecidable = False
        if rule is not None:
            policy = policy_for(ports.rules, ports.policy, request.requester, locks[0])
            await _reserve(ports, uow, request, planned, held, rule, policy)
        else:
            undecidable = await _ask_people(ports, uow, request, (locks, known), guest, groups, wanted.visits, now)
        if wanted.of_source is not None:
            await uow.source_stays.put(replace(wanted.of_source, request_id=request.id))
        if wanted.visits is not None:
            await uow.series.put(Series(request.id, wanted.visits, newest_id=request.id))
    return Asked(planned, rule is not None, guest.language_choice, request.id, undecidable)


def _asks_people(wanted: PinRequest, request: AccessRequest, now: datetime) -> bool:
    """Of a source nobody looks at what the lock makes of a booking: where that is otherwise, people do. And a rule
    looks at one visit of what repeats, and would say yes to all of them for months."""
    booked = wanted.booked or wanted.window
    otherwise = from_source(wanted.requester) and not as_booked(booked, wanted.window, request.granted, now)
    return wanted.asks_people or wanted.visits is not None or otherwise


async def _where(ports: Ports, uow: UnitOfWork, request: AccessRequest) -> dict[str, str]:
    """For the audit log: names change, and ids tell nobody anything."""
    name = await workspace_name(ports, uow, request.workspace)
    return {"workspace": request.workspace, "workspace_name": name} if name else {}


async def _locks(ports: Ports, uow: UnitOfWork, wanted: PinRequest, now: datetime) -> list[Lock]:
    """The locks asked for. They are held where the rules may approve at once: nobody takes a slot in between."""
    ids = tuple(dict.fromkeys(wanted.lock_ids))
    if ports.rules.any_automatic:
        await uow.locks.for_update(*ids)
    await uow.read_ahead(ids, wanted.phone, wanted.requester, now)
    found = await uow.locks.get_many(ids)
    if len(found) < len(ids):
        raise Refusal(Reason.UNKNOWN_LOCK)
    return [found[each] for each in ids]


async def _guest(ports: Ports, uow: UnitOfWork, wanted: PinRequest, now: datetime) -> tuple[Guest, Sequence[Pin]]:
    """Who it is for, and the PINs that their number has already."""
    choice = language_choice_for(wanted.language, wanted.phone, ports.options.guest_language)
    guest = await uow.guests.get_or_create(wanted.guest_name, wanted.phone, now, choice)
    theirs = await own_pins(uow, None, guest.id, now)
    name = hide_in_name(as_called(guest.name), theirs, guest.phone)
    return guest if name == guest.name else replace(guest, name=name), theirs


async def _check_doubles(
    uow: UnitOfWork, wanted: PinRequest, locks: Sequence[Lock], approvers: frozenset[str], now: datetime
) -> None:
    """Raises a Refusal where the number is at one of these doors in this time already, and nobody has said so yet."""
    if wanted.known is None:
        return
    found = await doubles_of(uow, wanted.phone, wanted.lock_ids, wanted.window, now)
    if all(one.request.id in wanted.known for one in found):
        return
    doors = {lock.id: lock for lock in locks}
    words = []
    for one in found:
        here = wanted.workspace in ("", one.request.workspace)
        named = here and is_theirs(one.request, wanted.requester, approvers)
        words.append(double_words(one, [doors[each] for each in one.lock_ids], named=named, asker=here))
    raise Refusal(Reason.DOUBLE, {"known": tuple(words)})


async def _check_limits(
    ports: Ports,
    uow: UnitOfWork,
    request: AccessRequest,
    planned: StayPlan,
    waiting: tuple[int, datetime | None] | None,
) -> None:
    """Raises a Refusal where too much of this person's waits for a decision, or lives by the rules alone. Whoever asks
    is counted already, so nobody adds to it meanwhile. `waiting`: of `open_of`; None where the rules say yes."""
    limits, person, workspace = ports.rules.limits, request.requester, request.workspace
    if waiting is None:
        alive = await uow.codes.alive_by_rules(person, request.lock_ids, ports.clock.now())
        check_automatic(limits, alive, len(planned.parts), person, workspace)
    else:
        count, first_lapses = waiting
        check_open(limits, count, person, first_lapses, workspace)


def _request(
    ports: Ports,
    wanted: PinRequest,
    planned: StayPlan,
    guest: Guest,
    now: datetime,
    pins: Sequence[Pin],
    by: tuple[Sequence[KnownAs], Groups],
) -> AccessRequest:
    """`by`: what the rules go by."""
    doors = tuple(dict.fromkeys(wanted.lock_ids))
    request_id, note = ports.new_id(), hide_digits(wanted.note, pins) if wanted.note else None
    made = partial(
        AccessRequest,
        id=request_id,
        lock_id=doors[0],
        more_locks=doors[1:],
        guest_id=guest.id,
        requester=wanted.requester,
        asked=wanted.window,
        granted=planned.whole.granted,
        kind=planned.whole.kind,
        created_at=now,
        note=note,
        workspace=wanted.workspace,
        on_arrival=wanted.on_arrival,
        chain=wanted.chain,
        guest_name=guest.name,
        language_choice=guest.language_choice,
        booked=wanted.booked,
        series_id=request_id if wanted.visits else None,
        visit=1 if wanted.visits else 0,
    )
    # Made twice: a copy with two things changed costs three times as much.
    bare = made()
    under = asked_under(ports.rules, bare, *by)
    return made(due_at=advance_request(bare, now, ports.rules.reminders).due_at, asked_under=under)


async def _ask_people(
    ports: Ports,
    uow: UnitOfWork,
    request: AccessRequest,
    doors: tuple[Sequence[Lock], Sequence[KnownAs]],
    guest: Guest,
    groups: Groups,
    visits: Visits | None,
    now: datetime,
) -> bool:
    """Approvers without chat get a text of their own, each with a code of their own. Whether nobody can decide it.
    `doors`: the locks, and what rules know them by."""
    locks, known = doors
    who = deciders_of_all(ports.rules, request, known, groups, backup_called=False)
    check_can_be_decided(request, who)
    for approver in texted(ports.rules, who.approvers):
        about = (request, guest, together(locks))
        ask = question(ports.new_id(), ToApprover.ASK, approver, *about, now, ports.policy.quiet, visits)
        # Only for a new message: the sealed code points to its row, and a text that is queued already has its own code.
        if await uow.enqueue(ask):
            await uow.words.keep(ask.id, await uow.sms_codes.issue(request.id, approver.id, request.granted, now))
    return is_undecidable(request, who)


async def _reserve(
    ports: Ports,
    uow: UnitOfWork,
    request: AccessRequest,
    planned: StayPlan,
    held: Mapping[str, Holdings],
    rule: Rule,
    policy: Policy,
) -> None:
    now = ports.clock.now()
    await uow.audit.note(now, BY_THE_RULES, RequestStatus.APPROVED.value, request.id, rule=rule.name)
    await add_codes(uow, reserve_all(request, planned, held, ports.new_id, now, policy), now)
