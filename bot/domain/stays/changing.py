"""Changing the time of a stay that is approved: whether there is anything to change, and what becomes of each of its
PINs. A PIN that was made opens until its end, whatever is changed, so a change then costs a new PIN.

Who may is `bot.domain.approvals.changing`; giving a code up is `bot.domain.stays.withdrawing`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import zip_longest

from bot.domain.planning.plan import Plan
from bot.domain.planning.stay_plan import PlannedPart
from bot.domain.refusals import Reason, Refusal
from bot.domain.stays.access_codes import PAST_DEADLINE, AccessCode, CodeStatus
from bot.domain.stays.access_requests import AccessRequest, Amendment, RequestStatus
from bot.domain.stays.standing import PinStanding, PinState, Standing, newest_of_parts
from bot.domain.windows import AccessWindow

S = CodeStatus
_OVER = frozenset({S.WITHDRAWN, S.ENDED, S.RELEASED})
_OPENS_NOTHING = frozenset({S.FAILED, *PAST_DEADLINE})


@dataclass(frozen=True, slots=True)
class Exchange:
    """One PIN of the new time. `old` is the code whose place it takes; None for a further one of a chain."""

    planned: PlannedPart
    old: AccessCode | None


@dataclass(frozen=True, slots=True)
class Exchanges:
    """`gone`: codes of a chain that the new time has no use for."""

    made: tuple[Exchange, ...]
    gone: tuple[AccessCode, ...]

    @property
    def given_up(self) -> tuple[AccessCode, ...]:
        """By id, as every transaction takes a stay's codes."""
        old = (*(one.old for one in self.made if one.old is not None), *self.gone)
        return tuple(sorted(old, key=lambda code: code.id))


@dataclass(frozen=True, slots=True)
class ToPlan:
    """The time for which PINs are to be made, and the codes that stand for it so far."""

    window: AccessWindow
    codes: tuple[AccessCode, ...]


def can_change(request: AccessRequest, codes: Sequence[AccessCode], now: datetime) -> bool:
    return request.status is RequestStatus.APPROVED and bool(codes_left(codes, now))


def check_can_change(request: AccessRequest, codes: Sequence[AccessCode], now: datetime) -> tuple[AccessCode, ...]:
    """The newest code of each door and part that is not over, in their order. Raises a Refusal where there is none."""
    if request.status is not RequestStatus.APPROVED:
        raise Refusal(Reason.NOTHING_TO_CHANGE, {"status": request.status.value})
    left = codes_left(codes, now)
    if not left:
        given_up = any(code.given_up for code in newest_of_parts(codes).values())
        raise Refusal(Reason.NOTHING_TO_CHANGE, {"status": "withdrawn" if given_up else "ended"})
    return left


def codes_left(codes: Sequence[AccessCode], now: datetime) -> tuple[AccessCode, ...]:
    """The newest code of each door and part that is not over and not given up."""
    newest = sorted(newest_of_parts(codes).values(), key=lambda code: code.part)
    return tuple(code for code in newest if code.status not in _OVER and now < code.window.ends_at)


def to_plan(request: AccessRequest, left: tuple[AccessCode, ...], wanted: AccessWindow, now: datetime) -> ToPlan:
    """Of a chain that goes on after the PIN that runs, that one keeps its time; only what comes later is planned."""
    runs = [code for code in left if code.window.contains(now) and code.status not in _OPENS_NOTHING]
    kept_until = max((code.window.ends_at for code in runs), default=now)
    if not request.chain or not runs or wanted.starts_at > now or wanted.ends_at <= kept_until:
        return ToPlan(wanted, left)
    later = tuple(code for code in left if code.window.starts_at >= kept_until)
    return ToPlan(AccessWindow(kept_until, wanted.ends_at), later)


def exchanges(
    old: Sequence[AccessCode], parts: Sequence[PlannedPart], codes: Sequence[AccessCode], now: datetime
) -> Exchanges:
    """Which of the `old` codes are exchanged for the parts that were planned; `codes`: all of the stay's. What has its
    part's time already is left as it is. Raises a Refusal where nothing would change."""
    made, gone, next_part = list[Exchange](), list[AccessCode](), max(code.part for code in codes) + 1
    for lock_id in dict.fromkeys(part.lock_id for part in parts):
        planned = [part for part in parts if part.lock_id == lock_id]
        theirs = [code for code in old if code.lock_id == lock_id]
        for part, code in zip_longest(planned, theirs):
            if part is None:
                gone.append(code)
            elif code is None:
                made.append(Exchange(replace(part, part=next_part), None))
                next_part += 1
            elif not _same(code, part.plan, now):
                made.append(Exchange(replace(part, part=code.part), code))
    if not made and not gone:
        raise Refusal(Reason.NOTHING_TO_CHANGE, {"status": "the same"})
    return Exchanges(tuple(made), tuple(gone))


def _same(code: AccessCode, plan: Plan, now: datetime) -> bool:
    """Of a PIN that runs already nothing but its end can be another."""
    begun = max(code.window.starts_at, plan.granted.starts_at) <= now
    starts_alike = begun or code.window.starts_at == plan.granted.starts_at
    return starts_alike and (code.window.ends_at, code.kind) == (plan.granted.ends_at, plan.kind)


def still_open(changed: Exchanges, standing: Standing) -> tuple[PinStanding, ...]:
    """PINs that open as they did, or may, whatever is changed: what the change costs. Empty while none was made."""
    ids = {code.id for code in changed.given_up}
    return tuple(pin for pin in standing.pins if pin.code.id in ids and (pin.may_open or pin.state is PinState.MAKING))


def changed(
    request: AccessRequest, by: str, wanted: AccessWindow, planned: Plan, now: datetime, *, used: bool
) -> AccessRequest:
    """The request with its new time; what was approved stays approved. Of a stay that has begun, what is behind counts
    too: else it would grow past the rules bit by bit."""
    before, granted = request.amendment, planned.granted
    goes_on = request.granted.starts_at <= now and (used or wanted.starts_at <= now)
    starts_at = min(request.granted.starts_at, granted.starts_at) if goes_on else granted.starts_at
    kind, number = (before.kind_asked, before.number + 1) if before else (request.kind, 1)
    # A chain's own kind is that of its first PIN alone, and stays what it was.
    return replace(
        request,
        granted=AccessWindow(starts_at, granted.ends_at),
        kind=request.kind if request.chain else planned.kind,
        amendment=Amendment(by, now, AccessWindow(starts_at, wanted.ends_at), kind, number),
    )
