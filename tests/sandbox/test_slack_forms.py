"""Forms in Slack: triggers, modals, what people fill in and what the bot answers."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from starlette.responses import JSONResponse, Response

from tests.sandbox.blocks import MODAL, ask, option, plain, section
from tests.sandbox.people import Delivery, Town, answers, error_of, open_town, refusal

Json = dict[str, Any]


@pytest.fixture
async def town() -> AsyncIterator[Town]:
    async with open_town() as opened:
        yield opened


@pytest.fixture
def slack(town: Town) -> AsyncWebClient:
    return town.slack()


async def open_form(town: Town, view: Json, user: str = "U_ADA") -> Json:
    """A command whose trigger opens a modal."""
    await town.does("command", user=user, text="")
    said = await town.slack().views_open(trigger_id=town.bot.heard[-1].fields["trigger_id"], view=view)
    return said["view"]


async def test_a_trigger_is_used_once_and_soon(town: Town, slack: AsyncWebClient) -> None:
    for _ in range(2):
        await town.does("command", user="U_ADA", text="")
    first, second = (heard.fields["trigger_id"] for heard in town.bot.heard)
    await slack.views_open(trigger_id=first, view=MODAL)
    assert await refusal(slack.views_open(trigger_id=first, view=MODAL)) == "exchanged_trigger_id"
    await asyncio.sleep(3.1)
    assert await refusal(slack.views_open(trigger_id=second, view=MODAL)) == "expired_trigger_id"
    assert await refusal(slack.views_open(trigger_id="made.up", view=MODAL)) == "invalid_trigger_id"


FORM = {
    **MODAL,
    "private_metadata": "draft_1",
    "blocks": [
        ask({"type": "plain_text_input", "action_id": "guest"}, block_id="guest_block"),
        ask({"type": "static_select", "action_id": "lock", "options": [option("front"), option("garden")]}),
        ask({"type": "datepicker", "action_id": "day", "initial_date": "2026-12-04"}, dispatch_action=True),
        ask({"type": "timepicker", "action_id": "time"}, optional=True),
        ask({"type": "checkboxes", "action_id": "once", "options": [option("yes")]}, optional=True),
        ask({"type": "users_select", "action_id": "host"}, optional=True),
        ask({"type": "datetimepicker", "action_id": "moment"}, optional=True),
    ],
}


async def test_a_form_is_filled_in_and_submitted(town: Town) -> None:
    view = await open_form(town, FORM)
    values = {"guest": "Ana", "lock": "garden", "once": ["yes"], "host": "U_BEN", "moment": 1_764_000_000}
    said = await town.does("submit", user="U_ADA", values=values)
    assert said["ok"]
    payload = town.bot.heard[-1].payload
    assert (payload["type"], payload["view"]["id"], payload["view"]["private_metadata"]) == (
        "view_submission",
        view["id"],
        "draft_1",
    )
    state = {name: said for block in payload["view"]["state"]["values"].values() for name, said in block.items()}
    assert state["guest"] == {"type": "plain_text_input", "value": "Ana"}
    assert state["lock"]["selected_option"]["value"] == "garden"
    assert (state["day"]["selected_date"], state["time"]["selected_time"]) == ("2026-12-04", None)
    assert state["once"]["selected_options"] == [option("yes")]
    assert (state["host"]["selected_user"], state["moment"]["selected_date_time"]) == ("U_BEN", 1_764_000_000)
    assert (await town.sees("slack/views/U_ADA"))["modals"] == []
    await town.does("submit", user="U_ADA", expect=404)


async def test_an_unfinished_or_wrong_form_is_not_sent(town: Town) -> None:
    await open_form(town, FORM)
    said = await town.does("submit", user="U_ADA", values={"lock": "front"})
    assert (said["ok"], said["sent"], said["errors"]) == (
        False,
        False,
        {"guest_block": "Please complete this required field."},
    )
    for values in ({"lock": "attic"}, {"day": "tomorrow"}, {"time": "25:00"}, {"host": "U_NOBODY"}, {"moment": "now"}):
        await town.does("submit", user="U_ADA", values=values, expect=422)
    await town.does("submit", user="U_ADA", values={"colour": "red"}, expect=404)
    assert len(town.bot.heard) == 1


async def test_what_the_bot_does_with_a_submitted_form(town: Town) -> None:
    await open_form(town, FORM)
    filled = {"user": "U_ADA", "values": {"guest": "Ana", "lock": "front"}}
    town.bot.answer = answers({"response_action": "errors", "errors": {"guest_block": "Who?"}})
    said = await town.does("submit", **filled)
    assert (said["ok"], said["errors"]) == (False, {"guest_block": "Who?"})
    town.bot.answer = answers({"response_action": "errors", "errors": {"elsewhere": "Who?"}})
    assert (await town.does("submit", **filled))["error"] == "invalid_errors"
    town.bot.answer = answers({"response_action": "update", "view": {"type": "modal"}})
    assert (await town.does("submit", **filled))["error"] == "invalid_arguments"
    for depth in (2, 3):
        town.bot.answer = answers({"response_action": "push", "view": FORM})
        assert (await town.does("submit", **filled))["ok"]
        assert len((await town.sees("slack/views/U_ADA"))["modals"]) == depth
    assert (await town.does("submit", **filled))["error"] == "push_limit_reached"
    changed = {**FORM, "title": plain("Second")}
    town.bot.answer = answers({"response_action": "update", "view": changed})
    assert (await town.does("submit", **filled))["ok"]
    assert (await town.sees("slack/views/U_ADA"))["modals"][-1]["title"]["text"] == "Second"
    town.bot.answer = answers({"response_action": "clear"})
    assert (await town.does("submit", **filled))["ok"]
    assert (await town.sees("slack/views/U_ADA"))["modals"] == []


async def test_a_form_that_answers_while_it_is_filled_in(town: Town, slack: AsyncWebClient) -> None:
    view = await open_form(town, FORM)
    where = {"user": "U_ADA", "view_id": view["id"]}
    await town.does("click", **where, action_id="day", value="2026-12-06", values={"guest": "Ana"})
    payload = town.bot.heard[-1].payload
    assert payload["actions"][0]["selected_date"] == "2026-12-06"
    assert payload["view"]["state"]["values"]["guest_block"]["guest"]["value"] == "Ana"
    assert "response_url" not in payload
    said = await town.does("click", **where, action_id="time", value="15:00", expect=422)
    assert "before the form is submitted" in said["error"]
    longer = {**FORM, "blocks": [section("granted: Friday"), *FORM["blocks"]]}
    assert await refusal(slack.views_update(view_id=view["id"], hash="old", view=longer)) == "hash_conflict"
    updated = await slack.views_update(view_id=view["id"], hash=view["hash"], view=longer)
    assert updated["view"]["state"]["values"]["guest_block"]["guest"]["value"] == "Ana"
    assert await refusal(slack.views_update(view_id="V_gone", view=longer)) == "not_found"


async def test_menus_that_ask_the_bot(town: Town) -> None:
    menu = ask({"type": "external_select", "action_id": "lock", "min_query_length": 0})
    view = await open_form(town, {**MODAL, "blocks": [menu]})
    town.bot.answer = answers({"options": [option("front-door"), option("garden-gate")]})
    said = await town.does("options", user="U_ADA", view_id=view["id"], action_id="lock", query="fr")
    assert [offer["value"] for offer in said["options"]] == ["front-door", "garden-gate"]
    payload = town.bot.heard[-1].payload
    assert (payload["type"], payload["value"], payload["action_id"]) == ("block_suggestion", "fr", "lock")
    town.bot.answer = answers({"options": [{"text": "front"}]})
    await town.does("options", user="U_ADA", action_id="lock", expect=409)

    async def by_kind(delivery: Delivery) -> Response:
        asked = delivery.payload["type"] == "block_suggestion"
        return JSONResponse({"options": [option("front-door")]}) if asked else Response()

    town.bot.answer = by_kind
    await town.does("submit", user="U_ADA", values={"lock": "attic"}, expect=422)
    assert (await town.does("submit", user="U_ADA", values={"lock": "front-door"}))["ok"]
    state = town.bot.heard[-1].payload["view"]["state"]["values"]
    assert [said["lock"]["selected_option"]["value"] for said in state.values()] == ["front-door"]


async def test_badly_formed_views_are_refused(town: Town, slack: AsyncWebClient) -> None:
    await town.does("command", user="U_ADA", text="")
    trigger_id = town.bot.heard[0].fields["trigger_id"]
    with pytest.raises(SlackApiError) as caught:
        await slack.views_open(trigger_id=trigger_id, view={**MODAL, "title": plain("x" * 25)})
    assert error_of(caught) == "invalid_arguments"
    assert "[json-pointer:/view/title/text]" in caught.value.response["response_metadata"]["messages"][0]
    assert await refusal(slack.views_push(trigger_id=trigger_id, view=MODAL)) == "not_found"


async def test_a_form_is_closed(town: Town) -> None:
    await open_form(town, {**MODAL, "notify_on_close": True})
    assert len((await town.does("close", user="U_ADA"))["closed"]) == 1
    assert town.bot.heard[-1].payload["type"] == "view_closed"
    await town.does("close", user="U_ADA", expect=404)
