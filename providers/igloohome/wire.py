"""igloohome's JSON, read leniently: only ids are required. Pure functions between its objects and our values."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from bot.domain.locks.health import LockHealth
from bot.domain.pins import Pin
from bot.domain.signs import is_id, one_line
from bot.domain.windows import PinKind
from bot.ports import LockInfo, MintOrder, OnlineOrder, Operated
from providers.http import Unreadable

Json = Mapping[str, Any]
PATHS = {PinKind.HOURLY: "hourly", PinKind.DAILY: "daily", PinKind.ONE_TIME: "onetime"}
LONGEST_NAME = 60
LOCK, UNLOCK, SET_PIN, DELETE_PIN = 1, 2, 4, 5
"""jobType (facts, "Bridge jobs"), and the one pinType that others use: for a duration."""

DURATION = 4
_DONE = 0
_ALGOPIN = re.compile(r"[0-9]{7,9}")
"""igloohome: "AlgoPIN 7-9 digits" (facts, "algoPIN"); four to six are digits of one's own, which a bridge sets."""

_NOT_DONE = "The lock or its bridge did not do it."


@dataclass(frozen=True, slots=True)
class Device:
    """`kind` is Lock, Bridge or Keypad; `linked` are device ids."""

    ref: str
    kind: str
    name: str
    linked: frozenset[str]
    battery: float | None = None


def device(payload: object) -> Device:
    """Reads a device. Raises Unreadable without its id."""
    seen = payload if isinstance(payload, dict) else {}
    ref = _text(seen, "deviceId")
    linked = seen.get("linkedDevices")
    ids = [one.get("deviceId") for one in linked if isinstance(one, dict)] if isinstance(linked, list) else []
    level = seen.get("batteryLevel")
    is_level = isinstance(level, int | float) and not isinstance(level, bool) and 0 <= level <= 100
    name = seen.get("deviceName")
    return Device(
        ref,
        str(seen.get("type") or ""),
        (one_line(name) if isinstance(name, str) else "") or ref,
        frozenset(each for each in ids if isinstance(each, str)),
        level / 100 if is_level and level is not None else None,
    )


def locks(devices: Sequence[Device]) -> list[LockInfo]:
    """The locks among them. igloohome tells neither zones nor whether a bridge is reached."""
    return [
        LockInfo(
            one.ref,
            one.name,
            None,
            makes_offline_pins=True,
            has_bridge=(bridge := bridge_of(devices, one.ref)) is not None,
            health=LockHealth(one.battery, None, None),
            bridge_ref=bridge,
        )
        for one in devices
        if one.kind == "Lock"
    ]


def bridge_of(devices: Sequence[Device], lock_ref: str) -> str | None:
    """The bridge that is linked to this lock."""
    return next((one.ref for one in devices if one.kind == "Bridge" and lock_ref in one.linked), None)


def keypad_of(devices: Sequence[Device], lock_ref: str) -> str | None:
    """Where PINs of this lock are typed: a retrofit lock has its keypad as a device of its own, and PINs are made for
    that one (facts, "algoPIN"); others are typed at themselves."""
    return next((one.ref for one in devices if one.kind == "Keypad" and lock_ref in one.linked), None)


def algopin_body(order: MintOrder) -> dict[str, object]:
    """Dates carry the lock's own offset, minutes and seconds are zero; `variance` is the slot."""
    zone = ZoneInfo(order.zone)
    body: dict[str, object] = {
        "variance": order.slot_index,
        "startDate": _date(order.window.starts_at, zone),
        "accessName": order.name[:LONGEST_NAME],
    }
    if order.kind is PinKind.ONE_TIME:
        return body
    return body | {"endDate": _date(order.window.ends_at, zone)}


def pin(payload: Json) -> Pin:
    """Raises Unreadable where there are none. They are text: a leading zero counts."""
    digits = _text(payload, "pin")
    # Of the length that its maker names, and computed: nine times the same digit is a blank of some server.
    if not _ALGOPIN.fullmatch(digits) or len(set(digits)) == 1:
        raise Unreadable("pin is no algoPIN")
    return Pin(digits)


def set_pin(order: OnlineOrder) -> dict[str, object]:
    """The job that sets digits of one's own for a window."""
    assert order.window is not None
    data = {
        "accessName": order.name[:LONGEST_NAME],
        "pin": order.pin.digits,
        "pinType": DURATION,
        "startDate": order.window.starts_at.isoformat(timespec="seconds"),
        "endDate": order.window.ends_at.isoformat(timespec="seconds"),
    }
    return {"jobType": SET_PIN, "jobData": data}


def delete_pin(order: OnlineOrder) -> dict[str, object]:
    return {"jobType": DELETE_PIN, "jobData": {"pin": order.pin.digits}}


def job_id(payload: Json) -> str:
    return _text(payload, "jobId")


def job(payload: Json) -> Operated:
    """How a job stands. Completed alone is not done: its response has to say so, too."""
    ref = job_id(payload)
    if payload.get("completed") is not True:
        return Operated(ref)
    response = payload.get("jobResponse")
    status = response.get("jobStatus") if isinstance(response, dict) else None
    # To Python, false is 0 as well.
    done = status == _DONE and not isinstance(status, bool)
    return Operated(ref, True) if done else Operated(ref, False, _NOT_DONE)


def _date(instant: datetime, zone: ZoneInfo) -> str:
    return instant.astimezone(zone).isoformat(timespec="seconds")


def _text(seen: Json, field: str) -> str:
    value = seen.get(field)
    if not isinstance(value, str) or not is_id(value):
        raise Unreadable(f"no {field}")
    return value
