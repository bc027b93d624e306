"""What people read about online PINs: the list, the forms, what came of a wish. No digits but in a form's own field."""

from datetime import datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from bot.conversation.team.stay_words import Facts, person
from bot.conversation.times import show_window, zone_words
from bot.domain.locks.lock import Lock
from bot.domain.locks.online_pins import OnlinePin, OnlineStatus
from bot.domain.messages.notice import Notice
from bot.domain.windows import AccessWindow

TITLE = "Online PINs"
NEW_TITLE = "A new online PIN"
CHANGE_TITLE = "Other digits"
MAKE, CHANGE, DELETE = "Make one", "Change digits", "Delete"
SET_IT, CHANGE_IT = "Set it", "Change them"
WHO = "Whom is it for?"
WHO_HINT = "Read by your team only, such as: Cleaners."
DIGITS = "Digits"
DIGITS_HINT = "4 to 6 digits. These are made up; change them if you like. Note them: they are not shown again."
WHEN = "From when until when?"
WHEN_HINT = "Like fri 3pm - sun 11am, on the clock at the door. Empty: it works until somebody deletes it."
WHO_IS_MISSING = "Say whom it is for."
UNREADABLE = "This form cannot be read, so nothing was done. Please open it again."
NOT_OPENED = "The list did not open in time. Please type it again."
WHICH = "Which door? Write it like /pin online loft; it needs a bridge."
LONGEST_NAME = 40

EASY_DIGITS = (
    "Digits that are all the same, or follow each other like 1234, are what everybody tries first. "
    "Please choose others."
)
BAD_DIGITS = "An online PIN is 4 to 6 digits. Please write it so."
UNKNOWN = "There is no such online PIN any more. See what there is with /pin online."

DUPLICATE = "The lock holds these digits already: choose others."
NOT_TAKEN = "The lock's provider did not take it."


def taken(lock: str) -> str:
    return f"{lock or 'This lock'} holds these digits already. Please choose others."


def busy(name: str) -> str:
    return f"{name or 'This online PIN'} is being set or changed just now. Please wait a moment."


def about(lock: Lock) -> str:
    return (
        f"*{lock.name}* has a bridge, so PINs of your own choice can be set, changed and deleted from afar. They need "
        "no first use within 24 hours. Nobody is texted: tell people the digits yourself. For a guest's stay ask with "
        "/pin."
    )


NONE_YET = "There is none yet."


def line(pin: OnlinePin, lock: Lock) -> str:
    """One of the list."""
    return f"*{pin.name}*, {_when(pin.window, lock.zoneinfo)}. {_STANDS[pin.status]} Made by {person(pin.made_by)}."


_STANDS = {
    OnlineStatus.SETTING: "Being set: it does not open yet.",
    OnlineStatus.LIVE: "It opens.",
    OnlineStatus.CHANGING: "Being changed: the old digits open until that is done.",
    OnlineStatus.ERASING: "Being deleted: it may still open.",
    OnlineStatus.GONE: "Deleted.",
    OnlineStatus.FAILED: "Not set.",
}


def confirm_deletion(pin: OnlinePin) -> str:
    return f"Delete the online PIN of {pin.name}? It is deleted at the lock itself, and a message says when it is gone."


def setting(name: str, lock: Lock) -> str:
    return f"The online PIN for {name} is being set at {lock.name}. A message says when it opens, and not before."


def changing_words(name: str) -> str:
    return f"The digits of {name} are being changed. A message says when; until then the old ones open."


def erasing_words(name: str) -> str:
    return f"The online PIN of {name} is being deleted. A message says when it is gone; until then it may open."


def _when(window: AccessWindow | None, zone: ZoneInfo) -> str:
    if window is None:
        return "until it is deleted"
    return f"{show_window(window, zone)}, {zone_words(window.starts_at, zone)}"


class Outcome(StrEnum):
    """What came of a wish, as messages carry it."""

    LIVE = "live"
    CHANGED = "changed"
    GONE = "gone"
    VANISHED = "vanished"
    FAILED = "failed"
    NOT_CHANGED = "not_changed"
    LATE = "late"


_SAID = {
    Outcome.LIVE: ("The online PIN for {name} opens {door}", "It works {when}. Tell {name} the digits yourself."),
    Outcome.CHANGED: ("New digits for {name} at {door}", "Only the new ones open from now on. Tell {name}."),
    Outcome.GONE: ("The online PIN of {name} is deleted", "It is gone from {door} itself and opens nothing any more."),
    Outcome.VANISHED: (
        "The online PIN of {name} is not at {door} any more",
        "Somebody deleted it elsewhere, in the lock's own app for instance. It opens nothing.",
    ),
    Outcome.FAILED: ("No online PIN was set for {name}", "{problem} It does not open {door}."),
    Outcome.NOT_CHANGED: ("The digits of {name} were not changed", "{problem} The old ones still open {door}."),
    Outcome.LATE: (
        "The online PIN of {name} is not done yet",
        "{problem} It goes on by itself, and a message says when it is done. {until}",
    ),
}

_UNTIL = {
    OnlineStatus.SETTING: "Until then it does not open {door}.",
    OnlineStatus.CHANGING: "Until then the old digits open {door}.",
    OnlineStatus.ERASING: "Until then it may still open {door}.",
}


def facts_of(pin: OnlinePin, lock: Lock, outcome: Outcome, problem: str) -> dict[str, str]:
    """What the message about it carries."""
    facts = {"outcome": outcome.value, "name": pin.name, "door": lock.name, "zone": lock.zone, "problem": problem}
    facts |= {"status": pin.status.value, "workspace": pin.workspace}
    if pin.window is not None:
        facts |= {"starts_at": pin.window.starts_at.isoformat(), "ends_at": pin.window.ends_at.isoformat()}
    return facts


def outcome_notice(facts: Facts) -> Notice:
    heading, remark = _SAID[Outcome(facts["outcome"])]
    until = _UNTIL.get(OnlineStatus(facts["status"]), "")
    words = {**facts, "when": _when(_window(facts), ZoneInfo(facts["zone"])), "until": until.format(door=facts["door"])}
    words["problem"] = facts["problem"] or "The lock has not answered."
    # In the channel what is left to do is somebody else's.
    said = f"Asked for by {person(facts['by'])}." if "by" in facts else remark.format(**words).strip()
    return Notice(heading.format(**words), (), (said,))


def _window(facts: Facts) -> AccessWindow | None:
    if "starts_at" not in facts:
        return None
    return AccessWindow(datetime.fromisoformat(facts["starts_at"]), datetime.fromisoformat(facts["ends_at"]))
