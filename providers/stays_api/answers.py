"""A stay as programs read it: what stands, from `standing` alone, and never a digit."""

from bot.domain.stays.access_requests import AccessRequest, RequestStatus
from bot.domain.stays.standing import PinStanding, PinState, Standing
from bot.domain.windows import AccessWindow
from bot.workflows.take_stay.showing import SourceStayInfo
from providers.stays_api import models
from providers.stays_api.problems import local

_PIN_WORDS: dict[PinState, models.PinWord] = {
    PinState.WAITS: "not made yet",
    PinState.MAKING: "being made",
    PinState.OPENS: "made",
    PinState.UNCONFIRMED: "not confirmed",
    PinState.MAY_EXIST: "may exist",
    PinState.MAY_BE_SPENT: "used",
    PinState.SPENT: "used",
    PinState.EXPIRED: "expired",
    PinState.ENDED: "ended",
    PinState.DELETED: "deleted",
    PinState.NEVER_MADE: "never made",
}
R = RequestStatus


def as_stay(info: SourceStayInfo) -> models.ApiStay:
    key, stands = info.stay.key, info.stands
    said = models.ApiStay(
        id=info.stay.id,
        short_id=None,
        source=key.source,
        external_id=key.external_id,
        status="pending" if info.stay.said.confirmed else "cancelled",
        contact_missing=info.stay.request_id is None and not info.stay.said.erased,
        granted=None,
        doors=[models.ApiDoor(door=door, activate_by=None, pin="not made yet") for door in info.stay.said.doors],
    )
    if stands is None:
        return said.model_copy(update=_without_contact(info))
    zone, request = stands.lock.zoneinfo, stands.request

    def window(of: AccessWindow) -> models.ApiWindow:
        return models.ApiWindow(starts_at=local(of.starts_at, zone), ends_at=local(of.ends_at, zone))

    given_up = [pin for pin in stands.standing.open if pin.code.given_up or not pin.current]
    last = max((pin.code.window.ends_at for pin in given_up), default=None)
    called = dict(zip(info.stay.said.lock_ids, info.stay.said.doors, strict=False))
    guests = {pin.code.lock_id: pin for pin in stands.standing.guests}

    def door(lock_id: str, name: str) -> models.ApiDoor:
        pin = guests.get(lock_id)
        by = pin.code.activate_by if pin else request.granted.activate_by
        shown = called.get(lock_id, name)
        return models.ApiDoor(door=shown, activate_by=local(by, zone) if by else None, pin=_pin_word(request, pin))

    changes = {
        "short_id": request.short_id,
        "status": _status(request, stands.standing) if info.stay.said.confirmed else "cancelled",
        "granted": window(request.granted),
        "doors": [door(lock.id, lock.name) for lock in stands.locks],
        "still_opens_until": local(last, zone) if last else None,
        "change_waits": window(info.wanted.granted) if info.wanted else None,
    }
    return said.model_copy(update=changes)


def _without_contact(info: SourceStayInfo) -> dict[str, object]:
    """What it would be: no PIN of it is made before somebody says whom to text."""
    if info.lock is None or info.granted is None:
        return {}
    zone, granted, by = info.lock.zoneinfo, info.granted, info.granted.activate_by
    doors = [
        models.ApiDoor(door=door, activate_by=local(by, zone) if by else None, pin="not made yet")
        for door in info.stay.said.doors
    ]
    window = models.ApiWindow(starts_at=local(granted.starts_at, zone), ends_at=local(granted.ends_at, zone))
    lapsed = {"status": "lapsed"} if info.over and info.stay.said.confirmed else {}
    return {"granted": window, "doors": doors, **lapsed}


def _status(request: AccessRequest, pins: Standing) -> str:
    if request.status is R.APPROVED:
        gone = bool(pins.current) and all(pin.code.given_up for pin in pins.current)
        return "cancelled" if gone else "approved"
    return "cancelled" if request.status is R.WITHDRAWN else request.status.value


def _pin_word(request: AccessRequest, pin: PinStanding | None) -> models.PinWord:
    if pin is None:
        return "not made yet" if request.status is R.PENDING else "never made"
    return "used" if pin.used and pin.state is PinState.OPENS else _PIN_WORDS[pin.state]
