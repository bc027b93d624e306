"""A change beyond what was approved, kept until whoever may decide it has: when it lapses, and what overtakes it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.domain.approvals.policy import Deciders
from bot.domain.refusals import Reason, Refusal
from bot.domain.stays.access_codes import AccessCode
from bot.domain.stays.access_requests import LATE_ASK, AccessRequest, AskedUnder
from bot.domain.stays.changing import check_can_change
from bot.domain.windows import AccessWindow

TAKEN_BACK = "taken_back"
"""What became of a change that whoever asked for it wants no more."""


@dataclass(frozen=True, slots=True)
class WantedChange:
    """`window` as it was chosen, `granted` as the lock would give it. `seen`: how often the stay had been changed. An
    outcome is `yes`, `no`, `lapsed` or `taken_back`, by whom, and empty while there is none."""

    id: str
    by: str
    window: AccessWindow
    granted: AccessWindow
    lock_ids: tuple[str, ...]
    seen: int
    lapses_at: datetime
    outcome: str = ""
    decided_by: str = ""
    agreed: tuple[str, ...] = ()
    """Who has said yes while more than one was needed."""
    asked_under: tuple[AskedUnder, ...] = ()
    """What the rules said of it when it was asked."""

    def same_as(self, by: str, window: AccessWindow, lock_ids: tuple[str, ...]) -> bool:
        return (self.by, self.window, self.lock_ids) == (by, window, lock_ids)


def change_lapses_at(request: AccessRequest, wanted: AccessWindow, now: datetime) -> datetime:
    """When its time begins, or a little later for who asks at the last moment; of a stay that has begun, when that one
    ends: then there is nothing left to change."""
    begins = wanted.starts_at if wanted.starts_at > now else request.granted.ends_at
    return min(max(begins, now + LATE_ASK), request.granted.ends_at, wanted.ends_at)


def overtaken(wanted: Sequence[WantedChange], one: WantedChange, request: AccessRequest, now: datetime) -> str:
    """Why there is nothing to decide about it any more; empty while there is. `wanted`: all of the stay's, oldest
    first."""
    if one.outcome:
        return one.outcome if one.outcome in ("lapsed", TAKEN_BACK) else "decided"
    if wanted[-1].id != one.id:
        return "newer"
    if request.amendments != one.seen:
        return "changed"
    return "lapsed" if now >= one.lapses_at else ""


def check_may_decide_change(
    request: AccessRequest, one: WantedChange, person: str, who: Deciders, *, agreed: bool
) -> None:
    """Raises a Refusal unless this person may say this about it. `who` decides the stay as it would be."""
    if person == request.requester:
        raise Refusal(Reason.OWN_REQUEST)
    if person not in who.approvers:
        raise Refusal(Reason.NOT_AN_APPROVER)
    if agreed and who.needed > 1 and person in (one.by, *one.agreed):
        raise Refusal(Reason.APPROVED_BY_YOU)


def words_for(request: AccessRequest, one: WantedChange, person: str, who: Deciders) -> frozenset[str]:
    """Whose words it has once this person has agreed: an approver who asked for it has given theirs. Only of those who
    may decide it now."""
    return frozenset({one.by, *one.agreed, person}) & who.approvers - {request.requester}


def check_stands(
    wanted: Sequence[WantedChange],
    one: WantedChange,
    request: AccessRequest,
    codes: Sequence[AccessCode],
    now: datetime,
) -> None:
    """Raises a Refusal where there is nothing to decide any more."""
    why = overtaken(wanted, one, request, now)
    if why:
        who = wanted[-1].by if why == "newer" else one.decided_by
        raise Refusal(Reason.CHANGE_OVERTAKEN, {"status": why, "who": who})
    check_can_change(request, codes, now)
