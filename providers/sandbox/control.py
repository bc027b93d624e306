"""What people do to the world around the bot: move the clock, make faults, type at a door.

Each answer to a wrong request is a 4xx with one sentence. Clicks and forms belong to Slack's room, texts to the phones.
"""

import re
from datetime import datetime, timedelta

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from providers.sandbox.asked import Json, Unfit, answering, json_body, number, word
from providers.sandbox.doors import Door
from providers.sandbox.world import World

DURATION = re.compile(r"P(?:(\d{1,6})D)?(?:T(?=\d)(?:(\d{1,7})H)?(?:(\d{1,9})M)?(?:(\d{1,10})S)?)?", re.ASCII)
LONGEST_PIN = 32


def routes(world: World) -> list[BaseRoute]:
    """The control routes, with full paths."""
    endpoints = _Endpoints(world)
    return [
        Route("/sandbox/clock", answering(endpoints.read_clock), methods=["GET"]),
        Route("/sandbox/clock", answering(endpoints.move_clock), methods=["POST"]),
        Route("/sandbox/faults", answering(endpoints.faults), methods=["GET", "POST", "DELETE"]),
        Route("/sandbox/doors", answering(endpoints.doors), methods=["GET"]),
        Route("/sandbox/doors/{device_id}", answering(endpoints.door), methods=["GET"]),
        Route("/sandbox/doors/{device_id}/take-out", answering(endpoints.take_out), methods=["POST"]),
        Route("/sandbox/doors/{device_id}/name", answering(endpoints.rename), methods=["POST"]),
        Route("/sandbox/doors/{device_id}/keypad", answering(endpoints.keypad), methods=["POST"]),
        Route("/sandbox/doors/{device_id}/battery", answering(endpoints.battery), methods=["POST"]),
        Route("/sandbox/traffic", answering(endpoints.calls), methods=["GET"]),
    ]


class _Endpoints:
    def __init__(self, world: World) -> None:
        self.world = world

    async def read_clock(self, request: Request) -> Response:
        return JSONResponse({"now": self.world.clock.now().isoformat()})

    async def move_clock(self, request: Request) -> Response:
        asked = await json_body(request)
        if set(asked) not in ({"advance"}, {"to"}, {"still"}):
            known = '{"advance": "PT23H"}, {"to": "2026-12-05T14:00:00+01:00"} or {"still": true}'
            raise Unfit(f"Say one of {known}.", 400)
        if "still" in asked and not isinstance(asked["still"], bool):
            raise Unfit('{"still": true} stops the clock until it is moved; {"still": false} lets it go.', 400)
        try:
            if "still" in asked:
                self.world.clock.stand(still=asked["still"])
            elif "advance" in asked:
                self.world.clock.advance(parse_duration(asked["advance"]))
            else:
                self.world.clock.to(parse_moment(asked["to"]))
        except ValueError as wrong:
            raise Unfit(str(wrong), 400) from None
        return await self.read_clock(request)

    async def faults(self, request: Request) -> Response:
        if request.method == "DELETE":
            self.world.faults.clear()
        if request.method == "POST":
            asked = await json_body(request)
            try:
                self.world.faults.set(asked)
            except ValueError as wrong:
                raise Unfit(str(wrong), 400) from None
        return JSONResponse({"faults": self.world.faults.listed()})

    async def doors(self, request: Request) -> Response:
        return JSONResponse({"doors": [self._seen(door) for door in self.world.doors]})

    async def door(self, request: Request) -> Response:
        return JSONResponse(self._seen(self._find(request)))

    async def keypad(self, request: Request) -> Response:
        door = self._find(request)
        pin = re.sub(r"\s", "", word(await json_body(request), "pin"))
        if not (pin.isascii() and pin.isdigit()) or len(pin) > LONGEST_PIN:
            raise Unfit("A keypad has only the digits 0 to 9.", 400)
        tried = self.world.doors.enter(door, pin, self.world.clock.now())
        return JSONResponse({"opened": True} if tried.opened else {"opened": False, "reason": tried.reason})

    async def take_out(self, request: Request) -> Response:
        """The lock leaves its maker's account, and its maker tells so."""
        if self.world.doors.take_out(request.path_params["device_id"]) is None:
            raise Unfit("There is no door with this id.", 404)
        return JSONResponse({"ok": True})

    async def rename(self, request: Request) -> Response:
        """Somebody gives the lock another name in its maker's app: `{"name": "Storage"}`."""
        door = self._find(request)
        self.world.doors.rename(door, word(await json_body(request), "name"))
        return JSONResponse(self._seen(door))

    async def battery(self, request: Request) -> Response:
        """`{"level": 0.12}`, or null where nobody can tell how full it is."""
        door, asked = self._find(request), await json_body(request)
        if "level" not in asked:
            raise Unfit("Say the level, from 0 to 1, or null.", 400)
        self.world.doors.measure(door, None if asked["level"] is None else number(asked, "level", 0, 1))
        return JSONResponse(self._seen(door))

    async def calls(self, request: Request) -> Response:
        return JSONResponse({"traffic": list(self.world.calls)})

    def _find(self, request: Request) -> Door:
        door = self.world.doors.find(request.path_params["device_id"])
        if door is None:
            raise Unfit("There is no door with this id.", 404)
        return door

    def _seen(self, door: Door) -> Json:
        """What somebody who stands before the door can see, and nothing of its memory."""
        last = door.last and {"at": door.last.at.isoformat(), "opened": door.last.opened, "reason": door.last.reason}
        return {
            "id": door.device_id,
            "device_id": door.device_id,
            "slug": door.slug,
            "name": door.name,
            "zone": door.zone.key,
            "bridge": door.has_bridge,
            "battery": door.battery,
            "lamp": door.lamp(self.world.clock.now()),
            "open": door.stands_open(self.world.clock.now()),
            "last": last,
        }


def parse_duration(text: object) -> timedelta:
    """ISO 8601 in days, hours, minutes and seconds (`PT23H`, `P1DT2H`). Raises ValueError with one sentence."""
    found = DURATION.fullmatch(text) if isinstance(text, str) else None
    if found is None or not any(found.groups()):
        raise ValueError("A duration looks like PT23H, PT45M or P1DT2H.")
    days, hours, minutes, seconds = (int(part or 0) for part in found.groups())
    return timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)


def parse_moment(text: object) -> datetime:
    """ISO 8601 with an offset. Raises ValueError with one sentence."""
    try:
        moment = datetime.fromisoformat(text) if isinstance(text, str) else None
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise ValueError("A moment has a date, a time and an offset, such as 2026-12-05T14:00:00+01:00.")
    return moment
