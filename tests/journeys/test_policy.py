"""The approval rules, lived through in the demo: by itself, two approvers, an emergency, who may ask, reminders."""

from pathlib import Path

from tests.journeys.living_demo import People, people
from tests.processes.operator import at_the_terminal

PHONE = "+33639981234"
RULES = """
may_ask = ["U_ADA", "U_MALLORY", "U_BEN"]

[[rule]]
locks = ["garden*"]
max_hours = 4
automatic = true

[[rule]]
locks = ["CABIN"]
needed = 2
approvers = ["U_ADA", "U_BEN"]

[[rule]]
requesters = ["U_ADA"]
approvers = ["S_APPROVERS"]
break_glass = ["U_ADA"]
"""


def rules(folder: Path, text: str = RULES) -> str:
    file = folder / "policy.toml"
    file.write_text(text)
    return str(file)


async def texted(made: People, phone: str = PHONE) -> str:
    async def look() -> list[str]:
        return await made.pins(phone)

    return str((await made.until("the guest is texted a PIN", look))[-1])


async def pressed(made: People, user: str, message: dict[str, object], action: str, *, behind: bool = False) -> str:
    """Presses, and reads what only this person sees."""
    where = {"user": user, "channel": "C_APPROVALS", "ts": message["ts"]}
    reported = await made.post("/sandbox/slack/click", **where, action_id=action, behind=behind)
    return "\n".join(shown["text"] for shown in reported["shown"])


async def in_channel(made: People, words: str) -> int:
    return sum(words in m["text"] for m in (await made.get("/sandbox/slack/channels/C_APPROVALS"))["messages"])


async def test_a_short_stay_is_approved_by_the_rules(tmp_path: Path) -> None:
    async with people(tmp_path, POLICY_FILE=rules(tmp_path)) as made:
        said = await made.says("U_MALLORY", f"garden-gate for Cleo {PHONE} now for 3h")
        assert "It is approved by the rules" in said
        assert await texted(made)
        card = await made.post_with("Cleo at Garden gate: PIN texted")
        assert "Approved by the rules," in card["text"]
        assert "approve" not in str([b for b in card["blocks"] if b["type"] == "actions"])
        longer = await made.says("U_MALLORY", "garden-gate for Dora +33639981235 now for 5h")
        assert "An approver decides" in longer
        await made.post_with("Dora at Garden gate: to decide")
        for name in ("Eve", "Finn"):
            assert "approved by the rules" in await made.says(
                "U_ADA", f"garden-gate for {name} {PHONE} now for 3h all the same"
            )
        full = await made.says("U_ADA", f"garden-gate for Gus {PHONE} now for 3h")
        assert "is full" in full


async def test_two_approvers_are_two_people(tmp_path: Path) -> None:
    async with people(tmp_path, POLICY_FILE=rules(tmp_path)) as made:
        await made.says("U_MALLORY", f"cabin for Cleo {PHONE} now for 3h")
        card = await made.post_with("Cleo at Cabin: to decide")
        assert "2 approvers are needed." in card["text"]
        assert await pressed(made, "U_BEN", card, "approve") == ""
        card = await made.post_with("1 of 2: Approved by <@U_BEN>")
        assert "One more approver is needed." in card["text"]
        assert "needs a second person" in await pressed(made, "U_BEN", card, "approve")
        assert await made.pins(PHONE) == []
        await pressed(made, "U_ADA", card, "approve")
        assert await texted(made)
        card = await made.post_with("Cleo at Cabin: PIN texted")
        assert "1 of 2: Approved by <@U_BEN>" in card["text"]
        assert "\nApproved by <@U_ADA>" in card["text"]


async def test_one_of_two_says_no(tmp_path: Path) -> None:
    async with people(tmp_path, POLICY_FILE=rules(tmp_path)) as made:
        await made.says("U_BEN", f"cabin for Cleo {PHONE} now for 3h")
        card = await made.post_with("Cleo at Cabin: to decide")
        assert "your own request" in await pressed(made, "U_BEN", card, "approve")
        await pressed(made, "U_ADA", card, "deny")
        await made.post("/sandbox/slack/submit", user="U_ADA", values={"reason": "no"})
        assert "Denied by <@U_ADA>" in (await made.post_with("Cleo at Cabin: denied"))["text"]


async def test_an_emergency_is_reviewed_by_somebody_else(tmp_path: Path) -> None:
    async with people(tmp_path, POLICY_FILE=rules(tmp_path)) as made:
        await made.says("U_ADA", f"front-door for Cleo {PHONE} now for 3h")
        card = await made.post_with("Cleo at Front door: to decide")
        assert "In an emergency, use the button" in await pressed(made, "U_ADA", card, "approve")
        assert "only for whoever asked" in await pressed(made, "U_BEN", card, "break_glass")
        button = next(b for b in card["blocks"][-1]["elements"] if b["action_id"] == "break_glass")
        assert "one of them has to review it" in button["confirm"]["text"]["text"]
        await pressed(made, "U_ADA", card, "break_glass")
        assert await texted(made)
        asked = await made.post_with("Please review: a PIN for Cleo")
        assert "<@U_BEN>: look at it" in asked["text"]
        card = await made.post_with("Approved by <@U_ADA> for themselves, in an emergency")
        assert "Nobody else has reviewed it yet." in card["text"]
        assert "somebody else has to review it" in await pressed(made, "U_ADA", asked, "reviewed")
        assert await pressed(made, "U_BEN", asked, "reviewed") == ""
        await made.post_with("<@U_BEN> has reviewed what <@U_ADA> approved")
        assert "Cleo at Front door: PIN texted" in (await made.post_with("Reviewed by <@U_BEN>"))["text"]
        assert "<@U_BEN> has reviewed this already" in await pressed(made, "U_BEN", asked, "reviewed", behind=True)
        assert await in_channel(made, "has reviewed what") == 1


async def test_one_manager_alone_approves_their_own_and_it_is_in_the_log(tmp_path: Path) -> None:
    """Without the rule nobody could, and whoever asks reads so at once."""
    (tmp_path / "without").mkdir()
    async with people(tmp_path / "without") as made:
        said = await made.says("U_BEN", f"front-door for Cleo {PHONE} now for 3h")
        assert "Nobody can approve it yet: too few approvers are left" in said
        assert "Nobody can approve" not in await made.says("U_ADA", f"loft for Dora {PHONE} now for 3h")
    (tmp_path / "with").mkdir()
    one_manager = '[[rule]]\nbreak_glass = ["U_BEN"]\n'
    async with people(tmp_path / "with", POLICY_FILE=rules(tmp_path, one_manager)) as made:
        assert "An approver decides" in await made.says("U_BEN", f"front-door for Cleo {PHONE} now for 3h")
        card = await made.post_with("Cleo at Front door: to decide")
        await pressed(made, "U_BEN", card, "break_glass")
        assert await texted(made)
        await made.post_with("Approved by <@U_BEN> for themselves, in an emergency")


async def test_who_may_ask(tmp_path: Path) -> None:
    async with people(tmp_path, POLICY_FILE=rules(tmp_path, 'may_ask = ["S_APPROVERS"]')) as made:
        said = await made.says("U_ADA", f"front-door for Cleo {PHONE} now for 3h")
        assert said.startswith("You are not among those who may ask for PINs here.")
        assert (await made.says("U_BEN", f"front-door for Dora {PHONE} now for 3h")).startswith("Asked for a PIN")
        await made.post_with("Dora at Front door: to decide")
        assert await in_channel(made, "Cleo") == 0


async def test_approvers_are_reminded_then_the_backup_then_it_lapses(tmp_path: Path) -> None:
    text = '[reminders]\nafter_minutes = [15, 45, 120]\nbackup = ["U_ADA"]\n'
    async with people(tmp_path, POLICY_FILE=rules(tmp_path, text)) as made:
        await made.says("U_MALLORY", f"front-door for Cleo {PHONE} tomorrow noon for 3h")
        card = await made.post_with("Cleo at Front door: to decide")
        assert "Only an approver" in await pressed(made, "U_ADA", card, "approve")
        await made.move("PT16M")
        first = await made.post_with("Still to decide: a PIN for Cleo")
        assert "<@U_MALLORY> is waiting. <@U_BEN>: please decide on its card." in first["text"]
        await made.move("PT110M")
        last = await made.post_with("The approvers have not answered")
        assert "<@U_ADA>: please decide" in last["text"]
        assert await in_channel(made, "Still to decide") == 2  # the second one's time was slept through
        await made.quiet()
        assert await in_channel(made, "Still to decide") == 2
        await made.says("U_MALLORY", "front-door for Dora +33639981235 tomorrow noon for 3h")
        await made.post_with("Dora at Front door: to decide")
        await pressed(made, "U_ADA", card, "deny")
        await made.post("/sandbox/slack/submit", user="U_ADA", values={"reason": "nobody knows them"})
        await made.post_with("Cleo at Front door: denied")
        await made.move("PT36H")
        lapsed = await made.post_with("Dora at Front door: lapsed")
        assert "Nobody decided in time." in lapsed["text"]
        assert await in_channel(made, "Still to decide") == 2


async def test_a_group_that_changes_counts_at_once(tmp_path: Path) -> None:
    text = '[[rule]]\napprovers = ["S_APPROVERS"]\n'
    async with people(tmp_path, POLICY_FILE=rules(tmp_path, text)) as made:
        await made.says("U_MALLORY", f"front-door for Cleo {PHONE} now for 3h")
        card = await made.post_with("Cleo at Front door: to decide")
        assert "Only an approver" in await pressed(made, "U_ADA", card, "approve")
        reported = await made.post("/sandbox/slack/group", group="S_APPROVERS", members=["U_ADA"])
        assert reported["status"] == 200
        assert "Only an approver" in await pressed(made, "U_BEN", card, "approve")
        assert await pressed(made, "U_ADA", card, "approve") == ""
        assert await texted(made)


async def test_a_reminder_waiting_at_the_decision_is_not_said(tmp_path: Path) -> None:
    async with people(tmp_path) as made:
        await made.says("U_ADA", f"front-door for Cleo {PHONE} tomorrow noon for 3h")
        card = await made.post_with("Cleo at Front door: to decide")
        await made.post("/sandbox/faults", provider="slack", fault="http_429", rate=1.0)
        await made.move("PT16M")
        await made.quiet()
        await pressed(made, "U_BEN", card, "approve")
        await made.http.delete("/sandbox/faults")
        await made.move("PT10M")
        await made.post_with("Approved by <@U_BEN>")
        await made.quiet()
        assert await in_channel(made, "Still to decide") == 0


async def test_doctor_reads_the_rules(tmp_path: Path) -> None:
    text = '[[rule]]\nlocks = ["Frnt door", "Garden*"]\napprovers = ["S_NOBODY", "S_APPROVERS"]\n'

    async def doctor(**more: str) -> str:
        return (await at_the_terminal(tmp_path, "doctor", **environment, **more)).stdout

    async with people(tmp_path) as made:
        environment = {"SANDBOX_URL": str(made.http.base_url), "PUBLIC_URL": "http://127.0.0.1:8000"}
        assert "ok    approval rules: every request needs one of SLACK_APPROVERS" in await doctor()
        reported = await doctor(POLICY_FILE=rules(tmp_path, text))
        assert "ok    approval rules: 1 rule, then one of SLACK_APPROVERS" in reported
        assert 'WRONG approval rules: no lock is called "Frnt door"' in reported
        assert not [line for line in reported.splitlines() if "Garden" in line and line.startswith("WRONG")]
        assert "WRONG approval rules: user group S_NOBODY: " in reported
        assert "ok    approval rules: user group S_APPROVERS: 1 members" in reported
        two = '[[rule]]\nneeded = 2\napprovers = ["U_BEN", "U_ADA"]\n'
        reported = await doctor(POLICY_FILE=rules(tmp_path, two))
        assert (
            "WRONG approval rules: rule 1 needs 2 approvers, never the one who asks; when U_ADA asks, fewer" in reported
        )
        backed = two + '[reminders]\nafter_minutes = [15]\nbackup = ["U_MALLORY"]\n'
        assert "never the one who asks" not in await doctor(POLICY_FILE=rules(tmp_path, backed))
        reported = await doctor(POLICY_FILE=rules(tmp_path, "[[rule]]\nneeded = 3\n"))
        assert "WRONG configuration: POLICY_FILE line 2: needed is 1 or 2" in reported
