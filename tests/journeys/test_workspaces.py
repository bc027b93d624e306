"""Several workspaces: the app is installed by OAuth, each has its own cards, and it can be removed again."""

import time
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from bot.domain.approvals.api_tokens import Scope
from bot.ports import Misconfigured
from bot.workflows.let_in import create_token
from tests.journeys.two_workspaces import FIRST, ORGANISATION, SECOND, TwoWorkspaces, two_workspaces

pytestmark = pytest.mark.filterwarnings("ignore:BasicAuth is deprecated:DeprecationWarning")  # slack_sdk's own
GAUGE = "nightporter_misconfigured"
MOSTLY_SQLITE = pytest.mark.parametrize(
    "database_url",
    ["sqlite", pytest.param("postgresql", marks=[pytest.mark.processes, pytest.mark.deep])],
    indirect=True,
)
"""`tests/storage` holds both to the same answers: on PostgreSQL an installation and a token that several renew are seen
in every run, and the rest where it is deep."""
PHONES = {"Cleo": "+33639981234", "Hugo": "+33639981235", "Iris": "+33639981236", "Jules": "+33639981237"}


def ask(guest: str) -> str:
    return f"front-door for {guest} {PHONES[guest]} now for 10h"


async def both(made: TwoWorkspaces) -> None:
    """Installed in both, with a channel for approvals in each."""
    for team in (FIRST, SECOND):
        assert (await made.install(team)).status_code == 200
    assert "come to this channel" in await made.says("U_BEN", "approvals here", "C_APPROVALS")
    assert "come to this channel" in await made.says("U_EVE", "approvals here", "C_SECOND_APPROVALS")


# --- installing ------------------------------------------------------------------------------------------------------


async def test_installing_over_http_keeps_the_token_sealed(database_url: str, tmp_path: Path) -> None:
    async with two_workspaces(database_url) as made:
        await made.post("slack-settings", rotates=True)
        page = await made.install(SECOND)
        assert page.status_code == 200
        assert "Night Porter is installed in Second House." in page.text
        assert "Ask in one line" in await made.says("U_DAN", "help")
        secrets = await made.secrets()
        assert len(secrets) == 2
        kept = str(await made.rows("SELECT * FROM slack_bots"))
        assert "gAAAA" in kept
        assert not [secret for secret in secrets if secret in kept]
        files = [file.read_bytes() for file in tmp_path.glob("nightporter.db*")]
        assert not [secret for secret in secrets for content in files if secret.encode() in content]
        (bot,) = await made.rows("SELECT team_id, bot_user_id, bot_id FROM slack_bots")
        assert bot == (SECOND, "U_NIGHTPORTER", "B_NIGHTPORTER")
        assert await made.rows("SELECT id, installed_by FROM workspaces") == [(SECOND, "U_DAN")]


@MOSTLY_SQLITE
async def test_installing_again_keeps_one_row_and_the_newest_token(database_url: str) -> None:
    async with two_workspaces(database_url) as made:
        await made.install(SECOND)
        await made.says("U_DAN", "approvals here", "C_SECOND_APPROVALS")
        await made.post("slack/expire", team=SECOND)
        await made.install(SECOND, user="U_EVE")
        assert len(await made.rows("SELECT id FROM slack_bots")) == 1
        assert await made.rows("SELECT installed_by, approvals_channel FROM workspaces") == [
            ("U_EVE", "C_SECOND_APPROVALS")
        ]
        await made.says("U_DAN", ask("Cleo"))
        await made.card("C_SECOND_APPROVALS", "Cleo at Front door: to decide")


async def test_a_state_is_good_once_for_one_browser_and_ten_minutes(sqlite_url: str) -> None:
    async with two_workspaces(sqlite_url) as made:
        start = await made.http.get("/slack/install")
        back = (await made.http.get(f"{start.headers['location']}&team={SECOND}")).headers["location"]
        cookie = dict(made.http.cookies)
        made.http.cookies.clear()
        assert_refused(await made.http.get(back), "another browser")
        made.http.cookies.update(cookie)
        assert_refused(await made.http.get(back.replace("state=", "state=x")), "too old")
        assert (await made.http.get(back)).status_code == 200
        made.http.cookies.update(cookie)
        assert_refused(await made.http.get(back), "used already")
        assert made.asked("oauth.v2.access") == 1
        with pytest.MonkeyPatch.context() as earlier:
            earlier.setattr(time, "time", lambda now=time.time: now() - 601)
            start = await made.http.get("/slack/install")
        back = (await made.http.get(f"{start.headers['location']}&team={SECOND}")).headers["location"]
        assert_refused(await made.http.get(back), "too old")
        assert (await made.http.get("/slack/install")).status_code == 302
        assert made.asked("oauth.v2.access") == 1


async def test_a_stranger_who_asks_to_install_leaves_nothing(sqlite_url: str) -> None:
    async with two_workspaces(sqlite_url) as made:
        for _ in range(5):
            assert (await made.http.get("/slack/install")).status_code == 302
        assert await made.rows("SELECT * FROM slack_oauth_states") == []
        assert (await made.install(SECOND)).status_code == 200
        assert len(await made.rows("SELECT * FROM slack_oauth_states")) == 1


async def test_cancelled_forged_and_half_installed(sqlite_url: str, caplog: pytest.LogCaptureFixture) -> None:
    async with two_workspaces(sqlite_url) as made:
        assert_refused(await made.install(SECOND, cancel="1"), "it was cancelled")
        start = await made.http.get("/slack/install")
        state = start.headers["location"].split("state=")[1].split("&")[0]
        assert_refused(await made.http.get("/slack/oauth_redirect", params={"state": state}), "not the address")
        start = await made.http.get("/slack/install")
        state = start.headers["location"].split("state=")[1].split("&")[0]
        forged = {"state": state, "code": "code-guessed"}
        assert_refused(await made.http.get("/slack/oauth_redirect", params=forged), "did not confirm")
        refused = {"provider": "slack", "fault": "http_429", "rate": 1, "path": "/oauth.v2.access", "count": 1}
        await made.post("faults", **refused)
        assert_refused(await made.install(SECOND), "did not confirm")
        assert "code-" not in caplog.text, "it may still be good"
        await made.post("faults", provider="slack", fault="http_500", rate=1, path="/oauth.v2.access", count=1)
        assert_refused(await made.install(SECOND), "did not confirm")
        assert await made.rows("SELECT id FROM slack_bots") == []
        assert await made.rows("SELECT id FROM workspaces") == []


async def test_a_whole_organisation_is_refused_and_its_token_given_back(sqlite_url: str) -> None:
    async with two_workspaces(sqlite_url) as made:
        assert_refused(await made.install(ORGANISATION), "whole organisation")
        assert made.asked("auth.revoke") == 1
        assert await made.rows("SELECT id FROM slack_bots") == []


def assert_refused(page: object, why: str) -> None:
    assert page.status_code == 400, page  # type: ignore[attr-defined]
    words = page.text  # type: ignore[attr-defined]
    assert why in words
    assert words.count("<p>") == 1
    assert "Start again at http://127.0.0.1" in words


# --- each its own ----------------------------------------------------------------------------------------------------


@MOSTLY_SQLITE
async def test_each_workspace_gets_its_own_cards_with_its_own_token(database_url: str) -> None:
    async with two_workspaces(database_url) as made:
        await both(made)
        await made.says("U_ADA", ask("Cleo"))
        await made.says("U_DAN", ask("Hugo"))
        first = await made.card("C_APPROVALS", "Cleo at Front door: to decide")
        second = await made.card("C_SECOND_APPROVALS", "Hugo at Front door: to decide")
        assert not [m for m in await made.seen("C_APPROVALS") if "Hugo" in m["text"]]
        assert "Nothing waits" not in await made.says("U_BEN", "approvals")
        assert "Hugo" not in await made.says("U_BEN", "approvals")
        await made.click("U_EVE", "C_SECOND_APPROVALS", second, "approve")
        await made.click("U_BEN", "C_APPROVALS", first, "approve")
        await made.card("D_U_DAN", "Approved: a PIN for Hugo")
        await made.card("D_U_ADA", "Approved: a PIN for Cleo")
        posts = (await made.http.get("/sandbox/slack/posts")).json()["posts"]
        callers = {(p["channel"], p["caller"]) for p in posts if p["method"].startswith("chat.")}
        assert {team for channel, team in callers if channel in ("C_APPROVALS", "U_ADA", "D_U_ADA")} == {FIRST}
        assert {team for channel, team in callers if channel in ("C_SECOND_APPROVALS", "U_DAN", "D_U_DAN")} == {SECOND}
        assert [p for p in posts if not p["ok"]] == []


async def test_what_is_wrong_in_one_workspace_takes_nobody_elses_house_down(sqlite_url: str) -> None:
    with capture_logs() as lines:
        async with two_workspaces(sqlite_url) as made:
            await both(made)

            async def wrong() -> dict[str, str]:
                return dict((await made.http.get("/readyz")).json()["wrong"])

            async def gauge(vendor: str) -> str:
                page = (await made.http.get("/metrics")).text
                return next(line[-3:] for line in page.splitlines() if line.startswith(f'{GAUGE}{{vendor="{vendor}"}}'))

            assert (await wrong(), await gauge("Slack elsewhere"), await gauge("Slack")) == ({}, "0.0", "0.0")
            await made.post("slack/channel", channel="C_SECOND_APPROVALS", archived=True)
            await made.says("U_DAN", ask("Hugo"))
            await made.card("D_U_DAN", "No approver could be reached in the channel")
            assert "Approvers may not see it yet" in await made.says("U_DAN", ask("Iris"))
            assert "Approvers may not see it yet" not in await made.says("U_ADA", ask("Cleo"))

            async def elsewhere() -> bool:  # a look is shared for a moment
                return (await wrong(), await gauge("Slack elsewhere"), await gauge("Slack")) == ({}, "1.0", "0.0")

            await made.until("it is said, and nothing is down", elsewhere)
            (named,) = [line for line in lines if line["event"] == "misconfigured"]
            assert named["vendor"] == f"Slack of Second House ({SECOND})"
            assert "the channel is archived" in named["cure"]
            await made.post("slack/channel", channel="C_APPROVALS", archived=True)
            await made.says("U_ADA", ask("Jules"))

            async def down() -> bool:
                return "the channel is archived" in (await wrong()).get("Slack", "")

            await made.until("the house's own is the house's", down)
            assert await gauge("Slack") == "1.0"
            assert "Second House" not in str(await wrong())


async def test_a_question_that_has_its_answer_is_changed_in_its_own_workspace(sqlite_url: str) -> None:
    async with two_workspaces(sqlite_url) as made:
        await both(made)
        await made.says("U_DAN", f"front-door for Hugo {PHONES['Hugo']} now for 40h")
        card = await made.card("C_SECOND_APPROVALS", "Hugo at Front door: to decide")
        await made.click("U_EVE", "C_SECOND_APPROVALS", card, "approve")
        await made.card("C_SECOND_APPROVALS", "Hugo at Front door: PIN texted")
        await made.post("clock", advance="PT25H")
        missed = await made.card("C_SECOND_APPROVALS", "Not heard of: Hugo")
        await made.click("U_EVE", "C_SECOND_APPROVALS", missed, "replace")
        after = await made.card("C_SECOND_APPROVALS", "Done: a new PIN takes its place.")
        assert after["ts"] == missed["ts"]


async def test_a_stay_is_only_changed_where_it_was_asked_for(sqlite_url: str) -> None:
    async with two_workspaces(sqlite_url) as made:
        await both(made)
        await made.says("U_ADA", ask("Cleo"))
        card = await made.card("C_APPROVALS", "Cleo at Front door: to decide")
        clicked = await made.click("U_EVE", "C_APPROVALS", card, "approve")
        assert (clicked["status"], "asked for in another workspace" in str(clicked["shown"])) == (200, True)
        assert await made.rows("SELECT status, workspace FROM access_requests") == [("pending", FIRST)]
        short_id = next(f for b in card["blocks"] for f in map(str, b.get("fields", [])) if "Short id" in f)[-7:-2]
        assert "Cleo" not in await made.says("U_EVE", f"show {short_id}")
        assert "Cleo at Front door" in await made.says("U_BEN", f"show {short_id}")
        await made.post("slack/home", user="U_EVE")
        home = str((await made.http.get("/sandbox/slack/views/U_EVE")).json()["home"])
        assert "To decide" in home
        assert "Cleo" not in home


async def test_a_question_is_only_answered_where_it_was_asked(sqlite_url: str) -> None:
    """Its buttons carry the question's own id, and no stay's."""
    async with two_workspaces(sqlite_url) as made:
        await both(made)
        far = datetime.fromisoformat((await made.http.get("/sandbox/clock")).json()["now"]) + timedelta(days=3)
        await made.says("U_ADA", ask("Cleo").replace("now", f"{far:%Y-%m-%d} 15:00"))
        await made.click("U_BEN", "C_APPROVALS", await made.card("C_APPROVALS", "Cleo at Front door: to"), "approve")
        await made.card("C_APPROVALS", "Cleo at Front door: approved")
        assert not await made.says("U_ADA", "change Cleo door garden gate")
        assert (await made.post("slack/submit", user="U_ADA", values={}))["sent"]
        await made.says("U_ADA", ask("Hugo"))
        await made.click("U_BEN", "C_APPROVALS", await made.card("C_APPROVALS", "Hugo at Front door: to"), "approve")
        await made.card("C_APPROVALS", "Hugo at Front door: PIN")
        await made.post("phones/+33639989999", body="It is Hugo, my phone is dead")
        for question, actions in (
            ("A change to decide: Cleo", ("change_yes", "change_no")),
            ("my phone is dead", ("whose_text",)),
        ):
            shown = await made.card("C_APPROVALS", question)
            for action in actions:
                clicked = await made.click("U_EVE", "C_APPROVALS", shown, action)
                assert "asked for in another workspace" in str(clicked["shown"]), action
        assert not (await made.http.get("/sandbox/slack/views/U_EVE")).json()["modals"]
        assert await made.rows("SELECT MAX(amendments) FROM access_requests") == [(0,)]
        forged = {"id": "V1", "type": "modal", "callback_id": "whose", "private_metadata": _value(shown, "whose_text")}
        said = await made.interact("U_EVE", SECOND, "view_submission", view=forged)
        assert "asked for in another workspace" in said.text
        await made.click("U_BEN", "C_APPROVALS", await made.card("C_APPROVALS", "A change to decide"), "change_yes")
        await made.card("C_APPROVALS", "Cleo at Garden gate")


def _value(message: dict[str, Any], action: str) -> str:
    buttons = [each for block in message["blocks"] for each in block.get("elements", [])]
    return str(next(each["value"] for each in buttons if each.get("action_id") == action))


@MOSTLY_SQLITE
async def test_nobody_can_decide_before_a_channel_is_chosen_and_nothing_is_lost(database_url: str) -> None:
    async with two_workspaces(database_url) as made:
        await made.install(SECOND, user="U_EVE")
        said = await made.says("U_DAN", ask("Hugo"))
        assert "Nobody can decide yet, because no channel is set for approvals" in said
        assert "can choose this channel" in await made.says("U_DAN", "approvals here", "C_SECOND_APPROVALS")
        said = await made.says("U_EVE", "approvals here", "C_SECOND_QUIET")
        assert "We cannot post in this channel" in said
        assert await made.rows("SELECT approvals_channel FROM workspaces") == [(None,)]
        assert "come to this channel" in await made.says("U_EVE", "approvals here", "C_SECOND_APPROVALS")
        card = await made.card("C_SECOND_APPROVALS", "Hugo at Front door: to decide")
        await made.click("U_EVE", "C_SECOND_APPROVALS", card, "approve")
        await made.card("D_U_DAN", "Approved: a PIN for Hugo")
        assert "An approver decides in <#C_SECOND_APPROVALS>" in await made.says("U_DAN", ask("Iris"))


async def test_a_default_channel_serves_where_none_was_chosen(sqlite_url: str) -> None:
    async with two_workspaces(sqlite_url, slack_approvals_channel="C_APPROVALS") as made:
        await made.install(FIRST)
        assert "An approver decides in <#C_APPROVALS>" in await made.says("U_ADA", ask("Cleo"))
        await made.card("C_APPROVALS", "Cleo at Front door: to decide")


async def test_a_group_is_read_with_the_token_of_its_own_workspace(sqlite_url: str) -> None:
    async with two_workspaces(sqlite_url, slack_approvers=("S_APPROVERS", "S_SECOND")) as made:
        await both(made)
        await made.says("U_DAN", ask("Hugo"))
        card = await made.card("C_SECOND_APPROVALS", "Hugo at Front door: to decide")
        await made.click("U_EVE", "C_SECOND_APPROVALS", card, "approve")
        await made.card("D_U_DAN", "Approved: a PIN for Hugo")
        await made.post("slack/group", group="S_SECOND", members=["U_DAN"])
        assert await made.opened.ports.chat.members("S_SECOND") == {"U_DAN"}


# --- the cost --------------------------------------------------------------------------------------------------------


@MOSTLY_SQLITE
async def test_fifty_commands_read_no_token_and_ask_slack_nothing(database_url: str) -> None:
    async with two_workspaces(database_url) as made:
        await both(made)
        await made.says("U_ADA", "help")
        await made.says("U_DAN", "help")
        reads, tests = made.reads_of("slack_bots"), made.asked("auth.test")
        assert reads > 0
        for n in range(25):
            for user in ("U_ADA", "U_DAN"):
                await made.says(user, ("help", "list")[n % 2])
        assert (made.reads_of("slack_bots") - reads, made.asked("auth.test") - tests) == (0, 0)


# --- tokens that end -------------------------------------------------------------------------------------------------


async def test_a_token_that_ends_is_renewed_once_and_what_was_to_be_said_is_said(database_url: str) -> None:
    """Slack says token_expired before our clock would have it."""
    async with two_workspaces(database_url) as made:
        await made.post("slack-settings", rotates=True)
        await both(made)
        before = made.asked("oauth.v2.access")
        await made.post("slack/expire", team=SECOND)
        for guest in ("Hugo", "Iris", "Jules"):
            await made.says("U_DAN", ask(guest))
        for guest in ("Hugo", "Iris", "Jules"):
            await made.card("C_SECOND_APPROVALS", f"{guest} at Front door: to decide")
        assert made.asked("oauth.v2.access") - before == 1


async def test_a_token_near_its_end_is_renewed_before_it_ends(sqlite_url: str) -> None:
    async with two_workspaces(sqlite_url) as made:
        await made.post("slack-settings", rotates=True, token_seconds=600)
        await made.install(SECOND)
        await made.post("slack-settings", token_seconds=43200)
        first = await made.rows("SELECT bot_token FROM slack_bots")
        assert "Ask in one line" in await made.says("U_DAN", "help")
        assert await made.rows("SELECT bot_token FROM slack_bots") != first
        assert made.asked("oauth.v2.access") == 2


# --- removing --------------------------------------------------------------------------------------------------------


@MOSTLY_SQLITE
async def test_removed_means_tokens_gone_and_one_honest_sentence(database_url: str) -> None:
    async with two_workspaces(database_url) as made:
        await both(made)
        await made.says("U_DAN", ask("Hugo"))
        card = await made.card("C_SECOND_APPROVALS", "Hugo at Front door: to decide")
        reported = await made.post("slack/uninstall", team=SECOND)
        assert reported["events"] == [200, 200]
        assert await made.rows("SELECT team_id FROM slack_bots") == [(FIRST,)]
        assert await made.rows("SELECT id FROM workspaces") == [(FIRST,)]
        assert "not installed in this workspace any more" in await made.says("U_DAN", "help")
        clicked = await made.click("U_EVE", "C_SECOND_APPROVALS", card, "approve")
        assert clicked["status"] == 200
        assert (await made.unanswerable_click("U_EVE", SECOND)) == 200
        assert await made.rows("SELECT status FROM access_requests") == [("pending",)]
        assert "Ask in one line" in await made.says("U_ADA", "help")


async def test_what_waits_for_a_removed_workspace_is_not_tried_for_ever(sqlite_url: str) -> None:
    """It lapses there. The card is held, and true once the app is installed again; messages are refused, saying why."""
    async with two_workspaces(sqlite_url) as made:
        await both(made)
        await made.says("U_DAN", ask("Hugo"))
        await made.card("C_SECOND_APPROVALS", "Hugo at Front door: to decide")
        await made.post("slack/uninstall", team=SECOND)
        await made.post("clock", advance="PT1H")

        async def reminder_refused() -> list[object]:
            return [
                *await made.rows("SELECT 1 FROM messages WHERE phrase = 'approval_reminder' AND status = 'refused'")
            ]

        await made.until("the reminder to approvers is given up", reminder_refused)
        await made.post("clock", advance="PT2H")

        async def settled() -> bool:
            lapsed = await made.rows("SELECT 1 FROM access_requests WHERE status = 'lapsed'")
            open_cards = await made.rows("SELECT 1 FROM cards WHERE due_at IS NOT NULL")
            open_messages = await made.rows("SELECT 1 FROM messages WHERE status IN ('queued', 'sending')")
            return bool(lapsed) and not open_cards and not open_messages

        await made.until("nothing is tried any more", settled)
        refused = await made.rows("SELECT DISTINCT status, problem FROM messages WHERE medium = 'slack'")
        assert refused == [("refused", f"Slack: the app is not installed in {SECOND}")]
        assert await made.rows("SELECT 1 FROM cards WHERE wanted > shown") == [(1,)]
        await made.install(SECOND)
        await made.says("U_EVE", "approvals here", "C_SECOND_APPROVALS")

        async def shown() -> bool:
            return await made.rows("SELECT shown - wanted FROM cards") == [(0,)]

        await made.until("the card is true again", shown)
        assert [m for m in await made.seen("C_SECOND_APPROVALS") if "lapsed" in m["text"]]


async def test_old_news_of_a_removal_changes_nothing(sqlite_url: str) -> None:
    """Events come late and twice; meanwhile the app may have been installed again."""
    async with two_workspaces(sqlite_url) as made:
        await made.install(SECOND)
        assert await made.event(SECOND, {"type": "app_uninstalled"}) == 200
        assert await made.event(SECOND, {"type": "tokens_revoked", "tokens": {"bot": [], "oauth": ["U_DAN"]}}) == 200
        assert await made.rows("SELECT team_id FROM slack_bots") == [(SECOND,)]
        assert "Ask in one line" in await made.says("U_DAN", "help")


@pytest.mark.parametrize("user", ["U_ADA", "U_DAN"])
async def test_before_any_installation_a_command_is_answered(sqlite_url: str, user: str) -> None:
    async with two_workspaces(sqlite_url) as made:
        assert "not installed in this workspace" in await made.says(user, "help")
        home = await made.post("slack/home", user=user)
        assert home["status"] == 200


# --- the operator ----------------------------------------------------------------------------------------------------


async def test_doctor_counts_the_workspaces_and_tries_each_token_once(sqlite_url: str) -> None:
    async with two_workspaces(sqlite_url) as made:
        chat = made.opened.ports.chat
        with pytest.raises(Misconfigured, match="installed in no workspace yet: open /slack/install"):
            await chat.check()
        for team in (FIRST, SECOND):
            await made.install(team)
        before = made.asked("auth.test")
        assert await chat.check() == "Slack: installed in 2 workspaces: Sandbox, Second House"
        assert made.asked("auth.test") - before == 2
        await made.post("slack/expire", team=SECOND)
        with pytest.raises(Misconfigured, match="1 of 2 workspaces cannot be reached: Second House"):
            await chat.check()


async def test_requests_from_before_belong_to_the_first_workspace(sqlite_url: str) -> None:
    async with two_workspaces(sqlite_url) as made:
        await made.install(FIRST)
        await made.says("U_ADA", ask("Cleo"))
        await made.change("UPDATE access_requests SET workspace = ''")
        await made.change("DELETE FROM workspaces")
        await made.install(FIRST)
        await made.install(SECOND)
        assert await made.rows("SELECT workspace FROM access_requests") == [(FIRST,)]


async def test_bolt_reads_nothing_from_the_environment(sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("CLIENT_ID", "CLIENT_SECRET", "SCOPES", "USER_SCOPES", "REDIRECT_URI", "INSTALL_PATH"):
        monkeypatch.setenv(f"SLACK_{name}", "from-the-environment")
    monkeypatch.setattr("bot.settings.check_no_real_credentials", lambda _: None)
    async with two_workspaces(sqlite_url) as made:
        start = await made.http.get("/slack/install")
        assert "from-the-environment" not in start.headers["location"]
        assert "client_id=sandbox-client" in start.headers["location"]
        await made.install(SECOND)
        assert "Ask in one line" in await made.says("U_DAN", "help")


async def test_a_stay_that_comes_by_itself_is_the_houses_own(sqlite_url: str) -> None:
    """It is decided in the first workspace, whoever else has installed the app."""
    async with two_workspaces(sqlite_url) as made:
        await both(made)
        token = (await create_token(made.opened.ports, "Bookings", frozenset({Scope.WRITE}))).secret
        day = made.opened.ports.clock.now().date() + timedelta(days=5)
        window = {"starts_at": f"{day}", "ends_at": f"{day + timedelta(days=2)}"}
        for guest, phone in (("Cleo", PHONES["Cleo"]), ("Hugo", None)):
            said = {"guest": {"name": guest, "phone": phone}, "doors": ["front-door"], **window}
            headers = {"authorization": f"Bearer {token}"}
            sent = await made.http.put(f"/v1/stays/bookings/{guest}", json=said, headers=headers)
            assert sent.status_code == 201, sent.text
        card = await made.card("C_APPROVALS", "Cleo at Front door: to decide")
        await made.card("C_APPROVALS", "Nobody to text: Hugo at Front door")
        assert (await made.click("U_BEN", "C_APPROVALS", card, "approve"))["status"] == 200
        await made.card("C_APPROVALS", "Cleo at Front door: approved")
        assert not [message for message in await made.seen("C_SECOND_APPROVALS") if "Front door" in message["text"]]
