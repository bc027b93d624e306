"""What a PIN does at a lock right now, as far as our rows know, for whoever types its digits into `/pin check`."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bot.domain.stays.access_codes import AccessCode, CodeStatus
from bot.domain.stays.standing import PinStanding, PinState


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
    SPENT = "spent"


@dataclass(frozen=True, slots=True)
class Verdict:
    """`used`: we have evidence that it opened. `replaced`: a newer PIN was made for the same stay. Both windows count:
    a replaced or withdrawn PIN that has not ended may still open."""

    state: State
    code: AccessCode | None = None
    used: bool = False
    replaced: bool = False


UNKNOWN = Verdict(State.UNKNOWN)


def judge(pin: PinStanding, now: datetime) -> Verdict:
    """What this PIN does at this moment."""
    return Verdict(_state(pin, now), pin.code, pin.used, not pin.current)


_STATES = {
    PinState.DELETED: State.DELETED,
    PinState.ENDED: State.ENDED,
    PinState.EXPIRED: State.EXPIRED,
    PinState.UNCONFIRMED: State.UNCONFIRMED,
    PinState.SPENT: State.SPENT,
    PinState.MAY_BE_SPENT: State.SPENT,
}


def _state(pin: PinStanding, now: datetime) -> State:
    if pin.state in _STATES:
        return _STATES[pin.state]
    if now < pin.code.window.starts_at:
        return State.NOT_YET
    return State.WITHDRAWN if pin.code.status is CodeStatus.WITHDRAWN else State.OPENS
