"""Slack's limits that a bot only meets in bad moments, each met once: size, number, pace, and Slack's word for the no.

Lifetimes of triggers and forms are in `test_slack_forms`, the acknowledgement and response URLs in `test_slack`, each
limit of Block Kit in `test_block_kit`.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from providers.sandbox.slack_room.tiers import A_MINUTE, BURST_MINUTES
from tests.sandbox.blocks import MODAL, plain, section
from tests.sandbox.people import Town, open_town, refusal

Json = dict[str, Any]
Call = Callable[[AsyncWebClient], Awaitable[object]]
DIVIDER = {"type": "divider"}
WIDE = [section("ä" * 3000) for _ in range(50)]
"""300 kB in UTF-8, within every other limit."""


@pytest.fixture
async def town() -> AsyncIterator[Town]:
    async with open_town() as opened:
        yield opened


def home(blocks: list[Json]) -> Call:
    return lambda slack: slack.views_publish(user_id="U_ADA", view={"type": "home", "blocks": blocks})


def post(**more: Any) -> Call:
    return lambda slack: slack.chat_postMessage(channel="C_APPROVALS", **{"text": "x", **more})


TAKEN: dict[str, Call] = {
    "50 blocks in a message": post(blocks=[DIVIDER] * 50),
    "100 blocks in Home": home([DIVIDER] * 100),
    "40,000 characters": post(text="x" * 40_000),
    "a view of 240 kB": home(WIDE[:40]),
}
REFUSED: dict[str, tuple[Call, str]] = {
    "51 blocks in a message": (post(blocks=[DIVIDER] * 51), "invalid_blocks"),
    "101 blocks in Home": (home([DIVIDER] * 101), "invalid_arguments"),
    "40,001 characters": (post(text="x" * 40_001), "msg_too_long"),
    "a view of 300 kB": (home(WIDE), "view_too_large"),
    "a section of 3,001 characters": (post(blocks=[section("x" * 3001)]), "invalid_blocks"),
    "a Home with a title": (lambda slack: slack.views_publish(user_id="U_ADA", view=MODAL), "invalid_arguments"),
    "a title of 25 characters": (
        lambda slack: slack.views_open(trigger_id="made.up", view={**MODAL, "title": plain("x" * 25)}),
        "invalid_arguments",
    ),
    "a trigger that nobody gave": (
        lambda slack: slack.views_open(trigger_id="made.up", view=MODAL),
        "invalid_trigger_id",
    ),
    "no words and no blocks": (
        lambda slack: slack.api_call("chat.postMessage", json={"channel": "C_APPROVALS"}),
        "no_text",
    ),
    "a channel that is not there": (
        lambda slack: slack.chat_postMessage(channel="C_NOWHERE", text="x"),
        "channel_not_found",
    ),
}


@pytest.mark.parametrize("call", TAKEN.values(), ids=TAKEN.keys())
async def test_at_the_limit(town: Town, call: Call) -> None:
    await call(town.slack())


@pytest.mark.parametrize(("call", "word"), REFUSED.values(), ids=REFUSED.keys())
async def test_beyond_it(town: Town, call: Call, word: str) -> None:
    assert await refusal(call(town.slack())) == word


async def test_each_method_has_its_tier(town: Town) -> None:
    slack, method = town.slack(), "usergroups.users.list"
    for _ in range(A_MINUTE[method] * BURST_MINUTES):
        await slack.usergroups_users_list(usergroup="S_APPROVERS")
    with pytest.raises(SlackApiError) as caught:
        await slack.usergroups_users_list(usergroup="S_APPROVERS")
    assert (caught.value.response.status_code, caught.value.response["error"]) == (429, "ratelimited")
    assert 1 <= int(caught.value.response.headers["Retry-After"]) <= 60 / A_MINUTE[method] + 1
    await slack.users_info(user="U_ADA")


async def test_what_was_carried_is_kept_by_name_only(town: Town) -> None:
    await town.does("command", user="U_ADA", text="front-door for Cleo +33639980042")
    await town.does("event", type="tokens_revoked", tokens={"bot": ["U_NIGHTPORTER"]}, retry=1)
    await town.does("event", type="", expect=422)
    first, second, third = (await town.sees("slack/deliveries"))["deliveries"]
    assert first == {"by": "http", "kind": "slash_commands", "names": {"command": "/pin"}, "status": 200}
    assert second == third
    assert second["names"] == {"type": "event_callback", "event": {"type": "tokens_revoked"}}
    assert town.bot.heard[-1].payload["event"]["tokens"] == {"bot": ["U_NIGHTPORTER"]}
