"""Somebody wants to know what a PIN does. The answer comes from our rows; guessing is slowed down and audited."""

from dataclasses import dataclass
from datetime import timedelta

from bot.domain.pins import Pin
from bot.domain.refusals import Reason, Refusal
from bot.domain.stays.standing import standing
from bot.domain.stays.verdicts import UNKNOWN, State, Verdict, judge
from bot.ports import Ports, UnitOfWork
from bot.ports.stale import retry_if_stale

MOST_WRONG = 5
WITHIN = timedelta(minutes=10)
"""After five PINs that nobody here knows, the same person waits: as at the lock's own keypad."""


@dataclass(frozen=True, slots=True)
class Checked:
    """`guest` is None for whoever may not know whose PIN it is."""

    verdict: Verdict
    guest: str | None = None


@retry_if_stale
async def check_pin(ports: Ports, lock_id: str, pin: Pin, person: str, *, sees_all: bool = False) -> Checked:
    """What the digits do at this lock. Raises a Refusal after too many wrong guesses.

    The guest's name is told to approvers, to the operator (`sees_all`) and to the one who asked for that very PIN.
    """
    now = ports.clock.now()
    may_see = sees_all or person in await ports.approvers()
    async with ports.store() as uow:
        # Before the digits are looked up: a refusal must not depend on whether this guess was right.
        if not sees_all:
            await uow.limits.for_update(person, now)  # of many at once each would see only what was before all of them
        if not sees_all and await uow.audit.count(person, "checked_unknown", now - WITHIN) >= MOST_WRONG:
            raise Refusal(Reason.TOO_MANY_GUESSES, {"minutes": int(WITHIN.total_seconds() // 60)})
        verdict = await _verdict(ports, uow, lock_id, pin)
        what = "checked_unknown" if verdict.state is State.UNKNOWN else "checked"
        await uow.audit.note(now, person, what, verdict.code.id if verdict.code else lock_id)
        return Checked(verdict, await _guest(uow, verdict, person, may_see=may_see))


async def _verdict(ports: Ports, uow: UnitOfWork, lock_id: str, pin: Pin) -> Verdict:
    """The same digits can come again for another window: the one that opens now counts, else the newest."""
    now, found = ports.clock.now(), []
    for code in await uow.codes.by_pin(lock_id, pin):
        siblings = await uow.codes.of_request(code.request_id)
        pins = standing(siblings, await uow.codes.evidence_of([one.id for one in siblings]), now)
        found += [judge(one, now) for one in pins.pins if one.code.id == code.id]
    opening = [v for v in found if v.state in (State.OPENS, State.WITHDRAWN)]
    return (opening or found or [UNKNOWN])[0]


async def _guest(uow: UnitOfWork, verdict: Verdict, person: str, *, may_see: bool) -> str | None:
    if verdict.code is None:
        return None
    request = await uow.requests.get(verdict.code.request_id)
    guest = await uow.guests.of_stay(verdict.code.request_id)
    if guest is None or request is None or not (may_see or request.requester == person):
        return None
    return guest.name
