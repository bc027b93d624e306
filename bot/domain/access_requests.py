"""AccessRequest: somebody asks for a PIN; a Decision is what an approver said. Who may decide is settled here."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from bot.domain.given_up import GivenUp
from bot.domain.refusals import Reason, Refusal
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
    """What an approver said, when and why."""

    approver: str
    approved: bool
    at: datetime
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class AccessRequest:
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
    due_at: datetime | None = None
    given_up: GivenUp | None = None
    version: int = 0

    @property
    def short_id(self) -> str:
        """What people type to name this stay: the last five characters, shown on its card."""
        return self.id[-SHORT_ID:]


def lapses_at(granted: AccessWindow, asked_at: datetime) -> datetime:
    """A request lapses when its stay begins, or a little later if it was asked for at the last moment."""
    return min(max(granted.starts_at, asked_at + LATE_ASK), granted.ends_at)


def check_can_decide(request: AccessRequest, approver: str, approvers: frozenset[str]) -> None:
    """Raises a Refusal unless this person may decide this request now."""
    if approver == request.requester:
        raise Refusal(Reason.OWN_REQUEST)
    if approver not in approvers:
        raise Refusal(Reason.NOT_AN_APPROVER)
    if request.status is not RequestStatus.PENDING:
        raise Refusal(Reason.ALREADY_DECIDED, _already(request))


def can_decide(request: AccessRequest, approver: str, approvers: frozenset[str]) -> bool:
    try:
        check_can_decide(request, approver, approvers)
    except Refusal:
        return False
    return True


def _already(request: AccessRequest) -> dict[str, object]:
    if request.given_up is not None:
        return {"status": request.status.value, "who": request.given_up.by, "at": request.given_up.at}
    said = request.decision
    return {"status": request.status.value, "who": said.approver if said else None, "at": said.at if said else None}
