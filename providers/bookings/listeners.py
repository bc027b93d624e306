"""The routes of booking systems. Check, read, keep, answer: whatever is to be done about it a worker does.

A system hears 200 whenever its delivery was kept or tells nothing: one that hears otherwise turns its webhook off.
"""

from collections.abc import Awaitable, Callable, Iterable, Sequence

import structlog
from prometheus_client import Counter
from pydantic_core import from_json
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from bot.domain.sources.booking_sources import BookingSource
from bot.domain.sources.bookings import Booking, Ignored
from bot.ports import Ports, Stale
from bot.ports.stale import retry_if_stale
from bot.workflows.take_stay.from_bookings import receive_bookings
from providers.bookings.room import BookingDelivery, BookingRoom, Heard, UnreadableBooking

log = structlog.get_logger()

HEARD = Counter(
    "nightporter_bookings_total", "What booking systems told us, by what we take it for", ["vendor", "taken_as"]
)
MOST_AT_ONCE = 100
"""Bookings in one delivery: they send one, or a few."""


class BookingListeners:
    """`room`: a vendor's. It is asked for by the first delivery: a house without bookings loads none."""

    def __init__(self, ports: Ports, vendors: Iterable[str], room: Callable[[str], BookingRoom]) -> None:
        self._ports, self._vendors, self._room = ports, vendors, room

    def routes(self) -> list[BaseRoute]:
        found: list[BaseRoute] = []
        for vendor in self._vendors:
            endpoint, path = self._endpoint(vendor), webhooks_path(vendor)
            found += [Route(path, endpoint, methods=["POST"]), Route(f"{path}/{{key}}", endpoint, methods=["POST"])]
        return found

    def _endpoint(self, vendor: str) -> Callable[[Request], Awaitable[Response]]:
        async def webhooks(request: Request) -> Response:
            sources = [one for one in await _sources(self._ports) if one.vendor == vendor]
            if not sources:
                return PlainTextResponse("Nothing is expected here: nightporter sources add.", 404)
            room = self._room(vendor)
            delivery = BookingDelivery(await request.body(), request.headers, request.path_params.get("key", ""))
            if delivery.key and not room.setup.in_address:
                return PlainTextResponse(f"The address is {webhooks_path(vendor)}.", 404)
            # All are looked at: how long it takes tells nobody whose it was.
            fitting = [one for one in sources if room.fits(one.credentials, delivery)]
            if not fitting:
                return PlainTextResponse("The signature does not fit.", 401)
            try:
                return await self._take(room, fitting[0], delivery)
            except Stale:
                return PlainTextResponse("Others were faster. Please send it once more.", 503, {"Retry-After": "5"})

        return webhooks

    async def _take(self, room: BookingRoom, source: BookingSource, delivery: BookingDelivery) -> Response:
        try:
            heard = _read(room, delivery.body)
        except UnreadableBooking as unreadable:
            HEARD.labels(room.vendor, "unreadable").inc()
            log.warning("a booking could not be read", vendor=room.vendor, source=source.name, why=str(unreadable))
            await self._keep(room, source, unreadable.beside)
            return PlainTextResponse(f"This is no booking: {unreadable}.", 400)
        await self._keep(room, source, heard)
        return JSONResponse({"ok": True})

    async def _keep(self, room: BookingRoom, source: BookingSource, heard: Sequence[Heard]) -> None:
        await receive_bookings(self._ports, source, [one for one in heard if isinstance(one, Booking)])
        for one in heard:
            HEARD.labels(room.vendor, one.why if isinstance(one, Ignored) else one.state.value).inc()


def webhooks_path(vendor: str) -> str:
    return f"/{vendor}/webhooks"


def _read(room: BookingRoom, body: bytes) -> Sequence[Heard]:
    try:
        said = from_json(body, allow_inf_nan=False)
    except ValueError:
        raise UnreadableBooking("the body is no JSON") from None
    if isinstance(said, list) and len(said) > MOST_AT_ONCE:
        raise UnreadableBooking("too many at once")
    return room.read(said)


@retry_if_stale
async def _sources(ports: Ports) -> Sequence[BookingSource]:
    async with ports.store() as uow:
        return await uow.booking_sources.all()
