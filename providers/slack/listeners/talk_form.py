"""The form behind "Send to guest": words, a name under them, and how many text messages they take. Pure functions over
Slack's view payloads."""

from collections.abc import Mapping
from typing import Any

from bot.conversation.team import talk_words as talk
from providers.slack.listeners.elements import Block, ask_for, context, plain, section, states_of, text_input

WRITE = "write_to_guest"
WORDS = "guest_words"
SIGNED = "guest_signed"
COUNT = "guest_count"
_TITLE = 24


def talk_view(request_id: str, about: str, signed: str) -> dict[str, Any]:
    """`about`: whom it goes to, as a line; `signed`: the name that the form begins with."""
    words: Block = {"type": "plain_text_input", "action_id": WORDS, "multiline": True, "max_length": talk.LONGEST}
    words["dispatch_action_config"] = {"trigger_actions_on": ["on_character_entered"]}
    name = text_input(SIGNED, signed[: talk.LONGEST_NAME]) | {"max_length": talk.LONGEST_NAME}
    return {
        "type": "modal",
        "callback_id": WRITE,
        "private_metadata": request_id,
        "title": plain(talk.TITLE, _TITLE),
        "submit": plain(talk.SUBMIT, _TITLE),
        "close": plain("Back", _TITLE),
        "blocks": [
            section(about, "guest_about"),
            ask_for(WORDS, talk.WORDS, words, tells=True) | {"hint": plain(talk.WORDS_HINT)},
            ask_for(SIGNED, talk.SIGNED, name),
            context([talk.counted(signed, "")], COUNT),
        ],
    }


def counted_view(view: Mapping[str, Any]) -> dict[str, Any]:
    """The same form with the count for what stands in it now. Raises KeyError or TypeError for what is no form."""
    signed, words = read_talk(view)
    blocks = [block for block in view["blocks"] if block["block_id"] != COUNT]
    kept = {name: view[name] for name in ("type", "callback_id", "private_metadata", "title", "submit", "close")}
    return {**kept, "blocks": [*blocks, context([talk.counted(signed, words)], COUNT)]}


def read_talk(view: Mapping[str, Any]) -> tuple[str, str]:
    """The name and the words. Raises KeyError or TypeError for what is no form of ours."""
    states = states_of(view, WORDS)
    return _typed(states[SIGNED]), _typed(states[WORDS])


def _typed(state: Mapping[str, Any]) -> str:
    value = state.get("value")
    return value.strip() if isinstance(value, str) else ""
