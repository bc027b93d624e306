"""Whether somebody may decide, what one more word does to a request, and who reviews an emergency, once it is known
whom the rules name (`policy.deciders`)."""

from bot.domain.approvals.policy import BY_THE_RULES, Deciders
from bot.domain.refusals import Reason, Refusal
from bot.domain.stays.access_requests import AccessRequest, Decision, RequestStatus


def check_can_be_decided(request: AccessRequest, who: Deciders) -> None:
    """Raises a Refusal where a request for several doors would wait for nobody: what could decide each of them cannot
    decide all."""
    if request.more_locks and _too_few_ever(request, who):
        raise Refusal(Reason.NO_SHARED_APPROVER)


def is_undecidable(request: AccessRequest, who: Deciders) -> bool:
    """Whether nobody can ever decide it, not even its requester in an emergency."""
    return _too_few_ever(request, who) and request.requester not in who.break_glass


def _too_few_ever(request: AccessRequest, who: Deciders) -> bool:
    return len((who.approvers | who.later) - {request.requester}) < who.needed


def missing(requester: str, who: Deciders) -> bool:
    """Whether those who may decide now are too few for this requester, who never counts."""
    return len(who.approvers - {requester}) < who.needed


def check_can_decide(
    request: AccessRequest, person: str, who: Deciders, *, approved: bool = True, emergency: bool = False
) -> None:
    """Raises a Refusal unless this person may say this about this request now. `emergency`: about their own."""
    if emergency:
        if person != request.requester or person not in who.break_glass:
            raise Refusal(Reason.NOT_YOUR_EMERGENCY)
    elif person == request.requester:
        raise Refusal(Reason.OWN_REQUEST, {"break_glass": person in who.break_glass})
    elif person not in who.approvers:
        raise Refusal(Reason.NOT_AN_APPROVER)
    if request.status is not RequestStatus.PENDING:
        raise Refusal(Reason.ALREADY_DECIDED, _already(request))
    # Once more where that settles it: since they said so, another's word may have begun to count.
    if approved and person in counting(request, who) and len(counting(request, who)) < who.needed:
        raise Refusal(Reason.APPROVED_BY_YOU)


def can_decide(request: AccessRequest, person: str, who: Deciders) -> bool:
    try:
        check_can_decide(request, person, who)
    except Refusal:
        return False
    return True


def counting(request: AccessRequest, who: Deciders) -> frozenset[str]:
    """Who has approved it so far and may still decide: the word of whom the rules name no more does not count."""
    return frozenset(said.approver for said in request.approvals) & who.approvers


def settles(request: AccessRequest, said: Decision, who: Deciders) -> bool:
    """Whether this decision is the last one needed: a denial and an emergency always are."""
    return not said.approved or said.emergency or len(counting(request, who) | {said.approver}) >= who.needed


def check_can_review(request: AccessRequest, person: str, who: Deciders) -> None:
    """Raises a Refusal unless this person may review what somebody approved for themselves in an emergency."""
    if request.decision is None or not request.decision.emergency or request.review is not None:
        raise Refusal(Reason.NOTHING_TO_REVIEW, {"who": request.review.by if request.review else None})
    if person == request.requester:
        raise Refusal(Reason.OWN_REVIEW)
    if person not in who.approvers:
        raise Refusal(Reason.NOT_AN_APPROVER)


def _already(request: AccessRequest) -> dict[str, object]:
    if request.given_up is not None:
        return {"status": request.status.value, "who": request.given_up.by, "at": request.given_up.at}
    said = request.decision
    who = said.approver if said and said.approver != BY_THE_RULES else None
    return {"status": request.status.value, "who": who, "at": said.at if said else None}
