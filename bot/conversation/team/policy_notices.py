"""What staff read about the approval rules: how many approvals there are, who decided by which right, reminders to
approvers, the call to review what was approved in an emergency, names without a lock, and limits that were reached.
The card itself is `bot.conversation.team.notices`."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from bot.conversation.team.stay_words import Facts, about, person, persons
from bot.conversation.times import for_reader, hours_words, show_moment, zone_words
from bot.domain.approvals.deciding import counting, missing
from bot.domain.approvals.limits import LimitKind
from bot.domain.approvals.policy import BY_THE_RULES, Deciders, Rule, Rules, SourceRule
from bot.domain.locks.lock import Lock
from bot.domain.messages.notice import Button, Notice
from bot.domain.signs import one_line
from bot.domain.sources.names import BY_SOURCE
from bot.domain.stays.access_requests import AccessRequest, Decision, RequestStatus

EMERGENCY = Button(
    "break_glass",
    "Emergency: approve my own",
    "",
    "danger",
    "This is for emergencies. You approve your own request: the PIN is made and opens the door until its end. "
    "The approvers are told at once, and one of them has to review it.",
)


def said_by(said: Decision, zone: ZoneInfo) -> str:
    """One decision in a line of the card."""
    why = f": {said.reason}" if said.reason else ""
    when = for_reader(said.at, zone)
    if said.approver == BY_THE_RULES:
        return f"Approved by the rules, {when}"
    how = " for themselves, in an emergency" if said.emergency else ""
    return f"{'Approved' if said.approved else 'Denied'} by {person(said.approver)}{how}, {when}{why}"


def approvals_so_far(request: AccessRequest, who: Deciders, zone: ZoneInfo) -> tuple[str, ...]:
    """The approvals before the one that settles it, and how many there have to be. What was settled is told as it
    was: who may decide now is nothing to it."""
    needed, waits = who.needed, request.status is RequestStatus.PENDING
    if needed < 2 and not request.approvals:
        return ()
    words = counting(request, who) if waits else {said.approver for said in request.approvals}
    count = [said for said in request.approvals if said.approver in words]
    lines = [f"{n} of {needed}: {said_by(said, zone)}" for n, said in enumerate(count, 1)]
    if waits:
        lines += [
            f"{said_by(said, zone)}; may not decide now, so it does not count"
            for said in request.approvals
            if said not in count
        ]
        lines.append("One more approver is needed." if count else f"{needed} approvers are needed.")
    return tuple(lines)


def too_few(request: AccessRequest, who: Deciders) -> str:
    """Where two are needed and, without the one who asked, there are not two: said at once, not when it has lapsed."""
    if request.status is not RequestStatus.PENDING or who.needed < 2 or not missing(request.requester, who):
        return ""
    left, later = who.approvers - {request.requester}, who.later - {request.requester}
    only = f"Besides the one who asked, only {persons(left)} may decide" if left else "Nobody else may decide yet"
    if len(left | later) >= who.needed:
        return f"{only}; the other approval comes from the backup ({persons(later)}), after the last reminder."
    do = "ask anew, by today's rules" if who.held else "let somebody else ask"
    return f"{only}, so this cannot be approved: {do}, or have the rules name another approver."


def review_so_far(request: AccessRequest, zone: ZoneInfo) -> str:
    if request.decision is None or not request.decision.emergency:
        return ""
    if request.review is None:
        return "Nobody else has reviewed it yet."
    return f"Reviewed by {person(request.review.by)}, {for_reader(request.review.at, zone)}"


def pending_buttons(request: AccessRequest, who: Deciders) -> tuple[Button, ...]:
    """What may be pressed while the request waits; the emergency button only where the rules know one."""
    value = request.as_shown
    # What repeats is decided as it was asked.
    amend = () if request.series_id else (Button("amend", "Amend", request.id),)
    approve, deny = Button("approve", "Approve", value, "primary"), Button("deny", "Deny", request.id, "danger")
    usual = (approve, *amend, deny)
    if request.requester not in who.break_glass:
        return usual
    glass = EMERGENCY
    return (*usual, Button(glass.action, glass.label, value, glass.style, glass.confirm))


def approver_words(approver: str) -> str:
    """Who approved, for the requester."""
    return "The rules approved it." if approver == BY_THE_RULES else f"{person(approver)} approved it."


def rules_in_words(rules: Rules) -> str:
    """The policy in a line, for the operator."""
    texted = f"; {len(rules.sms_approvers)} decide by text message" if rules.sms_approvers else ""
    if not rules.rules and not rules.may_ask:
        return f"every request needs one of SLACK_APPROVERS, never the one who asked{texted}"
    return f"{len(rules.rules)} {'rule' if len(rules.rules) == 1 else 'rules'}, then one of SLACK_APPROVERS{texted}"


def source_words(rule: SourceRule) -> str:
    """For the operator: what one rule says for stays of its sources."""
    terms, who = rule.terms, ", ".join(one.removeprefix(BY_SOURCE) for one in rule.requesters)
    asked = (terms.contact.name or "a number of their own") if terms.contact else ""
    said = (
        f"from {terms.check_in:%H:%M}" if terms.check_in else "",
        f"to {terms.check_out:%H:%M}" if terms.check_out else "",
        f"PINs {hours_words(terms.mint_lead / timedelta(hours=1))} before" if terms.mint_lead is not None else "",
        f"cards in {terms.channel}" if terms.channel else "",
        f"guests ask {asked}" if asked else "",
    )
    return f"stays of {who} at {', '.join(rule.locks) or 'any lock'}: {', '.join(filter(None, said))}"


def stuck_words(rule: Rule, asker: str) -> str:
    """For the operator: a rule under which a request can only lapse."""
    return (
        f"{rule.name} needs {rule.needed} approvers, never the one who asks; when {asker} asks, fewer are left: name "
        f"another approver or a backup, or leave {asker} out of may_ask"
    )


def lone_words(rule: Rule, asker: str, asks: bool) -> str:
    """For the operator: only one approves, who may ask, too; `asks`: and has."""
    whom = "SLACK_APPROVERS" if rule.name == "default" else rule.name
    has = f"{asker} has asked for PINs, and" if asks else f"when {asker} asks,"
    return (
        f"{whom} names one approver alone, and nobody approves their own: {has} nobody can approve it. Name a second, "
        f"a backup or an approver by text message; or, in a house with one manager, let {asker} approve own, reviewed "
        f'by log: break_glass = ["{asker}"] in a [[rule]] of POLICY_FILE'
    )


def held_words(lock: Lock) -> str:
    """For the operator: a lock that is called otherwise now, and that rules still mean by what it was called."""
    older = ", ".join(lock.also_known_as)
    return (
        f"{lock.name} is also under the rules for {older}, its older name; where today's is meant: "
        f'`nightporter locks set "{lock.name}" --forget-names`'
    )


# --- notices to the approvals channel --------------------------------------------------------------------------------


def approval_reminder(facts: Facts) -> Notice:
    """Facts: `whom` (ids with commas), `requester`, `lapses_at`, perhaps `backup`."""
    whom = _called(facts)
    zone, end = ZoneInfo(facts["zone"]), datetime.fromisoformat(facts["lapses_at"])
    call = f"{whom}: please decide on its card." if whom else "Please decide on its card."
    stand_in = " The approvers have not answered; you may decide in their place." if facts.get("backup") else ""
    return Notice(
        f"Still to decide: a PIN for {facts['guest']}",
        about(facts),
        (f"{person(facts['requester'])} is waiting. {call}{stand_in}", f"It lapses {show_moment(end, zone)}."),
    )


def emergency_review(facts: Facts) -> Notice:
    """Facts: `whom` (ids with commas), `requester`, `request`."""
    whom = _called(facts)
    return Notice(
        f"Please review: a PIN for {facts['guest']}",
        about(facts),
        (
            f"{person(facts['requester'])} approved their own request, in an emergency.",
            f"{whom or 'An approver'}: look at it, talk to them, and press Reviewed.",
        ),
        (Button("reviewed", "Reviewed", facts["request"], "primary"),),
    )


def reviewed_notice(facts: Facts) -> Notice:
    """Facts: `reviewer`, `requester`."""
    return Notice(
        f"Reviewed: the PIN for {facts['guest']}",
        about(facts),
        (f"{person(facts['reviewer'])} has reviewed what {person(facts['requester'])} approved in an emergency.",),
    )


def _called(facts: Facts) -> str:
    return persons(one for one in facts.get("whom", "").split(",") if one)


def rule_facts(named: str, held: Sequence[str], zone: str) -> dict[str, str]:
    """`named`: the name in the rules. `held`: locks that were called so, and that the rule still counts for."""
    return {"rule": one_line(named), "held": ", ".join(held), "zone": zone, "workspace": ""}


def rule_without_lock(facts: Facts) -> Notice:
    """The alert: what the rules name, no lock is called any more."""
    holds = (f"The rule still counts for {facts['held']}, which was called so.",) if facts["held"] else ()
    return Notice(
        f'No lock is called "{facts["rule"]}", which the approval rules name',
        (),
        (
            *holds,
            "Whoever keeps the rules: name the lock that is meant, by its name or its id, or take the name out.",
        ),
    )


# --- limits -----------------------------------------------------------------------------------------------------------

K = LimitKind

_Happened = Callable[[Facts], tuple[str, str]]
"""From the facts to what has happened, and what to do about it."""

_ONCE = "This comes once a day, however often it happens."
_LOOK = "If that is not meant, ask them; who may ask at all is `may_ask` in the rules."
_WAIT = "None is lost: they go one after the other. Call the guest if it cannot wait."

_HAPPENED: Mapping[LimitKind, _Happened] = {
    K.ASKS: lambda f: (f"{person(f['person'])} asks for more PINs than we take: {f['most']} in a short time", _LOOK),
    K.NUMBER: lambda f: (
        f"More PINs are asked for {f.get('number', 'one number')} than we take: {f['most']} in a short time",
        f"The last who asked is {person(f['person'])}. {_LOOK}",
    ),
    K.OPEN: lambda f: (f"{f['most']} requests of {person(f['person'])} wait for a decision, the most we take", _LOOK),
    K.AUTOMATIC: lambda f: (
        f"{f['most']} PINs that the rules approved for {person(f['person'])} are alive, the most we make",
        f"{_LOOK} What a rule approves by itself is `automatic` there.",
    ),
    K.AUTOMATIC_AT_LOCK: lambda f: (
        f"The rules alone have filled {f['most']} places of a lock, the most they may",
        f"The last who asked is {person(f['person'])}. People can still approve PINs there. {_LOOK}",
    ),
    K.CHANGES: lambda f: (f"{person(f['person'])} changed one stay {f['most']} times in a short time", _LOOK),
    K.RESENDS: lambda f: (f"{person(f['person'])} had one PIN texted {f['most']} times in a short time", _LOOK),
    K.STAFF_TEXTS: lambda f: (f"{person(f['person'])} sent one guest {f['most']} texts in a short time", _LOOK),
    K.GUEST_TEXTS: lambda f: (f"Texts to {f.get('number', 'a guest')} are held back: too many in a short time", _WAIT),
    K.APPROVER_TEXTS: lambda f: (
        f"Texts to {person(f['person'])} are held back: too many in a short time",
        "They go one after the other. Decide in Slack what cannot wait.",
    ),
    K.ASKER_TEXTS: lambda f: (
        f"Texts to {person(f['person'])} about what {person(f['asker'])} asks are held back: too many in a short time",
        f"They go one after the other; those about what others ask are not held back. {_LOOK}",
    ),
    K.ALL_TEXTS: lambda f: ("Texts are held back: too many in a day", _WAIT),
    K.SMS_CODES: lambda f: (
        f"{f['most']} wrong codes came within a day from the number of {person(f['person'])}",
        "All its open codes are void, and none is taken until the day is over. Decide in Slack, and ask who texted.",
    ),
}


def limit_notice(facts: Facts) -> Notice:
    """The alert. `at`: when the next is possible again."""
    happened, do = _HAPPENED[LimitKind(facts["limit"])](facts)
    zone = ZoneInfo(facts["zone"])
    at = datetime.fromisoformat(facts["at"]) if "at" in facts else None
    again = (f"The next is possible {show_moment(at, zone)} {zone_words(at, zone)}.",) if at else ()
    return Notice(f"Limit reached: {happened}", (), (*again, do, "This comes once a day, however often it happens."))
