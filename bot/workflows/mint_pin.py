"""Makes the PIN of one code at the provider: intent first, then the call, then what came of it.

Never a blind second creation. `tried_at` is committed before the call; once it is set, the provider is asked what it
has under the code's name, and only a certain "nothing" lets us create again.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.domain.locks.lock import Lock
from bot.domain.planning.holdings import WHOLE_LOCK
from bot.domain.refusals import Refusal
from bot.domain.stays.access_codes import AccessCode, CodeStatus
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
    Unavailable,
    UnitOfWork,
)
from bot.ports.stale import retry_if_stale

POLL_SECONDS = (2, 3, 5, 10, 20, 30)
"""Seam makes an igloohome PIN in the background; integrators report up to 40 s (facts/seam.md §3)."""

_MINUTE = timedelta(minutes=1)
_BACK_OFF_SECONDS = (5, 10, 30, 60, 120, 300)


@dataclass(frozen=True, slots=True)
class _Claim:
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
    except ProviderError as trouble:
        await _record_trouble(ports, claim, trouble)
    else:
        await _record(ports, claim, minted)


@retry_if_stale
async def _claim(ports: Ports, code_id: str) -> _Claim | None:
    now, wall = ports.clock.now(), ports.clock.wall()
    async with ports.store() as work:
        code = await work.codes.get(code_id)
        if code is None or not _may_be_minted(code, now, wall):
            return None
        if code.minting.tried_at is None:
            await work.locks.hold(code.lock_id)  # the door comes before the stay
        code = await work.codes.get(code_id, hold=True)
        if code is None or not _may_be_minted(code, now, wall):
            return None
        return await _take(ports, work, code, now, wall)


def _may_be_minted(code: AccessCode, now: datetime, wall: datetime) -> bool:
    if code.status is not CodeStatus.MINTING or code.has_pin:
        return False
    return (code.due_at or now) <= now and (code.minting.claimed_until or wall) <= wall


async def _take(ports: Ports, work: UnitOfWork, code: AccessCode, now: datetime, wall: datetime) -> _Claim | None:
    lock = await work.locks.get(code.lock_id)
    if lock is None:
        return None
    tried = code.minting.tried_at is not None
    if not tried:
        if await work.codes.tries_since(lock.id, now - _MINUTE) >= ports.house.creations_a_minute:
            await work.codes.save(replace(code, due_at=now + timedelta(seconds=10)))
            return None
        code = await _from_this_hour(work, code, lock, now)
    minting = replace(
        code.minting,
        attempts=code.minting.attempts + 1,
        tried_at=code.minting.tried_at or now,
        claimed_until=wall + ports.house.lease,
    )
    held = await work.codes.save(replace(code, minting=minting, due_at=now + ports.house.lease))
    order = MintOrder(lock.provider_ref, code.provider_name, code.kind, code.window, code.slot.index, lock.zone)
    return _Claim(held, order, tried)


async def _from_this_hour(work: UnitOfWork, code: AccessCode, lock: Lock, now: datetime) -> AccessCode:
    """After an outage the start may have passed: the lock takes no PIN from an earlier hour, so it starts in this one.

    Where that hour has no slot left the code stays as it is, and the provider has the last word.
    """
    if code.window.starts_at >= now:
        return code
    try:
        moved = from_this_hour(code, await work.codes.holdings(lock.id, now), lock.zoneinfo, now)
    except Refusal:
        return code
    if moved is not code:
        await work.audit.note(now, "clock", "start_moved", code.id, to=moved.window.starts_at.isoformat())
    return moved


async def _mint(ports: Ports, claim: _Claim) -> Minted:
    if claim.code.minting.provider_ref is not None:
        return await ports.locks.fetch(claim.code.minting.provider_ref)
    if claim.tried and (found := await ports.locks.find(claim.order)) is not None:
        return found
    return await ports.locks.mint(claim.order)


@retry_if_stale
async def _record(ports: Ports, claim: _Claim, minted: Minted) -> None:
    """Keeps what came back, whatever has become of the code meanwhile (it may have been withdrawn)."""
    now = ports.clock.now()
    wait = POLL_SECONDS[min(claim.code.minting.attempts, len(POLL_SECONDS)) - 1]
    async with ports.store() as work:
        if minted.pin is not None:
            await work.locks.note_trouble(claim.code.lock_id, None)  # the door comes before the stay
        code = await _again(work, claim.code.id)
        due = now if minted.pin else now + timedelta(seconds=wait)
        minting = replace(code.minting, provider_ref=minted.ref, claimed_until=None)
        kept = replace(code, minting=minting, due_at=due if code.status is CodeStatus.MINTING else code.due_at)
        await work.codes.save(await _granted(work, kept, minted.window, now))
        if minted.pin is not None:
            await work.codes.keep_pin(code.id, minted.pin)
            await work.audit.note(now, "worker", "minted", code.id)
            work.nudge(Subject.CODE, code.id)
        await work.cards.want(code.request_id, ports.house.approvals_channel, now)
        work.nudge(Subject.CARD, code.request_id)


async def _granted(work: UnitOfWork, code: AccessCode, window: AccessWindow | None, now: datetime) -> AccessCode:
    """The provider's window is the door's truth, should it ever differ from what we asked for."""
    if window is None or window == code.window:
        return code
    await work.audit.note(now, "provider", "window_changed", code.id, to=f"{window.starts_at}/{window.ends_at}")
    return replace(code, window=window)


@retry_if_stale
async def _record_trouble(ports: Ports, claim: _Claim, trouble: ProviderError) -> None:
    now = ports.clock.now()
    async with ports.store() as work:
        if isinstance(trouble, Rejected):
            await work.locks.hold(claim.code.lock_id)  # something is noted about the door, which comes before the stay
        code = await _again(work, claim.code.id)
        if code.status is not CodeStatus.MINTING:
            return
        await work.audit.note(now, "provider", type(trouble).__name__, code.id, said=str(trouble))
        if isinstance(trouble, SlotFull):
            await work.locks.learn_full(code.lock_id, (code.kind.value, code.slot.key), now)
        elif isinstance(trouble, LockFull):
            await work.locks.learn_full(code.lock_id, WHOLE_LOCK, now)
        elif isinstance(trouble, Rejected):
            await work.locks.note_trouble(code.lock_id, now)
        after = await work.codes.save(_after_trouble(ports, claim, code, trouble, now))
        if after.status is CodeStatus.FAILED:
            work.nudge(Subject.CODE, code.id)
            await work.cards.want(code.request_id, ports.house.approvals_channel, now)
            work.nudge(Subject.CARD, code.request_id)


def _after_trouble(ports: Ports, claim: _Claim, code: AccessCode, trouble: ProviderError, now: datetime) -> AccessCode:
    if isinstance(trouble, Rejected):
        return replace(code, status=CodeStatus.FAILED, due_at=now)
    if isinstance(trouble, OutcomeUnknown):
        return replace(code, due_at=now + ports.house.lease)
    wait: float = 300 if isinstance(trouble, Misconfigured) else _back_off(code, trouble)
    nothing_done = not claim.tried and code.minting.provider_ref is None
    minting = replace(code.minting, claimed_until=None, tried_at=None if nothing_done else code.minting.tried_at)
    return replace(code, minting=minting, due_at=now + timedelta(seconds=wait))


def _back_off(code: AccessCode, trouble: ProviderError) -> float:
    named = trouble.retry_after if isinstance(trouble, Unavailable) else None
    return named or _BACK_OFF_SECONDS[min(code.minting.attempts, len(_BACK_OFF_SECONDS)) - 1]


async def _again(work: UnitOfWork, code_id: str) -> AccessCode:
    code = await work.codes.get(code_id, hold=True)
    if code is None:
        raise Stale(code_id)
    return code
