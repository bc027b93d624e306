"""What every notice about a stay begins with: whom, which door, when; and how a person is named in chat."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from bot.conversation.times import show_window, zone_words
from bot.domain.approvals.sms_approvers import BY_SMS, by_sms
from bot.domain.windows import AccessWindow

Facts = Mapping[str, str]
MOST_PEOPLE = 20
"""More than this many are not called by name at once."""


def person(user_id: str) -> str:
    """A person in chat, as the chat itself shows them; somebody who decides by text message, by name."""
    return f"{user_id.removeprefix(BY_SMS)} (by SMS)" if by_sms(user_id) else f"<@{user_id}>"


def persons(user_ids: Iterable[str]) -> str:
    """Several, in a fixed order."""
    ids = sorted(user_ids)
    return ", ".join([*map(person, ids[:MOST_PEOPLE]), *(["…"] if len(ids) > MOST_PEOPLE else [])])


def about(facts: Facts) -> tuple[tuple[str, str], ...]:
    zone = ZoneInfo(facts["zone"])
    starts, ends = datetime.fromisoformat(facts["starts_at"]), datetime.fromisoformat(facts["ends_at"])
    when = f"{show_window(AccessWindow(starts, ends), zone)}, {zone_words(starts, zone)}"
    return (("Guest", facts["guest"]), ("Lock", facts["door"]), ("When", when))


HOW_TO_CALL = "The number: Show number on the card, or `/pin number`."
"""Beside every masked number that staff are asked to call."""

BY_TIME = "the lock reported an opening when only this PIN could have opened it"
"""Evidence that names no PIN."""
