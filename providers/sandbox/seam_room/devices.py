"""`/devices/*`, `/locks/*`, `/action_attempts/*`: what Seam says of igloohome locks, and does through their bridge."""

from providers.sandbox.algopin import DAILY, HOURLY
from providers.sandbox.asked import Json
from providers.sandbox.doors import Door
from providers.sandbox.seam_room.access_codes import ONLINE_LENGTHS
from providers.sandbox.seam_room.accounts import lost
from providers.sandbox.seam_room.ledger import MOST_LIVE
from providers.sandbox.seam_room.room import ACCOUNT, WORKSPACE, SeamRoom, battery_status
from providers.sandbox.seam_room.wire import Params, SeamError, invalid, matches, moment, not_found, page

UNKNOWN_HERE = ("customer_key", "space_id", "user_identifier_key")


def list_devices(room: SeamRoom, params: Params) -> Json:
    return page("devices", _found(room, params), params)


def list_locks(room: SeamRoom, params: Params) -> Json:
    """Both keys, as Seam answers; there is no paging here."""
    found = _found(room, params)
    return {"locks": found, "devices": found}


def get_device(room: SeamRoom, params: Params) -> Json:
    return {"device": device(room, _named(room, params))}


def get_lock(room: SeamRoom, params: Params) -> Json:
    found = device(room, _named(room, params))
    return {"lock": found, "device": found}


def unlock_door(room: SeamRoom, params: Params) -> Json:
    return _through_bridge(room, params, "UNLOCK_DOOR", "lock.unlocked")


def lock_door(room: SeamRoom, params: Params) -> Json:
    return _through_bridge(room, params, "LOCK_DOOR", "lock.locked")


def keypad_code_entry(room: SeamRoom, params: Params) -> Json:
    """Seam's own word for somebody typing a code; here it reaches the same keypad as people do."""
    door, digits = room.door(params.required_uuid("device_id")), params.required("code")
    if not (digits.isascii() and digits.isdigit()) or len(digits) > 32:
        raise invalid("code must be digits", "code")
    room.world.doors.enter(door, digits, room.now())
    _, attempt = room.attempt("SIMULATE_KEYPAD_CODE_ENTRY", door)
    return {"action_attempt": attempt}


def disconnect_from_hub(room: SeamRoom, params: Params) -> Json:
    door = _bridged(room, params)
    if room.bridge_works(door):
        room.offline_bridges.add(door.device_id)
        room.emit_at(
            door,
            "device.disconnected",
            error_code="hub_disconnected",
            connected_account_errors=[],
            connected_account_warnings=[],
            device_errors=_errors(room, door),
            device_warnings=[],
        )
    return {}


def connect_to_hub(room: SeamRoom, params: Params) -> Json:
    door = _bridged(room, params)
    if not room.bridge_works(door):
        room.offline_bridges.discard(door.device_id)
        room.emit_at(door, "device.connected")
    return {}


def get_attempt(room: SeamRoom, params: Params) -> Json:
    asked = params.required_uuid("action_attempt_id")
    attempt = room.attempts.get(asked)
    if attempt is None:
        message, data = "action_attempt not found", {"action_attempt_id": asked}
        raise SeamError(404, "action_attempt_not_found", message, data=data)
    return {"action_attempt": room.attempt_object(attempt)}


def list_attempts(room: SeamRoom, params: Params) -> Json:
    ids, device_id = params.words("action_attempt_ids"), params.uuid("device_id")
    if ids is None and device_id is None:
        raise invalid("Must specify either action_attempt_ids or device_id")
    found = [
        room.attempt_object(attempt)
        for attempt in room.attempts.values()
        if (ids is None or attempt.action_attempt_id in ids) and device_id in (None, attempt.device_id)
    ]
    return page("action_attempts", found, params)


def _through_bridge(room: SeamRoom, params: Params, action_type: str, event: str) -> Json:
    door = _bridged(room, params)
    works = room.bridge_works(door)
    result: Json = {"was_confirmed_by_device": True}
    error = None if works else {"type": "device_offline", "message": "Bridge offline"}
    attempt, answer = room.attempt(action_type, door, result, error)
    if works:
        door.opened_at = room.now() if action_type == "UNLOCK_DOOR" else None
        room.emit_at(door, event, method="remote", action_attempt_id=attempt.action_attempt_id)
    return {"action_attempt": answer}


def _bridged(room: SeamRoom, params: Params) -> Door:
    """Raises SeamError for a lock without a bridge; how Seam words that is not documented."""
    door = room.door(params.required_uuid("device_id"))
    if not door.has_bridge:
        raise SeamError(400, "action_not_supported", "This device has no bridge, so it cannot be reached from afar")
    return door


def _named(room: SeamRoom, params: Params) -> Door:
    device_id, name = params.uuid("device_id"), params.text("name")
    if device_id is None and name is None:
        raise invalid("Must specify either device_id or name")
    if device_id is not None:
        return room.door(device_id)
    found = next((door for door in room.world.doors if door.name == name), None)
    if found is None:
        raise not_found("device_not_found", "Device not found")
    return found


def _found(room: SeamRoom, params: Params) -> list[Json]:
    if any(params.text(name) is not None for name in UNKNOWN_HERE) or params.record("custom_metadata_has"):
        return []
    before, search = params.moment("created_before"), (params.text("search") or "").lower()
    webview = params.uuid("connect_webview_id")
    if (before and before <= room.opened_at) or (webview and not _came_by(room, webview)):
        return []
    found = (device(room, door) for door in room.world.doors)
    return [
        one
        for one in found
        if matches(one, params, "device_id", "device_type", "connected_account_id")
        and params.text("manufacturer") in (None, one["properties"]["manufacturer"])
        and (search in one["display_name"].lower() or search in one["device_id"])
    ]


def _came_by(room: SeamRoom, webview_id: str) -> bool:
    webview = room.webviews.get(webview_id)
    return webview is not None and webview["status"] == "authorized"


def device(room: SeamRoom, door: Door) -> Json:
    """Seam's object of an igloohome lock. Without a bridge it is always offline, yet takes offline codes."""
    return {
        "device_id": door.device_id,
        "device_type": "igloohome_lock",
        "nickname": door.name,
        "display_name": door.name,
        "capabilities_supported": ["access_code", "lock", "battery"],
        "properties": _properties(room, door),
        "can_program_offline_access_codes": True,
        "can_program_online_access_codes": door.has_bridge,
        "can_remotely_unlock": door.has_bridge,
        "can_remotely_lock": door.has_bridge,
        "can_unlock_with_code": True,
        "can_simulate_hub_connection": door.has_bridge,
        "can_simulate_hub_disconnection": door.has_bridge,
        "device_provider": {
            "device_provider_name": "igloohome",
            "display_name": "igloohome",
            "provider_category": "consumer_smartlocks",
        },
        "device_manufacturer": {"display_name": "igloohome", "manufacturer": "igloohome"},
        "location": {"time_zone": door.zone.key},
        "connected_account_id": ACCOUNT,
        "workspace_id": WORKSPACE,
        "created_at": moment(room.opened_at),
        "is_managed": True,
        "custom_metadata": {},
        "space_ids": [],
        "errors": _errors(room, door),
        "warnings": [] if door.has_bridge else [_hub_required(room)],
    }


def _properties(room: SeamRoom, door: Door) -> Json:
    works = room.bridge_works(door)
    metadata = {"device_id": door.serial, "device_name": door.name}
    bridge = {"bridge_id": f"EB1{door.serial[-8:]}", "bridge_name": f"{door.name} bridge"} if door.has_bridge else {}
    return {
        "online": works,
        **({"locked": not door.stands_open(room.now())} if works else {}),
        "name": door.name,
        "appearance": {"name": door.name},
        "manufacturer": "igloohome",
        "serial_number": door.serial,
        "model": {
            "display_name": "Smart Deadbolt 2S",
            "manufacturer_display_name": "igloohome",
            "has_built_in_keypad": True,
            "offline_access_codes_supported": True,
            "online_access_codes_supported": door.has_bridge,
        },
        **_battery(door),
        "offline_access_codes_enabled": True,
        "online_access_codes_enabled": door.has_bridge,
        "supported_code_lengths": list(ONLINE_LENGTHS),
        "max_active_codes_supported": MOST_LIVE,
        "code_constraints": [] if door.has_bridge else [{"constraint_type": "cannot_specify_pin_code"}],
        "offline_time_frame_options": _time_frames(),
        "has_native_entry_events": door.has_bridge,
        "igloohome_metadata": metadata | bridge,
    }


def _battery(door: Door) -> Json:
    """Both of Seam's ways of telling it; nothing where nobody knows."""
    if door.battery is None:
        return {}
    return {"battery_level": door.battery, "battery": {"level": door.battery, "status": battery_status(door.battery)}}


def _time_frames() -> list[Json]:
    return [
        {"display_name": "Hourly", "min_duration": f"PT{HOURLY[0]}H", "max_duration": f"PT{HOURLY[-1]}H"},
        {
            "display_name": "Daily",
            "min_duration": f"P{DAILY[0]}D",
            "max_duration": f"P{DAILY[-1]}D",
            "matching_start_end_time": True,
        },
    ]


def _errors(room: SeamRoom, door: Door) -> list[Json]:
    return [*lost(room), *_bridge_errors(room, door)]


def _bridge_errors(room: SeamRoom, door: Door) -> list[Json]:
    if not door.has_bridge or room.bridge_works(door):
        return []
    return [
        {
            "error_code": "hub_disconnected",
            "message": "The bridge is offline.",
            "is_device_error": True,
            "created_at": moment(room.now()),
        }
    ]


def _hub_required(room: SeamRoom) -> Json:
    return {
        "warning_code": "hub_required_for_additional_capabilities",
        "message": "Connect an igloohome Bridge to enable remote unlock and online access codes.",
        "created_at": moment(room.opened_at),
    }
