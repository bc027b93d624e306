"""Who is no full member of the workspace: a guest, somebody of an organisation that shares a channel, somebody of
another workspace. They do nothing that a rule does not let them, by whatever way they come."""

from pathlib import Path

import pytest

from tests.journeys.forms import Form
from tests.journeys.living_demo import People, people
from tests.journeys.test_policy import pressed, rules

ASK = "front-door for {} +33639981234 now for 10h"
GUEST = "You are a guest in this Slack workspace, and by the rules here only its members ask"
CONNECTED = "You are of another organisation than this Slack workspace"
FOREIGN = "works for another workspace than the one that this came from"
LET_IN = """
may_ask = ["members", "{}"]

[[rule]]
locks = ["Front door"]
approvers = ["S_APPROVERS"]
may_reveal = ["S_APPROVERS"]
may_unlock = ["S_APPROVERS"]
"""


async def turned_back(made: People, user: str, sentence: str) -> None:
    for words in (ASK.format("Cleo"), "", "help", "locks", "list", "check front-door 481529063", "unlock loft"):
        assert sentence in await made.says(user, words), words
    assert (await made.post("/sandbox/slack/home", user=user))["status"] == 200
    assert sentence in str((await made.get(f"/sandbox/slack/views/{user}"))["home"])
    assert (await made.post("/sandbox/slack/shortcut", user=user, callback_id="ask_for_pin"))["status"] == 200
    assert sentence in await Form(made, user).words()
    await made.post("/sandbox/slack/close", user=user, all=True)


@pytest.mark.parametrize(("kind", "sentence"), [("guests", GUEST), ("strangers", CONNECTED)])
async def test_without_a_rule_they_may_not_ask(tmp_path: Path, kind: str, sentence: str) -> None:
    async with people(tmp_path) as made:
        await made.post("/sandbox/slack-settings", **{kind: ["U_MALLORY"]})
        await turned_back(made, "U_MALLORY", sentence)
        messages = (await made.get("/sandbox/slack/channels/C_APPROVALS"))["messages"]
        assert not [m for m in messages if "to decide" in m["text"]]


async def test_the_rules_let_guests_ask_and_a_group_gives_them_no_power(tmp_path: Path) -> None:
    """Mallory is a guest, and somebody has put her into the group of approvers."""
    async with people(tmp_path, POLICY_FILE=rules(tmp_path, LET_IN.format("guests"))) as made:
        await made.post("/sandbox/slack-settings", guests=["U_MALLORY"])
        await made.post("/sandbox/slack/group", group="S_APPROVERS", members=["U_BEN", "U_MALLORY"])
        assert "Asked for a PIN" in await made.says("U_MALLORY", ASK.format("Cleo"))
        await made.says("U_ADA", ASK.format("Dora").replace("234", "235"))
        card = await made.post_with("Dora at Front door: to decide")
        assert "Only an approver" in await pressed(made, "U_MALLORY", card, "approve")
        await made.says("U_MALLORY", "unlock front-door")
        assert "approver" in await made.says("U_MALLORY", "connect")
        assert "approver" in await made.says("U_MALLORY", "approvals")
        assert await pressed(made, "U_BEN", await made.post_with("Cleo at Front door: to decide"), "approve") == ""
        await made.post_with("Cleo at Front door: PIN texted")
        assert await pressed(made, "U_BEN", card, "approve") == ""


async def test_the_rules_let_people_of_connected_organisations_ask(tmp_path: Path) -> None:
    async with people(tmp_path, POLICY_FILE=rules(tmp_path, LET_IN.format("connected"))) as made:
        await made.post("/sandbox/slack-settings", strangers=["U_MALLORY"])
        assert (await made.post("/sandbox/slack/shortcut", user="U_MALLORY", callback_id="ask_for_pin"))["ok"]
        assert "Choose the door and the times" in await Form(made, "U_MALLORY").words()
        assert "Asked for a PIN" in await made.says("U_MALLORY", ASK.format("Cleo"))
        card = await made.post_with("Cleo at Front door: to decide")
        assert "own request" in await pressed(made, "U_MALLORY", card, "approve")


async def test_a_guest_who_is_named_as_an_approver_decides(tmp_path: Path) -> None:
    async with people(tmp_path) as made:
        await made.post("/sandbox/slack-settings", guests=["U_BEN"])
        await made.says("U_ADA", ASK.format("Cleo"))
        assert await pressed(made, "U_BEN", await made.post_with("Cleo at Front door: to decide"), "approve") == ""
        await made.post_with("Cleo at Front door: PIN texted")


async def test_where_slack_does_not_say_who_somebody_is_they_try_again(tmp_path: Path) -> None:
    """Whoever was known before goes on, and so does an approver by name."""
    async with people(tmp_path) as made:
        assert "Asked for a PIN" in await made.says("U_ADA", ASK.format("Cleo"))
        fault = {"provider": "slack", "fault": "http_500", "rate": 1, "path": "/users.info"}
        await made.post("/sandbox/faults", **fault)
        assert "does not tell us just now who you are" in await made.says("U_MALLORY", ASK.format("Dora"))
        assert "Asked for a PIN" in await made.says("U_ADA", ASK.format("Edda").replace("234", "236"))
        assert await pressed(made, "U_BEN", await made.post_with("Cleo at Front door: to decide"), "approve") == ""
        (await made.http.delete("/sandbox/faults")).raise_for_status()
        assert "Asked for a PIN" in await made.says("U_MALLORY", ASK.format("Dora").replace("234", "237"))


async def test_one_token_takes_only_its_own_workspace(tmp_path: Path) -> None:
    async with people(tmp_path) as made:
        for words in (ASK.format("Cleo"), "help", "locks", ""):
            done = await made.post("/sandbox/slack/command", user="U_DAN", text=words, channel="C_SECOND_DESK")
            assert FOREIGN in str(done["shown"]), words
        assert (await made.post("/sandbox/slack/home", user="U_DAN"))["status"] == 200
        shortcut = await made.post("/sandbox/slack/shortcut", user="U_DAN", callback_id="ask_for_pin")
        assert shortcut["status"] == 200
        seen = await made.get("/sandbox/slack/views/U_DAN")
        assert (seen["home"], seen["modals"]) == (None, [])
        await made.says("U_ADA", ASK.format("Cleo"))
        card = await made.post_with("Cleo at Front door: to decide")
        assert FOREIGN in await pressed(made, "U_EVE", card, "approve")
        event = await made.post("/sandbox/slack/group", group="S_SECOND", members=["U_DAN"])
        assert event["status"] == 200
        assert await pressed(made, "U_BEN", card, "approve") == ""
