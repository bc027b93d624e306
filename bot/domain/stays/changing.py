"""Changing the time or the doors of a stay that is approved: whether there is anything to change, and what becomes of
each of its PINs. A PIN that was made opens its door to its end, whatever is changed, so a change then costs a new PIN.

Who may is `bot.domain.approvals.changing`; giving a code up is `bot.domain.stays.withdrawing`.
"""

from collections.abc import Collection, Sequence
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


DoorPair = tuple[str | None, str | None]
"""A door before and after: the same one, one instead of another, one that is left, one that is new."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """One PIN of the new time. `old` is the code whose place it takes, maybe at another door; None for a further one of
    a chain, and at a further door."""

    planned: PlannedPart
    old: AccessCode | None


@dataclass(frozen=True, slots=True)
class Exchanges:
    """`gone`: codes of a chain that the new time has no use for; `left`: codes at a door that is left, whose place
    nothing takes."""

    made: tuple[Exchange, ...]
    gone: tuple[AccessCode, ...]
    left: tuple[AccessCode, ...] = ()

    @property
    def given_up(self) -> tuple[AccessCode, ...]:
        """By id, as every transaction takes a stay's codes."""
        old = (*(one.old for one in self.made if one.old is not None), *self.gone, *self.left)
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


def check_can_correct(request: AccessRequest, codes: Sequence[AccessCode], now: datetime) -> None:
    """Who the guest is, and how they are texted: from the ask to the end. Raises a Refusal."""
    if request.status is not RequestStatus.PENDING:
        check_can_change(request, codes, now)


def codes_left(codes: Sequence[AccessCode], now: datetime) -> tuple[AccessCode, ...]:
    """The newest code of each door and part that is not over and not given up."""
    newest = sorted(newest_of_parts(codes).values(), key=lambda code: code.part)
    return tuple(code for code in newest if code.status not in _OVER and now < code.window.ends_at)


def door_pairs(before: Sequence[str], wanted: Sequence[str]) -> tuple[DoorPair, ...]:
    """Each door with what becomes of it, in the order of those before: a new one stands where one is left."""
    new = iter([each for each in dict.fromkeys(wanted) if each not in before])
    pairs: list[DoorPair] = [(each, each if each in wanted else next(new, None)) for each in before]
    return (*pairs, *((None, each) for each in new))


def doors_after(pairs: Sequence[DoorPair]) -> tuple[str, ...]:
    return tuple(after for _, after in pairs if after is not None)


def doors_kept(pairs: Sequence[DoorPair]) -> frozenset[str]:
    return frozenset(after for before, after in pairs if after is not None and before == after)


def to_plan(request: AccessRequest, left: tuple[AccessCode, ...], wanted: AccessWindow, now: datetime) -> ToPlan:
    """Of a chain that goes on after the PIN that runs, that one keeps its time; only what comes later is planned."""
    runs = [code for code in left if code.window.contains(now) and code.status not in _OPENS_NOTHING]
    kept_until = max((code.window.ends_at for code in runs), default=now)
    if not request.chain or not runs or wanted.starts_at > now or wanted.ends_at <= kept_until:
        return ToPlan(wanted, left)
    later = tuple(code for code in left if code.window.starts_at >= kept_until)
    return ToPlan(AccessWindow(kept_until, wanted.ends_at), later)


def exchanges(
    old: Sequence[AccessCode],
    parts: Sequence[PlannedPart],
    codes: Sequence[AccessCode],
    now: datetime,
    pairs: Sequence[DoorPair] = (),
) -> Exchanges:
    """Which of the `old` codes are exchanged for the parts that were planned; `codes`: all of the stay's. What has its
    part's time already is left as it is. `pairs`: what becomes of the doors; without them, nothing. Raises a Refusal
    where nothing would change."""
    made, gone = list[Exchange](), list[AccessCode]()
    next_part = max(code.part for code in codes) + 1
    stay_put = [(each, each) for each in dict.fromkeys(part.lock_id for part in parts)]
    for before, after in pairs or stay_put:
        planned = [part for part in parts if part.lock_id == after]
        theirs = [code for code in old if code.lock_id == before]
        for part, code in zip_longest(planned, theirs):
            if part is None:
                gone += [code] if before == after else []
            elif code is None:
                made.append(Exchange(replace(part, part=next_part), None))
                next_part += 1
            elif before != after or not _same(code, part.plan, now):
                made.append(Exchange(replace(part, part=code.part), code))
    left = _left(codes, pairs, {one.old.id for one in made if one.old is not None})
    if not made and not gone and not left:
        raise Refusal(Reason.NOTHING_TO_CHANGE, {"status": "the same"})
    return Exchanges(tuple(made), tuple(gone), left)


def _left(codes: Sequence[AccessCode], pairs: Sequence[DoorPair], exchanged: Collection[str]) -> tuple[AccessCode, ...]:
    """The newest codes at doors that are left, also those that are over, as far as nothing takes their place."""
    doors = {before for before, after in pairs if before != after}
    newest = newest_of_parts(codes).values()
    return tuple(code for code in newest if code.lock_id in doors and code.id not in exchanged)


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
    request: AccessRequest,
    by: str,
    wanted: AccessWindow,
    planned: Plan,
    now: datetime,
    *,
    used: bool,
    doors: Sequence[str] = (),
) -> AccessRequest:
    """The request with its new time, and its new doors where any are named; what was approved stays approved. Of a stay
    that has begun, what is behind counts too: else it would grow past the rules bit by bit."""
    before, granted = request.amendment, planned.granted
    goes_on = request.granted.starts_at <= now and (used or wanted.starts_at <= now)
    starts_at = min(request.granted.starts_at, granted.starts_at) if goes_on else granted.starts_at
    kind, number = (before.kind_asked, before.number + 1) if before else (request.kind, 1)
    # A chain's own kind is that of its first PIN alone, and stays what it was.
    first, *more = doors or request.lock_ids
    return replace(
        request,
        lock_id=first,
        more_locks=tuple(more),
        granted=AccessWindow(starts_at, granted.ends_at),
        kind=request.kind if request.chain else planned.kind,
        amendment=Amendment(by, now, AccessWindow(starts_at, wanted.ends_at), kind, number),
        booked=None,
    )
