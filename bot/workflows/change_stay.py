"""The time of an approved stay is changed. Before any PIN is made this is free: its codes are released and reserved
anew. Afterwards a new PIN takes the place of each, and the one before opens as it did: whoever changes the stay has
read that.

`preview_change` tells what it would come to, and writes nothing.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from bot.conversation.guest_texts.drafts import stay_facts, text_to_guest
from bot.conversation.guest_texts.phrases import Phrase
from bot.conversation.team.amendments import change_facts
from bot.conversation.team.drafts import note_to
from bot.conversation.team.history import Event, reply
from bot.conversation.team.notices import NoticeKind
from bot.domain.approvals.amending import check_seen
from bot.domain.approvals.changing import check_may_change
from bot.domain.approvals.policy import Groups, automatic, deciders_of_all
from bot.domain.locks.lock import Lock, together
from bot.domain.messages.message import Medium, MessageStatus
from bot.domain.planning.holdings import Holdings
from bot.domain.planning.plan import Plan
from bot.domain.planning.stay_plan import plan_stay
from bot.domain.refusals import Reason, Refusal
from bot.domain.stays.access_codes import AccessCode, CodeStatus
from bot.domain.stays.access_requests import AccessRequest
from bot.domain.stays.changing import Exchange, Exchanges, changed, check_can_change, exchanges, still_open, to_plan
from bot.domain.stays.given_up import GivenUp
from bot.domain.stays.guests import Guest
from bot.domain.stays.reserving import LINK_LEAD, For, reserve_in
from bot.domain.stays.standing import PinStanding, Standing, standing
from bot.domain.stays.withdrawing import check_is_theirs, give_up
from bot.domain.windows import AccessWindow, PinKind
from bot.ports import Ports, Subject, UnitOfWork
from bot.ports.planned_doors import planned_doors
from bot.ports.stale import retry_if_stale


@dataclass(frozen=True, slots=True)
class NewTime:
    """The time that somebody chose, having looked at a stay that had been changed `seen` times, and having read that
    `accepted` PINs open whatever is changed. `delivery` is the vendor's id of this very step."""

    window: AccessWindow
    delivery: str
    seen: int = 0
    accepted: int = 0


@dataclass(frozen=True, slots=True)
class Stay:
    """An approved stay as it stands."""

    request: AccessRequest
    guest: Guest
    locks: tuple[Lock, ...]
    codes: tuple[AccessCode, ...]
    pins: Standing

    @property
    def lock(self) -> Lock:
        """Its doors as one."""
        return together(self.locks)


@dataclass(frozen=True, slots=True)
class ChangeInfo:
    """`closed`: why this person can change nothing here; `refusal`: why not to this time. With a plan: `cost` are the
    PINs that open whatever is changed."""

    stay: Stay
    closed: Refusal | None = None
    refusal: Refusal | None = None
    plan: Plan | None = None
    cost: tuple[PinStanding, ...] = ()


@dataclass(frozen=True, slots=True)
class Changed:
    """The stay after the change; `cost` as the person was told. `plan` is None when this delivery was seen before."""

    request: AccessRequest
    guest: Guest
    lock: Lock
    plan: Plan | None = None
    cost: tuple[PinStanding, ...] = ()


@dataclass(frozen=True, slots=True)
class _Drafted:
    """A change on paper: all that it needs to be made."""

    after: AccessRequest
    plan: Plan
    exchanges: Exchanges
    cost: tuple[PinStanding, ...]
    held: Mapping[str, Holdings]
    word: str


Read = Callable[[ZoneInfo], tuple[AccessWindow, frozenset[str]] | None]
"""From the zone at the door to the window, and what was odd about reading it; None while its times are incomplete."""


@retry_if_stale
async def preview_change(
    ports: Ports, request_id: str, person: str, read: Read | None = None, seen: int | None = None
) -> ChangeInfo:
    """Reads only. Raises a Refusal for a stay that is not there, or not theirs."""
    groups, approvers = await ports.groups(), await ports.approvers()
    async with ports.store() as uow:
        stay = await _stay(ports, uow, request_id, person, approvers)
        found, now = ChangeInfo(stay), ports.clock.now()
        try:
            check_can_change(stay.request, stay.codes, now)
            check_seen(stay.request, stay.request.amendments if seen is None else seen)
        except Refusal as refusal:
            return replace(found, closed=refusal)
        chosen = read(stay.lock.zoneinfo) if read else None
        if chosen is None:
            return found
        try:
            draft = await _draft(ports, uow, stay, person, chosen[0], groups, chosen[1])
        except Refusal as refusal:
            return replace(found, refusal=refusal)
        return replace(found, plan=draft.plan, cost=draft.cost)


@retry_if_stale
async def change_stay(ports: Ports, request_id: str, person: str, chosen: NewTime) -> Changed:
    """Raises a Refusal, with offers where the lock would not accept it, and then nothing is changed at any door.

    Two at once: the doors' rows are held, so the second one reads what the first has made of it.
    """
    now, groups, approvers = ports.clock.now(), await ports.groups(), await ports.approvers()
    async with ports.store() as uow:
        # Counted before the door is taken, acted upon after it: a retry waits for the first and reads its result.
        first = await uow.deliveries.first("slack", chosen.delivery, now)
        request = await uow.requests.get(request_id)
        if request is None:
            raise Refusal(Reason.UNKNOWN_REQUEST)
        await uow.locks.for_update(*request.lock_ids)
        # Read behind the doors: whoever held them before may have changed it, or given it up.
        stay = await _stay(ports, uow, request_id, person, approvers)
        if not first:
            return Changed(stay.request, stay.guest, stay.lock)
        check_seen(stay.request, chosen.seen)
        draft = await _draft(ports, uow, stay, person, chosen.window, groups)
        if len(draft.cost) > chosen.accepted:
            ends_at = max(pin.code.window.ends_at for pin in draft.cost)
            raise Refusal(Reason.PIN_MADE_MEANWHILE, {"ends_at": ends_at})
        return await _make(ports, uow, stay, draft, person)


async def _stay(ports: Ports, uow: UnitOfWork, request_id: str, person: str, approvers: frozenset[str]) -> Stay:
    request = await uow.requests.get(request_id)
    guest = await uow.guests.of_stay(request.id) if request else None
    locks = await uow.locks.of_stay(request) if request else ()
    if request is None or guest is None or not locks:
        raise Refusal(Reason.UNKNOWN_REQUEST)
    # Whether they may comes first: nobody else learns how far a stay has come.
    check_is_theirs(request, person, approvers)
    codes = await uow.codes.of_request(request.id)
    evidence = await uow.codes.evidence_of([code.id for code in codes])
    return Stay(request, guest, locks, tuple(codes), standing(codes, evidence, ports.clock.now()))


async def _draft(
    ports: Ports,
    uow: UnitOfWork,
    stay: Stay,
    person: str,
    wanted: AccessWindow,
    groups: Groups,
    noticed: frozenset[str] = frozenset(),
) -> _Drafted:
    request, now = stay.request, ports.clock.now()
    left = check_can_change(request, stay.codes, now)
    ahead = to_plan(request, left, wanted, now)
    # A code that was never minted frees its slot, maybe the very one needed.
    freed = [code for code in ahead.codes if code.status is CodeStatus.RESERVED]
    doors, held = await planned_doors(uow, stay.locks, now, freed)
    once = request.kind is PinKind.ONE_TIME
    planned = plan_stay(ahead.window, doors, now=now, one_time=once, chain=request.chain, noticed=noticed)
    to_make = exchanges(ahead.codes, planned.parts, stay.codes, now)
    after = changed(request, person, wanted, planned.whole, now, used=stay.pins.inside is not None)
    called = [lock.called for lock in stay.locks]
    who = deciders_of_all(ports.rules, after, called, groups, backup_called=False)
    alone = automatic(ports.rules, after, called, groups) is not None
    word = check_may_change(request, after, person, who, by_the_rules=alone)
    return _Drafted(after, planned.whole, to_make, still_open(to_make, stay.pins), held, word)


async def _make(ports: Ports, uow: UnitOfWork, stay: Stay, draft: _Drafted, person: str) -> Changed:
    now, channel, request = ports.clock.now(), ports.options.approvals_channel, draft.after
    heard = await _heard(uow, stay)
    used = {pin.code.id: pin.used for pin in stay.pins.pins}
    for code in draft.exchanges.given_up:
        gone = give_up(code, GivenUp(person, now), used=used[code.id])
        if gone is not None:
            await uow.codes.save(gone)
    new = [_reserved(ports, request, one, draft.held, known=heard) for one in draft.exchanges.made]
    for code in new:
        await uow.codes.add(code)
        if code.mint_at <= now:
            uow.nudge(Subject.CODE, code.id)
    saved = await uow.requests.save(request)
    if heard:
        await _tell_guest(ports, uow, stay, draft, new)
    # Approvals stay: what was approved is only changed.
    changes = change_facts(replace(stay.request, approvals=()), saved, stay.lock.zone)
    facts = stay_facts(stay.guest, stay.lock, saved.granted) | changes
    key = f"changed:{saved.amendments}"
    await uow.enqueue(reply(ports.new_id(), key, Event.CHANGED, saved.id, channel, now, facts))
    if saved.requester != person:
        to, kind = saved.requester, NoticeKind.CHANGED
        await uow.enqueue(note_to(ports.new_id(), f"{saved.id}:{key}", kind, to, facts, saved.id, None, now))
    await uow.cards.want(saved.id, channel, now)
    await uow.audit.note(now, person, "changed", saved.id, **{**changes, "approver": draft.word})
    uow.nudge(Subject.CARD, saved.id)
    return Changed(saved, stay.guest, stay.lock, draft.plan, draft.cost)


def _reserved(
    ports: Ports, request: AccessRequest, one: Exchange, held: Mapping[str, Holdings], *, known: bool
) -> AccessCode:
    now, old, part = ports.clock.now(), one.old, one.planned
    on_arrival = old is not None and old.on_arrival
    # `replaces` tells the guest which PIN to forget; where none was made there is none, or that of the code before.
    before = (old.id if old.has_pin else old.replaces) if old else None
    whom = For(request.id, part.lock_id, request.guest_id, replaces=before, on_arrival=on_arrival, part=part.part)
    policy = replace(ports.policy, mint_lead=min(ports.policy.mint_lead, LINK_LEAD)) if part.link else ports.policy
    code = reserve_in(held[part.lock_id], ports.new_id(), whom, part.plan, now, policy)
    # Of a PIN on arrival this is when its guest is told: whoever knows the old time hears of the new one at once.
    return replace(code, mint_at=now, due_at=now) if on_arrival and known else code


async def _heard(uow: UnitOfWork, stay: Stay) -> bool:
    """Whether any text about the stay has left us, or may have: nobody else is told that it is another one now."""
    texts = [m for m in await uow.messages.of_request(stay.request.id) if m.medium is Medium.SMS]
    return any(m.recipient == stay.guest.id and (m.left_us or m.status is MessageStatus.SENDING) for m in texts)


async def _tell_guest(ports: Ports, uow: UnitOfWork, stay: Stay, draft: _Drafted, new: Sequence[AccessCode]) -> None:
    """Where no text with a new PIN is about to say it."""
    now, first = ports.clock.now(), min(new, key=_start, default=None)
    if first is not None and (first.mint_at <= now or first.on_arrival):
        return
    gone = {code.id for code in draft.exchanges.given_up}
    kept = [pin.code for pin in stay.pins.current if pin.code.id not in gone and pin.may_open]
    about = kept[0] if kept else first
    if about is None:
        return
    phrase = Phrase.MOVED_SAME_PIN if kept else Phrase.MOVED_NEW_PIN
    facts = stay_facts(stay.guest, stay.lock, draft.after.granted)
    key = f"{stay.request.id}:moved:{draft.after.amendments}"
    await uow.enqueue(text_to_guest(ports.new_id(), key, phrase, stay.guest, facts, about, now))


def _start(code: AccessCode) -> datetime:
    return code.window.starts_at
