"""Seam's route: events by Svix. Check, translate, call one workflow, answer."""

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from bot.ports import Ports
from bot.workflows.hear_lock import LockEvent, hear_lock
from bot.workflows.hear_lock_health import HealthEvent, hear_lock_health
from providers.seam.inbound import BadSignature, Garbled, SeamEvent, SeamWebhooks

_PIN_MADE = frozenset({"access_code.set_on_device", "access_code.scheduled_on_device", "access_code.issued"})
_OPENED = frozenset({"lock.unlocked"})
_DENIED = frozenset({"lock.access_denied"})
_BY_HAND = frozenset({"keycode", "unknown"})
"""How a door was unlocked, where that may have been a PIN: a remote or automatic unlocking is no evidence."""


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
        except Garbled as garbled:
            return PlainTextResponse(f"This is no event: {garbled}.", 400)
        kind = _kind(event)
        if kind:
            await hear_lock(self._ports, _seen(event, kind))
        elif event.health and event.device_ref:
            await hear_lock_health(self._ports, HealthEvent(event.id, event.device_ref, event.health))
        return JSONResponse({"ok": True})


def _seen(event: SeamEvent, kind: str) -> LockEvent:
    typed = event.method == "keycode" and not event.code_given
    return LockEvent(event.id, kind, event.occurred_at, event.device_ref, event.access_code_ref, event.code, typed)


def _kind(event: SeamEvent) -> str:
    if event.type in _PIN_MADE:
        return "pin_made"
    if event.type in _DENIED:
        return "denied"
    return "opened" if event.type in _OPENED and (event.method or "unknown") in _BY_HAND else ""
