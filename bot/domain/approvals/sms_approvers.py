"""Approvers without chat: who they are, the short codes by which they answer, and when a text may reach them.

Who decides what is `bot.domain.approvals.policy`; how an answer is read is `bot.conversation.replies.sms_verdicts`.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from bot.domain.messages.reminders import QuietHours
from bot.domain.pins import Phone
from bot.domain.sources.names import from_source
from bot.domain.windows import AccessWindow

BY_SMS = "sms:"
"""How the id of such an approver begins, wherever a person's id stands: `sms:Eva`."""

ON_CALL = "on call"
"""What the number that the rules name for alerts is called; no approver's name."""

MOST_WRONG = 5
MOST_WRONG_A_DAY = 15
"""After so many wrong codes from one number within an hour, or a day, no code of it is looked at until that is over."""

MOST_HINTS = 3
"""How often within an hour we say how to answer, to a number whose words we do not understand."""

CODE_DIGITS = 6
"""Of codes that we give; a text from before they were six has four."""

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
TIME_TO_DECIDE = timedelta(hours=3)
"""A text waits for the end of quiet hours only where so much time is left after them."""


@dataclass(frozen=True, slots=True)
class SmsApprover:
    """Somebody who decides by text message. `locks`: names or patterns of those they are asked about; empty: any."""

    name: str
    phone: Phone
    locks: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        return f"{BY_SMS}{self.name}"


@dataclass(frozen=True, slots=True)
class SmsCode:
    """A code as it is kept, without its digits. `window` is what its text asked about; `void_at`: it counts no more
    since then, as a newer text took its place or too many were guessed; `alert_id`: it takes that alert, and decides
    nothing. Only such a code may be about no request."""

    id: str
    request_id: str | None
    approver: str
    window: AccessWindow
    used_at: datetime | None = None
    void_at: datetime | None = None
    alert_id: str | None = None


def by_sms(person: str) -> bool:
    """Whether this id is of somebody who decides by text message."""
    return person.startswith(BY_SMS)


def in_chat(people: Iterable[str]) -> frozenset[str]:
    """Those of them who can be called by name in chat."""
    return frozenset(person for person in people if not (by_sms(person) or from_source(person)))


def with_phone(approvers: Sequence[SmsApprover], phone: Phone) -> SmsApprover | None:
    return next((one for one in approvers if one.phone == phone), None)


def phone_of(approvers: Sequence[SmsApprover], person: str) -> Phone | None:
    """It stands in the operator's rules alone; None for somebody whom they name no more."""
    return next((one.phone for one in approvers if one.id == person), None)


def texted_at(now: datetime, lapses_at: datetime, quiet: QuietHours | None, zone: ZoneInfo) -> datetime:
    """When an approver is texted: at once, or after the quiet hours at the door where there is still time then."""
    began = quiet.begins_before(now.astimezone(zone)) if quiet else None
    if quiet is None or began is None:
        return now
    day = began.date() + (DAY if quiet.start > quiet.end else timedelta(0))
    morning = datetime.combine(day, quiet.end, tzinfo=zone).astimezone(UTC)
    return morning if morning + TIME_TO_DECIDE <= lapses_at else now


def slowed(wrong_in_an_hour: int, wrong_in_a_day: int) -> bool:
    return wrong_in_an_hour >= MOST_WRONG or wrong_in_a_day >= MOST_WRONG_A_DAY
