"""What people read about an amendment: on the card, in the thread, in the requester's notice, and in the form where an
approver makes it. The plan in that form is said by `bot.conversation.forms.previews`."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from bot.conversation.team.alternatives import kind_words
from bot.conversation.team.stay_words import about, person, persons
from bot.conversation.times import show_moment, show_window
from bot.domain.locks.lock import Lock
from bot.domain.messages.notice import Notice
from bot.domain.stays.access_requests import AccessRequest, Decision
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
    return (f"{verb} by {person(change.by)}, {show_moment(change.at, zone)}", *_voided(request))


def _voided(request: AccessRequest) -> tuple[str, ...]:
    counting = {said.approver for said in request.approvals} | {request.decision.approver if request.decision else ""}
    gone = {said.approver for said in request.voided} - counting
    return (_no_longer(persons(gone), len(gone)),) if gone else ()


def _no_longer(whose: str, count: int) -> str:
    several = f"The approvals by {whose} were" if count > 1 else f"The approval by {whose} was"
    return f"{several} of another window and no longer {'count' if count > 1 else 'counts'}."


def kind_of(request: AccessRequest) -> str:
    kind, change = request.kind, request.amendment
    asked = f" (asked: {_short(change.kind_asked)})" if change and change.kind_asked is not kind else ""
    return f"{_short(kind)}{asked}"


def _short(kind: PinKind) -> str:
    return kind.value.replace("_", "-")


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
    if facts["kind"] == facts[before]:
        return ""
    return f", {kind_words(PinKind(facts['kind']))} instead of {kind_words(PinKind(facts[before]))}"


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
        return f"{rule}, and takes {needed} approvers. Ask anew for the time that is wanted."
    able = persons(whose)
    return f"{rule}. {f'{able} can change it so' if able else 'Ask anew for the time that is wanted'}."


def pin_made_meanwhile(ends_at: str) -> str:
    opens = f"it opens until {ends_at}" if ends_at else "it opens until its end"
    return f"Nothing was changed yet: a PIN exists, and {opens} whatever you do. Send once more to have a new one made."
