"""Whatever people or the bot send to Slack's room: a 4xx or `ok: false`, never a 5xx."""

import json
from collections.abc import AsyncIterator
from itertools import product
from typing import Any

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from tests.cases import one_in
from tests.sandbox.blocks import MODAL
from tests.sandbox.people import Town, open_town

Json = dict[str, Any]


@pytest.fixture
async def town() -> AsyncIterator[Town]:
    async with open_town() as opened:
        yield opened


@pytest.fixture
def slack(town: Town) -> AsyncWebClient:
    return town.slack()


ACTIONS = ("command", "click", "submit", "close", "shortcut", "home", "talk", "options")
ODD: list[Any] = [None, 7, "", "x" * 5000, [], {}, True, "\u0000", "D_U_BEN"]
FIELDS = ("user", "channel", "ts", "action_id", "view_id", "values", "text", "retry", "callback_id", "message_ts")


@pytest.mark.properties
async def test_garbage_from_people_gets_a_4xx(town: Town) -> None:
    for action in ACTIONS:
        for raw in (b"", b"null", b"[1", b"\xff", b'{"user": "\\udfff"}', b"[" * 100_000):
            assert (await town.http.post(f"/sandbox/slack/{action}", content=raw)).status_code == 400
        for name, odd in one_in(7, product(FIELDS, ODD)):
            asked = {"user": "U_ADA", "channel": "C_APPROVALS", "ts": "1.1", "action_id": "a", name: odd}
            assert (await town.http.post(f"/sandbox/slack/{action}", json=asked)).status_code < 500, (action, asked)
    for path in ("channels/C_NO", "channels/%ff", "views/U_NO", "channels/C_APPROVALS?as=U_NO", "nowhere"):
        assert (await town.http.get(f"/sandbox/slack/{path}")).status_code in (403, 404)
    for asked in ({"burst": "many"}, {"burst": -1}, {"per_second": True}, {"tiers": 1}):
        assert (await town.http.post("/sandbox/slack-settings", json=asked)).status_code == 422
    assert (await town.http.post("/sandbox/slack/response/no", json={})).status_code == 404
    assert (await town.http.post("/sandbox/slack/response/no", content=b"{")).status_code == 400


METHODS = (
    *("auth.test", "blocks.validate", "users.info", "usergroups.users.list", "nothing"),
    *(f"chat.{name}" for name in ("postMessage", "update", "delete", "postEphemeral", "getPermalink")),
    *(f"conversations.{name}" for name in ("open", "info", "history", "replies")),
    *(f"views.{name}" for name in ("open", "update", "push", "publish")),
)
MORE = ("blocks", "metadata", "thread_ts", "limit", "cursor", "oldest", "users", "trigger_id")


@pytest.mark.properties
async def test_garbage_from_the_bot_is_never_a_5xx(town: Town, slack: AsyncWebClient) -> None:
    posted = await slack.chat_postMessage(channel="C_APPROVALS", text="x")
    good = {"channel": "C_APPROVALS", "ts": posted["ts"], "text": "x", "view": MODAL, "user_id": "U_ADA"}
    auth = {"Authorization": "Bearer xoxb-sandbox"}
    await town.http.post("/sandbox/slack-settings", json={"burst": 100_000, "tiers": False})
    for method in METHODS:
        url = f"/sandbox/slack/api/{method}"
        for name, odd in one_in(7, product((*good, *MORE), ODD)):
            said = await town.http.post(url, json=good | {name: odd}, headers=auth)
            assert said.status_code == 200, (method, name, odd)
        for raw in (b"{", b"[]", b"\xff"):
            said = await town.http.post(url, content=raw, headers=auth | {"content-type": "application/json"})
            assert said.json()["ok"] is False
        said = await town.http.post(url, data={"view": "{", "channel": "C_APPROVALS"}, headers=auth)
        assert said.json()["ok"] is False
    assert json.loads((await town.http.get("/sandbox/slack/posts")).text)["posts"]
