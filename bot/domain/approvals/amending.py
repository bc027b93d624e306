"""Amending: an approver changes the window of a request and approves it in the same step. Who may, and what becomes of
the request and of earlier approvals. Planning the new window is `bot.domain.planning.plan`."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from bot.domain.approvals.deciding import check_can_decide
from bot.domain.approvals.policy import Deciders, Groups, Known, Rules, asked_under, automatic, deciders_of_all
from bot.domain.planning.plan import Plan
from bot.domain.refusals import Reason, Refusal
from bot.domain.stays.access_requests import AccessRequest, Amendment
from bot.domain.windows import AccessWindow


def check_can_amend(request: AccessRequest, person: str, who: Deciders) -> None:
    """Raises a Refusal unless this person may approve the request now.

    An earlier approval of their own is no obstacle: it was of another window. What repeats is decided as it was asked.
    """
    check_can_decide(replace(request, approvals=()), person, who)
    if request.series_id is not None:
        raise Refusal(Reason.ONE_OF_SERIES, {"what": "amend"})


def amended(request: AccessRequest, by: str, planned: Plan, at: datetime, doors: Sequence[str] = ()) -> AccessRequest:
    """The request with this window, and these doors where any are named, which nobody has approved yet; the very same
    request where it has them already."""
    first, *more = doors or request.lock_ids
    same_doors = request.lock_ids == (first, *more)
    if planned.granted == request.granted and planned.kind is request.kind and same_doors:
        return request
    before = request.amendment
    kind, number = (before.kind_asked, before.number + 1) if before else (request.kind, 1)
    return replace(
        request,
        lock_id=first,
        more_locks=tuple(more),
        granted=planned.granted,
        kind=planned.kind,
        amendment=Amendment(by, at, planned.asked, kind, number),
        booked=None,
        approvals=(),
        voided=(*request.voided, *request.approvals),
    )


def asked_for(request: AccessRequest, window: AccessWindow) -> AccessRequest:
    """The request for this window, of which the lock makes what it grants already."""
    if request.amendment is None:
        return replace(request, asked=window)
    return replace(request, amendment=replace(request.amendment, window=window))


def asked_anew(
    rules: Rules,
    before: AccessRequest,
    after: AccessRequest,
    doors: Sequence[Known],
    doors_after: Sequence[Known],
    groups: Groups,
) -> AccessRequest:
    """`after`, another window or other doors, under what the rules say of that. What the request was asked under it
    keeps where no rule says so any more of what it was `before`: a rule that was made laxer since is not got round by
    a change."""
    said = asked_under(rules, before, doors, groups)
    kept = (one for one in before.asked_under if one not in said)
    return replace(after, asked_under=tuple(dict.fromkeys((*kept, *asked_under(rules, after, doors_after, groups)))))


def deciders_amended(
    rules: Rules,
    request: AccessRequest,
    doors: Sequence[Known],
    groups: Groups,
    before: Deciders,
    *,
    backup_called: bool,
) -> Deciders:
    """Who decides `request`, whose window was just changed; `before` decided it as it stood. A window that the rules
    approve by themselves asks for nobody else."""
    if automatic(rules, request, doors, groups) is not None:
        return replace(before, needed=1)
    return deciders_of_all(rules, request, doors, groups, backup_called=backup_called)


def check_may_grant(person: str, who: Deciders) -> None:
    """Raises a Refusal where the rules leave the amended window to others: nobody amends their way past a rule."""
    if person not in who.approvers:
        raise Refusal(Reason.LEFT_TO_OTHERS)


def check_seen(request: AccessRequest, amendments: int) -> None:
    """Raises a Refusal when somebody decides about a window that was changed since they looked."""
    if request.amendment is not None and request.amendments != amendments:
        raise Refusal(Reason.CHANGED_MEANWHILE, {"who": request.amendment.by})
