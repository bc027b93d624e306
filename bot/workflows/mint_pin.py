"""Makes the PIN of one code at the provider: intent first, then the call, then what came of it.

Never a blind second creation. `tried_at` is committed before the call; once it is set, the provider is asked what it
has under the code's name, and only a certain "nothing" lets us create again.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from bot.conversation.guest_texts.drafts import stay_facts
from bot.conversation.team.drafts import alarm, note_to
from bot.conversation.team.history import promised_at
from bot.conversation.team.notices import NoticeKind
from bot.domain.locks.lock import Lock
from bot.domain.planning.holdings import WHOLE_LOCK
from bot.domain.planning.local_hours import hour_at_or_before
from bot.domain.refusals import Refusal
from bot.domain.stays.access_codes import AccessCode, CodeStatus
from bot.domain.stays.advance import NotificationKind, overdue_at
from bot.domain.stays.alerts import AlertKind
from bot.domain.stays.reserving import from_this_hour
from bot.domain.windows import AccessWindow
from bot.ports import (
    LockFull,
    Minted,
    MintOrder,
    Misconfigured,
    OutcomeUnknown,
    Ports,
    ProviderError,
    Rejected,
    SlotFull,
    Stale,
    Subject,
    UnitOfWork,
)
from bot.ports.errors import seconds_to_wait
from bot.ports.stale import retry_if_stale
from bot.ports.wanted_cards import want_card
from bot.workflows.process_code import advance_code

POLL_SECONDS = (2, 3, 5, 10, 20, 30)
"""Seam makes an igloohome PIN in the background; integrators report up to 40 s (facts/seam.md §3)."""

_MINUTE = timedelta(minutes=1)

_BACK_OFF_SECONDS = (5, 10, 30, 60, 120, 300)


@dataclass(frozen=True, slots=True)
class _MintClaim:
    """A code in our hands. `tried` says that an earlier creation may have happened."""

    code: AccessCode
    order: MintOrder
    tried: bool


async def mint_pin(ports: Ports, code_id: str) -> None:
    """One attempt. Safe to repeat; a provider's trouble only moves the next look."""
    claim = await _claim(ports, code_id)
    if claim is None:
        return
    try:
        minted = await _mint(ports, claim)
    except ProviderError as error:
        await _record_error(ports, claim, error)
    else:
        await _record(ports, claim, minted)


@retry_if_stale
async def _claim(ports: Ports, code_id: str) -> _MintClaim | None:
    now, wall = ports.clock.now(), ports.clock.wall()
    async with ports.store() as uow:
        code = await uow.codes.get(code_id)
        if code is None or not _may_be_minted(code, now, wall):
            return None
        # A first creation is counted at its door and may move to another slot there, so it is held, before the stay.
        # The look above holds nothing: it only tells whether this is a first one.
        if code.minting.tried_at is None:
            await uow.locks.for_update(code.lock_id)  # the door comes before the stay
        code = await uow.codes.get(code_id, for_update=True)
        if code is None or not _may_be_minted(code, now, wall):
            return None
        return await _take(ports, uow, code, now, wall)


def _may_be_minted(code: AccessCode, now: datetime, wall: datetime) -> bool:
    if code.status is not CodeStatus.MINTING or code.has_pin:
        return False
    # A nudge does not override `due_at`: a vendor in trouble would be asked again at once, in a loop.
    # `due_at` is the time that doors live by, a lease the machine's: a clock that is moved must not free a row in hand.
    return (code.due_at or now) <= now and (code.minting.claimed_until or wall) <= wall


async def _take(ports: Ports, uow: UnitOfWork, code: AccessCode, now: datetime, wall: datetime) -> _MintClaim | None:
    lock = await uow.locks.get(code.lock_id)
    if lock is None:
        return None
    tried = code.minting.tried_at is not None
    if not tried:
        # Counted in rows, not in memory: all workers share the 10 creations a minute and lock (facts/seam.md §2).
        if await uow.codes.tries_since(lock.id, now - _MINUTE) >= ports.options.creations_a_minute:
            await uow.codes.save(replace(code, due_at=now + timedelta(seconds=10)))
            return None
        code = await _from_this_hour(uow, code, lock, now)
    minting = replace(
        code.minting,
        attempts=code.minting.attempts + 1,
        tried_at=code.minting.tried_at or now,
        claimed_until=wall + ports.options.lease,
    )
    # Due again when the lease ends: should this worker die in the call, the clock's sweep finds the row.
    held = await uow.codes.save(replace(code, minting=minting, due_at=now + ports.options.lease))
    order = MintOrder(lock.provider_ref, code.provider_name, code.kind, code.window, code.slot.index, lock.zone)
    return _MintClaim(held, order, tried)


async def _from_this_hour(uow: UnitOfWork, code: AccessCode, lock: Lock, now: datetime) -> AccessCode:
    """After an outage the start may have passed: the lock takes no PIN from an earlier hour, so it starts in this one.

    Where that hour has no slot left the code stays as it is, and the provider has the last word.
    """
    if code.window.starts_at >= now:
        return code
    try:
        moved = from_this_hour(code, await uow.codes.holdings(lock.id, now), lock.zoneinfo, now)
    except Refusal:
        return code
    if moved is not code:
        await uow.audit.note(now, "clock", "start_moved", code.id, to=moved.window.starts_at.isoformat())
    return moved


async def _mint(ports: Ports, claim: _MintClaim) -> Minted:
    # Once the provider has named it, that name is asked for; the search by name is for a lost answer alone.
    if claim.code.minting.provider_ref is not None:
        return await ports.locks.fetch(claim.code.minting.provider_ref)
    if claim.tried:
        found = await ports.locks.find(claim.order)
        if found is not None:
            return found
        claim = await _in_this_hour(ports, claim)
    return await ports.locks.mint(claim.order)


@retry_if_stale
async def _in_this_hour(ports: Ports, claim: _MintClaim) -> _MintClaim:
    """The provider is certain that it has nothing, and the hour may have turned since it was first asked: with the old
    start it would refuse, and the lock be blamed. Only now may the start move: a PIN that was found keeps its own."""
    now = ports.clock.now()
    if claim.code.window.starts_at >= hour_at_or_before(now, ZoneInfo(claim.order.zone)):
        return claim
    async with ports.store() as uow:
        await uow.locks.for_update(claim.code.lock_id)  # the door comes before the stay
        code, lock = await _again(uow, claim.code.id), await uow.locks.get(claim.code.lock_id)
        # Whoever slept past their lease creates nothing: another has it in hand.
        if lock is None or code.minting.attempts != claim.code.minting.attempts:
            raise OutcomeUnknown("another worker has it in hand")
        moved = await _from_this_hour(uow, code, lock, now)
        if moved is not code:
            code = await uow.codes.save(moved)
    order = replace(claim.order, kind=code.kind, window=code.window, slot_index=code.slot.index)
    return replace(claim, code=code, order=order)


@retry_if_stale
async def _record(ports: Ports, claim: _MintClaim, minted: Minted) -> None:
    """Keeps what came back, whatever has become of the code meanwhile (it may have been withdrawn)."""
    now = ports.clock.now()
    wait = POLL_SECONDS[min(claim.code.minting.attempts, len(POLL_SECONDS)) - 1]
    async with ports.store() as uow:
        if minted.pin is not None:
            await uow.locks.note_error(claim.code.lock_id, None)  # the door comes before the stay
        await uow.requests.for_update([claim.code.request_id])
        codes = await uow.codes.of_request(claim.code.request_id)
        code = next((each for each in codes if each.id == claim.code.id), None)
        if code is None:
            raise Stale(claim.code.id)
        due = now if minted.pin else now + timedelta(seconds=wait)
        minting = replace(code.minting, provider_ref=minted.ref, claimed_until=None)
        # A code that was withdrawn meanwhile keeps its own hour: it falls due when its window ends.
        kept = replace(code, minting=minting, due_at=due if code.status is CodeStatus.MINTING else code.due_at)
        kept = await _granted(uow, kept, minted.window, now)
        if minted.window is not None and not minted.window.covers(code.window):
            await _tell_of_less(ports, uow, code, minted.window, now)
        if minted.pin is not None:
            await uow.audit.note(now, "worker", "minted", code.id)
            await advance_code(ports, uow, replace(kept, has_pin=True), codes, made=minted.pin)
        else:
            await uow.codes.save(kept)
        await want_card(ports, uow, code.request_id)


async def _granted(uow: UnitOfWork, code: AccessCode, window: AccessWindow | None, now: datetime) -> AccessCode:
    """The provider's window is the door's truth, should it ever differ from what we asked for."""
    if window is None or window == code.window:
        return code
    await uow.audit.note(now, "provider", "window_changed", code.id, to=f"{window.starts_at}/{window.ends_at}")
    return replace(code, window=window)


async def _tell_of_less(ports: Ports, uow: UnitOfWork, code: AccessCode, window: AccessWindow, now: datetime) -> None:
    """Said once: a guest may come when the PIN does not work yet, or stay when it does no more."""
    guest, lock = await uow.guests.of_stay(code.request_id), await uow.locks.get(code.lock_id)
    request = await uow.requests.get(code.request_id)
    if guest is None or lock is None or request is None:
        return
    asked = {"asked_starts_at": code.window.starts_at.isoformat(), "asked_ends_at": code.window.ends_at.isoformat()}
    facts = stay_facts(guest, lock, window) | asked | {"code": code.id, "phone": guest.phone.masked()}
    key, channel = f"{code.id}:shortened", ports.options.approvals_channel
    note = note_to(ports.new_id(), key, NoticeKind.SHORTENED, channel, facts, code.request_id, code.id, now)
    kind, quiet = AlertKind.SHORTENED, ports.policy.quiet
    await uow.raise_alert(*alarm(kind, note, code, lock, request.requester, quiet, ports.new_id))


@retry_if_stale
async def _record_error(ports: Ports, claim: _MintClaim, error: ProviderError) -> None:
    now = ports.clock.now()
    async with ports.store() as uow:
        if isinstance(error, Rejected):
            # Something is noted about the door, which comes before the stay.
            await uow.locks.for_update(claim.code.lock_id)
        code = await _again(uow, claim.code.id)
        # A worker that slept past its lease knows nothing of what another has tried meanwhile: were its "nothing was
        # done" believed, the next attempt would create blindly, and a second PIN could be alive.
        if code.status is not CodeStatus.MINTING or code.minting.attempts != claim.code.minting.attempts:
            return
        await uow.audit.note(now, "provider", type(error).__name__, code.id, said=str(error))
        if isinstance(error, SlotFull):
            await uow.locks.learn_full(code.lock_id, (code.kind.value, code.slot.key), now)
        elif isinstance(error, LockFull):
            await uow.locks.learn_full(code.lock_id, WHOLE_LOCK, now)
        elif isinstance(error, Rejected):
            await uow.locks.note_error(code.lock_id, now)
        after = await uow.codes.save(_after_error(ports, claim, code, error, now))
        if isinstance(error, Misconfigured):
            # At once, and not a quarter of an hour later: no waiting mends a wrong key.
            await _call_people(ports, uow, code, AlertKind.MISCONFIGURED, now, str(error))
        elif after.status is CodeStatus.MINTING and await _waited_for(uow, after):
            await _call_people(ports, uow, code, AlertKind.OVERDUE, now)
        # `process_code` sees no transition where the mint itself said FAILED, so the card is asked for here.
        if after.status is CodeStatus.FAILED:
            uow.nudge(Subject.CODE, code.id)
            await want_card(ports, uow, code.request_id)


async def _waited_for(uow: UnitOfWork, code: AccessCode) -> bool:
    """Its guest stands at the door, was promised a PIN in minutes, and the next try comes too late for that."""
    promised = promised_at(code, await uow.messages.of_request(code.request_id))
    return promised is not None and code.due_at is not None and code.due_at > overdue_at(code, promised)


async def _call_people(
    ports: Ports, uow: UnitOfWork, code: AccessCode, kind: AlertKind, now: datetime, why: str = ""
) -> None:
    """Before `advance` would, and with the same key, so that it is said once."""
    guest, lock = await uow.guests.of_stay(code.request_id), await uow.locks.get(code.lock_id)
    if guest is None or lock is None:
        return
    facts = stay_facts(guest, lock, code.window) | {"code": code.id, "phone": guest.phone.masked()}
    facts |= {"mint_at": code.mint_at.isoformat()} | ({"why": why} if why else {})
    key, request = f"{code.id}:{NotificationKind.OVERDUE.value}", await uow.requests.get(code.request_id)
    channel, quiet = ports.options.approvals_channel, ports.policy.quiet
    note = note_to(ports.new_id(), key, NoticeKind.OVERDUE, channel, facts, code.request_id, code.id, now)
    if request is not None:
        asked = request.requester
        await uow.raise_alert(*alarm(kind, note, code, lock, asked, quiet, ports.new_id))


def _after_error(ports: Ports, claim: _MintClaim, code: AccessCode, error: ProviderError, now: datetime) -> AccessCode:
    if isinstance(error, Rejected):
        return replace(code, status=CodeStatus.FAILED, due_at=now)
    # The claim is left to run out: the vendor may still be at it.
    if isinstance(error, OutcomeUnknown):
        return replace(code, due_at=now + ports.options.lease)
    wait: float = 300 if isinstance(error, Misconfigured) else _back_off(code, error, now)
    # Only a first try that certainly did nothing may be forgotten: behind a later one an earlier PIN may stand.
    nothing_done = not claim.tried and code.minting.provider_ref is None
    minting = replace(code.minting, claimed_until=None, tried_at=None if nothing_done else code.minting.tried_at)
    return replace(code, minting=minting, due_at=now + timedelta(seconds=wait))


def _back_off(code: AccessCode, error: ProviderError, now: datetime) -> float:
    own = _BACK_OFF_SECONDS[min(code.minting.attempts, len(_BACK_OFF_SECONDS)) - 1]
    # However long a vendor wants to be left alone: a guest comes to a door meanwhile.
    return seconds_to_wait(error, own, (code.window.starts_at - now).total_seconds())


async def _again(uow: UnitOfWork, code_id: str) -> AccessCode:
    code = await uow.codes.get(code_id, for_update=True)
    if code is None:
        raise Stale(code_id)
    return code
