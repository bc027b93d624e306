"""Seam's events, as Svix delivers them to us: the signature first, then the few fields we use.

Signatures are checked by `standardwebhooks`, which Svix wrote and its own SDK hands them to; that SDK's 360 modules for
its sending side cost more processor time at every start than any other vendor's.

What an event means for a code is for workflows; which events we act on is not decided here.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from standardwebhooks.webhooks import EmptyWebhookSecretError, Webhook, WebhookVerificationError

from bot.domain.locks.health import Battery, HealthNews
from bot.domain.pins import Pin
from bot.domain.signs import LONGEST_ID, fit, fit_json, is_id
from bot.ports import Misconfigured
from providers.seam import wire


class BadSignature(Exception):
    """Not from Seam, too old, or altered on the way. Nothing in it may be believed."""


class GarbledEvent(Exception):
    """From Seam, and yet no event that we can read."""


@dataclass(frozen=True, slots=True)
class SeamEvent:
    """`id` is the event's and the same in every delivery of it. Everything but id, type and moment may be missing:
    igloohome locks report late, and often without naming the access code (facts, section 6). `code_given`: digits were
    reported, be they a PIN of ours or not. `dated`: it says itself when it occurred; else that is when it was told."""

    id: str
    type: str
    device_ref: str | None
    access_code_ref: str | None
    code: Pin | None
    occurred_at: datetime
    method: str | None
    code_given: bool = False
    attempt_ref: str | None = None
    health: HealthNews | None = None
    dated: bool = True

    @property
    def about_accounts(self) -> bool:
        """Something has become of an account or of which locks it has, so both have to be read again."""
        return self.type.startswith(("connected_account.", "connect_webview.")) or self.type in _LOCKS_CHANGED


_LOCKS_CHANGED = frozenset(
    {"device.added", "device.removed", "device.deleted", "device.name_changed", "device.converted_to_unmanaged"}
)


class SeamWebhooks:
    """Checks and reads deliveries. `secret` is the webhook's, `whsec_…`; raises Misconfigured if it is none."""

    def __init__(self, secret: str) -> None:
        try:
            self._webhook = Webhook(secret)
        except (ValueError, EmptyWebhookSecretError):
            raise Misconfigured("SEAM_WEBHOOK_SECRET is no webhook secret (whsec_…)") from None

    def read(self, body: bytes, headers: Mapping[str, str]) -> SeamEvent:
        """The event in a delivery. Raises BadSignature (also beyond ±5 minutes of real time) or Garbled."""
        try:
            payload = fit_json(self._webhook.verify(body, _standard(headers)))
        except (json.JSONDecodeError, RecursionError):  # read after the signature has been found good
            raise GarbledEvent("the body is no JSON") from None
        except (WebhookVerificationError, ValueError):
            raise BadSignature("the signature does not fit") from None
        return _event(payload)


def _standard(headers: Mapping[str, str]) -> dict[str, str]:
    """Svix's names of the three headers, by the standard's. What comes by the standard's own names is taken, too."""
    given = {name.lower(): value for name, value in headers.items()}
    return {f"webhook-{each}": given.get(f"svix-{each}") or given.get(f"webhook-{each}", "") for each in _SIGNED}


_SIGNED = ("id", "timestamp", "signature")


def _event(payload: object) -> SeamEvent:
    if not isinstance(payload, dict):
        raise GarbledEvent("the body is no object")
    named = wire.moment(payload.get("occurred_at"))
    occurred_at = named or wire.moment(payload.get("created_at"))
    if occurred_at is None:
        raise GarbledEvent("no occurred_at")
    return SeamEvent(
        id=_required(payload, "event_id"),
        type=_kind(payload),
        device_ref=_text(payload, "device_id"),
        access_code_ref=_text(payload, "access_code_id"),
        code=_code(payload),
        occurred_at=occurred_at,
        method=_text(payload, "method"),
        code_given=payload.get("code") is not None,
        attempt_ref=_text(payload, "action_attempt_id"),
        health=_health(payload, occurred_at),
        dated=named is not None,
    )


def _health(payload: Mapping[str, Any], at: datetime) -> HealthNews | None:
    """What an event tells of the lock itself; None when it tells nothing (facts, section 6)."""
    kind = payload.get("event_type")
    if kind in ("device.connected", "device.disconnected"):
        return HealthNews(at, online=kind == "device.connected")
    if kind not in ("device.low_battery", "device.battery_status_changed"):
        return None
    level = wire.battery_level(payload.get("battery_level"))
    # The newer name: which one comes depends on Seam's version (facts/seam.md §6).
    level = wire.battery_level(payload.get("device_battery_level")) if level is None else level
    word = wire.battery_word(payload.get("battery_status"))
    if word is None and kind == "device.low_battery":
        word = Battery.LOW
    return None if level is None and word is None else HealthNews(at, level, word)


def _text(payload: Mapping[str, Any], field: str) -> str | None:
    """Ids and kinds; one with a sign in it that none has is none."""
    value = payload.get(field)
    return value if isinstance(value, str) and is_id(value) else None


def _kind(payload: Mapping[str, Any]) -> str:
    """One that is new to us, however odd, is kept: refused, it would come again for a day."""
    value = payload.get("event_type")
    if not isinstance(value, str) or not value:
        raise GarbledEvent("no event_type")
    return fit(value)[:LONGEST_ID]


def _required(payload: Mapping[str, Any], field: str) -> str:
    value = _text(payload, field)
    if value is None:
        raise GarbledEvent(f"no {field}")
    return value


def _code(payload: Mapping[str, Any]) -> Pin | None:
    """Other brands' codes may be longer than ours: those are none of our PINs."""
    try:
        return wire.pin(payload.get("code"))
    except ValueError:
        return None
