"""The state of the Seam room, and what happens in it by itself: codes get their PIN, doors with a bridge are heard.

Handlers of the API read and change it; they stand beside this file, one per kind of resource.
"""

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import uuid4

from providers.sandbox.asked import Json
from providers.sandbox.doors import Door, Reason, Tried
from providers.sandbox.seam_room.ledger import SetCode, SetCodes
from providers.sandbox.seam_room.webhook_sender import WebhookSender
from providers.sandbox.seam_room.wire import moment, not_found
from providers.sandbox.world import World

WORKSPACE = "5d1f7a52-3c0b-4e7e-9a51-0a6c1e0f0001"
ACCOUNT = "5d1f7a52-3c0b-4e7e-9a51-0a6c1e0f0002"
PIN_DELAY = timedelta(seconds=1.5)
ATTEMPT_TAKES = timedelta(milliseconds=400)
TIMER_SLACK_SECONDS = 0.02
MOST_EVENTS = 20_000

DENIALS: dict[Reason, tuple[str, str]] = {
    "not_yet": ("unknown_code", "This code is not active yet."),
    "ended": ("expired_code", "This code has expired."),
    "missed_activation": ("expired_code", "This code was not used within 24 hours."),
    "already_used": ("expired_code", "This code has already been used."),
    "unknown_pin": ("unknown_code", "This code is unknown."),
    "locked_out": ("too_many_attempts", "The keypad is locked after too many wrong codes."),
}


def battery_status(level: float | None) -> str:
    """Seam's word; where it draws the lines for igloohome is not documented."""
    if level is None:
        return ""
    return next((word for word, below in (("critical", 0.1), ("low", 0.25), ("good", 0.75)) if level < below), "full")


@dataclass(slots=True)
class ActionAttempt:
    """An action attempt: pending for a moment, then done, or failed with `error`."""

    action_attempt_id: str
    action_type: str
    created_at: datetime
    device_id: str
    result: Json
    error: Json | None = None


class SeamRoom:
    def __init__(self, world: World) -> None:
        self.world = world
        self.ledger = SetCodes()
        self.attempts: dict[str, ActionAttempt] = {}
        self.webviews: dict[str, Json] = {}
        self.events: list[Json] = []
        self.offline_bridges: set[str] = set()
        self._batteries: dict[str, str] = {}
        self.pin_delay = PIN_DELAY
        self.opened_at = world.clock.now()
        self.account_lost_at: datetime | None = None
        self.webhook_sender = WebhookSender(world)
        world.clock.on_move(self.settle)
        world.doors.on_bridge(self.heard)
        world.doors.on_battery(self.measured)
        world.doors.on_taken_out(lambda door: self.emit_at(door, "device.removed"))
        world.doors.on_renamed(lambda door: self.emit_at(door, "device.name_changed"))
        world.closers.append(self.webhook_sender.close)

    def now(self) -> datetime:
        return self.world.clock.now()

    def door(self, device_id: str) -> Door:
        """Raises SeamError (404 device_not_found)."""
        door = self.world.doors.find(device_id)
        if door is None:
            raise not_found("device_not_found", "Device not found")
        return door

    def bridge_works(self, door: Door) -> bool:
        return door.has_bridge and door.device_id not in self.offline_bridges

    def wake_for(self, code: SetCode) -> None:
        """A code appears by itself when its time has come; a moved clock, or any call of the API, brings it as well."""
        wait = (code.due_at - self.now()).total_seconds() + TIMER_SLACK_SECONDS
        asyncio.get_running_loop().call_later(max(wait, 0), self.settle)

    def settle(self) -> None:
        """Tells what has come due: assigned PINs, online codes programmed, codes whose time has begun."""
        now = self.now()
        for code in self.ledger.listed(now):
            if code.told_at is None and code.due_at <= now:
                self._tell(code, now)
            if code.is_scheduled and code.has_started(now):
                code.is_scheduled = False
                self._emit_for(code, "access_code.set_on_device", code=code.pin)

    def _tell(self, code: SetCode, now: datetime) -> None:
        code.told_at = now
        if not code.window:
            code.door.programmed[code.pin] = (code.starts_at, code.ends_at)
        code.is_scheduled = not code.has_started(now)
        kind = "access_code.scheduled_on_device" if code.is_scheduled else "access_code.set_on_device"
        self._emit_for(code, kind, code=code.pin)

    def forget(self, code: SetCode) -> None:
        """Deletes Seam's record. An offline PIN opens the door all the same; an online one is erased from the lock."""
        code.deleted_at = self.now()
        if not code.window:
            code.door.programmed.pop(code.pin, None)
        self._emit_for(code, "access_code.deleted", code=code.code)

    def created(self, code: SetCode) -> None:
        self.ledger.add(code)
        self._emit_for(code, "access_code.created")
        self.wake_for(code)

    def heard(self, door: Door, tried: Tried) -> None:
        """The bridge reports an entry. igloohome is not among the brands whose events name the access code
        (Seam's guide "Linking unlock events to access codes"), so only the digits are told."""
        if not self.bridge_works(door):
            return
        if tried.reason is None:
            self.emit_at(door, "lock.unlocked", method="keycode", code=tried.pin)
        else:
            kind, words = DENIALS[tried.reason]
            self.emit_at(door, "lock.access_denied", reason={"reason_code": kind, "message": words})

    def measured(self, door: Door) -> None:
        """Seam tells of a battery when its word for it changes, and once more when it is low."""
        before, now = self._batteries.get(door.device_id, "full"), battery_status(door.battery)
        self._batteries[door.device_id] = now
        if door.battery is None or now == before:
            return
        said = {"battery_level": door.battery, "battery_status": now}
        self.emit_at(door, "device.battery_status_changed", **said)
        if now in ("low", "critical"):
            self.emit_at(door, "device.low_battery", battery_level=door.battery)

    def attempt(
        self, action_type: str, door: Door, result: Json | None = None, error: Json | None = None
    ) -> tuple[ActionAttempt, Json]:
        """Begins an action; also its object as the call that began it answers."""
        attempt = ActionAttempt(str(uuid4()), action_type, self.now(), door.device_id, result or {}, error)
        self.attempts[attempt.action_attempt_id] = attempt
        return attempt, self.attempt_object(attempt, pending=True)

    def attempt_object(self, attempt: ActionAttempt, pending: bool | None = None) -> Json:
        waits = self.now() < attempt.created_at + ATTEMPT_TAKES if pending is None else pending
        status = "pending" if waits else "error" if attempt.error else "success"
        return {
            "action_attempt_id": attempt.action_attempt_id,
            "action_type": attempt.action_type,
            "status": status,
            "result": attempt.result if status == "success" else None,
            "error": attempt.error if status == "error" else None,
        }

    def _emit_for(self, code: SetCode, kind: str, /, **facts: object) -> None:
        self.emit_at(code.door, kind, access_code_id=code.access_code_id, **facts)

    def emit_at(self, door: Door, kind: str, /, **facts: object) -> None:
        self.emit(
            kind,
            connected_account_id=ACCOUNT,
            device_id=door.device_id,
            connected_account_custom_metadata={},
            device_custom_metadata={},
            **facts,
        )

    def emit(self, kind: str, /, **facts: object) -> None:
        """Records an event and sends it to every webhook that wants its kind."""
        at = moment(self.now())
        event: Json = {
            "event_id": str(uuid4()),
            "event_type": kind,
            "workspace_id": WORKSPACE,
            "created_at": at,
            "occurred_at": at,
            **facts,
        }
        self.events.append(event)
        del self.events[:-MOST_EVENTS]
        self.webhook_sender.send(event)
