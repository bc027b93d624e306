"""An online PIN is set, changed or deleted: the wish is written down, the provider is asked, and whoever wished it
hears of the outcome. What is under way has not happened yet, and every answer says so.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from bot.conversation.team.drafts import note_to
from bot.conversation.team.notices import NoticeKind
from bot.conversation.team.online_words import DUPLICATE, NOT_TAKEN, Outcome, facts_of
from bot.domain.approvals.policy import Groups, check_may_operate
from bot.domain.hiding import hide_in_name
from bot.domain.locks.lock import Lock
from bot.domain.locks.online_pins import (
    UNDER_WAY,
    OnlinePin,
    OnlineStatus,
    changing,
    check_can_program,
    check_window,
    digits_of_ones_own,
    erasing,
    is_easy,
    is_late,
    look_again,
)
from bot.domain.pins import Pin
from bot.domain.refusals import Reason, Refusal, on_clock_of
from bot.domain.windows import AccessWindow
from bot.ports import (
    Misconfigured,
    OnlineOrder,
    OnlinePinInfo,
    OnlineProvider,
    OnlineState,
    OutcomeUnknown,
    Ports,
    ProviderError,
    Rejected,
    Subject,
    UnitOfWork,
)
from bot.ports.stale import retry_if_stale

S = OnlineStatus
_REFUSED_AGAIN = timedelta(minutes=5)
_TRIES = 100


@dataclass(frozen=True, slots=True)
class OnlinePinRequest:
    """`digits` as typed. `delivery` is the vendor's id of this very wish, so that a retry sets it once."""

    lock_id: str
    name: str
    digits: str
    window: AccessWindow | None
    person: str
    delivery: str
    workspace: str = ""


@dataclass(frozen=True, slots=True)
class Held:
    """What a lock holds of such PINs, for whoever may see them; `suggested` are digits that are free there."""

    lock: Lock
    pins: Sequence[OnlinePin]
    suggested: str


@retry_if_stale
async def look_at_lock(ports: Ports, lock_id: str, person: str) -> Held:
    """Raises a Refusal for whoever may not, and where there is no bridge."""
    now, groups = ports.clock.now(), await ports.groups()
    async with ports.store() as uow:
        lock = await _theirs(ports, uow, groups, person, lock_id)
        if lock is None:
            raise Refusal(Reason.UNKNOWN_LOCK)
        if not lock.has_bridge:
            raise Refusal(Reason.NO_BRIDGE, {"lock": lock.name})
        return Held(lock, await uow.online.of_lock(lock_id, now), await _free(ports, uow, lock_id))


@retry_if_stale
async def look_at_pin(ports: Ports, pin_id: str, person: str) -> tuple[OnlinePin, str]:
    """One of them, and free digits for its lock. Raises a Refusal."""
    now, groups = ports.clock.now(), await ports.groups()
    async with ports.store() as uow:
        pin = await uow.online.get(pin_id)
        await _theirs(ports, uow, groups, person, pin.lock_id if pin else "")
        if pin is None or not pin.lives(now):
            raise Refusal(Reason.UNKNOWN_ONLINE_PIN)
        return pin, await _free(ports, uow, pin.lock_id)


async def _theirs(ports: Ports, uow: UnitOfWork, groups: Groups, person: str, lock_id: str) -> Lock | None:
    """The door, for whoever may work it from afar. Raises a Refusal for anybody else, who learns nothing of it."""
    lock = await uow.locks.get(lock_id)
    check_may_operate(ports.rules, groups, person, lock.known_as if lock else None)
    return lock


async def _free(ports: Ports, uow: UnitOfWork, lock_id: str) -> str:
    for _ in range(_TRIES):
        # Only a suggestion, which holds nothing: `program` and `change` look again behind the door's row.
        digits = f"{secrets.randbelow(10**6):06}"
        if not is_easy(digits) and not await uow.online.holds(lock_id, Pin(digits), ports.clock.now()):
            return digits
    return ""


@retry_if_stale
async def program(ports: Ports, asked: OnlinePinRequest) -> Lock:
    """Takes the wish. Raises a Refusal; the lock's row is held, so that two at once cannot take the same digits."""
    now, groups = ports.clock.now(), await ports.groups()
    async with ports.store() as uow:
        door = await _theirs(ports, uow, groups, asked.person, asked.lock_id)
        digits, zone = digits_of_ones_own(asked.digits), door.zoneinfo if door else None
        with on_clock_of(zone):
            check_window(asked.window, now)
        first = await uow.deliveries.first("slack", f"online:{asked.delivery}", now)
        await uow.locks.for_update(asked.lock_id)
        # A retry finds the digits taken by its own first delivery: that is no refusal.
        taken = first and await uow.online.holds(asked.lock_id, digits, now)
        held = await uow.codes.holdings(asked.lock_id, now)
        with on_clock_of(zone):
            lock = check_can_program(await uow.locks.get(asked.lock_id), held, taken=taken)
        if first:
            pin = OnlinePin(
                id=ports.new_id(),
                lock_id=lock.id,
                name=hide_in_name(asked.name, (digits,)),
                made_by=asked.person,
                person=asked.person,
                asked_at=now,
                window=asked.window,
                workspace=asked.workspace,
                due_at=now,
            )
            await uow.online.add(pin, digits)
            await uow.audit.note(now, asked.person, "online_pin_wanted", pin.id, lock=lock.id)
            uow.nudge(Subject.ONLINE, pin.id)
    return lock


@retry_if_stale
async def change(ports: Ports, pin_id: str, digits: str, person: str) -> OnlinePin:
    """Raises a Refusal."""
    now, groups = ports.clock.now(), await ports.groups()
    async with ports.store() as uow:
        before = await uow.online.get(pin_id)
        await _theirs(ports, uow, groups, person, before.lock_id if before else "")
        wanted = digits_of_ones_own(digits)
        if before is not None:
            # Two changes to the same digits at once: the second waits here, and finds them taken.
            await uow.locks.for_update(before.lock_id)
        after = changing(before, person, now)
        if await uow.online.holds(after.lock_id, wanted, now):
            raise Refusal(Reason.DIGITS_TAKEN)
        await uow.online.keep_next(pin_id, wanted)
        saved = await uow.online.save(after)
        await uow.audit.note(now, person, "online_pin_change_wanted", pin_id)
        uow.nudge(Subject.ONLINE, pin_id)
    return saved


@retry_if_stale
async def erase(ports: Ports, pin_id: str, person: str) -> OnlinePin:
    """Raises a Refusal. A second time it changes nothing."""
    now, groups = ports.clock.now(), await ports.groups()
    async with ports.store() as uow:
        before = await uow.online.get(pin_id)
        await _theirs(ports, uow, groups, person, before.lock_id if before else "")
        after = erasing(before, person, now)
        if after is before:
            return after
        saved = await uow.online.save(after)
        await uow.audit.note(now, person, "online_pin_deletion_wanted", pin_id)
        uow.nudge(Subject.ONLINE, pin_id)
    return saved


# --- what the worker does -------------------------------------------------------------------------------------------


async def process_online_pin(ports: Ports, pin_id: str) -> None:
    """One step of one PIN. Safe to repeat."""
    claim = await _claim(ports, pin_id)
    if claim is None or ports.online is None:
        return
    held, order, tried = claim
    try:
        seen = await _step(ports.online, held, order, tried=tried)
    except ProviderError as error:
        await _record_error(ports, held, error)
    else:
        await _record(ports, held, seen)


@retry_if_stale
async def _claim(ports: Ports, pin_id: str) -> tuple[OnlinePin, OnlineOrder, bool] | None:
    """`tried`: the first order for it may have arrived already."""
    now, wall = ports.clock.now(), ports.clock.wall()
    async with ports.store() as uow:
        pin = await uow.online.get(pin_id)
        lock = await uow.locks.get(pin.lock_id) if pin else None
        digits = await uow.online.digits(pin_id)
        if pin is None or lock is None or digits is None or pin.status not in UNDER_WAY:
            return None
        if (pin.due_at or wall) > now or (pin.claimed_until or wall) > wall:
            return None
        if pin.is_over(now):
            await _end(ports, uow, pin.becomes(S.GONE), None)
            return None
        lease = ports.options.lease
        # `tried` is committed before the call: whoever comes after a crash asks first whether the order has arrived.
        held = replace(pin, tried=True, attempts=pin.attempts + 1, claimed_until=wall + lease, due_at=now + lease)
        order = OnlineOrder(lock.provider_ref, pin.provider_name, digits, pin.window)
        # The row's `tried` from before this claim: it speaks of earlier calls, not of the one that follows.
        return await uow.online.save(held), order, pin.tried


async def _step(online: OnlineProvider, held: OnlinePin, order: OnlineOrder, *, tried: bool) -> OnlinePinInfo:
    if held.ref is None:
        # Nothing is known at the provider yet, though an order may have arrived there.
        found = await online.find(order) if tried else None
        if held.status is S.ERASING and not tried:
            return OnlinePinInfo("", OnlineState.GONE)
        if held.status is S.ERASING:
            # Not found is not yet gone: igloohome lists no PINs, and the digits may work.
            return await online.erase(found.ref if found else "", order)
        return found or await online.program(order)
    if held.sent:
        return await online.look(held.ref)
    act = online.erase if held.status is S.ERASING else online.change
    return await act(held.ref, order)


@retry_if_stale
async def _record(ports: Ports, claimed: OnlinePin, seen: OnlinePinInfo) -> None:
    async with ports.store() as uow:
        if not await _still_ours(ports, uow, claimed, seen.ref):
            return
        held = replace(claimed, ref=seen.ref or claimed.ref, sent=True, claimed_until=None)
        status = held.status
        if seen.standing is OnlineState.GONE:
            await _end(ports, uow, held.becomes(S.GONE), Outcome.GONE if status is S.ERASING else Outcome.VANISHED)
        # Never given up: until the lock has let it go the PIN opens, and nobody is told that it is gone.
        elif status is S.ERASING and seen.standing is OnlineState.FAILED:
            await _go_on(ports, uow, replace(held, sent=False), seen.problem, _REFUSED_AGAIN)
        # Of a deletion SET says only that the lock still has the PIN.
        elif status is S.ERASING or seen.standing is OnlineState.PENDING:
            await _go_on(ports, uow, held, seen.problem)
        elif seen.standing is OnlineState.SET:
            changed = status is S.CHANGING
            await uow.online.settle(held.id, changed=changed)
            await _end(ports, uow, held.becomes(S.LIVE), Outcome.CHANGED if changed else Outcome.LIVE)
        else:
            await _fail(ports, uow, held, seen.problem)
        await uow.audit.note(ports.clock.now(), "provider", f"online_pin_{seen.standing.value}", held.id)


async def _still_ours(
    ports: Ports, uow: UnitOfWork, claimed: OnlinePin, ref: str = "", *, unknown: bool = False
) -> bool:
    """Whether the row is as it was when the provider was asked. Deleted meanwhile, it keeps what the provider calls it,
    and the deletion goes on at once, or with the end of the claim where the call may still be under way."""
    found = await uow.online.get(claimed.id)
    if found is None or found.claimed_until != claimed.claimed_until:
        return False  # it took longer than our claim, and somebody else has taken it over
    if found.version == claimed.version:
        return True
    now = ports.clock.now()
    if unknown:
        await uow.online.save(replace(found, due_at=now + ports.options.lease))
    else:
        await uow.online.save(replace(found, ref=ref or found.ref, claimed_until=None, due_at=now))
        uow.nudge(Subject.ONLINE, found.id)
    return False


@retry_if_stale
async def _record_error(ports: Ports, held: OnlinePin, error: ProviderError) -> None:
    async with ports.store() as uow:
        if not await _still_ours(ports, uow, held, unknown=isinstance(error, OutcomeUnknown)):
            return
        await uow.audit.note(ports.clock.now(), "provider", type(error).__name__, held.id, said=str(error))
        free = replace(held, claimed_until=None)
        # The claim is kept: the order may still be under way.
        if isinstance(error, OutcomeUnknown):
            await _go_on(ports, uow, held, "", ports.options.lease)
        # Once sent, a no is about the look and not about the order.
        elif isinstance(error, Rejected) and held.status is not S.ERASING and not held.sent:
            await _fail(ports, uow, free, DUPLICATE if "duplicate" in error.code else NOT_TAKEN)
        elif isinstance(error, Rejected | Misconfigured):
            await _go_on(ports, uow, free, NOT_TAKEN, _REFUSED_AGAIN)
        else:
            await _go_on(ports, uow, free, "")


async def _go_on(ports: Ports, uow: UnitOfWork, held: OnlinePin, problem: str, wait: timedelta | None = None) -> None:
    """It is still under way; whoever asked hears once that it takes long."""
    now = ports.clock.now()
    late = is_late(held, now)
    due = now + wait if wait else look_again(held, now)
    await uow.online.save(replace(held, due_at=due, told_late=held.told_late or late))
    if late:
        await _tell(ports, uow, held, Outcome.LATE, problem)


async def _fail(ports: Ports, uow: UnitOfWork, held: OnlinePin, problem: str) -> None:
    """A change that fails leaves the old digits as they are."""
    if held.status is S.CHANGING:
        await uow.online.settle(held.id, changed=False)
        await _end(ports, uow, held.becomes(S.LIVE), Outcome.NOT_CHANGED, problem)
    else:
        await _end(ports, uow, held.becomes(S.FAILED), Outcome.FAILED, problem)


async def _end(ports: Ports, uow: UnitOfWork, pin: OnlinePin, outcome: Outcome | None, problem: str = "") -> None:
    if pin.status is S.GONE:
        # Digits of a change on its way when it was deleted: the lock may have taken them, until now they were held.
        await uow.online.settle(pin.id, changed=False)
    await uow.online.save(replace(pin, due_at=None, claimed_until=None))
    if outcome is not None:
        await _tell(ports, uow, pin, outcome, problem)


async def _tell(ports: Ports, uow: UnitOfWork, pin: OnlinePin, outcome: Outcome, problem: str) -> None:
    """To the one who asked last, and to the channel, where others see who makes PINs. No digits."""
    lock = await uow.locks.get(pin.lock_id)
    if lock is None:
        return
    # With the moment of the asking: the same PIN may be changed again, and its new outcome is news.
    key, now = f"online:{pin.id}:{outcome.value}:{pin.asked_at.isoformat()}", ports.clock.now()
    facts = facts_of(pin, lock, outcome, problem)
    await uow.enqueue(note_to(ports.new_id(), key, NoticeKind.ONLINE_PIN, pin.person, facts, None, None, now))
    if outcome is not Outcome.LATE:
        key, about = f"{key}:told", facts | {"by": pin.person}
        channel = ports.options.approvals_channel
        await uow.enqueue(note_to(ports.new_id(), key, NoticeKind.ONLINE_PIN, channel, about, None, None, now))
