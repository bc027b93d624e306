"""Who may change the time or the doors of a stay that is approved: within what was approved, whoever asked and every
approver, on the same approver's word; beyond it, whoever may decide such a stay. What a change does:
`bot.domain.stays.changing`."""

from bot.domain.approvals.policy import Deciders
from bot.domain.approvals.sms_approvers import in_chat
from bot.domain.refusals import Reason, Refusal
from bot.domain.stays.access_requests import AccessRequest


def check_may_change(
    request: AccessRequest,
    changed: AccessRequest,
    person: str,
    who: Deciders,
    *,
    by_the_rules: bool,
    asks_people: bool = False,
) -> str:
    """On whose word the change is made: `person` has asked for the stay or is an approver. `who` decides the changed
    request; `by_the_rules`: the rules approve it by themselves; `asks_people`: neither that nor what was approved is
    enough. A door that was not approved is never within. Raises a Refusal that names whose words are missing, and how
    many of them."""
    within = request.granted.covers(changed.granted) and set(changed.lock_ids) <= set(request.lock_ids)
    if within and not asks_people:
        return request.decision.approver if request.decision else person
    alone = person != request.requester and person in who.approvers and who.needed == 1
    if alone or (by_the_rules and not asks_people):
        return person
    others = who.approvers - {request.requester}
    # An approver who wants it has said so already: the other words are missing.
    able, needed = tuple(sorted(in_chat(others - {person}))), who.needed - (person in others)
    facts = {"starts_at": request.granted.starts_at, "ends_at": request.granted.ends_at}
    raise Refusal(Reason.BEYOND_APPROVED, {**facts, "who": able, "needed": needed})
