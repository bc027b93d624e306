"""Seam as its documentation has it, as far as igloohome's offline PINs go: devices, access codes, no idempotency key.

A creation answers before there are digits; they come with a later look, unless `pins_held`.
"""

import random
import uuid
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from tests.journeys.outside.http_fake import Answer, Heard, HttpFake

HOUR = timedelta(hours=1)
WORKSPACE = str(uuid.UUID(int=7))


class FakeSeam(HttpFake):
    """One workspace with some igloohome locks (name → zone) and a lamp that is none of our business."""

    def __init__(self, api_key: str, locks: Mapping[str, str]) -> None:
        super().__init__()
        self._api_key = api_key
        self._random = random.Random(20261201)
        self.devices = [_device(name, zone) for name, zone in locks.items()]
        self.codes: dict[str, dict[str, Any]] = {}
        self.pins: dict[str, str] = {}
        self.pins_held = False

    def device_id(self, name: str) -> str:
        return str(next(d["device_id"] for d in self.devices if d["display_name"] == name))

    def codes_of(self, lock: str) -> list[dict[str, Any]]:
        """What this lock will accept: the judge of how often something was made."""
        with self.quiet():
            return [dict(code) for code in self.codes.values() if code["device_id"] == self.device_id(lock)]

    def pin_of(self, lock: str) -> str:
        """The digits, whether or not they have been told yet."""
        (code,) = self.codes_of(lock)
        return self.pins[code["access_code_id"]]

    def creations(self, lock: str) -> list[Heard]:
        device = self.device_id(lock)
        return self.calls("/access_codes/create", lambda heard: heard.fields.get("device_id") == device)

    def answer(self, heard: Heard) -> Answer:
        if heard.headers.get("authorization") != f"Bearer {self._api_key}":
            return _error(401, "unauthorized", "Unauthorized")
        if heard.method == "POST" and not heard.headers.get("content-type", "").startswith("application/json"):
            return _error(400, "invalid_content_type", "Content-Type must be application/json")
        found = _ROUTES.get(heard.path)
        if found is None:
            return Answer(404, "Not Found")
        methods, serve = found
        if heard.method not in methods:
            return _error(405, "method_not_allowed", "only " + ", ".join(methods) + " accepted")
        return serve(self, heard.fields)

    # --- endpoints ------------------------------------------------------------------------------------------------

    def list_devices(self, asked: Mapping[str, Any]) -> Answer:
        return _page("devices", self.devices, asked)

    def get_device(self, asked: Mapping[str, Any]) -> Answer:
        found = self._device(asked.get("device_id"))
        return _ok(device=found) if found else _error(404, "device_not_found", "Device not found")

    def workspace(self, _asked: Mapping[str, Any]) -> Answer:
        return _ok(workspace={"workspace_id": WORKSPACE, "name": "House of tests", "is_sandbox": True})

    def list_accounts(self, asked: Mapping[str, Any]) -> Answer:
        account = {"connected_account_id": WORKSPACE, "account_type": "igloohome", "display_name": "owner@example.com"}
        return _page("connected_accounts", [{**account, "errors": []}], asked)

    def list_codes(self, asked: Mapping[str, Any]) -> Answer:
        if not any(asked.get(name) for name in ("device_id", "access_code_ids", "search")):
            return _error(400, "invalid_input", "one of device_id, access_code_ids, search is required")
        device, search = asked.get("device_id"), str(asked.get("search") or "")
        fits = [c for c in self.codes.values() if not device or c["device_id"] == device]
        return _page("access_codes", [c for c in fits if search in str(c["name"])], asked)

    def get_code(self, asked: Mapping[str, Any]) -> Answer:
        code = self.codes.get(str(asked.get("access_code_id")))
        if code is None:
            return _error(404, "not_found", "Access Code Not Found")
        if not self.pins_held:
            self._make_digits(code)
        return _ok(access_code=code)

    def delete_code(self, asked: Mapping[str, Any]) -> Answer:
        """Nobody may count on it: an offline PIN opens until it ends. No story of ours asks for this."""
        return _error(400, "invalid_input", f"{asked.get('access_code_id')}: an offline access code cannot be deleted")

    def create_code(self, asked: Mapping[str, Any]) -> Answer:
        device = self._device(asked.get("device_id"))
        if device is None:
            return _error(404, "device_not_found", "Device not found")
        wrong = _wrong_with(asked, ZoneInfo(device["location"]["time_zone"]))
        if wrong:
            return _error(400, "invalid_input", wrong)
        ref = str(uuid.UUID(int=self._random.getrandbits(128)))
        self.pins[ref] = str(self._random.randrange(100_000_000, 1_000_000_000))
        self.codes[ref] = _code(ref, asked)
        attempt = {"action_attempt_id": str(uuid.uuid4()), "action_type": "CREATE_ACCESS_CODE", "status": "pending"}
        return _ok(access_code=dict(self.codes[ref]), action_attempt={**attempt, "result": None, "error": None})

    def _device(self, ref: object) -> dict[str, Any] | None:
        return next((device for device in self.devices if device["device_id"] == ref), None)

    def _make_digits(self, code: dict[str, Any]) -> None:
        """The PIN in hand; the status stays `unset` until the start, as it does at Seam."""
        code.update(code=self.pins[code["access_code_id"]], pending_mutations=[], is_waiting_for_code_assignment=False)


_READS = ("GET", "POST")
_ROUTES = {
    "/devices/list": (_READS, FakeSeam.list_devices),
    "/devices/get": (_READS, FakeSeam.get_device),
    "/workspaces/get": (_READS, FakeSeam.workspace),
    "/connected_accounts/list": (_READS, FakeSeam.list_accounts),
    "/access_codes/list": (_READS, FakeSeam.list_codes),
    "/access_codes/get": (_READS, FakeSeam.get_code),
    "/access_codes/create": (("POST",), FakeSeam.create_code),
    "/access_codes/delete": (("POST", "DELETE"), FakeSeam.delete_code),
}


def _wrong_with(asked: Mapping[str, Any], zone: ZoneInfo) -> str:
    """igloohome's rules for an hourly offline PIN."""
    if asked.get("is_offline_access_code") is not True or asked.get("code"):
        return "only offline codes without digits of one's own are made here"
    if not asked.get("name"):
        return "name is required"
    try:
        starts, ends = (datetime.fromisoformat(str(asked[name])) for name in ("starts_at", "ends_at"))
    except (KeyError, ValueError):
        return "Both starts_at and ends_at must be provided"
    if starts.tzinfo is None or ends.tzinfo is None:
        return "times need an offset"
    for moment in (starts.astimezone(zone), ends.astimezone(zone)):
        if (moment.minute, moment.second, moment.microsecond) != (0, 0, 0):
            return "an offline PIN starts and ends on a whole hour of the lock"
    if not HOUR <= ends - starts <= 672 * HOUR:
        return "an hourly PIN lives 1 to 672 hours"
    if ends <= datetime.now(UTC) or starts < datetime.now(UTC) - 2 * HOUR:
        return "Invalid access code time range, start time must be a value greater than the current time"
    return ""


def _code(ref: str, asked: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "access_code_id": ref,
        "device_id": asked["device_id"],
        "workspace_id": WORKSPACE,
        "name": asked["name"],
        "code": None,
        "common_code_key": None,
        "type": "time_bound",
        "status": "unset",
        "display_status": "Issuing",
        "created_at": _iso(datetime.now(UTC)),
        "starts_at": asked["starts_at"],
        "ends_at": asked["ends_at"],
        "errors": [],
        "warnings": [],
        "pending_mutations": [{"mutation_code": "creating", "message": "is being made", "created_at": "now"}],
        "is_managed": True,
        "is_offline_access_code": True,
        "is_one_time_use": False,
        "is_scheduled_on_device": False,
        "is_waiting_for_code_assignment": True,
        "is_backup_access_code_available": False,
        "is_external_modification_allowed": False,
    }


def _device(name: str, zone: str) -> dict[str, Any]:
    """A lock without a bridge: never online, and still fit for offline PINs."""
    return {
        "device_id": str(uuid.uuid5(uuid.NAMESPACE_URL, name)),
        "device_type": "igloohome_lock",
        "display_name": name,
        "workspace_id": WORKSPACE,
        "connected_account_id": str(uuid.UUID(int=9)),
        "capabilities_supported": ["access_code", "lock"],
        "can_program_offline_access_codes": True,
        "can_program_online_access_codes": False,
        "can_remotely_unlock": False,
        "location": {"time_zone": zone, "location_name": name},
        "properties": {
            "name": name,
            "online": False,
            "appearance": {"name": name},
            "model": {"display_name": "Deadbolt 2S", "manufacturer_display_name": "igloohome"},
            "igloohome_metadata": {"device_id": name.replace(" ", ""), "device_name": name},
        },
        "errors": [],
        "warnings": [{"warning_code": "hub_required_for_additional_capabilities", "message": "no bridge"}],
        "created_at": "2026-01-02T03:04:05.000Z",
        "is_managed": True,
        "custom_metadata": {},
        "space_ids": [],
    }


def _iso(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _ok(**parts: Any) -> Answer:
    return Answer(200, {**parts, "ok": True}, {"seam-request-id": str(uuid.uuid4())})


def _page(key: str, items: Sequence[Any], asked: Mapping[str, Any]) -> Answer:
    """Pages of the asked size; a cursor is only good with the same parameters."""
    start = int(str(asked.get("page_cursor") or "0").removeprefix("at-"))
    size = int(asked.get("limit") or 500)
    more = start + size < len(items)
    after = f"at-{start + size}" if more else None
    pagination = {"next_page_cursor": after, "has_next_page": more, "next_page_url": None}
    return _ok(**{key: list(items[start : start + size]), "pagination": pagination})


def _error(status: int, kind: str, message: str) -> Answer:
    return Answer(status, {"error": {"type": kind, "message": message}, "ok": False})
