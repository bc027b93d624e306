"""The room remembers all that reached it and tells where digits stood, however they were written."""

from collections.abc import AsyncIterator

import pytest

from tests.sandbox.blocks import MODAL, section
from tests.sandbox.people import Town, answers, open_town

PIN = "481529063"


@pytest.fixture
async def town() -> AsyncIterator[Town]:
    async with open_town() as opened:
        yield opened


async def places(town: Town) -> list[str]:
    said = await town.sees("slack/heard", digits=PIN)
    assert said["forgotten"] == 0
    assert PIN not in str(said)
    return [place["how"] for place in said["places"]]


async def test_every_way_in_is_remembered(town: Town) -> None:
    slack = town.slack()
    assert await places(town) == []
    posted = await slack.chat_postMessage(channel="C_APPROVALS", text=f"It is {PIN}")
    await slack.chat_update(channel="C_APPROVALS", ts=posted["ts"], text="-", blocks=[section("*481* 529\u202f063")])
    await slack.chat_postEphemeral(channel="C_APPROVALS", user="U_ADA", text="481-529-063")
    await slack.views_publish(user_id="U_ADA", view={"type": "home", "blocks": [section("481\n529\n063")]})
    town.bot.answer = answers({"text": "4 8 1 5 2 9 0 6 3"})
    await town.does("command", user="U_ADA", text="list")
    url = town.bot.heard[-1].payload["response_url"]
    assert (await town.http.post(url, json={"text": f"({PIN})"})).status_code == 200
    town.bot.answer = answers("481\u00a0529\u00a0063")
    await town.does("home", user="U_ADA")
    assert await places(town) == [
        "chat.postMessage",
        "chat.update",
        "chat.postEphemeral",
        "views.publish",
        "answer to slash_commands",
        "response_url",
        "answer to events_api",
    ]


async def test_what_a_form_is_answered_and_what_slack_refuses(town: Town) -> None:
    slack = town.slack()
    await town.does("command", user="U_ADA", text="")
    await slack.views_open(trigger_id=town.bot.heard[-1].payload["trigger_id"], view=MODAL)
    town.bot.answer = answers({"response_action": "update", "view": {**MODAL, "private_metadata": f"x {PIN} y"}})
    await town.does("submit", user="U_ADA", values={"a": "b"})
    await town.http.post("/sandbox/slack/api/chat.postMessage", json={"channel": "C_NOWHERE", "text": PIN})
    assert await places(town) == ["answer to interactive", "chat.postMessage"]


@pytest.mark.parametrize("digits", ["", "123", "abcd", "٤٨١٥٢٩٠٦٣", ".*.*.*"])
async def test_only_digits_are_looked_for(town: Town, digits: str) -> None:
    said = await town.http.get("/sandbox/slack/heard", params={"digits": digits})
    assert said.status_code == 422
