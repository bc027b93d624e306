"""The form behind "Deleted at the lock": who stood there, and when. Pure functions over Slack's view payloads."""

from collections.abc import Mapping
from datetime import date, datetime, time
from typing import Any

from bot.conversation.answers.stay_answers import DELETED_TITLE, WHEN_WAS_IT, WHO_STOOD_THERE
from providers.slack.listeners.form import read_text

DELETED = "deleted_at_lock"


def deletion_view(code_id: str, now: datetime) -> dict[str, Any]:
    """`now` is the clock at the door, which the form begins with."""
    who = {"type": "plain_text_input", "action_id": "who", "max_length": 60}
    day = {"type": "datepicker", "action_id": "at_date", "initial_date": now.strftime("%Y-%m-%d")}
    clock = {"type": "timepicker", "action_id": "at_time", "initial_time": now.strftime("%H:%M")}
    return {
        "type": "modal",
        "callback_id": DELETED,
        "private_metadata": code_id,
        "title": _plain(DELETED_TITLE),
        "submit": _plain("It is deleted"),
        "close": _plain("Back"),
        "blocks": [
            _input("who", WHO_STOOD_THERE, who),
            _input("at_date", f"{WHEN_WAS_IT}, day", day),
            _input("at_time", f"{WHEN_WAS_IT}, time", clock),
        ],
    }


def read_deletion(view: Mapping[str, Any]) -> tuple[str, datetime]:
    """Who, and the clock time at the door. Raises KeyError, TypeError or ValueError for what is not our form's."""
    values = view["state"]["values"]
    day, clock = values["at_date"]["at_date"]["selected_date"], values["at_time"]["at_time"]["selected_time"]
    who = " ".join((read_text(view, "who") or "").split())[:60]
    return who, datetime.combine(date.fromisoformat(day), time.fromisoformat(clock))


def _input(block_id: str, label: str, element: dict[str, Any]) -> dict[str, Any]:
    return {"type": "input", "block_id": block_id, "label": _plain(label), "element": element}


def _plain(words: str) -> dict[str, Any]:
    return {"type": "plain_text", "text": words}
