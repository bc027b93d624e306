"""Requests whose signature does not fit: counted, logged once a minute with what may cure it, and kept for `doctor`."""

import time
from collections.abc import Awaitable, Callable, Mapping
from types import MappingProxyType

import structlog
from sqlalchemy.exc import SQLAlchemyError

from bot.ports import Ports, Stale

log = structlog.get_logger()

EVERY_SECONDS = 60.0
BOOKINGS = ("hospitable", "hostaway", "guesty", "smoobu", "calcom", "lodgify")
"""Booking systems that send webhooks."""

CURES: Mapping[str, str] = MappingProxyType(
    {
        "slack": "SLACK_SIGNING_SECRET has to be the app's own, and this machine's clock right",
        "twilio": "TWILIO_AUTH_TOKEN has to be the account's, and PUBLIC_URL the address that Twilio calls",
        "seam": "run `nightporter webhooks register` and set SEAM_WEBHOOK_SECRET to what it prints",
        **dict.fromkeys(
            BOOKINGS, "what it signs with has to be what `nightporter sources add` was given, or has printed"
        ),
    }
)
Keep = Callable[[str, int], Awaitable[None]]


class Refusing:
    """However many come, no more than a line and a row a minute for each vendor."""

    def __init__(self, keep: Keep, ticks: Callable[[], float] = time.monotonic) -> None:
        self._keep = keep
        self._ticks = ticks
        self._count = dict.fromkeys(CURES, 0)
        self._next = dict.fromkeys(CURES, 0.0)

    async def saw(self, vendor: str) -> None:
        if vendor not in CURES:
            return
        self._count[vendor] += 1
        if self._ticks() < self._next[vendor]:
            return
        count, self._count[vendor] = self._count[vendor], 0
        self._next[vendor] = self._ticks() + EVERY_SECONDS
        log.warning("requests with a wrong signature were refused", vendor=vendor, count=count, cure=CURES[vendor])
        await self._keep(vendor, count)


async def keep_refused(ports: Ports, vendor: str, count: int) -> None:
    """In its row. Whatever the database says, the answer to whoever called has been given."""
    try:
        async with ports.store() as uow:
            await uow.refused_webhooks.record(vendor, count, ports.clock.wall())
    except (SQLAlchemyError, OSError, Stale) as error:
        log.warning("refused requests could not be counted", error=type(error).__name__)
