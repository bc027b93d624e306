"""What an approver reads in the form in which they amend a request, and once they have. What the lock would give is
said as in the form for asking (`bot.conversation.forms.previews`)."""

from dataclasses import replace
from datetime import datetime

from bot.conversation.forms import previews
from bot.conversation.forms.previews import Choice, FormAnswer
from bot.conversation.team.stay_words import person, persons
from bot.conversation.times import show_window, zone_words
from bot.domain.locks.lock import Lock
from bot.domain.planning.plan import Plan
from bot.domain.refusals import Refusal
from bot.domain.stays.access_requests import AccessRequest, RequestStatus
from bot.domain.stays.guests import Guest

TITLE = "Amend and approve"
WORDS_ASKED = "Words for the one who asked"
CANNOT_OPEN = "The form could not be opened just now. Please press Amend again; Approve and Deny work without it."
UNREADABLE = "This form cannot be read; please press Amend again."
MISSING = "A day and a time are needed here."
CHOICES = (Choice.STAY, Choice.ONE_TIME)
"""One request is one PIN: a chain of them has to be asked for."""

_NOTHING_CHANGED = "Nothing is changed yet: sent like this, it is a plain approval."


def about(request: AccessRequest, guest: Guest, lock: Lock, now: datetime) -> tuple[tuple[str, str], ...]:
    """What the form is about: who asked for what, and what is granted as it stands."""
    zone = lock.zoneinfo
    granted = f"{show_window(request.granted, zone, now)}, {zone_words(request.granted.starts_at, zone)}"
    return (
        ("Guest", guest.name),
        ("Lock", lock.name),
        ("Asked by", person(request.requester)),
        ("Asked", show_window(request.asked, zone, now)),
        ("Granted so far", granted),
        *((("Amended by", person(request.amendment.by)),) if request.amendment else ()),
    )


def granted(
    request: AccessRequest, plan: Plan, choice: Choice, lock: Lock, now: datetime, *, changes: bool, needed: int
) -> FormAnswer:
    """The plan beside what was asked for. `changes`: it is another window than the granted one."""
    answer = previews.granted(plan, choice, lock, now, CHOICES)
    chosen = dict(answer.facts)["Asked"]
    asked = ("Asked", show_window(request.asked, lock.zoneinfo, now))
    rest = tuple(fact for fact in answer.facts if fact[0] != "Asked")
    remarks = (*_rules(request, changes=changes, needed=needed), *answer.remarks)
    return replace(answer, facts=(asked, ("Chosen", chosen), *rest), remarks=remarks)


def _rules(request: AccessRequest, *, changes: bool, needed: int) -> tuple[str, ...]:
    if not changes:
        return (_NOTHING_CHANGED,)
    lines = []
    if request.approvals:
        whose = persons(said.approver for said in request.approvals)
        lines.append(f"What {whose} approved was another window; that approval then no longer counts.")
    if needed > 1:
        lines.append("A PIN of this window needs two approvers: yours is the first, and one more has to agree.")
    return tuple(lines)


def refused(refusal: Refusal, choice: Choice, lock: Lock, now: datetime) -> FormAnswer:
    """The refusal, with what can be taken instead. Two PINs in a row are none: this is one request."""
    return replace(previews.refused(refusal, choice, lock, now), remarks=())


def done(request: AccessRequest, lock: Lock, seen: int) -> str:
    """After it was sent. `seen`: how often the window had been changed when the form was opened."""
    zone = lock.zoneinfo
    window = f"{show_window(request.granted, zone)}, {zone_words(request.granted.starts_at, zone)}"
    if request.status is RequestStatus.PENDING:
        changed = f"The window is now {window}. " if request.amendments > seen else ""
        return f"{changed}Yours is the first approval; one more approver is needed."
    if request.amendments > seen:
        reported = f"{person(request.requester)} is told what was asked and what you changed."
        return f"Amended and approved: {window}. {reported}"
    return f"Approved as it was: {window}. Nothing was changed."
