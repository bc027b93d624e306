"""The channel of approvals takes nothing for six days, or Slack as a whole does not take our token: what waits for a
decision reaches somebody all the same, whoever asked is told, and the log says each kind once an hour."""

from datetime import timedelta
from pathlib import Path
from typing import Any

from tests.cases import every
from tests.journeys.alarmed import changed, direct, headings, press_in
from tests.journeys.forms import words_of
from tests.journeys.living_demo import People, people
from tests.journeys.test_alerts import EVA, NIGHT, phones, reads
from tests.journeys.test_home import home_of, press
from tests.journeys.test_misconfigured import is_wrong
from tests.journeys.watching import asked, in_three_days, posts, says_card

PHONE = "+33639981234"
BREAKS: dict[str, tuple[dict[str, Any], dict[str, Any], str]] = {
    "archived": ({"archived": True}, {"archived": False}, "the channel is archived; unarchive it or change SLACK_APPR"),
    "not invited": ({"bot": False}, {"bot": True}, "the bot is not in the channel; invite it there"),
}


async def change(made: People, **how: Any) -> None:
    await made.post("/sandbox/slack/channel", channel="C_APPROVALS", **how)


async def no_approver_heard(made: People, person: str, guest: str = "Ana") -> dict[str, Any]:
    return await made.post_with(f"No approver could be reached in the channel: a PIN for {guest}", f"D_{person}")


@every("broken", list(BREAKS))
async def test_a_request_that_the_channel_does_not_show_is_decided_from_direct_messages(
    tmp_path: Path, broken: str
) -> None:
    breaks, mends, cure = BREAKS[broken]
    folder = tmp_path / broken.replace(" ", "_")
    folder.mkdir()
    async with people(folder, **phones(folder)) as made:
        await made.stand_still()
        await change(made, **breaks)
        await asked(made, f"loft for Ana {PHONE} {await in_three_days(made)}")
        hers, his = await no_approver_heard(made, "U_ADA"), await no_approver_heard(made, "U_BEN")
        assert cure in hers["text"]
        assert "We write to the approvers themselves" in hers["text"]
        assert "<@U_ADA> asks for it. Decide it on Night Porter's Home tab" in his["text"]
        assert "Nobody has taken it" in his["text"]
        second = await made.says("U_ADA", "cabin for Bea +33639981235 tomorrow 9:00 for 3h")
        assert "Approvers may not see it yet" in second
        await made.quiet()
        assert not await made.texts(NIGHT), "phones come ten minutes later"
        await made.move("PT10M")
        assert "Ana at Loft" in await reads(made, NIGHT, "Ana at Loft")
        await reads(made, EVA, "Nobody has taken it")
        assert cure in await is_wrong(made, "Slack")
        assert "Ana" in await made.says("U_BEN", "approvals")
        await change(made, **mends)
        await made.move("PT6M")
        await says_card(made, "Ana", "to decide")
        await made.post_with("approvers may not see the request: over", "D_U_BEN")
        await reads(made, NIGHT, "nobody is needed any more")


async def test_six_days_of_an_archived_channel(tmp_path: Path) -> None:
    """One alert for each request, whatever is tried meanwhile; one line an hour of the machine's; all of it is over
    when the channel is back."""
    async with people(tmp_path, **phones(tmp_path)) as made:
        await made.stand_still()
        await change(made, archived=True)
        starts = (await made.now() + timedelta(days=9)).replace(hour=15, minute=0)
        window = f"{starts:%Y-%m-%d %H:%M} - {starts + timedelta(hours=40):%Y-%m-%d %H:%M}"
        for number, guest in enumerate(("Ana", "Bea")):
            await asked(made, f"loft for {guest} +3363998123{number} {window}")
            await no_approver_heard(made, "U_BEN", guest)
        for _ in range(12):
            await made.move("PT12H")
            await made.quiet(0.1)
            assert "SLACK_APPROVALS_CHANNEL" in await is_wrong(made, "Slack")
        assert len([line for line in await headings(made, "U_BEN") if "No approver" in line]) == 2
        assert len([line for line in await headings(made, "U_ADA") if "No approver" in line]) == 2
        assert not [post for post in await posts(made) if "Ana" in post["text"]]
        assert made.log is not None
        lines = [line for line in made.log.read_text().splitlines() if '"event": "misconfigured"' in line]
        assert len(lines) == 1
        assert "SLACK_APPROVALS_CHANNEL" in lines[0]
        assert "a bug" not in made.log.read_text()
        await change(made, archived=False)
        await made.move("PT6M")
        await says_card(made, "Ana", "to decide")
        await says_card(made, "Bea", "to decide")
        await made.quiet()
        calls = [post["text"] for post in await posts(made) if post["text"].startswith("Still to decide")]
        assert len(calls) == len({text.splitlines()[0] for text in calls}), "who was away is called once"


async def test_a_channel_archived_after_its_card_was_posted_loses_no_call(tmp_path: Path) -> None:
    async with people(tmp_path) as made:
        await made.stand_still()
        await asked(made, f"loft for Ana {PHONE} {await in_three_days(made)}")
        await says_card(made, "Ana", "to decide")
        await change(made, archived=True)
        for _ in range(6):
            await made.move("PT1H")
            await made.quiet(0.1)
        his = await no_approver_heard(made, "U_BEN")
        await no_approver_heard(made, "U_ADA")
        await press_in(made, "U_BEN", "D_U_BEN", his)
        await made.post_with("approvers may not see the request: taken", "D_U_ADA")


async def test_an_alert_that_the_channel_does_not_take_is_the_approvers_at_once(tmp_path: Path) -> None:
    async with people(tmp_path) as made:
        await made.stand_still()
        await asked(made, f"loft for Ana {PHONE} now for 40h")
        await made.press("U_BEN", await made.post_with("Ana at Loft: to decide"), "approve")
        await made.until("the PIN is texted", lambda: made.pins(PHONE))
        await change(made, archived=True)
        await made.post(f"/sandbox/phones/{PHONE}", body="HUMAN")
        his = await made.post_with("Ana asks for a person", "D_U_BEN")
        assert "Nobody has taken it" in his["text"]
        assert not [m for m in await direct(made, "U_BEN") if "No approver" in m["text"]]


async def test_where_slack_takes_nothing_at_all_phones_hear(tmp_path: Path) -> None:
    async with people(tmp_path, **phones(tmp_path)) as made:
        await made.stand_still()
        await made.post("/sandbox/faults", provider="slack", fault="http_401", rate=1)
        await made.says("U_ADA", f"loft for Ana {PHONE} {await in_three_days(made)}")
        await made.quiet()
        await made.move("PT10M")
        await made.quiet()
        assert "Ana at Loft" in await reads(made, NIGHT, "Ana at Loft")
        assert "SLACK_BOT_TOKEN" in await is_wrong(made, "Slack")
        assert made.log is not None
        lines = [line for line in made.log.read_text().splitlines() if "SLACK_BOT_TOKEN" in line]
        assert len(lines) == 1
        await made.http.delete("/sandbox/faults")
        await made.move("PT6M")
        await says_card(made, "Ana", "to decide")
        over = "the request stands in the channel again"
        for person in ("U_ADA", "U_BEN"):
            await made.quiet()
            left = [m for m in await direct(made, person) if "No approver" in m["text"] and over not in m["text"]]
            assert not left, "what is over is not said, or said to be over"


async def test_what_the_channel_never_showed_is_decided_on_home_and_is_over_then(tmp_path: Path) -> None:
    async with people(tmp_path) as made:
        await made.stand_still()
        await change(made, archived=True)
        await asked(made, f"loft for Ana {PHONE} {await in_three_days(made)}")
        his = await no_approver_heard(made, "U_BEN")
        words = words_of(await home_of(made, "U_BEN"))
        assert "*Ana* at *Loft*: approvers may not see the request, since" in words
        assert "Nothing waits for a decision." in await press(made, "U_BEN", "Approve")
        await made.move("PT6M")
        await changed(made, "D_U_BEN", his, "waits for nobody any more")
        await made.post_with("<@U_BEN> approved it", "D_U_ADA")
        assert "approvers may not see" not in words_of(await home_of(made, "U_BEN"))
