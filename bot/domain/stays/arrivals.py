"""Who arrives, and whether they are ready: what the morning message counts. Pure; everything about PINs is asked of
`standing`."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum

from bot.domain.messages.message import Message, MessageStatus
from bot.domain.stays.access_codes import CodeStatus
from bot.domain.stays.access_requests import AccessRequest, RequestStatus
from bot.domain.stays.alerts import Alert, AlertKind
from bot.domain.stays.standing import UNREAD, PinStanding, PinState, Standing, reached_by

S = CodeStatus


class Readiness(StrEnum):
    """How far an arrival has come; of several PINs of a stay the one that lags most says so. READY: the guest has been
    texted how to get in, and the text has arrived. TEXTED: the PIN is being made, or its text is on its way or not
    reported as delivered. LATER: the time to make and text it has not come."""

    READY = "ready"
    TEXTED = "texted"
    LATER = "later"
    ALERT = "alert"
    TO_DECIDE = "to_decide"
    UNDELIVERED = "undelivered"
    NO_TEXTS = "no_texts"
    NO_NUMBER = "no_number"
    NO_PIN = "no_pin"


R = Readiness
GOES_WELL = frozenset({R.READY, R.TEXTED, R.LATER})
"""Nobody has to do anything."""

OF_ITS_DOORS = frozenset({AlertKind.LOCK_GONE, AlertKind.LOCK_BATTERY})
"""Alerts of a lock that are its arrivals', too. A bridge that is offline keeps no PIN from opening."""

_BY_HOW_BAD = tuple(Readiness)


def arrives_at(request: AccessRequest, pins: Standing) -> datetime | None:
    """When the guest comes first; None where nobody is expected any more, or somebody has been in."""
    if request.status is RequestStatus.PENDING:
        return request.granted.starts_at
    if request.status is not RequestStatus.APPROVED or pins.inside is not None:
        return None
    return min((pin.code.window.starts_at for pin in _expected(pins)), default=None)


def readiness(
    request: AccessRequest,
    pins: Standing,
    messages: Sequence[Message],
    alerts: Sequence[Alert],
    *,
    opted_out: bool,
    now: datetime,
) -> Readiness:
    """`messages` of the stay, oldest first; `alerts` those of it and of its doors that are open."""
    if request.status is RequestStatus.PENDING:
        return R.TO_DECIDE
    if any(alert.kind is AlertKind.NO_NUMBER for alert in alerts):
        return R.NO_NUMBER
    each = [_of_pin(pin, messages, opted_out=opted_out, now=now) for pin in pins.guests if pin in _expected(pins)]
    worst = max(each, key=_BY_HOW_BAD.index, default=R.NO_PIN)
    return R.ALERT if alerts and worst in GOES_WELL else worst


def _expected(pins: Standing) -> list[PinStanding]:
    """Those that count: not given up, not over."""
    over = (PinState.DELETED, PinState.ENDED)
    return [
        pin
        for pin in pins.current
        if pin.code.given_up is None and pin.code.status is not S.RELEASED and pin.state not in over
    ]


def _of_pin(pin: PinStanding, messages: Sequence[Message], *, opted_out: bool, now: datetime) -> Readiness:
    code = pin.code
    if code.status is S.FAILED:
        return R.NO_PIN
    reached = reached_by(messages).get(code.id)
    if reached is MessageStatus.DELIVERED:
        return R.READY
    if opted_out:
        return R.NO_TEXTS
    if reached in UNREAD:
        return R.UNDELIVERED
    return R.LATER if code.status is S.RESERVED and now < code.mint_at else R.TEXTED
