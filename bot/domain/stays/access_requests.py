"""AccessRequest: somebody asks for a PIN; a Decision is what an approver said. Who may decide:
`bot.domain.approvals.policy`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from bot.domain.messages.languages import LanguageChoice
from bot.domain.stays.given_up import GivenUp
from bot.domain.windows import AccessWindow, PinKind

LATE_ASK = timedelta(hours=2)
"""Whoever asks for a stay that begins at once still gives the approver this long to answer."""


SHORT_ID = 5


class RequestStatus(StrEnum):
    PENDING = "pending"
    APPROVED = "approved"
    DENIED = "denied"
    WITHDRAWN = "withdrawn"
    LAPSED = "lapsed"


R = RequestStatus
TRANSITIONS: Mapping[RequestStatus, frozenset[RequestStatus]] = {
    R.PENDING: frozenset({R.APPROVED, R.DENIED, R.WITHDRAWN, R.LAPSED}),
    R.APPROVED: frozenset(),
    R.DENIED: frozenset(),
    R.WITHDRAWN: frozenset(),
    R.LAPSED: frozenset(),
}


@dataclass(frozen=True, slots=True)
class Decision:
    """What an approver said, when and why. `emergency`: about their own request, where the rules let them."""

    approver: str
    approved: bool
    at: datetime
    reason: str | None = None
    emergency: bool = False


@dataclass(frozen=True, slots=True)
class Amendment:
    """An approver chose another window before approving it. `number` counts a request's amendments from 1; only the
    newest stands. `kind_asked` is what had been asked for at first."""

    by: str
    at: datetime
    window: AccessWindow
    kind_asked: PinKind
    number: int = 1


@dataclass(frozen=True, slots=True)
class Review:
    """Somebody else has looked at what was approved in an emergency."""

    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class AskedUnder:
    """What one of the approval rules said of a request when it was asked: people and user groups as the rule names
    them. `members`: who was in those groups then; it is no part of what the rule says."""

    approvers: tuple[str, ...]
    needed: int = 1
    automatic: bool = False
    break_glass: tuple[str, ...] = ()
    backup: tuple[str, ...] = ()
    members: Mapping[str, frozenset[str]] = field(default_factory=dict, compare=False)

    def as_json(self) -> dict[str, Any]:
        """As it is kept; `from_json` reads it."""
        members = {group: sorted(people) for group, people in self.members.items()}
        lists = {name: list(getattr(self, name)) for name in _LISTS}
        return {"needed": self.needed, "automatic": self.automatic, "members": members, **lists}

    @classmethod
    def from_json(cls, said: Mapping[str, Any]) -> "AskedUnder":
        members = {group: frozenset(people) for group, people in said["members"].items()}
        lists = {name: tuple(said[name]) for name in _LISTS}
        return cls(needed=said["needed"], automatic=said["automatic"], members=members, **lists)


_LISTS = ("approvers", "break_glass", "backup")


@dataclass(frozen=True, slots=True)
class AccessRequest:
    """`decision` is the one that settled it; `approvals` came before it where two are needed, oldest first; `voided`
    are approvals that an amendment has overtaken. `asked` is never changed. `workspace`: where it was asked, if there
    are several (`bot.ports.workspaces`). `on_arrival`: its PIN is made when the guest is there. `more_locks`: the doors
    beside the first. `chain`: a new PIN for every 24 hours, so that none has a deadline but its end. `guest_name` and
    `language_choice` are what this stay was asked for with: another stay with the same number changes neither.
    `asked_under`: what the rules said of its doors when it was asked, or got the window that it has. `booked`: the time
    that its source names, where no lock takes that, and another stands in its place. `series_id`: the wish that
    repeats, of which it is one `visit`, counted from 1: the id of the first."""

    id: str
    lock_id: str
    guest_id: str
    requester: str
    asked: AccessWindow
    granted: AccessWindow
    kind: PinKind
    created_at: datetime
    status: RequestStatus = RequestStatus.PENDING
    note: str | None = None
    decision: Decision | None = None
    approvals: tuple[Decision, ...] = ()
    review: Review | None = None
    due_at: datetime | None = None
    given_up: GivenUp | None = None
    amendment: Amendment | None = None
    voided: tuple[Decision, ...] = ()
    workspace: str = ""
    on_arrival: bool = False
    more_locks: tuple[str, ...] = ()
    chain: bool = False
    guest_name: str = ""
    language_choice: LanguageChoice = field(default_factory=LanguageChoice)
    asked_under: tuple[AskedUnder, ...] = ()
    booked: AccessWindow | None = None
    erased_at: datetime | None = None
    series_id: str | None = None
    visit: int = 0
    version: int = 0

    @property
    def short_id(self) -> str:
        """What people type to name this stay, shown on its card."""
        return short_id(self.id)

    @property
    def lock_ids(self) -> tuple[str, ...]:
        """All doors, the one named first first."""
        return (self.lock_id, *self.more_locks)

    @property
    def wanted(self) -> AccessWindow:
        """The window to plan with: what was asked for, or what an approver chose instead."""
        return self.amendment.window if self.amendment else self.asked

    @property
    def amendments(self) -> int:
        """How often its window has been changed."""
        return self.amendment.number if self.amendment else 0

    @property
    def as_shown(self) -> str:
        """What a button about this request carries: its id, and after an amendment the number of it, so that nobody
        approves a window that they have not seen."""
        return f"{self.id}|{self.amendments}" if self.amendments else self.id

    @property
    def lapses_at(self) -> datetime:
        """It lapses when its stay begins, or a little later if it was asked for, or amended, at the last moment."""
        since = self.amendment.at if self.amendment else self.created_at
        return min(max(self.granted.starts_at, since + LATE_ASK), self.granted.ends_at)


def short_id(request_id: str) -> str:
    """The last five characters of a request's id."""
    return request_id[-SHORT_ID:]


def goes_on(request: AccessRequest, now: datetime) -> bool:
    """It waits for a decision, or is not over."""
    closed = (RequestStatus.DENIED, RequestStatus.LAPSED)
    return request.status not in closed and request.given_up is None and now < request.granted.ends_at


def going_on_first(requests: Sequence[AccessRequest], now: datetime) -> list[AccessRequest]:
    """What waits for a decision or is not over, soonest first; then the others as they come."""
    going = sorted((r for r in requests if goes_on(r, now)), key=lambda r: (r.granted.starts_at, r.id))
    return [*going, *(r for r in requests if not goes_on(r, now))]
