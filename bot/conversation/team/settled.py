"""Questions to the team that have their answer: somebody pressed the button, or the stay went on without. The notice is
changed where it stands, so that nothing is left to press in vain, and says what came of it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from bot.conversation.team.amendments import DECIDE_CHANGE, change_outcome, wanted_changes
from bot.conversation.team.drafts import note_to
from bot.conversation.team.help_notices import DECIDE_LATE
from bot.conversation.team.history import Event
from bot.conversation.team.notices import NoticeKind, Story, notice, person
from bot.conversation.team.stay_buttons import can_give_up, pin_buttons
from bot.conversation.team.talk_words import SEND
from bot.domain.approvals.wanted_changes import overtaken
from bot.domain.messages.message import Medium, Message
from bot.domain.messages.notice import Notice
from bot.domain.stays.access_codes import DOOR_LEFT, CodeStatus
from bot.domain.stays.changing import can_change
from bot.domain.stays.standing import PinStanding

_REVIEW = "reviewed"
_ASKS_WHILE_CARD_HAS = {"opened": "opened", "replace": "replace", "another": "withdraw", DECIDE_LATE: "withdraw"}
"""A notice's question by its button, and what the stay's card offers as long as the question means anything."""

_ABOUT_THE_DEADLINE = (NoticeKind.DANGER.value, NoticeKind.WANTS_LATER.value)
"""What these ask is over with the deadline, though the same button stands elsewhere."""

_REPLACED = "Done: a new PIN takes its place."
_USED = "Done: the PIN was used."
_CAME_OF_IT = {
    CodeStatus.UNCONFIRMED: "Not heard of in time: the stay's card says what that means.",
    CodeStatus.EXPIRED: "Too late: the lock reported no opening before the deadline.",
    CodeStatus.WITHDRAWN: "Withdrawn. The PIN may still open the door: its card says until when.",
    CodeStatus.RELEASED: "Withdrawn: no PIN was made.",
}
GONE_ON = {status: _CAME_OF_IT[status] for status in (CodeStatus.UNCONFIRMED, CodeStatus.EXPIRED)}
"""What an alert says that was about the deadline, in the words of the card's own settling: whichever is first."""

_OVER = "The stay has gone on: its card says how."
_STILL_TRUE = {
    NoticeKind.UNKNOWN_TEXT: 1,
    NoticeKind.WANTS_HELP: -1,
    NoticeKind.WANTS_LATER: 1,
    NoticeKind.CHANGE_WANTED: 1,
    NoticeKind.UNCONFIRMED: 0,
    NoticeKind.EXPIRED: 1,
}
"""Up to which of a notice's remarks they hold when its question has an answer; the others say what to do."""


def settling(story: Story, new_id: Callable[[], str], at: datetime) -> Sequence[Message]:
    """What changes the notices of this stay that have an answer and do not say so yet."""
    known, found = {message.key for message in story.messages}, []
    for asked in story.messages:
        key = settling_key(asked.id)
        answer = "" if key in known else _answer(story, asked)
        if answer:
            facts = {"of": asked.id, "answer": answer}
            found.append(note_to(new_id(), key, NoticeKind.SETTLED, asked.recipient, facts, story.request.id, None, at))
    return found


def settling_key(notice_id: str) -> str:
    """The key of the message that changes this notice."""
    return f"settled:{notice_id}"


def settled(asked: Message, facts: Mapping[str, str]) -> Notice:
    """The notice as it stands from now on."""
    word = NoticeKind(asked.phrase)
    before = notice(word, asked.facts)
    remarks = (*before.remarks[: _STILL_TRUE.get(word, 0)], facts["answer"])
    return replace(before, remarks=remarks, buttons=tuple(b for b in before.buttons if b.action == SEND))


def taken_key(notice_id: str, word: int = 0) -> str:
    """The key of the message that says on this notice who has it, or who has agreed: the how manieth `word`."""
    return f"taken:{notice_id}:{word}" if word else f"taken:{notice_id}"


def taken_keys(asked: Message) -> list[str]:
    """The keys of all messages that may say so on this notice."""
    return [taken_key(asked.id, word) for word in range(int(asked.facts.get("needed", "1")))]


def taken(asked: Message, facts: Mapping[str, str]) -> Notice:
    """The notice once somebody has it, or one of several has agreed: what else it asks can still be pressed."""
    owned = {name: facts[name] for name in ("owner", "owned_at", "agreed", "missing") if name in facts}
    return notice(NoticeKind(asked.phrase), {**asked.facts, **owned})


def _answer(story: Story, asked: Message) -> str:
    """Empty while it waits for one, and for what asks nothing."""
    asks = _button_of(asked)
    if asks == _REVIEW:
        review = story.request.review
        return f"Reviewed by {person(review.by)}." if review else ""
    if asks == DECIDE_CHANGE:
        return _change_settled(story, asked)
    pin = story.standing.of(asked.code_id or "")
    if asks is None or pin is None:
        return ""
    decided = _late_decision(story, asked) if asks == DECIDE_LATE else ""
    if not decided and pin.code.status is CodeStatus.UNCONFIRMED and asked.phrase in _ABOUT_THE_DEADLINE:
        decided = "" if pin.used or not pin.current else _CAME_OF_IT[pin.code.status]
    return decided or _by_the_pin(story, pin, asks)


def _button_of(asked: Message) -> str | None:
    """What the notice asks for, by its first button that is a question."""
    if (
        asked.medium is not Medium.SLACK
        or asked.in_thread
        or asked.phrase in (NoticeKind.SETTLED.value, NoticeKind.TAKEN.value)
    ):
        return None
    buttons = notice(NoticeKind(asked.phrase), asked.facts).buttons
    return next((b.action for b in buttons if b.action in (_REVIEW, DECIDE_CHANGE, *_ASKS_WHILE_CARD_HAS)), None)


def _by_the_pin(story: Story, pin: PinStanding, asks: str) -> str:
    if not pin.current:
        return _REPLACED if pin.code.part != DOOR_LEFT else _CAME_OF_IT.get(pin.code.status, _OVER)
    if asks != "another" and (pin.used or pin.code.status is CodeStatus.ACTIVE):
        return _USED
    asked_while = _ASKS_WHILE_CARD_HAS[asks]
    if asked_while == "withdraw":
        return "" if can_give_up(pin) else _CAME_OF_IT.get(pin.code.status, _OVER)
    offered = {button.action for button in pin_buttons(story.request, pin)}
    return "" if asked_while in offered else _CAME_OF_IT.get(pin.code.status, _OVER)


def _change_settled(story: Story, asked: Message) -> str:
    every = wanted_changes(story.messages)
    one = next(each for each in every if each.id == asked.facts["change"])
    if one.outcome:
        return change_outcome(one.outcome, one.decided_by)
    why = overtaken(every, one, story.request, story.now)
    if why in ("newer", "changed"):
        return "Another change was asked for since." if why == "newer" else "The stay was changed since."
    return "" if can_change(story.request, story.codes, story.now) else _OVER


def _late_decision(story: Story, asked: Message) -> str:
    about = (asked.code_id, asked.facts["wanted"])
    for said in story.messages:
        if said.phrase == Event.LATE_DECIDED.value and (said.facts["code"], said.facts["wanted"]) == about:
            outcome = "they may come later, with a new PIN" if said.facts["agreed"] == "yes" else "it stays as it was"
            return f"Decided by {person(said.facts['by'])}: {outcome}."
    return ""
