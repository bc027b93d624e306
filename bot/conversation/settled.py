"""Questions to the team that have their answer: somebody pressed the button, or the stay went on without. The notice is
changed where it stands, so that nothing is left to press in vain, and says what came of it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from bot.conversation.drafts import note_to
from bot.conversation.help_notices import DECIDE_LATE
from bot.conversation.history import Event
from bot.conversation.notices import Story, Word, notice, person
from bot.conversation.talk_words import SEND
from bot.domain.access_codes import AccessCode, CodeStatus
from bot.domain.messages import Message
from bot.ports import Notice

_S = CodeStatus
_ASKS = frozenset(
    {Word.DANGER, Word.MISSED_STAFF, Word.FAILED, Word.WANTS_HELP, Word.WANTS_LATER, Word.EMERGENCY_REVIEW}
)
"""The notices to the team that have buttons."""

_OPEN = {
    "opened": frozenset({_S.READY, _S.SHARED}),
    "replace": frozenset({_S.MISSED, _S.FAILED}),
    DECIDE_LATE: frozenset({_S.RESERVED, _S.MINTING, _S.READY, _S.SHARED}),
}
"""How far the newest PIN of a stay may have come for a button to mean anything."""

_CAME_OF_IT = {
    "replaced": "Done: a new PIN took its place.",
    "used": "Done: the PIN was used.",
    _S.MISSED: "Too late: the PIN was not used before its deadline.",
    _S.WITHDRAWN: "The stay was withdrawn.",
    _S.RELEASED: "The stay was withdrawn.",
}
_OVER = "The stay has gone on: its card says how."
_STILL_TRUE = {Word.WANTS_HELP: 9, Word.WANTS_LATER: 1, Word.MISSED_STAFF: 1}
"""How many of a notice's remarks hold when its question has an answer; the others say what to do."""


def settling(story: Story, new_id: Callable[[], str], at: datetime) -> Sequence[Message]:
    """What changes the notices of this stay that have an answer and do not say so yet."""
    known, found = {message.key for message in story.messages}, []
    for asked in story.messages:
        key = f"settled:{asked.id}"
        answer = "" if key in known else _answer(story, asked)
        if answer:
            facts = {"of": asked.id, "answer": answer}
            found.append(note_to(new_id(), key, Word.SETTLED, asked.recipient, facts, story.request.id, None, at))
    return found


def settled(asked: Message, facts: Mapping[str, str]) -> Notice:
    """The notice as it stands from now on."""
    before, word = notice(Word(asked.phrase), asked.facts), Word(asked.phrase)
    stay = before.remarks[: _STILL_TRUE.get(word, 0)]
    return replace(
        before,
        remarks=(*stay, facts["answer"]),
        buttons=tuple(button for button in before.buttons if button.action == SEND),
    )


def _answer(story: Story, asked: Message) -> str:
    """Empty while it waits for one, and for what asks nothing."""
    asks = _button_of(asked)
    if asks == "reviewed":
        review = story.request.review
        return f"Reviewed by {person(review.by)}." if review else ""
    code = next((one for one in story.codes if one.id == asked.code_id), None)
    if asks is None or code is None:
        return ""
    decided = _late_decision(story, asked) if asks == DECIDE_LATE else ""
    return decided or _by_the_code(story, code, asks)


def _button_of(asked: Message) -> str | None:
    """What the notice asks for, by its first button that is a question."""
    if asked.phrase not in _ASKS:
        return None
    buttons = notice(Word(asked.phrase), asked.facts).buttons
    return next((b.action for b in buttons if b.action in (*_OPEN, "reviewed")), None)


def _by_the_code(story: Story, code: AccessCode, asks: str) -> str:
    if code.id != story.codes[-1].id:
        return _CAME_OF_IT["replaced"]
    if story.evidence or code.status is _S.ACTIVE:
        return _CAME_OF_IT["used"]
    return "" if code.status in _OPEN[asks] else _CAME_OF_IT.get(code.status, _OVER)


def _late_decision(story: Story, asked: Message) -> str:
    key = f"late_decided:{asked.code_id}:{asked.facts['wanted']}"
    for said in story.messages:
        if said.phrase == Event.LATE_DECIDED.value and said.key.endswith(key):
            outcome = "they may come later, with a new PIN" if said.facts["agreed"] == "yes" else "it stays as it was"
            return f"Decided by {person(said.facts['by'])}: {outcome}."
    return ""
