"""Where Seam sends its events: looked up, and registered once per address."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from providers.http import Unreadable
from providers.seam.client import SeamClient
from providers.seam.lock import read_each

EVERYTHING = ("*",)
"""Kinds that we do not know yet are counted and kept, so all are asked for."""


@dataclass(frozen=True, slots=True)
class Subscription:
    """`secret` is what the events are signed with; empty where Seam does not tell it again."""

    ref: str
    url: str
    secret: str = field(repr=False, default="")
    new: bool = False


async def subscribe(seam: SeamClient, url: str) -> Subscription:
    """The webhook for this address: the one there is, else a new one. Raises ProviderError; after OutcomeUnknown the
    same call finds what was made."""
    for found in await registered(seam):
        if found.url == url:
            return found
    return await seam.act("/webhooks/create", {"url": url, "event_types": list(EVERYTHING)}, _created)


async def registered(seam: SeamClient) -> list[Subscription]:
    """All there are. Raises ProviderError."""
    return await seam.read("/webhooks/list", {}, _listed)


def _listed(payload: Mapping[str, Any]) -> list[Subscription]:
    webhooks = payload.get("webhooks")
    if not isinstance(webhooks, list):
        raise Unreadable("no webhooks")
    return read_each(webhooks, lambda one: _webhook(one, new=False), "webhook")


def _created(payload: Mapping[str, Any]) -> Subscription:
    return _webhook(payload.get("webhook"), new=True)


def _webhook(seen: object, *, new: bool) -> Subscription:
    said = seen if isinstance(seen, dict) else {}
    ref, url, secret = (said.get(name) for name in ("webhook_id", "url", "secret"))
    if not isinstance(ref, str) or not isinstance(url, str):
        raise Unreadable("no webhook")
    return Subscription(ref, url, secret if isinstance(secret, str) else "", new)
