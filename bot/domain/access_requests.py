"""AccessRequest: somebody asks for a PIN; a Decision is what an approver said. Who may decide: `bot.domain.policy`."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from bot.domain.given_up import GivenUp
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
class Review:
    """Somebody else has looked at what was approved in an emergency."""

    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class AccessRequest:
    """`decision` is the one that settled it; `approvals` came before it where two are needed, oldest first."""

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
    version: int = 0

    @property
    def short_id(self) -> str:
        """What people type to name this stay, shown on its card."""
        return short_id(self.id)


def short_id(request_id: str) -> str:
    """The last five characters of a request's id."""
    return request_id[-SHORT_ID:]


def lapses_at(granted: AccessWindow, asked_at: datetime) -> datetime:
    """A request lapses when its stay begins, or a little later if it was asked for at the last moment."""
    return min(max(granted.starts_at, asked_at + LATE_ASK), granted.ends_at)
