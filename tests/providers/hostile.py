"""Every route of the bot that takes a body, in the process of the test: good requests for each, signed as their caller
signs, and what else may be sent there: noise, other JSON, other types at every place, whatever is deep or huge."""

import asyncio
import json
import random
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from itertools import count
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode

import httpx
from starlette.applications import Starlette
from starlette.datastructures import ImmutableMultiDict
from starlette.routing import BaseRoute, Mount, Route
from twilio.request_validator import RequestValidator

from bot.domain.approvals.api_tokens import Scope
from bot.domain.sources.source_stays import SourceKey, StayWords
from bot.ports import Ports
from bot.processes.guest_page import guest_page_routes
from bot.processes.refusing import BOOKINGS
from bot.processes.status_page import status_routes
from bot.processes.web import build_web
from bot.settings import Settings, read_settings, sandbox_values
from bot.wiring import booking_room, open_all
from bot.workflows.decide_request import decide_request
from bot.workflows.let_in import create_token
from bot.workflows.set_up_bookings import map_listing, set_up_source
from bot.workflows.sync_locks import sync_locks
from bot.workflows.take_stay import take_stay
from bot.workflows.take_stay.links import link_to
from providers.bookings.listeners import webhooks_path
from tests.benchmarks.ports import STILL, InstantLocks
from tests.contracts.booking_examples import VENDORS
from tests.journeys.outside import nonsense, signatures
from tests.journeys.outside.http_fake import Answer, Heard, HttpFake
from tests.journeys.outside.slack_payloads import interaction, slash_command
from tests.journeys.outside.slack_templates import slack_templates
from tests.moments import START

FORM, JSON = "application/x-www-form-urlencoded", "application/json"
URL, NOBODY = "https://bot.example", "http://127.0.0.1:9"
"""Where the world calls us, and where nobody answers."""

KINDS = (FORM, JSON, "", f"{FORM}; charset=utf-7", f"{JSON}; charset=none", "text/plain", "multipart/form-data", ";;;")
HUGE = 10_000_000
_AS_JSON = ("event_callback", "url_verification")
Sign = Callable[[str, bytes], Mapping[str, str]]


@dataclass(frozen=True)
class Door:
    """`goods`: what is sent there on a good day, as JSON or as the fields of a form. `sign`: the headers of a body at
    an address."""

    method: str
    address: Callable[[], str]
    goods: tuple[Any, ...]
    sign: Sign = lambda _address, _body: {}
    form: bool = False

    def kind(self, said: Any) -> str:
        """Slack sends events as JSON, and all else as a form."""
        return FORM if self.form and not (isinstance(said, dict) and said.get("type") in _AS_JSON) else JSON

    def written(self, said: Any) -> bytes:
        """As its caller writes it, whatever it is."""
        if isinstance(said, dict) and self.kind(said) == FORM:
            fields = {_text(name): _text(value) for name, value in said.items()}
            return urlencode(fields).encode()
        return json.dumps(said).encode()


def _text(value: Any) -> str:
    said = value if isinstance(value, str) else json.dumps(value)
    return said.encode("utf-8", "replace").decode()


@dataclass
class HostileBot:
    """`doors`: by the path of their route. `heard`: what our Slack keeps, which no bot would."""

    app: Starlette
    doors: dict[str, Door]
    heard: list[Heard]
    http: httpx.AsyncClient = field(repr=False)

    def signed(self, door: Door, body: bytes, kind: str) -> httpx.Request:
        address = door.address()
        headers = {"content-type": kind, **door.sign(address, body)}
        wire = {name.encode(): value.encode("latin-1") for name, value in headers.items()}
        return self.http.build_request(door.method, address, content=body, headers=wire)

    async def send(self, request: httpx.Request) -> httpx.Response:
        """In callbacks of its own: what it took to make it is nobody's stall."""
        await asyncio.sleep(0)
        return await self.http.send(request)


def routes_with_bodies(app: Starlette) -> set[str]:
    return {path for path, route in _routes(app.routes) if {"POST", "PUT", "PATCH"} & set(route.methods or ())}


def _routes(routes: list[BaseRoute], before: str = "") -> Iterator[tuple[str, Route]]:
    for route in routes:
        if isinstance(route, Mount):
            yield from _routes(list(route.app.routes if isinstance(route.app, Starlette) else route.routes), route.path)
        elif isinstance(route, Route):
            yield before + route.path, route


class Nods(HttpFake):
    """Slack, as far as it is asked by whoever answers it: all is well."""

    def answer(self, heard: Heard) -> Answer:
        known = {"team_id": "T_HOUSE", "user_id": "U_BOT", "bot_id": "B_BOT", "ts": "1.1", "channel": "C1"}
        return Answer(200, {"ok": True, "view": {"id": "V1", "hash": "1.h"}, "user": {"id": "U_ADA"}, **known})


@asynccontextmanager
async def hostile_bot(database_url: str) -> AsyncIterator[HostileBot]:
    """All routes of a bot that is set up like a house's, on a migrated database."""
    with Nods() as slack:
        values = {**sandbox_values(NOBODY), "database_url": database_url, "public_url": URL}
        settings = read_settings(**values | {"slack_api_url": f"{slack.url}/"}, vendor_timeout_seconds=1.0)
        async with _opened(settings, f"{slack.url}/answers", slack.heard) as made:
            yield made


@asynccontextmanager
async def _opened(settings: Settings, answers: str, heard: list[Heard]) -> AsyncIterator[HostileBot]:
    async with open_all(settings, STILL) as opened:
        status = status_routes(opened.ports, opened.ready, "")
        app = build_web([*opened.inbound, *guest_page_routes(opened.ports), *status], opened.ready)
        doors = await _doors(replace(opened.ports, locks=InstantLocks()), answers)
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url=URL) as http:
            yield HostileBot(app, doors, heard, http)


async def _doors(ports: Ports, answers: str) -> dict[str, Door]:
    await sync_locks(ports)
    numbers = count()
    found = {"/v1/stays/{source}/{external_id:path}": await _of_programs(ports, numbers)}
    for vendor in BOOKINGS:
        found |= await _of_bookings(ports, vendor, numbers)
    found["/g/{token}"] = await _of_guests(ports, numbers)
    return found | _of_slack(answers) | _of_twilio() | _of_seam()


async def _of_programs(ports: Ports, numbers: Iterator[int]) -> Door:
    token = await create_token(ports, "Hostile", frozenset(Scope))

    def said(**more: Any) -> dict[str, Any]:
        guest = {"name": "Ana Sample", "phone": None, "email": "ana@example.org", "language": "en"}
        times = {"starts_at": f"{START + timedelta(days=3):%Y-%m-%d}", "ends_at": "2026-12-06T11:00"}
        return {"guest": guest, "doors": ["door-0"], "status": "confirmed", "note": "Fair", **times, **more}

    goods = (said(), said(doors=["Door 1", "door-2"]), {"status": "cancelled"})
    address = lambda: f"/v1/stays/hostile/{next(numbers) % 50}"  # noqa: E731
    return Door("PUT", address, goods, lambda _a, _b: {"authorization": f"Bearer {token.secret}"})


async def _of_bookings(ports: Ports, vendor: str, numbers: Iterator[int]) -> dict[str, Door]:
    example, room, path = VENDORS[vendor], booking_room(vendor), webhooks_path(vendor)
    await set_up_source(ports, vendor, vendor, example.credentials)
    async with ports.store() as uow:
        source = next(one for one in await uow.booking_sources.all() if one.name == vendor)
        lock = (await uow.locks.all())[next(numbers) % 4]
    await map_listing(ports, source, "flat-1", (lock.id,))
    key = f"/{quote(example.credentials.secrets[0])}" if room.setup.in_address else ""
    goods = (example.made(), example.gone if example.answered is None else example.made())
    door = Door("POST", lambda: f"{path}{key}", goods, lambda _address, body: _signed(example.sign, body))
    return {path: door, f"{path}/{{key}}": replace(door, address=lambda: f"{path}{key or '/unasked'}")}


def _signed(sign: Callable[[bytes], Mapping[str, str]], body: bytes) -> Mapping[str, str]:
    """What is no text cannot be signed by everybody; it comes with a signature of nothing."""
    try:
        return sign(body)
    except ValueError:
        return sign(b"")


async def _of_guests(ports: Ports, numbers: Iterator[int]) -> Door:
    """A page of a stay that stands, one that asks for a number, and one that is nobody's."""
    addresses = ["/g/nobodys-page-of-nobody"]
    for number, phone in enumerate(("+33639981234", None)):
        first = START.date() + timedelta(days=10 + 5 * number)
        words = StayWords("Cleo", phone, ("Door 3",), first, first + timedelta(days=2))
        stay = await take_stay(ports, SourceKey("hostile-guest", f"{number}"), words, "Hostile")
        async with ports.store() as uow:
            kept = await uow.source_stays.get(stay.stay_id)
        assert kept is not None
        if kept.request_id is None:
            addresses.append((await link_to(ports, stay.stay_id, "Hostile")).removeprefix(URL))
            continue
        await decide_request(ports, kept.request_id, "U_BEN", approved=True)
        async with ports.store() as uow:
            addresses.append(f"/g/{await uow.pages.token_of(kept.request_id)}")
    word = {"step": "s-1", "pin": "01UNKNOWN", "when": f"{date(2026, 12, 12)}T22:00"}
    goods = tuple({"word": each, **word} for each in ("IN", "STUCK", "LATE", "HERE", "HUMAN", "PIN"))
    contact = {"word": "CONTACT", "name": "Ana Sample", "phone": "0639981234"}
    return Door("POST", lambda: addresses[next(numbers) % 3], (*goods, contact), form=True)


def _of_slack(answers: str) -> dict[str, Door]:
    def sign(_address: str, body: bytes) -> Mapping[str, str]:
        return signatures.slack("sandbox-signing-secret", body)

    # Afterwards nothing would go to Slack any more.
    payloads = [one for one in slack_templates(answers).values() if one.get("event", {}).get("type") not in _LEAVING]
    words = ("help", "list", "front-door for Ana +33639981234 fri 3pm - sun 11am", "withdraw K3J9P", "")
    commands = [slash_command(each, "U_ADA", "1.2.3", answers) for each in words]
    sent = [one if one.get("type") in _AS_JSON else interaction(one) for one in payloads]
    return {"/slack/events": Door("POST", lambda: "/slack/events", (*sent, *commands), sign, form=True)}


_LEAVING = ("app_uninstalled", "tokens_revoked")


def _of_twilio() -> dict[str, Door]:
    validator = RequestValidator("sandbox-twilio-auth-token")

    def sign(address: str, body: bytes) -> Mapping[str, str]:
        read = parse_qsl(body[:200_000].decode("latin-1"), keep_blank_values=True, errors="replace")
        return {"x-twilio-signature": str(validator.compute_signature(URL + address, ImmutableMultiDict(read)))}

    sid = "SM" + "0a" * 16
    text = {"MessageSid": sid, "From": "+33639981234", "To": "+15005550006", "NumMedia": "0"}
    texts = tuple({**text, "Body": each} for each in ("IN", "STUCK", "STOP", "Where is the crib?", "OK ABCD", "HERE"))
    state = {"MessageSid": sid, "SmsSid": sid, "MessageStatus": "undelivered", "ErrorCode": "30003"}
    return {
        "/twilio/sms": Door("POST", lambda: "/twilio/sms", texts, sign, form=True),
        "/twilio/status": Door("POST", lambda: "/twilio/status?m=01UNKNOWN", (state,), sign, form=True),
    }


def _of_seam() -> dict[str, Door]:
    numbers, secret = count(), str(sandbox_values(NOBODY)["seam_webhook_secret"])

    def sign(_address: str, body: bytes) -> Mapping[str, str]:
        return signatures.svix(secret, body, f"msg_{next(numbers)}")

    about = {"event_id": "e-1", "device_id": "L0", "workspace_id": "w", "created_at": START.isoformat()}
    about |= {"occurred_at": START.isoformat(), "access_code_id": "ac1", "code": "123456789", "method": "keycode"}
    about |= {"battery_level": "0.2", "action_attempt_id": "a-1", "connected_account_id": "c-1"}
    kinds = ("lock.unlocked", "lock.access_denied", "access_code.set_on_device", "device.low_battery")
    more = ("device.disconnected", "connected_account.connected", "action_attempt.lock_door.failed", "not.invented.yet")
    goods = tuple({**about, "event_type": kind} for kind in (*kinds, *more))
    return {"/seam/webhooks": Door("POST", lambda: "/seam/webhooks", goods, sign)}


# --- bodies -----------------------------------------------------------------------------------------------------------


def hostile_body(door: Door, rng: random.Random) -> tuple[str, bytes, str]:
    """What was done to a good one, what became of it, and as what it is sent."""
    good = rng.choice(door.goods)
    how, make = rng.choice(_MADE)
    kind = rng.choice(KINDS) if rng.random() < 0.1 else door.kind(good)
    return how, make(door, good, rng), kind


def _odd(_door: Door, good: Any, rng: random.Random) -> Any:
    return next(nonsense.spoiled(good, rng, 1))[1]


def _inside(good: Any, rng: random.Random, value: Any) -> Any:
    """With this at one place of it, or in a payload within a form as Slack sends it."""
    if isinstance(good, dict) and set(good) == {"payload"}:
        return {"payload": json.dumps(_inside(json.loads(good["payload"]), rng, value))}
    made = json.loads(json.dumps(good))
    parent, at = made, None
    while isinstance(parent, dict | list) and parent:
        at = rng.choice(list(parent) if isinstance(parent, dict) else range(len(parent)))
        if not isinstance(parent[at], dict | list) or not parent[at] or rng.random() < 0.3:
            break
        parent = parent[at]
    if at is None:
        return value
    parent[at] = value
    return made


def _deep(levels: int) -> Any:
    made: Any = 1
    for _ in range(levels):
        made = [made] if levels % 2 else {"a": made}
    return made


def _of_some_kind(rng: random.Random) -> Any:
    return rng.choice(
        (
            lambda: rng.choice(nonsense.ODD_VALUES),
            lambda: "".join(chr(rng.randrange(0x110000)) for _ in range(rng.randint(1, 40))),
            lambda: "\U0001f469\u200d\U0001f467" * rng.randint(1, 2_000),
            lambda: "\ud83d" * rng.randint(1, 300),
            lambda: "\x00" * rng.randint(1, 300),
            lambda: "a\u0300" * rng.randint(1, 20_000),
            lambda: rng.choice("ab <&*@1\n\u202e") * rng.choice((100, 5_000, 60_000)),
            lambda: 10 ** rng.randint(15, 4_000),
            lambda: _deep(rng.choice((5, 50, 180, 400))),
            lambda: [rng.choice(nonsense.ODD_VALUES)] * rng.choice((3, 300, 20_000)),
            lambda: {f"k{n}": n for n in range(rng.choice((3, 300, 20_000)))},
            lambda: nonsense.soup(rng),
        )
    )()


def _cut(door: Door, good: Any, rng: random.Random) -> bytes:
    body = door.written(good)
    return body[: rng.randint(0, len(body))]


_SCRATCHES = (b"\x00", b"\xff", b"\xed\xa0\x80", b'"', b"{", b"%", b"&", b"]")
_PIECES = (b"x", b"[", b'{"a":', b"9", b'"', b"a=b&", b"%00", b"\\u0000", b" ", b"\xff", b"&", b"=")


def _scratched(door: Door, good: Any, rng: random.Random) -> bytes:
    body = bytearray(door.written(good))
    for _ in range(rng.choice((1, 1, 3, 20))):
        at = rng.randrange(len(body))
        body[at : at + rng.choice((0, 1, 4))] = rng.choice(
            (b"\x00", b"\xff", b"\xed\xa0\x80", b'"', b"{", b"%", b"&", b"]")
        )
    return bytes(body)


def _twice(door: Door, good: Any, rng: random.Random) -> bytes:
    """The same names more than once, with something else behind each."""
    body = door.written(good)
    name = rng.choice(list(good) if isinstance(good, dict) else ["x"])
    other = door.written({name: _of_some_kind(rng)})
    if door.form:
        return body + b"&" + other if rng.random() < 0.5 else other + b"&" + body
    return body.replace(b"{", other[:-1] + b", ", 1) if rng.random() < 0.5 else body[:-1] + b", " + other[1:]


def _large(door: Door, good: Any, rng: random.Random) -> bytes:
    """As large as a body may be, or larger: of parts that can all be read, or of a piece again and again."""
    size = rng.choice((40_000, 90_000, 300_000, 900_000, HUGE))
    if size < HUGE and rng.random() < 0.6:
        one: Any = rng.choice(({}, [], None, "a", {"a": 1}, "\U0001f469", "<@U1>", 10**300))
        return door.written(_inside(good, rng, [one] * (size // len(json.dumps(one)))))
    piece = rng.choice(_PIECES)
    before, marked, after = door.written(_inside(good, rng, "LARGE")).partition(b"LARGE")
    return (before if marked else b"") + piece * (size // len(piece)) + (after if rng.random() < 0.5 else b"")


Make = Callable[[Door, Any, random.Random], bytes]
_MADE: tuple[tuple[str, Make], ...] = (
    ("noise", lambda door, good, rng: nonsense.noise(rng)),
    *[("odd", lambda door, good, rng: door.written(_odd(door, good, rng)))] * 4,
    *[("other inside", lambda door, good, rng: door.written(_inside(good, rng, _of_some_kind(rng))))] * 8,
    ("another whole", lambda door, good, rng: door.written(_of_some_kind(rng))),
    ("cut", _cut),
    *[("scratched", _scratched)] * 2,
    *[("twice", _twice)] * 2,
    ("large", _large),
)
