"""Another workspace installs the app: it can do nothing, by whatever way it comes, until an approver of the house's own
or the operator admits it; and again when it is taken back."""

import asyncio
from typing import Any

import pytest

from bot.commands.doctor import _waiting
from bot.domain.refusals import Reason, Refusal
from bot.workflows.admit_workspace import decide_about_workspace, set_admission
from providers.sandbox.slack_room.people_and_places import TEAMS
from tests.journeys.two_workspaces import FIRST, SECOND, TwoWorkspaces, two_workspaces

pytestmark = pytest.mark.filterwarnings("ignore:BasicAuth is deprecated:DeprecationWarning")  # slack_sdk's own
ASK = "front-door for {} +33639981234 now for 10h"
NONE_LISTED: dict[str, Any] = {"slack_workspaces": ()}
WAITS = "does nothing in this workspace until whoever runs it admits"
DOORS = ("Front door", "Garden gate", "Cabin", "Loft")


async def second_waits(made: TwoWorkspaces) -> dict[str, Any]:
    """The first is the house's own, with a channel; the notice there about the second."""
    await made.install(FIRST)
    assert "come to this channel" in await made.says("U_BEN", "approvals here", "C_APPROVALS")
    page = await made.install(SECOND)
    assert "does nothing there until whoever runs it admits" in page.text
    return await made.card("C_APPROVALS", "A workspace waits to be admitted: Second House")


async def pressed(made: TwoWorkspaces, user: str, notice: dict[str, Any], action: str, *, behind: bool = False) -> str:
    where = {"user": user, "channel": "C_APPROVALS", "ts": notice["ts"], "action_id": action}
    done = await made.post("slack/click", **where, behind=behind)
    assert done["status"] == 200, done
    return "\n".join(shown["text"] for shown in done["shown"])


async def nothing_works(made: TwoWorkspaces) -> None:
    """Every way in, by somebody of the second workspace; each is answered with the one sentence."""
    before = await counts(made)
    heard = (await made.http.get("/sandbox/slack/posts")).json()["posts"]
    words = (ASK.format("Hugo"), "", "help", "locks", "list", "check front-door 481529063", "approvals here", "connect")
    for words_typed in (
        *words,
        "unlock loft",
        "online loft",
        "reveal Cleo",
        "show Cleo",
        "change Cleo until mon 11:00",
    ):
        assert WAITS in await made.says("U_DAN", words_typed), words_typed
        assert SECOND in await made.says("U_DAN", words_typed)
    assert (await made.post("slack/home", user="U_DAN"))["status"] == 200
    home = str((await made.http.get("/sandbox/slack/views/U_DAN")).json()["home"])
    assert WAITS in home
    for shortcut in ("ask_for_pin", "pin_from_message"):
        said = await made.post("slack/talk", user="U_DAN", channel="C_SECOND_DESK", text="Front door for Cleo")
        more = {"message_ts": said["ts"], "channel": "C_SECOND_DESK"} if shortcut == "pin_from_message" else {}
        assert (await made.post("slack/shortcut", user="U_DAN", callback_id=shortcut, **more))["status"] == 200
        view = (await made.http.get("/sandbox/slack/views/U_DAN")).json()["modals"][-1]
        assert WAITS in str(view)
        await made.post("slack/close", user="U_DAN", all=True)
    for callback in ("ask", "deny", "amend", "reveal"):
        view = {"type": "modal", "id": "V1", "callback_id": callback, "private_metadata": "", "state": {"values": {}}}
        answer = await made.interact("U_DAN", SECOND, "view_submission", view=view)
        assert (answer.status_code, WAITS in answer.text) == (200, True)
    for action in ("approve", "deny", "home_ask", "have_it", "admit_workspace", "replace", "withdraw"):
        pressed_one = [{"action_id": action, "value": SECOND, "type": "button"}]
        answer = await made.interact(
            "U_DAN", SECOND, "block_actions", response_url="http://127.0.0.1:9/x", actions=pressed_one
        )
        assert (answer.status_code, answer.text) == (200, "")
    options = await made.interact("U_DAN", SECOND, "block_suggestion", action_id="lock", block_id="b", value="f")
    assert (options.status_code, options.json()) == (200, {"options": []})
    for event in ({"type": "message", "user": "U_DAN", "text": "front-door"}, {"type": "subteam_members_changed"}):
        assert await made.event(SECOND, event) == 200
    assert await counts(made) == before
    fresh = (await made.http.get("/sandbox/slack/posts")).json()["posts"][len(heard) :]
    seen = [post for post in fresh if post["caller"] == SECOND]
    assert [post for post in seen if any(door in str(post) for door in DOORS)] == []
    assert not [door for door in DOORS if door in home]


async def counts(made: TwoWorkspaces) -> list[int]:
    tables = ("access_requests", "messages", "access_codes", "cards", "remote_commands", "account_links", "admissions")
    return [int((await made.rows(f"SELECT count(*) FROM {table}"))[0][0]) for table in tables]


async def test_a_workspace_that_waits_can_do_nothing(database_url: str) -> None:
    async with two_workspaces(database_url, **NONE_LISTED) as made:
        await second_waits(made)
        (found,) = await _waiting(made.opened)
        assert (found.advice, f"waiting to be admitted: {SECOND} Second House;" in found.said) == (True, True)
        await nothing_works(made)
        assert "Ask in one line" in await made.says("U_ADA", "help")


async def test_an_approver_of_the_first_admits_it_and_nobody_else(database_url: str) -> None:
    async with two_workspaces(database_url, **NONE_LISTED) as made:
        notice = await second_waits(made)
        assert "Only an approver in the house's own workspace" in await pressed(
            made, "U_MALLORY", notice, "admit_workspace"
        )
        # An approver by the rules, who acts in the workspace that waits.
        assert WAITS in await pressed(made, "U_EVE", notice, "admit_workspace")
        assert (await made.rows(f"SELECT state FROM admissions WHERE id = '{SECOND}'")) == [("waiting",)]
        assert await pressed(made, "U_BEN", notice, "admit_workspace") == ""
        after = await made.card("C_APPROVALS", "Admitted by <@U_BEN>.")
        assert after["ts"] == notice["ts"]
        # Their screen is behind: once more is no harm, and the other word comes too late.
        assert await pressed(made, "U_BEN", notice, "admit_workspace", behind=True) == ""
        assert "is admitted already" in await pressed(made, "U_BEN", notice, "turn_workspace_away", behind=True)
        assert "come to this channel" in await made.says("U_EVE", "approvals here", "C_SECOND_APPROVALS")
        await made.says("U_DAN", ASK.format("Hugo"))
        card = await made.card("C_SECOND_APPROVALS", "Hugo at Front door: to decide")
        assert "Workspace: Second House" in card["text"]
        # An approver of the second decides about its own, and admits nobody.
        with pytest.raises(Refusal) as refused:
            await decide_about_workspace(made.opened.ports, FIRST, "U_EVE", SECOND, admit=False)
        assert refused.value.reason is Reason.NOT_YOURS_TO_ADMIT
        await made.click("U_EVE", "C_SECOND_APPROVALS", card, "approve")
        approved = await made.card("D_U_DAN", "Approved: a PIN for Hugo")
        assert "Workspace: Second House" in approved["text"]
        assert "in Second House" in await made.says("U_DAN", "list")
        assert "Workspace: Second House" in await made.says("U_DAN", "show Hugo")
        ((facts,),) = await made.rows("SELECT CAST(facts AS TEXT) FROM audit_entries WHERE what = 'asked'")
        assert "Second House" in facts
        done = await made.rows("SELECT actor, what FROM audit_entries WHERE what LIKE 'workspace_%'")
        assert done == [("U_BEN", "workspace_admitted")]


async def test_turned_away_and_reinstalled_it_stays_so(database_url: str) -> None:
    async with two_workspaces(database_url, **NONE_LISTED) as made:
        notice = await second_waits(made)
        assert await pressed(made, "U_BEN", notice, "turn_workspace_away") == ""
        await made.card("C_APPROVALS", "Turned away by <@U_BEN>.")
        assert "was turned away already" in await pressed(made, "U_BEN", notice, "admit_workspace", behind=True)
        await made.post("slack/uninstall", team=SECOND)
        page = await made.install(SECOND)
        assert "does nothing there" in page.text
        await nothing_works(made)
        assert len([m for m in await made.seen("C_APPROVALS") if "A workspace waits" in m["text"]]) == 1
        await set_admission(made.opened.ports, SECOND, admit=True)
        assert "Ask in one line" in await made.says("U_DAN", "help")
        await made.post("slack/uninstall", team=SECOND)
        await made.install(SECOND)
        assert "Ask in one line" in await made.says("U_DAN", "help")


async def test_whoever_is_taken_back_is_treated_the_same(sqlite_url: str) -> None:
    """A form is open, a card waits, and text goes out: nothing of it comes through any more."""
    async with two_workspaces(sqlite_url, **NONE_LISTED) as made:
        notice = await second_waits(made)
        await pressed(made, "U_BEN", notice, "admit_workspace")
        await made.says("U_EVE", "approvals here", "C_SECOND_APPROVALS")
        await made.says("U_DAN", ASK.format("Hugo"))
        card = await made.card("C_SECOND_APPROVALS", "Hugo at Front door: to decide")
        assert await made.says("U_DAN", "cabin for Iris now for 40h") == ""
        await set_admission(made.opened.ports, SECOND, admit=False)
        sent = await made.post("slack/submit", user="U_DAN", values={"phone": "+33639981236"})
        assert (sent["status"], sent["response_action"]) == (200, "update")
        assert WAITS in str((await made.http.get("/sandbox/slack/views/U_DAN")).json()["modals"][-1])
        clicked = await made.click("U_EVE", "C_SECOND_APPROVALS", card, "approve")
        assert WAITS in str(clicked["shown"])
        assert await made.rows("SELECT status FROM access_requests") == [("pending",)]
        await made.post("clock", advance="PT1H")

        async def refused() -> list[Any]:
            return await made.rows("SELECT problem FROM messages WHERE status = 'refused'")

        assert await made.until("the reminder is given up", refused) == [
            (f"Slack: the workspace {SECOND} is not admitted",)
        ]
        await nothing_works(made)
        await set_admission(made.opened.ports, SECOND, admit=True)
        card = await made.card("C_SECOND_APPROVALS", "Hugo at Front door: to decide")
        await made.click("U_EVE", "C_SECOND_APPROVALS", card, "approve")
        await made.card("D_U_DAN", "Approved: a PIN for Hugo")


async def test_of_two_who_decide_at_once_one_does(database_url: str) -> None:
    async with two_workspaces(database_url, **NONE_LISTED, slack_approvers=("U_BEN", "U_ADA")) as made:
        notice = await second_waits(made)
        said = await asyncio.gather(
            pressed(made, "U_BEN", notice, "admit_workspace"), pressed(made, "U_ADA", notice, "turn_workspace_away")
        )
        assert sorted(map(bool, said)) == [False, True]
        assert "already by <@U_" in "".join(said)
        done = await made.rows("SELECT what FROM audit_entries WHERE what LIKE 'workspace_%'")
        assert len(done) == 1


async def test_with_a_list_only_those_on_it_are_let_in(sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A stranger comes first, called like a shout: they wait, and the house hears of it once it is there."""
    monkeypatch.setitem(TEAMS, SECOND, "<!channel> *House* <@U_BEN> &")
    async with two_workspaces(sqlite_url, slack_workspaces=(FIRST,)) as made:
        await made.install(SECOND)
        assert WAITS in await made.says("U_DAN", "help")
        await made.install(FIRST)
        await made.says("U_BEN", "approvals here", "C_APPROVALS")
        await made.post("clock", advance="PT1H")
        notice = await made.card("C_APPROVALS", "A workspace waits to be admitted")
        assert "&lt;!channel&gt;" in notice["text"]
        assert "<@U_BEN>" not in notice["text"]
        assert "Ask in one line" in await made.says("U_ADA", "help")


async def test_a_stranger_who_comes_first_takes_over_nothing(sqlite_url: str) -> None:
    async with two_workspaces(sqlite_url, slack_workspaces=(FIRST,)) as made:
        await made.install(FIRST)
        await made.says("U_ADA", ASK.format("Cleo"))
        await made.change("UPDATE access_requests SET workspace = ''")
        await made.change("DELETE FROM workspaces")
        await made.install(SECOND)
        assert await made.rows("SELECT workspace FROM access_requests") == [("",)]
        await made.install(FIRST)
        assert await made.rows("SELECT workspace FROM access_requests") == [(FIRST,)]


async def test_with_one_workspace_nothing_names_it(sqlite_url: str) -> None:
    async with two_workspaces(sqlite_url, slack_approvals_channel="C_APPROVALS", **NONE_LISTED) as made:
        await made.install(FIRST)
        await made.install(SECOND)
        await made.says("U_ADA", ASK.format("Cleo"))
        card = await made.card("C_APPROVALS", "Cleo at Front door: to decide")
        assert "Workspace" not in card["text"]
        assert "Sandbox" not in await made.says("U_ADA", "list") + await made.says("U_ADA", "show Cleo")
