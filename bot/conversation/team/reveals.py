"""What somebody reads who wants to see a PIN: the question for a reason, what stands around the digits, and that they
are hidden again. The digits themselves are put in where the window is drawn, and nowhere else."""

from dataclasses import dataclass

from bot.conversation.times import show_moment, show_window, zone_words
from bot.domain.approvals.revealing import LONGEST_REASON
from bot.domain.locks.lock import Lock
from bot.domain.messages.notice import Notice
from bot.domain.stays.access_codes import AccessCode, CodeStatus
from bot.domain.stays.guests import Guest
from bot.domain.windows import PinKind

MAY_NOT = "You are not among those who may see this PIN. Please ask an approver; the guest gets it by text."
TITLE = "Show the PIN"
WHY = "Why do you have to see it?"
WHY_HINT = (
    f"Kept for good, and told in the stay's thread; long numbers are hidden. At most {LONGEST_REASON} characters."
)
WHY_IS_MISSING = "Please say why: it is kept with your name."
SHOW = "Show it"
SHOWN_TITLE = "The PIN"
HIDDEN = Notice("PIN hidden", remarks=("The minute is over, so the PIN is hidden again. You can close this.",))
NOT_OPENED = "The form did not open in time. Please try again."
_FOR_YOU = "Only you see this. It hides itself after a minute; that you looked, when and why is noted."


def too_many(most: str) -> str:
    many = f"{most} PINs" if most else "many PINs"
    return f"You have looked at {many} within an hour. Please wait, or ask another approver."


@dataclass(frozen=True, slots=True)
class RevealFrame:
    """What stands around the digits."""

    facts: tuple[tuple[str, str], ...]
    remarks: tuple[str, ...]


def question(guest: Guest, lock: Lock, code: AccessCode) -> str:
    """What stands above the question for a reason."""
    return f"{guest.name} at {lock.name}, {show_window(code.window, lock.zoneinfo)}"


def around(guest: Guest, lock: Lock, code: AccessCode, reason: str, *, used: bool) -> RevealFrame:
    """Guest, door, window and deadline; then what this PIN still does, and that the look was noted."""
    zone = lock.zoneinfo
    facts = [
        ("Guest", guest.name),
        ("Lock", lock.name),
        ("When", f"{show_window(code.window, zone)}, {zone_words(code.window.starts_at, zone)}"),
    ]
    if code.activate_by is not None and not used:
        facts.append(("Must be used before", show_moment(code.activate_by, zone)))
    remarks = [
        *_withdrawn(lock, code),
        *(("It opens once only, and it has been used.",) if used and code.kind is PinKind.ONE_TIME else ()),
        _FOR_YOU,
        f"You said why: {reason}",
    ]
    return RevealFrame(tuple(facts), tuple(remarks))


def _withdrawn(lock: Lock, code: AccessCode) -> tuple[str, ...]:
    if code.status is not CodeStatus.WITHDRAWN:
        return ()
    ends = show_moment(code.window.ends_at, lock.zoneinfo)
    return (f"It was withdrawn, but it still opens {lock.name} until {ends}, unless somebody deletes it at the lock.",)
