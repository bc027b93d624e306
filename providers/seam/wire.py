"""Seam's JSON, read leniently: only ids are required, everything else may be missing or of another shape.

Pure functions between Seam's objects and our values; nothing here calls anybody.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from bot.domain.locks.accounts import Account
from bot.domain.locks.health import Battery, LockHealth
from bot.domain.pins import Pin
from bot.domain.signs import REPLACED, is_id, one_line
from bot.domain.windows import AccessWindow, PinKind
from bot.ports import LinkInfo, LockInfo, MintOrder, OnlineOrder, OnlinePinInfo, OnlineState, Operated
from providers.http import Unreadable

Json = Mapping[str, Any]
DEVICE_TYPE = "igloohome_lock"
"""Seam's device_type for igloohome; `igloo_lock` is iglooworks, another brand with other rules."""

ACCOUNT_TYPE = PROVIDER = "igloohome"
"""Seam's account_type, and the key of the provider that a Connect Webview offers."""


@dataclass(frozen=True, slots=True)
class CodeInfo:
    """An access code as Seam has it. `errors` are error codes; `pin` is None while it is being made."""

    ref: str
    lock_ref: str | None
    name: str | None
    pin: Pin | None
    window: AccessWindow | None
    created_at: datetime | None
    errors: frozenset[str]


def create_body(order: MintOrder) -> dict[str, object]:
    """The body of /access_codes/create for an offline PIN (Seam's igloohome guide).

    Seam picks hourly or daily by the length. `max_time_rounding` caps how far it may move the window: an hour, or a
    day for daily PINs, as its guide pairs them. A one-time PIN has a start and no end.
    """
    body: dict[str, object] = {
        "device_id": order.lock_ref,
        "name": order.name,
        "is_offline_access_code": True,
        "starts_at": _iso(order.window.starts_at),
    }
    if order.kind is PinKind.ONE_TIME:
        return body | {"is_one_time_use": True}
    rounding = "1d" if order.kind is PinKind.DAILY else "1h"
    return body | {"ends_at": _iso(order.window.ends_at), "max_time_rounding": rounding}


def online_body(order: OnlineOrder) -> dict[str, object]:
    """The body of /access_codes/create, and what changes in /access_codes/update, for digits of one's own. Without a
    window the code is `ongoing`."""
    body: dict[str, object] = {"device_id": order.lock_ref, "name": order.name, "code": order.pin.digits}
    if order.window is None:
        return body
    return body | {"starts_at": _iso(order.window.starts_at), "ends_at": _iso(order.window.ends_at)}


def is_called(payload: object, name: str, lock_ref: str) -> bool:
    """Whether an access code has this name at this lock."""
    seen = _object(payload, "access_code")
    return (seen.get("name"), seen.get("device_id")) == (name, lock_ref)


def online(payload: object) -> OnlinePinInfo:
    """How an online code stands. Pending mutations say what is under way; one that waits for its own start is set, as
    far as anybody has to care. Without them (Seam's fake, older answers) the code is there."""
    seen = _object(payload, "access_code")
    ref, errors = _id(seen, "access_code_id"), _error_codes(seen)
    under_way = _words(seen, "pending_mutations", "mutation_code")
    hopeless = sorted(errors & _NEVER.keys())
    if hopeless:
        return OnlinePinInfo(ref, OnlineState.FAILED, _NEVER[hopeless[0]])
    if under_way - {"deferring_creation"}:
        return OnlinePinInfo(ref, OnlineState.PENDING, "Its bridge is offline." if errors & _BRIDGE_AWAY else "")
    return OnlinePinInfo(ref, OnlineState.SET)


_NEVER: Mapping[str, str] = {
    "code_constraints_violated": "The lock does not take such digits.",
    "duplicate_code": "The lock holds these digits already: choose others.",
    "duplicate_code_on_device": "The lock holds these digits already: choose others.",
    "no_space_for_access_code_on_device": "The lock is full.",
}
"""`errors[].error_code` after which an online code is not set; others may pass."""

_BRIDGE_AWAY = frozenset({"igloohome_bridge_offline", "hub_disconnected", "device_offline", "device_disconnected"})

_PROBLEMS: Mapping[str, str] = {
    "device_offline": "Its bridge is offline.",
    "hub_disconnected": "Its bridge is offline.",
    "device_disconnected": "Its bridge is offline.",
}
"""`error.type` of an action attempt that failed, in plain words; others get a general word (facts, section 5)."""


def action_attempt(payload: Json) -> Operated:
    """Reads the action attempt in an answer. Raises Unreadable without its id; a status that is not known yet is one
    that is still under way."""
    seen = _object(payload.get("action_attempt"), "action_attempt")
    ref, status = _id(seen, "action_attempt_id"), seen.get("status")
    if status == "error":
        error = seen.get("error")
        kind = error.get("type") if isinstance(error, dict) else None
        return Operated(ref, False, _PROBLEMS.get(str(kind), "The lock or its bridge did not do it."))
    return Operated(ref, True if status == "success" else None)


def access_code(payload: object) -> CodeInfo:
    """Reads an access_code. Raises Unreadable without its id, or with digits that are no PIN."""
    seen = _object(payload, "access_code")
    # Not by `status`: an algoPIN whose digits are here stays `unset` until it starts (facts/seam.md §3).
    return CodeInfo(
        ref=_id(seen, "access_code_id"),
        lock_ref=_text(seen, "device_id"),
        name=_text(seen, "name"),
        pin=_pin(seen),
        window=_window(seen),
        created_at=moment(seen.get("created_at")),
        errors=_error_codes(seen),
    )


def webview(payload: Json) -> LinkInfo:
    """Reads the Connect Webview in an answer. Raises Unreadable without its id or its address. `status` decides, for
    Seam's own fake leaves login_successful false; the older form without one says only `login_successful` and the
    `selected_provider` (facts, section 5)."""
    seen = _object(payload.get("connect_webview"), "connect_webview")
    ref, url, account = _id(seen, "connect_webview_id"), _address(seen), _text(seen, "connected_account_id")
    done = {"authorized": True, "failed": False}.get(str(seen.get("status")))
    if "status" not in seen and seen.get("selected_provider") and seen.get("login_successful") is True:
        done = True
    return LinkInfo(ref, url, done, account)


def account(payload: object, now: datetime) -> Account | None:
    """Reads a connected account; None for another maker's. `now` stands where Seam does not say since when it is lost.
    The name is what its owner signs in with, in the newer field or the older ones."""
    seen = _object(payload, "connected_account")
    ref = _id(seen, "connected_account_id")
    if seen.get("account_type") not in (None, ACCOUNT_TYPE):
        return None
    lost = [e for e in _parts(seen, "errors") if _text(e, "error_code") in _LOST]
    since = (moment(lost[0].get("created_at")) or now) if lost else None
    identifier = _part(seen, "user_identifier")
    name = _text(seen, "display_name") or _text(identifier, "email") or _text(identifier, "username") or ref
    return Account(ref, one_line(name) or ref, since)


_LOST = frozenset({"account_disconnected", "invalid_credentials"})
"""`errors[].error_code` of an account that has to be signed in to again; the first is Seam's word today."""


def lock(payload: object) -> LockInfo | None:
    """Reads a device; None when it is no igloohome lock. Raises Unreadable without its id."""
    seen = _object(payload, "device")
    ref = _id(seen, "device_id")
    if seen.get("device_type") != DEVICE_TYPE:
        return None
    said = _lock_name(seen) or ref, _zone(seen), _makes_offline_pins(seen), _has_bridge(seen), _health(seen)
    return LockInfo(ref, *said, _bridge(seen), _text(seen, "connected_account_id"))


_YEARS = range(2000, 2200)
"""Further out is no moment that anything of ours happens at, and at the very ends no zone can show it."""


def moment(value: object) -> datetime | None:
    """An ISO 8601 instant in UTC, or None. Without an offset it is read as UTC."""
    if not isinstance(value, str):
        return None
    try:
        read = datetime.fromisoformat(value)
        instant = (read if read.tzinfo else read.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return instant if instant.year in _YEARS else None


_BATTERY = {
    "critical": Battery.CRITICAL,
    "low": Battery.LOW,
    "good": Battery.GOOD,
    "full": Battery.GOOD,
}


def battery_word(value: object) -> Battery | None:
    """Seam's battery status; None for a word that it does not have today."""
    return _BATTERY.get(value) if isinstance(value, str) else None


def battery_level(value: object) -> float | None:
    """0 to 1; None for anything else."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if is_number and 0 <= value <= 1 else None  # type: ignore[operator, arg-type]


def pin(value: object) -> Pin | None:
    """The digits as a Pin; None when there are none yet. Raises ValueError for digits that are no PIN."""
    return Pin(value) if isinstance(value, str) and value else None


def _iso(instant: datetime) -> str:
    return instant.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _object(payload: object, what: str) -> Json:
    if not isinstance(payload, dict):
        raise Unreadable(f"no {what}")
    return payload


def _id(seen: Json, field: str) -> str:
    value = seen.get(field)
    if not isinstance(value, str) or not is_id(value):
        raise Unreadable(f"no {field}")
    return value


def _address(seen: Json) -> str:
    """Where an owner signs in: nobody is sent there over a way that others can read."""
    value = _text(seen, "url") or ""
    try:
        parts = urlsplit(value if value.isprintable() and REPLACED not in value else "")
    except ValueError:
        raise Unreadable("no url") from None
    here = parts.scheme == "http" and parts.hostname in ("127.0.0.1", "localhost")
    if not (here or (parts.scheme == "https" and parts.hostname)):
        raise Unreadable("no url")
    return value


def _text(seen: Json, field: str) -> str | None:
    value = seen.get(field)
    return value if isinstance(value, str) and value else None


def _part(seen: Json, field: str) -> Json:
    value = seen.get(field)
    return value if isinstance(value, dict) else {}


def _parts(seen: Json, field: str) -> list[Json]:
    listed = seen.get(field)
    return [part for part in listed if isinstance(part, dict)] if isinstance(listed, list) else []


def _pin(seen: Json) -> Pin | None:
    try:
        return pin(seen.get("code"))
    except ValueError:
        raise Unreadable("code is no PIN") from None


def _window(seen: Json) -> AccessWindow | None:
    starts_at, ends_at = moment(seen.get("starts_at")), moment(seen.get("ends_at"))
    return AccessWindow(starts_at, ends_at) if starts_at and ends_at else None


def _error_codes(seen: Json) -> frozenset[str]:
    return _words(seen, "errors", "error_code")


def _words(seen: Json, listed: str, field: str) -> frozenset[str]:
    """What stands under `field` in each part of a list."""
    words = (_text(part, field) for part in _parts(seen, listed))
    return frozenset(word for word in words if word)


def _lock_name(seen: Json) -> str | None:
    """display_name is the nickname, or the name in igloohome's app (OpenAPI, device.display_name)."""
    properties = _part(seen, "properties")
    named = _text(_part(properties, "appearance"), "name")
    name = _text(seen, "display_name") or _text(seen, "nickname") or named or _text(properties, "name")
    return one_line(name) if name else None


def _zone(seen: Json) -> str | None:
    """location.time_zone if it is a zone we know; Seam leaves it out where nobody set it."""
    name = _text(_part(seen, "location"), "time_zone")
    try:
        return ZoneInfo(name).key if name else None
    except (ValueError, KeyError, OSError):
        return None


def _makes_offline_pins(seen: Json) -> bool:
    """The capability flag; where there is none, the property it replaced."""
    flag = seen.get("can_program_offline_access_codes")
    return flag if isinstance(flag, bool) else _part(seen, "properties").get("offline_access_codes_enabled") is True


def _health(seen: Json) -> LockHealth:
    """`online` says whether Seam reaches the lock over its bridge; without one it is false for ever."""
    properties = _part(seen, "properties")
    battery, online = _part(properties, "battery"), properties.get("online")
    level = battery_level(battery.get("level"))
    level = battery_level(properties.get("battery_level")) if level is None else level
    return LockHealth(level, battery_word(battery.get("status")), online if isinstance(online, bool) else None)


def _has_bridge(seen: Json) -> bool:
    """A lock without one is normal, and says hub_required_for_additional_capabilities."""
    return _bridge(seen) is not None or seen.get("can_remotely_unlock") is True


def _bridge(seen: Json) -> str | None:
    linked = _part(_part(seen, "properties"), "igloohome_metadata").get("bridge_id")
    return linked if isinstance(linked, str) and is_id(linked) else None
