"""What a PIN does at a lock right now, as far as our rows know: settled from the code, its evidence and the time."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bot.domain.stays.access_codes import AccessCode, CodeStatus


class State(StrEnum):
    """The answers there are."""

    UNKNOWN = "unknown"
    NOT_YET = "not_yet"
    OPENS = "opens"
    UNCONFIRMED = "unconfirmed"
    EXPIRED = "expired"
    ENDED = "ended"
    WITHDRAWN = "withdrawn"
    DELETED = "deleted"


@dataclass(frozen=True, slots=True)
class Verdict:
    """`used`: we have evidence that it opened. `replaced`: a newer PIN was made for the same stay. Both windows count:
    a replaced or withdrawn PIN that has not ended may still open."""

    state: State
    code: AccessCode | None = None
    used: bool = False
    replaced: bool = False


UNKNOWN = Verdict(State.UNKNOWN)


def judge(code: AccessCode, *, used: bool, replaced: bool, now: datetime) -> Verdict:
    """What this code's PIN does at this moment."""
    return Verdict(_state(code, used, now), code, used, replaced)


def _state(code: AccessCode, used: bool, now: datetime) -> State:
    if code.deleted is not None:
        return State.DELETED
    if now >= code.window.ends_at:
        return State.ENDED
    if not used and code.activate_by is not None and now >= code.activate_by:
        return State.EXPIRED if code.status is CodeStatus.EXPIRED else State.UNCONFIRMED
    if now < code.window.starts_at:
        return State.NOT_YET
    return State.WITHDRAWN if code.status is CodeStatus.WITHDRAWN else State.OPENS
