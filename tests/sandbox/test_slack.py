"""Slack's room, driven by slack_sdk and by people's hands, over real HTTP. Bolt drives it in `test_slack_bolt`."""

import asyncio
import time
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.webhook.async_client import AsyncWebhookClient
from starlette.responses import Response

from tests.sandbox.blocks import MODAL, actions, button, mrkdwn, section
from tests.sandbox.people import Delivery, Town, answers, error_of, open_town, refusal

Json = dict[str, Any]
CARD = [section("*Ana* wants in"), actions(button("approve", value="req_1"), button("deny", value="req_1"))]


@pytest.fixture
async def town() -> AsyncIterator[Town]:
    async with open_town() as opened:
        yield opened


@pytest.fixture
def slack(town: Town) -> AsyncWebClient:
    return town.slack()


async def test_who_am_i(town: Town, slack: AsyncWebClient) -> None:
    me = await slack.auth_test()
    assert (me["user_id"], me["bot_id"], me["team_id"]) == ("U_NIGHTPORTER", "B_NIGHTPORTER", "T_SANDBOX")
    assert "chat:write" in me.headers["x-oauth-scopes"]
    assert await refusal(town.slack("xoxb-other").auth_test()) == "invalid_auth"
    assert await refusal(town.slack("xapp-sandbox").auth_test()) == "not_allowed_token_type"
    assert await refusal(slack.apps_connections_open(app_token="xoxb-sandbox")) == "not_allowed_token_type"
    assert (await town.http.post("/sandbox/slack/api/auth.test")).json() == {"ok": False, "error": "not_authed"}
    assert await refusal(slack.api_call("chat.teleport")) == "unknown_method"


async def test_people_and_groups(slack: AsyncWebClient) -> None:
    ada = (await slack.users_info(user="U_ADA", include_locale=True))["user"]
    assert (ada["tz"], ada["locale"], ada["is_bot"]) == ("Europe/Paris", "en-GB", False)
    assert await refusal(slack.users_info(user="U_NOBODY")) == "user_not_found"
    assert (await slack.usergroups_users_list(usergroup="S_APPROVERS"))["users"] == ["U_BEN"]
    assert await refusal(slack.usergroups_users_list(usergroup="S_OTHERS")) == "no_such_subteam"
    assert (await slack.conversations_open(users="U_ADA"))["channel"]["id"] == "D_U_ADA"
    assert (await slack.conversations_open(users=["U_ADA"]))["channel"]["id"] == "D_U_ADA"
    assert (await slack.conversations_info(channel="C_APPROVALS"))["channel"]["name"] == "approvals"
    assert await refusal(slack.conversations_info(channel="C_NOWHERE")) == "channel_not_found"


async def test_posting_updating_deleting(town: Town, slack: AsyncWebClient) -> None:
    posted = await slack.chat_postMessage(channel="C_APPROVALS", text="New", blocks=CARD)
    assert posted["message"]["bot_id"] == "B_NIGHTPORTER"
    await slack.chat_update(channel="C_APPROVALS", ts=posted["ts"], text="Decided")
    (seen,) = await town.messages("C_APPROVALS")
    assert (seen["text"], seen["blocks"], seen["edited"]["user"]) == ("Decided", [], "U_NIGHTPORTER")
    link = (await slack.chat_getPermalink(channel="C_APPROVALS", message_ts=posted["ts"]))["permalink"]
    assert link.startswith(town.url)
    await slack.chat_delete(channel="C_APPROVALS", ts=posted["ts"])
    assert await town.messages("C_APPROVALS") == []
    assert await refusal(slack.chat_update(channel="C_APPROVALS", ts=posted["ts"], text="x")) == "message_not_found"


async def test_to_a_person_is_a_direct_message(town: Town, slack: AsyncWebClient) -> None:
    assert (await slack.chat_postMessage(channel="U_ADA", text="Hello Ada"))["channel"] == "D_U_ADA"
    assert [m["text"] for m in await town.messages("U_ADA")] == ["Hello Ada"]
    assert (await town.http.get("/sandbox/slack/channels/D_U_ADA?as=U_BEN")).status_code == 403


async def test_what_chat_refuses(town: Town, slack: AsyncWebClient) -> None:
    said = await town.does("talk", user="U_ADA", channel="C_APPROVALS", text="hello")
    where = {"channel": "C_APPROVALS"}
    assert await refusal(slack.chat_postMessage(channel="C_NOWHERE", text="x")) == "channel_not_found"
    assert await refusal(slack.api_call("chat.postMessage", json=where)) == "no_text"
    assert await refusal(slack.chat_postMessage(**where, text="x" * 40_001)) == "msg_too_long"
    assert await refusal(slack.chat_postMessage(**where, text="x", blocks="{}")) == "invalid_blocks_format"
    assert await refusal(slack.chat_postMessage(**where, text="x", thread_ts="1.2")) == "cannot_reply_to_message"
    assert await refusal(slack.chat_update(**where, ts=said["ts"], text="x")) == "cant_update_message"
    assert await refusal(slack.chat_postEphemeral(**where, user="U_MALLORY", text="x")) == "user_not_in_channel"
    assert await refusal(slack.chat_postMessage(**where, text="x", metadata={"a": 1})) == "invalid_metadata_format"
    with pytest.raises(SlackApiError) as caught:
        await slack.chat_postMessage(**where, text="x", blocks=[section("x" * 3001)])
    assert error_of(caught) == "invalid_blocks"
    assert caught.value.response["response_metadata"]["messages"] == [
        "[ERROR] must be less than 3001 characters [json-pointer:/blocks/0/text/text]"
    ]
    log = (await town.sees("slack/posts"))["posts"]
    assert [post["error"] for post in log if not post["ok"]][-1] == "invalid_blocks"
    assert (await town.sees("slack/posts", since=str(len(log) - 1)))["posts"] == log[-1:]
    assert (await town.http.get("/sandbox/slack/posts?since=-1")).status_code == 422


async def test_ephemeral_messages_are_for_one(town: Town, slack: AsyncWebClient) -> None:
    reported = await slack.chat_postEphemeral(channel="C_APPROVALS", user="U_ADA", text="only you")
    assert [m["ephemeral_for"] for m in await town.messages("C_APPROVALS")] == ["U_ADA"]
    assert len(await town.messages("C_APPROVALS", **{"as": "U_ADA"})) == 1
    assert await town.messages("C_APPROVALS", **{"as": "U_BEN"}) == []
    assert (await slack.conversations_history(channel="C_APPROVALS"))["messages"] == []
    refused = await refusal(slack.chat_update(channel="C_APPROVALS", ts=reported["message_ts"], text="x"))
    assert refused == "message_not_found"


async def test_history_with_metadata_pages_and_threads(slack: AsyncWebClient) -> None:
    meta = {"event_type": "request", "event_payload": {"id": "req_1"}}
    first = await slack.chat_postMessage(channel="C_APPROVALS", text="one", metadata=meta)
    for number in range(4):
        await slack.chat_postMessage(channel="C_APPROVALS", text=f"more {number}")
    await slack.chat_postMessage(channel="C_APPROVALS", text="reply", thread_ts=first["ts"])
    page = await slack.conversations_history(channel="C_APPROVALS", limit=2, include_all_metadata=True)
    texts = [m["text"] for m in page["messages"]]
    while page["has_more"]:
        cursor = page["response_metadata"]["next_cursor"]
        page = await slack.conversations_history(
            channel="C_APPROVALS", limit=2, cursor=cursor, include_all_metadata=True
        )
        texts += [m["text"] for m in page["messages"]]
    assert texts == ["more 3", "more 2", "more 1", "more 0", "one"]
    assert page["messages"][-1]["metadata"] == meta
    plain_page = await slack.conversations_history(channel="C_APPROVALS", oldest=first["ts"], inclusive=True)
    assert len(plain_page["messages"]) == 5
    assert "metadata" not in plain_page["messages"][-1]
    thread = await slack.conversations_replies(channel="C_APPROVALS", ts=first["ts"])
    assert [m["text"] for m in thread["messages"]] == ["one", "reply"]


async def test_too_fast_is_429_with_a_wait(town: Town, slack: AsyncWebClient) -> None:
    await town.http.post("/sandbox/slack-settings", json={"burst": 2, "per_second": 0.5})
    for _ in range(2):
        await slack.chat_postMessage(channel="C_APPROVALS", text="x")
    with pytest.raises(SlackApiError) as caught:
        await slack.chat_postMessage(channel="C_APPROVALS", text="x")
    assert caught.value.response.status_code == 429
    assert caught.value.response.headers["Retry-After"] == "2"
    await slack.chat_postMessage(channel="C_FRONTDESK", text="another channel")


async def test_a_command_arrives_signed_and_its_answer_is_seen_by_one(town: Town) -> None:
    town.bot.answer = answers({"response_type": "ephemeral", "text": "Asked for you"})
    reported = await town.does("command", user="U_ADA", text="front-door for Ana & co")
    assert (reported["ok"], reported["status"], reported["shown"][0]["text"]) == (True, 200, "Asked for you")
    fields = town.bot.heard[0].fields
    assert (fields["command"], fields["text"]) == ("/pin", "front-door for Ana & co")
    assert (fields["user_id"], fields["channel_id"], fields["channel_name"]) == ("U_ADA", "C_FRONTDESK", "front-desk")
    assert (await town.messages("C_FRONTDESK"))[0]["ephemeral_for"] == "U_ADA"
    assert any(post["method"] == "ack" for post in (await town.sees("slack/posts"))["posts"])


async def test_other_answers_to_a_command(town: Town) -> None:
    town.bot.answer = answers("Plain words")
    assert (await town.does("command", user="U_BEN", text=""))["shown"][0]["text"] == "Plain words"
    town.bot.answer = answers("")
    assert (await town.does("command", user="U_BEN", text=""))["shown"] == []
    town.bot.answer = answers({"response_type": "in_channel", "text": "All of you"})
    assert (await town.does("command", user="U_BEN", text="", channel="C_APPROVALS"))["shown"] == []
    assert "ephemeral_for" not in (await town.messages("C_APPROVALS"))[0]
    town.bot.answer = answers({"text": "x", "blocks": [{"type": "nonsense"}]})
    assert "invalid_command_response" in (await town.does("command", user="U_BEN", text=""))["shown"][0]["text"]


async def test_a_bot_that_fails_or_is_late(town: Town) -> None:
    async def late(delivery: Delivery) -> Response:
        await asyncio.sleep(4)
        return Response()

    async def failing(delivery: Delivery) -> Response:
        return Response(status_code=500)

    town.bot.answer = failing
    reported = await town.does("command", user="U_ADA", text="")
    assert (reported["ok"], reported["status"], reported["error"]) == (False, 500, "dispatch_failed")
    town.bot.answer = late
    began = time.monotonic()
    reported = await town.does("command", user="U_ADA", text="")
    assert time.monotonic() - began > 2.9
    assert "operation_timeout" in reported["shown"][0]["text"]


async def test_a_wrong_signature_and_a_retry(town: Town) -> None:
    reported = await town.does("command", user="U_ADA", text="", bad_signature=True)
    assert (reported["ok"], reported["status"], town.bot.heard) == (False, 401, [])
    reported = await town.does("command", user="U_ADA", text="", retry=2)
    assert reported["retries"] == [200, 200]
    bodies = {heard.body for heard in town.bot.heard}
    assert (len(town.bot.heard), len(bodies)) == (3, 1)
    assert [heard.headers.get("x-slack-retry-num") for heard in town.bot.heard] == [None, "1", "2"]


async def test_a_click_in_a_message(town: Town, slack: AsyncWebClient) -> None:
    posted = await slack.chat_postMessage(channel="C_APPROVALS", text="New", blocks=CARD)
    where = {"user": "U_BEN", "channel": "C_APPROVALS", "ts": posted["ts"]}
    await town.does("click", **where, action_id="approve")
    payload = town.bot.heard[0].payload
    assert payload["type"] == "block_actions"
    assert payload["actions"][0]["value"] == "req_1"
    assert payload["container"]["message_ts"] == payload["message"]["ts"] == posted["ts"]
    assert payload["channel"] == {"id": "C_APPROVALS", "name": "approvals"}
    assert (payload["user"]["id"], payload["state"]) == ("U_BEN", {"values": {}})
    assert payload["response_url"].startswith(town.url)
    reported = await town.does("click", **where, action_id="explode", expect=404)
    assert reported["error"] == "There is no button 'explode' there."
    await town.does("click", **where, action_id="approve", value="req_2", expect=404)
    await slack.chat_update(channel="C_APPROVALS", ts=posted["ts"], text="Decided")
    await town.does("click", **where, action_id="approve", expect=404)
    assert len(town.bot.heard) == 1


async def test_several_buttons_of_one_name(town: Town, slack: AsyncWebClient) -> None:
    rows = [section(accessory=button("show", value=f"code_{number}")) for number in range(3)]
    posted = await slack.chat_postMessage(channel="U_ADA", text="Codes", blocks=rows)
    where = {"user": "U_ADA", "channel": "D_U_ADA", "ts": posted["ts"]}
    await town.does("click", **where, action_id="show", value="code_2")
    assert town.bot.heard[0].payload["actions"][0]["value"] == "code_2"


async def test_response_urls_wear_out(town: Town, slack: AsyncWebClient) -> None:
    posted = await slack.chat_postMessage(channel="C_APPROVALS", text="New", blocks=CARD)
    await town.does("click", user="U_MALLORY", channel="C_APPROVALS", ts=posted["ts"], action_id="approve")
    hook = AsyncWebhookClient(town.bot.heard[0].payload["response_url"])
    assert (await hook.send(text="You may not")).status_code == 200
    assert (await town.messages("C_APPROVALS"))[-1]["ephemeral_for"] == "U_MALLORY"
    assert (await hook.send(text="Decided", replace_original=True)).body == "ok"
    assert (await town.messages("C_APPROVALS"))[0]["text"] == "Decided"
    assert (await hook.send(text="")).status_code == 400
    assert (await hook.send(text="To all", response_type="in_channel")).status_code == 200
    assert (await hook.send(delete_original=True)).status_code == 200
    assert [m["text"] for m in await town.messages("C_APPROVALS")] == ["You may not", "To all"]
    assert (await hook.send(text="five")).status_code == 200
    assert (await hook.send(text="six")).body == "used_url"


async def test_response_urls_grow_old(town: Town) -> None:
    await town.does("command", user="U_ADA", text="")
    hook = AsyncWebhookClient(town.bot.heard[0].fields["response_url"])
    town.world.clock.advance(timedelta(minutes=29))
    assert (await hook.send(text="late")).status_code == 200
    town.world.clock.advance(timedelta(minutes=2))
    assert (await hook.send(text="too late")).body == "expired_url"


async def test_home(town: Town, slack: AsyncWebClient) -> None:
    await town.does("home", user="U_ADA", retry=1)
    body = town.bot.heard[0].payload
    assert (body["event"]["type"], body["event"]["user"], body["event"]["tab"]) == ("app_home_opened", "U_ADA", "home")
    assert town.bot.heard[1].payload["event_id"] == body["event_id"]
    home = {"type": "home", "blocks": [section("Mine"), actions(button("more"))]}
    published = await slack.views_publish(user_id="U_ADA", view=home)
    await town.does("click", user="U_ADA", view_id=published["view"]["id"], action_id="more")
    assert town.bot.heard[-1].payload["view"]["type"] == "home"
    assert await refusal(slack.views_publish(user_id="U_ADA", view=home, hash="old")) == "hash_conflict"
    assert (await town.sees("slack/views/U_ADA"))["home"]["id"] == published["view"]["id"]


async def test_shortcuts_and_talk(town: Town) -> None:
    await town.does("shortcut", user="U_ADA", callback_id="new_pin")
    assert town.bot.heard[-1].payload["type"] == "shortcut"
    said = await town.does("talk", user="U_ADA", channel="C_FRONTDESK", text="Ana comes on Friday")
    await town.does("shortcut", user="U_ADA", callback_id="pin_from_message", message_ts=said["ts"])
    payload = town.bot.heard[-1].payload
    assert (payload["type"], payload["message"]["text"]) == ("message_action", "Ana comes on Friday")
    assert len(town.bot.heard) == 2
    await town.does("talk", user="U_ADA", channel="U_ADA", text="hello bot")
    assert town.bot.heard[-1].payload["event"]["channel_type"] == "im"
    await town.does("talk", user="U_ADA", channel="C_FRONTDESK", text="<@U_NIGHTPORTER> hi", thread_ts=said["ts"])
    assert town.bot.heard[-1].payload["event"]["type"] == "app_mention"


async def test_blocks_validate_needs_no_token(town: Town) -> None:
    nobody = AsyncWebClient(base_url=f"{town.url}/sandbox/slack/api/")
    assert (await nobody.blocks_validate(blocks=CARD))["ok"]
    assert (await nobody.blocks_validate(view=MODAL))["ok"]
    assert (await nobody.blocks_validate(message={"blocks": CARD}))["ok"]
    with pytest.raises(SlackApiError) as caught:
        await nobody.blocks_validate(blocks=[{"type": "section", "text": mrkdwn("")}])
    assert error_of(caught) == "invalid_blocks"
    assert caught.value.response["errors"][0]["pointer"] == "/blocks/0/text/text"
    assert await refusal(nobody.blocks_validate()) == "invalid_arguments"
