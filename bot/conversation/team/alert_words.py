"""What staff read about an alert besides its notice: who has it, since when nobody has, what solved it; and its line in
the Home tab. No PIN and no full phone number ever stands here."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

from bot.conversation.team.stay_words import Facts, about, person
from bot.conversation.times import for_reader, show_window
from bot.domain.messages.notice import Button, Notice
from bot.domain.stays.alerts import AlertKind, Ending
from bot.domain.windows import AccessWindow

HAVE_IT, HOME_HAVE_IT = "have_it", "home_have_it"
LABEL = "I have it"
NOT_YOURS = "Only the one who asked for this stay, or an approver, can take this. Please ask one of them."
ALREADY_OVER = (
    "Nobody is needed for this any more: look at the stay's card for how it stands. Your click changed nothing."
)

KINDS: Mapping[AlertKind, str] = {
    AlertKind.OVERDUE: "no PIN yet",
    AlertKind.MISCONFIGURED: "no PIN yet, a key is wrong",
    AlertKind.FAILED: "no PIN could be made",
    AlertKind.UNDELIVERED: "a text did not arrive",
    AlertKind.OPTED_OUT: "wants no texts",
    AlertKind.DANGER: "PIN not heard of yet",
    AlertKind.UNCONFIRMED: "not heard of",
    AlertKind.MISSED: "PIN expired unused",
    AlertKind.WANTS_HELP: "needs a person",
    AlertKind.SHORTENED: "the window is shorter than asked for",
    AlertKind.UNKNOWN_NUMBER: "a text from a number we do not know",
    AlertKind.NO_NUMBER: "no number to text to",
    AlertKind.BOOKING_WAITS: "a booking is no stay yet",
    AlertKind.LIMIT: "more than our limits allow",
    AlertKind.LOCK_GONE: "a lock is gone from its provider",
    AlertKind.LOCK_BATTERY: "a lock's battery is low",
    AlertKind.BRIDGE_OFFLINE: "a bridge is offline, and somebody arrives",
    AlertKind.RULE_WITHOUT_LOCK: "a rule names a lock that is not there",
    AlertKind.FEED_SILENT: "a calendar could not be read for a day",
    AlertKind.UNSEEN: "approvers may not see the request",
    AlertKind.VISIT: "the lock has no place for a visit",
}
"""In a few words, after a guest's name."""

UNKNOWN = "a number we do not know"
"""In a few words, after the masked number."""

SOLVED: Mapping[Ending, str] = {
    Ending.MADE: "Solved: the PIN has been made.",
    Ending.DELIVERED: "Solved: the text has arrived.",
    Ending.TEXTS_AGAIN: "Solved: they take our texts again.",
    Ending.NAMED: "Solved: somebody has said whose text it is.",
    Ending.USED: "Done: the PIN was used.",
    Ending.REPLACED: "Done: a new PIN takes its place.",
    Ending.GIVEN_UP: "Over: the stay was given up.",
    Ending.OVER: "Over: the stay has ended.",
    Ending.BACK: "Over: its provider has the lock again.",
    Ending.MENDED: "Over: its provider says that it is well again.",
    Ending.MOVED: "Done: no stay hangs on it any more.",
    Ending.FORGOTTEN: "Done: the operator had the lock forgotten.",
    Ending.GONE_ON: "The stay has gone on: a newer notice says how it stands.",
}


def with_owner(shown: Notice, facts: Facts) -> Notice:
    """A notice that speaks of an alert, with the button that takes it, or with who has taken it."""
    if "alert" not in facts:
        return shown
    if "owner" in facts:
        return replace(shown, remarks=(*shown.remarks, has_it(facts)))
    waits = (f"Nobody has taken it since {_moment(facts, 'since')}.",) if "calls" in facts else ()
    return replace(
        shown, remarks=(*shown.remarks, *waits), buttons=(*shown.buttons, Button(HAVE_IT, LABEL, facts["alert"]))
    )


def has_it(facts: Facts) -> str:
    return f"{person(facts['owner'])} has had it since {_moment(facts, 'owned_at')}."


def solved(outcome: Ending, kind: AlertKind) -> str:
    if outcome is Ending.OVER and kind in _OVER:
        return _OVER[kind]
    return SOLVED[outcome]


_OVER: Mapping[AlertKind, str] = {
    AlertKind.UNKNOWN_NUMBER: "Over: nobody has said whose text it is, and no other came for half a day.",
    AlertKind.LIMIT: "Over: half a day has passed since the limit was reached.",
    AlertKind.LOCK_GONE: "Over: no stay hangs on it.",
    AlertKind.RULE_WITHOUT_LOCK: "Over: a lock is called so, or no rule names it any more.",
    AlertKind.FEED_SILENT: "Over: the calendar was read again, or is to be read no more.",
    AlertKind.NO_NUMBER: "Over: somebody has said whom to text, or nobody comes so soon any more.",
    AlertKind.BOOKING_WAITS: "Over: what was booked is done by now, or nobody comes so soon any more.",
    AlertKind.VISIT: "Over: the visit has its place at the lock, is over or was given up.",
    AlertKind.UNSEEN: "Over: the request stands in the channel again, or waits for nobody any more.",
}
"""Of alerts about no PIN."""


def had_it(outcome: Ending, kind: AlertKind, owner: str | None) -> str:
    """What stands on a notice in the end."""
    return f"{solved(outcome, kind)} {person(owner)} had it." if owner else solved(outcome, kind)


def taken_notice(facts: Facts) -> Notice:
    """To those who were called, once: somebody has it."""
    return Notice(f"{_what(facts)}: taken", _about(facts), (has_it(facts), "You need not do anything."))


def solved_notice(facts: Facts) -> Notice:
    """To those who were called, once: nobody is needed any more."""
    ended = solved(Ending(facts["outcome"]), AlertKind(facts["kind"]))
    return Notice(f"{_what(facts)}: over", _about(facts), (ended,))


def shortened(facts: Facts) -> Notice:
    """The provider gave less than was asked for; `asked_starts_at`, `asked_ends_at`: what that was."""
    zone = ZoneInfo(facts["zone"])
    starts, ends = (datetime.fromisoformat(facts[name]) for name in ("asked_starts_at", "asked_ends_at"))
    asked = show_window(AccessWindow(starts, ends), zone)
    remarks = (
        f"The lock's provider made this PIN for less than {asked}, which we asked for.",
        f"{facts['guest']} is texted what the PIN really does.",
        f"Call {facts['guest']} ({facts['phone']}) if the rest matters, and let them in another way then.",
    )
    return Notice(f"Shorter than asked for: {facts['guest']}, {facts['door']}", about(facts), remarks)


def unseen(facts: Facts) -> Notice:
    """The channel of approvals takes nothing; `problem`: what the operator has to mend, if Slack has said so."""
    who = person(facts["requester"])
    why = f" ({facts['problem'].rstrip('.')})" if facts.get("problem") else ""
    if facts.get("calls"):
        asks = f"{who} asks for it. Decide it on Night Porter's Home tab; `/pin approvals` lists what waits."
    else:
        asks = "We write to the approvers themselves, and text those with a phone in ten minutes. Please ask one, too."
    return Notice(
        f"No approver could be reached in the channel: a PIN for {facts['guest']} at {facts['door']}",
        about(facts),
        (asks, f"The channel of approvals cannot be written to{why}. Please tell whoever runs Night Porter."),
    )


def visit_refused(facts: Facts) -> Notice:
    """A visit of a wish that repeats has found no place; `why`: the refusal's sentence."""
    return Notice(
        f"No PIN yet for {facts['guest']}'s visit at {facts['door']}",
        about(facts),
        (facts["why"], "It is tried again every hour until the visit is over. Its guest has not been texted."),
    )


def visits_missed(facts: Facts) -> Notice:
    """`visits`: their windows, one to a line."""
    visits = facts["visits"].split("\n")
    more = [f"… and {len(visits) - _MOST_VISITS} more"] if len(visits) > _MOST_VISITS else []
    return Notice(
        f"No PIN was made for {facts['guest']}'s visit{'s' if len(visits) > 1 else ''} at {facts['door']}",
        (("Guest", facts["guest"]), ("Lock", facts["door"])),
        ("\n".join([*visits[:_MOST_VISITS], *more]), "Over before there was a PIN. The guest has not been texted."),
    )


_MOST_VISITS = 10


def _what(facts: Facts) -> str:
    if "limit" in facts:
        return f"One of our limits: {facts['what']}"
    if "rule" in facts:
        return f'"{facts["rule"]}" in the approval rules'
    if "feed" in facts:
        return f"The calendar {facts['feed']}"
    if "waiting" in facts:
        return f"{facts['waiting']}: {KINDS[AlertKind(facts['kind'])]}"
    if "lock" in facts:
        return f"{facts['lock']}: {KINDS[AlertKind(facts['kind'])]}"
    if "guest" not in facts:
        return f"A text from {facts['phone']}, {UNKNOWN}"
    return f"{facts['guest']}, {facts['door']}: {KINDS[AlertKind(facts['kind'])]}"


def _about(facts: Facts) -> tuple[tuple[str, str], ...]:
    """The stay; of an alert about none, when it began."""
    return about(facts) if "guest" in facts else (("Since", _moment(facts, "since")),)


def _moment(facts: Facts, name: str) -> str:
    return for_reader(datetime.fromisoformat(facts[name]), ZoneInfo(facts["zone"]))
