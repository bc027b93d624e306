"""The form behind Change: the doors and the times of the form for asking, about a stay that is approved. Pure functions
over view payloads."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from bot.conversation.forms.change_previews import NUMBER, SUBMIT, TITLE
from bot.conversation.forms.previews import Choice, FormAnswer
from bot.domain.locks.lock import Lock
from providers.slack.listeners.ask_form import (
    LANGUAGE,
    LOCK,
    MORE,
    MOST_GUEST,
    Entry,
    answered,
    doors_asked,
    language_of,
    languages_menu,
    moments_asked,
    with_doors,
    with_times,
)
from providers.slack.listeners.elements import ask_for, fields, plain, section, states_of, text_input

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
        """The block in which a refusal is shown."""
        known = refusal_field in (LOCK, MORE) or refusal_field.startswith(("from_", "to_"))
        return self.entry.block_id(refusal_field if known else "from_date")


def change_view(
    form: ChangeEntry,
    about: Sequence[tuple[str, str]],
    answer: FormAnswer,
    locks: Sequence[Lock],
    now: datetime,
    number: str,
    remark: str = "",
    submit: str = SUBMIT,
) -> dict[str, Any]:
    """The form as it is to be seen now. `locks`: the doors to choose from. `number`: the guest's, masked."""
    chosen = next((lock for lock in locks if lock.id == form.entry.lock_id), None)
    kept = (form.request_id, form.seen, form.entry.generation, form.entry.choice.value, form.accepted)
    return {
        "type": "modal",
        "callback_id": CHANGE,
        "private_metadata": "|".join(map(str, kept)),
        "title": plain(TITLE, 24),
        "submit": plain(submit, 24),
        "close": plain("Back", 24),
        "blocks": [
            *([section(remark, "remark")] if remark else []),
            fields(about, "about"),
            *doors_asked(form.entry, locks, now),
            *moments_asked(form.entry, chosen, now),
            *answered(answer),
            ask_for("guest", "Guest", text_input("guest", form.entry.guest)),
            ask_for("phone", NUMBER, text_input("phone", form.entry.phone, number), optional=True),
            ask_for(LANGUAGE, "Language of the texts", languages_menu(form.entry.language), optional=True),
        ],
    }


def read_change(view: Mapping[str, Any]) -> ChangeEntry:
    """What stands in the form, complete or not. Raises KeyError, TypeError or ValueError for no form of ours."""
    request_id, seen, generation, choice, accepted = str(view["private_metadata"]).split("|")
    states = states_of(view)
    guest = " ".join(str(states["guest"].get("value") or "").split())[:MOST_GUEST]
    entry = Entry(guest=guest, phone=str(states["phone"].get("value") or "").strip(), generation=int(generation))
    entry = replace(with_doors(with_times(entry, states), states), language=language_of(states))
    # The kind is the stay's own, and stands in no field.
    entry = replace(entry, choice=Choice(choice))
    return ChangeEntry(request_id, int(seen), entry, int(accepted))
