"""What people read about an amendment: on the card, in the thread, in the requester's notice, and in the form where an
approver makes it. The plan in that form is said by `bot.conversation.forms.previews`."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from json import dumps, loads
from zoneinfo import ZoneInfo

from bot.conversation.team.alternatives import kind_words, otherwise_words
from bot.conversation.team.stay_words import about, person, persons
from bot.conversation.times import for_reader, show_moment, show_window
from bot.domain.approvals.wanted_changes import TAKEN_BACK, WantedChange
from bot.domain.locks.lock import Lock
from bot.domain.messages.message import Message
from bot.domain.messages.notice import Button, Notice
from bot.domain.sources.source_stays import booked_otherwise
from bot.domain.stays.access_requests import AccessRequest, AskedUnder, Decision, RequestStatus
from bot.domain.windows import AccessWindow, PinKind

Facts = Mapping[str, str]


# --- what queued messages and the audit log carry --------------------------------------------------------------------


def amended_facts(request: AccessRequest) -> dict[str, str]:
    """For the requester's notice: what was asked, who changed it, and their words. Empty without an amendment."""
    change = request.amendment
    if change is None:
        return {}
    said = [one for one in (request.decision, *request.approvals) if one and one.approver == change.by]
    facts = {"amended_by": change.by, "asked": _as_fact(request.asked), "words": _reason(said)}
    return facts | {"kind": request.kind.value, "kind_asked": change.kind_asked.value}


def _reason(said: list[Decision]) -> str:
    return next((one.reason for one in said if one.approved and one.reason), "")


def change_facts(before: AccessRequest, after: AccessRequest, zone: str) -> dict[str, str]:
    """One change, for the thread and the audit log: from what to what, and whose approvals it has overtaken."""
    facts = {
        "amended_by": after.amendment.by if after.amendment else "",
        "changed_from": _as_fact(before.granted),
        "changed_to": _as_fact(after.granted),
        "kind": after.kind.value,
        "kind_before": before.kind.value,
        "zone": zone,
    }
    return facts | {"voided": ",".join(sorted(said.approver for said in before.approvals))}


def door_facts(before: Lock, after: Lock) -> dict[str, str]:
    """That the doors are others, for the same places; each side's doors as one. Empty where they stay."""
    return {} if before.name == after.name else {"doors_from": before.name, "doors_to": after.name}


def booked_facts(
    booked: AccessWindow, planned: AccessWindow, granted: AccessWindow, zone: ZoneInfo, at: datetime
) -> dict[str, str]:
    """Of a change that is not what its source has booked; empty where it is."""
    words = otherwise_words(booked, planned, granted, zone, at)
    return {"otherwise": words} if words else {}


def _as_fact(window: AccessWindow) -> str:
    return f"{window.starts_at.isoformat()}/{window.ends_at.isoformat()}"


def _window(fact: str) -> AccessWindow:
    starts, _, ends = fact.partition("/")
    return AccessWindow(datetime.fromisoformat(starts), datetime.fromisoformat(ends))


# --- the card and its thread -----------------------------------------------------------------------------------------


def amended_so_far(request: AccessRequest, zone: ZoneInfo) -> tuple[str, ...]:
    """Who changed the window last, and whose approvals no longer count."""
    if request.amendment is None:
        return ()
    change, decided = request.amendment, request.decision
    verb = "Changed" if decided and decided.approved and change.at > decided.at else "Amended"
    return (f"{verb} by {person(change.by)}, {for_reader(change.at, zone)}", *_voided(request))


def not_as_booked(request: AccessRequest, zone: ZoneInfo) -> tuple[str, ...]:
    """Of what a source sends, while it waits: how it differs from what was booked there."""
    booked = booked_otherwise(request) if request.status is RequestStatus.PENDING else None
    at = request.amendment.at if request.amendment else request.created_at
    return (otherwise_words(booked, request.wanted, request.granted, zone, at),) if booked else ()


def _voided(request: AccessRequest) -> tuple[str, ...]:
    counting = {said.approver for said in request.approvals} | {request.decision.approver if request.decision else ""}
    gone = {said.approver for said in request.voided} - counting
    return (_no_longer(persons(gone), len(gone)),) if gone else ()


def _no_longer(whose: str, count: int) -> str:
    several = f"The approvals by {whose} were" if count > 1 else f"The approval by {whose} was"
    return f"{several} of another window and no longer {'count' if count > 1 else 'counts'}."


def kind_of(request: AccessRequest) -> str:
    """`opens once (asked: opens as often as needed)`."""
    kind, change = kind_words(request.kind), request.amendment
    asked = kind_words(change.kind_asked) if change else kind
    return kind if asked == kind else f"{kind} (asked: {asked})"


def amended_reply(what: str, facts: Facts) -> str:
    """`Amended by Ben: …`, with facts from `change_facts` and perhaps `reason`."""
    lines = [f"{what} by {person(facts['amended_by'])}: {what_is_new(facts)}."]
    if facts.get("voided"):
        gone = facts["voided"].split(",")
        lines.append(_no_longer(persons(gone), len(gone)))
    lines += [f"Their words: {facts['reason']}"] if facts.get("reason") else []
    return " ".join(lines)


def what_is_new(facts: Facts) -> str:
    """`Garage instead of Front door, Sat … instead of Fri …`, with facts from `change_facts` and `door_facts`."""
    zone, same_time = ZoneInfo(facts["zone"]), facts["changed_to"] == facts["changed_from"]
    doors = f"{facts['doors_to']} instead of {facts['doors_from']}" if "doors_to" in facts else ""
    now, before = (show_window(_window(facts[name]), zone) for name in ("changed_to", "changed_from"))
    times = "" if doors and same_time else f"{now} instead of {before}{_other_kind(facts, 'kind_before')}"
    return ", ".join(filter(None, (doors, times)))


def _other_kind(facts: Facts, before: str) -> str:
    now, then = (kind_words(PinKind(facts[name])) for name in ("kind", before))
    return "" if now == then else f", a PIN that {now} instead of one that {then}"


# --- the requester ---------------------------------------------------------------------------------------------------


def changed(facts: Facts) -> tuple[str, ...]:
    """To the requester: what they asked for and who changed it; nothing where nobody did."""
    if "amended_by" not in facts:
        return ()
    zone = ZoneInfo(facts["zone"])
    granted = AccessWindow(datetime.fromisoformat(facts["starts_at"]), datetime.fromisoformat(facts["ends_at"]))
    asked, now = show_window(_window(facts["asked"]), zone), show_window(granted, zone)
    who = person(facts["amended_by"])
    said = (f"{who} says: {facts['words']}",) if facts.get("words") else ()
    return (f"You asked for {asked}; {who} changed it to {now}{_other_kind(facts, 'kind_asked')}.", *said)


def changed_notice(facts: Facts) -> Notice:
    """Somebody else has changed the stay after it was approved."""
    line = f"{person(facts['amended_by'])} changed it: {what_is_new(facts)}."
    return Notice(f"Changed: {facts['guest']}, {facts['door']}", about(facts), (line,))


# --- a change beyond what was approved -------------------------------------------------------------------------------

DECIDE_CHANGE, REFUSE_CHANGE = "change_yes", "change_no"
WANTED, AGREED, SETTLED = "change_wanted", "change_agreed", "change_settled"
"""The question, one word of several, and what was said to it in the end, as messages carry them."""


def wanted_facts(change: WantedChange, whom: Sequence[str], needed: int) -> dict[str, str]:
    """What is wanted, to be read back from the question; beside facts from `change_facts` and `door_facts`."""
    return {
        "change": change.id,
        "wanted_by": change.by,
        "window": _as_fact(change.window),
        "granted": _as_fact(change.granted),
        "lock_ids": " ".join(change.lock_ids),
        "seen": str(change.seen),
        "lapses_at": change.lapses_at.isoformat(),
        "whom": ",".join(whom),
        "needed": str(needed),
        "asked_under": dumps([one.as_json() for one in change.asked_under]),
    }


def wanted_changes(messages: Iterable[Message]) -> list[WantedChange]:
    """All changes of a stay that were asked, oldest first, each with its outcome."""
    kept = list(messages)
    answers = {m.facts["change"]: m.facts for m in kept if m.phrase == SETTLED}
    agreed = [(m.facts["change"], m.facts["by"]) for m in kept if m.phrase == AGREED]
    asked = [m.facts for m in kept if m.phrase == WANTED and not m.in_thread]
    words = {facts["change"]: tuple(by for change, by in agreed if change == facts["change"]) for facts in asked}
    return [_wanted(facts, answers.get(facts["change"], {}), words[facts["change"]]) for facts in asked]


def _wanted(facts: Facts, answer: Facts, agreed: tuple[str, ...]) -> WantedChange:
    return WantedChange(
        facts["change"],
        facts["wanted_by"],
        _window(facts["window"]),
        _window(facts["granted"]),
        tuple(facts["lock_ids"].split()),
        int(facts["seen"]),
        datetime.fromisoformat(facts["lapses_at"]),
        answer.get("outcome", ""),
        answer.get("by", ""),
        agreed,
        tuple(AskedUnder.from_json(said) for said in loads(facts.get("asked_under", "[]"))),
    )


def agreed_facts(question: Message, one: WantedChange, by: str, missing: int) -> dict[str, str]:
    """One word of several, `missing` of which are still to come."""
    agreed = ",".join((*one.agreed, by))
    return {"change": one.id, "by": by, "agreed": agreed, "missing": str(missing), "zone": question.facts["zone"]}


def answer_facts(question: Message, outcome: str, by: str = "") -> dict[str, str]:
    return {**question.facts, "outcome": outcome, "by": by}


def change_wanted(facts: Facts) -> Notice:
    """The question, to those who may decide it."""
    lapses = show_moment(datetime.fromisoformat(facts["lapses_at"]), ZoneInfo(facts["zone"]))
    cost = _cost(facts)
    why = facts.get("otherwise") or "That goes beyond what was approved."
    remarks = (
        f"{person(facts['wanted_by'])} asks for {what_is_new(facts)}. {why}",
        f"{_words_of(facts)} {cost}",
        f"Without an answer before {lapses} the stay remains as it is.",
    )
    buttons = (
        Button(DECIDE_CHANGE, "Approve the change", facts["change"], "primary", cost[:300]),
        Button(REFUSE_CHANGE, "Keep it as it is", facts["change"]),
    )
    return Notice(f"A change to decide: {facts['guest']}, {facts['door']}", about(facts), remarks, buttons)


def _words_of(facts: Facts) -> str:
    if "agreed" in facts:
        return f"Agreed: {persons(facts['agreed'].split(','))}. {missing_words(facts)}"
    whom = persons(facts["whom"].split(","))
    several = "" if facts.get("needed", "1") == "1" else f"{facts['needed']} of "
    return f"It needs the approval of {several}{whom}."


def missing_words(facts: Facts) -> str:
    return "One more is needed." if facts["missing"] == "1" else f"{facts['missing']} more are needed."


def agreed_reply(facts: Facts) -> str:
    return f"{person(facts['by'])} agrees to the change. {missing_words(facts)}"


def can_decide(whom: Sequence[str], needed: int) -> str:
    return f"{persons(whom)} can decide it" if needed == 1 else f"{needed} of {persons(whom)} can decide it together"


def _cost(facts: Facts) -> str:
    if "opens_until" not in facts:
        return "No PIN is made yet. One that is made before you decide opens until its end whatever you do."
    ends = show_moment(datetime.fromisoformat(facts["opens_until"]), ZoneInfo(facts["zone"]))
    return f"What was made opens {facts['door'][:100]} until {ends} whatever you do; what is new gets a new PIN."


def change_wanted_reply(facts: Facts) -> str:
    whom = can_decide(facts["whom"].split(","), int(facts.get("needed", "1")))
    return f"{person(facts['wanted_by'])} asks for a change: {what_is_new(facts)}. {whom}."


def change_outcome(outcome: str, by: str) -> str:
    """In a few words, on the question and in the thread."""
    if outcome == "lapsed":
        return "Nobody decided in time: the stay remains as it was."
    if outcome == TAKEN_BACK:
        return f"{person(by)} wants it no more: the stay remains as it was."
    return f"Decided by {person(by)}: {'it is changed so' if outcome == 'yes' else 'the stay remains as it was'}."


def change_answered(facts: Facts) -> Notice:
    """To whoever asked for the change."""
    said = "Changed" if facts["outcome"] == "yes" else "Not changed"
    line = f"You asked for {what_is_new(facts)}. {change_outcome(facts['outcome'], facts.get('by', ''))}"
    return Notice(f"{said}: {facts['guest']}, {facts['door']}", about(facts), (line,))


_OVERTAKEN = {
    "lapsed": "Nobody decided in time, so the stay remains as it was. Change it on its card if that is still wanted.",
    TAKEN_BACK: "Whoever asked for this wants it no more, so nothing was decided. The stay remains as it was.",
    "changed": "The stay was changed since this was asked, so nothing was decided. Look at its card.",
    "yours": "Nothing was asked: this needs nobody else's approval now. Please send it once more.",
}


def change_overtaken(status: str, who: str) -> str:
    if status == "newer":
        by = f"{person(who)} has" if who else "Somebody has"
        return f"{by} asked for another change since, so nothing was decided. Answer the newer question."
    by = f" by {person(who)}" if who else ""
    decided = f"This change was decided already{by}. Your click changed nothing: the stay's card shows how it stands."
    return _OVERTAKEN.get(status, decided)


# --- why not ---------------------------------------------------------------------------------------------------------

_WHY_NO_CHANGE = {
    "pending": "it waits for a decision: an approver can change it with Amend on its card",
    "denied": "it was denied, so ask anew",
    "lapsed": "nobody decided in time, so ask anew",
    "withdrawn": "it was withdrawn, so ask anew",
    "ended": "it is over, so ask anew",
    "the same": "it has this time already, at these doors",
}


def nothing_to_change(status: str) -> str:
    return f"Nothing was changed: {_WHY_NO_CHANGE.get(status, 'there is nothing of it left, so ask anew')}."


def beyond_approved(approved: str, whose: Sequence[str], needed: str) -> str:
    """Facts as `check_may_change` gives them; `approved`: the window as people read it, or nothing."""
    rule = f"Nothing was changed: this goes beyond what was approved{f' ({approved})' if approved else ''}"
    if needed not in ("", "1"):
        return f"{rule}, and needs the approval of {needed} others. Ask anew for the time that is wanted."
    able = persons(whose)
    return f"{rule}. {f'{able} can change it so' if able else 'Ask anew for the time that is wanted'}."


def pin_made_meanwhile(ends_at: str) -> str:
    opens = f"it opens until {ends_at}" if ends_at else "it opens until its end"
    return f"Nothing was changed yet: a PIN exists, and {opens} whatever you do. Send once more to have a new one made."
