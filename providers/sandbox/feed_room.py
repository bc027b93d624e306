"""Calendars as booking platforms serve them: `GET /sandbox/feeds/{name}.ics`, and what people do to them, by
`POST /sandbox/feeds/{name}`: book, move, cancel, and have it answer as it does on a bad day.

Each platform writes as it really does (facts on bookings): Airbnb a code and no name, Booking.com neither, Vrbo a first
name under a uid that changes with the dates, a calendar kept by hand everything.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from hashlib import sha256
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route

from providers.sandbox.asked import Json, Unfit, answering, json_body, maybe, word
from providers.sandbox.faults import WithFaults
from providers.sandbox.world import World

MOST = 50
MOST_BOOKINGS = 2_500
PLATFORMS: Mapping[str, str] = {
    "airbnb": "-//Airbnb Inc//Hosting Calendar 1.0//EN",
    "booking": "-//admin.booking.com//NONSGML Booking.com//EN",
    "vrbo": "-//HomeAway.com, Inc.//EN",
    "google": "-//Google Inc//Google Calendar 70.9054//EN",
    "generic": "-//Sandbox//Calendar//EN",
}
ANSWERS = ("calendar", "empty", "nothing", "login", "cut", "huge", "private", "elsewhere", "loop", "gone")
"""As it is; without an event; without a byte; a login page; cut off in the middle; 6 MB; a redirect to a private
address; one to another place that is right; one in a circle; 404."""

_FIELDS = ("id", "from", "to", "name", "code", "phone", "email", "last_four", "status", "block", "summary")
_HUGE = 6 * 1024 * 1024


@dataclass(slots=True)
class SandboxFeed:
    """`body`: word for word what is served, instead of bookings."""

    platform: str = "airbnb"
    bookings: dict[str, Json] = field(default_factory=dict)
    answers: str = "calendar"
    body: str | None = None
    reads: int = 0
    unchanged: int = 0

    def public(self) -> Json:
        return {
            "platform": self.platform,
            "answers": self.answers,
            "bookings": list(self.bookings.values()),
            "reads": self.reads,
            "unchanged": self.unchanged,
        }


def routes(world: World) -> list[BaseRoute]:
    endpoints = _Endpoints(world)
    served = Route("/{name}.ics", answering(endpoints.serve), methods=["GET"])
    return [
        Route("/sandbox/feeds", answering(endpoints.listed), methods=["GET"]),
        Route("/sandbox/feeds/{name:str}", answering(endpoints.change), methods=["POST"]),
        Mount("/sandbox/feeds", WithFaults(served, world.faults, "feeds")),
    ]


class _Endpoints:
    def __init__(self, world: World) -> None:
        self._world = world
        self._feeds: dict[str, SandboxFeed] = {}

    async def listed(self, request: Request) -> Response:
        base = self._world.settings.base_url
        return JSONResponse(
            {name: {**feed.public(), "url": f"{base}/sandbox/feeds/{name}.ics"} for name, feed in self._feeds.items()}
        )

    async def change(self, request: Request) -> Response:
        """`{"platform": …, "answers": …, "body": …, "book": {…}, "cancel": id}`: all of it as wanted."""
        name, asked = str(request.path_params["name"]), await json_body(request)
        if unknown := sorted(set(asked) - {"platform", "answers", "body", "book", "cancel"}):
            raise Unfit(f"'{unknown[0]}' is nothing that a calendar can be told.")
        if name not in self._feeds and len(self._feeds) >= MOST:
            raise Unfit(f"The sandbox keeps {MOST} calendars at the most.")
        feed = self._feeds.get(name, SandboxFeed())
        feed.platform = _one_of(asked, "platform", tuple(PLATFORMS), feed.platform)
        feed.answers = _one_of(asked, "answers", ANSWERS, feed.answers)
        feed.body = maybe(asked, "body") if "body" in asked else feed.body
        if "book" in asked:
            _book(feed, asked["book"])
        if "cancel" in asked:
            feed.bookings.pop(word(asked, "cancel"), None)
        self._feeds[name] = feed
        self._world.happened()
        return JSONResponse(feed.public())

    async def serve(self, request: Request) -> Response:
        feed = self._feeds.get(str(request.path_params["name"]))
        if feed is None:
            return Response(status_code=404)
        feed.reads += 1
        self._world.happened()
        return _answer(feed, request, str(request.path_params["name"]))


def _answer(feed: SandboxFeed, request: Request, name: str) -> Response:
    fixed = {
        "gone": Response(status_code=404),
        "nothing": Response(b"", media_type="text/calendar"),
        "login": Response("<!DOCTYPE html><html><body>Please log in</body></html>", media_type="text/html"),
        "private": RedirectResponse("https://192.168.0.1/calendar.ics", 302),
        "loop": RedirectResponse(f"/sandbox/feeds/{name}.ics", 302),
    }
    if feed.answers in fixed:
        return fixed[feed.answers]
    if feed.answers == "elsewhere" and "moved" not in request.query_params:
        return RedirectResponse(f"/sandbox/feeds/{name}.ics?moved=1", 302)
    text = calendar(SandboxFeed(feed.platform) if feed.answers == "empty" else feed)
    if feed.answers == "huge":
        text = text.replace("END:VCALENDAR", f"X-FILL:{'x' * _HUGE}\r\nEND:VCALENDAR")
    if feed.answers == "cut":
        text = text[: len(text) * 2 // 3]
    tag = f'"{sha256(text.encode()).hexdigest()[:16]}"'
    if request.headers.get("if-none-match") == tag:
        feed.unchanged += 1
        return Response(status_code=304, headers={"etag": tag})
    return Response(text, media_type="text/calendar", headers={"etag": tag})


def _one_of(asked: Json, name: str, choices: tuple[str, ...], default: str) -> str:
    found = word(asked, name, default)
    if found not in choices:
        raise Unfit(f"'{name}' is one of: {', '.join(choices)}.")
    return found


def _book(feed: SandboxFeed, booking: Any) -> None:
    """A new booking, or one of this id otherwise."""
    if not isinstance(booking, dict) or not all(isinstance(value, str | bool) for value in booking.values()):
        raise Unfit("'book' is an object of texts.")
    if unknown := sorted(set(booking) - set(_FIELDS)):
        raise Unfit(f"'{unknown[0]}' is no field of a booking; these are: {', '.join(_FIELDS)}.")
    for name in ("from", "to"):
        _day(word(booking, name))
    if len(feed.bookings) >= MOST_BOOKINGS:
        raise Unfit(f"A calendar keeps {MOST_BOOKINGS} bookings at the most.")
    feed.bookings[word(booking, "id")] = booking


def _day(text: str) -> date:
    try:
        return datetime.fromisoformat(text) if "T" in text else date.fromisoformat(text)
    except ValueError:
        raise Unfit(f"'{text}' is no day: write 2026-12-04, or 2026-12-04T15:00.") from None


# --- as each platform writes it ---------------------------------------------------------------------------------------


def calendar(feed: SandboxFeed) -> str:
    if feed.body is not None:
        return feed.body
    lines = ["BEGIN:VCALENDAR", f"PRODID:{PLATFORMS[feed.platform]}", "CALSCALE:GREGORIAN", "VERSION:2.0"]
    for one in feed.bookings.values():
        lines += ["BEGIN:VEVENT", "DTSTAMP:20261128T180000Z", *_event(feed.platform, one), "END:VEVENT"]
    return "".join(f"{_folded(line)}\r\n" for line in (*lines, "END:VCALENDAR"))


def _event(platform: str, one: Json) -> list[str]:
    summary, description = _words(platform, one)
    lines = [_time("DTSTART", one["from"]), _time("DTEND", one["to"]), f"SUMMARY:{_escaped(summary)}"]
    lines.append(f"UID:{_uid(platform, one)}")
    if description:
        lines.append(f"DESCRIPTION:{_escaped(description)}")
    if "status" in one:
        lines.append(f"STATUS:{one['status']}")
    return lines


def _words(platform: str, one: Json) -> tuple[str, str]:
    name, block = str(one.get("name", "")), bool(one.get("block"))
    if "summary" in one:
        return str(one["summary"]), ""
    if platform == "airbnb":
        about = [f"Reservation URL: https://www.airbnb.com/hosting/reservations/details/{one.get('code', '')}"]
        about += [f"Phone Number (Last 4 Digits): {one['last_four']}"] if "last_four" in one else []
        return ("Airbnb (Not available)", "") if block else ("Reserved", "\n".join(about) if "code" in one else "")
    if platform == "booking":
        return "CLOSED - Not available", ""
    if platform == "vrbo":
        return ("Blocked", "") if block else (f"Reserved - {name}".rstrip(" -"), "")
    known = [f"{label}: {one[key]}" for label, key in (("Phone", "phone"), ("Email", "email")) if key in one]
    return ("Blocked" if block else name), "\n".join(known)


def _uid(platform: str, one: Json) -> str:
    named = f"{one['id']}{one['from']}{one['to']}" if platform == "vrbo" else str(one["id"])
    return f"{sha256(named.encode()).hexdigest()[:32]}@{platform}.example"


def _time(name: str, text: str) -> str:
    plain = text.replace("-", "").replace(":", "")
    return f"{name}:{plain:0<15}" if "T" in plain else f"{name};VALUE=DATE:{plain}"


def _escaped(text: str) -> str:
    for sign, instead in (("\\", "\\\\"), (";", "\\;"), (",", "\\,"), ("\n", "\\n")):
        text = text.replace(sign, instead)
    return text


def _folded(line: str) -> str:
    """At 75 octets, as the RFC wants it."""
    raw, pieces = line.encode(), list[bytes]()
    while len(raw) > 74:
        cut = 74
        while raw[cut] & 0xC0 == 0x80:
            cut -= 1
        pieces.append(raw[:cut])
        raw = raw[cut:]
    return b"\r\n ".join([*pieces, raw]).decode()
