"""What people read about an amendment: on the card, in the thread, in the requester's notice, and in the form where an
approver makes it. The plan in that form is said by `bot.conversation.forms.previews`."""

from collections.abc import Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from bot.conversation.team.alternatives import kind_words
from bot.conversation.team.stay_words import person, persons
from bot.conversation.times import show_moment, show_window
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
    change = request.amendment
    return (f"Amended by {person(change.by)}, {show_moment(change.at, zone)}", *_voided(request))


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
    zone = ZoneInfo(facts["zone"])
    now, before = (show_window(_window(facts[name]), zone) for name in ("changed_to", "changed_from"))
    lines = [f"{what} by {person(facts['amended_by'])}: {now} instead of {before}{_other_kind(facts, 'kind_before')}."]
    if facts.get("voided"):
        gone = facts["voided"].split(",")
        lines.append(_no_longer(persons(gone), len(gone)))
    lines += [f"Their words: {facts['reason']}"] if facts.get("reason") else []
    return " ".join(lines)


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
