"""igloohome on the wire: what is asked, as the facts have it, and how each answer is read. Nothing is quoted."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from bot.domain.locks.remote_commands import Action
from bot.domain.pins import Pin
from bot.domain.windows import AccessWindow, PinKind
from bot.ports import (
    LockFull,
    MintOrder,
    Misconfigured,
    OnlineOrder,
    OutcomeUnknown,
    ProviderError,
    Rejected,
    SlotFull,
    Unavailable,
)
from providers.igloohome.client import IglooClient
from providers.igloohome.lock import IglooLockProvider
from providers.igloohome.online import IglooOnlinePins

T0 = datetime(2026, 12, 4, 14, tzinfo=UTC)
DAY = AccessWindow(T0, T0 + timedelta(hours=44))
LOCK, BRIDGE = "IGP1A", "EB1A"
PIN = "012345678"
DEVICES = {
    "nextCursor": None,
    "payload": [
        {"type": "Lock", "deviceId": LOCK, "deviceName": "Front", "batteryLevel": 80, "linkedDevices": []},
        {"type": "Bridge", "deviceId": BRIDGE, "linkedDevices": [{"type": "Lock", "deviceId": LOCK}]},
        {"type": "Lock", "deviceId": "OE1B", "deviceName": "Retrofit"},
        {"type": "Keypad", "deviceId": "EK1B", "linkedDevices": [{"type": "Lock", "deviceId": "OE1B"}]},
        {"type": "Hologram", "deviceId": "X", "linkedDevices": "none", "batteryLevel": "full"},
    ],
}


def order(kind: PinKind = PinKind.HOURLY, lock: str = LOCK, zone: str = "Asia/Kathmandu") -> MintOrder:
    return MintOrder(lock, "NP-1", kind, DAY, 2, zone)


class Stub:
    """Answers by path; keeps what it was asked. Tokens are t1, t2, …"""

    def __init__(self, answer: Callable[[httpx.Request], httpx.Response] | None = None, lives: object = 86400) -> None:
        self.asked: list[tuple[str, str, Any]] = []
        self.tokens = 0
        self.answer = answer or (lambda _: httpx.Response(200, json={"pin": PIN, "pinId": "p1"}))
        self.lives = lives
        self.ticks = 0.0

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/oauth2/token"):
            self.tokens += 1
            assert request.headers["authorization"].startswith("Basic ")
            assert request.content == b"grant_type=client_credentials"
            said = {"access_token": f"t{self.tokens}", "expires_in": self.lives, "token_type": "Bearer"}
            return httpx.Response(200, content=json.dumps(said))
        body = json.loads(request.content) if request.content else None
        self.asked.append((request.method, request.url.raw_path.decode(), body))
        if request.url.path.endswith("/devices"):
            return httpx.Response(200, json=DEVICES)
        return self.answer(request)

    def client(self) -> IglooClient:
        transport = httpx.MockTransport(self)
        urls = {"auth_url": "https://auth.example.com", "api_url": "https://api.example.com/igloohome"}
        return IglooClient("id", "key", **urls, timeout_seconds=2, transport=transport, ticks=lambda: self.ticks)

    def locks(self) -> IglooLockProvider:
        return IglooLockProvider(self.client())


@pytest.mark.parametrize(
    ("kind", "path"), [(PinKind.HOURLY, "hourly"), (PinKind.DAILY, "daily"), (PinKind.ONE_TIME, "onetime")]
)
async def test_what_is_asked_for_a_pin(kind: PinKind, path: str) -> None:
    stub = Stub()
    minted = await stub.locks().mint(order(kind))
    assert minted.pin == Pin(PIN), "a leading zero counts"
    ((method, where, body),) = stub.asked
    assert (method, where) == ("POST", f"/igloohome/devices/{LOCK}/algopin/{path}")
    expected = {"variance": 2, "startDate": "2026-12-04T19:45:00+05:45", "accessName": "NP-1"}
    assert body == (expected if kind is PinKind.ONE_TIME else {**expected, "endDate": "2026-12-06T15:45:00+05:45"})


async def test_the_locks_and_where_a_retrofit_one_is_typed_at() -> None:
    stub = Stub()
    front, retrofit = await stub.locks().locks()
    assert (front.provider_ref, front.name, front.zone, front.bridge_ref) == (LOCK, "Front", None, BRIDGE)
    assert (front.has_bridge, front.health.level, front.health.online) == (True, 0.8, None)
    assert (retrofit.provider_ref, retrofit.has_bridge) == ("OE1B", False)
    await stub.locks().mint(order(lock="OE1B"))
    assert stub.asked[-1][1] == "/igloohome/devices/EK1B/algopin/hourly"


async def test_a_list_of_several_pages() -> None:
    pages = iter([{**DEVICES, "nextCursor": "a b&c"}, {**DEVICES, "nextCursor": ""}])
    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/oauth2/token"):
            return httpx.Response(200, json={"access_token": "t"})
        asked.append(str(request.url.params))
        return httpx.Response(200, json=next(pages))

    client = IglooClient("i", "k", timeout_seconds=2, transport=httpx.MockTransport(answer))
    assert len(await IglooLockProvider(client).locks()) == 4
    assert asked == ["", "cursor=a+b%26c"]
    await client.close()


@pytest.mark.parametrize("lives", [10**400, float("inf"), float("nan"), -1, True, None, "86400", []])
async def test_a_token_that_lives_oddly_is_kept_for_an_hour(lives: object) -> None:
    stub = Stub(lives=lives)
    provider = stub.locks()
    for ticks, tokens in ((0, 1), (3500, 1), (3541, 2)):
        stub.ticks = float(ticks)
        await provider.mint(order())
        assert stub.tokens == tokens


async def test_a_token_is_kept_until_shortly_before_its_end() -> None:
    stub = Stub(lives=3600)
    provider = stub.locks()
    for ticks, tokens in ((0, 1), (3500, 1), (3541, 2), (3600, 2)):
        stub.ticks = float(ticks)
        await provider.mint(order())
        assert stub.tokens == tokens


@pytest.mark.parametrize("status", [401, 403])
async def test_a_token_that_is_not_taken_is_renewed_once(status: int) -> None:
    stub = Stub(
        lambda r: httpx.Response(status if r.headers["authorization"] == "Bearer t1" else 200, json={"pin": PIN})
    )
    assert (await stub.locks().mint(order())).pin == Pin(PIN)
    assert stub.tokens == 2
    never = Stub(lambda _: httpx.Response(status))
    with pytest.raises(Misconfigured):
        await never.locks().mint(order())
    assert never.tokens == 2


SECRET = "said 012345678 to +33639981234"  # what an answer might quote


@pytest.mark.parametrize(
    ("status", "message", "kind"),
    [
        (400, "Invalid input", Rejected),
        (404, "Device not found", Rejected),
        (415, "", Rejected),
        (422, "Exceeded the limit of 367 days", Rejected),
        (400, "variance 2 already used", SlotFull),
        (400, "Maximum number of access codes reached", LockFull),
        (429, "", Unavailable),
        (408, "", Unavailable),
        (500, "", Unavailable),
        (503, "", Unavailable),
    ],
)
async def test_each_error_of_the_table(status: int, message: str, kind: type[ProviderError]) -> None:
    stub = Stub(lambda _: httpx.Response(status, json={"message": f"{message} {SECRET}"}, headers={"retry-after": "9"}))
    with pytest.raises(kind) as error:
        await stub.locks().mint(order())
    assert type(error.value) is kind
    assert "012345678" not in str(error.value)
    assert "+336" not in str(error.value)


NO_PINS = (
    "12",
    "1234",
    "123456",
    "1234567890",
    "000000000",
    "7777777",
    "０１２３４５６７８",
    " 12345678",
    "12345678\n",
)


@pytest.mark.parametrize(
    "body",
    [
        *(b"", b"[]", b"{}", b'{"pin": 12345678}', b"<html>", b"\xff"),
        *(json.dumps({"pin": digits}).encode() for digits in NO_PINS),
    ],
)
async def test_an_answer_that_cannot_be_read_is_asked_for_again(body: bytes) -> None:
    stub = Stub(lambda _: httpx.Response(200, content=body))
    with pytest.raises(Unavailable):
        await stub.locks().mint(order())
    assert len(stub.asked) == 3, "a PIN is the same whenever it is asked for"


async def test_a_door_is_never_opened_twice() -> None:
    def lost(_: httpx.Request) -> httpx.Response:
        raise httpx.ReadTimeout("late")

    stub = Stub(lost)
    with pytest.raises(OutcomeUnknown):
        await stub.locks().operate(LOCK, Action.UNLOCK)
    jobs = [one for one in stub.asked if "/jobs/" in one[1]]
    assert jobs == [("POST", f"/igloohome/devices/{LOCK}/jobs/bridges/{BRIDGE}", {"jobType": 2})]


async def test_a_bridge_that_is_away_and_a_lock_without_one() -> None:
    away = await Stub(lambda _: httpx.Response(406, json={"message": "x"})).locks().operate(LOCK, Action.LOCK)
    assert (away.done, away.problem) == (False, "Its bridge is offline.")
    without = await Stub().locks().operate("OE1B", Action.LOCK)
    assert (without.done, without.problem) == (False, "It has no bridge.")


@pytest.mark.parametrize(
    ("job", "done"),
    [
        ({"completed": False}, None),
        ({}, None),
        ({"completed": True, "jobResponse": {"jobStatus": 0}}, True),
        ({"completed": True, "jobResponse": {"jobStatus": 2}}, False),
        ({"completed": True, "jobResponse": {"jobStatus": False}}, False),
        ({"completed": True, "jobResponse": {"jobStatus": "0"}}, False),
        ({"completed": True}, False),
        ({"completed": True, "jobResponse": None}, False),
    ],
)
async def test_how_a_job_stands(job: dict[str, Any], done: bool | None) -> None:
    stub = Stub(lambda _: httpx.Response(200, json={"jobId": "j1", **job}))
    assert (await stub.locks().operated("j1")).done is done


async def test_digits_of_ones_own() -> None:
    stub = Stub(lambda _: httpx.Response(201, json={"jobId": "j1"}))
    online, wanted = IglooOnlinePins(stub.client()), OnlineOrder(LOCK, "NP-1", Pin("0482"), DAY)
    assert (await online.program(wanted)).ref == "set:j1"
    assert (await online.erase("set:j1", wanted)).ref == "erase:j1"
    data = {
        "accessName": "NP-1",
        "pin": "0482",
        "pinType": 4,
        "startDate": "2026-12-04T14:00:00+00:00",
        "endDate": "2026-12-06T10:00:00+00:00",
    }
    assert [one[2] for one in stub.asked if one[2]] == [
        {"jobType": 4, "jobData": data},
        {"jobType": 5, "jobData": {"pin": "0482"}},
    ]


async def test_keys_that_are_none() -> None:
    client = IglooClient(
        "i", "k", timeout_seconds=2, transport=httpx.MockTransport(lambda _: httpx.Response(400, json={"error": "x"}))
    )
    with pytest.raises(Misconfigured) as error:
        await IglooLockProvider(client).check()
    assert "IGLOOHOME_CLIENT_SECRET" in str(error.value)


def _listing(*odd: object) -> Callable[[httpx.Request], httpx.Response]:
    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/oauth2/token"):
            return httpx.Response(200, json={"access_token": "t"})
        if request.url.path.endswith("/devices"):
            return httpx.Response(200, content=json.dumps({"payload": [*odd, *DEVICES["payload"]]}))  # type: ignore[misc]
        return httpx.Response(200, json={"pin": PIN, "jobId": "j"})

    return answer


def _provider(answer: Callable[[httpx.Request], httpx.Response]) -> IglooLockProvider:
    urls = {"auth_url": "https://auth.example.com", "api_url": "https://api.example.com/igloohome"}
    transport = httpx.MockTransport(answer)
    return IglooLockProvider(IglooClient("id", "key", **urls, timeout_seconds=2, transport=transport))


ODD: list[object] = [
    None,
    "device",
    {"type": "Lock"},
    {"type": "Lock", "deviceId": "a\x00b"},
    {"type": "Lock", "deviceId": "\ud83d"},
]


@pytest.mark.parametrize("odd", ODD)
async def test_a_device_that_cannot_be_read_costs_none_of_the_others(odd: object) -> None:
    provider = _provider(_listing(odd))
    assert [lock.name for lock in await provider.locks()] == ["Front", "Retrofit"]
    assert (await provider.operate(LOCK, Action.UNLOCK)).ref == "j"
    await provider.mint(order(lock="OE1B"))
    # The keypad that is looked for may be the one that cannot be read: no PIN is made for the lock instead.
    with pytest.raises(Unavailable):
        await provider.mint(order(lock="OE1C"))


@pytest.mark.parametrize(
    ("said", "name"), [("Door \ud83d", "Door �"), ("a\x00\nb", "a� b"), ("\u202e", "IGP9"), ("", "IGP9")]
)
async def test_a_name_is_one_line_of_signs_that_can_be_kept(said: str, name: str) -> None:
    provider = _provider(_listing({"type": "Lock", "deviceId": "IGP9", "deviceName": said, "linkedDevices": [{}, 7]}))
    assert (await provider.locks())[0].name == name
