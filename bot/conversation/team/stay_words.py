"""What every notice about a stay begins with: whom, which door, when; and how a person is named in chat."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from bot.conversation.times import show_window, zone_words
from bot.domain.approvals.sms_approvers import BY_SMS, by_sms
from bot.domain.locks.lock import Lock, together
from bot.domain.stays.access_requests import RequestStatus
from bot.domain.stays.doubles import Double
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


# --- the same number once more ---------------------------------------------------------------------------------------

ALL_THE_SAME = "all the same"
"""At the end of a line: it is asked although the number has a stay there."""


def double_words(double: Double, doors: Sequence[Lock], *, named: bool, asker: bool) -> str:
    """One stay of the same number. `named`: its reader may see it; `asker`: they may at least know who asked."""
    request, door = double.request, together(doors)
    if not named:
        return f"{person(request.requester)} asked for it" if asker else "somebody else asked for it"
    when = show_window(double.window, door.zoneinfo)
    waits = ", to decide" if request.status is RequestStatus.PENDING else ""
    return (
        f"{request.guest_name} at {door.name}, {when}{waits}, asked by {person(request.requester)} ({request.short_id})"
    )


def double_sentence(known: Sequence[str]) -> str:
    """What it may mean, and what to do, in an answer to a line."""
    return f"{_there(known)} For another guest add `{ALL_THE_SAME}` at the end."


def double_remark(known: Sequence[str]) -> str:
    """The same beside the number in a form, which is sent all the same."""
    return f"{_there(known)} For another guest ask all the same."


def _there(known: Sequence[str]) -> str:
    stays = f": {'; '.join(known)}" if known else ""
    return f"This number has a stay at this door in that time already{stays}. To change it: `/pin change`."
