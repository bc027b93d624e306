"""Whatever a vendor answers, its room turns it into a value or into a ProviderError; and an answer to something that
acts, which cannot be read, is never "not done"."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from bot.domain.locks.remote_commands import Action
from bot.domain.messages.notice import Notice
from bot.domain.pins import Phone, Pin
from bot.domain.windows import AccessWindow, PinKind
from bot.ports import MintOrder, OnlineOrder, OutcomeUnknown, ProviderError, Text
from providers import http
from providers.igloohome.client import IglooClient
from providers.igloohome.lock import IglooLockProvider
from providers.igloohome.online import IglooOnlinePins
from providers.seam.accounts import SeamAccounts
from providers.seam.checkups import checkups as seam_checkups
from providers.seam.client import SeamClient
from providers.seam.lock import SeamLockProvider
from providers.seam.online import SeamOnlinePins
from providers.seam.subscribing import subscribe
from providers.slack.client import SlackChat
from providers.twilio.checkups import checkups as twilio_checkups
from providers.twilio.messenger import TwilioTexter
from tests.cases import one_in
from tests.providers.loopback import Answer, Loopback
from tests.providers.odd import HEADERS, oddities
from tests.providers.silence import BODY, PHONE

START = datetime(2026, 12, 4, 14, tzinfo=UTC)
ORDER = MintOrder("lock-1", "NP-1", PinKind.HOURLY, AccessWindow(START, START + timedelta(hours=4)), 1, "Europe/Paris")
ONLINE = OnlineOrder("lock-1", "NP-1", Pin("482913"), AccessWindow(START, START + timedelta(hours=4)))
TEXT = Text("01JMESSAGE", Phone(PHONE), BODY, START)
SM = f"SM{1:032x}"
SID = "AC00000000000000000000000000000001"
FAILED = (400, 429, 503)
SHARE = 5

DEVICE = {
    "device_id": "lock-1",
    "device_type": "igloohome_lock",
    "display_name": "Front door",
    "connected_account_id": "account-1",
    "can_program_offline_access_codes": True,
    "location": {"time_zone": "Europe/Paris"},
    "properties": {
        "online": True,
        "name": "Front",
        "appearance": {"name": "Front"},
        "battery": {"level": 0.8, "status": "good"},
        "igloohome_metadata": {"bridge_id": "EB1"},
    },
}
CODE = {
    "access_code_id": "ac1",
    "device_id": "lock-1",
    "name": "NP-1",
    "code": "481529063",
    "starts_at": "2026-12-04T14:00:00Z",
    "ends_at": "2026-12-04T18:00:00Z",
    "created_at": "2026-12-01T00:00:00Z",
    "errors": [{"error_code": "provider_issue"}],
    "pending_mutations": [{"mutation_code": "creating"}],
}
PAGES = {"pagination": {"next_page_cursor": None, "has_next_page": False}}
ATTEMPT = {
    "action_attempt": {
        "action_attempt_id": "aa1",
        "status": "error",
        "error": {"type": "device_offline", "message": "x"},
    }
}
WEBVIEW = {
    "connect_webview": {
        "connect_webview_id": "cw1",
        "url": "https://connect.getseam.com/x",
        "status": "pending",
        "selected_provider": "igloohome",
        "connected_account_id": "account-1",
    }
}
ACCOUNT = {
    "connected_account_id": "account-1",
    "account_type": "igloohome",
    "display_name": "Ada",
    "user_identifier": {"email": "ada@example.com"},
    "errors": [{"error_code": "account_disconnected", "created_at": "2026-12-01T00:00:00Z"}],
}
HOOKS = {"webhooks": [{"webhook_id": "w1", "url": "https://pins.example.com/seam/webhooks", "secret": "whsec_x"}]}
DEVICES = {
    "nextCursor": None,
    "payload": [
        {
            "type": "Lock",
            "deviceId": "lock-1",
            "deviceName": "Front",
            "batteryLevel": 80,
            "linkedDevices": [{"type": "Bridge", "deviceId": "EB1"}],
        },
        {"type": "Bridge", "deviceId": "EB1", "linkedDevices": [{"type": "Lock", "deviceId": "lock-1"}]},
    ],
}
TOKEN = {"access_token": "t1", "expires_in": 86400, "token_type": "Bearer"}
JOB = {"jobId": "j1", "completed": True, "jobType": 2, "jobResponse": {"jobStatus": 0}}
MESSAGE = {
    "sid": SM,
    "body": BODY,
    "status": "undelivered",
    "error_code": 30005,
    "date_created": "Fri, 04 Dec 2026 14:00:30 +0000",
    "date_sent": None,
    "num_segments": "1",
    "price": None,
    "subresource_uris": {"media": "/x"},
}
NUMBER = {
    "sid": "PN1",
    "phone_number": "+15005550006",
    "sms_url": "https://pins.example.com/twilio/sms",
    "sms_method": "POST",
    "capabilities": {"sms": True},
}
SERVICE = {
    "sid": "MG1",
    "use_inbound_webhook_on_number": False,
    "inbound_request_url": "https://pins.example.com/twilio/sms",
    "inbound_method": "POST",
}
POSTED = {"ok": True, "channel": "C1", "ts": "1796392800.000100", "message": {"text": "x"}}
HISTORY = {
    "ok": True,
    "messages": [
        {
            "ts": "1796392800.000100",
            "metadata": {"event_type": "nightporter", "event_payload": {"post_id": "card-1"}},
        }
    ],
    "response_metadata": {"next_cursor": ""},
}
USER = {
    "ok": True,
    "user": {
        "id": "U1",
        "team_id": "T1",
        "name": "ada",
        "real_name": "Ada",
        "deleted": False,
        "is_restricted": False,
        "profile": {"real_name": "Ada", "display_name": "ada"},
        "enterprise_user": {"teams": ["T1"]},
    },
}
SEAM_REFUSED = {"error": {"type": "invalid_input", "message": "no"}, "ok": False}
SLACK_REFUSED = {
    "ok": False,
    "error": "invalid_blocks",
    "needed": "chat:write",
    "response_metadata": {"messages": ["[ERROR] x [json-pointer:/blocks/0]"]},
}


@dataclass(frozen=True)
class Call:
    """`answers`: what comes for each request, in order, the last one again and again. `acts`: the answer at this place
    is to something that acts."""

    name: str
    ask: Callable[[Any], Awaitable[object]]
    answers: tuple[Any, ...]
    acts: int | None = None
    refused: Any = None


SEAM = [
    Call("locks", lambda s: SeamLockProvider(s).locks(), ({"devices": [DEVICE], **PAGES},), refused=SEAM_REFUSED),
    Call("has", lambda s: SeamLockProvider(s).has("lock-1"), ({"device": DEVICE},), refused=SEAM_REFUSED),
    Call("mint", lambda s: SeamLockProvider(s).mint(ORDER), ({"access_code": CODE},), 0, SEAM_REFUSED),
    Call("find", lambda s: SeamLockProvider(s).find(ORDER), ({"access_codes": [CODE, CODE], **PAGES},)),
    Call("fetch", lambda s: SeamLockProvider(s).fetch("ac1"), ({"access_code": CODE},)),
    Call("operate", lambda s: SeamLockProvider(s).operate("lock-1", Action.UNLOCK), (ATTEMPT,), 0, SEAM_REFUSED),
    Call("operated", lambda s: SeamLockProvider(s).operated("aa1"), (ATTEMPT,)),
    Call("check", lambda s: SeamLockProvider(s).check(), ({"workspace": {"name": "House", "is_sandbox": True}},)),
    Call("begin", lambda s: SeamAccounts(s, lambda: START).begin(), (WEBVIEW,), 0, SEAM_REFUSED),
    Call("look", lambda s: SeamAccounts(s, lambda: START).look("cw1"), (WEBVIEW,)),
    Call(
        "accounts", lambda s: SeamAccounts(s, lambda: START).accounts(), ({"connected_accounts": [ACCOUNT], **PAGES},)
    ),
    Call("subscribe", lambda s: subscribe(s, "https://x"), (HOOKS, {"webhook": HOOKS["webhooks"][0]}), 1),
    Call("program", lambda s: SeamOnlinePins(s).program(ONLINE), ({"access_code": CODE},), 0, SEAM_REFUSED),
    Call("find online", lambda s: SeamOnlinePins(s).find(ONLINE), ({"access_codes": [CODE], **PAGES},)),
    Call("look online", lambda s: SeamOnlinePins(s).look("ac1"), ({"access_code": CODE},)),
    Call("erase", lambda s: SeamOnlinePins(s).erase("ac1", ONLINE), (ATTEMPT,), 0, SEAM_REFUSED),
    Call("doctor", lambda s: _seam_doctor(s), (HOOKS, {"connected_accounts": [ACCOUNT], **PAGES})),
]
IGLOO_REFUSED = {"message": "variance", "error": "x"}
IGLOOHOME = [
    Call("locks", lambda i: IglooLockProvider(i).locks(), (TOKEN, DEVICES), refused=IGLOO_REFUSED),
    Call("has", lambda i: IglooLockProvider(i).has("lock-1"), (TOKEN, DEVICES["payload"][0])),  # type: ignore[index]
    Call("mint", lambda i: IglooLockProvider(i).mint(ORDER), (TOKEN, {"pin": "481529063", "pinId": "p1"})),
    Call(
        "operate", lambda i: IglooLockProvider(i).operate("lock-1", Action.UNLOCK), (TOKEN, DEVICES, {"jobId": "j"}), 2
    ),
    Call("operated", lambda i: IglooLockProvider(i).operated("j1"), (TOKEN, JOB), refused=IGLOO_REFUSED),
    Call("program", lambda i: IglooOnlinePins(i).program(ONLINE), (TOKEN, DEVICES, {"jobId": "j"}), 2, IGLOO_REFUSED),
    Call("look online", lambda i: IglooOnlinePins(i).look("set:j1"), (TOKEN, JOB)),
]
TWILIO_REFUSED = {"code": 21211, "message": "no", "more_info": "x", "status": 400}
TWILIO = [
    Call("send", lambda t: t.send(TEXT), (MESSAGE,), 0, TWILIO_REFUSED),
    Call("find", lambda t: t.find(TEXT, frozenset()), ({"messages": [MESSAGE, MESSAGE], "next_page_uri": None},)),
    Call("look_up", lambda t: t.look_up(SM), (MESSAGE,), refused=TWILIO_REFUSED),
    Call("check", lambda t: t.check(), ({"sid": SID, "friendly_name": "Hotel", "status": "active"},)),
    Call("number", lambda t: _twilio_doctor(t, ""), ({"incoming_phone_numbers": [NUMBER], "next_page_uri": None},)),
    Call("service", lambda t: _twilio_doctor(t, "MG1"), (SERVICE,)),
]
SLACK = [
    Call("post", lambda s: s.post("C1", Notice("x"), post_id="card-1"), (POSTED,), 0, SLACK_REFUSED),
    Call("find", lambda s: s.find("C1", post_id="card-1", since=START), (HISTORY,), refused=SLACK_REFUSED),
    Call("members", lambda s: s.members("S1"), ({"ok": True, "users": ["U1", "U2"]},)),
    Call("name", lambda s: s.name("U1"), (USER,)),
    Call("belonging", lambda s: s.belonging("U1", workspace="T1"), (USER,)),
    Call("works here", lambda s: s.works_here("U1"), (USER,)),
    Call("team", lambda s: s.team(), ({"ok": True, "team_id": "T1", "team": "House"},)),
    Call("check", lambda s: s.check(), ({"ok": True, "user": "porter", "team": "House"},)),
    Call("a person", lambda s: s.look_into("U1"), ({"ok": True, "channel": {"id": "D1"}}, HISTORY)),
]


async def _seam_doctor(seam: SeamClient) -> None:
    for one in seam_checkups(
        seam, SeamAccounts(seam, lambda: START), public_url="https://pins.example.com", secret="whsec_x"
    )[::-1]:
        await one.look()


async def _twilio_doctor(texter: TwilioTexter, service: str) -> str:
    found = twilio_checkups(texter, sender="+15005550006", service=service, public_url="https://pins.example.com")
    return await found[1].look()


def _dumped(body: object) -> str:
    return json.dumps(body)


async def _judged(call: Call, asked: Awaitable[object], at: int, where: str, *, refused: bool = False) -> str:
    """What is wrong with how it ended; empty where nothing is."""
    try:
        async with asyncio.timeout(20):
            await asked
    except ProviderError as error:
        if call.acts == at and not refused and type(error) is not OutcomeUnknown:
            return f"{call.name}, answer {at}, {where}: {type(error).__name__}, though it may have been done"
    except Exception as error:
        return f"{call.name}, answer {at}, {where}: {error!r:.200}"
    return ""


class Wire:
    """An httpx transport that answers in order, the last answer again and again: `bodies`, of which the one at `at` is
    odd. `known` of them are not asked for, since the client has what they say from an earlier call."""

    def __init__(self) -> None:
        self.will([], -1)

    def will(
        self,
        bodies: Sequence[str],
        at: int,
        status: int = 200,
        headers: Mapping[str, str] | None = None,
        known: int = 0,
    ) -> None:
        self._bodies, self._at, self._status, self._headers, self._count = bodies, at, status, headers or {}, known
        self.odd_given = False

    def __call__(self, request: httpx.Request) -> httpx.Response:
        index = min(self._count, len(self._bodies) - 1)
        self._count += 1
        odd = index == self._at
        self.odd_given = self.odd_given or odd
        headers = {"content-type": "application/json", **(self._headers if odd else {})}
        raw = [(name.encode(), value.encode()) for name, value in headers.items()]
        return httpx.Response(self._status if odd else 200, headers=raw, content=self._bodies[index].encode())


def _seam(wire: Wire) -> SeamClient:
    return SeamClient("seam_test_key", timeout_seconds=2, transport=httpx.MockTransport(wire))


def _igloohome(wire: Wire) -> IglooClient:
    return IglooClient("id", "key", timeout_seconds=2, transport=httpx.MockTransport(wire))


OVER_HTTPX = [(_seam, call) for call in SEAM] + [(_igloohome, call) for call in IGLOOHOME]
IDS = [f"seam {call.name}" for call in SEAM] + [f"igloohome {call.name}" for call in IGLOOHOME]
Odd = tuple[str, int, str, int, Mapping[str, str], bool]
"""What is odd, in which answer; its body, status and headers, and whether it is a refusal."""


async def _over_httpx(client: Callable[[Wire], Any], call: Call, answers: Iterable[Odd]) -> list[str]:
    """By one client, as in a bot; but each odd token is for a client that has none."""
    good, wire, wrong = [_dumped(answer) for answer in call.answers], Wire(), []
    made, known = client(wire), int(client is _igloohome)
    wire.will(good, -1)
    if call.name != "doctor":
        await call.ask(made)
    for where, at, body, status, headers, refused in answers:
        fresh = at < known
        wire.will([*good[:at], body, *good[at + 1 :]], at, status, headers, known=0 if fresh else known)
        wrong.append(await _judged(call, call.ask(client(wire) if fresh else made), at, where, refused=refused))
        assert wire.odd_given, (call.name, where)
    return [each for each in wrong if each]


@pytest.mark.properties
@pytest.mark.parametrize(("client", "call"), OVER_HTTPX, ids=IDS)
async def test_any_value_of_an_answer_over_httpx(client: Callable[[Wire], Any], call: Call) -> None:
    answers = (
        (where, at, _dumped(odd), 200, {}, False)
        for at, answer in enumerate(call.answers)
        for where, odd in oddities(answer)
    )
    assert (await _over_httpx(client, call, one_in(SHARE, answers)))[:10] == []


@pytest.mark.properties
@pytest.mark.parametrize(("client", "call"), OVER_HTTPX, ids=IDS)
async def test_any_refusal_and_any_header_over_httpx(client: Callable[[Wire], Any], call: Call) -> None:
    answers: list[Odd] = [
        (f"{status} {headers}", at, _dumped(call.answers[at]), status, headers, status != 200)
        for at in range(len(call.answers))
        for headers in HEADERS
        for status in (200, *FAILED)
    ] + [
        (f"{status} {where}", at, _dumped(odd), status, {}, True)
        for at in range(len(call.answers) if call.refused else 0)
        for where, odd in oddities(call.refused)
        for status in (400, 429, 500)
    ]
    assert (await _over_httpx(client, call, one_in(SHARE, answers)))[:10] == []


def _texter(url: str) -> TwilioTexter:
    public = "https://pins.example.com"
    return TwilioTexter(SID, "t", public_url=public, from_number="+15005550006", api_url=url, timeout_seconds=2)


async def _over_aiohttp(vendor: Loopback, call: Call, answers: Iterable[tuple[str, int, Answer, bool]]) -> list[str]:
    """By one client, as in a bot; but by a new one of Slack where the last was asked to slow down."""
    wrong, made = [], None
    async with AsyncExitStack() as stack:
        for where, at, odd, refused in answers:
            replies = [Answer(body) for body in call.answers]
            replies[at] = odd
            vendor.will(*replies)
            if made is None:
                made = _texter(vendor.url) if call in TWILIO else SlackChat("xoxb-secret", api_url=f"{vendor.url}/api/")
                stack.push_async_callback(made.close)
            wrong.append(await _judged(call, call.ask(made), at, where, refused=refused))
            if call in SLACK and odd.status != 200:
                made = None
    return [each for each in wrong if each]


OVER_AIOHTTP = [*TWILIO, *SLACK]
AIO_IDS = [f"twilio {call.name}" for call in TWILIO] + [f"slack {call.name}" for call in SLACK]


@pytest.mark.properties
@pytest.mark.parametrize("call", OVER_AIOHTTP, ids=AIO_IDS)
async def test_any_value_of_an_answer_through_an_sdk(vendor: Loopback, call: Call) -> None:
    answers = [
        # Slack says a refusal by `ok` alone: without it nothing is known to be done, and its `error` decides.
        (where, at, Answer(_dumped(odd)), call in SLACK and isinstance(odd, dict) and odd.get("ok") is not True)
        for at, answer in enumerate(call.answers)
        for where, odd in oddities(answer)
    ]
    assert (await _over_aiohttp(vendor, call, one_in(SHARE, answers)))[:10] == []


@pytest.mark.properties
@pytest.mark.parametrize("call", OVER_AIOHTTP, ids=AIO_IDS)
async def test_any_refusal_and_any_header_through_an_sdk(vendor: Loopback, call: Call) -> None:
    answers = [
        (f"{status} {headers}", at, Answer(call.answers[at], status, headers), status != 200)
        for at in range(len(call.answers))
        for headers in HEADERS
        for status in (200, *FAILED)
    ] + [
        (f"{status} {where}", at, Answer(_dumped(odd), status), True)
        for at in range(len(call.answers) if call.refused else 0)
        for where, odd in oddities(call.refused)
        for status in (200, 400, 429)
    ]
    assert (await _over_aiohttp(vendor, call, one_in(SHARE, answers)))[:10] == []


def test_a_time_to_wait_that_is_none_is_none() -> None:
    for headers in HEADERS:
        waits = http.retry_after(headers)
        assert waits is None or waits >= 0
