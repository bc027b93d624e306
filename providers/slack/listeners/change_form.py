"""The form behind Change: the times of the form for asking, about a stay that is approved. Pure functions over view
payloads."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.conversation.forms.change_previews import MAKE_NEW_PIN, SUBMIT, TITLE
from bot.conversation.forms.previews import Choice, FormAnswer
from bot.domain.locks.lock import Lock
from providers.slack.listeners.ask_form import LOCK, Entry, answered, moments_asked, with_times
from providers.slack.listeners.elements import fields, plain, section, states_of

CHANGE = "change_stay"


@dataclass(frozen=True, slots=True)
class ChangeEntry:
    """What stands in the form now, about which stay, how often that had been changed when it was opened, and how many
    PINs that open whatever is changed its reader has been asked about."""

    request_id: str
    seen: int
    entry: Entry
    accepted: int = 0

    def block_of(self, refusal_field: str) -> str:
        """The block in which a refusal is shown; the door is none of this form's fields."""
        times = refusal_field.startswith(("from_", "to_"))
        return self.entry.block_id(refusal_field if times and refusal_field != LOCK else "from_date")


def change_view(
    form: ChangeEntry,
    about: Sequence[tuple[str, str]],
    answer: FormAnswer,
    lock: Lock,
    now: datetime,
    remark: str = "",
) -> dict[str, Any]:
    """The form as it is to be seen now."""
    kept = (form.request_id, form.seen, form.entry.generation, form.entry.choice.value, form.accepted)
    return {
        "type": "modal",
        "callback_id": CHANGE,
        "private_metadata": "|".join(map(str, kept)),
        "title": plain(TITLE, 24),
        "submit": plain(MAKE_NEW_PIN if form.accepted else SUBMIT, 24),
        "close": plain("Back", 24),
        "blocks": [
            *([section(remark, "remark")] if remark else []),
            fields(about, "about"),
            *moments_asked(form.entry, lock, now),
            *answered(answer),
        ],
    }


def read_change(view: Mapping[str, Any]) -> ChangeEntry:
    """What stands in the form, complete or not. Raises KeyError, TypeError or ValueError for no form of ours."""
    request_id, seen, generation, choice, accepted = str(view["private_metadata"]).split("|")
    entry = with_times(Entry(generation=int(generation)), states_of(view))
    return ChangeEntry(request_id, int(seen), _as(entry, Choice(choice)), int(accepted))


def _as(entry: Entry, choice: Choice) -> Entry:
    """The kind is the stay's own, and stands in no field."""
    return Entry(
        choice=choice,
        from_day=entry.from_day,
        from_clock=entry.from_clock,
        to_day=entry.to_day,
        to_clock=entry.to_clock,
        generation=entry.generation,
    )
