"""`/access_codes/*`: made, told, changed and deleted as Seam does it for igloohome.

An offline code (algoPIN) is made without its digits, which come seconds later; it can be neither chosen nor changed,
and deleting it only deletes Seam's record. An online code needs a bridge; it is chosen or generated and truly deleted.
"""

import re
import secrets
from collections.abc import Iterator
from datetime import datetime
from uuid import uuid4

from providers.sandbox.asked import Json
from providers.sandbox.doors import ACTIVATION, Door
from providers.sandbox.seam_room import rules
from providers.sandbox.seam_room.ledger import SetCode, pin_for
from providers.sandbox.seam_room.room import WORKSPACE, SeamRoom
from providers.sandbox.seam_room.wire import Params, SeamError, invalid, moment, not_found, optional_moment, page

ONLINE_LENGTHS = (4, 5, 6)
ROUNDINGS = ("1hour", "1day", "1h", "1d")
LIST_FILTERS = (
    "device_id",
    "access_code_ids",
    "access_grant_id",
    "access_grant_key",
    "access_method_id",
    "customer_key",
    "search",
    "user_identifier_key",
)
UNKNOWN_HERE = ("access_grant_id", "access_grant_key", "access_method_id", "customer_key", "user_identifier_key")


def create(room: SeamRoom, params: Params) -> Json:
    door = room.door(params.required_uuid("device_id"))
    is_offline = params.flag("is_offline_access_code") or params.flag("use_offline_access_code")
    _check_common(params, bool(is_offline))
    code = _offline(room, door, params) if is_offline else _online(room, door, params)
    answer = access_code(code, room.now())
    room.created(code)
    _, attempt = room.attempt("CREATE_ACCESS_CODE", door, {"access_code": answer})
    return {"action_attempt": attempt, "access_code": answer}


def get(room: SeamRoom, params: Params) -> Json:
    access_code_id, device_id, digits = params.uuid("access_code_id"), params.uuid("device_id"), params.text("code")
    if access_code_id is None and (device_id is None or digits is None):
        raise invalid("Must specify either access_code_id or device_id and code")
    for code in room.ledger.listed(room.now()):
        if (access_code_id or code.access_code_id) == code.access_code_id and (
            access_code_id or (code.door.device_id, code.code) == (device_id, digits)
        ):
            return {"access_code": access_code(code, room.now())}
    raise not_found("not_found", "Access Code Not Found")


def list_(room: SeamRoom, params: Params) -> Json:
    if not any(name in params.given for name in LIST_FILTERS):
        raise invalid("Either 'device_id' or 'access_code_ids' is required")
    found = [access_code(code, room.now()) for code in _found(room, params)]
    return page("access_codes", found, params, default_limit=55_000)


def update(room: SeamRoom, params: Params) -> Json:
    """Only an online code: an offline one can never be changed."""
    code = _listed(room, params)
    if code.window:
        raise invalid("Offline access codes cannot be updated")
    digits, name = params.text("code"), params.text("name")
    starts_at = params.moment("starts_at") or code.starts_at
    ends_at = params.moment("ends_at") or code.ends_at
    if params.text("type") == "ongoing":
        starts_at = ends_at = None
    rules.check_order(starts_at, ends_at, room.now())
    if digits is not None and digits != code.pin:
        _check_digits(room, code.door, digits)
    _reprogram(code, digits or code.pin, starts_at, ends_at)
    code.name = name if name is not None else code.name
    room.emit_at(code.door, "access_code.changed", access_code_id=code.access_code_id)
    _, attempt = room.attempt("UPDATE_ACCESS_CODE", code.door)
    return {"action_attempt": attempt}


def delete(room: SeamRoom, params: Params) -> Json:
    code = _listed(room, params)
    room.forget(code)
    _, attempt = room.attempt("DELETE_ACCESS_CODE", code.door)
    return {"action_attempt": attempt}


def _listed(room: SeamRoom, params: Params) -> SetCode:
    access_code_id, device_id = params.required_uuid("access_code_id"), params.uuid("device_id")
    code = room.ledger.codes.get(access_code_id)
    if code is None or not code.is_listed(room.now()) or device_id not in (None, code.door.device_id):
        raise not_found("access_code_not_found", "Could not find an access_code with device_id or access_code_id")
    return code


def _found(room: SeamRoom, params: Params) -> Iterator[SetCode]:
    device_id, ids, search = params.uuid("device_id"), params.words("access_code_ids"), params.text("search")
    if any(params.text(name) is not None for name in UNKNOWN_HERE):
        return
    for code in room.ledger.listed(room.now()):
        said = (code.name or "", code.code or "", code.access_code_id)
        if (
            device_id in (None, code.door.device_id)
            and (ids is None or code.access_code_id in ids)
            and (search is None or any(search.lower() in text.lower() for text in said))
        ):
            yield code


def _check_common(params: Params, is_offline: bool) -> None:
    rounding = params.text("max_time_rounding")
    if rounding is not None and rounding not in ROUNDINGS:
        raise invalid('Invalid enum value for "max_time_rounding"', "max_time_rounding")
    if is_offline and params.text("code") is not None:
        raise invalid("Cannot specify a code for an offline access code", "code")
    if params.flag("is_one_time_use") and not is_offline:
        raise invalid("is_one_time_use is only supported for offline access codes", "is_one_time_use")
    digits = params.text("code")
    if digits is not None and not re.fullmatch(r"\d{4,12}", digits, re.ASCII):
        raise invalid("code must be 4 to 12 digits", "code")


def _offline(room: SeamRoom, door: Door, params: Params) -> SetCode:
    now = room.now()
    one_time = bool(params.flag("is_one_time_use"))
    span = rules.offline_span(params.moment("starts_at"), params.moment("ends_at"), one_time, door.zone, now)
    if room.world.faults.hits("seam", "shortened"):
        span = rules.shortened(span)
    window = rules.window_on(room.ledger, door, span)
    rules.check_room(room.ledger, door, now)
    return SetCode(
        access_code_id=str(uuid4()),
        door=door,
        name=params.text("name"),
        created_at=now,
        due_at=now + room.pin_delay,
        starts_at=window.starts_at,
        ends_at=window.ends_at(door.zone),
        pin=pin_for(door, window),
        window=window,
        common_code_key=params.text("common_code_key"),
    )


def _online(room: SeamRoom, door: Door, params: Params) -> SetCode:
    now = room.now()
    starts_at, ends_at = params.moment("starts_at"), params.moment("ends_at")
    if not door.has_bridge:
        raise invalid("This device cannot program online access codes: it has no bridge", "device_id")
    if (starts_at is None) != (ends_at is None):
        raise invalid("Both starts_at and ends_at must be provided if one is")
    rules.check_order(starts_at, ends_at, now)
    digits = params.text("code") or _generated(room, door)
    _check_digits(room, door, digits)
    rules.check_room(room.ledger, door, now)
    return SetCode(
        access_code_id=str(uuid4()),
        door=door,
        name=params.text("name"),
        created_at=now,
        due_at=now + room.pin_delay,
        starts_at=starts_at,
        ends_at=ends_at,
        pin=digits,
        common_code_key=params.text("common_code_key"),
    )


def _generated(room: SeamRoom, door: Door) -> str:
    while True:
        digits = f"{secrets.randbelow(10**6):06}"
        if not room.ledger.has_online(door, digits, room.now()):
            return digits


def _check_digits(room: SeamRoom, door: Door, digits: str) -> None:
    if not (digits.isascii() and digits.isdigit()) or len(digits) not in ONLINE_LENGTHS:
        raise invalid("This device supports codes of 4 to 6 digits", "code")
    if room.ledger.has_online(door, digits, room.now()):
        raise SeamError(409, "duplicate_access_code", "Cannot set duplicate access code")


def _reprogram(code: SetCode, digits: str, starts_at: datetime | None, ends_at: datetime | None) -> None:
    code.door.programmed.pop(code.pin, None)
    code.pin, code.starts_at, code.ends_at = digits, starts_at, ends_at
    if code.told_at:
        code.door.programmed[digits] = (starts_at, ends_at)


def access_code(code: SetCode, now: datetime) -> Json:
    """Seam's object. `status` of a PIN in hand stays `unset` until it starts; it says nothing about the PIN."""
    is_set = code.told_at is not None and code.has_started(now)
    return {
        "access_code_id": code.access_code_id,
        "device_id": code.door.device_id,
        "workspace_id": WORKSPACE,
        "name": code.name,
        "type": "time_bound" if code.ends_at else "ongoing",
        **({"starts_at": optional_moment(code.starts_at), "ends_at": moment(code.ends_at)} if code.ends_at else {}),
        "created_at": moment(code.created_at),
        "code": code.code,
        "common_code_key": code.common_code_key,
        "status": "set" if is_set else "unset",
        "display_status": "Active" if is_set else "Scheduled" if code.told_at else "Issuing",
        "is_managed": True,
        "is_offline_access_code": code.window is not None,
        "is_one_time_use": code.window is not None and code.window.kind == "one_time",
        "is_backup": False,
        "is_backup_access_code_available": False,
        "is_external_modification_allowed": False,
        "is_scheduled_on_device": code.told_at is not None and not is_set,
        "is_waiting_for_code_assignment": code.code is None,
        "pulled_backup_access_code_id": None,
        "errors": [],
        "warnings": _warnings(code),
        "pending_mutations": [] if code.told_at else [_creating(code)],
    }


def _warnings(code: SetCode) -> list[Json]:
    if not code.told_at or not code.window or not code.starts_at or not code.ends_at:
        return []
    if code.ends_at - code.starts_at <= ACTIVATION:
        return []
    return [
        {
            "warning_code": "igloo_algopin_must_be_used_within_24_hours",
            "message": "Algopins must be used within 24 hours.",
            "created_at": moment(code.told_at),
        }
    ]


def _creating(code: SetCode) -> Json:
    return {
        "created_at": moment(code.created_at),
        "message": "Seam is in the process of setting an access code on the device.",
        "mutation_code": "creating",
    }
