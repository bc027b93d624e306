"""A whole stay on paper: every door, and every part of its time, or nothing at all.

One door for one stretch of time is `bot.domain.planning.plan`.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from bot.domain.planning.alternatives import AlternativeKind
from bot.domain.planning.ledger import EMPTY, Ledger
from bot.domain.planning.plan import Plan, plan
from bot.domain.refusals import Reason, Refusal
from bot.domain.windows import AccessWindow, PinKind

MOST_DOORS = 3
"""So many fit into one text, and onto one card."""


@dataclass(frozen=True, slots=True)
class PlannedDoor:
    """One of the doors as the plan sees it."""

    lock_id: str
    name: str
    zone: ZoneInfo
    ledger: Ledger = EMPTY


@dataclass(frozen=True, slots=True)
class PlannedPart:
    """One PIN of the stay. `part` counts all of them from 0, door by door; `link` those of one door, which has
    `links`."""

    part: int
    lock_id: str
    plan: Plan
    link: int = 0
    links: int = 1


@dataclass(frozen=True, slots=True)
class StayPlan:
    """`whole`: what the first door would give for the whole time with one PIN."""

    whole: Plan
    parts: tuple[PlannedPart, ...]


def plan_stay(
    asked: AccessWindow,
    doors: Sequence[PlannedDoor],
    *,
    now: datetime,
    one_time: bool = False,
    chain: bool = False,
    noticed: Collection[str] = (),
) -> StayPlan:
    """Every PIN that the stay takes. Raises the first Refusal of any of them; of several doors its facts name the one
    (`door`)."""
    check_doors(doors)
    wholes = [_named(doors, door, asked, now=now, one_time=one_time, noticed=noticed) for door in doors]
    found: list[PlannedPart] = []
    for door, whole in zip(doors, wholes, strict=True):
        plans = list(_links(door, whole, now)) if chain else [whole]
        found += [
            PlannedPart(len(found) + link, door.lock_id, planned, link, len(plans))
            for link, planned in enumerate(plans)
        ]
    return StayPlan(wholes[0], tuple(found))


def check_doors(doors: Sequence[PlannedDoor]) -> None:
    """Raises a Refusal for too many doors, or doors on different clocks: nobody is at two places at once, and one text
    names one time."""
    if len(doors) > MOST_DOORS:
        raise Refusal(Reason.TOO_MANY_DOORS, {"most": MOST_DOORS})
    if len({door.zone.key for door in doors}) > 1:
        raise Refusal(Reason.DOORS_APART, {"zones": tuple(dict.fromkeys(door.zone.key for door in doors))})


def links_of(whole: Plan) -> tuple[AccessWindow, ...]:
    """The windows of PINs one after the other, each for 24 hours at most; empty where the lock has no such way.

    A stay of 24 hours or less is a chain of one.
    """
    if whole.kind is PinKind.HOURLY and whole.activate_by is None:
        return (whole.granted,)
    return next((a.windows for a in whole.alternatives if a.way is AlternativeKind.CHAIN), ())


def _links(door: PlannedDoor, whole: Plan, now: datetime) -> Iterator[Plan]:
    windows = links_of(whole)
    if not windows:
        raise Refusal(Reason.NO_CHAIN, {"door": door.name})
    for before, window in enumerate(windows):
        # Each link takes one of the lock's places before the next is planned.
        fuller = replace(door.ledger, live=door.ledger.live + before)
        yield plan(window, zone=door.zone, now=now, ledger=fuller)


def _named(
    doors: Sequence[PlannedDoor],
    door: PlannedDoor,
    asked: AccessWindow,
    *,
    now: datetime,
    one_time: bool,
    noticed: Collection[str],
) -> Plan:
    try:
        return plan(asked, zone=door.zone, now=now, one_time=one_time, ledger=door.ledger, noticed=noticed)
    except Refusal as refusal:
        if len(doors) == 1:
            raise
        raise refusal.with_facts(door=door.name) from None
