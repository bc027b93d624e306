"""The small forms around a decision, and what stands in them. The form for asking is `ask_form`."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from bot.domain.messages.notice import Notice
from bot.domain.windows import AccessWindow
from providers.slack.blocks import answer
from providers.slack.listeners.elements import ask_for, fields, plain, states_of, text_input

DENY = "deny"


def done_view(said: str | Notice, title: str = "Asked") -> dict[str, Any]:
    """What the form turns into once the request stands."""
    notice = Notice("", remarks=(said,)) if isinstance(said, str) else said
    return {
        "type": "modal",
        "callback_id": "asked",
        "title": plain(title, 24),
        "close": plain("Close", 24),
        "blocks": answer(notice),
    }


def deny_view(request_id: str, title: str, about: Sequence[tuple[str, str]]) -> dict[str, Any]:
    """`about`: whom it is about, and what."""
    return {
        "type": "modal",
        "callback_id": DENY,
        "private_metadata": request_id,
        "title": plain(title, 24),
        "submit": plain("Deny", 24),
        "close": plain("Back", 24),
        "blocks": [
            fields(about, "about"),
            ask_for("reason", "Reason, for the one who asked", text_input("reason", None), optional=True),
        ],
    }


def read_request(value: str) -> tuple[str, int]:
    """A request as our own buttons carry it (`AccessRequest.as_shown`): its id, and the amendment that was seen."""
    request_id, _, amendments = value.partition("|")
    return request_id, int(amendments) if re.fullmatch(r"[0-9]{1,6}", amendments) else 0


def read_window(value: str) -> AccessWindow | None:
    """A window as our own buttons carry it, `starts/ends`; None for anything else."""
    starts, _, ends = value.partition("/")
    try:
        return AccessWindow(datetime.fromisoformat(starts), datetime.fromisoformat(ends))
    except ValueError:
        return None


def read_text(view: Mapping[str, Any], name: str) -> str | None:
    words = states_of(view)[name].get("value")
    return str(words).strip()[:500] or None if words else None
