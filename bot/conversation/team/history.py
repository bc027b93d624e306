"""A stay's history, one line each, as replies under its card. No PIN and no phone number ever stands here."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from bot.conversation.guest_texts.phrases import Phrase
from bot.conversation.team.amendments import (
    AGREED,
    SETTLED,
    agreed_reply,
    amended_reply,
    change_outcome,
    change_wanted_reply,
)
from bot.conversation.team.help_notices import said_elsewhere
from bot.conversation.team.notices import person, withdrawn_truth
from bot.conversation.team.stay_words import BY_TIME
from bot.conversation.team.talk_words import guest_said, send_button, team_said
from bot.conversation.times import for_reader, show_moment, show_window
from bot.conversation.typed.languages import language_name
from bot.domain.approvals.policy import BY_THE_RULES
from bot.domain.approvals.revealing import Secret
from bot.domain.approvals.sms_approvers import by_sms
from bot.domain.hiding import hide_digits
from bot.domain.messages.languages import Language
from bot.domain.messages.message import Medium, Message
from bot.domain.messages.notice import Notice
from bot.domain.stays.access_codes import AccessCode
from bot.domain.windows import AccessWindow

Facts = Mapping[str, str]


class Event(StrEnum):
    """What can happen to a stay, as replies carry it."""

    DECIDED = "decided"
    AMENDED = "amended"
    CHANGED = "stay_changed"
    CHANGE_WANTED = "change_wanted_reply"
    CHANGE_AGREED = AGREED
    CHANGE_SETTLED = SETTLED
    CORRECTED = "guest_corrected"
    LAPSED = "stay_lapsed"
    MADE = "made"
    TEXTED = "texted"
    DELIVERED = "delivered"
    UNDELIVERED = "not_delivered"
    USED = "stay_used"
    UNCONFIRMED = "stay_unconfirmed"
    EXPIRED = "stay_missed"
    FAILED = "stay_failed"
    NEVER_MADE = "never_made"
    REPLACED = "replaced"
    RESENT = "resent"
    WITHDRAWN = "stay_withdrawn"
    DELETED = "deleted"
    ENDED = "stay_ended"
    SAID = "said"
    SAID_ELSEWHERE = "said_elsewhere"
    WROTE = "wrote"
    REVEALED = "revealed"
    LATE_DECIDED = "late_decided"
    ARRIVED = "arrived"
    WRONG_TRIES = "wrong_tries"


def reply(
    message_id: str, key: str, event: Event, request_id: str, channel: str, at: datetime, facts: Facts | None = None
) -> Message:
    """A reply to be posted under the card. `key` makes it unique within its request."""
    return Message(
        id=message_id,
        key=f"thread:{request_id}:{key}",
        medium=Medium.SLACK,
        recipient=channel,
        phrase=event.value,
        created_at=at,
        facts=dict(facts or {}),
        request_id=request_id,
        due_at=at,
        in_thread=True,
    )


LINE = "line"
"""The fact of a reply that changes one posted before: which."""


def history(event: Event, facts: Facts) -> Notice:
    """The finished reply."""
    answer = (send_button(facts["request"]),) if event is Event.SAID and "request" in facts else ()
    return Notice("", remarks=(_LINES[event](facts),), buttons=answer)


def _decided(facts: Facts) -> str:
    if "changed_to" in facts:
        return _amended("Amended and approved", facts)
    verb = "Approved" if facts.get("approved") == "yes" else "Denied"
    why = f": {hide_digits(facts['reason'])}" if facts.get("reason") else ""
    return f"{verb} by {person(facts['approver'])}{why}"


_TEXTS = {
    "pin": "PIN text",
    "reminder": "Reminder",
    "ask_used": "Question whether the PIN opened",
    "missed_guest": "Text that the PIN has expired",
    "cancelled": "Text that the stay is cancelled",
    "cancelled_no_pin": "Text that the stay is cancelled",
    "cancelled_visits": "Text that no further visit comes",
    "on_arrival": "Text about the PIN on arrival",
    "moved_same_pin": "Text about the new time, with the same PIN",
    "moved_new_pin": "Text about the new time, with a new PIN to come",
    "from_staff": "The team's words",
    "approver_ask": "Question to decide",
    "approver_remind": "Question to decide, once more",
    "approver_changed": "Question to decide, with the new window",
}


def told_in_thread(phrase: str) -> bool:
    """Whether a text to the guest belongs to the stay's history; answers to their own words do not."""
    return phrase in _TEXTS


def _which_text(facts: Facts) -> str:
    what = _TEXTS.get(facts.get("phrase", ""), "Text")
    if "approver" in facts:
        return f"{what}, to {person(facts['approver'])}"
    return f'"{facts["quote"]}"' if facts.get("quote") else what


def _text(how_far: str) -> Callable[[Facts], str]:
    """`PIN text: delivered 15:00`."""

    def line(facts: Facts) -> str:
        at = datetime.fromisoformat(facts["at"]) if "at" in facts else None
        when = f" {for_reader(at, ZoneInfo(facts['zone']))}" if at else ""
        why = f": {facts['problem']}" if facts.get("problem") else ""
        return f"{_which_text(facts)}: {how_far}{when}{why}"

    return line


def text_facts(message: Message, at: datetime, zone: str) -> dict[str, str]:
    """What a line about a text says; `zone`: where the text itself knows none."""
    said = {"phrase": message.phrase, "at": at.isoformat(), "zone": message.facts.get("zone") or zone}
    return {**said, "problem": message.problem or "", **_quoted(message)}


def _quoted(message: Message) -> dict[str, str]:
    """Which of several texts a line is about: how what staff wrote begins, or which approver was asked."""
    if by_sms(message.recipient):
        return {"approver": message.recipient}
    return {"quote": message.facts["quote"]} if message.facts.get("quote") else {}


def _used(facts: Facts) -> str:
    by = facts.get("by", "")
    who = {
        "guest": "the guest says so",
        "lock": "the lock reported it",
        "lock_time": BY_TIME,
        "staff": f"{person(by)} says so" if by else "staff say so",
    }
    return f"The door was opened: {who.get(facts.get('source', ''), 'we have word of it')}."


def _unconfirmed(facts: Facts) -> str:
    at = show_moment(datetime.fromisoformat(facts["activate_by"]), ZoneInfo(facts["zone"]))
    ends = show_moment(datetime.fromisoformat(facts["ends_at"]), ZoneInfo(facts["zone"]))
    return f"Not heard of before {at}. If nobody used it, it opens nothing; if somebody did, it opens until {ends}."


def _expired(facts: Facts) -> str:
    at = show_moment(datetime.fromisoformat(facts["activate_by"]), ZoneInfo(facts["zone"]))
    return f"Expired: the lock reported no opening before {at}. This PIN opens nothing any more."


def _corrected(facts: Facts) -> str:
    """Who the guest is, how they are texted; numbers masked."""
    said = []
    if "name" in facts:
        said.append(f"the guest is called {facts['name']} instead of {facts['name_before']}")
    if "number" in facts:
        said.append(f"the number is {facts['number']} instead of {facts['number_before']}, which gets nothing more")
    if "language" in facts:
        said.append(f"the texts go out in {language_name(Language(facts['language']))}")
    if facts.get("note"):
        said.append(f'why it was asked for is "{facts["note"]}" now')
    elif "note" in facts:
        said.append("no reason is given now")
    return f"Corrected by {person(facts.get('by', ''))}: {'; '.join(said) or 'nothing that is to be seen'}."


def _replaced(facts: Facts) -> str:
    by = "the rules" if facts["by"] == BY_THE_RULES else person(facts["by"])
    return f"Replaced by {by}: a new PIN is being made, and only the newest counts."


def _withdrawn(facts: Facts) -> str:
    return f"Withdrawn by {person(facts['by'])}. {withdrawn_truth(facts['outcome'], facts)}"


def _arrived(facts: Facts) -> str:
    who = f"{person(facts['by'])} says" if facts.get("by") else "they say"
    return f"The guest is there, {who}: a PIN is being made that starts in this hour."


def _revealed(facts: Facts) -> str:
    what = "guest's number" if facts.get("of") == Secret.NUMBER.value else "PIN"
    return f"{person(facts['by'])} looked at the {what}: {hide_digits(facts['reason'])}"


WRONG_TRIES_SAID = (
    "Wrong PINs were typed at this door, five within five minutes: the keypad locks itself for a while. If the guest "
    "stands there, they should wait five minutes and then type the newest PIN slowly."
)


def _late_decided(facts: Facts) -> str:
    zone = ZoneInfo(facts["zone"])
    starts, ends = datetime.fromisoformat(facts["starts_at"]), datetime.fromisoformat(facts["ends_at"])
    window = show_window(AccessWindow(starts, ends), zone)
    if facts.get("agreed") == "yes":
        return f"{person(facts['by'])} lets them come later: {window}, with a new PIN."
    return f"{person(facts['by'])} keeps the stay as it was: {window}."


def _deleted(facts: Facts) -> str:
    at = show_moment(datetime.fromisoformat(facts["deleted_at"]), ZoneInfo(facts["zone"]))
    return f"Deleted at the lock by {facts['who']}, {at} (reported by {person(facts['by'])})."


def _amended(what: str, facts: Facts) -> str:
    return amended_reply(what, {**facts, "reason": hide_digits(facts.get("reason", ""))})


_LINES: dict[Event, Callable[[Facts], str]] = {
    Event.DECIDED: _decided,
    Event.AMENDED: lambda facts: f"{_amended('Amended', facts)} One more approver is needed.",
    Event.CHANGED: lambda facts: _amended("Changed", facts),
    Event.CHANGE_WANTED: change_wanted_reply,
    Event.CHANGE_AGREED: agreed_reply,
    Event.CHANGE_SETTLED: lambda facts: change_outcome(facts["outcome"], facts.get("by", "")),
    Event.CORRECTED: _corrected,
    Event.LAPSED: lambda _: "Lapsed: nobody decided in time.",
    Event.MADE: lambda _: "The PIN was made.",
    Event.TEXTED: _text("sent"),
    Event.DELIVERED: _text("delivered"),
    Event.UNDELIVERED: _text("NOT delivered"),
    Event.USED: _used,
    Event.UNCONFIRMED: _unconfirmed,
    Event.EXPIRED: _expired,
    Event.FAILED: lambda _: "No PIN could be made.",
    Event.NEVER_MADE: lambda _: "The stay passed before a PIN was made.",
    Event.REPLACED: _replaced,
    Event.RESENT: lambda facts: f"{person(facts['by'])} had the PIN texted again.",
    Event.WITHDRAWN: _withdrawn,
    Event.DELETED: _deleted,
    Event.ENDED: lambda _: "The PIN has ended.",
    Event.REVEALED: _revealed,
    Event.LATE_DECIDED: _late_decided,
    Event.ARRIVED: _arrived,
    Event.WRONG_TRIES: lambda _: WRONG_TRIES_SAID,
    Event.SAID: lambda facts: guest_said({**facts, "words": hide_digits(facts["words"])}),
    Event.SAID_ELSEWHERE: lambda facts: said_elsewhere({**facts, "words": hide_digits(facts["words"])}),
    Event.WROTE: lambda facts: team_said({**facts, "words": hide_digits(facts.get("words", ""))}),
}


_PROMISES = frozenset({Phrase.HERE_MAKING.value, Event.ARRIVED.value})
_SAME_MOMENT = timedelta(minutes=1)
"""A code that is made because of what its guest has said is younger than that by a little."""


def promised_at(code: AccessCode, messages: Iterable[Message]) -> datetime | None:
    """When this code's guest, at the door, was told that the PIN is being made, or staff saw them there; `messages` are
    all of the stay."""
    made = [m.created_at for m in messages if m.phrase in _PROMISES]
    return max((at for at in made if at >= code.mint_at - _SAME_MOMENT), default=None)
