"""What somebody reads who wants to see a PIN, or a guest's number: the question for a reason, what stands around the
digits, and that they are hidden again. The digits themselves are put in where the window is drawn, and nowhere else."""

from collections.abc import Mapping
from dataclasses import dataclass

import phonenumbers

from bot.conversation.times import show_moment, show_window, zone_words
from bot.conversation.typed.languages import language_name
from bot.domain.approvals.revealing import LONGEST_REASON, Secret
from bot.domain.locks.lock import Lock
from bot.domain.messages.notice import Notice
from bot.domain.pins import Phone
from bot.domain.stays.access_codes import AccessCode, CodeStatus
from bot.domain.stays.guests import Guest
from bot.domain.windows import AccessWindow, PinKind

TITLE: Mapping[Secret, str] = {Secret.PIN: "Show the PIN", Secret.NUMBER: "Show the number"}
WHY = "Why do you have to see it?"
WHY_HINT = (
    "Kept in the audit log, and shown in the stay's thread; long numbers are hidden. "
    f"At most {LONGEST_REASON} characters."
)
WHY_IS_MISSING = "Please say why: it is kept with your name."
SHOW = "Show it"
SHOWN_TITLE: Mapping[Secret, str] = {Secret.PIN: "The PIN", Secret.NUMBER: "The guest's number"}
HIDDEN: Mapping[Secret, Notice] = {
    Secret.PIN: Notice("PIN hidden", remarks=("The minute is over, so the PIN is hidden again. You can close this.",)),
    Secret.NUMBER: Notice(
        "Number hidden", remarks=("The minute is over, so the number is hidden again. You can close this.",)
    ),
}
NOT_OPENED = "The form did not open in time. Please try again."
_FOR_YOU = "Only you see this. It hides itself after a minute; that you looked, when and why is noted."


@dataclass(frozen=True, slots=True)
class RevealFrame:
    """What stands around the digits."""

    facts: tuple[tuple[str, str], ...]
    remarks: tuple[str, ...]


def question(guest: Guest, lock: Lock, window: AccessWindow) -> str:
    """What stands above the question for a reason."""
    return f"{guest.name} at {lock.name}, {show_window(window, lock.zoneinfo)}"


def number(phone: Phone) -> str:
    """As people dial it; put in where the window is drawn, as the digits of a PIN are."""
    try:
        parsed = phonenumbers.parse(phone.e164)
    except phonenumbers.NumberParseException:
        return phone.e164
    return str(phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.INTERNATIONAL))


def around_number(guest: Guest, lock: Lock, window: AccessWindow, reason: str) -> RevealFrame:
    """Whom one calls, about which stay, and in which language their texts are."""
    facts = [
        ("Guest", guest.name),
        *_stay(lock, window),
        ("Their texts are in", language_name(guest.language_choice.language)),
    ]
    return RevealFrame(tuple(facts), (_FOR_YOU, f"You said why: {reason}"))


def around(guest: Guest, lock: Lock, code: AccessCode, reason: str, *, used: bool) -> RevealFrame:
    """Guest, door, window and deadline; then what this PIN still does, and that the look was noted."""
    zone = lock.zoneinfo
    facts = [("Guest", guest.name), *_stay(lock, code.window)]
    if code.activate_by is not None and not used:
        facts.append(("Must be used before", show_moment(code.activate_by, zone)))
    remarks = [
        *_withdrawn(lock, code),
        *(("It opens once only, and it has been used.",) if used and code.kind is PinKind.ONE_TIME else ()),
        _FOR_YOU,
        f"You said why: {reason}",
    ]
    return RevealFrame(tuple(facts), tuple(remarks))


def _stay(lock: Lock, window: AccessWindow) -> tuple[tuple[str, str], ...]:
    zone = lock.zoneinfo
    return (("Lock", lock.name), ("When", f"{show_window(window, zone)}, {zone_words(window.starts_at, zone)}"))


def _withdrawn(lock: Lock, code: AccessCode) -> tuple[str, ...]:
    if code.status is not CodeStatus.WITHDRAWN:
        return ()
    ends = show_moment(code.window.ends_at, lock.zoneinfo)
    return (f"It was withdrawn, but it still opens {lock.name} until {ends}, unless somebody deletes it at the lock.",)
