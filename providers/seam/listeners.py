"""Seam's route: events by Svix. Check, translate, call one workflow, answer."""

import re

from prometheus_client import Counter
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from bot.conversation.times import read_at
from bot.ports import Ports
from bot.workflows.connect_account import receive_account
from bot.workflows.keep_event import keep_event
from bot.workflows.operate_lock import receive_attempt
from bot.workflows.receive_lock_event import LockEvent, receive_lock_event
from bot.workflows.watch_locks import HealthEvent, receive_lock_health
from providers.seam.inbound import BadSignature, GarbledEvent, SeamEvent, SeamWebhooks

EVENTS = Counter("nightporter_seam_events_total", "Seam's events, by what we make of them", ["taken_as"])

_PIN_MADE = frozenset({"access_code.set_on_device", "access_code.scheduled_on_device", "access_code.issued"})
_OPENED = frozenset({"lock.unlocked"})
_DENIED = frozenset({"lock.access_denied"})
_BY_HAND = frozenset({"keycode", "unknown"})
"""How a door was unlocked, where that may have been a PIN: a remote or automatic unlocking is no evidence."""

_ATTEMPT = re.compile(r"action_attempt\.(un)?lock_door\.(succeeded|failed)")
_NOT_FOR_US = re.compile(
    r"access_code\.(unmanaged\.)?(created|removed|deleted|changed|code_changed|name_changed|time_frame_changed"
    r"|mutations_requested|backup_access_code_pulled|removed_from_device|modified_external_to_seam"
    r"|deleted_external_to_seam|converted_to_managed|failed_to_\w+|delay_in_\w+)"
    r"|lock\.(locked|unlocked)|action_attempt\.simulate_\w+\.(succeeded|failed)"
    r"|device\.(connection_became_flaky|connection_stabilized|tampered|accessory_keypad_(dis)?connected"
    r"|third_party_integration_(no_longer_)?detected|unmanaged\.\w+)"
)
"""Kinds that Seam documents and that tell us nothing to act on. Any other is new to us, and kept (facts, section 6)."""


class SeamListeners:
    def __init__(self, ports: Ports, webhooks: SeamWebhooks) -> None:
        self._ports = ports
        self._webhooks = webhooks

    def routes(self) -> list[BaseRoute]:
        return [Route("/seam/webhooks", self.events, methods=["POST"])]

    async def events(self, request: Request) -> Response:
        try:
            event = self._webhooks.read(await request.body(), request.headers)
        except BadSignature:
            return PlainTextResponse("The signature does not fit.", 401)
        except GarbledEvent as garbled:
            return PlainTextResponse(f"This is no event: {garbled}.", 400)
        # Taken before it is answered: what gets no 2xx is delivered again, for a day (facts/seam.md §7).
        with read_at(self._ports.clock.now()):
            taken = await self._take(event)
        EVENTS.labels(taken).inc()
        return JSONResponse({"ok": True})

    async def _take(self, event: SeamEvent) -> str:
        """What we took it for."""
        if kind := _kind(event):
            await receive_lock_event(self._ports, _seen(event, kind))
            return kind
        if event.health and event.device_ref:
            await receive_lock_health(self._ports, HealthEvent(event.id, event.device_ref, event.health))
            return "health"
        if event.about_accounts:
            await receive_account(self._ports, event.id)
            return "account"
        if event.attempt_ref and _ATTEMPT.fullmatch(event.type):
            await receive_attempt(self._ports, event.id, event.attempt_ref)
            return "attempt"
        if _NOT_FOR_US.fullmatch(event.type):
            return "nothing"
        await keep_event(self._ports, event.id, event.type, event.device_ref or event.access_code_ref or "")
        return "unknown"


def _seen(event: SeamEvent, kind: str) -> LockEvent:
    # Whose PIN it was is told by the time alone, so that has to be the lock's.
    typed = event.method == "keycode" and not event.code_given and event.dated
    return LockEvent(event.id, kind, event.occurred_at, event.device_ref, event.access_code_ref, event.code, typed)


def _kind(event: SeamEvent) -> str:
    if event.type in _PIN_MADE:
        return "pin_made"
    if event.type in _DENIED:
        return "denied"
    return "opened" if event.type in _OPENED and (event.method or "unknown") in _BY_HAND else ""
