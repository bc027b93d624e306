"""Every sentence that an approver without chat gets as a text message, in English. Facts in, words out, at the moment
of sending.

What guests get is `bot.conversation.guest_texts.phrases`. A code stands under a seal until then; no phone number ever
stands here.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from bot.conversation.guest_texts.drafts import stay_facts
from bot.conversation.guest_texts.gsm7 import to_gsm7
from bot.conversation.times import show_moment, show_visits, show_window
from bot.domain.approvals.policy import BY_THE_RULES
from bot.domain.approvals.sms_approvers import BY_SMS, SmsApprover, by_sms, in_chat, texted_at
from bot.domain.locks.lock import Lock
from bot.domain.messages.message import Medium, Message
from bot.domain.messages.reminders import QuietHours
from bot.domain.planning.visits import Visits
from bot.domain.sources.names import BY_SOURCE, from_source
from bot.domain.sources.source_stays import booked_otherwise
from bot.domain.stays.access_requests import AccessRequest
from bot.domain.stays.guests import Guest
from bot.domain.stays.text_times import ANSWER_GOOD
from bot.domain.windows import AccessWindow

Facts = Mapping[str, str]
_NAME, _DOOR, _CALENDAR = 26, 24, 40
_BESIDE_WORKSPACE = 16
_RULE = 65
"""Letters of each name where a workspace is named, too: the text still has to fit into two segments."""


class ToApprover(StrEnum):
    """The texts by name, as messages carry them."""

    ASK = "approver_ask"
    REMIND = "approver_remind"
    CHANGED = "approver_changed"
    APPROVED = "approver_approved"
    ONE_MORE = "approver_one_more"
    DENIED = "approver_denied"
    ALREADY = "approver_already"
    USED = "approver_used"
    NO_PLACE = "approver_no_place"
    NOT_DONE = "approver_not_done"
    NOT_YOURS = "approver_not_yours"
    UNKNOWN_CODE = "approver_unknown_code"
    VOID_CODE = "approver_void_code"
    SLOW_DOWN = "approver_slow_down"
    HOW_TO = "approver_how_to"
    ALERT = "approver_alert"
    ALERT_TAKEN = "approver_alert_taken"
    ALERT_OVER = "approver_alert_over"
    ALERT_YOURS = "approver_alert_yours"
    ALERT_LEFT = "approver_alert_left"


QUESTIONS = frozenset({ToApprover.ASK, ToApprover.REMIND, ToApprover.CHANGED})
"""These carry a code, and are worth sending only while the request waits."""

WITH_CODE = QUESTIONS | {ToApprover.ALERT}
"""Nothing can be answered to these without their code."""


def most_segments_to_approver(phrase: ToApprover) -> int:
    """Into how many segments this text has to fit."""
    return 2 if phrase in WITH_CODE else 1


NAMED = ("requester", "who")
"""Facts that hold a person's id; whoever sends the text finds out how the chat calls them."""


def is_to_approver(phrase: str) -> bool:
    return phrase in set(ToApprover)


def named(message: Message) -> list[str]:
    """Whose names in chat its text needs."""
    if not is_to_approver(message.phrase):
        return []
    people = {person for fact in NAMED if (person := message.facts.get(fact)) and person != BY_THE_RULES}
    return sorted(in_chat(people))


def good_for_approver(message: Message) -> datetime:
    """After this instant it is of no use: a question until the request lapses, an answer as any other."""
    if message.phrase in QUESTIONS and "lapses_at" in message.facts:
        return datetime.fromisoformat(message.facts["lapses_at"])
    return message.created_at + ANSWER_GOOD


def to_approver(phrase: ToApprover, facts: Facts, code: str | None, names: Mapping[str, str]) -> str:
    """The finished text. `names`: by person's id. Raises ValueError for one that lacks its code."""
    if phrase in WITH_CODE and not code:
        raise ValueError("this text needs a code")
    return to_gsm7(_TEXTS[phrase](_ApproverFacts(facts, code or "", names)))


TRIAL_TEXT = "Night Porter: a test by whoever runs it. Texts arrive here. There is nothing to do."
"""What an operator texts to a number of theirs (`nightporter doctor --send-test`)."""


def question(
    message_id: str,
    phrase: ToApprover,
    approver: SmsApprover,
    request: AccessRequest,
    guest: Guest,
    lock: Lock,
    now: datetime,
    quiet: QuietHours | None,
    visits: Visits | None = None,
) -> Message:
    """The text that asks; once per request, phrase and approver (a changed window: once per window). `visits`: it
    repeats, and all of them are decided."""
    facts = stay_facts(guest, lock, request.granted)
    facts |= {"repeats": show_visits(visits)} if visits else {}
    facts |= {"requester": request.requester, "lapses_at": request.lapses_at.isoformat()}
    facts |= {"otherwise": "yes"} if booked_otherwise(request) else {}
    which = f":{facts['starts_at']}/{facts['ends_at']}" if phrase is ToApprover.CHANGED else ""
    due = texted_at(now, request.lapses_at, quiet, lock.zoneinfo)
    key = f"{request.id}:{phrase.value}:{approver.id}{which}"
    return _text(message_id, key, phrase, approver, facts, now, due, request.id)


def answer(
    message_id: str, sid: str, phrase: ToApprover, approver: SmsApprover, facts: Mapping[str, str], now: datetime
) -> Message:
    """What one text of theirs came to; `sid` is that text's."""
    return _text(message_id, f"approver:{sid}", phrase, approver, facts, now, now, None)


def alert_text(
    message_id: str,
    key: str,
    phrase: ToApprover,
    person: str,
    facts: Mapping[str, str],
    now: datetime,
    request_id: str | None,
) -> Message:
    """About something that needs a person. `what` says it in a few words; `calls`: it asks them to take it."""
    return Message(
        id=message_id,
        key=key,
        medium=Medium.SMS,
        recipient=person,
        phrase=phrase.value,
        created_at=now,
        facts=dict(facts),
        request_id=request_id,
        due_at=now,
    )


def _text(
    message_id: str,
    key: str,
    phrase: ToApprover,
    approver: SmsApprover,
    facts: Facts,
    now: datetime,
    due: datetime,
    request_id: str | None,
) -> Message:
    return Message(
        id=message_id,
        key=key,
        medium=Medium.SMS,
        recipient=approver.id,
        phrase=phrase.value,
        created_at=now,
        facts=dict(facts),
        request_id=request_id,
        due_at=due,
    )


class _ApproverFacts:
    """The facts of one text, short enough for a phone."""

    def __init__(self, facts: Facts, code: str, names: Mapping[str, str]) -> None:
        self._facts = facts
        self._names = names
        self._longest = _BESIDE_WORKSPACE if facts.get("from_workspace") else _NAME
        self.code = code

    def name(self, fact: str) -> str:
        """A person; empty for nobody, and for one whose name the chat does not tell."""
        person = self._facts.get(fact, "")
        if by_sms(person):
            return person.removeprefix(BY_SMS)
        if from_source(person):
            return _short(person.removeprefix(BY_SOURCE), self._longest)
        return _short(self._names.get(person, ""), self._longest)

    def text(self, fact: str) -> str:
        return self._facts.get(fact, "")

    @property
    def where(self) -> str:
        """In which workspace, where there are several. What answers a text of theirs is about one that said so."""
        where = _short(self.text("from_workspace"), _BESIDE_WORKSPACE)
        return f" (in {where})" if where else ""

    @property
    def stay(self) -> str:
        """What it is about."""
        if "limit" in self._facts:
            return "one of our limits"
        if "rule" in self._facts:
            return "our approval rules"
        if "feed" in self._facts:
            return _short(f"the calendar {self.text('feed')}", _CALENDAR)
        if "waiting" in self._facts:
            return _short(self.text("waiting"), _CALENDAR)
        if "lock" in self._facts:
            return _short(self.text("lock"), _DOOR)
        if "guest" not in self._facts and "phone" in self._facts:
            return f"a text from {self.text('phone').replace('•••', '...')}"
        guest, door = _short(self.text("guest"), self._longest) or "a guest", _short(self.text("door"), _DOOR)
        return f"{guest} at {door}" if door else guest

    @property
    def window(self) -> str:
        starts, ends = (datetime.fromisoformat(self._facts[name]) for name in ("starts_at", "ends_at"))
        return show_window(AccessWindow(starts, ends), ZoneInfo(self._facts["zone"]))

    def moment(self, fact: str) -> str:
        return show_moment(datetime.fromisoformat(self._facts[fact]), ZoneInfo(self._facts["zone"]))


def _short(words: str, most: int) -> str:
    plain = " ".join(to_gsm7(words).split())
    return plain if len(plain) <= most else plain[: most - 1].rstrip() + "."


def _ask(said: _ApproverFacts, rule: int = _RULE) -> str:
    """`rule`: so long may be what says on which days it repeats."""
    who = said.name("requester") or "A colleague"
    city = said.text("zone").rpartition("/")[2].replace("_", " ")
    repeats = said.text("repeats")
    # Where all the days of the week leave no room, how many visits and until when.
    when = repeats if len(repeats) <= rule else repeats.rpartition(", ")[2]
    odd = ", not as booked" if said.text("otherwise") else ""
    return (
        f"{who} asks for a PIN for {said.stay}{said.where}, {when or said.window} ({city} time){odd}. "
        f"Please decide before {said.moment('lapses_at')}: reply OK {said.code}, or NO {said.code} and a reason."
    )


def _already(said: _ApproverFacts) -> str:
    status, who = said.text("status"), said.name("who")
    if status == "lapsed":
        return f"The request for {said.stay} has lapsed: nobody decided in time. Your text changed nothing."
    by_rules = said.text("who") == BY_THE_RULES
    by = " by the rules" if by_rules else f" by {who}" if who else " by a colleague" if said.text("who") else ""
    at = f", {said.moment('at')}" if said.text("at") else ""
    return f"{said.stay} was already {status or 'decided'}{by}{at}. Your text changed nothing."


def _alert(said: _ApproverFacts) -> str:
    subject = f"{said.stay}{said.where}, {said.window}" if said.text("ends_at") else _begins(said.stay) + said.where
    since = said.moment("since")
    return f"{subject}: {said.text('what')}. Nobody has taken it since {since}. If you take it, reply OK {said.code}."


def _begins(subject: str) -> str:
    """As a sentence begins; a lock's name stays as it is otherwise."""
    return subject[:1].upper() + subject[1:]


def _alert_over(said: _ApproverFacts) -> str:
    subject = said.stay if said.text("ends_at") else _begins(said.stay)
    return f"{subject}, {said.text('what')}: nobody is needed any more."


def _alert_taken(said: _ApproverFacts) -> str:
    return f"{said.name('who') or 'A colleague'} has it: {said.stay}, {said.text('what')}. You need not do anything."


_TEXTS: dict[ToApprover, Callable[[_ApproverFacts], str]] = {
    ToApprover.ASK: _ask,
    ToApprover.REMIND: lambda said: f"Still to decide: {_ask(said)}",
    ToApprover.CHANGED: lambda said: (
        ("Changed. " if said.text("otherwise") else "The window was changed, so nothing is decided yet. ")
        + _ask(said, 0)
    ),
    ToApprover.APPROVED: lambda said: f"Approved: {said.stay}. The guest gets the PIN by text, and {_informed(said)}.",
    ToApprover.ONE_MORE: lambda said: f"Your approval of {said.stay} counts. One more approver is needed.",
    ToApprover.DENIED: lambda said: f"Denied: {said.stay}. No PIN is made, and {_informed(said)}.",
    ToApprover.ALREADY: _already,
    ToApprover.USED: lambda said: f"This code for {said.stay} was used already. Your text changed nothing.",
    ToApprover.NO_PLACE: lambda said: (
        f"Not approved: the lock has no place left for {said.stay}. Please ask a colleague to look at it in Slack."
    ),
    ToApprover.NOT_DONE: lambda said: (
        f"Nothing was decided about {said.stay}: it cannot be made as it was asked for. Please ask a colleague."
    ),
    ToApprover.NOT_YOURS: lambda said: f"The rules do not let you decide about {said.stay} any more. Nothing changed.",
    ToApprover.UNKNOWN_CODE: lambda _: (
        "We do not know this code, so nothing was decided. Please reply with the code in our newest text."
    ),
    ToApprover.VOID_CODE: lambda said: (
        f"This code for {said.stay} is no longer valid, so nothing was decided. Reply with the code in our newest text."
    ),
    ToApprover.SLOW_DOWN: lambda _: (
        "Too many wrong codes came from this number. Please wait an hour or more, or let a colleague decide."
    ),
    ToApprover.HOW_TO: lambda _: (
        "To approve, reply OK and the code in our text, nothing else. To deny, reply NO, the code and a reason."
    ),
    ToApprover.ALERT: _alert,
    ToApprover.ALERT_TAKEN: _alert_taken,
    ToApprover.ALERT_OVER: _alert_over,
    ToApprover.ALERT_YOURS: lambda said: f"You have it: {said.stay}, {said.text('what')}. We tell the others.",
    ToApprover.ALERT_LEFT: lambda said: f"Left to others: {said.stay}. Reply OK and the same code if you take it.",
}


def _informed(said: _ApproverFacts) -> str:
    return f"we tell {said.name('requester') or 'the person who asked'}"
