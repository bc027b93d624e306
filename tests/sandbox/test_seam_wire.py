"""Seam's wire: every answer and event checked against Seam's published schema, and webhooks as Svix signs them."""

import asyncio
import time
from datetime import timedelta
from typing import Any

import httpx
from seam import Seam, SeamWebhook

from providers.sandbox.app import build_sandbox, close
from providers.sandbox.clock import SandboxClock
from providers.sandbox.doors import FRONT_DOOR, LODGE, LOFT
from providers.sandbox.world import SandboxSettings
from tests.sandbox.conftest import START
from tests.sandbox.outside_world import HOUR, KEY, Bot, Sandbox, eventually, stay
from tests.sandbox.seam_contract import Api, check_event

# --- the wire --------------------------------------------------------------------------------------------------------


def test_every_path_answers_as_published(sandbox: Sandbox, api: Api) -> None:
    offline = api("/access_codes/create", **stay(sandbox, LOFT), name="a")["access_code"]
    online = api("/access_codes/create", device_id=LOFT, code="4821")["access_code"]
    found = api("/access_codes/get", device_id=LOFT, code="4821")["access_code"]
    assert found["access_code_id"] == online["access_code_id"]
    assert len(api("/access_codes/list", device_id=LOFT)["access_codes"]) == 2
    ids = [offline["access_code_id"]]
    assert len(api("/access_codes/list", access_code_ids=ids)["access_codes"]) == 1
    attempt = api("/locks/unlock_door", device_id=LOFT)["action_attempt"]
    assert attempt["status"] == "pending"
    time.sleep(0.45)
    attempt_id = attempt["action_attempt_id"]
    assert api("/action_attempts/get", action_attempt_id=attempt_id)["action_attempt"]["status"] == "success"
    assert len(api("/action_attempts/list", device_id=LOFT)["action_attempts"]) == 3
    api("/locks/lock_door", device_id=LOFT)
    api("/locks/simulate/keypad_code_entry", device_id=LOFT, code="123456")
    api("/locks/get", name="Loft")
    api("/locks/list")
    api("/devices/get", device_id=LODGE)
    api("/devices/list", search="gate")
    api("/access_codes/update", access_code_id=online["access_code_id"], name="b", code="975312")
    api("/access_codes/delete", access_code_id=online["access_code_id"])
    api("/access_codes/delete", 404, access_code_id=online["access_code_id"])
    webview = api("/connect_webviews/create", accepted_providers=["igloohome"])["connect_webview"]
    sandbox.post(f"/sandbox/seam-connect/{webview['connect_webview_id']}/complete", {})
    api("/connect_webviews/get", connect_webview_id=webview["connect_webview_id"])
    api("/connect_webviews/list")
    account = api("/connected_accounts/list")["connected_accounts"][0]
    api("/connected_accounts/get", connected_account_id=account["connected_account_id"])
    hook = api("/webhooks/create", url="http://127.0.0.1:9/hook", event_types=["lock.unlocked"])["webhook"]
    api("/webhooks/update", webhook_id=hook["webhook_id"], event_types=["*"])
    assert api("/webhooks/get", webhook_id=hook["webhook_id"])["webhook"]["event_types"] == ["*"]
    assert len(api("/webhooks/list")["webhooks"]) == 2
    api("/webhooks/delete", webhook_id=hook["webhook_id"])
    api("/webhooks/get", 404, webhook_id=hook["webhook_id"])
    api("/connect_webviews/delete", connect_webview_id=webview["connect_webview_id"])
    api("/workspaces/get")
    api("/devices/simulate/disconnect_from_hub", device_id=LOFT)
    assert api("/devices/get", device_id=LOFT)["device"]["errors"][0]["error_code"] == "hub_disconnected"
    failed = api("/locks/unlock_door", device_id=LOFT)["action_attempt"]["action_attempt_id"]
    time.sleep(0.45)
    assert api("/action_attempts/get", action_attempt_id=failed)["action_attempt"]["status"] == "error"
    api("/devices/simulate/connect_to_hub", device_id=LOFT)
    events = api("/events/list", since="2020-01-01T00:00:00Z")["events"]
    assert {event["event_type"] for event in events} >= {
        "access_code.created",
        "access_code.scheduled_on_device",
        "access_code.set_on_device",
        "access_code.changed",
        "access_code.deleted",
        "lock.unlocked",
        "lock.locked",
        "lock.access_denied",
        "connect_webview.login_succeeded",
        "connected_account.connected",
        "device.disconnected",
        "device.connected",
    }
    assert api("/events/get", event_id=events[0]["event_id"])["event"] == events[0]


def test_queries_say_the_same_as_json(sandbox: Sandbox, api: Api) -> None:
    def names(query: str) -> list[str]:
        return [device["display_name"] for device in api.query("/devices/list", query)["devices"]]

    both = ["Front door", "Loft"]
    assert names(f"device_ids={FRONT_DOOR}&device_ids={LOFT}&_strict=true") == both
    assert names(f"device_ids[]={FRONT_DOOR}&device_ids[]={LOFT}") == both
    assert names(f"device_ids={FRONT_DOOR},{LOFT}") == both
    assert names(f"device_ids={LOFT}&_strict=true") == ["Loft"]
    assert names("device_ids=&_strict=true") == []
    assert names("custom_metadata_has.team=T1&_strict=true") == []
    assert names("search=front+door&_strict=true") == ["Front door"]
    assert len(names("")) == 5
    first = api.query("/devices/list", "limit=3&_strict=true")
    cursor = first["pagination"]["next_page_cursor"]
    second = api.query("/devices/list", f"limit=3&page_cursor={cursor}&_strict=true")
    assert len(first["devices"]) + len(second["devices"]) == 5
    assert second["pagination"]["has_next_page"] is False
    mismatch = api.query("/devices/list", f"limit=2&page_cursor={cursor}&_strict=true", status=400)
    assert mismatch["error"]["type"] == "mismatched_page_parameters"
    code = api("/access_codes/create", **stay(sandbox))["access_code"]
    api.query("/access_codes/delete", f"access_code_id={code['access_code_id']}&_strict=true", verb="DELETE")


def test_events_lie_between_moments(sandbox: Sandbox, api: Api) -> None:
    api("/events/list", 400)
    api("/events/list", 400, between=["2020-01-01T00:00:00Z"])
    before = sandbox.world.clock.now().isoformat()
    sandbox.advance("PT1H")
    api("/locks/unlock_door", device_id=LOFT)
    sandbox.advance("PT1H")
    after = sandbox.world.clock.now().isoformat()
    assert len(api("/events/list", between=[before, after], event_types=["lock.unlocked"])["events"]) == 1
    assert api("/events/list", since=after)["events"] == []
    assert api("/events/list", since=before, device_id=FRONT_DOOR)["events"] == []


def test_garbage_is_refused_and_never_breaks_anything(sandbox: Sandbox, api: Api) -> None:
    def send(path: str, body: bytes, **headers: str | bytes) -> httpx.Response:
        sent = {**KEY, "content-type": "application/json", **headers}
        return sandbox.http.post(f"/sandbox/seam{path}", content=body, headers=sent)

    for body in (b"{", b"\xff", b'{"a": NaN}', b'"\\ud800"', b"[" * 50_000):
        assert (send("/devices/list", body).status_code, send("/devices/list", body).text) == (400, "Invalid JSON")
    assert send("/devices/list", b"[]").json()["error"]["type"] == "invalid_input"
    assert send("/devices/list", b"a=b", **{"content-type": "text/plain"}).status_code == 400
    assert send("/no/such", b"{}").status_code == 404
    assert send("/devices/list", b"{}", authorization="Bearer ключ".encode()).status_code == 401
    assert sandbox.http.post("/sandbox/seam/devices/list", json={}).status_code == 401
    assert api.query("/devices/list", status=405, verb="DELETE")["error"]["type"] == "method_not_allowed"
    odd: list[Any] = [None, True, 0, -1, 1e308, "", "\x00", [], [None], {}, {"a": [{}]}, "9" * 5000, [[1]]]
    fields = ("device_id", "device_ids", "limit", "page_cursor", "search", "since", "between", "starts_at", "code")
    for path in ("/devices/list", "/access_codes/create", "/access_codes/list", "/events/list", "/access_codes/get"):
        for field in (*fields, "custom_metadata_has", "name", "access_code_ids"):
            for value in odd:
                more = {} if field == "device_id" else {"device_id": LOFT}
                answer = sandbox.http.post(f"/sandbox/seam{path}", json={field: value, **more}, headers=KEY)
                assert answer.status_code < 500, (path, field, value)
            query = f"{field}=&{field}=%FF&{field}.x=1&limit=%D9%A1"
            assert sandbox.http.get(f"/sandbox/seam{path}?{query}", headers=KEY).status_code < 500
    for settings in ({}, {"pin_delay_seconds": 41}, {"pin_delay_seconds": "1"}):
        assert sandbox.http.post("/sandbox/seam-settings", json=settings).status_code == 422


# --- events and webhooks ---------------------------------------------------------------------------------------------


def heard(bot: Bot, secret: str, kind: str) -> list[Any]:
    """Events that reached the bot, each with a signature the SDK accepts."""
    events = [SeamWebhook(secret).verify(body, headers) for headers, body in list(bot.heard)]
    return [event for event in events if event.event_type == kind]


def test_the_bridged_door_is_heard_and_the_others_are_not(sandbox: Sandbox, sdk: Seam, bot: Bot) -> None:
    secret = sandbox.world.settings.seam_webhook_secret
    made = sdk.access_codes.create(**stay(sandbox, LOFT, ahead=timedelta()))
    (said,) = eventually(lambda: heard(bot, secret, "access_code.set_on_device"))
    assert said.access_code_id == made.access_code_id
    assert sandbox.type(LOFT, said.code) == "opened"
    (unlocked,) = eventually(lambda: heard(bot, secret, "lock.unlocked"))
    assert (unlocked.device_id, unlocked.method, unlocked.code) == (LOFT, "keycode", said.code)
    assert made.access_code_id not in next(body for _, body in bot.heard if "lock.unlocked" in body)
    sandbox.type(LOFT, "123456789")
    (denied,) = eventually(lambda: heard(bot, secret, "lock.access_denied"))
    assert denied.reason.reason_code == "unknown_code"
    sandbox.type(FRONT_DOOR, "123456789")
    time.sleep(0.3)
    assert len(heard(bot, secret, "lock.access_denied")) == 1
    assert bot.heard[0][0]["svix-id"]
    assert {one["path"] for one in sandbox.get("/sandbox/traffic")["traffic"] if one["direction"] == "out"} == {
        "/seam/webhooks"
    }


def test_a_pin_for_later_is_scheduled_first_and_set_when_it_starts(sandbox: Sandbox, sdk: Seam, bot: Bot) -> None:
    secret = sandbox.world.settings.seam_webhook_secret
    sdk.access_codes.create(**stay(sandbox, ahead=2 * HOUR))
    (scheduled,) = eventually(lambda: heard(bot, secret, "access_code.scheduled_on_device"))
    assert heard(bot, secret, "access_code.set_on_device") == []
    sandbox.advance("PT2H")
    (set_,) = eventually(lambda: heard(bot, secret, "access_code.set_on_device"))
    assert set_.code == scheduled.code


def test_a_webhook_of_ones_own_hears_what_it_asked_for(sandbox: Sandbox, sdk: Seam, bot: Bot) -> None:
    hook = sdk.webhooks.create(url=f"{bot.url}/mine", event_types=["lock.locked"])
    sdk.webhooks.delete(webhook_id="ep_bot")
    sdk.locks.unlock_door(device_id=LOFT)
    sdk.locks.lock_door(device_id=LOFT)
    eventually(lambda: bot.heard)
    time.sleep(0.2)
    assert [event.method for event in heard(bot, hook.secret, "lock.locked")] == ["remote"]
    assert len(bot.heard) == 1


def test_a_delivery_that_fails_comes_again_with_the_same_id(sandbox: Sandbox, sdk: Seam, bot: Bot) -> None:
    bot.status = 500
    sdk.locks.unlock_door(device_id=LOFT)
    eventually(lambda: bot.heard)
    bot.status = 200
    eventually(lambda: len(bot.heard) == 2)
    assert bot.heard[0][0]["svix-id"] == bot.heard[1][0]["svix-id"]
    assert bot.heard[0][1] == bot.heard[1][1]


def test_events_have_the_published_shape(sandbox: Sandbox, api: Api) -> None:
    for pin in ("123456789",) * 6:
        sandbox.type(LOFT, pin)
    events = api("/events/list", since="2020-01-01T00:00:00Z")["events"]
    assert [event["reason"]["reason_code"] for event in events] == ["unknown_code"] * 5 + ["too_many_attempts"]
    for event in events:
        check_event(event)


async def test_a_pin_that_comes_due_after_the_sandbox_closed_is_told_to_nobody() -> None:
    url, before = "http://127.0.0.1:9", asyncio.all_tasks()  # nobody listens there
    app, world = build_sandbox(SandboxSettings(base_url=url, bot_url=url), SandboxClock(START))
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(base_url=url, transport=transport, headers=KEY) as http:
        asked = {"device_id": FRONT_DOOR, "is_offline_access_code": True, "is_one_time_use": True}
        starts_at = (START + HOUR).replace(minute=0).isoformat()
        made = await http.post("/sandbox/seam/access_codes/create", json={**asked, "starts_at": starts_at})
        assert made.status_code == 200, made.text
        await close(world)
        world.clock.advance(HOUR)
    assert asyncio.all_tasks() == before
