"""The form behind Amend: the times of the form for asking, about a request that stands. Pure functions over view
payloads."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.conversation.forms.amend_previews import CHOICES, TITLE, WORDS_ASKED
from bot.conversation.forms.previews import Choice, FormAnswer
from bot.domain.locks.lock import Lock
from bot.domain.stays.access_requests import AccessRequest
from bot.domain.windows import PinKind
from providers.slack.listeners.ask_form import LOCK, Entry, answered, times_asked, with_times
from providers.slack.listeners.elements import ask_for, fields, plain, states_of, text_input

AMEND = "amend"


@dataclass(frozen=True, slots=True)
class Amended:
    """What stands in the form now, about which request, and how often that had been amended when it was opened."""

    request_id: str
    seen: int
    entry: Entry

    def block_of(self, refusal_field: str) -> str:
        """The block in which a refusal is shown; the door is none of this form's fields."""
        return self.entry.block_id("from_date" if refusal_field == LOCK else refusal_field)


def as_granted(request: AccessRequest, lock: Lock) -> Amended:
    """The form as it is opened: with the granted window."""
    choice = Choice.ONE_TIME if request.kind is PinKind.ONE_TIME else Choice.STAY
    return Amended(request.id, request.amendments, Entry(choice=choice).at(request.granted, lock.zoneinfo))


def amend_view(
    form: Amended, about: Sequence[tuple[str, str]], answer: FormAnswer, lock: Lock, now: datetime
) -> dict[str, Any]:
    """The form as it is to be seen now."""
    return {
        "type": "modal",
        "callback_id": AMEND,
        "private_metadata": f"{form.request_id}|{form.seen}|{form.entry.generation}",
        "title": plain(TITLE, 24),
        "submit": plain(TITLE, 24),
        "close": plain("Back", 24),
        "blocks": [
            fields(about, "about"),
            *times_asked(form.entry, CHOICES, lock, now),
            *answered(answer),
            ask_for("note", WORDS_ASKED, text_input("note", form.entry.note), optional=True),
        ],
    }


def read_amended(view: Mapping[str, Any]) -> Amended:
    """What stands in the form, complete or not. Raises KeyError, TypeError or ValueError for no form of ours."""
    request_id, seen, generation = str(view["private_metadata"]).split("|")
    states = states_of(view)
    words = str(states["note"].get("value") or "").strip()[:500] or None
    entry = with_times(Entry(note=words, generation=int(generation)), states)
    if entry.choice not in CHOICES:
        raise ValueError("no kind of this form")
    return Amended(request_id, int(seen), entry)
